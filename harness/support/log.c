/* SPDX-License-Identifier: MIT */
#include "support/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/crossed.h"
#include "support/errmsg.h"
#include "support/terminal.h"

#define CLEAR_LINE "\r\033[K"

/* As stdout itself it is the process's; relaxed: the main thread alone talks. */
static atomic_bool stdout_told;

int log_stdout_reason(void)
{
	int err = 0;

	errno = 0;
	if (fflush(stdout))
		err = errno;
	/* It failed while it was printed to, and the reason is gone: the file may say it again. */
	else if (ferror(stdout) && write(STDOUT_FILENO, "", 0) < 0)
		err = errno;
	else if (ferror(stdout))
		err = EIO;
	if (err)
		atomic_store_explicit(&stdout_told, true, memory_order_relaxed);
	return -err;
}

int log_stdout(void)
{
	bool told = atomic_load_explicit(&stdout_told, memory_order_relaxed);
	int err = log_stdout_reason();

	if (err && !told)
		fprintf(stderr, "irqstorm: cannot write to stdout: %s\n", strerror(-err));
	return err;
}

static void log_line(const char *prefix, const char *fmt, va_list ap)
{
	char said[2048], text[2560];

	vsnprintf(said, sizeof(said), fmt, ap);
	crossed_text(said, text, sizeof(text));
	/*
	 * What was printed before comes before, also where both go to the same pipe. Who closes
	 * stdout finds that it failed, but not why.
	 */
	if (!ferror(stdout))
		log_stdout();
	fprintf(stderr, "%s%s%s\n", terminal_rewrites(stderr) ? CLEAR_LINE : "", prefix, text);
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
