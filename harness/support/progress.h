/* SPDX-License-Identifier: MIT */
/*
 * progress: what is waited for, on stderr: one rewritten line on a terminal, cut to its width so
 * that rewriting leaves nothing behind, and a plain line every ten seconds elsewhere. Results never
 * go through here. Not thread-safe: the main thread alone talks.
 */
#ifndef IRQSTORM_SUPPORT_PROGRESS_H
#define IRQSTORM_SUPPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool tty;
	bool shown;        /* a rewritten line stands on the terminal */
	uint64_t start_ns; /* progress_init() */
	uint64_t last_ns;  /* when it was last written */
	uint64_t interval_ns;
};

void progress_init(struct progress *p, bool quiet);
/* The same for what is mostly over soon: nothing is said before the fifth second. */
void progress_init_late(struct progress *p, bool quiet);
/* True when the next line is due: callers format it only then. */
bool progress_due(const struct progress *p, uint64_t now_ns);
__attribute__((format(printf, 3, 4))) void progress_show(struct progress *p, uint64_t now_ns,
							 const char *fmt, ...);

/*
 * The next line, if it is due: "12 of 48, 3 min left: TEXT". @left_ns is what is left, or
 * PROGRESS_PACE: as long again as the rest takes at the pace until now.
 */
#define PROGRESS_PACE UINT64_MAX
struct progress_part {
	uint64_t done, total; /* total 0: not known, and neither is said */
	uint64_t left_ns;
	const char *unit; /* after the total; NULL: none */
};

__attribute__((format(printf, 3, 4))) void
progress_part(struct progress *p, const struct progress_part *part, const char *fmt, ...);

/* "45 s", "3 min", "2.5 h". Returns @buf. */
const char *progress_time(uint64_t ns, char *buf, unsigned int size);

/* How long a wait may be until the next line is due, in ms: for poll(). */
int progress_poll_ms(const struct progress *p);

/* Something else was said or has begun: the line goes, and the next one is due five seconds on. */
void progress_again(struct progress *p);

/* Clear the rewritten line; safe to call when none stands. */
void progress_done(struct progress *p);

#endif
