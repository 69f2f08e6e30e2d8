/* SPDX-License-Identifier: MIT */
#include "support/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/errmsg.h"

#define CLEAR_LINE "\r\033[K"

static void log_line(const char *prefix, const char *fmt, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
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

void progress_init(struct progress *p, bool quiet)
{
	p->tty = isatty(STDERR_FILENO);
	p->shown = false;
	p->last_ns = clock_ns();
	if (quiet)
		p->interval_ns = UINT64_MAX;
	else
		p->interval_ns = p->tty ? NSEC_PER_SEC / 5 : 10 * NSEC_PER_SEC;
}

bool progress_due(const struct progress *p, uint64_t now_ns)
{
	return now_ns - p->last_ns >= p->interval_ns;
}

void progress_show(struct progress *p, uint64_t now_ns, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, p->tty ? CLEAR_LINE "%s" : "%s\n", text);
	fflush(stderr);
	p->shown = p->tty;
	p->last_ns = now_ns;
}

void progress_done(struct progress *p)
{
	if (p->shown)
		fputs(CLEAR_LINE, stderr);
	p->shown = false;
}
