/* SPDX-License-Identifier: MIT */
/*
 * sequence: what a shortened program is worth where nothing ran before it. A device, its kernel or
 * its host can keep something from one program to the next; then a search on that machine leaves a
 * program that shows the difference there, and is innocent. So it is tried on a fresh machine. If
 * it does not show the difference there, the program that was found is tried, and then the last
 * programs one after another, which are made fewer and shorter, each trial on a fresh machine.
 *
 * What a fresh machine is its owner says: a new emulator in a process of its own, a new boot of a
 * guest.
 */
#ifndef IRQSTORM_EXEC_SEQUENCE_H
#define IRQSTORM_EXEC_SEQUENCE_H

#include "exec/executor.h"

#define SEQUENCE_MAX 16u

/* Programs one after another, the oldest first. Owned by whoever has it. */
struct sequence {
	struct program p[SEQUENCE_MAX];
	uint32_t n;
};

void sequence_free(struct sequence *s);

/* What ran before, for when something is found. Zero it before use. */
struct history {
	struct program last[SEQUENCE_MAX - 1]; /* round and round */
	uint32_t kept;                         /* so far */
};

/* @p is over and showed nothing. It is taken; @p is a program without operations for its device. */
void history_keep(struct history *h, struct program *p);
/* The last programs and @p, which are taken, into the empty @s. */
void history_line_up(struct history *h, struct program *p, struct sequence *s);
void history_free(struct history *h);

enum fresh_verdict {
	FRESH_NOT_TRIED,
	FRESH_ALONE,     /* the program shows it where nothing ran before */
	FRESH_SEQUENCE,  /* it does not, the last ones together do */
	FRESH_NOT_SHOWN, /* nor do they */
};

extern const char *const fresh_verdict_names[]; /* in enum order, NULL-terminated */

struct fresh {
	/*
	 * Runs the programs one after another on a new machine. 1: one of them shows @want (its key
	 * and sense); which, and what it showed, goes into @which and @r. 0: none does. -errno with
	 * @e.
	 */
	int (*shows)(struct fresh *f, const struct program *const *p, uint32_t n,
		     const struct exec_result *want, uint32_t *which, struct exec_result *r,
		     struct errmsg *e);
	/* NULL, or true to end the search with what it has. */
	bool (*stop)(struct fresh *f, uint32_t runs);
	uint32_t max_runs; /* machines, at least 3 */
	bool keep_alone;   /* a program that shows it alone stays as it was found */
};

struct settled {
	enum fresh_verdict verdict;
	uint32_t runs;          /* machines that were used */
	uint32_t before, after; /* programs of a sequence */
	bool complete;          /* nothing was left to try */
	bool between;           /* seen between programs: none of them shows it by itself */
	/* where to show it, if not on the target as given (executor_target()): to be freed */
	char *target;
};

/*
 * @s: the last programs, of which the newest showed @found; @shortened: what a search made of that
 * one, or NULL. Afterwards @s holds what shows it, one program for FRESH_ALONE, and @found what the
 * last of them showed; with another verdict both are as they were. 0 or -errno with @e.
 */
int sequence_settle(struct fresh *f, const struct program *shortened, struct sequence *s,
		    struct exec_result *found, struct settled *out, struct errmsg *e);

/* The same on new emulators. @x is open on an emulator, in a process with one thread. */
int sequence_settle_emulated(struct executor *x, uint32_t max_runs, struct sequence *s,
			     struct exec_result *found, struct settled *out, struct errmsg *e);

/*
 * Shortens @p, a copy of the newest of @s, as minimize_with() does. On an emulator it is settled,
 * too, and @p is the last of what shows it; on a real device the verdict is FRESH_NOT_TRIED. What a
 * planted fault did is shown with the fault's counter as it was, by one program alone.
 */
int sequence_shorten(struct executor *x, uint32_t max_runs, struct program *p, struct sequence *s,
		     struct exec_result *found, struct settled *out, struct errmsg *e);

/* Frees what @s owns. */
void settled_free(struct settled *s);

#endif
