/* SPDX-License-Identifier: MIT */
#include "campaign/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest/proc.h"
#include "support/terminal.h"

void words_add(struct words *w, const char *word)
{
	if (w->n == CHILD_WORDS_MAX) {
		w->err = -E2BIG;
		return;
	}
	w->at[w->n++] = word;
	w->at[w->n] = NULL;
}

void words_addf(struct words *w, const char *fmt, ...)
{
	char *to = w->room + w->used;
	size_t left = sizeof(w->room) - w->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(to, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left) {
		w->err = -E2BIG;
		return;
	}
	w->used += (size_t)n + 1;
	words_add(w, to);
}

void words_add_all(struct words *w, const char *const *list)
{
	for (; list && *list; list++)
		words_add(w, *list);
}

static _Noreturn void run(const struct words *argv, const struct words *env, int log_fd,
			  pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	proc_child_setup(parent);
	/* Not SIGKILL: afl-fuzz would leave behind what it has started itself. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 ||
	    dup2(log_fd, 2) < 0)
		_exit(127);
	/* What it prints goes into a file, and is looked through: no colour, nothing folded. */
	terminal_want_wide();
	terminal_want_color("never");
	for (size_t i = 0; i < env->n; i++) {
		const char *value = strchr(env->at[i], '=');
		char name[128];

		if (!value || (size_t)(value - env->at[i]) >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(value - env->at[i]), env->at[i]);
		setenv(name, value + 1, 1);
	}
	/* execv takes the strings as they are; only its prototype is older than const. */
	execv(argv->at[0], (char *const *)(uintptr_t)argv->at);
	dprintf(2, "cannot run %s: %s\n", argv->at[0], strerror(errno));
	_exit(127);
}

pid_t child_start(const struct words *argv, const struct words *env, int log_fd)
{
	pid_t self = getpid(), pid;

	if (argv->err || env->err)
		return -E2BIG;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		run(argv, env, log_fd, self);
	/* Both set it: whoever comes first, a signal to the group reaches it from now on. */
	setpgid(pid, pid);
	return pid;
}
