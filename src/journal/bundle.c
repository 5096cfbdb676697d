/*
 * Bundles: making and verifying. Nothing of a payload is read before its signature fits.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/bundle.h"
#include "base/base64.h"
#include "base/clock.h"
#include "journal/journal_parts.h"

// What is signed: pre-authentication encoding of DSSE v1.
static char *pre_authentication(TALLOC_CTX *mem, const char *type, const void *payload, size_t len,
                                size_t *n)
{
    SCRATCH(tmp);
    char *head = mem_printf(tmp, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
    char *text = mem_array(mem, char, strlen(head) + len + 1);
    memcpy(text, head, strlen(head));
    memcpy(text + strlen(head), payload, len);
    *n = strlen(head) + len;
    return text;
}

// --- making

static bool add_event(void *context, const json_t *event)
{
    json_array_append_new(context, json_deep_copy(event));
    return true;
}

static json_t *subject(const struct journal_head *head)
{
    json_t *list = json_array(), *one = json_object();
    json_put_text(one, "name", "the line of the journal's last event");
    json_put_text(json_put_object(one, "digest"), "sha256", head->hash);
    json_array_append_new(list, one);
    return list;
}

static char *envelope(TALLOC_CTX *mem, const char *payload, const struct signature_pair *pair)
{
    SCRATCH(tmp);
    size_t n;
    char *signed_text = pre_authentication(tmp, BUNDLE_PAYLOAD_TYPE, payload, strlen(payload), &n);
    json_auto_t *document = json_object();
    json_put_text(document, "payload", base64_write(tmp, payload, strlen(payload)));
    json_put_text(document, "payloadType", BUNDLE_PAYLOAD_TYPE);
    json_t *signature = json_object();
    json_put_text(signature, "keyid", signature_key_id(signature_public_of(pair)).hex);
    json_put_text(signature, "sig", signature_sign(tmp, pair, signed_text, n));
    json_array_append_new(json_put_array(document, "signatures"), signature);
    return mem_printf(mem, "%s\n", json_canonical(tmp, document));
}

bool bundle_make(TALLOC_CTX *mem, struct journal *journal, const struct signature_pair *pair,
                 char **out, struct journal_head *head, struct error *err)
{
    SCRATCH(tmp);
    struct journal_head last;
    TRY(journal_check(journal, err));
    json_auto_t *statement = json_object();
    json_put_text(statement, "_type", BUNDLE_STATEMENT_TYPE);
    json_put_text(statement, "predicateType", BUNDLE_PREDICATE_TYPE);
    json_t *predicate = json_put_object(statement, "predicate");
    json_put_text(predicate, "exported_at", clock_format(clock_wall_ms()).text);
    json_put_text(predicate, "host", journal->host);
    json_put_text(predicate, "actor", journal->actor);
    json_t *events = json_put_array(predicate, "events");
    TRY(journal_read(journal, 1, add_event, events, err));
    if (json_array_size(events) == 0)
        return error_set(err, ERROR_INPUT, "%s: there is no event to sign",
                         journal->driver->place(journal->store));
    // Of what was read, which another process may have added to since.
    const json_t *newest = json_array_get(events, json_array_size(events) - 1);
    last.sequence = json_get_integer(newest, "seq", 0);
    snprintf(last.hash, sizeof last.hash, "%s", json_get_text(newest, "hash"));
    json_put_text(predicate, "head", journal_head_text(tmp, &last));
    json_put(statement, "subject", subject(&last));
    *out = envelope(mem, json_canonical(tmp, statement), pair);
    *head = last;
    return true;
}

// --- verifying

static bool refuse(struct bundle_verdict *verdict, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(struct bundle_verdict *verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->chain.reason, sizeof verdict->chain.reason, format, arguments);
    va_end(arguments);
    verdict->chain.is_intact = false;
    return false;
}

static bool find_signature(const json_t *document, const struct bundle_question *question,
                           const void *payload, size_t len, struct bundle_verdict *out)
{
    SCRATCH(tmp);
    const char *type = json_get_text(document, "payloadType");
    const json_t *signatures = json_object_get(document, "signatures"), *signature;
    const struct digest_text ours = signature_key_id(question->key);
    const char *other = NULL;
    size_t i, n;
    char *text = pre_authentication(tmp, type, payload, len, &n);
    json_array_foreach(signatures, i, signature)
    {
        const char *sig = json_get_text(signature, "sig");
        const char *key_id = json_get_text(signature, "keyid");
        if (sig != NULL && signature_fits(question->key, text, n, sig))
            return strcmp(type, BUNDLE_PAYLOAD_TYPE) == 0 ||
                   refuse(out, "it is signed, but as '%.100s', no statement of in-toto", type);
        if (key_id != NULL && strcmp(key_id, ours.hex) != 0)
            other = key_id;
    }
    if (other != NULL)
        return refuse(out, "it is signed by the key %.16s, not by %.16s", other, ours.hex);
    return refuse(out, "the signature does not fit: the bundle was changed");
}

// After the signature: a program that signs may still have been fed something else.
static bool read_statement(TALLOC_CTX *mem, const json_t *statement, struct bundle_verdict *out)
{
    const char *type = json_get_text(statement, "_type");
    const char *predicate_type = json_get_text(statement, "predicateType");
    const json_t *events = json_object_get(json_object_get(statement, "predicate"), "events");
    const json_t *event;
    struct error why;
    size_t i;
    if (type == NULL || predicate_type == NULL || strcmp(type, BUNDLE_STATEMENT_TYPE) != 0 ||
        strcmp(predicate_type, BUNDLE_PREDICATE_TYPE) != 0 || !json_is_array(events))
        return refuse(out, "what is signed is no journal of tminus");
    json_array_foreach(events, i, event)
    {
        if (!exported_add(mem, "the bundle", event, &out->exported, &why))
            return refuse(out, "%s", why.message);
    }
    return true;
}

static bool check_heads(const json_t *statement, struct bundle_verdict *out)
{
    SCRATCH(tmp);
    const char *head = json_get_text(json_object_get(statement, "predicate"), "head");
    const json_t *subject = json_array_get(json_object_get(statement, "subject"), 0);
    const char *digest = json_get_text(json_object_get(subject, "digest"), "sha256");
    const char *found = journal_head_text(tmp, &out->chain.head);
    if (head == NULL || digest == NULL || strcmp(head, found) != 0 ||
        strcmp(digest, out->chain.head.hash) != 0)
        return refuse(out, "its events end at %.20s…, which is not the head that it states", found);
    return true;
}

static void verify_payload(TALLOC_CTX *mem, const struct bundle_question *question,
                           const char *payload, size_t len, struct bundle_verdict *out)
{
    json_t *statement = NULL;
    struct error ignored;
    if (!json_read(question->path, payload, len, &statement, &ignored)) {
        refuse(out, "what is signed is no JSON");
        return;
    }
    if (read_statement(mem, statement, out)) {
        exported_verify(&out->exported, question->expected, &out->chain);
        if (out->chain.is_intact && out->exported.n > 0)
            check_heads(statement, out);
        else if (out->chain.is_intact)
            refuse(out, "there is no event in it");
    }
    json_decref(statement);
}

static bool is_envelope(const json_t *document)
{
    return json_get_text(document, "payload") != NULL &&
           json_get_text(document, "payloadType") != NULL &&
           json_is_array(json_object_get(document, "signatures"));
}

bool bundle_verify(TALLOC_CTX *mem, const struct bundle_question *question,
                   struct bundle_verdict *out, struct error *err)
{
    SCRATCH(tmp);
    struct bundle_verdict verdict = {0};
    json_t *read = NULL;
    unsigned char *payload;
    size_t len;
    TRY(json_read(question->path, question->text, question->len, &read, err));
    json_auto_t *document = read;
    if (!is_envelope(document)) {
        error_set(err, ERROR_INPUT, "%s: no bundle: JSON, but no DSSE envelope", question->path);
        return error_hint(err, "`tminus journal export --bundle FILE` writes one");
    }
    const char *base64 = json_get_text(document, "payload");
    if (!base64_read(tmp, base64, strlen(base64), NULL, &payload, &len)) {
        refuse(&verdict, "the signature does not fit: the bundle was changed");
    } else if (find_signature(document, question, payload, len, &verdict)) {
        verdict.is_signed = true;
        verify_payload(mem, question, (const char *)payload, len, &verdict);
    }
    *out = verdict;
    return true;
}

bool bundle_is(const char *text, size_t len)
{
    struct error ignored;
    json_t *document = NULL;
    if (!json_read("", text, len, &document, &ignored))
        return false;
    bool is_bundle = is_envelope(document);
    json_decref(document);
    return is_bundle;
}
