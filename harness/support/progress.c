/* SPDX-License-Identifier: MIT */
#include "support/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/terminal.h"

#define CLEAR_LINE  "\r\033[K"
#define LATE_NS     (5 * NSEC_PER_SEC)
#define PLAIN_NS    (10 * NSEC_PER_SEC)
#define REWRITE_NS  (NSEC_PER_SEC / 5)
#define POLL_MS_MAX 1000

/* The next line is due in @ns, or an interval from now if that is longer. */
static void due_in(struct progress *p, uint64_t now, uint64_t ns)
{
	p->last_ns = p->tty && ns > p->interval_ns ? now + ns - p->interval_ns : now;
}

static void init(struct progress *p, bool quiet, uint64_t first_ns)
{
	uint64_t now = clock_ns();

	p->tty = terminal_rewrites(stderr);
	p->shown = false;
	p->start_ns = now;
	p->interval_ns = quiet ? UINT64_MAX : p->tty ? REWRITE_NS : PLAIN_NS;
	due_in(p, now, first_ns);
}

void progress_again(struct progress *p)
{
	progress_done(p);
	if (p->interval_ns != UINT64_MAX)
		due_in(p, clock_ns(), LATE_NS);
}

void progress_init(struct progress *p, bool quiet)
{
	init(p, quiet, 0);
}

void progress_init_late(struct progress *p, bool quiet)
{
	init(p, quiet, LATE_NS);
}

bool progress_due(const struct progress *p, uint64_t now_ns)
{
	return now_ns >= p->last_ns && now_ns - p->last_ns >= p->interval_ns;
}

int progress_poll_ms(const struct progress *p)
{
	uint64_t now = clock_ns(), due;

	if (p->interval_ns == UINT64_MAX)
		return -1;
	due = p->last_ns + p->interval_ns;
	if (due <= now)
		return 0;
	due = (due - now) / NSEC_PER_MSEC + 1;
	return due > POLL_MS_MAX ? POLL_MS_MAX : (int)due;
}

/* Bytes of @text that a rewritten line of the terminal has room for: the cursor stays on it. */
static int room(const struct progress *p, const char *text)
{
	uint32_t width = terminal_width(stderr), columns = 0;
	size_t n = 0;

	if (!p->tty || width == TERMINAL_UNLIMITED)
		return (int)strlen(text);
	while (text[n]) {
		size_t next = n + 1;

		while (((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		if (++columns >= width)
			break;
		n = next;
	}
	return (int)n;
}

static void say(struct progress *p, uint64_t now_ns, const char *text)
{
	fflush(stdout);
	fprintf(stderr, p->tty ? CLEAR_LINE "%.*s" : "%.*s\n", room(p, text), text);
	fflush(stderr);
	p->shown = p->tty;
	p->last_ns = now_ns;
}

void progress_show(struct progress *p, uint64_t now_ns, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(p, now_ns, text);
}

const char *progress_time(uint64_t ns, char *buf, unsigned int size)
{
	uint64_t s = (ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC;

	if (s < 100)
		snprintf(buf, size, "%" PRIu64 " s", s);
	else if (s < 100 * 60)
		snprintf(buf, size, "%" PRIu64 " min", (s + 30) / 60);
	else
		snprintf(buf, size, "%.1f h", (double)s / 3600);
	return buf;
}

static uint64_t left(const struct progress *p, const struct progress_part *part, uint64_t now)
{
	if (part->left_ns != PROGRESS_PACE)
		return part->left_ns;
	if (!part->done || part->done > part->total)
		return PROGRESS_PACE;
	return (uint64_t)((double)(now - p->start_ns) * (double)(part->total - part->done) /
			  (double)part->done);
}

void progress_part(struct progress *p, const struct progress_part *part, const char *fmt, ...)
{
	uint64_t now = clock_ns(), left_ns;
	char text[512], time[24];
	size_t n = 0;
	va_list ap;

	if (!progress_due(p, now))
		return;
	left_ns = left(p, part, now);
	if (part->total)
		n += (size_t)snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 "%s%s",
				      part->done, part->total, part->unit ? " " : "",
				      part->unit ? part->unit : "");
	else
		n += (size_t)snprintf(text, sizeof(text), "%s",
				      progress_time(now - p->start_ns, time, sizeof(time)));
	if (left_ns != PROGRESS_PACE)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", %s left",
				      progress_time(left_ns, time, sizeof(time)));
	n += (size_t)snprintf(text + n, sizeof(text) - n, ": ");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	say(p, now, text);
}

void progress_done(struct progress *p)
{
	if (p->shown)
		fputs(CLEAR_LINE, stderr);
	p->shown = false;
}
