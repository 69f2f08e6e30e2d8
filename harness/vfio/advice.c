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

#include "vfio/advice_parts.h"
#include "vfio/alive.h"
#include "vfio/hostuse.h"
#include "vfio/way.h"

#define IOMMU_ON                                                                                   \
	"enable the IOMMU in the firmware (VT-d, AMD-Vi, SMMU), and boot x86 with intel_iommu=on " \
	"or amd_iommu=on"

#define CONTAINERS "CONFIG_VFIO_CONTAINER=y, or CONFIG_IOMMUFD_VFIO_CONTAINER=y"

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
		advice_set(a, OBSTACLE_HOST_USES, todo, "group not viable: %s", list);
		return;
	}
	advice_set(a, OBSTACLE_NOT_VIABLE,
		   "unbind these from their drivers, if the host can do without them, and bind "
		   "them to "
		   "vfio-pci or to nothing",
		   "group not viable: %s", list);
}

/* The group's node is not there. */
static void no_node(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		    const char *cdev, struct advice *a)
{
	char todo[400];
	struct stat st;

	if (advice_exists(r->dev, "/vfio/noiommu-", dev->group) ||
	    advice_exists(r->sysfs, "/class/vfio/noiommu-", dev->group)) {
		advice_set(a, OBSTACLE_NO_IOMMU,
			   "VFIO without an IOMMU is not supported: " IOMMU_ON,
			   "no %.100s: VFIO has the device in no-IOMMU mode, as noiommu-%s", path,
			   dev->group);
		return;
	}
	/* sysfs is the host's in a container, too: the group's own node is there, or not. */
	if (advice_exists(r->sysfs, "/class/vfio/", dev->group)) {
		snprintf(todo, sizeof(todo),
			 "the kernel has it, this container does not: start it with --device "
			 "%.100s --device %.100s/vfio/vfio%s",
			 path, r->dev,
			 *cdev && !stat(cdev, &st) ? ", or with --device /dev/iommu beside the "
						     "cdev that is there"
						   : "");
		advice_set(a, OBSTACLE_NO_NODE, todo, "no %.100s", path);
		return;
	}
	if (*cdev && !stat(cdev, &st)) {
		advice_set(
			a, OBSTACLE_CDEV_ONLY,
			advice_exists(r->sysfs, "/class", "")
				? "this kernel has no groups (CONFIG_VFIO_GROUP=y): open the "
				  "device by its cdev, with via=cdev or without via"
				: "open the device by its cdev, with via=cdev or without via; or "
				  "pass the node of the group in where a container has only "
				  "the cdev",
			"no %.100s, only %.100s", path, cdev);
		return;
	}
	snprintf(
		todo, sizeof(todo),
		"in a container, start it with --device %.100s --device %.100s/vfio/vfio; else see "
		"why udev or devtmpfs did not make it (dmesg)",
		path, r->dev);
	advice_set(a, OBSTACLE_NO_NODE, todo,
		   "no %.100s, though %s is in IOMMU group %s and %s has it", path, dev->bdf,
		   dev->group, *dev->driver ? dev->driver : "VFIO");
}

/* The holder may have the device itself by its cdev, or a neighbour in the group. */
static void busy(const struct vfio_roots *r, const struct pci_device *dev, const char *path,
		 struct advice *a)
{
	char held[PATH_MAX];
	pid_t pid = advice_group_holder(r, dev, held, sizeof(held));

	advice_busy(r, dev, pid ? held : path, pid, a);
}

void advice_node(const struct vfio_roots *r, const struct pci_device *dev, int err,
		 struct advice *a)
{
	char path[PATH_MAX], cdev[PATH_MAX] = "";

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	if (*dev->cdev)
		snprintf(cdev, sizeof(cdev), "%s/vfio/devices/%s", r->dev, dev->cdev);
	if (advice_not_allowed(path, err, a))
		return;
	if (err == EBUSY)
		busy(r, dev, path, a);
	else if (err == ENOENT)
		no_node(r, dev, path, cdev, a);
	else
		advice_set(a, OBSTACLE_NO_NODE, "dmesg may say why", "cannot open %.100s: %s", path,
			   strerror(err));
}

void advice_container(const struct vfio_roots *r, int err, struct advice *a)
{
	char path[PATH_MAX], todo[400];

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/vfio/vfio", r->dev);
	if (advice_not_allowed(path, err, a))
		return;
	if (err == ENOENT && advice_exists(r->sysfs, "/class/misc/vfio", "")) {
		advice_not_passed_in(path, "and with the node of the device's group", a);
		return;
	}
	if (err == ENOENT && advice_exists(r->dev, "/vfio/devices", "")) {
		if (advice_exists(r->sysfs, "/class/misc", ""))
			snprintf(todo, sizeof(todo),
				 "groups need a container, which this kernel lacks (" CONTAINERS
				 "): open the device by its cdev, with via=cdev or without via");
		else
			snprintf(todo, sizeof(todo),
				 "open the device by its cdev, with via=cdev or without via; or "
				 "pass %.100s and the node of the group in where a container has "
				 "only the cdev; else the kernel needs " CONTAINERS,
				 path);
		advice_set(a, OBSTACLE_CDEV_ONLY, todo, "no %.100s, only %s/vfio/devices", path,
			   r->dev);
		return;
	}
	/* ENODEV and ENXIO: a node that udev made in advance, with no module behind it. */
	advice_set(
		a, OBSTACLE_NO_NODE,
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
		advice_set(
			a, OBSTACLE_REFUSED,
			"interrupt remapping is not why, VFIO goes on without here: the firmware "
			"may reserve memory for the device (RMRR), dmesg says so; use another "
			"device",
			"the IOMMU refuses group %s", dev->group);
	else
		advice_set(
			a, OBSTACLE_REFUSED,
			"most often for want of interrupt remapping (dmesg says \"No interrupt "
			"remapping\"; else the firmware reserves memory for the device, RMRR): "
			"enable it (firmware, or intremap=on in QEMU, its=on for arm64), or "
			"accept, on a test machine, that a device can raise any interrupt of the "
			"host: vfio_iommu_type1.allow_unsafe_interrupts=1 on the kernel command "
			"line",
			"VFIO refuses IOMMU group %s", dev->group);
}

/* Doctor names the device itself. */
static void gone(struct advice *a, const char *bdf)
{
	advice_set(a, OBSTACLE_GONE,
		   "it is in D3cold, was lost by a reset, or was taken away: boot with "
		   "vfio-pci.disable_idle_d3=1, or cold",
		   "%s%sdoes not answer: its configuration space reads all ones", bdf,
		   *bdf ? " " : "");
}

/* Past its group: somebody got to its cdev in between. */
static void busy_device(const struct vfio_roots *r, const struct pci_device *dev, struct advice *a)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev,
		 *dev->cdev ? dev->cdev : "vfioN");
	advice_busy(r, dev, path, advice_holder(path), a);
}

void advice_no_device(const struct vfio_roots *r, const struct pci_device *dev, int err,
		      struct advice *a)
{
	struct errmsg e;

	memset(a, 0, sizeof(*a));
	if (advice_out_of_fds(dev->bdf, err, a))
		return;
	if (err == ENODEV)
		advice_set(a, OBSTACLE_REFUSED, "was it just unbound?",
			   "IOMMU group %s has no VFIO device %s (any more)", dev->group, dev->bdf);
	else if (err == EBUSY)
		busy_device(r, dev, a);
	else if (err == EACCES)
		advice_set(a, OBSTACLE_REFUSED,
			   "its physical function is VFIO's as well: bind that one to its host "
			   "driver, or use another device",
			   "%s wants a VF token", dev->bdf);
	else if (alive_sysfs(r, dev->bdf, &e))
		gone(a, dev->bdf);
	else
		advice_does_not_open(r, dev, "group", err, a);
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
		advice_set(a, OBSTACLE_NO_GROUP,
			   "the machine has an IOMMU that does not cover this device (firmware, or "
			   "intel_iommu=igfx_off and the like): use another device",
			   "%s is in no IOMMU group, others are", dev->bdf);
	else
		advice_set(a, OBSTACLE_NO_GROUP, IOMMU_ON,
			   "%s is in no IOMMU group: the machine has no IOMMU, or it is off",
			   dev->bdf);
}

/* The nodes of the way that is gone, as they are for this user. */
static void look_at_nodes(const struct vfio_roots *r, const struct pci_device *dev,
			  struct advice *a)
{
	char path[PATH_MAX];

	if (way_choose(r, dev) == VFIO_VIA_CDEV) {
		snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev, dev->cdev);
		if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
			advice_cdev_node(r, dev, errno, a);
		snprintf(path, sizeof(path), "%s/iommu", r->dev);
		if (!a->obstacle && faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
			advice_iommufd(r, errno, a);
		return;
	}
	snprintf(path, sizeof(path), "%s/vfio/%s", r->dev, dev->group);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
		advice_node(r, dev, errno, a);
}

/* Whoever has it, by whichever way, keeps everybody else from it by both. */
static void look_at_holders(const struct vfio_roots *r, const struct pci_device *dev,
			    struct advice *a)
{
	char path[PATH_MAX];
	pid_t pid = advice_group_holder(r, dev, path, sizeof(path));

	if (pid)
		advice_busy(r, dev, path, pid, a);
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
		look_at_nodes(r, dev, a);
	if (!a->obstacle)
		look_at_holders(r, dev, a);
	if (!a->obstacle && !pci_can_interrupt(r, dev))
		advice_set(a, OBSTACLE_NO_INTERRUPT, "use another device",
			   "has no interrupt: no pin, no MSI, no MSI-X");
}
