/* SPDX-License-Identifier: MIT */
#include "support/stopped.h"

#include <signal.h>
#include <stdarg.h>

#include "support/errmsg.h"
#include "support/terminal.h"

int stopped_code(int code, int sig)
{
	if (!sig || code == EXIT_FINDING || code == EXIT_USAGE || code == EXIT_ENVIRONMENT)
		return code;
	return 128 + sig;
}

const char *stopped_by(int sig)
{
	return sig == SIGINT    ? "SIGINT"
	       : sig == SIGTERM ? "SIGTERM"
	       : sig == SIGHUP  ? "SIGHUP"
				: "a signal";
}

void stopped_say(FILE *f, int sig, const char *fmt, ...)
{
	char text[512], said[600];
	va_list ap;

	if (!sig)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	terminal_put(f, STYLE_DOUBT, "STOPPED");
	snprintf(said, sizeof(said), "  by %s: %s", stopped_by(sig), text);
	terminal_wrap(f, said, 7, 2);
}
