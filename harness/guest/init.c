/* SPDX-License-Identifier: MIT */
#include "guest/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/frame.h"
#include "guest/init_files.h"
#include "guest/init_setup.h"
#include "guest/nudge.h"
#include "support/handover.h"

#define CHANNEL "/dev/ttyS1"

/* init must get a turn among busy or real-time threads, or it seems to be dead. */
#define INIT_NICE (-15)

/* How long to wait for output of processes that outlive the subcommand. */
#define ORPHANS_MS 300

struct init {
	struct bytes cmd;
	struct frame_decoder dec;
	struct link link;
	struct outgoing files;
	int out, err; /* the subcommand's, -1 at their end */
	int handover; /* our end of its line to us (support/handover.h) */
	int sigfd, timer;
	pid_t child;
	bool reaped;
	int status; /* of waitpid() */
};

bool guest_init_wanted(const char *argv0)
{
	return getpid() == 1 && argv0 && !strcmp(argv0, "/init");
}

static void send_log(struct init *in, const char *text)
{
	link_send(&in->link, FRAME_LOG, text, strlen(text));
}

static int open_channel(void)
{
	int fd = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (fd < 0)
		return -errno;
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		t.c_cflag |= CLOCAL | CREAD;
		cfsetspeed(&t, B115200);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
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

static void set_printk(void)
{
	int fd = open("/proc/sys/kernel/printk", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write_all(fd, "5", 1);
	close(fd);
}

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

static int start_child(struct init *in)
{
	int out[2], err[2], handover[2];

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, handover))
		return -errno;
	in->child = fork();
	if (in->child < 0)
		return -errno;
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
static void reap(struct init *in)
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

static void beat(struct init *in)
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
			reap(in);
		if (p[3].revents)
			beat(in);
		if (p[4].revents)
			pump_channel(in);
		if (p[5].revents)
			hand_over(in);
		/* Only heartbeats come: what still holds the pipes has nothing to say. */
		if (in->reaped && !p[0].revents && !p[1].revents && !p[2].revents)
			return;
	}
}

static _Noreturn void end(struct init *in, int code, int sig)
{
	uint8_t buf[16];

	put_le32(buf, (uint32_t)code);
	put_le32(buf + 4, (uint32_t)sig);
	put_le64(buf + 8, kernel_taint());
	link_send(&in->link, FRAME_EXIT, buf, sizeof(buf));
	tcdrain(in->link.channel);
	reboot(RB_POWER_OFF);
	/* A kernel that cannot power off: the host ends QEMU. */
	for (;;)
		pause();
}

static _Noreturn void fail(struct init *in, const char *text)
{
	send_log(in, text);
	end(in, EXIT_ENVIRONMENT, 0);
}

static void prepare(struct init *in)
{
	struct itimerspec second = {{1, 0}, {1, 0}};
	struct errmsg e = {0};
	sigset_t chld;

	if (init_modules(&in->cmd, &e) || init_bind(&in->cmd, &e))
		fail(in, e.text);
	init_last();
	set_printk();
	setpriority(PRIO_PROCESS, 0, INIT_NICE);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	in->sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	in->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (in->sigfd < 0 || in->timer < 0 || timerfd_settime(in->timer, 0, &second, NULL))
		fail(in, "this kernel has no signalfd or timerfd");
}

static _Noreturn void run(struct init *in)
{
	struct utsname u;
	int err;

	uname(&u);
	if (outgoing_init(&in->files, &in->link, &in->cmd))
		fail(in, "no memory for the names of files");
	err = nudge_start();
	if (err)
		fail(in, "cannot start the processes that keep CPUs awake");
	link_send(&in->link, FRAME_READY, u.release, strlen(u.release));
	err = start_child(in);
	if (err)
		fail(in, "cannot start the subcommand");
	serve_child(in);
	kill(-in->child, SIGKILL);
	outgoing_rest(&in->files);
	end(in, WIFEXITED(in->status) ? WEXITSTATUS(in->status) : EXIT_ENVIRONMENT,
	    WIFSIGNALED(in->status) ? WTERMSIG(in->status) : 0);
}

/* Before the channel is open there is only the console to speak to. */
static _Noreturn void give_up(const char *what, const char *why)
{
	printf("irqstorm init: %s: %s\n", what, why);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

int guest_init(void)
{
	struct init in = {.out = -1, .err = -1, .handover = -1, .sigfd = -1, .timer = -1};
	struct errmsg e = {0};
	const char *mode;

	if (init_mount(&e))
		give_up("mount", e.text);
	in.link.channel = open_channel();
	if (in.link.channel < 0)
		give_up(CHANNEL, strerror(-in.link.channel));
	if (bytes_read_file(&in.cmd, CMDFILE_PATH))
		fail(&in, "the initramfs has no command file");
	mode = cmdfile_next(&in.cmd, NULL, "mode");
	if (mode && !strcmp(mode, "probe"))
		end(&in, EXIT_PASS, 0);
	prepare(&in);
	run(&in);
}
