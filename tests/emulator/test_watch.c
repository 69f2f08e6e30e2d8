/* SPDX-License-Identifier: MIT */
/* Counters in memory: descriptors, semaphores and watchers. */
#include <criterion/criterion.h>
#include <errno.h>

#include "emulator/signal_mem.h"

static struct signal_mem *mem;
static const struct signal_provider *p;

static void setup(void)
{
	cr_assert_eq(signal_mem_create(8, &mem), 0, "create");
	p = signal_mem_provider(mem);
	for (uint32_t slot = 0; slot < 4; slot++)
		cr_assert_eq(signal_mem_open(mem, slot,
					     slot == 3 ? SIGNAL_MEM_SEMAPHORE : SIGNAL_MEM_EVENTFD),
			     0, "open");
}

static void teardown(void)
{
	cr_assert_eq(signal_mem_total_references(mem), 0, "references");
	signal_mem_destroy(mem);
}

TestSuite(watch, .init = setup, .fini = teardown);

static struct signal_ref *get(int32_t slot)
{
	struct signal_ref *ref;

	cr_assert_eq(p->get(p, slot, &ref), 0, "get");
	return ref;
}

struct watch {
	uint32_t wakes, hups, works;
	bool want_work;
	struct signal_ref *from_wake, *from_work; /* signalled */
};

static bool on_wake(void *data, struct signal_ref *ref, bool hup)
{
	struct watch *w = data;

	(void)ref;
	if (hup)
		w->hups++;
	else
		w->wakes++;
	if (w->from_wake)
		p->signal(w->from_wake);
	return w->want_work;
}

static void on_work(void *data, struct signal_ref *ref, bool hup)
{
	struct watch *w = data;

	(void)ref;
	(void)hup;
	w->works++;
	if (w->from_work)
		p->signal(w->from_work);
}

static const struct signal_watcher watcher = {.wake = on_wake, .work = on_work};

Test(watch, signals_and_writes_wake_and_reads_do_not)
{
	struct signal_ref *ref = get(0);
	struct watch w = {0};

	cr_assert_not(p->watch(ref, &watcher, &w), "the counter is 0");
	p->signal(ref);
	cr_assert_eq(signal_mem_write(mem, 0, 2), 0, "write");
	cr_assert_eq(w.wakes, 2, "woken");
	cr_assert_eq(p->consume(ref), 3, "all");
	signal_mem_read(mem, 0);
	cr_assert_eq(w.wakes, 2, "reading");
	cr_assert_eq(signal_mem_write(mem, 1, 1), 0, "another");
	cr_assert_eq(w.wakes, 2, "another");
	p->unwatch(ref);
	p->signal(ref);
	cr_assert_eq(w.wakes, 2, "no more");
	cr_assert(p->watch(ref, &watcher, &w), "the counter is 1");
	p->unwatch(ref);
	p->put(ref);
}

Test(watch, the_last_close_hangs_up)
{
	struct signal_ref *ref = get(0);
	struct watch w = {.want_work = true};

	cr_assert_eq(signal_mem_dup(mem, 0, 5), 0, "dup");
	cr_assert_eq(signal_mem_dup(mem, 5, 5), 0, "dup of itself");
	p->watch(ref, &watcher, &w);
	cr_assert_eq(signal_mem_close(mem, 0), 0, "close");
	cr_assert_eq(w.hups, 0, "one is left");
	cr_assert_eq(signal_mem_write(mem, 5, 1), 0, "it is the same");
	cr_assert_eq(w.wakes, 1, "it is the same");
	cr_assert_eq(signal_mem_dup(mem, 1, 5), 0, "dup2 over the last");
	cr_assert_eq(w.hups, 1, "hung up");
	cr_assert_eq(w.works, 2, "work runs for both");
	p->signal(ref);
	cr_assert_eq(w.wakes, 1, "the watch is over");
	p->put(ref);
}

Test(watch, a_context_closed_before_it_is_watched_hangs_up_at_once)
{
	struct signal_ref *ref = get(0);
	struct watch w = {0};

	cr_assert_eq(signal_mem_close(mem, 0), 0, "close");
	p->watch(ref, &watcher, &w);
	cr_assert_eq(w.hups, 1, "hung up");
	p->put(ref);
}

Test(watch, a_signal_from_a_wake_is_dropped_and_one_from_its_work_is_not)
{
	struct signal_ref *ref = get(0), *other = get(1);
	struct watch w = {.want_work = true, .from_wake = other, .from_work = other};

	p->watch(ref, &watcher, &w);
	p->signal(ref);
	cr_assert_eq(signal_mem_read(mem, 1), 1, "R68, R38");
	p->unwatch(ref);
	p->put(ref);
	p->put(other);
}

Test(watch, a_semaphore_is_taken_one_by_one)
{
	struct signal_ref *ref = get(3);

	cr_assert_eq(signal_mem_write(mem, 3, 3), 0, "write");
	p->signal(ref);
	cr_assert_eq(signal_mem_read(mem, 3), 1, "read");
	cr_assert_eq(p->consume(ref), 1, "consume");
	cr_assert_eq(signal_mem_peek(mem, 3), 2, "left");
	signal_mem_read(mem, 3);
	signal_mem_read(mem, 3);
	cr_assert_eq(signal_mem_read(mem, 3), 0, "empty");
	cr_assert_eq(p->consume(ref), 0, "empty");
	p->put(ref);
}

Test(watch, dup_is_dup2)
{
	struct signal_ref *a, *b;

	cr_assert_eq(signal_mem_dup(mem, 7, 0), -EBADF, "closed");
	cr_assert_eq(signal_mem_dup(mem, 0, 8), -EBADF, "beyond");
	cr_assert_eq(signal_mem_write(mem, 1, 5), 0, "write");
	cr_assert_eq(signal_mem_dup(mem, 1, 0), 0, "dup");
	cr_assert_eq(signal_mem_read(mem, 0), 5, "one counter");
	a = get(0);
	b = get(1);
	cr_assert_eq(p->token(a), p->token(b), "one eventfd");
	cr_assert_eq(signal_mem_references(mem, 0), 2, "references");
	p->put(a);
	p->put(b);
	cr_assert_eq(signal_mem_close(mem, 1), 0, "close");
	cr_assert_eq(signal_mem_write(mem, 0, 1), 0, "the other is open");
}
