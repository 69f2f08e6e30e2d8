/* SPDX-License-Identifier: MIT */
#include "vfio/advice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio/alive.h"
#include "vfio/hostuse.h"

#define IOMMU_ON                                                                                   \
	"enable the IOMMU in the firmware (VT-d, AMD-Vi, SMMU), and boot x86 with intel_iommu=on " \
	"or amd_iommu=on"

#define CONTAINERS "CONFIG_VFIO_CONTAINER=y, or CONFIG_IOMMUFD_VFIO_CONTAINER=y"

__attribute__((format(printf, 4, 5))) static void set(struct advice *a, enum obstacle obstacle,
						      const char *todo, const char *fmt, ...)
{
	va_list ap;

	a->obstacle = obstacle;
	snprintf(a->todo, sizeof(a->todo), "%s", todo);
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

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

/* "e1000e has 0000:00:04.1, ..." of the members in the way; @uses: of one that the host needs. */
static void list_members(const struct vfio_roots *r, const struct pci_device *dev, char *list,
			 size_t size, char *uses, size_t uses_size)
{
	struct pci_device *group = NULL;
	char what[100];
	size_t n = 0, len = 0;

	*list = *uses = '\0';
	if (pci_list(r, dev, &group, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (pci_lets_vfio(&group[i]))
			continue;
		if (len < size)
			len += (size_t)snprintf(list + len, size - len, "%s%s has %s",
						len ? ", " : "", group[i].driver, group[i].bdf);
		if (!*uses && hostuse_find(r, &group[i], what, sizeof(what)))
			snprintf(uses, uses_size, "%s: %s", group[i].bdf, what);
	}
	free(group);
}

void advice_group(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	char list[240], uses[128], todo[400];

	memset(a, 0, sizeof(*a));
	list_members(r, dev, list, sizeof(list), uses, sizeof(uses));
	if (!*list)
		return;
	if (*uses) {
		snprintf(todo, sizeof(todo),
			 "leave its group alone, the host needs it (%s): taking that away would "
			 "stop the host; use a device of another group (another slot may have its "
			 "own), or irqstorm guest",
			 uses);
		set(a, OBSTACLE_HOST_USES, todo, "group not viable: %s", list);
		return;
	}
	set(a, OBSTACLE_NOT_VIABLE,
	    "unbind these from their drivers, if the host can do without them, and bind them to "
	    "vfio-pci or to nothing",
	    "group not viable: %s", list);
}

static void no_permission(const char *path, int err, struct advice *a)
{
	char todo[400];

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
	set(a, OBSTACLE_NO_PERMISSION, todo, "cannot open %.100s: %s", path, strerror(err));
}

static void out_of_fds(const char *path, int err, struct advice *a)
{
	set(a, OBSTACLE_NO_PERMISSION, "raise the limit on open files (ulimit -n)",
	    "cannot open %.100s: %s", path, strerror(err));
}

static void busy(const char *path, const char *cdev, struct advice *a)
{
	pid_t pid = advice_holder(path);
	const char *held = path;
	char todo[400];

	if (!pid && *cdev) {
		pid = advice_holder(cdev);
		held = pid ? cdev : path;
	}
	if (pid) {
		set(a, OBSTACLE_BUSY, "stop it first",
		    "%.100s is in use by %sprocess %d (a device has one user)", held,
		    pid == getpid() ? "this very " : "", (int)pid);
		return;
	}
	snprintf(todo, sizeof(todo), "stop it; as root, fuser -v %.100s %.100s names it", path,
		 cdev);
	set(a, OBSTACLE_BUSY, todo,
	    "%.100s is in use by another process (a device has one user, by its group or by its "
	    "cdev)",
	    path);
}

/* The group's node is not there. */
static void no_node(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		    const char *cdev, struct advice *a)
{
	char todo[400];
	struct stat st;

	if (exists(r->dev, "/vfio/noiommu-", dev->group) ||
	    exists(r->sysfs, "/class/vfio/noiommu-", dev->group)) {
		set(a, OBSTACLE_NO_IOMMU, "VFIO without an IOMMU is not supported: " IOMMU_ON,
		    "no %.100s: VFIO has the device in no-IOMMU mode, as noiommu-%s", path,
		    dev->group);
		return;
	}
	/* sysfs is the host's in a container, too: the group's own node is there, or not. */
	if (exists(r->sysfs, "/class/vfio/", dev->group)) {
		snprintf(todo, sizeof(todo),
			 "the kernel has it, this container does not: start it with --device "
			 "%.100s --device %.100s/vfio/vfio%s",
			 path, r->dev,
			 *cdev && !stat(cdev, &st) ? " (irqstorm goes by groups, the cdev that is "
						     "there does not do)"
						   : "");
		set(a, *cdev && !stat(cdev, &st) ? OBSTACLE_CDEV_ONLY : OBSTACLE_NO_NODE, todo,
		    "no %.100s", path);
		return;
	}
	if (*cdev && !stat(cdev, &st)) {
		set(a, OBSTACLE_CDEV_ONLY,
		    exists(r->sysfs, "/class", "")
			    ? "irqstorm goes by groups, which this kernel lacks: it needs "
			      "CONFIG_VFIO_GROUP=y"
			    : "irqstorm goes by groups: pass the node of the group in where a "
			      "container has only the cdev; else the kernel needs "
			      "CONFIG_VFIO_GROUP=y",
		    "no %.100s, only %.100s", path, cdev);
		return;
	}
	snprintf(
		todo, sizeof(todo),
		"in a container, start it with --device %.100s --device %.100s/vfio/vfio; else see "
		"why udev or devtmpfs did not make it (dmesg)",
		path, r->dev);
	set(a, OBSTACLE_NO_NODE, todo, "no %.100s, though %s is in IOMMU group %s and %s has it",
	    path, dev->bdf, dev->group, *dev->driver ? dev->driver : "VFIO");
}

void advice_node(const struct vfio_roots *r, const struct pci_device *dev, int err,
		 struct advice *a)
{
	char path[PATH_MAX], cdev[PATH_MAX] = "";

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	if (*dev->cdev)
		snprintf(cdev, sizeof(cdev), "%s/vfio/devices/%s", r->dev, dev->cdev);
	if (err == EACCES || err == EPERM)
		no_permission(path, err, a);
	else if (err == EMFILE || err == ENFILE)
		out_of_fds(path, err, a);
	else if (err == EBUSY)
		busy(path, cdev, a);
	else if (err == ENOENT)
		no_node(r, dev, path, cdev, a);
	else
		set(a, OBSTACLE_NO_NODE, "dmesg may say why", "cannot open %.100s: %s", path,
		    strerror(err));
}

void advice_container(const struct vfio_roots *r, int err, struct advice *a)
{
	char path[PATH_MAX], todo[400];

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/vfio/vfio", r->dev);
	if (err == EACCES || err == EPERM) {
		no_permission(path, err, a);
		return;
	}
	if (err == EMFILE || err == ENFILE) {
		out_of_fds(path, err, a);
		return;
	}
	if (err == ENOENT && exists(r->sysfs, "/class/misc/vfio", "")) {
		snprintf(todo, sizeof(todo),
			 "the kernel has it, this container does not: start it with --device "
			 "%.100s, and with the node of the device's group",
			 path);
		set(a, OBSTACLE_NO_NODE, todo, "no %.100s", path);
		return;
	}
	if (err == ENOENT && exists(r->dev, "/vfio/devices", "")) {
		if (exists(r->sysfs, "/class/misc", ""))
			snprintf(todo, sizeof(todo),
				 "irqstorm goes by groups and their container, which this kernel "
				 "lacks: it needs " CONTAINERS);
		else
			snprintf(todo, sizeof(todo),
				 "irqstorm goes by groups and their container: pass %.100s and the "
				 "node of the group in where a container has only the cdev; else "
				 "the kernel needs " CONTAINERS,
				 path);
		set(a, OBSTACLE_CDEV_ONLY, todo, "no %.100s, only %s/vfio/devices", path, r->dev);
		return;
	}
	/* ENODEV and ENXIO: a node that udev made in advance, with no module behind it. */
	set(a, OBSTACLE_NO_NODE,
	    "the kernel runs without VFIO; as root: modprobe vfio-pci (in a container: on the "
	    "host, then pass the node in)",
	    "cannot open %.100s: %s", path, strerror(err));
}

/* Type1 refuses a group for want of interrupt remapping, the IOMMU driver for reserved memory. */
void advice_refused(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	char path[PATH_MAX], allowed = 'N';
	FILE *f;

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path),
		 "%s/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", r->sysfs);
	f = fopen(path, "re");
	if (f && fread(&allowed, 1, 1, f) != 1)
		allowed = 'N';
	if (f)
		fclose(f);
	if (allowed == 'Y')
		set(a, OBSTACLE_REFUSED,
		    "interrupt remapping is not why, VFIO goes on without here: the firmware may "
		    "reserve memory for the device (RMRR), dmesg says so; use another device",
		    "the IOMMU refuses group %s", dev->group);
	else
		set(a, OBSTACLE_REFUSED,
		    "most often for want of interrupt remapping (dmesg says \"No interrupt "
		    "remapping\"; else the firmware reserves memory for the device, RMRR): enable "
		    "it (firmware, or intremap=on in QEMU), or accept, on a test machine, that a "
		    "device can raise any interrupt of the host: "
		    "vfio_iommu_type1.allow_unsafe_interrupts=1 on the kernel command line",
		    "VFIO refuses IOMMU group %s", dev->group);
}

/* Doctor names the device itself. */
static void gone(struct advice *a, const char *bdf)
{
	set(a, OBSTACLE_GONE,
	    "it is in D3cold, was lost by a reset, or was taken away: boot with "
	    "vfio-pci.disable_idle_d3=1, or cold",
	    "%s%sdoes not answer: its configuration space reads all ones", bdf, *bdf ? " " : "");
}

static void does_not_open(const struct vfio_roots *r, const struct pci_device *dev, int err,
			  struct advice *a)
{
	char state[16];

	pci_power_state(r, dev->bdf, state, sizeof(state));
	if (*state && strcmp(state, "D0"))
		set(a, OBSTACLE_ASLEEP,
		    "it does not wake: vfio-pci.disable_idle_d3=1 on the kernel command line keeps "
		    "it awake, a cold boot brings it back",
		    "cannot open %s through its group: %s, and its power_state is %s", dev->bdf,
		    strerror(err), state);
	else if (*state)
		set(a, OBSTACLE_REFUSED, "dmesg may say why: a reset that fails, for one",
		    "cannot open %s through its group: %s (it is awake, power_state D0)", dev->bdf,
		    strerror(err));
	else
		set(a, OBSTACLE_REFUSED,
		    "dmesg may say why: a reset that fails, or a device that does not leave D3, "
		    "which vfio-pci.disable_idle_d3=1 on the kernel command line avoids",
		    "cannot open %s through its group: %s", dev->bdf, strerror(err));
}

void advice_no_device(const struct vfio_roots *r, const struct pci_device *dev, int err,
		      struct advice *a)
{
	struct errmsg e;

	memset(a, 0, sizeof(*a));
	if (err == EMFILE || err == ENFILE)
		out_of_fds(dev->bdf, err, a);
	else if (err == ENODEV)
		set(a, OBSTACLE_REFUSED, "was it just unbound?",
		    "IOMMU group %s has no VFIO device %s (any more)", dev->group, dev->bdf);
	else if (err == EBUSY)
		set(a, OBSTACLE_BUSY, "stop who has it; as root, fuser -v names it",
		    "%s is open by its cdev, %s/vfio/devices/%s", dev->bdf, r->dev,
		    *dev->cdev ? dev->cdev : "vfioN");
	else if (err == EACCES)
		set(a, OBSTACLE_REFUSED,
		    "its physical function is VFIO's as well: bind that one to its host driver, or "
		    "use another device",
		    "%s wants a VF token", dev->bdf);
	else if (alive_sysfs(r, dev->bdf, &e))
		gone(a, dev->bdf);
	else
		does_not_open(r, dev, err, a);
}

static bool any_group(const struct vfio_roots *r)
{
	char path[PATH_MAX];
	struct dirent *d;
	bool any = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/kernel/iommu_groups", r->sysfs);
	dir = opendir(path);
	while (dir && !any && (d = readdir(dir)))
		any = d->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return any;
}

void advice_no_group(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	memset(a, 0, sizeof(*a));
	if (any_group(r))
		set(a, OBSTACLE_NO_GROUP,
		    "the machine has an IOMMU that does not cover this device (firmware, or "
		    "intel_iommu=igfx_off and the like): use another device",
		    "%s is in no IOMMU group, others are", dev->bdf);
	else
		set(a, OBSTACLE_NO_GROUP, IOMMU_ON,
		    "%s is in no IOMMU group: the machine has no IOMMU, or it is off", dev->bdf);
}

/* The group's node as it is for this user, and who has it. */
static void look_at_node(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	char path[PATH_MAX], cdev[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS)) {
		advice_node(r, dev, errno, a);
		return;
	}
	snprintf(cdev, sizeof(cdev), "%s/vfio/devices/%s", r->dev, dev->cdev);
	if (advice_holder(path) || (*dev->cdev && advice_holder(cdev)))
		advice_node(r, dev, EBUSY, a);
}

void advice_device(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	struct errmsg e;

	memset(a, 0, sizeof(*a));
	if (!*dev->group) {
		advice_no_group(r, dev, a);
		return;
	}
	if (alive_sysfs(r, dev->bdf, &e)) {
		gone(a, "");
		return;
	}
	advice_group(r, dev, a);
	if (!a->obstacle)
		look_at_node(r, dev, a);
	if (!a->obstacle && !pci_can_interrupt(r, dev))
		set(a, OBSTACLE_NO_INTERRUPT, "use another device",
		    "has no interrupt: no pin, no MSI, no MSI-X");
}
