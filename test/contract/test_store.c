/*
 * The contract of driver/store.h, run on every implementation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/process_mark.h"
#include "driver/store.h"
// cmocka asks for these first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct store_driver *const drivers[] = {&store_sqlite};

struct fixture {
    const struct store_driver *driver;
    char *location;
    struct store *store;
    struct error err;
    int64_t made_last; // sequence that the last `make` was given
    bool refuses;
};

static bool make_row(void *context, const struct store_row *last, struct store_row *row,
                     struct error *err)
{
    struct fixture *fixture = context;

    fixture->made_last = last->sequence;
    if (fixture->refuses)
        return error_set(err, ERROR_INPUT, "refused");
    row->sequence = last->sequence + 1;
    row->line = "{\"text\":\"ü\\n\"}";
    row->hash = last->sequence == 0 ? "first" : "later";
    return true;
}

static bool open_again(TALLOC_CTX *mem, struct fixture *fixture, struct store **out)
{
    const struct store_open_options options = {.location = secret_make(mem, fixture->location)};
    return fixture->driver->open(mem, &options, out, &fixture->err);
}

static struct fixture *open_store(TALLOC_CTX *mem, const struct store_driver *driver)
{
    struct fixture *fixture = mem_new(mem, struct fixture);
    char folder[] = "/tmp/tminus-store-XXXXXX";

    assert_non_null(mkdtemp(folder));
    fixture->driver = driver;
    fixture->location = mem_printf(fixture, "%s/store", folder);
    assert_true(open_again(fixture, fixture, &fixture->store));
    return fixture;
}

static bool try_append(struct fixture *fixture, const struct store_fence *fence)
{
    const struct store_append append = {.make = make_row, .context = fixture, .fence = fence};
    return fixture->driver->append(fixture->store, &append, &fixture->err);
}

static void append(struct fixture *fixture, int n)
{
    for (int i = 0; i < n; i++)
        assert_true(try_append(fixture, NULL));
}

static int64_t last_sequence(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store_row last;
    assert_true(fixture->driver->last(tmp, fixture->store, &last, &fixture->err));
    return last.sequence;
}

// --- events

static bool count_rows(void *context, const struct store_row *row)
{
    int64_t *expected = context;
    assert_int_equal(row->sequence, ++*expected);
    assert_string_equal(row->line, "{\"text\":\"ü\\n\"}");
    return row->sequence < 4;
}

static void check_append(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store_row last;

    assert_true(fixture->driver->last(tmp, fixture->store, &last, &fixture->err));
    assert_int_equal(last.sequence, 0);
    assert_string_equal(last.hash, "");
    append(fixture, 3);
    assert_int_equal(fixture->made_last, 2);
    assert_true(fixture->driver->last(tmp, fixture->store, &last, &fixture->err));
    assert_int_equal(last.sequence, 3);
    assert_string_equal(last.hash, "later");
}

// What `make` refuses leaves nothing behind, and the lock is free.
static void check_refused(struct fixture *fixture)
{
    fixture->refuses = true;
    assert_false(try_append(fixture, NULL));
    assert_string_equal(fixture->err.message, "refused");
    fixture->refuses = false;
    append(fixture, 1);
    assert_int_equal(fixture->made_last, 3);
}

static void check_read(struct fixture *fixture)
{
    int64_t seen = 0;
    append(fixture, 2);
    assert_true(fixture->driver->read(fixture->store, 1, count_rows, &seen, &fixture->err));
    assert_int_equal(seen, 4);
    seen = 2;
    assert_true(fixture->driver->read(fixture->store, 3, count_rows, &seen, &fixture->err));
    assert_int_equal(seen, 4);
}

static void check_reopen(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store *again;
    struct store_row last;

    assert_true(open_again(tmp, fixture, &again));
    assert_true(fixture->driver->last(tmp, again, &last, &fixture->err));
    assert_int_equal(last.sequence, 6);
}

// --- leases

// A process that lives until it is ended, and its mark.
struct other {
    pid_t pid;
    char *mark;
};

static struct other other_start(TALLOC_CTX *mem)
{
    struct other other = {0};
    char mark[200] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    other.pid = fork();
    if (other.pid == 0) {
        char *ours = process_mark(NULL);
        if (write(ends[1], ours, strlen(ours)) > 0)
            pause();
        _exit(0);
    }
    assert_true(read(ends[0], mark, sizeof mark - 1) > 0);
    close(ends[0]);
    close(ends[1]);
    other.mark = mem_strdup(mem, mark);
    return other;
}

static void other_end(const struct other *other)
{
    kill(other->pid, SIGKILL);
    assert_int_equal(waitpid(other->pid, NULL, 0), other->pid);
}

static struct store_owner owner_of(const char *mark)
{
    return (struct store_owner){.host = "web1", .process = mark, .actor = "ana@web1"};
}

static bool take(TALLOC_CTX *mem, struct fixture *fixture, const char *mark, int64_t ttl_ms,
                 struct store_taken *out)
{
    const struct store_lease_request request = {
        .name = "shop/production", .owner = owner_of(mark), .time_to_live_ms = ttl_ms};
    return fixture->driver->lease_take(mem, fixture->store, &request, out, &fixture->err);
}

static struct store_lease look(TALLOC_CTX *mem, struct fixture *fixture)
{
    struct store_lease lease;
    bool is_there;
    assert_true(fixture->driver->lease_look(mem, fixture->store, "shop/production", &lease,
                                            &is_there, &fixture->err));
    assert_true(is_there);
    return lease;
}

static struct store_fence fence_of(int64_t epoch)
{
    return (struct store_fence){.lease = "shop/production", .epoch = epoch};
}

static void check_fenced(struct fixture *fixture, int64_t epoch, const char *message)
{
    const struct store_fence fence = fence_of(epoch);
    int64_t before = last_sequence(fixture);
    assert_false(try_append(fixture, &fence));
    assert_int_equal(fixture->err.code, ERROR_POLICY);
    assert_non_null(strstr(fixture->err.message, message));
    assert_int_equal(last_sequence(fixture), before);
    assert_false(fixture->driver->lease_renew(fixture->store, &fence, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_POLICY);
    assert_non_null(strstr(fixture->err.message, message));
}

static void check_lease_never_taken(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct store_lease lease;
    bool is_there = true;
    assert_true(fixture->driver->lease_look(tmp, fixture->store, "shop/production", &lease,
                                            &is_there, &fixture->err));
    assert_false(is_there);
    check_fenced(fixture, 1, "the lease 'shop/production' is not there");
}

static void check_lease_held(struct fixture *fixture, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(take(tmp, fixture, holder->mark, 60000, &taken));
    assert_int_equal(taken.lease.epoch, 1);
    assert_false(taken.is_takeover);
    assert_true(taken.lease.is_alive);
    assert_string_equal(taken.lease.owner.actor, "ana@web1");
    const struct store_fence fence = fence_of(1);
    assert_true(try_append(fixture, &fence));
    assert_true(fixture->driver->lease_renew(fixture->store, &fence, &fixture->err));
    assert_false(take(tmp, fixture, process_mark(tmp), 60000, &taken));
    assert_int_equal(fixture->err.code, ERROR_POLICY);
    assert_non_null(
        strstr(fixture->err.message, mem_printf(tmp,
                                                "'shop/production' is being worked on by ana@web1, "
                                                "process %ld on web1, since 20",
                                                (long)holder->pid)));
    assert_int_equal(look(tmp, fixture).epoch, 1);
}

static void check_lease_anew(struct fixture *fixture, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(take(tmp, fixture, holder->mark, 60000, &taken));
    assert_int_equal(taken.lease.epoch, 2);
    assert_true(taken.is_takeover);
    check_fenced(fixture, 1,
                 "fenced: the lease 'shop/production' (epoch 1) was taken over by "
                 "ana@web1");
}

// A holder that was stopped: after its time to live the next one has it, and what it then does is
// refused.
static void check_lease_too_old(struct fixture *fixture, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    const char *ours = process_mark(tmp);
    assert_true(take(tmp, fixture, holder->mark, 300, &taken));
    const struct store_fence fence = fence_of(taken.lease.epoch);
    usleep(200000);
    assert_true(fixture->driver->lease_renew(fixture->store, &fence, &fixture->err));
    usleep(200000); // behind the first time to live, within the renewed one
    assert_false(take(tmp, fixture, ours, 60000, &taken));
    usleep(200000);
    assert_true(look(tmp, fixture).is_held);
    assert_false(look(tmp, fixture).is_alive);
    // Nobody took it meanwhile: it is still its holder's.
    assert_true(try_append(fixture, &fence));
    assert_true(take(tmp, fixture, ours, 60000, &taken));
    assert_true(taken.is_takeover);
    assert_string_equal(taken.before.owner.process, holder->mark);
    assert_int_equal(taken.lease.epoch, fence.epoch + 1);
    check_fenced(fixture, fence.epoch, "fenced");
    assert_true(fixture->driver->lease_release(fixture->store, &fence, &fixture->err));
    assert_true(look(tmp, fixture).is_held); // a lost lease gives nothing back
}

static void check_lease_back(struct fixture *fixture, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    struct store_lease lease = look(tmp, fixture);
    const struct store_fence fence = fence_of(lease.epoch);
    assert_true(fixture->driver->lease_release(fixture->store, &fence, &fixture->err));
    assert_false(look(tmp, fixture).is_held);
    check_fenced(fixture, fence.epoch, "was given back");
    assert_true(take(tmp, fixture, holder->mark, 60000, &taken));
    assert_false(taken.is_takeover);
    assert_int_equal(taken.lease.epoch, fence.epoch + 1);
}

// One that died on this machine need not be waited for.
static void check_lease_of_dead(struct fixture *fixture, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(look(tmp, fixture).is_alive);
    other_end(holder);
    assert_false(look(tmp, fixture).is_alive);
    assert_true(take(tmp, fixture, process_mark(tmp), 60000, &taken));
    assert_true(taken.is_takeover);
}

static void check_leases(struct fixture *fixture)
{
    SCRATCH(tmp);
    struct other holder = other_start(tmp);
    check_lease_never_taken(fixture);
    check_lease_held(fixture, &holder);
    check_lease_anew(fixture, &holder);
    check_lease_too_old(fixture, &holder);
    check_lease_back(fixture, &holder);
    check_lease_of_dead(fixture, &holder);
}

static void test_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drivers); i++) {
        SCRATCH(tmp);
        struct fixture *fixture = open_store(tmp, drivers[i]);
        check_append(fixture);
        check_refused(fixture);
        check_read(fixture);
        check_reopen(fixture);
        check_leases(fixture);
        unlink(fixture->location);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_contract)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
