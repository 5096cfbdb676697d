/*
 * tminus journal key, import, and bundles: evidence that leaves this machine, or comes from
 * another.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/file.h"
#include "command/journal.h"
#include "command/kept_journal.h"
#include "journal/bundle.h"
#include "journal/import.h"
#include "journal/key.h"
#include "journal/state.h"

#define KEY_TEXT_MAX ((size_t)4096)

// --- key

static bool find_key(TALLOC_CTX *mem, const struct journal_request *request, char **out,
                     struct error *err)
{
    SCRATCH(tmp);
    struct database_choice choice;
    TRY(kept_journal_choose(tmp, &request->options, &choice, err));
    return state_path(mem, choice.config->service, choice.environment_name, KEY_FILE, out, err);
}

static bool get_key(TALLOC_CTX *mem, const struct journal_request *request,
                    struct signature_pair **out, struct error *err)
{
    SCRATCH(tmp);
    char *path;
    TRY(find_key(tmp, request, &path, err));
    return request->is_public || request->bundle != NULL ? key_read(mem, path, out, err)
                                                         : key_make(mem, path, out, err);
}

// Its public half alone on stdout, to be kept in a file.
int journal_key_run(const struct journal_request *request, struct error *err)
{
    SCRATCH(tmp);
    struct signature_pair *pair;
    if (!get_key(tmp, request, &pair, err))
        return -1;
    const struct signature_public *key = signature_public_of(pair);
    const char *pem = signature_write_public(tmp, key);
    if (request->options.format != FORMAT_JSON) {
        fputs(pem, stdout);
        return EXIT_GO;
    }
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/journal/1");
    json_put_text(document, "key_id", signature_key_id(key).hex);
    json_put_text(document, "public", pem);
    json_write(stdout, document);
    return EXIT_GO;
}

// --- export

int journal_bundle_export_run(struct journal *journal, const struct journal_request *request,
                              struct error *err)
{
    SCRATCH(tmp);
    struct signature_pair *pair;
    struct journal_head head;
    char *text;
    if (!get_key(tmp, request, &pair, err) || !bundle_make(tmp, journal, pair, &text, &head, err) ||
        !file_write(request->bundle, text, strlen(text), 0644, err))
        return -1;
    const struct digest_text id = signature_key_id(signature_public_of(pair));
    if (request->options.format == FORMAT_JSON) {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/journal/1");
        json_put_text(document, "bundle", request->bundle);
        json_put_text(document, "key_id", id.hex);
        json_put(document, "head", journal_head_json(&head));
        json_write(stdout, document);
        return EXIT_GO;
    }
    printf("bundle %s: %lld event%s, signed by the key %.16s\nhead %s\n", request->bundle,
           (long long)head.sequence, head.sequence == 1 ? "" : "s", id.hex,
           journal_head_text(tmp, &head));
    return EXIT_GO;
}

// --- verify

struct file_text {
    char *text;
    size_t len;
};

static bool read_public(const char *path, struct signature_public *out, struct error *err)
{
    SCRATCH(tmp);
    char *pem;
    size_t len;
    TRY(file_read(tmp, path, KEY_TEXT_MAX, &pem, &len, err));
    return signature_read_public(path, pem, out, err);
}

static bool ask_bundle(TALLOC_CTX *mem, const struct journal_request *request, const char *path,
                       const struct file_text *file, struct bundle_verdict *out, struct error *err)
{
    struct signature_public key;
    struct journal_head expected;
    TRY(read_public(request->key, &key, err));
    if (request->head != NULL)
        TRY(journal_head_read(request->head, &expected, err));
    const struct bundle_question question = {.path = path,
                                             .text = file->text,
                                             .len = file->len,
                                             .key = &key,
                                             .expected = request->head ? &expected : NULL};
    return bundle_verify(mem, &question, out, err);
}

static void write_verdict(const struct bundle_verdict *verdict)
{
    bool is_good = verdict->chain.is_intact;
    json_auto_t *document = json_object();
    json_put_text(document, "schema", "tminus/journal/1");
    json_put_text(document, "verdict", verdict_name(is_good ? VERDICT_GO : VERDICT_NO_GO));
    json_put_bool(document, "signed", verdict->is_signed);
    json_put_bool(document, "intact", is_good);
    json_put_integer(document, "events", verdict->chain.events);
    json_put_text(document, "reason", is_good ? NULL : verdict->chain.reason);
    json_put(document, "head", is_good ? journal_head_json(&verdict->chain.head) : json_null());
    json_write(stdout, document);
}

static void print_verdict(const struct bundle_verdict *verdict)
{
    SCRATCH(tmp);
    const struct journal_verdict *chain = &verdict->chain;
    if (chain->is_intact)
        printf("bundle intact: %lld event%s, signed by this key\nhead %s\n",
               (long long)chain->events, chain->events == 1 ? "" : "s",
               journal_head_text(tmp, &chain->head));
    else
        printf("bundle %s: %s\n", verdict->is_signed ? "BROKEN, though signed" : "NOT SIGNED",
               chain->reason);
}

int journal_bundle_verify_run(const struct journal_request *request, struct error *err)
{
    SCRATCH(tmp);
    struct file_text file;
    struct bundle_verdict verdict;
    if (!file_read(tmp, request->bundle, EXPORTED_SIZE_MAX, &file.text, &file.len, err) ||
        !ask_bundle(tmp, request, request->bundle, &file, &verdict, err))
        return -1;
    if (request->options.format == FORMAT_JSON)
        write_verdict(&verdict);
    else
        print_verdict(&verdict);
    return verdict.chain.is_intact ? EXIT_GO : EXIT_NO_GO;
}

// --- import

static bool fail_evidence(const char *path, const char *reason, struct error *err)
{
    error_set(err, ERROR_INPUT, "%s: not imported: %s", path, reason);
    return error_hint(err, "fetch it again from where it was exported");
}

static bool read_bundle(TALLOC_CTX *mem, const struct journal_request *request,
                        const struct file_text *file, struct exported *out, struct error *err)
{
    struct bundle_verdict verdict;
    if (request->key == NULL) {
        error_set(err, ERROR_USAGE, "%s is a bundle, whose signature is to be verified",
                  request->given);
        return error_hint(err, "give the public key that you trust: --key FILE");
    }
    TRY(ask_bundle(mem, request, request->given, file, &verdict, err));
    if (!verdict.chain.is_intact)
        return fail_evidence(request->given, verdict.chain.reason, err);
    *out = verdict.exported;
    return true;
}

static bool read_lines(TALLOC_CTX *mem, const struct journal_request *request,
                       const struct file_text *file, struct exported *out, struct error *err)
{
    struct journal_verdict verdict;
    struct journal_head expected;
    if (request->key != NULL)
        return error_set(err, ERROR_USAGE, "%s is no bundle: --key has no signature to verify",
                         request->given);
    if (request->head != NULL)
        TRY(journal_head_read(request->head, &expected, err));
    TRY(exported_read(mem, request->given, file->text, file->len, out, err));
    exported_verify(out, request->head == NULL ? NULL : &expected, &verdict);
    return verdict.is_intact || fail_evidence(request->given, verdict.reason, err);
}

static int print_import(const struct journal_request *request, struct journal *journal,
                        const struct exported *exported, bool is_new, struct error *err)
{
    SCRATCH(tmp);
    struct journal_head head;
    const char *imported = journal_head_text(tmp, &exported->head);
    if (!journal_head(journal, &head, err))
        return -1;
    if (request->options.format == FORMAT_JSON) {
        json_auto_t *document = json_object();
        json_put_text(document, "schema", "tminus/journal/1");
        json_put(document, "imported", journal_head_json(&exported->head));
        json_put_integer(document, "events", (int64_t)exported->n);
        json_put_bool(document, "new", is_new);
        json_put(document, "head", journal_head_json(&head));
        json_write(stdout, document);
        return EXIT_GO;
    }
    printf("%s %zu event%s, %s\n  tminus journal show --imported %s\njournal %s\n",
           is_new ? "imported" : "imported before:", exported->n, exported->n == 1 ? "" : "s",
           request->key != NULL ? "signed by this key" : "signed by nobody", imported,
           journal_head_text(tmp, &head));
    return EXIT_GO;
}

static bool open_journal(TALLOC_CTX *mem, const struct program *program,
                         const struct journal_request *request, struct journal **out,
                         struct error *err)
{
    struct database_choice choice;
    TRY(kept_journal_choose(mem, &request->options, &choice, err));
    return kept_journal_open(mem, program, &choice, journal_run_name(mem), out, err);
}

static bool read_evidence(TALLOC_CTX *mem, const struct journal_request *request,
                          const struct file_text *file, struct import_request *out,
                          struct error *err)
{
    struct exported *exported = mem_new(mem, struct exported);
    struct signature_public key;
    if (!bundle_is(file->text, file->len)) {
        TRY(read_lines(mem, request, file, exported, err));
    } else {
        TRY(read_bundle(mem, request, file, exported, err));
        TRY(read_public(request->key, &key, err));
        out->signed_by = mem_strdup(mem, signature_key_id(&key).hex);
    }
    out->from = file_base(request->given);
    out->sha256 = mem_strdup(mem, digest_of(file->text, file->len).hex);
    out->rows = exported;
    return true;
}

int journal_import_run(const struct program *program, const struct journal_request *request,
                       struct error *err)
{
    SCRATCH(tmp);
    struct file_text file;
    struct import_request import = {0};
    struct journal *journal;
    bool is_new;
    if (!file_read(tmp, request->given, EXPORTED_SIZE_MAX, &file.text, &file.len, err) ||
        !read_evidence(tmp, request, &file, &import, err) ||
        !open_journal(tmp, program, request, &journal, err) ||
        !journal_import(journal, &import, &is_new, err))
        return -1;
    return print_import(request, journal, import.rows, is_new, err);
}
