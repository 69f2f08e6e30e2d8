/* SPDX-License-Identifier: MIT */
#include "nightly/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nightly/known.h"
#include "report/value.h"

#define SCHEMA "irqstorm.nightly-history/1"

static const struct figure_kind figure_kinds[] = {
	{"/execs_per_s", "executions a second", FIGURE_PLAIN},
	{"/execs", "executions", FIGURE_PLAIN},
	{"/inputs", "inputs", FIGURE_PLAIN},
	{"/features", "features", FIGURE_PLAIN},
	{"/ops_per_s", "operations a second", FIGURE_PLAIN},
	{"/ops", "operations", FIGURE_PLAIN},
	{"/ratio_p50", "p50 to the control", FIGURE_PLAIN},
	{"/ratio_p99", "p99 to the control", FIGURE_PLAIN},
	{"/ratio", "ratio to the control", FIGURE_PLAIN},
	{"/lost_per_million", "lost of a million", FIGURE_PLAIN},
	{"_ns", "time", FIGURE_NS},
	{"_s", "seconds", FIGURE_SECONDS},
	{"", "number", FIGURE_PLAIN},
};

const struct figure_kind *figure_kind(const char *name)
{
	const struct figure_kind *k = figure_kinds;
	size_t n = strlen(name);

	while (strlen(k->ends) > n || strcmp(name + n - strlen(k->ends), k->ends))
		k++;
	return k;
}

json_t *history_load(const char *path)
{
	json_t *all = json_array(), *line;
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "re");

	while (f && getline(&text, &room, f) > 0) {
		line = json_loads(text, 0, NULL);
		if (doc_is(line, "schema", SCHEMA))
			json_array_append(all, line);
		json_decref(line);
	}
	free(text);
	if (f)
		fclose(f);
	return all;
}

static bool has(const char *path, const char *night)
{
	json_t *all = history_load(path), *line;
	bool found = false;
	size_t i;

	json_array_foreach(all, i, line)
	{
		found = found || doc_is(line, "night", night);
	}
	json_decref(all);
	return found;
}

/* Whether the last line has no end: what follows begins one of its own. */
static bool is_torn(int fd, off_t size)
{
	char last = '\n';

	return size && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int append(int fd, const char *text)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t skip = is_torn(fd, size) ? 0 : 1, n = strlen(text + skip);
	ssize_t got = write(fd, text + skip, n);
	int err = got < 0 ? -errno : got == (ssize_t)n ? 0 : -ENOSPC;

	if (!err && fsync(fd))
		err = -errno;
	/* half a line is worse than none; a pipe or a device has no size */
	if (err && size >= 0 && ftruncate(fd, size))
		return err;
	return err;
}

int history_append(const char *path, const json_t *line, struct errmsg *e)
{
	char *json, *text;
	int fd, err;

	if (has(path, value_text(line, "night")))
		return 0;
	json = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
	if (!json || asprintf(&text, "\n%s\n", json) < 0)
		text = NULL;
	free(json);
	if (!text)
		return errmsg_no_memory(e);
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : append(fd, text);
	if (fd >= 0)
		close(fd);
	free(text);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", path,
				  strerror(-err));
	return 0;
}

json_t *history_line(const json_t *night, const json_t *known)
{
	static const char *const copied[] = {"version", "seed", "started", "ended", "verdict"};
	const char *name = value_text(night, "name");
	json_t *line = json_pack("{ss ss}", "schema", SCHEMA, "night", name);
	json_t *figures = json_object(), *states = json_object(), *step;
	double seconds = 0;
	size_t i;

	for (i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		doc_text(line, copied[i], value_text(night, copied[i]));
	json_array_foreach(json_object_get(night, "steps"), i, step)
	{
		json_object_update(figures, json_object_get(step, "figures"));
		json_object_set(states, value_text(step, "name"), json_object_get(step, "state"));
		if (json_object_get(step, "seconds"))
			seconds += value_number(step, "seconds");
	}
	doc_number(line, "seconds", seconds);
	doc_count(line, "new", known_count(known, name, KNOWN_NEW));
	doc_count(line, "known",
		  known_count(known, name, KNOWN_THERE) + known_count(known, name, KNOWN_MARKED));
	doc_count(line, "gone", known_count(known, name, KNOWN_GONE));
	json_object_set_new(line, "steps", states);
	json_object_set_new(line, "figures", figures);
	return line;
}
