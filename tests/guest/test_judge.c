/* SPDX-License-Identifier: MIT */
/* What a run amounts to, from what was seen of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "guest/judge.h"

struct seen {
	const char *name;
	enum guest_end end;
	bool ready, exited;
	uint64_t tainted;
	const char *log;
	enum verdict verdict;
};

static const struct seen cases[] = {
	{"a clean end", GUEST_ENDED, true, true, 0, "[ 1.0] fine\n", VERDICT_CODE},
	{"other taint", GUEST_ENDED, true, true, 1 << 12, "", VERDICT_CODE},
	{"a warning", GUEST_ENDED, true, true, 0, "[ 1.0] WARNING: CPU: 0\n", VERDICT_SPLAT},
	{"taint alone", GUEST_ENDED, true, true, TAINT_WARN, "", VERDICT_SPLAT},
	{"panic", GUEST_ENDED, true, false, 0, "Kernel panic - not syncing: x\n", VERDICT_PANIC},
	{"oops in boot", GUEST_ENDED, false, false, 0, "BUG: x\nKernel panic - not syncing: x\n",
	 VERDICT_PANIC},
	{"no root", GUEST_ENDED, false, false, 0, "Kernel panic - not syncing: VFS: x\n",
	 VERDICT_BOOT_PANIC},
	{"panic after the last word", GUEST_ENDED, true, true, 0, "Kernel panic - not syncing: x\n",
	 VERDICT_SPLAT},
	{"hang", GUEST_SILENT, true, false, 0, "[ 1.0] x\n", VERDICT_SILENT},
	{"a stall, then a hang", GUEST_SILENT, true, false, 0,
	 "rcu: INFO: rcu_preempt self-detected stall on CPU\n", VERDICT_SPLAT},
	{"over time", GUEST_TIMEOUT, true, false, 0, "", VERDICT_TIMEOUT},
	{"qemu died", GUEST_ENDED, true, false, 0, "", VERDICT_VANISHED},
	{"stopped", GUEST_STOPPED, true, false, 0, "", VERDICT_STOPPED},
};

Test(judge, every_outcome)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct seen *s = &cases[i];
		struct guest_result r = {
			.end = s->end,
			.ready = s->ready,
			.exited = s->exited,
			.tainted = s->tainted,
		};

		console_feed(&r.console, s->log, strlen(s->log));
		console_finish(&r.console);
		cr_assert_eq(judge(&r), s->verdict, "%s: %d", s->name, judge(&r));
		guest_result_free(&r);
	}
}
