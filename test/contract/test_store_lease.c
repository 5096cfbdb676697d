/*
 * The contract of driver/store.h, run on every implementation: leases.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/store_rig.h"

#define TAKERS 6

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

static bool take(TALLOC_CTX *mem, struct store_rig *rig, const char *mark, int64_t ttl_ms,
                 struct store_taken *out)
{
    const struct store_lease_request request = {
        .name = "shop/production", .owner = owner_of(mark), .time_to_live_ms = ttl_ms};
    return rig->driver->lease_take(mem, rig->store, &request, out, &rig->err);
}

static struct store_lease look(TALLOC_CTX *mem, struct store_rig *rig)
{
    struct store_lease lease;
    bool is_there;
    assert_true(rig->driver->lease_look(mem, rig->store, "shop/production", &lease,
                                            &is_there, &rig->err));
    assert_true(is_there);
    return lease;
}

static struct store_fence fence_of(int64_t epoch)
{
    return (struct store_fence){.lease = "shop/production", .epoch = epoch};
}

static void check_fenced(struct store_rig *rig, int64_t epoch, const char *message)
{
    const struct store_fence fence = fence_of(epoch);
    int64_t before = store_rig_last(rig);
    assert_false(store_rig_append(rig, &fence));
    assert_int_equal(rig->err.code, ERROR_POLICY);
    assert_non_null(strstr(rig->err.message, message));
    assert_int_equal(store_rig_last(rig), before);
    assert_false(rig->driver->lease_renew(rig->store, &fence, &rig->err));
    assert_int_equal(rig->err.code, ERROR_POLICY);
    assert_non_null(strstr(rig->err.message, message));
}

static void check_lease_never_taken(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct store_lease lease;
    bool is_there = true;
    assert_true(rig->driver->lease_look(tmp, rig->store, "shop/production", &lease,
                                            &is_there, &rig->err));
    assert_false(is_there);
    check_fenced(rig, 1, "the lease 'shop/production' is not there");
}

static void check_lease_held(struct store_rig *rig, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(take(tmp, rig, holder->mark, 60000, &taken));
    assert_int_equal(taken.lease.epoch, 1);
    assert_false(taken.is_takeover);
    assert_true(taken.lease.is_alive);
    assert_string_equal(taken.lease.owner.actor, "ana@web1");
    const struct store_fence fence = fence_of(1);
    assert_true(store_rig_append(rig, &fence));
    assert_true(rig->driver->lease_renew(rig->store, &fence, &rig->err));
    assert_false(take(tmp, rig, process_mark(tmp), 60000, &taken));
    assert_int_equal(rig->err.code, ERROR_POLICY);
    assert_non_null(
        strstr(rig->err.message, mem_printf(tmp,
                                                "'shop/production' is being worked on by ana@web1, "
                                                "process %ld on web1, since 20",
                                                (long)holder->pid)));
    assert_int_equal(look(tmp, rig).epoch, 1);
}

static void check_lease_anew(struct store_rig *rig, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(take(tmp, rig, holder->mark, 60000, &taken));
    assert_int_equal(taken.lease.epoch, 2);
    assert_true(taken.is_takeover);
    check_fenced(rig, 1,
                 "fenced: the lease 'shop/production' (epoch 1) was taken over by "
                 "ana@web1");
}

// A holder that was stopped: after its time to live the next one has it, and what it then does is
// refused.
static void check_lease_too_old(struct store_rig *rig, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    const char *ours = process_mark(tmp);
    assert_true(take(tmp, rig, holder->mark, 300, &taken));
    const struct store_fence fence = fence_of(taken.lease.epoch);
    usleep(200000);
    assert_true(rig->driver->lease_renew(rig->store, &fence, &rig->err));
    usleep(200000); // behind the first time to live, within the renewed one
    assert_false(take(tmp, rig, ours, 60000, &taken));
    usleep(200000);
    assert_true(look(tmp, rig).is_held);
    assert_false(look(tmp, rig).is_alive);
    // Nobody took it meanwhile: it is still its holder's.
    assert_true(store_rig_append(rig, &fence));
    assert_true(take(tmp, rig, ours, 60000, &taken));
    assert_true(taken.is_takeover);
    assert_string_equal(taken.before.owner.process, holder->mark);
    assert_int_equal(taken.lease.epoch, fence.epoch + 1);
    check_fenced(rig, fence.epoch, "fenced");
    assert_true(rig->driver->lease_release(rig->store, &fence, &rig->err));
    assert_true(look(tmp, rig).is_held); // a lost lease gives nothing back
}

static void check_lease_back(struct store_rig *rig, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    struct store_lease lease = look(tmp, rig);
    const struct store_fence fence = fence_of(lease.epoch);
    assert_true(rig->driver->lease_release(rig->store, &fence, &rig->err));
    assert_false(look(tmp, rig).is_held);
    check_fenced(rig, fence.epoch, "was given back");
    assert_true(take(tmp, rig, holder->mark, 60000, &taken));
    assert_false(taken.is_takeover);
    assert_int_equal(taken.lease.epoch, fence.epoch + 1);
}

// One that died on this machine need not be waited for.
static void check_lease_of_dead(struct store_rig *rig, const struct other *holder)
{
    SCRATCH(tmp);
    struct store_taken taken;
    assert_true(look(tmp, rig).is_alive);
    other_end(holder);
    assert_false(look(tmp, rig).is_alive);
    assert_true(take(tmp, rig, process_mark(tmp), 60000, &taken));
    assert_true(taken.is_takeover);
}

static void check_leases(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct other holder = other_start(tmp);
    check_lease_never_taken(rig);
    check_lease_held(rig, &holder);
    check_lease_anew(rig, &holder);
    check_lease_too_old(rig, &holder);
    check_lease_back(rig, &holder);
    check_lease_of_dead(rig, &holder);
}

// --- at once

static bool take_and_stay(struct store_rig *rig)
{
    SCRATCH(tmp);
    struct store_taken taken;
    if (!store_rig_open(tmp, rig, &rig->store) || !take(tmp, rig, process_mark(tmp), 60000, &taken))
        return false;
    usleep(500000); // while the others try
    return true;
}

static void check_one_of_many(struct store_rig *rig)
{
    SCRATCH(tmp);
    TALLOC_FREE(rig->store);
    assert_int_equal(store_rig_processes(rig, TAKERS, take_and_stay), 1);
    assert_true(store_rig_open(rig, rig, &rig->store));
    assert_int_equal(look(tmp, rig).epoch, 1);
}

static void test_leases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(store_drivers); i++) {
        SCRATCH(tmp);
        check_leases(store_rig_make(tmp, store_drivers[i]));
        check_one_of_many(store_rig_make(tmp, store_drivers[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
