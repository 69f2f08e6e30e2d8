/* SPDX-License-Identifier: MIT */
#include "guest/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/initramfs.h"
#include "guest/last.h"
#include "guest/mailbox.h"
#include "guest/qemu.h"
#include "support/clock.h"

#define THROTTLE_MS  10
#define QEMU_ERR_MAX 65536

void machine_init(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->channel = m->console = m->err_fd = m->pidfd = m->last = m->mailbox = -1;
	m->pid = -1;
	for (size_t i = 0; i < DEVICES_MAX; i++)
		m->servers[i].fd = m->servers[i].memory = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_pair(int pair[2])
{
	/* Our end must not block when it is drained; QEMU sets its own as it likes. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return -errno;
	return 0;
}

static int open_devices(struct machine *m, int *peers, struct errmsg *e)
{
	unsigned int eventfds = devices_eventfds(m->devices);
	int err = ivshmem_raise_limit(eventfds);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "%u ivshmem vectors need as many open files: raise ulimit -n",
				  eventfds);
	for (size_t i = 0; i < m->devices->n; i++) {
		const struct device *d = &m->devices->v[i];

		if (d->kind != DEVICE_IVSHMEM)
			continue;
		err = ivshmem_open(&m->servers[i], d->vectors, &peers[i]);
		if (err)
			return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot set up ivshmem: %s",
					  strerror(-err));
		m->server_state[i] = ivshmem_pump(&m->servers[i]);
	}
	return 0;
}

static int open_memories(struct machine *m, bool session, struct errmsg *e)
{
	m->last = last_create();
	if (m->last < 0)
		return errmsg_set(e, m->last, EXIT_ENVIRONMENT,
				  "cannot make a memory that survives the guest: %s",
				  strerror(-m->last));
	if (!session)
		return 0;
	m->mailbox = mailbox_create();
	if (m->mailbox < 0)
		return errmsg_set(e, m->mailbox, EXIT_ENVIRONMENT,
				  "cannot make the memory that commands go through: %s",
				  strerror(-m->mailbox));
	return 0;
}

int machine_start(struct machine *m, const struct guest_config *c, struct errmsg *e)
{
	int console[2] = {-1, -1}, channel[2] = {-1, -1}, peers[DEVICES_MAX], initrd = -1, err;
	struct qemu_config q = {
		.arch = c->arch,
		.program = c->qemu,
		.kernel = c->kernel->image,
		.accel = c->accel,
		.memory = c->memory,
		.append = c->append,
		.no_intremap = c->no_intremap,
		.smp = c->smp,
		.devices = c->devices,
		.ivshmem = peers,
	};

	m->devices = c->devices;
	for (size_t i = 0; i < DEVICES_MAX; i++)
		peers[i] = -1;
	err = open_devices(m, peers, e);
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
	initrd = initramfs_build(c, e);
	if (initrd < 0) {
		err = initrd;
		goto out;
	}
	err = open_memories(m, c->session, e);
	if (err)
		goto out;
	q.initrd = initrd;
	q.last = m->last;
	q.mailbox = m->mailbox;
	q.console = console[1];
	q.channel = channel[1];
	m->start = clock_ns();
	m->pid = qemu_spawn(&q, &m->err_fd, e);
	if (m->pid < 0) {
		err = m->pid;
		goto out;
	}
	m->console = console[0];
	m->channel = channel[0];
	console[0] = channel[0] = -1;
	m->pidfd = pidfd_open(m->pid, 0);
	if (m->pidfd < 0)
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot watch QEMU: %s",
				 strerror(errno));
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

nfds_t machine_poll(const struct machine *m, struct pollfd *p)
{
	p[MACHINE_PID] = (struct pollfd){.fd = m->pidfd, .events = POLLIN};
	p[MACHINE_CHANNEL] = (struct pollfd){.fd = m->channel, .events = POLLIN};
	p[MACHINE_CONSOLE] = (struct pollfd){.fd = m->console, .events = POLLIN};
	p[MACHINE_ERR] = (struct pollfd){.fd = m->err_fd, .events = POLLIN};
	for (size_t i = 0; i < m->devices->n; i++)
		p[MACHINE_DEVICES + i] = (struct pollfd){
			.fd = m->server_state[i] == -EAGAIN ? m->servers[i].fd : -1,
			.events = POLLOUT,
		};
	return MACHINE_DEVICES + m->devices->n;
}

int machine_poll_time(const struct machine *m, int ms)
{
	for (size_t i = 0; i < m->devices->n; i++) {
		if (m->server_state[i] == -ETOOMANYREFS)
			return THROTTLE_MS;
	}
	return ms;
}

static bool take_err(struct machine *m)
{
	uint8_t buf[4096];
	ssize_t n = machine_take(&m->err_fd, buf, sizeof(buf));

	if (n > 0 && m->err.len < QEMU_ERR_MAX)
		bytes_append(&m->err, buf, (size_t)n);
	return n > 0;
}

void machine_serve(struct machine *m, const struct pollfd *p)
{
	for (size_t i = 0; i < m->devices->n; i++) {
		int *state = &m->server_state[i];

		if (*state == -EAGAIN || *state == -ETOOMANYREFS)
			*state = ivshmem_pump(&m->servers[i]);
	}
	if (p[MACHINE_ERR].revents)
		take_err(m);
}

ssize_t machine_take(int *fd, uint8_t *buf, size_t size)
{
	ssize_t n = *fd < 0 ? 0 : read(*fd, buf, size);

	/* A reset is told once; what was written before it is still to come. */
	if (n < 0 && errno == ECONNRESET)
		n = read(*fd, buf, size);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -EAGAIN;
	if (n <= 0)
		close_fd(fd);
	return n > 0 ? n : 0;
}

void machine_kill(struct machine *m, int *status)
{
	if (m->pid < 0)
		return;
	kill(m->pid, SIGKILL);
	while (waitpid(m->pid, status, 0) < 0 && errno == EINTR)
		;
	m->pid = -1;
	while (take_err(m))
		;
}

void machine_end(struct machine *m)
{
	int status;

	machine_kill(m, &status);
	for (size_t i = 0; i < DEVICES_MAX; i++)
		ivshmem_close(&m->servers[i]);
	close_fd(&m->channel);
	close_fd(&m->console);
	close_fd(&m->err_fd);
	close_fd(&m->pidfd);
	close_fd(&m->last);
	close_fd(&m->mailbox);
	bytes_free(&m->err);
}
