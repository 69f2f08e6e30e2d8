/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/frame.h"
#include "guest/incoming.h"
#include "guest/initramfs.h"
#include "guest/ivshmem.h"
#include "guest/last.h"
#include "guest/proc.h"
#include "guest/qemu.h"
#include "support/clock.h"
#include "support/log.h"

#define SILENCE_BOOT (60 * NSEC_PER_SEC) /* no console output and no frame while booting */
#define SILENCE_RUN  (30 * NSEC_PER_SEC) /* no frame from a guest that should send one a second */
#define POWEROFF     (5 * NSEC_PER_SEC)  /* from the last word to QEMU's end */
#define TICK_MS      500
#define THROTTLE_MS  10
#define QEMU_ERR_MAX 65536

enum poll_slot {
	SLOT_SIGNAL,
	SLOT_PID,
	SLOT_CHANNEL,
	SLOT_CONSOLE,
	SLOT_ERR,
	SLOT_DEVICES,
	SLOT_COUNT = SLOT_DEVICES + DEVICES_MAX,
};

struct run {
	const struct guest_config *c;
	struct guest_result *r;
	struct frame_decoder dec;
	struct ivshmem_server servers[DEVICES_MAX];
	int server_state[DEVICES_MAX]; /* what ivshmem_pump() said last */
	int channel, console, err_fd;  /* our ends; -1 once they ended */
	int pidfd;
	pid_t pid;
	uint8_t seq;
	bool stopping; /* a signal was passed on already */
	bool over;
	uint64_t start, life, exit_at;
	struct incoming incoming;
	struct bytes qemu_err;
};

static void pass_signal(struct run *run, int sig)
{
	uint8_t payload[4], out[FRAME_SIZE_MAX];
	size_t len;

	put_le32(payload, (uint32_t)sig);
	len = frame_encode(out, FRAME_SIGNAL, run->seq++, payload, sizeof(payload));
	send(run->channel, out, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	run->stopping = true;
}

static void finish(struct run *run, enum guest_end end)
{
	run->r->end = end;
	run->over = true;
}

static void on_signal(struct run *run)
{
	struct signalfd_siginfo si;

	if (read(run->c->sigfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (!run->r->ready || run->stopping) {
		run->r->stop_signal = (int)si.ssi_signo;
		finish(run, GUEST_STOPPED);
		return;
	}
	if (!run->c->quiet)
		log_note("guest: asking the subcommand to stop; once more kills the guest");
	pass_signal(run, si.ssi_signo == SIGINT ? SIGINT : SIGTERM);
}

/* Our own stdout may be gone (| head): the run is of no use then, but it shall end properly. */
static void forward(struct run *run, int fd, const struct frame *f)
{
	int err;

	if (run->r->stdout_errno)
		return;
	err = write_all(run->c->capture ? run->c->capture : fd, f->data, f->len);
	if (err) {
		run->r->stdout_errno = -err;
		if (!run->stopping)
			pass_signal(run, SIGINT);
	}
}

static void on_ready(struct run *run, const struct frame *f)
{
	struct guest_result *r = run->r;
	char devices[256];

	r->ready = true;
	r->boot_ns = clock_ns() - run->start;
	snprintf(r->release, sizeof(r->release), "%.*s", (int)f->len, (const char *)f->data);
	if (!run->c->quiet)
		log_note("guest: %s, %s, %u CPU%s, %s, booted in %.1f s", r->release, run->c->accel,
			 run->c->smp, run->c->smp == 1 ? "" : "s",
			 devices_format(run->c->devices, devices, sizeof(devices)),
			 (double)r->boot_ns / 1e9);
}

static void on_frame(struct run *run, const struct frame *f)
{
	switch (f->type) {
	case FRAME_READY:
		on_ready(run, f);
		break;
	case FRAME_STDOUT:
		forward(run, STDOUT_FILENO, f);
		break;
	case FRAME_STDERR:
		forward(run, STDERR_FILENO, f);
		break;
	case FRAME_FILE_BEGIN:
	case FRAME_FILE_DATA:
	case FRAME_FILE_END:
	case FRAME_FOLDER_END:
		incoming_frame(&run->incoming, f);
		break;
	case FRAME_LOG:
		log_error("guest: %.*s", (int)f->len, (const char *)f->data);
		break;
	case FRAME_EXIT:
		if (f->len != 16)
			break;
		run->r->exited = true;
		run->r->code = (int)get_le32(f->data);
		run->r->signal = (int)get_le32(f->data + 4);
		run->r->tainted = get_le64(f->data + 8);
		run->exit_at = clock_ns();
		break;
	default:
		break;
	}
	run->life = clock_ns();
}

/* Returns the bytes read, 0 at the end of the stream (then closed), -EAGAIN for nothing now. */
static ssize_t take(int *fd, uint8_t *buf, size_t size)
{
	ssize_t n = *fd < 0 ? 0 : read(*fd, buf, size);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -EAGAIN;
	if (n <= 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return n > 0 ? n : 0;
}

static bool on_channel(struct run *run)
{
	uint8_t buf[65536];
	ssize_t n = take(&run->channel, buf, sizeof(buf));
	uint64_t skipped = run->dec.synced ? run->dec.skipped : 0;
	bool synced = run->dec.synced;

	for (ssize_t at = 0; at < n;) {
		struct frame f;

		at += (ssize_t)frame_feed(&run->dec, buf + at, (size_t)(n - at));
		while (frame_next(&run->dec, &f))
			on_frame(run, &f);
	}
	/* Noise before the first frame is firmware's; later it is a frame that came to harm. */
	if (synced && run->dec.skipped > skipped)
		run->r->lost++;
	return n > 0;
}

static bool on_console(struct run *run)
{
	uint8_t buf[65536];
	ssize_t n = take(&run->console, buf, sizeof(buf));

	if (n > 0) {
		console_feed(&run->r->console, buf, (size_t)n);
		if (!run->r->ready)
			run->life = clock_ns();
	}
	return n > 0;
}

static bool on_err(struct run *run)
{
	uint8_t buf[4096];
	ssize_t n = take(&run->err_fd, buf, sizeof(buf));

	if (n > 0 && run->qemu_err.len < QEMU_ERR_MAX)
		bytes_append(&run->qemu_err, buf, (size_t)n);
	return n > 0;
}

static void check_time(struct run *run)
{
	uint64_t now = clock_ns();

	if (run->over)
		return;
	if (run->r->exited) {
		if (now - run->exit_at > POWEROFF)
			finish(run, GUEST_ENDED);
	} else if (now - run->start > run->c->timeout_ns) {
		finish(run, GUEST_TIMEOUT);
	} else if (now - run->life > (run->r->ready ? SILENCE_RUN : SILENCE_BOOT)) {
		finish(run, GUEST_SILENT);
	}
}

static int poll_timeout(const struct run *run)
{
	uint64_t end = run->start + run->c->timeout_ns, now = clock_ns();

	for (size_t i = 0; i < run->c->devices->n; i++) {
		if (run->server_state[i] == -ETOOMANYREFS)
			return THROTTLE_MS;
	}
	if (end <= now)
		return 0;
	if (end - now < TICK_MS * NSEC_PER_MSEC)
		return (int)((end - now) / NSEC_PER_MSEC) + 1;
	return TICK_MS;
}

static void serve_devices(struct run *run)
{
	for (size_t i = 0; i < run->c->devices->n; i++) {
		int *state = &run->server_state[i];

		if (*state == -EAGAIN || *state == -ETOOMANYREFS)
			*state = ivshmem_pump(&run->servers[i]);
	}
}

static void loop(struct run *run)
{
	struct pollfd p[SLOT_COUNT];

	while (!run->over) {
		size_t n = run->c->devices->n;

		p[SLOT_SIGNAL] = (struct pollfd){.fd = run->c->sigfd, .events = POLLIN};
		p[SLOT_PID] = (struct pollfd){.fd = run->pidfd, .events = POLLIN};
		p[SLOT_CHANNEL] = (struct pollfd){.fd = run->channel, .events = POLLIN};
		p[SLOT_CONSOLE] = (struct pollfd){.fd = run->console, .events = POLLIN};
		p[SLOT_ERR] = (struct pollfd){.fd = run->err_fd, .events = POLLIN};
		for (size_t i = 0; i < n; i++)
			p[SLOT_DEVICES + i] = (struct pollfd){
				.fd = run->server_state[i] == -EAGAIN ? run->servers[i].fd : -1,
				.events = POLLOUT,
			};
		if (poll(p, SLOT_DEVICES + n, poll_timeout(run)) < 0)
			continue;
		serve_devices(run);
		if (p[SLOT_CONSOLE].revents)
			on_console(run);
		if (p[SLOT_CHANNEL].revents)
			on_channel(run);
		if (p[SLOT_ERR].revents)
			on_err(run);
		if (p[SLOT_SIGNAL].revents)
			on_signal(run);
		if (p[SLOT_PID].revents)
			run->over = true;
		check_time(run);
	}
}

/* QEMU is gone: what it wrote before is still in the sockets. */
static void drain(struct run *run)
{
	while (on_console(run))
		;
	while (on_channel(run))
		;
	while (on_err(run))
		;
}

static int open_pair(int pair[2])
{
	/* Our end must not block when it is drained; QEMU sets its own as it likes. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return -errno;
	return 0;
}

static int open_devices(struct run *run, int *peers, struct errmsg *e)
{
	unsigned int eventfds = devices_eventfds(run->c->devices);
	int err = ivshmem_raise_limit(eventfds);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "%u ivshmem vectors need as many open files: raise ulimit -n",
				  eventfds);
	for (size_t i = 0; i < run->c->devices->n; i++) {
		const struct device *d = &run->c->devices->v[i];

		if (d->kind != DEVICE_IVSHMEM)
			continue;
		err = ivshmem_open(&run->servers[i], d->vectors, &peers[i]);
		if (err)
			return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot set up ivshmem: %s",
					  strerror(-err));
		run->server_state[i] = ivshmem_pump(&run->servers[i]);
	}
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int start(struct run *run, struct errmsg *e)
{
	int console[2] = {-1, -1}, channel[2] = {-1, -1}, peers[DEVICES_MAX], initrd = -1, err;
	struct qemu_config q = {
		.program = run->c->qemu,
		.kernel = run->c->kernel->image,
		.accel = run->c->accel,
		.memory = run->c->memory,
		.append = run->c->append,
		.no_intremap = run->c->no_intremap,
		.smp = run->c->smp,
		.devices = run->c->devices,
		.ivshmem = peers,
	};

	for (size_t i = 0; i < DEVICES_MAX; i++)
		peers[i] = -1;
	err = open_devices(run, peers, e);
	if (err)
		goto out;
	err = open_pair(console);
	if (!err)
		err = open_pair(channel);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make a socket pair: %s",
			   strerror(-err));
		goto out;
	}
	initrd = initramfs_build(run->c, e);
	if (initrd < 0) {
		err = initrd;
		goto out;
	}
	run->r->last = last_create();
	if (run->r->last < 0) {
		err = errmsg_set(e, run->r->last, EXIT_ENVIRONMENT,
				 "cannot make a memory that survives the guest: %s",
				 strerror(-run->r->last));
		goto out;
	}
	q.initrd = initrd;
	q.last = run->r->last;
	q.console = console[1];
	q.channel = channel[1];
	run->start = run->life = clock_ns();
	run->pid = qemu_spawn(&q, &run->err_fd, e);
	if (run->pid < 0) {
		err = run->pid;
		goto out;
	}
	run->console = console[0];
	run->channel = channel[0];
	console[0] = channel[0] = -1;
out:
	close_fd(&initrd);
	for (int i = 0; i < 2; i++) {
		close_fd(&console[i]);
		close_fd(&channel[i]);
	}
	for (size_t i = 0; i < DEVICES_MAX; i++)
		close_fd(&peers[i]);
	return err;
}

int guest_run(const struct guest_config *c, struct guest_result *r, struct errmsg *e)
{
	struct run run = {.c = c, .r = r, .channel = -1, .console = -1, .err_fd = -1, .pidfd = -1};
	int err;

	run.incoming = (struct incoming){.out = c->out, .n = c->n_out};
	memset(r, 0, sizeof(*r));
	r->last = -1;
	r->console.copy = c->console;
	for (size_t i = 0; i < DEVICES_MAX; i++)
		run.servers[i].fd = run.servers[i].memory = -1;
	err = start(&run, e);
	if (err)
		goto out;
	run.pidfd = pidfd_open(run.pid, 0);
	if (run.pidfd < 0)
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot watch QEMU: %s",
				 strerror(errno));
	else
		loop(&run);
	kill(run.pid, SIGKILL);
	while (waitpid(run.pid, &r->qemu_status, 0) < 0 && errno == EINTR)
		;
	drain(&run);
	console_finish(&r->console);
	proc_why(&run.qemu_err, r->qemu_says, sizeof(r->qemu_says));
	r->lost += run.dec.lost;
	r->total_ns = clock_ns() - run.start;
out:
	for (size_t i = 0; i < DEVICES_MAX; i++)
		ivshmem_close(&run.servers[i]);
	close_fd(&run.channel);
	close_fd(&run.console);
	close_fd(&run.err_fd);
	close_fd(&run.pidfd);
	if (err)
		close_fd(&r->last);
	bytes_free(&run.qemu_err);
	return err;
}

void guest_result_free(struct guest_result *r)
{
	console_free(&r->console);
	close_fd(&r->last);
}
