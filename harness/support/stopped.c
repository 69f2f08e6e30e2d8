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

void stopped_ends_input(bool on)
{
	static const int both[] = {SIGINT, SIGTERM};
	struct sigaction sa;
	sigset_t signals, before;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	/* a handler that a signal has just reset is not to come back */
	sigprocmask(SIG_BLOCK, &signals, &before);
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		if (sigaction(both[i], NULL, &sa) || sa.sa_handler == SIG_DFL ||
		    sa.sa_handler == SIG_IGN)
			continue;
		sa.sa_flags = on ? sa.sa_flags & ~SA_RESTART : sa.sa_flags | SA_RESTART;
		sigaction(both[i], &sa, NULL);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
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
