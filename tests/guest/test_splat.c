/* SPDX-License-Identifier: MIT */
/* The splat scanner: what kernels really print, and what only looks like it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/console.h"
#include "guest/splat.h"

static const char *const splats[] = {
	"[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000010",
	"[   12.345678] BUG: unable to handle page fault for address: ffffc90000a3b000",
	"[    3.1] BUG: KASAN: slab-use-after-free in vfio_msihandler+0x1f/0x40",
	"[    3.1] BUG: sleeping function called from invalid context at kernel/mutex.c:283",
	"[    3.1] BUG: scheduling while atomic: irqstorm/123/0x00000002",
	"[    3.1] kernel BUG at drivers/pci/msi/msi.c:370!",
	"[   30.0] WARNING: CPU: 1 PID: 77 at drivers/pci/msi/msi.c:435 pci_msi+0x1/0x2",
	"[   30.0] WARNING: possible circular locking dependency detected",
	"[   30.0] WARNING: inconsistent lock state",
	"[   30.0] WARNING: suspicious RCU usage",
	"[   30.0][  T77] WARNING: bad unlock balance detected!",
	"[    1.0] KASAN: null-ptr-deref in range [0x0000000000000000-0x0000000000000007]",
	"[    1.0] UBSAN: array-index-out-of-bounds in drivers/vfio/x.c:1:2",
	"[    1.0] Oops: 0000 [#1] PREEMPT SMP NOPTI",
	"[    1.0] Oops: general protection fault, probably for non-canonical address 0x1: 0000 "
	"[#1]",
	"[    1.0] general protection fault, probably for non-canonical address 0xdead: 0000 [#1] "
	"SMP",
	"[    1.0] invalid opcode: 0000 [#1] PREEMPT SMP",
	"[    1.0] divide error: 0000 [#3] PREEMPT SMP",
	"[    9.9] Kernel panic - not syncing: sysrq triggered crash",
	"[   60.0] rcu: INFO: rcu_preempt self-detected stall on CPU",
	"[   60.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
	"[   60.0] rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D }",
	"[   60.0] INFO: rcu_tasks detected stalls on tasks:",
	"[  242.0] INFO: task irqstorm:77 blocked for more than 120 seconds.",
	"[   60.0] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [irqstorm:77]",
	"[   60.0] watchdog: Watchdog detected hard LOCKUP on cpu 1",
	"[    5.0] irq 16: nobody cared (try booting with the \"irqpoll\" option)",
	"[    5.0] INFO: trying to register non-static key.",
	"[    5.0] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	"[    5.0] BUG: test",
	"BUG: without a time stamp",
};

static const char *const harmless[] = {
	"",
	"[",
	"[    0.000000] Linux version 6.12.1 (gcc 12) #1 SMP PREEMPT_DYNAMIC",
	"[    0.060000] tsc: Unable to calibrate against PIT",
	"[    0.983137] mtrr: your CPUs had inconsistent fixed MTRR settings",
	"[    1.985939] amd_pstate: the _CPC object is not present in SBIOS or ACPI disabled",
	"[    2.069603] Unstable clock detected, switching default tracing clock to \"global\"",
	"[    0.1] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks",
	"[    0.1] MDS CPU bug present and SMT on, data leak possible.",
	"[    0.1] [Firmware Bug]: TSC_DEADLINE disabled due to Errata",
	"[    0.1] ACPI BIOS Warning (bug): Optional FADT field Pm2ControlBlock has valid Length",
	"[    0.1] kasan: KernelAddressSanitizer initialized (generic)",
	"[    0.1] rcu: RCU lockdep checking is enabled.",
	"[    0.1] rcu: \tRCU CPU stall warnings timeout set to 21 (rcu_cpu_stall_timeout).",
	"[    0.1] rcu: INFO: rcu_preempt will be fine",
	"[    0.1] DEBUG: a debug line, DEBUG: twice",
	"[    0.1] INFO: task scheduler ready",
	"[    0.1] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
	"[    0.1] oops=panic is not set",
	"[    4.0] irqstorm[77]: segfault at 0 ip 0000000000401000 sp 00007ffe error 4 in irqstorm",
	"[    4.0] traps: irqstorm[77] general protection fault ip:401000 sp:7ffe error:0",
	"[    4.0] warning: `irqstorm' uses wireless extensions",
	"[    6.330276] reboot: Power down",
	"[    0.1] clocksource: timekeeping watchdog on CPU0: tsc marked unstable",
	"[    0.1] KCSAN disabled",
	"[    0.1] vfio-pci 0000:00:04.0: Invalid PCI ROM header signature: expecting 0xaa55",
};

Test(splat, finds_what_kernels_print)
{
	for (size_t i = 0; i < sizeof(splats) / sizeof(splats[0]); i++)
		cr_assert(splat_line(splats[i]), "missed: %s", splats[i]);
}

Test(splat, leaves_harmless_lines_alone)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		cr_assert(!splat_line(harmless[i]), "false alarm: %s", harmless[i]);
}

static void feed(struct splat_scan *s, const char *text, size_t step)
{
	for (size_t len = strlen(text); len;) {
		size_t n = len < step ? len : step;

		splat_feed(s, text, n);
		text += n;
		len -= n;
	}
}

Test(splat, any_chunking_gives_the_same)
{
	static const char log[] = "[    1.0] booting\r\n"
				  "[    2.0] WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2\r\n"
				  "[    2.0] Modules linked in:\r\n"
				  "[    3.0] Kernel panic - not syncing: x";

	for (size_t step = 1; step < sizeof(log); step++) {
		struct splat_scan s = {0};

		feed(&s, log, step);
		cr_assert_eq(s.found, 1, "step %zu", step);
		splat_finish(&s);
		cr_assert_eq(s.found, 2, "step %zu", step);
		cr_assert_eq(s.n_lines, 3);
		cr_assert_str_eq(s.lines[1], "[    2.0] Modules linked in:");
		cr_assert_str_eq(s.panic, "[    3.0] Kernel panic - not syncing: x");
	}
}

Test(splat, long_lines_and_nul_bytes)
{
	static char line[100000];
	struct splat_scan s = {0};

	memset(line, 'x', sizeof(line));
	splat_feed(&s, "BUG: ", 5);
	splat_feed(&s, line, sizeof(line));
	splat_feed(&s, "\n", 1);
	splat_feed(&s, "B\0UG: y\n", 8);
	splat_finish(&s);
	cr_assert_eq(s.found, 2);
	cr_assert_eq(strlen(s.lines[0]), SPLAT_LINE - 1);
}

Test(splat, many_splats_fill_but_do_not_overflow)
{
	struct splat_scan s = {0};

	for (int i = 0; i < 1000; i++)
		feed(&s, "BUG: again\n", 64);
	cr_assert_eq(s.found, 1000);
	cr_assert_eq(s.n_lines, SPLAT_LINES);
}

Test(splat, taint_in_words)
{
	char buf[128];

	cr_assert_str_eq(splat_taint(0, buf, sizeof(buf)), "");
	cr_assert_str_eq(splat_taint(1ULL << 12, buf, sizeof(buf)), "", "an out-of-tree module");
	cr_assert_str_eq(splat_taint(TAINT_WARN | TAINT_DIE, buf, sizeof(buf)),
			 "D (an oops), W (a kernel warning)");
	cr_assert_eq(strlen(splat_taint(TAINT_SPLAT, buf, 10)), 9, "cut, not overrun");
}

Test(splat, console_keeps_both_ends)
{
	struct console c = {0};
	char path[] = "/tmp/irqstorm-test-XXXXXX", line[64];
	struct bytes saved = {0};
	int fd = mkstemp(path);

	for (int i = 0; i < 400000; i++) {
		int n = snprintf(line, sizeof(line), "[%d] a line of the log\n", i);

		cr_assert_eq(console_feed(&c, line, (size_t)n), 0);
	}
	console_finish(&c);
	cr_assert_leq(c.log.len, CONSOLE_MAX);
	cr_assert_gt(c.dropped, 0);
	cr_assert(!memcmp(c.log.data, "[0] a line", 10));
	cr_assert(!memcmp(c.log.data + console_tail(&c, 1), "[399999] ", 9));
	cr_assert_eq(console_save(&c, path), 0);
	cr_assert_eq(bytes_read_file(&saved, path), 0);
	cr_assert_gt(saved.len, c.log.len, "it says how much is left out");
	cr_assert_eq(console_save(&c, "/nonexistent/x"), -ENOENT);
	unlink(path);
	close(fd);
	bytes_free(&saved);
	console_free(&c);
}
