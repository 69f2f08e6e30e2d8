/* SPDX-License-Identifier: MIT */
#include "kernel/make.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/proc.h"
#include "support/clock.h"
#include "support/log.h"

#define OUT  "make.out"
#define ERR  "make.err"
#define ARGS 32

/* A program, or with @header the header that a program of the kernel's own is built with. */
static const struct {
	const char *name, *package;
	bool header;
} tools[] = {
	{"make", "make", false},        {"gcc", "gcc", false},           {"ld", "binutils", false},
	{"flex", "flex", false},        {"bison", "bison", false},       {"bc", "bc", false},
	{"tar", "tar", false},          {"xz", "xz-utils", false},       {"awk", "mawk", false},
	{"gelf.h", "libelf-dev", true}, {"stdlib.h", "libc6-dev", true},
};

#define N_TOOLS (sizeof(tools) / sizeof(tools[0]))

static int has_header(const char *name, int sigfd, bool *has, struct errmsg *e)
{
	const char *argv[] = {"gcc",      "-E", "-x", "c",         "/dev/null",
			      "-include", name, "-o", "/dev/null", NULL};
	struct proc_result r;
	int err = proc_run(argv, "gcc", NULL, sigfd, &r, e);

	if (err)
		return err;
	bytes_free(&r.out);
	*has = !r.status;
	return 0;
}

int make_tools(int sigfd, struct errmsg *e)
{
	char names[200] = "", packages[200] = "", path[PATH_MAX];
	size_t n = 0, p = 0;

	for (size_t i = 0; i < N_TOOLS; i++) {
		bool has = true;
		int err = 0;

		if (!tools[i].header)
			has = !proc_find(tools[i].name, path, sizeof(path));
		/* A compiler that is missing is told as itself. */
		else if (!proc_find("gcc", path, sizeof(path)))
			err = has_header(tools[i].name, sigfd, &has, e);
		if (err)
			return err;
		if (has || n >= sizeof(names) || p >= sizeof(packages))
			continue;
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
				      tools[i].name);
		p += (size_t)snprintf(packages + p, sizeof(packages) - p, " %s", tools[i].package);
	}
	if (!n)
		return 0;
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			  "not found, and no kernel is made without: %s; apt-get install%s", names,
			  packages);
}

/* "  CC      drivers/vfio/virqfd.o": kbuild tells every object so. */
static bool tells_object(const char *line)
{
	size_t len = strcspn(line, "\n");

	return line[0] == ' ' && line[1] == ' ' && isupper((unsigned char)line[2]) && len > 2 &&
	       !memcmp(line + len - 2, ".o", 2);
}

uint32_t make_objects(const char *objects)
{
	char path[PATH_MAX], line[512];
	uint32_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/" OUT, objects);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += tells_object(line);
	if (f)
		fclose(f);
	return n;
}

struct telling {
	const struct kernel_make *make;
	struct progress progress;
};

static void tick(void *arg)
{
	struct telling *t = arg;
	uint64_t now = clock_ns();
	uint32_t done;

	if (!progress_due(&t->progress, now))
		return;
	done = make_objects(t->make->objects);
	/* Another kernel may have a few more. */
	if (t->make->total && done <= t->make->total)
		progress_show(&t->progress, now, "kernel: %u of about %u objects", done,
			      t->make->total);
	else
		progress_show(&t->progress, now, "kernel: %u objects", done);
}

static void quiet(void *arg)
{
	(void)arg;
}

/* The line of make.err that tells most: the first that a compiler or make itself calls an error. */
static void find_why(const char *path, char *why, size_t size, bool *full)
{
	char line[512];
	FILE *f = fopen(path, "re");

	snprintf(why, size, "make does not say why");
	*full = false;
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, strerror(ENOSPC)))
			*full = true;
		if (*full || strstr(line, "error:") || strstr(line, "rror: ") ||
		    (strstr(line, "*** ") && !strstr(line, "] Error "))) {
			snprintf(why, size, "%.300s", line);
			break;
		}
	}
	if (f)
		fclose(f);
}

static int failed(const char *target, const char *log, int status, struct errmsg *e)
{
	char why[320];
	bool full;

	find_why(log, why, sizeof(why), &full);
	if (full)
		return errmsg_set(
			e, -ENOSPC, EXIT_ENVIRONMENT,
			"the disk is full: %s; free some space or set XDG_CACHE_HOME, and "
			"the same command goes on where it stopped",
			why);
	return errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "make %s failed (%d): %s; all of it is in %s",
			  target, status, why, log);
}

int make_run(const struct kernel_make *m, const char *target, bool loud, int sigfd,
	     struct errmsg *e)
{
	char o[PATH_MAX], jobs[16], out[PATH_MAX], log[PATH_MAX];
	/*
	 * An outer make's settings are none of the kernel's. Its output goes where it is found; our
	 * pipe stays open as long as it runs, for without one it would not be watched.
	 */
	const char *argv[ARGS] = {
		"sh",
		"-c",
		"unset MAKEFLAGS MFLAGS MAKELEVEL KBUILD_OUTPUT CROSS_COMPILE ARCH LLVM; out=$1; "
		"shift; exec \"$@\" 3>&1 >>\"$out\" 2>\"$0\"",
		log,
		out,
		"make",
		"-C",
		m->source,
		o,
		"ARCH=x86_64",
		jobs,
		/* The same source and configuration make the same image. */
		"KBUILD_BUILD_USER=irqstorm",
		"KBUILD_BUILD_HOST=irqstorm",
		"KBUILD_BUILD_TIMESTAMP=1970-01-01",
	};
	struct proc_job job = {.argv = argv, .package = "make"};
	struct telling t = {.make = m};
	struct proc_result r;
	size_t n = 0;
	int err;

	while (argv[n])
		n++;
	for (size_t i = 0; m->vars[i] && n < ARGS - 2; i++)
		argv[n++] = m->vars[i];
	argv[n] = target;
	snprintf(o, sizeof(o), "O=%s", m->objects);
	snprintf(jobs, sizeof(jobs), "-j%u", m->jobs);
	snprintf(out, sizeof(out), "%s/" OUT, m->objects);
	snprintf(log, sizeof(log), "%s/" ERR, m->objects);
	progress_init(&t.progress, !loud);
	err = proc_run_all(&job, 1, loud ? tick : quiet, &t, sigfd, &r, e);
	progress_done(&t.progress);
	if (err == -EINTR)
		return errmsg_set(e, err, e->exit,
				  "STOPPED: what is made stays in the cache, and the same command "
				  "goes on from there");
	if (err)
		return err;
	bytes_free(&r.out);
	return r.status ? failed(target, log, r.status, e) : 0;
}
