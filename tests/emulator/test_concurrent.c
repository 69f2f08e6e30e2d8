/* SPDX-License-Identifier: MIT */
/* Fires from other threads while SET_IRQS runs: no late signal, no loss where none is allowed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"

#define PRODUCERS 2

struct producer {
	pthread_t thread;
	struct fixture *f;
	uint32_t index, first, vectors;
	atomic_bool *stop;
	uint64_t fired;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	while (!atomic_load_explicit(p->stop, memory_order_relaxed)) {
		for (uint32_t v = 0; v < p->vectors; v++)
			backend_fire(p->f->be, p->index, p->first + v);
		p->fired += p->vectors;
	}
	return NULL;
}

static void start(struct producer *p, struct fixture *f, uint32_t index, uint32_t first,
		  uint32_t vectors, atomic_bool *stop)
{
	*p = (struct producer){
		.f = f, .index = index, .first = first, .vectors = vectors, .stop = stop};
	cr_assert_eq(pthread_create(&p->thread, NULL, produce, p), 0, "no thread");
}

static uint64_t join(struct producer *p)
{
	pthread_join(p->thread, NULL);
	return p->fired;
}

Test(concurrent, no_signal_reaches_the_old_eventfd_after_the_call, .timeout = 60)
{
	struct producer p[PRODUCERS];
	atomic_bool stop = false;
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	for (int i = 0; i < PRODUCERS; i++)
		start(&p[i], &f, MSIX, 0, 1, &stop);

	/* Replace, remove and tear down in turn; the old counter must then stand still (R69). */
	for (int i = 0; i < 20000; i++) {
		uint32_t old = (uint32_t)i % 2, next = 1 - old;

		if (i % 3 == 0)
			cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "remove");
		else if (i % 3 == 1)
			cr_assert_eq(disable(f.be, MSIX), 0, "disable");
		else
			cr_assert_eq(set_fd(f.be, MSIX, 0, (int32_t)next), 0, "replace");
		signals(&f, old);
		for (int spin = 0; spin < 20; spin++)
			cr_assert_eq(signal_mem_peek(f.mem, old), 0, "late signal, step %d", i);
		if (i % 3 != 2)
			cr_assert_eq(set_fd(f.be, MSIX, 0, (int32_t)next), 0, "arm");
	}
	atomic_store(&stop, true);
	for (int i = 0; i < PRODUCERS; i++)
		join(&p[i]);
	fixture_close(&f);
}

Test(concurrent, no_signal_of_intx_reaches_the_old_eventfd_either, .timeout = 60)
{
	atomic_bool stop = false;
	struct producer p;
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	start(&p, &f, INTX, 0, 1, &stop);
	for (int i = 0; i < 10000; i++) {
		uint32_t old = (uint32_t)i % 2, next = 1 - old;

		cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
		cr_assert_eq(set_fd(f.be, INTX, 0, (int32_t)next), 0, "replace");
		signals(&f, old);
		for (int spin = 0; spin < 20; spin++)
			cr_assert_eq(signal_mem_peek(f.mem, old), 0, "late signal, step %d", i);
	}
	atomic_store(&stop, true);
	join(&p);
	fixture_close(&f);
}

Test(concurrent, stable_vectors_lose_nothing_while_others_churn, .timeout = 60)
{
	const int32_t fds[4] = {0, 1, 2, 3};
	struct producer stable, churned;
	atomic_bool stop = false;
	struct fixture f;
	uint64_t fired;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), 0, "enable");
	start(&stable, &f, MSIX, 0, 4, &stop);
	start(&churned, &f, MSIX, 4, 4, &stop);
	for (int i = 0; i < 40000; i++) {
		uint32_t v = 4 + (uint32_t)i % 4;

		cr_assert_eq(set_fd(f.be, MSIX, v, i % 8 < 4 ? (int32_t)v : -1), 0, "churn");
		if (i % 16 == 0)
			backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, false);
	}
	atomic_store(&stop, true);
	fired = join(&stable);
	join(&churned);
	for (uint32_t slot = 0; slot < 4; slot++)
		cr_assert_eq(signals(&f, slot), fired / 4, "vector %u lost or gained (R54)", slot);
	fixture_close(&f);
}

Test(concurrent, a_message_of_a_torn_down_index_reaches_no_other_vector, .timeout = 60)
{
	struct producer p[PRODUCERS];
	atomic_bool stop = false;
	struct fixture f;

	/* Only vector 9 fires. The slots of host irqs are handed out anew at each enable. */
	fixture_open(&f, PROFILE_6_12);
	for (int i = 0; i < PRODUCERS; i++)
		start(&p[i], &f, MSIX, 9, 1, &stop);
	for (int i = 0; i < 10000; i++) {
		cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
		if (i % 2)
			cr_assert_eq(set_fd(f.be, MSIX, 5, 5), 0, "another takes the slot");
		cr_assert_eq(set_fd(f.be, MSIX, 9, 9), 0, "add");
		cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	}
	atomic_store(&stop, true);
	for (int i = 0; i < PRODUCERS; i++)
		join(&p[i]);
	cr_assert_eq(signals(&f, 0) + signals(&f, 5), 0, "misrouted");
	fixture_close(&f);
}

Test(concurrent, what_is_pended_under_the_function_mask_is_never_stuck, .timeout = 60)
{
	struct producer p[PRODUCERS];
	atomic_bool stop = false;
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	for (int i = 0; i < PRODUCERS; i++)
		start(&p[i], &f, MSIX, 0, 1, &stop);
	for (int i = 0; i < 5000; i++) {
		backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, true);
		backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, false);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < PRODUCERS; i++)
		join(&p[i]);
	cr_assert_not(vector_of(f.be, 0).pending, "unmasked and pending (P5)");
	fixture_close(&f);
}
