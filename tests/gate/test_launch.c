/* SPDX-License-Identifier: MIT */
/* launch: how children end, and what is known of it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/launch.h"
#include "support/clock.h"

static sigset_t signals;
static char log_path[] = "/tmp/irqstorm-test-launch-XXXXXX";

static void begin(void)
{
	int fd = mkstemp(log_path);

	cr_assert_geq(fd, 0);
	close(fd);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

static void end(void)
{
	unlink(log_path);
}

TestSuite(launch, .init = begin, .fini = end, .timeout = 60);

static struct launch_end run(const char *script, uint64_t timeout_ns)
{
	static struct words w;
	struct launch_end out;

	memset(&w, 0, sizeof(w));
	words_add(&w, "/bin/sh");
	words_add(&w, "-c");
	words_add(&w, script);
	cr_assert_eq(launch(&w, log_path, timeout_ns, &signals, NULL, &out), 0);
	return out;
}

Test(launch, the_exit_code_and_the_last_telling_line_are_known)
{
	struct launch_end out =
		run("echo irqstorm: one >&2; echo irqstorm: two >&2; echo x; exit 3",
		    10 * NSEC_PER_SEC);

	cr_assert_eq(out.code, 3);
	cr_assert_not(out.timed_out);
	cr_assert_str_eq(out.why, "irqstorm: two");
}

Test(launch, a_sanitizer_tells_more_than_what_follows)
{
	struct launch_end out = run("echo 'x.c:3: runtime error: overflow'; echo FINDING; "
				    "echo irqstorm: divergence >&2; exit 1",
				    10 * NSEC_PER_SEC);

	cr_assert_str_eq(out.why, "x.c:3: runtime error: overflow");
}

Test(launch, a_signal_that_ends_it_is_128_and_more)
{
	cr_assert_eq(run("kill -SEGV $$", 10 * NSEC_PER_SEC).code, 128 + SIGSEGV);
}

Test(launch, a_program_that_is_not_there_is_127)
{
	static struct words w;
	struct launch_end out;

	memset(&w, 0, sizeof(w));
	words_add(&w, "/nonexistent/program");
	cr_assert_eq(launch(&w, log_path, NSEC_PER_SEC, &signals, NULL, &out), 0);
	cr_assert_eq(out.code, 127);
}

Test(launch, one_that_hangs_is_killed_with_what_it_started)
{
	struct launch_end out =
		run("sleep 1000 & echo $! > /dev/fd/1; sleep 1000", 300 * NSEC_PER_MSEC);
	FILE *f = fopen(log_path, "r");
	int pid = 0;

	cr_assert(out.timed_out);
	cr_assert_eq(fscanf(f, "%d", &pid), 1);
	fclose(f);
	for (int i = 0; i < 200 && !kill(pid, 0); i++)
		usleep(10000);
	cr_assert_neq(kill(pid, 0), 0, "what it started lives on");
}

Test(launch, a_signal_to_us_is_passed_on_and_it_may_still_finish)
{
	struct launch_end out;

	raise(SIGTERM);
	out = run("trap 'echo irqstorm: stopping; exit 0' TERM; while :; do sleep .01; done",
		  30 * NSEC_PER_SEC);
	cr_assert(out.stopped);
	cr_assert_not(out.timed_out);
}

Test(launch, one_whose_time_is_over_is_told_to_end_and_what_it_then_does_counts)
{
	static const char script[] =
		"trap 'echo irqstorm: over; exit 1' TERM; while :; do sleep .01; done";
	static struct words w;
	struct launch_end out;

	memset(&w, 0, sizeof(w));
	words_add(&w, "/bin/sh");
	words_add(&w, "-c");
	words_add(&w, script);
	cr_assert_eq(launch_for(&w, log_path, 300 * NSEC_PER_MSEC, 30 * NSEC_PER_SEC, &signals,
				NULL, &out),
		     0);
	cr_assert_eq(out.code, 1);
	cr_assert_str_eq(out.why, "irqstorm: over");
	cr_assert_not(out.timed_out);
	cr_assert_not(out.stopped);
	cr_assert_geq(out.ns, 300 * NSEC_PER_MSEC);
}
