/* SPDX-License-Identifier: MIT */
#include "vfio/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio/find.h"

static bool exists(const char *root, const char *leaf, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", root, leaf, name);
	return !stat(path, &st);
}

static bool holds(const char *pid, const char *path)
{
	char dir[64], to[PATH_MAX];
	bool found = false;
	struct dirent *d;
	DIR *fds;

	snprintf(dir, sizeof(dir), "/proc/%.16s/fd", pid);
	fds = opendir(dir);
	if (!fds)
		return false;
	while (!found && (d = readdir(fds))) {
		/* The link's text, not the file behind it: a stat could hang on a dead server. */
		ssize_t len = readlinkat(dirfd(fds), d->d_name, to, sizeof(to) - 1);

		to[len > 0 ? len : 0] = '\0';
		found = !strcmp(to, path);
	}
	closedir(fds);
	return found;
}

pid_t group_holder(const char *path)
{
	char real[PATH_MAX];
	struct dirent *d;
	pid_t pid = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc || !realpath(path, real))
		goto out;
	while (!pid && (d = readdir(proc))) {
		int n = atoi(d->d_name);

		if (n > 0 && holds(d->d_name, real))
			pid = n;
	}
out:
	if (proc)
		closedir(proc);
	return pid;
}

static int no_permission(const char *path, int err, struct errmsg *e)
{
	return errmsg_set(
		e, -err, EXIT_ENVIRONMENT,
		"cannot open %s: %s; run as root, or give it to the user: chown USER %s, for good "
		"by a udev rule: SUBSYSTEM==\"vfio\", OWNER=\"USER\"",
		path, strerror(err), path);
}

static int out_of_fds(const char *path, int err, struct errmsg *e)
{
	return errmsg_set(e, -err, EXIT_ENVIRONMENT,
			  "cannot open %s: %s; raise the limit on open files (ulimit -n)", path,
			  strerror(err));
}

static int open_container(const struct vfio_roots *r, int *fd, struct errmsg *e)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/vfio/vfio", r->dev);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	if (err == EACCES || err == EPERM)
		return no_permission(path, err, e);
	if (err == EMFILE || err == ENFILE)
		return out_of_fds(path, err, e);
	if (exists(r->dev, "/vfio/devices", ""))
		return errmsg_set(
			e, -err, EXIT_ENVIRONMENT,
			"cannot open %s: %s; this kernel has VFIO by iommufd only, which is not "
			"supported: use one with CONFIG_VFIO_CONTAINER=y",
			path, strerror(err));
	/* ENODEV and ENXIO: a node that udev made in advance, with no module behind it. */
	return errmsg_set(
		e, -err, EXIT_ENVIRONMENT,
		"cannot open %s: %s: the kernel runs without VFIO; as root: modprobe vfio-pci",
		path, strerror(err));
}

static int group_busy(const char *path, struct errmsg *e)
{
	pid_t pid = group_holder(path);

	if (!pid)
		return errmsg_set(
			e, -EBUSY, EXIT_ENVIRONMENT,
			"%s is in use by another process (a group has one opener); stop it: "
			"as root, fuser -v %s names it",
			path, path);
	return errmsg_set(e, -EBUSY, EXIT_ENVIRONMENT,
			  "%s is in use by %sprocess %d (a group has one opener); stop it first",
			  path, pid == getpid() ? "this very " : "", (int)pid);
}

static int open_group(const struct vfio_roots *r, const struct pci_device *dev, int *fd,
		      struct errmsg *e)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	err = errno;
	if (err == EACCES || err == EPERM)
		return no_permission(path, err, e);
	if (err == EMFILE || err == ENFILE)
		return out_of_fds(path, err, e);
	if (err == EBUSY)
		return group_busy(path, e);
	if (err == ENOENT && exists(r->dev, "/vfio/noiommu-", dev->group))
		return errmsg_set(e, -err, EXIT_ENVIRONMENT,
				  "%s has only %s/vfio/noiommu-%s: VFIO without an IOMMU is not "
				  "supported; boot "
				  "with intel_iommu=on or amd_iommu=on",
				  dev->bdf, r->dev, dev->group);
	if (err == ENOENT)
		return errmsg_set(e, -err, EXIT_ENVIRONMENT,
				  "no %s, though %s is in IOMMU group %s and bound to %s; in a "
				  "container, pass "
				  "the node in; else bind the device anew",
				  path, dev->bdf, dev->group, dev->driver);
	return errmsg_set(e, -err, EXIT_ENVIRONMENT, "cannot open %s: %s", path, strerror(err));
}

static int check_container(const struct vfio_roots *r, int fd, int *type, struct errmsg *e)
{
	static const int types[] = {VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU};
	int version = ioctl(fd, VFIO_GET_API_VERSION);

	if (version < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "%s/vfio/vfio does not answer as VFIO: %s; what is that file?",
				  r->dev, strerror(errno));
	if (version != VFIO_API_VERSION)
		return errmsg_set(e, -EPROTO, EXIT_ENVIRONMENT,
				  "the kernel's VFIO API is version %d, irqstorm knows %d", version,
				  VFIO_API_VERSION);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ioctl(fd, VFIO_CHECK_EXTENSION, types[i]) > 0) {
			*type = types[i];
			return 0;
		}
	}
	return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
			  "VFIO has no Type1 IOMMU driver; as root: modprobe vfio_iommu_type1");
}

static int check_viable(const struct vfio_roots *r, const struct pci_device *dev, int fd,
			struct errmsg *e)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	struct pci_device *devs;
	char others[512];
	size_t n;

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "%s/vfio/%s does not answer as a VFIO group: %s", r->dev,
				  dev->group, strerror(errno));
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	pci_list(r, dev, &devs, &n);
	find_format(devs, n, dev, others, sizeof(others));
	free(devs);
	return errmsg_set(
		e, -EPERM, EXIT_ENVIRONMENT,
		"IOMMU group %s of %s is not viable: a host driver still has a device of it; bind "
		"all of these to vfio-pci or to nothing: %s",
		dev->group, dev->bdf, others);
}

static int attach(const struct pci_device *dev, struct vfio_fds *fds, int type, struct errmsg *e)
{
	int err;

	if (ioctl(fds->group, VFIO_GROUP_SET_CONTAINER, &fds->container))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "cannot put IOMMU group %s into a container: %s", dev->group,
				  strerror(errno));
	if (!ioctl(fds->container, VFIO_SET_IOMMU, type))
		return 0;
	err = errno;
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
	if (err == EPERM)
		return errmsg_set(
			e, -err, EXIT_ENVIRONMENT,
			"VFIO refuses IOMMU group %s: no interrupt remapping; enable it (firmware, "
			"or "
			"intremap=on in QEMU), or accept the risk: "
			"vfio_iommu_type1.allow_unsafe_interrupts=1 on the kernel command line",
			dev->group);
	return errmsg_set(e, -err, EXIT_ENVIRONMENT,
			  "cannot attach IOMMU group %s to the IOMMU: %s; dmesg may say why",
			  dev->group, strerror(err));
}

static int get_device(const struct pci_device *dev, struct vfio_fds *fds, struct errmsg *e)
{
	int err;

	fds->device = ioctl(fds->group, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	if (fds->device >= 0)
		return 0;
	err = errno;
	if (err == EMFILE || err == ENFILE)
		return out_of_fds(dev->bdf, err, e);
	if (err == ENODEV)
		return errmsg_set(
			e, -err, EXIT_ENVIRONMENT,
			"IOMMU group %s has no VFIO device %s (any more); was it just unbound?",
			dev->group, dev->bdf);
	return errmsg_set(
		e, -err, EXIT_ENVIRONMENT,
		"cannot open %s through its group: %s; dmesg may say why (a device that does not "
		"leave D3, fails its reset, or is open by /dev/vfio/devices)",
		dev->bdf, strerror(err));
}

int group_open(const struct vfio_roots *r, const struct pci_device *dev, struct vfio_fds *fds,
	       struct errmsg *e)
{
	int err, type = 0;

	err = open_container(r, &fds->container, e);
	if (err)
		return err;
	err = open_group(r, dev, &fds->group, e);
	if (err)
		goto err_container;
	err = check_container(r, fds->container, &type, e);
	if (err)
		goto err_group;
	err = check_viable(r, dev, fds->group, e);
	if (err)
		goto err_group;
	err = attach(dev, fds, type, e);
	if (err)
		goto err_group;
	err = get_device(dev, fds, e);
	if (err)
		goto err_attached;
	return 0;

err_attached:
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
err_group:
	close(fds->group);
err_container:
	close(fds->container);
	return err;
}

int group_reopen(const struct pci_device *dev, struct vfio_fds *fds, struct errmsg *e)
{
	if (fds->device >= 0)
		close(fds->device);
	return get_device(dev, fds, e);
}

void group_close(struct vfio_fds *fds)
{
	if (fds->device >= 0)
		close(fds->device);
	ioctl(fds->group, VFIO_GROUP_UNSET_CONTAINER);
	close(fds->group);
	close(fds->container);
}
