/* SPDX-License-Identifier: MIT */
#include "support/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/crossed.h"
#include "support/errmsg.h"

#define CLEAR_LINE "\r\033[K"

static void log_line(const char *prefix, const char *fmt, va_list ap)
{
	char said[2048], text[2560];

	vsnprintf(said, sizeof(said), fmt, ap);
	crossed_text(said, text, sizeof(text));
	/*
	 * What was printed before comes before, also where both go to the same pipe. Who closes
	 * stdout finds that it failed, but not why.
	 */
	if (!ferror(stdout) && fflush(stdout))
		fprintf(stderr, "irqstorm: cannot write standard output: %s\n", strerror(errno));
	fprintf(stderr, "%s%s%s\n", isatty(STDERR_FILENO) ? CLEAR_LINE : "", prefix, text);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("irqstorm: ", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

int errmsg_set(struct errmsg *e, int err, enum exit_code exit, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return err;
	e->exit = exit;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return err;
}

int errmsg_no_memory(struct errmsg *e)
{
	return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
}
