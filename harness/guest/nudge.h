/* SPDX-License-Identifier: MIT */
/*
 * nudge: wakes every CPU of the guest now and then. QEMU's TCG with one thread a CPU sometimes
 * leaves a halted CPU asleep although an interrupt or a timer is due; the guest's kernel then
 * reports an RCU stall, and an interrupt is late by seconds. Another CPU's reschedule IPI ends
 * that.
 */
#ifndef IRQSTORM_GUEST_NUDGE_H
#define IRQSTORM_GUEST_NUDGE_H

/* Forks one process a CPU, which live as long as the guest. 0 or -errno. One CPU: does nothing. */
int nudge_start(void);

#endif
