/* SPDX-License-Identifier: MIT */
#include "guest/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "guest/arch.h"
#include "guest/cmdfile.h"
#include "guest/frame.h"
#include "guest/init_run.h"
#include "guest/init_session.h"
#include "guest/init_setup.h"
#include "guest/needs.h"
#include "guest/nudge.h"

/* init must get a turn among busy or real-time threads, or it seems to be dead. */
#define INIT_NICE (-15)

bool guest_init_wanted(const char *argv0)
{
	return getpid() == 1 && argv0 && !strcmp(argv0, "/init");
}

static int open_channel(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
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

static void set_printk(void)
{
	int fd = open("/proc/sys/kernel/printk", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write_all(fd, "5", 1);
	close(fd);
}

static _Noreturn void end(struct init *in)
{
	init_exit(in);
	tcdrain(in->link.channel);
	reboot(RB_POWER_OFF);
	/* A kernel that cannot power off: the host ends QEMU. */
	for (;;)
		pause();
}

static _Noreturn void fail(struct init *in, const char *text)
{
	init_log(in, text);
	in->code = EXIT_ENVIRONMENT;
	in->sig = 0;
	end(in);
}

static void prepare(struct init *in)
{
	struct itimerspec second = {{1, 0}, {1, 0}};
	struct errmsg e = {0};
	sigset_t chld;

	if (needs_check(&e) || init_modules(&in->cmd, &e) || init_bind(&in->cmd, &e))
		fail(in, e.text);
	init_last();
	set_printk();
	setpriority(PRIO_PROCESS, 0, INIT_NICE);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	in->sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->sigfd < 0)
		needs_failed("signalfd", errno, &e);
	in->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (in->timer < 0 || timerfd_settime(in->timer, 0, &second, NULL))
		needs_failed("timerfd_create", errno, &e);
	if (e.text[0])
		fail(in, e.text);
	if (nudge_start())
		fail(in, "cannot start the processes that keep CPUs awake");
}

static _Noreturn void run(struct init *in, bool session)
{
	struct errmsg e = {0};
	struct session *s = NULL;
	struct utsname u;

	uname(&u);
	if (session && init_session_prepare(in, &s, &e))
		fail(in, e.text);
	link_send(&in->link, FRAME_READY, u.release, strlen(u.release));
	if (s)
		init_session(s);
	if (init_run(in, &e))
		fail(in, e.text);
	end(in);
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
	const char *mode, *channel = guest_arch_own()->channel;

	if (init_mount(&e))
		give_up("mount", e.text);
	in.link.channel = open_channel(channel);
	if (in.link.channel < 0)
		give_up(channel,
			needs_failed("open the channel", -in.link.channel, &e) ? e.text : "");
	if (bytes_read_file(&in.cmd, CMDFILE_PATH))
		fail(&in, "the initramfs has no command file");
	mode = cmdfile_next(&in.cmd, NULL, "mode");
	if (mode && !strcmp(mode, "probe"))
		end(&in);
	prepare(&in);
	run(&in, mode && !strcmp(mode, "session"));
}
