/* SPDX-License-Identifier: MIT */
#include "guest/needs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int close_tried(int fd)
{
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int try_unix(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static int try_epoll(void)
{
	return close_tried(epoll_create1(EPOLL_CLOEXEC));
}

static int try_eventfd(void)
{
	return close_tried(eventfd(0, EFD_CLOEXEC));
}

static int try_signalfd(void)
{
	sigset_t none;

	sigemptyset(&none);
	return close_tried(signalfd(-1, &none, SFD_CLOEXEC));
}

static int try_timerfd(void)
{
	return close_tried(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
}

static int try_memfd(void)
{
	return close_tried(memfd_create("needs", MFD_CLOEXEC));
}

static int try_futex(void)
{
	uint32_t word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) < 0 ? -errno : 0;
}

static int try_proc(void)
{
	return close_tried(open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int try_sysctl(void)
{
	return close_tried(open("/proc/sys/kernel", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int try_pci(void)
{
	return close_tried(open("/sys/bus/pci/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static const struct need needs[] = {
	{"socketpair(AF_UNIX)", try_unix, "CONFIG_NET and CONFIG_UNIX", "init's line to a command"},
	{"signalfd", try_signalfd, "CONFIG_SIGNALFD", "init"},
	{"timerfd_create", try_timerfd, "CONFIG_TIMERFD", "init"},
	{"eventfd", try_eventfd, "CONFIG_EVENTFD", "every interrupt"},
	{"epoll_create1", try_epoll, "CONFIG_EPOLL", "consumers"},
	{"futex", try_futex, "CONFIG_FUTEX", "threads"},
	{"memfd_create", try_memfd, "CONFIG_TMPFS and CONFIG_MEMFD_CREATE", "the emulator"},
	{"open /proc/self/fd", try_proc, "CONFIG_PROC_FS", "every look at descriptors"},
	{"open /proc/sys/kernel", try_sysctl, "CONFIG_PROC_SYSCTL", "the console's level"},
	{"open /sys/bus/pci/devices", try_pci, "CONFIG_PCI and CONFIG_SYSFS", "every device"},
	{"mount proc", NULL, "CONFIG_PROC_FS", NULL},
	{"mount sysfs", NULL, "CONFIG_SYSFS", NULL},
	{"mount devtmpfs", NULL, "CONFIG_DEVTMPFS", NULL},
	{"mount tmpfs", NULL, "CONFIG_TMPFS", NULL},
	{"open the channel", NULL, "CONFIG_TTY, CONFIG_SERIAL_8250 and CONFIG_SERIAL_8250_PCI",
	 NULL},
	{"finit_module", NULL, "CONFIG_MODULES", NULL},
};

#define N_NEEDS (sizeof(needs) / sizeof(needs[0]))

/* What a kernel answers that was built without the thing. */
static bool says_absent(int err)
{
	return err == ENOSYS || err == EAFNOSUPPORT || err == ENODEV || err == ENOENT ||
	       err == ENXIO || err == EOPNOTSUPP;
}

static int describe(const struct need *n, const char *call, int err, char *text, size_t size)
{
	if (!n || !says_absent(err))
		return snprintf(text, size, "%s: %s", call, strerror(err));
	return snprintf(text, size, "%s: %s (%s%s%s)", call, strerror(err), n->option,
			n->user ? ", for " : "", n->user ? n->user : "");
}

int needs_check_all(const struct need *v, size_t n, struct errmsg *e)
{
	char text[800], one[200];
	size_t at = 0;
	int first = 0;

	for (size_t i = 0; i < n; i++) {
		int err = v[i].try ? v[i].try() : 0;

		if (!err)
			continue;
		describe(&v[i], v[i].call, -err, one, sizeof(one));
		if (at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
					       first ? "; " : "", one);
		if (!first)
			first = err;
	}
	if (!first)
		return 0;
	return errmsg_set(e, first, EXIT_ENVIRONMENT, "this kernel lacks what irqstorm needs: %s",
			  text);
}

int needs_check(struct errmsg *e)
{
	return needs_check_all(needs, N_NEEDS, e);
}

int needs_failed(const char *call, int err, struct errmsg *e)
{
	const struct need *found = NULL;
	char text[200];

	for (size_t i = 0; i < N_NEEDS && !found; i++) {
		if (!strcmp(needs[i].call, call))
			found = &needs[i];
	}
	describe(found, call, err, text, sizeof(text));
	return errmsg_set(
		e, -err, EXIT_ENVIRONMENT, "%s%s",
		says_absent(err) && found ? "this kernel lacks what irqstorm needs: " : "", text);
}
