/* SPDX-License-Identifier: MIT */
/* UNMASK of INTX by eventfd: R36-R38. Slot 0 is the trigger, slot 1 unmasks. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "emulator/lock.h"
#include "fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(virqfd, .init = setup, .fini = teardown);

static void line(uint32_t asserted)
{
	device(f.be, BACKEND_DEV_LINE, asserted);
}

static void write_slot(uint32_t slot, uint64_t value)
{
	cr_assert_eq(signal_mem_write(f.mem, slot, value), 0, "write");
}

Test(virqfd, unmask_eventfd_is_busy_until_it_is_detached)
{
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(state_of(f.be).references, 2, "R66");
	cr_assert_eq(unmask_by(f.be, 2), -EBUSY, "another");
	cr_assert_eq(unmask_by(f.be, 1), -EBUSY, "the same");
	cr_assert_eq(unmask_by(f.be, -1), 0, "detach");
	cr_assert_eq(unmask_by(f.be, -5), 0, "detach again");
	cr_assert_eq(state_of(f.be).references, 1, "dropped");
	cr_assert_eq(unmask_by(f.be, 2), 0, "another");
}

Test(virqfd, lookup_errors_come_before_busy)
{
	cr_assert_eq(unmask_by(f.be, SLOT_CLOSED), -EBADF, "closed");
	cr_assert_eq(unmask_by(f.be, SLOT_OTHER), -EINVAL, "other");
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(unmask_by(f.be, SLOT_CLOSED), -EBADF, "closed, while attached");
	cr_assert_eq(unmask_by(f.be, SLOT_OTHER), -EINVAL, "other, while attached");
	fail(f.be, 4);
	cr_assert_eq(unmask_by(f.be, SLOT_OTHER), -EBADF, "lookup fails before it looks");
	fail(f.be, 5);
	cr_assert_eq(unmask_by(f.be, 2), -EBUSY, "no further step");
}

Test(virqfd, a_write_unmasks_and_is_read)
{
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	line(1);
	line(0);
	cr_assert_eq(signals(&f, 0), 1, "automasked");
	write_slot(1, 3);
	cr_assert_eq(signal_mem_peek(f.mem, 1), 0, "read by the watcher (R37)");
	cr_assert_eq(signals(&f, 0), 0, "the line is down");
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "it was unmasked");
	write_slot(1, 1);
	cr_assert_eq(signals(&f, 0), 1, "still up: signalled again by the work item (R38)");
	write_slot(1, 0);
	cr_assert_eq(signals(&f, 0), 1, "a write of 0 wakes, too");
}

Test(virqfd, a_semaphore_is_read_by_one)
{
	cr_assert_eq(signal_mem_close(f.mem, 1), 0, "close");
	cr_assert_eq(signal_mem_open(f.mem, 1, SIGNAL_MEM_SEMAPHORE), 0, "open");
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	write_slot(1, 5);
	cr_assert_eq(signal_mem_peek(f.mem, 1), 4, "R37");
	cr_assert_eq(unmask_by(f.be, -1), 0, "detach");
	cr_assert_eq(signal_mem_peek(f.mem, 1), 3, "the detach reads once more");
}

Test(virqfd, what_was_written_before_the_attach_unmasks_and_stays)
{
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "automasked");
	write_slot(1, 5);
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(signals(&f, 0), 1, "handler ran at once");
	cr_assert_eq(signal_mem_peek(f.mem, 1), 5, "not consumed (R37)");
	write_slot(1, 1);
	cr_assert_eq(signal_mem_peek(f.mem, 1), 0, "a later write is, and all with it");
}

Test(virqfd, a_detach_reads_the_counter)
{
	write_slot(1, 5);
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(unmask_by(f.be, -1), 0, "detach");
	cr_assert_eq(signal_mem_peek(f.mem, 1), 0, "eventfd_ctx_remove_wait_queue()");
}

Test(virqfd, closing_the_last_descriptor_detaches)
{
	cr_assert_eq(signal_mem_dup(f.mem, 1, 2), 0, "dup");
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(signal_mem_close(f.mem, 1), 0, "close one of two");
	cr_assert_eq(unmask_by(f.be, 3), -EBUSY, "still attached");
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "automasked");
	write_slot(2, 1);
	cr_assert_eq(signals(&f, 0), 1, "works by the other");
	cr_assert_eq(signal_mem_dup(f.mem, 3, 2), 0, "dup2 closes the last");
	cr_assert_eq(state_of(f.be).references, 1, "R36");
	cr_assert_eq(unmask_by(f.be, 3), 0, "another can be attached");
}

Test(virqfd, it_survives_a_new_trigger_and_dies_at_disable)
{
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(set_fd(f.be, INTX, 0, 2), 0, "replace");
	line(1);
	cr_assert_eq(signals(&f, 2), 1, "to the new one");
	write_slot(1, 1);
	cr_assert_eq(signals(&f, 2), 1, "again");
	cr_assert_eq(disable(f.be, INTX), 0, "disable");
	cr_assert_eq(state_of(f.be).references, 0, "R35");
	write_slot(1, 1);
	cr_assert_eq(signal_mem_peek(f.mem, 1), 1, "nobody reads it any more");
	cr_assert_eq(unmask_by(f.be, 1), -EINVAL, "R24");
}

Test(virqfd, nothing_unmasks_while_disintx_is_set)
{
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	device(f.be, BACKEND_DEV_DISINTX, 1);
	line(1);
	write_slot(1, 1);
	cr_assert_eq(signal_mem_peek(f.mem, 1), 0, "read all the same");
	cr_assert_eq(signals(&f, 0), 0, "R33");
	device(f.be, BACKEND_DEV_DISINTX, 0);
	cr_assert_eq(signals(&f, 0), 1, "R34");
}

Test(virqfd, err_can_share_the_eventfd_that_unmasks)
{
	cr_assert_eq(unmask_by(f.be, 1), 0, "attach");
	cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "automasked");
	cr_assert_eq(backend_fire(f.be, ERR, 0), 0, "fire ERR");
	cr_assert_eq(signal_mem_peek(f.mem, 1), 0, "read by the watcher");
	cr_assert_eq(signals(&f, 0), 1, "unmasked, still up");
}

Test(virqfd_eventfd, real_eventfds_cannot_be_watched)
{
	struct emu_config cfg;
	struct backend *be;
	int fd = eventfd(0, EFD_NONBLOCK), other = eventfd(0, EFD_NONBLOCK);

	emu_config_default(&cfg);
	cr_assert_eq(emulator_open(&cfg, &be, NULL), 0, "open");
	cr_assert_eq(set_fd(be, INTX, 0, fd), 0, "enable");
	cr_assert_eq(unmask_by(be, other), -EOPNOTSUPP, "attach");
	cr_assert_eq(unmask_by(be, -1), 0, "detach");
	cr_assert_eq(state_of(be).references, 1, "references");
	backend_close(be);
	close(fd);
	close(other);
}

/*
 * The work item of a hang-up, on a workqueue of its own: it runs when somebody waits for it, which
 * without a second thread the emulator says to its scheduler.
 */
static struct {
	const struct signal_provider *slots;
	const struct signal_watcher *watcher;
	void *data;
	struct signal_ref *ref;
	int waited;
} queue;

static int queue_get(const struct signal_provider *p, int32_t fd, struct signal_ref **out)
{
	(void)p;
	return queue.slots->get(queue.slots, fd, out);
}

static bool queue_watch(struct signal_ref *ref, const struct signal_watcher *watcher, void *data)
{
	queue.watcher = watcher;
	queue.data = data;
	queue.ref = ref;
	return false;
}

static void queue_unwatch(struct signal_ref *ref)
{
	(void)ref;
}

static void no_lock(struct lock_scheduler *s, struct lock *lock, const char *where)
{
	(void)s;
	(void)lock;
	(void)where;
}

static void no_step(struct lock_scheduler *s, const char *where)
{
	(void)s;
	(void)where;
}

static void no_guards(struct lock_scheduler *s, const struct lock *lock, const char *where)
{
	(void)s;
	(void)lock;
	(void)where;
}

static void no_misuse(struct lock_scheduler *s, const char *what, const char *where)
{
	(void)s;
	cr_assert_fail("%s: %s", where, what);
}

static void run_the_work(struct lock_scheduler *s, const char *where)
{
	(void)s;
	(void)where;
	cr_assert_eq(queue.waited++, 0, "the work has run");
	queue.watcher->work(queue.data, queue.ref, true);
}

Test(virqfd_work, a_disable_waits_for_the_work_of_a_hang_up)
{
	struct lock_scheduler turns = {.take = no_lock,
				       .drop = no_lock,
				       .step = no_step,
				       .wait = run_the_work,
				       .guards = no_guards,
				       .misuse = no_misuse};
	struct signal_provider provider;
	struct emu_config cfg;
	struct fixture slots;
	struct backend *be;

	emu_config_default(&cfg);
	fixture_open_with(&slots, cfg);
	queue.slots = signal_mem_provider(slots.mem);
	provider = *queue.slots;
	provider.get = queue_get;
	provider.watch = queue_watch;
	provider.unwatch = queue_unwatch;
	cfg.signals = &provider;
	cr_assert_eq(emulator_open(&cfg, &be, NULL), 0, "open");
	cr_assert_eq(set_fd(be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(unmask_by(be, 1), 0, "attach");
	cr_assert(queue.watcher->wake(queue.data, queue.ref, true), "there is work to do");
	lock_thread.scheduler = &turns;
	cr_assert_eq(disable(be, INTX), 0, "disable");
	lock_thread.scheduler = NULL;
	cr_assert_eq(queue.waited, 1, "vfio_virqfd_disable() flushes the workqueue");
	cr_assert_eq(state_of(be).references, 0, "the work has put its eventfd");
	backend_close(be);
	fixture_close(&slots);
}
