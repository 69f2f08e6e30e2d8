/* SPDX-License-Identifier: MIT */
#include "guest/init_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/needs.h"
#include "support/handover.h"

/* How long to wait for output of processes that outlive the subcommand. */
#define ORPHANS_MS 300

/* A NULL-terminated vector of the values of @key; they live as long as the command file. */
static char **vector(const struct bytes *cmd, const char *key)
{
	const char *value = NULL;
	size_t n = 0;
	char **v;

	while ((value = cmdfile_next(cmd, value, key)))
		n++;
	v = calloc(n + 1, sizeof(*v));
	for (size_t i = 0; v && i < n; i++) {
		value = cmdfile_next(cmd, value, key);
		v[i] = (char *)(uintptr_t)value;
	}
	return v;
}

static _Noreturn void run_child(const struct init *in, int out, int err, int handover)
{
	const char *exe = cmdfile_next(&in->cmd, NULL, "exe");
	char **argv = vector(&in->cmd, "arg"), **env = vector(&in->cmd, "env");
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setsid();
	setpriority(PRIO_PROCESS, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!exe || !argv || !env || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(err, 2) < 0 || dup2(handover, HANDOVER_FD) < 0)
		_exit(EXIT_ENVIRONMENT);
	if (chdir("/tmp"))
		_exit(EXIT_ENVIRONMENT);
	execve(exe, argv, env);
	dprintf(2, "cannot run %s in the guest: %s\n", exe, strerror(errno));
	_exit(EXIT_ENVIRONMENT);
}

static int start_child(struct init *in, struct errmsg *e)
{
	int out[2], err[2], handover[2];

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return needs_failed("pipe2", errno, e);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, handover))
		return needs_failed("socketpair(AF_UNIX)", errno, e);
	in->child = fork();
	if (in->child < 0)
		return needs_failed("fork", errno, e);
	if (!in->child)
		run_child(in, out[1], err[1], handover[1]);
	close(out[1]);
	close(err[1]);
	close(handover[1]);
	in->handover = handover[0];
	in->out = out[0];
	in->err = err[0];
	return 0;
}

static void pump_output(struct init *in, int *fd, uint8_t type)
{
	uint8_t buf[FRAME_PAYLOAD_MAX];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0) {
		link_send(&in->link, type, buf, (size_t)n);
		return;
	}
	close(*fd);
	*fd = -1;
}

static void pump_channel(struct init *in)
{
	uint8_t buf[256];
	ssize_t n = read(in->link.channel, buf, sizeof(buf));
	struct frame f;

	if (n <= 0)
		return;
	frame_feed(&in->dec, buf, (size_t)n);
	while (frame_next(&in->dec, &f)) {
		if (f.type == FRAME_SIGNAL && f.len == 4 && !in->reaped)
			kill(-in->child, (int)get_le32(f.data));
	}
}

/* As PID 1 we inherit every orphan: reap them all, remember one. */
void init_reap(struct init *in)
{
	struct signalfd_siginfo si;
	int status;
	pid_t pid;

	(void)!read(in->sigfd, &si, sizeof(si));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->child) {
			in->reaped = true;
			in->status = status;
		}
	}
}

void init_beat(struct init *in)
{
	uint64_t expired;

	(void)!read(in->timer, &expired, sizeof(expired));
	link_send(&in->link, FRAME_HEARTBEAT, NULL, 0);
}

/* The subcommand waits until what it has written so far is out. */
static void hand_over(struct init *in)
{
	uint8_t word;

	if (read(in->handover, &word, 1) != 1) {
		close(in->handover);
		in->handover = -1;
		return;
	}
	outgoing_folders(&in->files);
	(void)!send(in->handover, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void serve_child(struct init *in)
{
	while (!in->reaped || in->out >= 0 || in->err >= 0) {
		struct pollfd p[] = {
			{.fd = in->out, .events = POLLIN},
			{.fd = in->err, .events = POLLIN},
			{.fd = in->sigfd, .events = POLLIN},
			{.fd = in->timer, .events = POLLIN},
			{.fd = in->link.channel, .events = POLLIN},
			{.fd = in->handover, .events = POLLIN},
		};
		int n = poll(p, sizeof(p) / sizeof(p[0]), in->reaped ? ORPHANS_MS : -1);

		if (n < 0 && errno != EINTR)
			return;
		if (p[0].revents)
			pump_output(in, &in->out, FRAME_STDOUT);
		if (p[1].revents)
			pump_output(in, &in->err, FRAME_STDERR);
		if (p[2].revents)
			init_reap(in);
		if (p[3].revents)
			init_beat(in);
		if (p[4].revents)
			pump_channel(in);
		if (p[5].revents)
			hand_over(in);
		/* Only heartbeats come: what still holds the pipes has nothing to say. */
		if (in->reaped && !p[0].revents && !p[1].revents && !p[2].revents)
			return;
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int init_run(struct init *in, struct errmsg *e)
{
	int err = outgoing_init(&in->files, &in->link, &in->cmd);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "no memory for the names of files");
	in->reaped = false;
	in->status = 0;
	err = start_child(in, e);
	if (err)
		goto out;
	serve_child(in);
	kill(-in->child, SIGKILL);
	outgoing_rest(&in->files);
	in->code = WIFEXITED(in->status) ? WEXITSTATUS(in->status) : EXIT_ENVIRONMENT;
	in->sig = WIFSIGNALED(in->status) ? WTERMSIG(in->status) : 0;
out:
	close_fd(&in->out);
	close_fd(&in->err);
	close_fd(&in->handover);
	outgoing_free(&in->files);
	return err;
}

static uint64_t kernel_taint(void)
{
	struct bytes b = {0};
	uint64_t taint = 0;

	if (!bytes_read_file(&b, "/proc/sys/kernel/tainted") && !bytes_append(&b, "", 1))
		taint = strtoull((char *)b.data, NULL, 10);
	bytes_free(&b);
	return taint;
}

void init_exit(struct init *in)
{
	uint8_t buf[16];

	put_le32(buf, (uint32_t)in->code);
	put_le32(buf + 4, (uint32_t)in->sig);
	put_le64(buf + 8, kernel_taint());
	link_send(&in->link, FRAME_EXIT, buf, sizeof(buf));
}

void init_log(struct init *in, const char *text)
{
	link_send(&in->link, FRAME_LOG, text, strlen(text));
}
