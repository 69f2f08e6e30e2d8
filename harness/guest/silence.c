/* SPDX-License-Identifier: MIT */
#include "guest/silence.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

uint64_t silence_waited(const char *proc, pid_t pid)
{
	uint64_t ran, waited, most = 0;
	char path[512];
	struct dirent *d;
	DIR *tasks;

	snprintf(path, sizeof(path), "%s/%d/task", proc, (int)pid);
	tasks = opendir(path);
	if (!tasks)
		return 0;
	while ((d = readdir(tasks))) {
		FILE *f;

		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%d/task/%.32s/schedstat", proc, (int)pid,
			 d->d_name);
		f = fopen(path, "re");
		if (!f)
			continue; /* it ended */
		if (fscanf(f, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2 && waited > most)
			most = waited;
		fclose(f);
	}
	closedir(tasks);
	return most;
}

bool silence_over(struct silence *s, pid_t pid, uint64_t life, uint64_t now, uint64_t limit)
{
	uint64_t silent = now - life, waited;
	const char *proc = s->proc ? s->proc : "/proc";

	if (silent <= limit / 4)
		return false;
	if (s->life != life) {
		s->life = life;
		s->waited = pid ? silence_waited(proc, pid) : 0;
	}
	if (silent <= limit)
		return false;
	if (!pid)
		return true;
	waited = silence_waited(proc, pid);
	/* a thread that waited most may have ended: then nothing is known */
	return silent - limit > (waited > s->waited ? waited - s->waited : 0);
}
