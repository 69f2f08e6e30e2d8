/* SPDX-License-Identifier: MIT */
/* What a device of this machine needs: an IOMMU, VFIO, and the device's group in its hands. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/checks.h"
#include "support/units.h"
#include "vfio/sysfs.h"

#define GROUPS "/sys/kernel/iommu_groups"
#define UNSAFE "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int count_entries(const struct doctor *d, const char *path)
{
	char dir[PATH_MAX];
	struct dirent **names;
	int n = scandir(place(d, path, dir), &names, not_hidden, NULL);

	for (int i = 0; i < n; i++)
		free(names[i]);
	if (n >= 0)
		free(names);
	return n > 0 ? n : 0;
}

void look_groups(struct doctor *d, struct doctor_line *l)
{
	int n = count_entries(d, GROUPS);

	if (n)
		say(l, DOCTOR_OK, NULL, "%d", n);
	else
		say(l, DOCTOR_NO,
		    "VFIO cannot take a device; enable VT-d or AMD-Vi in the firmware and boot "
		    "with intel_iommu=on or amd_iommu=on (a virtual machine needs a virtual IOMMU)",
		    "none: no IOMMU is in use");
}

static bool unsafe_allowed(const struct doctor *d)
{
	char value[8];

	return !first_line(d, UNSAFE, value, sizeof(value)) && *value == 'Y';
}

/* Interrupt controllers' names in /proc/interrupts: IR-... of x86, ITS of arm64. */
static const char *remapping(const struct doctor *d)
{
	char path[PATH_MAX], line[4096];
	const char *found = NULL;
	FILE *f = fopen(place(d, "/proc/interrupts", path), "re");

	if (!f)
		return NULL;
	while (!found && fgets(line, sizeof(line), f)) {
		if (strstr(line, " IR-"))
			found = "by the IOMMU (IR-...)";
		else if (strstr(line, " ITS-"))
			found = "by the GIC's ITS";
	}
	fclose(f);
	return found;
}

void look_remapping(struct doctor *d, struct doctor_line *l)
{
	const char *found = remapping(d);

	if (found)
		say(l, DOCTOR_OK, NULL, "%s", found);
	else if (unsafe_allowed(d))
		say(l, DOCTOR_NOTE, "VFIO was told to go on without; MSI has one vector at most",
		    "none: no interrupt of /proc/interrupts goes through it");
	else
		say(l, DOCTOR_NO,
		    "VFIO refuses devices; enable it in the firmware, or accept the risk: "
		    "vfio_iommu_type1.allow_unsafe_interrupts=1 on the kernel command line",
		    "none: no interrupt of /proc/interrupts goes through it");
}

void look_unsafe(struct doctor *d, struct doctor_line *l)
{
	if (!there(d, UNSAFE))
		say(l, DOCTOR_NOTE, NULL, "vfio_iommu_type1 is not loaded");
	else if (unsafe_allowed(d))
		say(l, DOCTOR_NOTE,
		    "a device can raise any interrupt of the host: for test machines only",
		    "allowed (allow_unsafe_interrupts=Y)");
	else
		say(l, DOCTOR_OK, NULL, "not allowed (the default)");
}

void look_driver(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], names[160] = "";
	DIR *dir = opendir(place(d, "/sys/bus/pci/drivers", path));
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t n = strlen(names);

		if (pci_driver_is_vfio(e->d_name) && n < sizeof(names))
			snprintf(names + n, sizeof(names) - n, "%s%.60s", n ? ", " : "", e->d_name);
	}
	if (dir)
		closedir(dir);
	if (*names)
		say(l, DOCTOR_OK, NULL, "%s is there", names);
	else
		say(l, DOCTOR_NO, "no device can be bound to it; as root: modprobe vfio-pci",
		    "the driver is not loaded");
}

static void say_container(const struct doctor *d, int fd, struct doctor_line *l)
{
	static const struct {
		int type;
		const char *name;
		bool usable;
	} types[] = {
		{VFIO_TYPE1v2_IOMMU, "Type1v2", true},
		{VFIO_TYPE1_IOMMU, "Type1", true},
		{VFIO_SPAPR_TCE_v2_IOMMU, "sPAPR", false},
		{VFIO_NOIOMMU_IOMMU, "no-IOMMU", false},
	};
	char names[80] = "";
	bool usable = false;
	int api = d->ops->ask(fd, VFIO_GET_API_VERSION, 0);

	if (api != VFIO_API_VERSION) {
		say(l, DOCTOR_NO, "that file is not the one of this kernel's VFIO: make it anew",
		    "answers %d where VFIO_API_VERSION is %d", api, VFIO_API_VERSION);
		return;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(names);

		if (d->ops->ask(fd, VFIO_CHECK_EXTENSION, (unsigned long)types[i].type) <= 0)
			continue;
		usable |= types[i].usable;
		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", types[i].name);
	}
	if (usable)
		say(l, DOCTOR_OK, NULL, "opens; IOMMU types: %s", names);
	else
		say(l, DOCTOR_NO, "no device can be opened; as root: modprobe vfio_iommu_type1",
		    "opens, but has no Type1 IOMMU (has: %s)", *names ? names : "none");
}

void look_container(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX];
	int fd = open(place(d, "/dev/vfio/vfio", path), O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		say_container(d, fd, l);
		close(fd);
	} else if (errno == EACCES || errno == EPERM) {
		say(l, DOCTOR_NO,
		    "devices cannot be opened by this user; run as root, or, as root: chmod 666 "
		    "/dev/vfio/vfio",
		    "cannot be opened: %s", strerror(errno));
	} else if (there(d, "/dev/vfio/devices")) {
		say(l, DOCTOR_NO,
		    "this kernel has VFIO by iommufd only, which is not supported; use one with "
		    "CONFIG_VFIO_CONTAINER=y",
		    "cannot be opened: %s", strerror(errno));
	} else {
		say(l, DOCTOR_NO,
		    "the kernel runs without VFIO; as root: modprobe vfio-pci (in a container, "
		    "pass the node in)",
		    "cannot be opened: %s", strerror(errno));
	}
}

void look_iommufd(struct doctor *d, struct doctor_line *l)
{
	if (there(d, "/dev/iommu"))
		say(l, DOCTOR_OK, NULL, "there, with %d devices; irqstorm goes by groups",
		    count_entries(d, "/dev/vfio/devices"));
	else
		say(l, DOCTOR_NOTE, NULL, "not there, and not needed: irqstorm goes by groups");
}

/* What the kernel leaves in a group beside VFIO's own: no driver, or one that does no DMA. */
static bool lets_vfio(const struct pci_device *dev)
{
	static const char *const harmless[] = {"", "pci-stub", "pcieport"};

	if (pci_driver_is_vfio(dev->driver))
		return true;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (!strcmp(dev->driver, harmless[i]))
			return true;
	}
	return false;
}

/* "" when nothing that can be seen from outside is in @dev's way. */
static void obstacle(const struct doctor *d, const struct vfio_roots *r,
		     const struct pci_device *dev, char *why, size_t size)
{
	char node[PATH_MAX];
	struct pci_device *group = NULL;
	size_t n = 0, len = 0;

	*why = '\0';
	if (!*dev->group) {
		snprintf(why, size, "in no IOMMU group");
		return;
	}
	if (!pci_list(r, dev, &group, &n)) {
		for (size_t i = 0; i < n && len < size; i++) {
			if (!lets_vfio(&group[i]))
				len += (size_t)snprintf(why + len, size - len, "%s%s has %s",
							len ? ", " : "group not viable: ",
							group[i].driver, group[i].bdf);
		}
	}
	free(group);
	snprintf(node, sizeof(node), "%s/dev/vfio/%s", d->root, dev->group);
	if (!*why && faccessat(AT_FDCWD, node, R_OK | W_OK, AT_EACCESS))
		snprintf(why, size, "/dev/vfio/%s: %s", dev->group, strerror(errno));
	else if (!*why && !pci_can_interrupt(r, dev))
		snprintf(why, size, "has no interrupt");
}

void look_devices(struct doctor *d, struct doctor_line *l)
{
	char sysfs[PATH_MAX], dev_root[PATH_MAX], why[160], found[sizeof(l->found)] = "";
	const struct vfio_roots r = {place(d, "/sys", sysfs), place(d, "/dev", dev_root)};
	struct pci_device *devs = NULL;
	size_t n = 0, at = 0, good = 0, bound = 0;
	int err = pci_list(&r, NULL, &devs, &n);

	for (size_t i = 0; i < n; i++) {
		if (!pci_driver_is_vfio(devs[i].driver))
			continue;
		bound++;
		obstacle(d, &r, &devs[i], why, sizeof(why));
		good += !*why;
		if (at < sizeof(found))
			at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%s%s%s%s",
					       at ? "; " : "", devs[i].bdf, *why ? " (" : "", why,
					       *why ? ")" : "");
	}
	free(devs);
	if (err || !bound)
		say(l, DOCTOR_NO,
		    "there is nothing for --target vfio:...; bind a device (README, On your own "
		    "device), or use irqstorm guest",
		    "none is bound to vfio-pci");
	else if (!good)
		say(l, DOCTOR_NO,
		    "bind every device of its group to vfio-pci or to nothing, and give "
		    "/dev/vfio/GROUP to this user",
		    "none can be used: %s", found);
	else
		say(l, good < bound ? DOCTOR_NOTE : DOCTOR_OK, NULL, "%s", found);
}
