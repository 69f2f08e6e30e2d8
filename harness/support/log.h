/* SPDX-License-Identifier: MIT */
/*
 * log: what irqstorm says on stderr. Errors and notes are one line each; progress is one rewritten
 * line on a terminal and a plain line every ten seconds elsewhere. Results never go through here:
 * they belong to stdout. Not thread-safe: the main thread alone talks.
 */
#ifndef IRQSTORM_SUPPORT_LOG_H
#define IRQSTORM_SUPPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* `irqstorm: TEXT` on stderr, after clearing a progress line that may stand there. */
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_note(const char *fmt, ...);

struct progress {
	bool tty;
	bool shown;       /* a rewritten line stands on the terminal */
	uint64_t last_ns; /* when it was last written */
	uint64_t interval_ns;
};

void progress_init(struct progress *p, bool quiet);
/* True when the next line is due: callers format it only then. */
bool progress_due(const struct progress *p, uint64_t now_ns);
__attribute__((format(printf, 3, 4))) void progress_show(struct progress *p, uint64_t now_ns,
							 const char *fmt, ...);
/* Clear the rewritten line; safe to call when none stands. */
void progress_done(struct progress *p);

#endif
