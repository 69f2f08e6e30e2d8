/* SPDX-License-Identifier: MIT */
/*
 * log: what irqstorm says on stderr: errors and notes, one line each, after what was printed to
 * stdout before; progress is of progress.h. Results never go through here: they belong to stdout.
 * Not thread-safe: the main thread alone talks.
 */
#ifndef IRQSTORM_SUPPORT_LOG_H
#define IRQSTORM_SUPPORT_LOG_H

#include "support/progress.h"

/* `irqstorm: TEXT` on stderr, after clearing a progress line that may stand there. */
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_note(const char *fmt, ...);

/*
 * Write what stdout holds. 0, or -errno when that, or something printed before, failed; the first
 * time this is told. log_stdout_reason() leaves the telling to the caller.
 */
int log_stdout(void);
int log_stdout_reason(void);

#endif
