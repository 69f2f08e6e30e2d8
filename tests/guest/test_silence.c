/* SPDX-License-Identifier: MIT */
/* Silence of a guest: what its QEMU waited for a CPU is none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/silence.h"
#include "support/clock.h"

#define PID   17
#define LIMIT (60 * NSEC_PER_SEC)

struct host {
	char proc[64];
	struct silence s;
};

static void thread(const struct host *h, int tid, const char *schedstat)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/task/%d", h->proc, PID, tid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/task/%d/schedstat", h->proc, PID, tid);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(schedstat, f);
	fclose(f);
}

static struct host begin(void)
{
	struct host h = {.proc = "/tmp/test_silence.XXXXXX"};
	char path[128];

	cr_assert_not_null(mkdtemp(h.proc));
	snprintf(path, sizeof(path), "%s/%d", h.proc, PID);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%d/task", h.proc, PID);
	cr_assert_eq(mkdir(path, 0700), 0);
	thread(&h, PID, "9000000000 1000000000 5\n");
	return h;
}

static void end(struct host *h)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", h->proc);
	cr_assert_eq(system(command), 0);
}

static bool over(struct host *h, uint64_t seconds)
{
	h->s.proc = h->proc;
	return silence_over(&h->s, PID, NSEC_PER_SEC, (1 + seconds) * NSEC_PER_SEC, LIMIT);
}

Test(silence, the_thread_that_waited_longest_counts)
{
	struct host h = begin();

	cr_assert_eq(silence_waited(h.proc, PID), NSEC_PER_SEC);
	thread(&h, 18, "1 7000000000 5\n");
	thread(&h, 19, "1 6000000000 5\n");
	thread(&h, 20, "no schedstat here\n");
	cr_assert_eq(silence_waited(h.proc, PID), 7 * NSEC_PER_SEC);
	cr_assert_eq(silence_waited(h.proc, PID + 1), 0, "of a process that is gone");
	end(&h);
}

Test(silence, a_guest_that_has_its_cpu_is_over_at_the_limit)
{
	struct host h = begin();

	cr_assert_not(over(&h, 20));
	cr_assert_not(over(&h, 60));
	cr_assert(over(&h, 61));
	end(&h);
}

Test(silence, a_guest_that_waits_for_its_cpu_has_so_much_longer)
{
	struct host h = begin();

	cr_assert_not(over(&h, 20));
	thread(&h, PID, "9000000000 31000000000 5\n"); /* 30 s */
	cr_assert_not(over(&h, 61));
	cr_assert_not(over(&h, 90));
	cr_assert(over(&h, 91));
	end(&h);
}

Test(silence, what_it_waited_before_its_last_sign_of_life_is_not_counted)
{
	struct host h = begin();

	thread(&h, PID, "9000000000 400000000000 5\n");
	cr_assert_not(over(&h, 20));
	cr_assert(over(&h, 61));
	/* another sign of life, another count */
	thread(&h, PID, "9000000000 410000000000 5\n");
	h.s.proc = h.proc;
	cr_assert_not(silence_over(&h.s, PID, 100 * NSEC_PER_SEC, 120 * NSEC_PER_SEC, LIMIT));
	thread(&h, PID, "9000000000 415000000000 5\n");
	cr_assert_not(silence_over(&h.s, PID, 100 * NSEC_PER_SEC, 165 * NSEC_PER_SEC, LIMIT));
	cr_assert(silence_over(&h.s, PID, 100 * NSEC_PER_SEC, 166 * NSEC_PER_SEC, LIMIT));
	end(&h);
}

Test(silence, without_schedstat_all_time_counts)
{
	struct host h = begin();

	end(&h);
	cr_assert_not(over(&h, 20));
	cr_assert(over(&h, 61));
	cr_assert(silence_over(&h.s, 0, NSEC_PER_SEC, 62 * NSEC_PER_SEC, LIMIT),
		  "nor without a pid");
}
