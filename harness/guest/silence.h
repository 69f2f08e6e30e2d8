/* SPDX-License-Identifier: MIT */
/*
 * silence: for how long a guest has been silent by its own doing. The time for which QEMU's threads
 * waited for a CPU of a busy host is no silence: a guest that would have spoken is not killed for
 * it.
 */
#ifndef IRQSTORM_GUEST_SILENCE_H
#define IRQSTORM_GUEST_SILENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct silence {
	const char *proc; /* NULL: "/proc" */
	uint64_t life;    /* the sign of life after which ... */
	uint64_t waited;  /* ... QEMU had waited for so many ns in all */
};

/*
 * For how many ns a thread of @pid has waited for a CPU since it began, the one that waited
 * longest: the second figure of its schedstat below @proc ("/proc"; kernel/sched/stats.h,
 * since 2.6.9). 0 where there is none.
 */
uint64_t silence_waited(const char *proc, pid_t pid);

/*
 * True when more than @limit ns have passed from @life, the guest's last sign of life, to @now
 * (CLOCK_MONOTONIC ns), less what QEMU, @pid, waited meanwhile. To be asked several times within
 * @limit: the wait is counted from the first time after a quarter of it. @pid 0: all counts.
 */
bool silence_over(struct silence *s, pid_t pid, uint64_t life, uint64_t now, uint64_t limit);

#endif
