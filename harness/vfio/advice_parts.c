/* SPDX-License-Identifier: MIT */
#include "vfio/advice_parts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void advice_set(struct advice *a, enum obstacle obstacle, const char *todo, const char *fmt, ...)
{
	va_list ap;

	a->obstacle = obstacle;
	snprintf(a->todo, sizeof(a->todo), "%s", todo);
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

bool advice_exists(const char *root, const char *leaf, const char *name)
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

pid_t advice_holder(const char *path)
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

bool advice_out_of_fds(const char *path, int err, struct advice *a)
{
	if (err != EMFILE && err != ENFILE)
		return false;
	advice_set(a, OBSTACLE_NO_PERMISSION, "raise the limit on open files (ulimit -n)",
		   "cannot open %.100s: %s", path, strerror(err));
	return true;
}

bool advice_not_allowed(const char *path, int err, struct advice *a)
{
	char todo[400];

	if (err != EACCES && err != EPERM)
		return advice_out_of_fds(path, err, a);
	/* Modes and owners give EACCES; a container's rule for devices EPERM. */
	if (err == EPERM)
		snprintf(todo, sizeof(todo),
			 "this container may not use the node: start it with --device %.100s",
			 path);
	else
		snprintf(todo, sizeof(todo),
			 "run as root, or give it to the user: chown USER %.100s, for good by a "
			 "udev rule: SUBSYSTEM==\"vfio\", OWNER=\"USER\"",
			 path);
	advice_set(a, OBSTACLE_NO_PERMISSION, todo, "cannot open %.100s: %s", path, strerror(err));
	return true;
}

void advice_not_passed_in(const char *path, const char *also, struct advice *a)
{
	char todo[400];

	snprintf(todo, sizeof(todo),
		 "the kernel has it, this container does not: start it with --device %.100s, %s",
		 path, also);
	advice_set(a, OBSTACLE_NO_NODE, todo, "no %.100s", path);
}

void advice_does_not_open(const struct vfio_roots *r, const struct pci_device *dev, const char *way,
			  int err, struct advice *a)
{
	char state[16];

	pci_power_state(r, dev->bdf, state, sizeof(state));
	if (*state && strcmp(state, "D0"))
		advice_set(a, OBSTACLE_ASLEEP,
			   "it does not wake: vfio-pci.disable_idle_d3=1 on the kernel command "
			   "line keeps "
			   "it awake, a cold boot brings it back",
			   "cannot open %s through its %s: %s, and its power_state is %s", dev->bdf,
			   way, strerror(err), state);
	else if (*state)
		advice_set(a, OBSTACLE_REFUSED, "dmesg may say why: a reset that fails, for one",
			   "cannot open %s through its %s: %s (it is awake, power_state D0)",
			   dev->bdf, way, strerror(err));
	else
		advice_set(a, OBSTACLE_REFUSED,
			   "dmesg may say why: a reset that fails, or a device that does not leave "
			   "D3, "
			   "which vfio-pci.disable_idle_d3=1 on the kernel command line avoids",
			   "cannot open %s through its %s: %s", dev->bdf, way, strerror(err));
}

/* The cdevs of the devices of @dev's group, one after the other. */
static pid_t cdev_holder(const struct vfio_roots *r, const struct pci_device *dev, char *path,
			 size_t size)
{
	struct pci_device *group = NULL;
	pid_t pid = 0;
	size_t n = 0;

	if (pci_list(r, dev, &group, &n))
		n = 0;
	for (size_t i = 0; i < n && !pid; i++) {
		if (!*group[i].cdev)
			continue;
		snprintf(path, size, "%s/vfio/devices/%s", r->dev, group[i].cdev);
		pid = advice_holder(path);
	}
	free(group);
	return pid;
}

pid_t advice_group_holder(const struct vfio_roots *r, const struct pci_device *dev, char *path,
			  size_t size)
{
	pid_t pid;

	/* Its own cdev before those of its neighbours. */
	if (*dev->cdev) {
		snprintf(path, size, "%s/vfio/devices/%s", r->dev, dev->cdev);
		pid = advice_holder(path);
		if (pid)
			return pid;
	}
	snprintf(path, size, "%s/vfio/%s", r->dev, dev->group);
	pid = advice_holder(path);
	if (!pid)
		pid = cdev_holder(r, dev, path, size);
	if (!pid)
		*path = '\0';
	return pid;
}

void advice_busy(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		 pid_t pid, struct advice *a)
{
	char todo[400], cdev[128] = "";

	if (pid) {
		advice_set(a, OBSTACLE_BUSY, "stop it first",
			   "%.100s is in use by %sprocess %d (a device has one user)", path,
			   pid == getpid() ? "this very " : "", (int)pid);
		return;
	}
	if (*dev->cdev)
		snprintf(cdev, sizeof(cdev), " %.80s/vfio/devices/%s", r->dev, dev->cdev);
	snprintf(todo, sizeof(todo), "stop it; as root, fuser -v %.80s/vfio/%s%s names it", r->dev,
		 dev->group, cdev);
	advice_set(a, OBSTACLE_BUSY, todo,
		   "%.100s is in use by another process (a device has one user, by its group or "
		   "by its cdev)",
		   path);
}
