/* SPDX-License-Identifier: MIT */
/*
 * proc: runs the programs of the system that irqstorm leans on (apt, dpkg, xz) and takes in what
 * they print. A stop signal that arrives meanwhile, through the caller's signalfd, ends them.
 */
#ifndef IRQSTORM_GUEST_PROC_H
#define IRQSTORM_GUEST_PROC_H

#include "guest/bytes.h"
#include "support/errmsg.h"

struct proc_result {
	int status;       /* exit code, or 128 + the signal that ended it */
	struct bytes out; /* its stdout */
	char why[256];    /* the line of its stderr that tells most; "" if it was silent */
};

/* One program to run, see proc_run(). */
struct proc_job {
	const char *const *argv;
	const char *package; /* what to install when it is missing */
	const char *cwd;     /* NULL: here */
	const char *apt;     /* what APT_CONFIG is for it, NULL: as it is for us */
};

/* The file that @name (a path, or a name looked up on PATH) runs. 0, -ENOENT or -ENAMETOOLONG. */
int proc_find(const char *name, char *path, size_t size);

/*
 * Run @argv in folder @cwd (NULL: here) with no input and LC_ALL=C. 0 when it ran, whatever its
 * status: the caller frees r->out. -ENOENT: no such program; -EINTR: stopped by a signal at @sigfd
 * (-1: none is watched); else -errno; @e filled. @package is what to install when it is missing.
 */
int proc_run(const char *const argv[], const char *package, const char *cwd, int sigfd,
	     struct proc_result *r, struct errmsg *e);

/*
 * Run @n of them at the same time (PROC_JOBS_MAX at most), each with a result, and call @tick (NULL
 * for none) twice a second meanwhile. 0 when all ran, whatever their status; the caller frees each
 * r[i].out. Otherwise as proc_run(): those that run are ended first, and nothing is to be freed.
 */
#define PROC_JOBS_MAX 8
int proc_run_all(const struct proc_job *jobs, size_t n, void (*tick)(void *), void *arg, int sigfd,
		 struct proc_result *r, struct errmsg *e);

/* The signal that waits at @sigfd, 0 for none (or @sigfd -1). It is taken off. */
int proc_stop_signal(int sigfd);

/* What a call that was stopped by @sig returns: -EINTR, with the shell's exit code in @e. */
int proc_interrupted(struct errmsg *e, int sig);

/* In a fresh child: die with the parent, take default signals, leave the terminal's group. */
void proc_child_setup(int parent_pid);

/* The most telling line of what a program printed to stderr. */
void proc_why(const struct bytes *err, char *why, size_t size);

#endif
