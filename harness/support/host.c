/* SPDX-License-Identifier: MIT */
#include "support/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* "model name" of /proc/cpuinfo, else the architecture. */
static void cpu_model(const char *machine, char *buf, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(buf, size, "%s", machine);
	while (f && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !colon)
			continue;
		snprintf(buf, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

void host_describe(struct host *h)
{
	struct utsname u;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&u);
	snprintf(h->kernel, sizeof(h->kernel), "%s", u.release);
	snprintf(h->machine, sizeof(h->machine), "%s", u.machine);
	cpu_model(u.machine, h->cpu, sizeof(h->cpu));
	h->cpus = cpus > 0 ? (unsigned int)cpus : 1;
}

const char *host_date(char *buf, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return buf;
}
