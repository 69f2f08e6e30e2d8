/* SPDX-License-Identifier: MIT */
#include "gate/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/errmsg.h"

/* A child that was told to stop has so long to write what it has; a guest takes its time. */
#define GRACE_NS (20 * NSEC_PER_SEC)
#define TICK_NS  NSEC_PER_SEC

/* To say its version a program has so long; it is a matter of milliseconds. */
#define VERSION_NS (10 * NSEC_PER_SEC)

/* By how much they tell; of one kind the last line does. */
static const char *const telling[] = {
	"ERROR: AddressSanitizer",
	"runtime error:",
	"WARNING: ThreadSanitizer",
	"ERROR: LeakSanitizer",
	"guest kernel reported",
	"guest kernel panicked",
	"guest hangs",
	"FINDING",
	"divergence;",
	"irqstorm: ",
};

void launch_why(const char *log, char *why, size_t size)
{
	size_t best = sizeof(telling) / sizeof(telling[0]) - 1;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *f = fopen(log, "re");

	*why = '\0';
	while (f && (n = getline(&line, &room, f)) > 0) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		for (size_t i = 0; i <= best; i++) {
			if (strstr(line, telling[i])) {
				best = i;
				snprintf(why, size, "%s", line);
			}
		}
	}
	free(line);
	if (f)
		fclose(f);
}

static bool is_done(pid_t pid, int *status)
{
	pid_t got;

	do {
		got = waitpid(pid, status, WNOHANG);
	} while (got < 0 && errno == EINTR);
	return got == pid || got < 0;
}

static int wait_signal(const sigset_t *signals, uint64_t deadline)
{
	uint64_t now = clock_ns(), left = deadline > now ? deadline - now : 0;
	struct timespec ts = {
		.tv_sec = (time_t)(left / NSEC_PER_SEC),
		.tv_nsec = (long)(left % NSEC_PER_SEC),
	};

	return sigtimedwait(signals, NULL, &ts);
}

static uint64_t earliest(uint64_t a, uint64_t b, uint64_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

static void wait_end(pid_t pid, uint64_t ask, uint64_t deadline, const sigset_t *signals,
		     const struct launch_tick *tick, struct launch_end *end)
{
	bool asked = false;
	int status = 0, sig;

	while (!is_done(pid, &status)) {
		if (clock_ns() >= ask) {
			ask = UINT64_MAX;
			asked = true;
			kill(-pid, SIGTERM);
		}
		if (tick)
			tick->show(tick->data);
		if (clock_ns() >= deadline) {
			end->timed_out = !end->stopped;
			kill(-pid, SIGKILL);
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			break;
		}
		sig = wait_signal(
			signals, earliest(ask, deadline, tick ? clock_ns() + TICK_NS : UINT64_MAX));
		if (sig <= 0 || sig == SIGCHLD)
			continue;
		if (end->stopped)
			kill(-pid, SIGKILL);
		end->stopped = true;
		end->stop_signal = end->stop_signal ? end->stop_signal : sig;
		kill(-pid, SIGTERM);
		deadline = clock_ns() + GRACE_NS;
		ask = UINT64_MAX;
	}
	/* What it started itself does not outlive it. */
	kill(-pid, SIGKILL);
	end->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	/* support/stopped.h: its time was over, and nothing was found in it */
	if (asked && !end->stopped && WIFEXITED(status) && end->code == 128 + SIGTERM)
		end->code = EXIT_PASS;
}

int launch(const struct words *argv, const char *log, uint64_t timeout_ns, const sigset_t *signals,
	   const struct launch_tick *tick, struct launch_end *end)
{
	return launch_for(argv, log, 0, timeout_ns, signals, tick, end);
}

int launch_for(const struct words *argv, const char *log, uint64_t limit_ns, uint64_t timeout_ns,
	       const sigset_t *signals, const struct launch_tick *tick, struct launch_end *end)
{
	uint64_t start = clock_ns();
	struct words *env;
	pid_t pid;
	int fd;

	memset(end, 0, sizeof(*end));
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	env = calloc(1, sizeof(*env));
	pid = env ? child_start(argv, env, fd) : -ENOMEM;
	free(env);
	close(fd);
	if (pid < 0)
		return (int)pid;
	wait_end(pid, limit_ns ? start + limit_ns : UINT64_MAX, start + timeout_ns, signals, tick,
		 end);
	end->ns = clock_ns() - start;
	launch_why(log, end->why, sizeof(end->why));
	return 0;
}

/* What the child has printed so far, up to the end of its first line. */
static void first_line(int fd, char *line, size_t size)
{
	ssize_t n = pread(fd, line, size - 1, 0);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
}

int launch_version(const char *binary, char *version, size_t size)
{
	struct words *argv = calloc(1, sizeof(*argv)), *env = calloc(1, sizeof(*env));
	uint64_t end = clock_ns() + VERSION_NS;
	int fd = memfd_create("version", MFD_CLOEXEC), status = 0;
	pid_t pid = -ENOMEM;

	*version = '\0';
	if (argv && env && fd >= 0) {
		words_add(argv, binary);
		words_add(argv, "--version");
		pid = child_start(argv, env, fd);
	}
	free(argv);
	free(env);
	if (pid > 0) {
		while (!is_done(pid, &status) && clock_ns() < end)
			clock_sleep_until(clock_ns() + NSEC_PER_MSEC);
		kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		first_line(fd, version, size);
	}
	if (fd >= 0)
		close(fd);
	if (pid < 0)
		return (int)pid;
	return strncmp(version, "irqstorm ", strlen("irqstorm ")) ? -ENOEXEC : 0;
}
