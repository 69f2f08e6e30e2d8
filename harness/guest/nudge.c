/* SPDX-License-Identifier: MIT */
#include "guest/nudge.h"

#include <errno.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#define NUDGE_MS 250

static int run_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

/* Sleeps on a timer of @home: one that does not come keeps this process away, not the others. */
static _Noreturn void visit(int home, int cpus)
{
	const struct timespec pause = {.tv_nsec = NUDGE_MS * 1000000};

	for (;;) {
		for (int cpu = 0; cpu < cpus; cpu++)
			run_on(cpu);
		run_on(home);
		nanosleep(&pause, NULL);
	}
}

int nudge_start(void)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);

	for (int cpu = 0; cpus > 1 && cpu < cpus; cpu++) {
		pid_t pid = fork();

		if (pid < 0)
			return -errno;
		if (!pid)
			visit(cpu, cpus);
	}
	return 0;
}
