/* SPDX-License-Identifier: MIT */
/*
 * guest_cdev: what a kernel with cdevs answers (R1, R81 to R84), and what the backend makes of it.
 * Runs as root inside a guest that has an ivshmem-doorbell bound to vfio-pci, and two devices in
 * all. A process of its own is the other one who has a device.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_check.h"
#include "uapi/vfio_iommufd.h"
#include "vfio/find.h"
#include "vfio/trigger.h"
#include "vfio/way.h"

static const struct vfio_roots roots = {.sysfs = "/sys", .dev = "/dev"};
static struct pci_device dev;
static char node[64], group[64];

/* -errno of an ioctl, or what it returned. */
static int call(int fd, unsigned long request, const void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int bind_to(int fd, int iommufd)
{
	struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind), .iommufd = iommufd};

	return call(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
}

static int attach_to(int fd, uint32_t id)
{
	struct vfio_device_attach_iommufd_pt pt = {.argsz = sizeof(pt), .pt_id = id};

	return call(fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &pt);
}

static int info(int fd, uint32_t index)
{
	struct vfio_irq_info irq = {.argsz = sizeof(irq), .index = index};
	int err = call(fd, VFIO_DEVICE_GET_IRQ_INFO, &irq);

	return err ? err : (int)irq.count;
}

static int open_node(void)
{
	return open(node, O_RDWR | O_CLOEXEC);
}

static int open_iommu(void)
{
	return open("/dev/iommu", O_RDWR | O_CLOEXEC);
}

static enum verdict find_it(struct state *s)
{
	WANT(find_only(&roots, trigger_find("ivshmem", &s->e), &dev, &s->e), 0);
	if (!*dev.cdev)
		return fail(s, "sysfs names no cdev of %s", dev.bdf);
	snprintf(node, sizeof(node), "/dev/vfio/devices/%.30s", dev.cdev);
	snprintf(group, sizeof(group), "/dev/vfio/%.30s", dev.group);
	return OK;
}

/* R1 */
static enum verdict unbound_answers_nothing(struct state *s)
{
	struct vfio_device_info inf = {.argsz = sizeof(inf)};
	int fd = open_node();
	char byte;

	WANT(fd < 0, 0);
	WANT(info(fd, MSIX), -EINVAL);
	WANT(info(fd, 99), -EINVAL);
	WANT(call(fd, VFIO_DEVICE_GET_INFO, &inf), -EINVAL);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, irq_set_disable(&s->buf, MSIX)), -EINVAL);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, NULL), -EINVAL);
	WANT(call(fd, VFIO_DEVICE_RESET, NULL), -EINVAL);
	WANT(call(fd, _IO(';', 99), NULL), -EINVAL);
	WANT(attach_to(fd, 1), -EINVAL);
	WANT(pread(fd, &byte, 1, 0) < 0 ? -errno : 0, -EINVAL);
	WANT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -errno : 0, -EINVAL);
	close(fd);
	return OK;
}

/* R81 */
static enum verdict bind_wants_an_iommufd(struct state *s)
{
	int fd = open_node(), closed = open_iommu(), event = eventfd(0, EFD_CLOEXEC);

	WANT(fd < 0 || closed < 0 || event < 0, 0);
	close(closed);
	WANT(bind_to(fd, closed), -EBADF);
	WANT(bind_to(fd, event), -EBADFD);
	WANT(bind_to(fd, -1), -EINVAL);
	WANT(info(fd, MSIX), -EINVAL);
	close(event);
	close(fd);
	return OK;
}

static enum verdict bound_once(struct state *s)
{
	int one = open_node(), two = open_node(), iommu = open_iommu();

	WANT(one < 0 || two < 0 || iommu < 0, 0);
	WANT(bind_to(one, iommu), 0);
	WANT(bind_to(one, iommu), -EINVAL);
	WANT(bind_to(two, iommu), -EINVAL);
	WANT(info(two, MSIX), -EINVAL);
	WANT(info(one, MSIX) > 0, 1);
	close(one);
	WANT(bind_to(two, iommu), 0);
	WANT(info(two, MSIX) > 0, 1);
	close(two);
	close(iommu);
	return OK;
}

/* R82: not attached, and with its iommufd closed, it still does all that is of interrupts. */
static enum verdict no_space_and_no_iommufd_needed(struct state *s)
{
	int fd = open_node(), iommu = open_iommu();

	WANT(bind_to(fd, iommu), 0);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, irq_set_eventfds(&s->buf, MSIX, 0, 2, s->fd)), 0);
	close(iommu);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, irq_set_loopback(&s->buf, MSIX, 1)), 0);
	WANT(wait_count(s->fd[1], WAIT_MS), 1);
	MUST(expect_quiet(s));
	close(fd);
	return OK;
}

/* R21 of a cdev */
static enum verdict a_dup_keeps_it(struct state *s)
{
	int fd = open_node(), iommu = open_iommu(), other;

	WANT(bind_to(fd, iommu), 0);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, irq_set_eventfds(&s->buf, MSIX, 0, 1, s->fd)), 0);
	other = dup(fd);
	close(fd);
	WANT(call(other, VFIO_DEVICE_SET_IRQS, irq_set_loopback(&s->buf, MSIX, 0)), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	close(other);
	/* The last close has disabled it: nothing is enabled that could be disabled. */
	fd = open_node();
	WANT(bind_to(fd, iommu), 0);
	WANT(call(fd, VFIO_DEVICE_SET_IRQS, irq_set_disable(&s->buf, MSIX)), -EINVAL);
	close(fd);
	close(iommu);
	return OK;
}

/* R83 */
static enum verdict group_and_cdev_exclude_each_other(struct state *s)
{
	int fd = open_node(), iommu = open_iommu(), by_group;

	WANT(fd < 0 || iommu < 0, 0);
	by_group = open(group, O_RDWR | O_CLOEXEC);
	WANT(by_group < 0, 0);
	WANT(bind_to(fd, iommu), -EBUSY);
	close(by_group);
	WANT(bind_to(fd, iommu), 0);
	WANT(open(group, O_RDWR | O_CLOEXEC) < 0 ? -errno : 0, -EBUSY);
	close(fd);
	by_group = open(group, O_RDWR | O_CLOEXEC);
	WANT(by_group < 0, 0);
	close(by_group);
	close(iommu);
	return OK;
}

/* R84 */
static enum verdict a_groups_fd_cannot_be_bound(struct state *s)
{
	struct vfio_fds fds;
	int iommu = open_iommu(), err;

	err = way_open(&roots, &dev, VFIO_VIA_GROUP, false, &fds, &s->e);
	if (err)
		return fail(s, "%s", s->e.text);
	WANT(bind_to(fds.device, iommu), -EINVAL);
	WANT(attach_to(fds.device, 1), -ENOTTY);
	way_close(&fds);
	close(iommu);
	return OK;
}

static enum verdict open_by(struct state *s, enum vfio_via via, enum vfio_attach attach)
{
	struct vfio_config cfg = {
		.bdf = dev.bdf, .trigger = "ivshmem", .via = via, .attach = attach};

	memset(&s->e, 0, sizeof(s->e));
	if (vfio_open(&cfg, &s->be, &s->e))
		return fail(s, "%s", s->e.text);
	WANT(backend_describe(s->be, &s->desc), 0);
	return OK;
}

static enum verdict doorbell(struct state *s)
{
	WANT(arm(s, MSIX, 0, VECTORS, s->fd), 0);
	WANT(backend_fire(s->be, MSIX, 2), 0);
	WANT(wait_count(s->fd[2], WAIT_MS), 1);
	MUST(expect_quiet(s));
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict backend_by_cdev(struct state *s)
{
	for (int attach = VFIO_ATTACH_NO; attach <= VFIO_ATTACH_YES; attach++) {
		MUST(open_by(s, VFIO_VIA_CDEV, (enum vfio_attach)attach));
		if (strcmp(s->desc.via, "cdev") || !strstr(s->desc.target, ",via=cdev,"))
			return fail(s, "via %s, target %s", s->desc.via, s->desc.target);
		MUST(doorbell(s));
		WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
		MUST(doorbell(s));
		close_device(s);
	}
	return OK;
}

/* An address space that a device is attached to cannot be destroyed; also not after a reopen. */
static enum verdict attached_when_asked(struct state *s)
{
	struct vfio_fds fds;

	if (way_open(&roots, &dev, VFIO_VIA_CDEV, true, &fds, &s->e))
		return fail(s, "%s", s->e.text);
	for (int again = 0; again < 2; again++) {
		struct {
			uint32_t size, id;
		} destroy = {sizeof(destroy), fds.ioas};

		WANT(call(fds.iommufd, _IO(';', 0x80), &destroy), -EBUSY);
		WANT(way_reopen(&roots, &dev, &fds, &s->e), 0);
	}
	way_close(&fds);
	return OK;
}

static enum verdict auto_takes_the_group(struct state *s)
{
	MUST(open_by(s, VFIO_VIA_AUTO, VFIO_ATTACH_AUTO));
	if (strcmp(s->desc.via, "group") || strstr(s->desc.target, "via="))
		return fail(s, "via %s, target %s", s->desc.via, s->desc.target);
	close_device(s);
	return OK;
}

/* The node goes for a moment, as in a container that has the cdev only. */
static enum verdict auto_takes_the_cdev_where_there_is_no_group(struct state *s)
{
	enum verdict v;

	WANT(rename(group, "/dev/vfio/away"), 0);
	v = open_by(s, VFIO_VIA_AUTO, VFIO_ATTACH_AUTO);
	WANT(rename("/dev/vfio/away", group), 0);
	MUST(v);
	if (strcmp(s->desc.via, "cdev"))
		return fail(s, "via %s", s->desc.via);
	close_device(s);
	return OK;
}

/* A process that has opened the device by @via; 0 when it could not. */
static pid_t holder(enum vfio_via via)
{
	struct vfio_fds fds;
	struct errmsg e;
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe(ready))
		return 0;
	pid = fork();
	if (!pid) {
		close(ready[0]);
		if (!way_open(&roots, &dev, via, false, &fds, &e) && write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = 0;
	close(ready[0]);
	return pid;
}

/* Whoever has it, by either way, is named by his node and number to who comes by either way. */
static enum verdict holders_are_named(struct state *s)
{
	for (int held = VFIO_VIA_GROUP; held <= VFIO_VIA_CDEV; held++) {
		const char *path = held == VFIO_VIA_GROUP ? group : node;
		pid_t pid = holder((enum vfio_via)held);
		enum verdict v = OK;
		char words[128];

		WANT(pid > 0, 1);
		snprintf(words, sizeof(words), "%s is in use by process %d", path, (int)pid);
		for (int via = VFIO_VIA_AUTO; v == OK && via <= VFIO_VIA_CDEV; via++) {
			struct vfio_config cfg = {.bdf = dev.bdf, .via = (enum vfio_via)via};

			if (!vfio_open(&cfg, &s->be, &s->e)) {
				close_device(s);
				v = fail(s, "held by %s, opened by %s", way_names[held],
					 way_names[via]);
			} else if (!strstr(s->e.text, words) || s->e.exit != EXIT_ENVIRONMENT) {
				v = fail(s, "held by %s, by %s: %s", way_names[held],
					 way_names[via], s->e.text);
			}
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		MUST(v);
	}
	return OK;
}

static const struct check checks[] = {
	CHECK(find_it),
	CHECK(unbound_answers_nothing),
	CHECK(bind_wants_an_iommufd),
	CHECK(bound_once),
	CHECK(no_space_and_no_iommufd_needed),
	CHECK(a_dup_keeps_it),
	CHECK(group_and_cdev_exclude_each_other),
	CHECK(a_groups_fd_cannot_be_bound),
	CHECK(backend_by_cdev),
	CHECK(attached_when_asked),
	CHECK(auto_takes_the_group),
	CHECK(auto_takes_the_cdev_where_there_is_no_group),
	CHECK(holders_are_named),
	CHECK_END,
};

int main(void)
{
	struct state s;

	state_init(&s);
	for (const struct check *c = checks; c->name; c++) {
		const struct check one[] = {*c, CHECK_END};

		run_checks(one, &s);
	}
	return state_end(&s);
}
