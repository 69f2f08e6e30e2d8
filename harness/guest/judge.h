/* SPDX-License-Identifier: MIT */
/*
 * judge: what a run of a guest amounts to. QEMU's own exit status says nothing (it is 0 after a
 * panic): what counts is whether the guest said its last word, and what its kernel had to say.
 */
#ifndef IRQSTORM_GUEST_JUDGE_H
#define IRQSTORM_GUEST_JUDGE_H

#include "guest/guest.h"

enum verdict {
	VERDICT_CODE,       /* nothing wrong with the guest: the subcommand's code is ours */
	VERDICT_SPLAT,      /* the kernel reported a bug */
	VERDICT_PANIC,      /* it panicked while the subcommand ran */
	VERDICT_BOOT_PANIC, /* it panicked before */
	VERDICT_SILENT,
	VERDICT_TIMEOUT,
	VERDICT_VANISHED, /* QEMU ended and the guest had not */
	VERDICT_STOPPED,
};

enum verdict judge(const struct guest_result *r);

/* The exit code for a verdict; also delivers or refuses the output files. */
int judge_report(const struct guest_config *c, struct guest_result *r, const char *keep_log);

#endif
