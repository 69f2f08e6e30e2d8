/* SPDX-License-Identifier: MIT */
/*
 * spin: a lock for critical sections of a few instructions on a path that every fire takes.
 * Unlocking is a plain store, which a mutex can't do, because nobody sleeps on it; a waiter gives
 * its CPU away when the holder seems to have lost his. Never hold one over a system call.
 */
#ifndef IRQSTORM_SUPPORT_SPIN_H
#define IRQSTORM_SUPPORT_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

struct spin {
	_Atomic bool held;
};

#define SPIN_PATIENCE 100 /* tries before the waiter yields */

static inline void spin_lock(struct spin *s)
{
	unsigned int tries = 0;

	/* acquire pairs with the release of the last holder */
	while (atomic_exchange_explicit(&s->held, true, memory_order_acquire)) {
		while (atomic_load_explicit(&s->held, memory_order_relaxed)) {
			if (++tries % SPIN_PATIENCE == 0)
				sched_yield();
		}
	}
}

static inline void spin_unlock(struct spin *s)
{
	atomic_store_explicit(&s->held, false, memory_order_release);
}

#endif
