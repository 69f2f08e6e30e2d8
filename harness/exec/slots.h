/* SPDX-License-Identifier: MIT */
/*
 * slots: the user's side of a program: PROGRAM_SLOTS eventfds, a file that is none, and a closed
 * descriptor. Two kinds: counters in memory for the emulator (no system calls, saturation and
 * references as in the kernel) and real eventfds for a real device.
 *
 * Results are 0 or -errno as the system call gives them. One owner; the backend may signal from
 * other threads.
 */
#ifndef IRQSTORM_EXEC_SLOTS_H
#define IRQSTORM_EXEC_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal.h"

struct slots;

struct slots_ops {
	int32_t (*fd)(struct slots *s,
		      int32_t code); /* of an item code (program.h), not negative */
	int (*read)(struct slots *s, uint32_t slot, uint64_t *value); /* -EAGAIN when it is 0 */
	int (*write)(struct slots *s, uint32_t slot, uint64_t value);
	int (*close)(struct slots *s, uint32_t slot);
	int (*open)(struct slots *s, uint32_t slot, bool semaphore);
	int (*dup)(struct slots *s, uint32_t from, uint32_t to);
	/* The counter as it stands, left alone; 0 of a closed slot. */
	int (*peek)(struct slots *s, uint32_t slot, uint64_t *value);
	/* peek() of every slot. */
	int (*peek_all)(struct slots *s, uint64_t values[]);
	/* Every slot open, a counter, and 0, each an eventfd of its own. */
	int (*reset)(struct slots *s);
	/* References that the backend holds on all of them. NULL: nobody can tell. */
	uint32_t (*references)(struct slots *s);
	/* What the backend did to an eventfd that it holds no reference on, since reset(), or NULL.
	 * NULL: nobody can tell. */
	const char *(*misuse)(struct slots *s);
	void (*destroy)(struct slots *s);
};

struct slots {
	const struct slots_ops *ops;
	/* What the emulator signals through; NULL: real eventfds. */
	const struct signal_provider *provider;
};

/* Both give slots as after reset(). 0 or -errno (-ENOMEM, -EMFILE). */
int slots_mem_create(struct slots **out);
int slots_eventfd_create(struct slots **out);

static inline void slots_destroy(struct slots *s)
{
	if (s)
		s->ops->destroy(s);
}

#endif
