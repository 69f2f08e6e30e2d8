/* SPDX-License-Identifier: MIT */
/* doctor_system: this machine's answers. */
#include <errno.h>
#include <liburing.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor/doctor.h"
#include "support/clock.h"

#define OP_READ_MULTISHOT 49 /* IORING_OP_READ_MULTISHOT */

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

#define SLEEP_NS (NSEC_PER_MSEC)
#define SLEEPS   1000

static int try_eventfd(void)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ep, err = 0;

	if (fd < 0)
		return -errno;
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		err = -errno;
	if (ep >= 0)
		close(ep);
	close(fd);
	return err;
}

static int try_uring(struct doctor_uring *found)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	};
	struct io_uring_probe *probe;
	struct io_uring ring;
	int err = io_uring_queue_init_params(8, &ring, &params);

	memset(found, 0, sizeof(*found));
	found->defer_taskrun = !err;
	if (err == -EINVAL)
		err = io_uring_queue_init(8, &ring, 0);
	if (err)
		return err;
	probe = io_uring_get_probe_ring(&ring);
	found->multishot_read = probe && io_uring_opcode_supported(probe, OP_READ_MULTISHOT);
	io_uring_free_probe(probe);
	io_uring_queue_exit(&ring);
	return 0;
}

static int ask_membarrier(void)
{
	long mask = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

	return mask < 0 ? -errno : (int)mask;
}

static int ask_limit(int resource, uint64_t *soft, uint64_t *hard)
{
	struct rlimit lim;

	if (getrlimit((__rlimit_resource_t)resource, &lim))
		return -errno;
	*soft = lim.rlim_cur == RLIM_INFINITY ? UINT64_MAX : lim.rlim_cur;
	*hard = lim.rlim_max == RLIM_INFINITY ? UINT64_MAX : lim.rlim_max;
	return 0;
}

static int count_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? -errno : CPU_COUNT(&set);
}

static int ask_disk(const char *dir, uint64_t *bytes)
{
	struct statvfs st;

	if (statvfs(dir, &st) || faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS))
		return -errno;
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}

static int ask_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

/* The default slack of 50 us would be measured, which is the timer's own and no disturbance. */
static void sleep_and_look(struct hist *late)
{
	int slack = prctl(PR_GET_TIMERSLACK);

	prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < SLEEPS; i++) {
		uint64_t due = clock_ns() + SLEEP_NS, now;

		clock_sleep_until(due);
		now = clock_ns();
		hist_record(late, now > due ? now - due : 0);
	}
	if (slack > 0)
		prctl(PR_SET_TIMERSLACK, slack);
}

const struct doctor_ops doctor_system = {
	.eventfd = try_eventfd,
	.uring = try_uring,
	.membarrier = ask_membarrier,
	.limit = ask_limit,
	.cpus = count_cpus,
	.disk = ask_disk,
	.ask = ask_ioctl,
	.sleeper = sleep_and_look,
};
