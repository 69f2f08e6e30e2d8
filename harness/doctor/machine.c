/* SPDX-License-Identifier: MIT */
/* What every use leans on: system calls, limits, CPUs, the clock, quiet, space. */
#include <errno.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "doctor/checks.h"
#include "support/clock.h"
#include "support/tmpdir.h"
#include "support/units.h"

/* Open files of a storm: two for each vector, twice as many with swap, and 128 for the rest. */
#define FILES_USUAL   (4 * 64 + 128)   /* the 64 vectors that are the default */
#define FILES_LARGEST (4 * 2048 + 128) /* as many as an MSI-X table can have */

/* What a ring of before Linux 5.12 locks for the largest storm. */
#define MEMLOCK_USUAL (1ULL << 20)

/* Later than this, the tail of a latency figure tells of the host and not of the target. */
#define QUIET_P99 (200 * NSEC_PER_USEC)
#define QUIET_MAX (2 * NSEC_PER_MSEC)

#define SPACE_WANTED 500000000ULL /* a kernel for guests, or the corpus of a long campaign */

void look_eventfd(struct doctor *d, struct doctor_line *l)
{
	int err = d->ops->eventfd();

	if (err)
		say(l, DOCTOR_NO,
		    "interrupts arrive at eventfds, nothing works without; a sandbox or container "
		    "may forbid it, or all file descriptors are in use (ulimit -n)",
		    "cannot be used with epoll: %s", strerror(-err));
	else
		say(l, DOCTOR_OK, NULL, "works, also with epoll");
}

/* Why io_uring_setup() gave @err. */
static const char *uring_todo(const struct doctor *d, int err)
{
	char disabled[16] = "";

	first_line(d, "/proc/sys/kernel/io_uring_disabled", disabled, sizeof(disabled));
	if (!strcmp(disabled, "1"))
		return "stress and bench need --consumer epoll; kernel.io_uring_disabled is 1: "
		       "run as root or as the group of kernel.io_uring_group, or, as root: sysctl "
		       "kernel.io_uring_disabled=0";
	if (!strcmp(disabled, "2"))
		return "stress and bench need --consumer epoll; kernel.io_uring_disabled is 2: "
		       "as root, sysctl kernel.io_uring_disabled=0";
	if (err == -ENOSYS)
		return "stress and bench need --consumer epoll; the kernel lacks "
		       "CONFIG_IO_URING, or a sandbox hides it";
	if (err == -EPERM || err == -EACCES)
		return "stress and bench need --consumer epoll; a seccomp filter forbids it: in "
		       "a container, run with --security-opt seccomp=unconfined";
	return "stress and bench need --consumer epoll";
}

void look_uring(struct doctor *d, struct doctor_line *l)
{
	struct doctor_uring u = {0};
	int err = d->ops->uring(&u);

	if (err)
		say(l, DOCTOR_NO, uring_todo(d, err), "cannot be set up: %s", strerror(-err));
	else if (!u.multishot_read)
		say(l, DOCTOR_NOTE, "--consumer uring polls and read()s, as uring-poll does",
		    "no multishot read (Linux 6.7)%s",
		    u.defer_taskrun ? "" : " and no DEFER_TASKRUN (6.1)");
	else
		say(l, DOCTOR_OK, NULL, "multishot read");
}

void look_membarrier(struct doctor *d, struct doctor_line *l)
{
	int mask = d->ops->membarrier();

	if (mask < 0)
		say(l, DOCTOR_NO,
		    "--resize swap-fenced does not work; the kernel needs CONFIG_MEMBARRIER and "
		    "no nohz_full, or a sandbox forbids it",
		    "%s", strerror(-mask));
	else if (!(mask & MEMBARRIER_CMD_GLOBAL))
		say(l, DOCTOR_NO,
		    "--resize swap-fenced does not work; boot the kernel without nohz_full",
		    "no MEMBARRIER_CMD_GLOBAL");
	else
		say(l, DOCTOR_OK, NULL, "MEMBARRIER_CMD_GLOBAL");
}

static const char *format_limit(uint64_t v, char *buf, size_t size)
{
	if (v == UINT64_MAX)
		snprintf(buf, size, "unlimited");
	else
		units_format_count(v, buf, size);
	return buf;
}

void look_files(struct doctor *d, struct doctor_line *l)
{
	uint64_t soft = 0, hard = 0;
	char todo[sizeof(l->todo)], n[32];
	int err = d->ops->limit(RLIMIT_NOFILE, &soft, &hard);

	if (err) {
		say(l, DOCTOR_NOTE, NULL, "the limit is not known: %s", strerror(-err));
		return;
	}
	format_limit(hard, n, sizeof(n));
	snprintf(todo, sizeof(todo),
		 "enough for %" PRIu64
		 " vectors with every strategy; more need a higher hard limit (ulimit -Hn as "
		 "root, LimitNOFILE= of a service)",
		 hard > 128 ? (hard - 128) / 4 : 0);
	if (hard < FILES_USUAL)
		say(l, DOCTOR_NO, todo, "at most %s", n);
	else
		say(l, hard < FILES_LARGEST ? DOCTOR_NOTE : DOCTOR_OK,
		    hard < FILES_LARGEST ? todo : NULL, "up to %s (raised when needed)", n);
}

void look_memlock(struct doctor *d, struct doctor_line *l)
{
	uint64_t soft = 0, hard = 0;
	char n[32];
	int err = d->ops->limit(RLIMIT_MEMLOCK, &soft, &hard);

	if (err)
		say(l, DOCTOR_NOTE, NULL, "the limit is not known: %s", strerror(-err));
	else if (soft < MEMLOCK_USUAL)
		say(l, DOCTOR_NOTE,
		    "io_uring of kernels before 5.12 may refuse many vectors: raise it "
		    "(ulimit -l), or use --consumer epoll",
		    "at most %s bytes", format_limit(soft, n, sizeof(n)));
	else
		say(l, DOCTOR_OK, NULL, "up to %s%s", format_limit(soft, n, sizeof(n)),
		    soft == UINT64_MAX ? "" : " bytes");
}

void look_cpus(struct doctor *d, struct doctor_line *l)
{
	char online[64] = "not known";
	int n = d->ops->cpus();

	first_line(d, "/sys/devices/system/cpu/online", online, sizeof(online));
	if (n < 0)
		say(l, DOCTOR_NOTE, NULL, "the affinity mask is not known: %s", strerror(-n));
	else if (n == 1)
		say(l, DOCTOR_NOTE,
		    "who fires and who reads take turns: races are rarer and latency figures "
		    "are those of the scheduler; allow two (taskset)",
		    "1 may be used (online: %s)", online);
	else
		say(l, DOCTOR_OK, NULL, "%d may be used (online: %s)", n, online);
}

void look_clock(struct doctor *d, struct doctor_line *l)
{
	/* Those that take a trip to a device, or tick. */
	static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
	char name[64];
	int err = first_line(d, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
			     name, sizeof(name));

	if (err) {
		say(l, DOCTOR_NOTE, NULL, "the clock source is not known: %s", strerror(-err));
		return;
	}
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		if (!strcmp(name, slow[i])) {
			say(l, DOCTOR_NO,
			    "each time stamp costs a microsecond or more, and latency figures "
			    "contain it; dmesg says why the kernel gave up the tsc",
			    "%s", name);
			return;
		}
	}
	say(l, DOCTOR_OK, NULL, "%s", name);
}

void look_noise(struct doctor *d, struct doctor_line *l)
{
	char p50[32], p99[32], max[32];

	hist_init(&d->late);
	d->ops->sleeper(&d->late);
	units_format_ns((double)hist_quantile(&d->late, 0.5), p50, sizeof(p50));
	units_format_ns((double)hist_quantile(&d->late, 0.99), p99, sizeof(p99));
	units_format_ns(d->late.n ? (double)d->late.max : 0, max, sizeof(max));
	d->noisy = hist_quantile(&d->late, 0.99) > QUIET_P99 || d->late.max > QUIET_MAX;
	say(l, d->noisy ? DOCTOR_NOTE : DOCTOR_OK,
	    d->noisy ? "what is lost counts all the same, but latency tails are the host's: stop "
		       "other work, or compare ratios of runs side by side only"
		     : NULL,
	    "%s for latency figures: a sleeper wakes up late by %s (p50), %s (p99), %s (max)",
	    d->noisy ? "noisy" : "quiet", p50, p99, max);
}

static void look_folder(const struct doctor *d, const char *dir, const char *elsewhere,
			struct doctor_line *l)
{
	char todo[sizeof(l->todo)];
	uint64_t bytes = 0;
	int err = d->ops->disk(dir, &bytes);

	if (err) {
		snprintf(todo, sizeof(todo), "files cannot be written there; %s", elsewhere);
		say(l, DOCTOR_NO, todo, "%.200s: %s", dir, strerror(-err));
	} else if (bytes < SPACE_WANTED) {
		snprintf(todo, sizeof(todo),
			 "a long campaign or a kernel for guests may fill it; free 500 MB, or %s",
			 elsewhere);
		say(l, DOCTOR_NO, todo, "%.200s: %" PRIu64 " MB left", dir, bytes / 1000000);
	} else {
		say(l, DOCTOR_OK, NULL, "%.200s: %" PRIu64 " MB left", dir, bytes / 1000000);
	}
}

void look_results(struct doctor *d, struct doctor_line *l)
{
	look_folder(d, d->out, "name another folder (--out)", l);
}

void look_tmpdir(struct doctor *d, struct doctor_line *l)
{
	look_folder(d, tmpdir(), "set TMPDIR to another folder", l);
}
