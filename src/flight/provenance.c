/*
 * Provenance: see provenance.h.
 *
 * Source: in-toto Attestation Framework, Statement v1 and DSSE envelope; SLSA Provenance v0.2, v1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/provenance.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include <stdint.h>

#define STATEMENT "https://in-toto.io/Statement/"

// RFC 4648 with either alphabet, as envelopes have it; NULL: it is none.
static char *decode_base64(TALLOC_CTX *mem, const char *text, size_t *len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = mem_array(mem, char, strlen(text) + 1);
    uint32_t bits = 0;
    int n_bits = 0;
    *len = 0;
    for (; *text != '\0' && *text != '='; text++) {
        char digit = *text == '-' ? '+' : *text == '_' ? '/' : *text;
        const char *at = strchr(digits, digit);
        if (at == NULL)
            return NULL;
        bits = bits << 6 | (uint32_t)(at - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[(*len)++] = (char)(bits >> n_bits & 0xff);
        }
    }
    return out;
}

// The statement within an envelope; `document` itself when it is none.
static bool open_envelope(TALLOC_CTX *mem, const char *path, json_t **document, struct error *err)
{
    const char *payload = json_get_text(*document, "payload");
    json_t *statement;
    size_t len;
    if (payload == NULL)
        return true;
    char *text = decode_base64(mem, payload, &len);
    if (text == NULL)
        return error_set(err, ERROR_INPUT, "%s: its payload is no base64", path);
    TRY(json_read(path, text, len, &statement, err));
    json_decref(*document);
    *document = statement;
    return true;
}

static const char *find_builder(const json_t *predicate)
{
    const json_t *run = json_object_get(predicate, "runDetails"); // v1
    const json_t *builder = json_object_get(run != NULL ? run : predicate, "builder");
    return json_get_text(builder, "id");
}

static bool read_statement(TALLOC_CTX *mem, const char *path, const json_t *document,
                           const char *sha256, struct provenance *out, struct error *err)
{
    const char *type = json_get_text(document, "_type");
    size_t i;
    const json_t *subject, *subjects = json_object_get(document, "subject");
    if (type == NULL || !text_starts_with(type, STATEMENT) || !json_is_array(subjects))
        return error_set(err, ERROR_INPUT, "%s: no in-toto statement", path);
    *out = (struct provenance){
        .type = mem_strdup(mem, json_get_text(document, "predicateType")),
        .builder = mem_strdup(mem, find_builder(json_object_get(document, "predicate"))),
    };
    json_array_foreach(subjects, i, subject)
    {
        const char *digest = json_get_text(json_object_get(subject, "digest"), "sha256");
        if (digest != NULL && out->subject == NULL)
            out->subject = mem_strdup(mem, digest);
        out->names_artifact |= digest != NULL && text_equal_nocase(digest, sha256);
    }
    return true;
}

bool provenance_read(TALLOC_CTX *mem, const char *path, const char *sha256, struct provenance *out,
                     struct error *err)
{
    SCRATCH(tmp);
    json_t *document;
    char *text;
    size_t len;
    struct error whole = {0};
    TRY(file_read(tmp, path, FILE_SIZE_MAX, &text, &len, err));
    // JSON lines: the first one.
    if (!json_read(path, text, len, &document, &whole) &&
        !json_read(path, text, strcspn(text, "\n"), &document, err))
        return error_set(err, whole.code, "%s", whole.message);
    bool is_read = open_envelope(tmp, path, &document, err) &&
                   read_statement(mem, path, document, sha256, out, err);
    json_decref(document);
    return is_read;
}
