/*
 * The journal: what is appended is found again, and every way to tamper with it is seen and placed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/journal.h"
#include "base/digest.h"
#include "driver/table_file.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS 5

struct fixture {
    TALLOC_CTX *mem;
    char *path;
    struct journal *journal;
    struct error err;
};

static bool open_at(TALLOC_CTX *mem, const char *path, const char *run, struct journal **out,
                    struct error *err)
{
    SCRATCH(tmp);
    const struct journal_place place = {.driver = &store_sqlite,
                                        .location = secret_make(tmp, path)};
    return journal_open(mem, &place, run, out, err);
}

static void append_number(struct journal *journal, int64_t number)
{
    struct error err;
    json_t *data = json_object();
    json_put_integer(data, "number", number);
    json_put_text(data, "parity", number % 2 == 0 ? "even" : "odd");
    assert_true(journal_append(journal, "counted", data, &err));
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_new(NULL, struct fixture);
    char folder[] = "/tmp/tminus-journal-XXXXXX";

    assert_non_null(mkdtemp(folder));
    fixture->mem = fixture;
    fixture->path = mem_printf(fixture, "%s/journal.db", folder);
    assert_true(open_at(fixture, fixture->path, "run-1", &fixture->journal, &fixture->err));
    for (int i = 1; i <= EVENTS; i++)
        append_number(fixture->journal, i);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char *folder = mem_strndup(NULL, fixture->path, strlen(fixture->path) - strlen("/journal.db"));
    char *path = mem_strdup(NULL, fixture->path);

    talloc_free(fixture);
    unlink(path);
    unlink(mem_printf(path, "%s-head", path));
    rmdir(folder);
    talloc_free(path);
    talloc_free(folder);
    return 0;
}

static void tamper(struct fixture *fixture, const char *sql)
{
    SCRATCH(tmp);
    struct table_file *file;

    assert_true(table_file_open(tmp, fixture->path, TABLE_FILE_WRITE, &file, &fixture->err));
    assert_true(table_file_run(file, sql, &fixture->err));
}

static struct journal_verdict verify(struct fixture *fixture, const struct journal_head *expected)
{
    struct journal_verdict verdict;
    assert_true(journal_verify(fixture->journal, expected, &verdict, &fixture->err));
    return verdict;
}

static void test_verify__untouched(void **state)
{
    struct journal_verdict verdict = verify(*state, NULL);

    assert_true(verdict.is_intact);
    assert_int_equal(verdict.events, EVENTS);
    assert_int_equal(verdict.head.sequence, EVENTS);
}

static void test_verify__empty(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "DELETE FROM event");
    unlink(mem_printf(fixture, "%s-head", fixture->path));
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_true(verdict.is_intact);
    assert_int_equal(verdict.events, 0);
}

static void test_verify__changed(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "UPDATE event SET line = replace(line, '\"number\":3', '\"number\":4') "
                    "WHERE sequence = 3");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 3);
    assert_string_equal(verdict.reason, "event 3 was changed: its hash does not fit");
}

// Whoever changes an event and its own hash is seen at the next one.
static void test_verify__changed_with_its_hash(void **state)
{
    struct fixture *fixture = *state;
    SCRATCH(tmp);
    struct table_file *file;
    struct table_query *query;
    bool has_row;

    assert_true(table_file_open(tmp, fixture->path, TABLE_FILE_WRITE, &file, &fixture->err));
    assert_true(table_query_make(tmp, file, "SELECT replace(line, '\"number\":3', '\"number\":4') "
                                 "FROM event WHERE sequence = 3", &query, &fixture->err));
    assert_true(table_query_next(query, &has_row, &fixture->err));
    char *line = mem_strdup(tmp, table_query_text(query, 0));
    table_query_reset(query);
    assert_true(table_query_make(tmp, file, "UPDATE event SET line = ?1, hash = ?2 WHERE sequence = 3",
                                 &query, &fixture->err));
    table_query_bind_text(query, 1, line);
    table_query_bind_text(query, 2, digest_of(line, strlen(line)).hex);
    assert_true(table_query_run(query, &fixture->err));
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 4);
    assert_non_null(strstr(verdict.reason, "does not follow the event before it"));
}

static void test_verify__removed(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "DELETE FROM event WHERE sequence = 2");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 2);
    assert_string_equal(verdict.reason, "event 2 is missing");
}

static void test_verify__removed_first(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "DELETE FROM event WHERE sequence <= 2");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_int_equal(verdict.broken_at, 1);
    assert_string_equal(verdict.reason, "events 1 to 2 are missing");
}

// Removed, and the numbers behind it moved up.
static void test_verify__removed_and_renumbered(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "DELETE FROM event WHERE sequence = 2;"
                    "UPDATE event SET sequence = 2 WHERE sequence = 3;"
                    "UPDATE event SET sequence = 3 WHERE sequence = 4;"
                    "UPDATE event SET sequence = 4 WHERE sequence = 5");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_int_equal(verdict.broken_at, 2);
    assert_string_equal(verdict.reason, "event 3 stands in the place of event 2");
}

static void test_verify__inserted(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "UPDATE event SET sequence = 100 + sequence WHERE sequence >= 3;"
                    "INSERT INTO event SELECT 3, line, hash FROM event WHERE sequence = 2;"
                    "UPDATE event SET sequence = sequence - 99 WHERE sequence > 100");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 3);
    assert_string_equal(verdict.reason, "event 2 stands in the place of event 3");
}

static void test_verify__inserted_before_the_first(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "INSERT INTO event SELECT 0, line, hash FROM event WHERE sequence = 1");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 0);
}

static void test_verify__swapped(void **state)
{
    struct fixture *fixture = *state;
    tamper(fixture, "UPDATE event SET sequence = 100 WHERE sequence = 2;"
                    "UPDATE event SET sequence = 2 WHERE sequence = 4;"
                    "UPDATE event SET sequence = 4 WHERE sequence = 100");
    struct journal_verdict verdict = verify(fixture, NULL);

    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 2);
    assert_string_equal(verdict.reason, "event 4 stands in the place of event 2");
}

static void test_verify__cut_tail(void **state)
{
    struct fixture *fixture = *state;
    struct journal_head head;
    assert_true(journal_head(fixture->journal, &head, &fixture->err));
    tamper(fixture, "DELETE FROM event WHERE sequence >= 4");

    assert_false(verify(fixture, NULL).is_intact); // the store has noted its head
    unlink(mem_printf(fixture, "%s-head", fixture->path));
    assert_true(verify(fixture, NULL).is_intact); // from inside it cannot be seen
    struct journal_verdict verdict = verify(fixture, &head);
    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 4);
    assert_string_equal(verdict.reason,
                        "the journal ends at event 3, but event 5 was noted: its tail was cut");
}

static void test_verify__noted_head(void **state)
{
    struct fixture *fixture = *state;
    struct journal_head head;
    assert_true(journal_head(fixture->journal, &head, &fixture->err));
    append_number(fixture->journal, 6);
    assert_true(verify(fixture, &head).is_intact);

    head.hash[0] = head.hash[0] == 'a' ? 'b' : 'a';
    struct journal_verdict verdict = verify(fixture, &head);
    assert_false(verdict.is_intact);
    assert_int_equal(verdict.broken_at, 5);
}

static bool count_in_order(void *context, const json_t *event)
{
    int64_t *seen = context;
    static const char *const members[] = {"ts", "run", "actor", "host", "event", "prev", "hash"};

    assert_int_equal(json_get_integer(event, "seq", 0), ++*seen);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        assert_non_null(json_get_text(event, members[i]));
    assert_int_equal(json_get_integer(json_object_get(event, "data"), "number", 0), *seen);
    return *seen < 4;
}

static void test_read__in_order_until_false(void **state)
{
    struct fixture *fixture = *state;
    int64_t seen = 0;
    assert_true(journal_read(fixture->journal, 1, count_in_order, &seen, &fixture->err));
    assert_int_equal(seen, 4);
    seen = 2;
    assert_true(journal_read(fixture->journal, 3, count_in_order, &seen, &fixture->err));
    assert_int_equal(seen, 4);
}

static void test_read__damaged_event(void **state)
{
    struct fixture *fixture = *state;
    int64_t seen = 0;
    tamper(fixture, "UPDATE event SET line = '{\"seq\":' WHERE sequence = 2");

    assert_false(journal_read(fixture->journal, 1, count_in_order, &seen, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INPUT);
    assert_non_null(strstr(fixture->err.message, "event 2 is no JSON object"));
}

static void test_last__by_member(void **state)
{
    struct fixture *fixture = *state;
    json_t *event;

    assert_true(journal_last(fixture->journal, "counted", "parity", "even", &event, &fixture->err));
    assert_int_equal(json_get_integer(event, "seq", 0), 4);
    json_decref(event);
    assert_true(journal_last(fixture->journal, "counted", NULL, NULL, &event, &fixture->err));
    assert_int_equal(json_get_integer(event, "seq", 0), 5);
    json_decref(event);
    assert_true(journal_last(fixture->journal, "counted", "parity", "neither", &event, &fixture->err));
    assert_null(event);
}

static void test_append__too_large(void **state)
{
    struct fixture *fixture = *state;
    char *text = mem_array(fixture->mem, char, JOURNAL_EVENT_MAX + 1);
    memset(text, 'x', JOURNAL_EVENT_MAX);

    assert_false(journal_append(fixture->journal, "large", json_pack("{s:s}", "text", text), &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INPUT);
    assert_true(verify(fixture, NULL).is_intact);
    append_number(fixture->journal, 6); // the lock was given back
}

#define WRITERS 4
#define APPENDS 25

static void append_many(const char *path)
{
    struct journal *journal;
    struct error err;

    if (!open_at(NULL, path, "writer", &journal, &err))
        _exit(1);
    for (int i = 0; i < APPENDS; i++)
        if (!journal_append(journal, "written", json_object(), &err))
            _exit(1);
    _exit(0);
}

static void test_append__concurrent_writers(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0)
            append_many(fixture->path);
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct journal_verdict verdict = verify(fixture, NULL);
    assert_true(verdict.is_intact);
    assert_int_equal(verdict.events, EVENTS + WRITERS * APPENDS);
}

static void test_head_read__forms(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"", "5", "5:", ":abc", "0:0", "x:y", "5:123"};
    struct journal_head head, again;

    assert_true(journal_head(fixture->journal, &head, &fixture->err));
    assert_true(journal_head_read(journal_head_text(fixture->mem, &head), &again, &fixture->err));
    assert_int_equal(again.sequence, 5);
    assert_string_equal(again.hash, head.hash);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(journal_head_read(bad[i], &again, &fixture->err));
        assert_int_equal(fixture->err.code, ERROR_USAGE);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_open__not_a_journal(void **state)
{
    struct fixture *fixture = *state;
    SCRATCH(tmp);
    struct journal *journal;
    struct table_file *file;
    char *path = mem_printf(tmp, "%s.other", fixture->path);

    write_text(path, "this is a text of more than one hundred bytes, which no version of SQLite would take "
                     "for a database, because it does not begin as one\n");
    assert_false(open_at(tmp, path, "", &journal, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INPUT);
    assert_non_null(strstr(fixture->err.message, "damaged"));
    unlink(path);

    assert_true(table_file_open(tmp, path, TABLE_FILE_WRITE, &file, &fixture->err));
    assert_true(table_file_run(file, "CREATE TABLE customer (id)", &fixture->err));
    assert_false(open_at(tmp, path, "", &journal, &fixture->err));
    assert_non_null(strstr(fixture->err.message, "not a journal of tminus"));
    unlink(path);
}

static void test_open__damaged(void **state)
{
    struct fixture *fixture = *state;
    SCRATCH(tmp);
    struct journal *journal;
    struct journal_verdict verdict;

    TALLOC_FREE(fixture->journal); // the last one to close it empties the write-ahead log
    FILE *file = fopen(fixture->path, "r+");
    assert_non_null(file);
    fseek(file, 4096, SEEK_SET); // the page of table `event`
    for (int i = 0; i < 2048; i++)
        fputc(0xee, file);
    fclose(file);
    bool is_open = open_at(tmp, fixture->path, "", &journal, &fixture->err);
    assert_false(is_open && journal_verify(journal, NULL, &verdict, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INPUT);
    assert_non_null(strstr(fixture->err.message, "damaged"));
}

static void test_open__newer(void **state)
{
    struct fixture *fixture = *state;
    struct journal *journal;

    tamper(fixture, "PRAGMA user_version = 99");
    assert_false(open_at(fixture->mem, fixture->path, "", &journal, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INPUT);
    assert_non_null(strstr(fixture->err.message, "newer tminus"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_verify__untouched),
        TEST(test_verify__empty),
        TEST(test_verify__changed),
        TEST(test_verify__changed_with_its_hash),
        TEST(test_verify__removed),
        TEST(test_verify__removed_first),
        TEST(test_verify__removed_and_renumbered),
        TEST(test_verify__inserted),
        TEST(test_verify__inserted_before_the_first),
        TEST(test_verify__swapped),
        TEST(test_verify__cut_tail),
        TEST(test_verify__noted_head),
        TEST(test_read__in_order_until_false),
        TEST(test_read__damaged_event),
        TEST(test_last__by_member),
        TEST(test_append__too_large),
        TEST(test_append__concurrent_writers),
        TEST(test_head_read__forms),
        TEST(test_open__not_a_journal),
        TEST(test_open__damaged),
        TEST(test_open__newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
