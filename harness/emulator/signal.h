/* SPDX-License-Identifier: MIT */
/*
 * signal: where the emulator's interrupts end. Two implementations: real eventfds (stress, latency)
 * and counters in memory (deterministic work, no system calls). A reference is what eventfd_ctx is
 * in the kernel: taken by lookup, held per stored trigger (R66), independent of the fd (R65).
 */
#ifndef IRQSTORM_EMULATOR_SIGNAL_H
#define IRQSTORM_EMULATOR_SIGNAL_H

#include <stdint.h>

struct signal_ref;

struct signal_provider {
	/* eventfd_ctx_fdget(): 0, -EBADF (closed), -EINVAL (not an eventfd), -ENOMEM. */
	int (*get)(const struct signal_provider *p, int32_t fd, struct signal_ref **out);
	/* eventfd_signal(): adds 1, saturates, never blocks. Any thread. */
	void (*signal)(struct signal_ref *ref);
	void (*put)(struct signal_ref *ref);
};

extern const struct signal_provider signal_eventfd;

#endif
