/* SPDX-License-Identifier: MIT */
/*
 * doctor: what this machine can and cannot do, and why. A table of checks; each looks at one thing
 * and says what it found and, where something is missing, what that means and what to do. Nothing
 * is changed and no device is opened: a device has one user at a time, and it may have one now.
 *
 * A machine is its files below a root and the answers of struct doctor_ops, so that tests can
 * present one with and without each thing. Programs are looked up on PATH. One thread.
 */
#ifndef IRQSTORM_DOCTOR_DOCTOR_H
#define IRQSTORM_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "support/hist.h"

/* What people do with irqstorm, and what a check belongs to. */
enum doctor_use {
	DOCTOR_EMULATOR, /* stress, bench, run, diff, explore on the emulator */
	DOCTOR_DEVICE,   /* any of them on a device of this machine */
	DOCTOR_GUEST,    /* irqstorm guest */
	DOCTOR_CAMPAIGN, /* irqstorm campaign */
	DOCTOR_USES,
};

#define DOCTOR_STOPS(use) (1u << (use))
#define DOCTOR_STOPS_ALL  ((1u << DOCTOR_USES) - 1)

enum doctor_mark {
	DOCTOR_OK,
	DOCTOR_NO,   /* missing: .todo says what that means and what to do */
	DOCTOR_NOTE, /* works without, or worth knowing */
};

struct doctor_uring {
	bool defer_taskrun;  /* IORING_SETUP_DEFER_TASKRUN, 6.1 */
	bool multishot_read; /* IORING_OP_READ_MULTISHOT, 6.7 */
};

/* What is asked of the kernel by other means than reading a file. Errors are negative errnos. */
struct doctor_ops {
	int (*eventfd)(void);                     /* one, and an epoll that holds it */
	int (*uring)(struct doctor_uring *found); /* set up a ring, probe it, drop it */
	int (*membarrier)(void);                  /* the commands it has, as a mask */
	int (*limit)(int resource, uint64_t *soft, uint64_t *hard); /* RLIM_INFINITY: UINT64_MAX */
	int (*cpus)(void);                                          /* that this process may use */
	int (*disk)(const char *dir, uint64_t *bytes); /* free for us; -EACCES, -EROFS: not ours */
	/* @arg by value, as VFIO and KVM take it; what the ioctl returns. */
	int (*ask)(int fd, unsigned long request, unsigned long arg);
	/* Sleep for about a second in all, and record in ns how late each wake-up was. */
	void (*sleeper)(struct hist *late);
};

extern const struct doctor_ops doctor_system; /* this machine */

struct doctor_line {
	enum doctor_mark mark;
	char found[900];
	char todo[900]; /* "" where there is nothing to do */
};

#define DOCTOR_LINES 24 /* at least as many as there are checks */

struct doctor {
	/* The caller's: */
	const char *root; /* before /proc, /sys and /dev; "" */
	const char *out;  /* the folder for results */
	const struct doctor_ops *ops;
	/* Found: */
	struct doctor_line line[DOCTOR_LINES]; /* of doctor_checks[] at the same index */
	struct hist late;
	bool noisy;
};

struct doctor_check {
	const char *id;      /* in the JSON */
	const char *subject; /* in the text */
	enum doctor_use use; /* where it is listed */
	uint32_t stops;      /* DOCTOR_STOPS: the uses that a DOCTOR_NO of it stops */
	void (*look)(struct doctor *d, struct doctor_line *l);
};

extern const struct doctor_check doctor_checks[]; /* by use; ends with an .id of NULL */
extern const char *const doctor_use_names[DOCTOR_USES];
extern const char *const doctor_mark_names[];

/* Do all checks: about a second, and what the programs take that are asked for their version. */
void doctor_examine(struct doctor *d);

/* The first check that stops @use here, NULL when none does. */
const struct doctor_check *doctor_stopped(const struct doctor *d, enum doctor_use use);

#endif
