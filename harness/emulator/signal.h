/* SPDX-License-Identifier: MIT */
/*
 * signal: where the emulator's interrupts end. Two implementations: real eventfds (stress, latency)
 * and counters in memory (deterministic work, no system calls). A reference is what eventfd_ctx is
 * in the kernel: taken by lookup, held per stored trigger (R66), independent of the fd (R65).
 */
#ifndef IRQSTORM_EMULATOR_SIGNAL_H
#define IRQSTORM_EMULATOR_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

struct signal_ref;

struct signal_watcher {
	/*
	 * The counter grew (@hup false), or the last descriptor was closed (@hup true; then this
	 * watch is over). A signal() from in here, on this thread, is dropped (R68). True: @work is
	 * to run.
	 */
	bool (*wake)(void *data, struct signal_ref *ref, bool hup);
	/* The work item (R38): on the same thread, when the wake is over. */
	void (*work)(void *data, struct signal_ref *ref, bool hup);
};

struct signal_provider {
	/* eventfd_ctx_fdget(): 0, -EBADF (closed), -EINVAL (not an eventfd), -ENOMEM. */
	int (*get)(const struct signal_provider *p, int32_t fd, struct signal_ref **out);
	/* eventfd_signal(): adds 1, saturates, never blocks. Any thread. */
	void (*signal)(struct signal_ref *ref);
	void (*put)(struct signal_ref *ref);

	/*
	 * What a virqfd needs (R36-R38); NULL where the provider cannot watch, and UNMASK by
	 * eventfd is then -EOPNOTSUPP. watch(): from now on @watcher is told whenever the counter
	 * grew (by a signal or a user's write), and once when the last descriptor of the eventfd is
	 * closed; returns whether the counter was not 0. One watcher per eventfd. unwatch() waits
	 * for a running wake, not for its work; it must not be called from either.
	 */
	bool (*watch)(struct signal_ref *ref, const struct signal_watcher *watcher, void *data);
	void (*unwatch)(struct signal_ref *ref);
	uint64_t (*consume)(struct signal_ref *ref); /* read(): all, or 1 of an EFD_SEMAPHORE */

	/* What tells one eventfd from another (R70). NULL: cannot tell. */
	const void *(*token)(struct signal_ref *ref);
};

extern const struct signal_provider signal_eventfd;

#endif
