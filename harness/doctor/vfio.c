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
#include "vfio/advice.h"
#include "vfio/sysfs.h"
#include "vfio/way.h"

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

/* Groups that VFIO made up for devices without an IOMMU. */
static int count_noiommu(const struct doctor *d)
{
	char dir[PATH_MAX], path[PATH_MAX], name[32];
	struct dirent **groups;
	int n = scandir(place(d, GROUPS, dir), &groups, not_hidden, NULL), found = 0;

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), GROUPS "/%s/name", groups[i]->d_name);
		found += !first_line(d, path, name, sizeof(name)) && !strcmp(name, "vfio-noiommu");
		free(groups[i]);
	}
	if (n >= 0)
		free(groups);
	return found;
}

void look_groups(struct doctor *d, struct doctor_line *l)
{
	int n = count_entries(d, GROUPS), made_up = count_noiommu(d);

	if (n > made_up)
		say(l, DOCTOR_OK, NULL, "%d", n - made_up);
	else
		say(l, DOCTOR_NO,
		    "VFIO cannot take a device; enable the IOMMU in the firmware (VT-d, AMD-Vi, "
		    "SMMU) and boot x86 with intel_iommu=on or amd_iommu=on (a virtual machine "
		    "needs a virtual IOMMU)",
		    made_up ? "none but those of VFIO's no-IOMMU mode, which is not supported"
			    : "none: no IOMMU is in use");
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
		say(l, DOCTOR_NOTE,
		    "VFIO was told to go on without; on x86 MSI then has one vector",
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

/* The devices of the machine; to be freed. */
static struct pci_device *all_devices(const struct doctor *d, size_t *n)
{
	char sysfs[PATH_MAX];
	const struct vfio_roots r = {.sysfs = place(d, "/sys", sysfs)};
	struct pci_device *devs = NULL;

	*n = 0;
	if (pci_list(&r, NULL, &devs, n))
		*n = 0;
	return devs;
}

void look_driver(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], names[160] = "";
	DIR *dir = opendir(place(d, "/sys/bus/pci/drivers", path));
	struct pci_device *devs, *other = NULL;
	struct dirent *e;
	size_t n;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(names);

		if (pci_driver_is_vfio(e->d_name) && len < sizeof(names))
			snprintf(names + len, sizeof(names) - len, "%s%.60s", len ? ", " : "",
				 e->d_name);
	}
	if (dir)
		closedir(dir);
	devs = all_devices(d, &n);
	for (size_t i = 0; i < n && !other; i++)
		other = devs[i].vfio && !pci_driver_is_vfio(devs[i].driver) ? &devs[i] : NULL;
	if (*names)
		say(l, DOCTOR_OK, NULL, "%s is there", names);
	else if (other)
		say(l, DOCTOR_OK, NULL, "not loaded, and not needed: %s is VFIO's by driver %s",
		    other->bdf, other->driver);
	else
		say(l, DOCTOR_NO, "no device can be bound to it; as root: modprobe vfio-pci",
		    "the driver is not loaded");
	free(devs);
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

/* Is there a device that can be opened by its cdev, and would be? */
static bool any_by_cdev(const struct doctor *d, const struct vfio_roots *r)
{
	struct pci_device *devs;
	bool found = false;
	size_t n;

	devs = all_devices(d, &n);
	for (size_t i = 0; i < n && !found; i++) {
		struct advice a;

		if (!devs[i].vfio || way_choose(r, &devs[i]) != VFIO_VIA_CDEV)
			continue;
		advice_device(r, &devs[i], &a);
		found = !a.obstacle;
	}
	free(devs);
	return found;
}

void look_container(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], sysfs[PATH_MAX], dev_root[PATH_MAX];
	const struct vfio_roots r = {.sysfs = place(d, "/sys", sysfs),
				     .dev = place(d, "/dev", dev_root)};
	int fd = open(place(d, "/dev/vfio/vfio", path), O_RDWR | O_CLOEXEC);
	struct advice a;

	if (fd >= 0) {
		say_container(d, fd, l);
		close(fd);
		return;
	}
	advice_container(&r, errno, &a);
	if (any_by_cdev(d, &r))
		say(l, DOCTOR_NOTE, "devices open by their cdev here, which needs no container",
		    "%s", a.why);
	else
		say(l, DOCTOR_NO, a.todo, "%s", a.why);
}

/* VFIO's devices that have a cdev which is there, and who has it: "vfio0, vfio1 (process 77)". */
static int list_cdevs(const struct doctor *d, const struct vfio_roots *r, char *list, size_t size)
{
	struct pci_device *devs;
	size_t n, at = 0;
	int found = 0;

	devs = all_devices(d, &n);
	for (size_t i = 0; i < n; i++) {
		char path[PATH_MAX], holder[32] = "";
		pid_t pid;

		snprintf(path, sizeof(path), "%s/vfio/devices/%s", r->dev, devs[i].cdev);
		if (!*devs[i].cdev || access(path, F_OK))
			continue;
		pid = advice_holder(path);
		if (pid)
			snprintf(holder, sizeof(holder), " (process %d has it)", (int)pid);
		if (at < size)
			at += (size_t)snprintf(list + at, size - at, "%s%s%s", found ? ", " : "",
					       devs[i].cdev, holder);
		found++;
	}
	free(devs);
	return found;
}

void look_iommufd(struct doctor *d, struct doctor_line *l)
{
	char path[PATH_MAX], sysfs[PATH_MAX], dev_root[PATH_MAX], list[200] = "";
	const struct vfio_roots r = {.sysfs = place(d, "/sys", sysfs),
				     .dev = place(d, "/dev", dev_root)};
	int cdevs = list_cdevs(d, &r, list, sizeof(list));
	struct advice a;

	if (!access(place(d, "/dev/iommu", path), F_OK)) {
		say(l, DOCTOR_OK, NULL, "there, with %d cdev%s%s%s", cdevs, cdevs == 1 ? "" : "s",
		    cdevs ? ": " : "", list);
	} else if (cdevs) {
		advice_iommufd(&r, ENOENT, &a);
		say(l, DOCTOR_NOTE, a.todo, "not there, without which no cdev can be used: %s",
		    list);
	} else {
		say(l, DOCTOR_NOTE, NULL, "not there, and not needed: devices open by their group");
	}
}

/* What to do about the devices that cannot be used, each thing once. */
static void add_todo(char *todo, size_t size, const char *what)
{
	size_t n = strlen(todo);

	if (!strstr(todo, what))
		snprintf(todo + n, size - n, "%s%s", n ? "; " : "", what);
}

void look_devices(struct doctor *d, struct doctor_line *l)
{
	char sysfs[PATH_MAX], dev_root[PATH_MAX], proc[PATH_MAX];
	char found[sizeof(l->found)] = "", todo[sizeof(l->todo)] = "";
	const struct vfio_roots r = {.sysfs = place(d, "/sys", sysfs),
				     .dev = place(d, "/dev", dev_root),
				     .proc = place(d, "/proc", proc)};
	size_t n, at = 0, good = 0, bound = 0;
	struct pci_device *devs = all_devices(d, &n);

	for (size_t i = 0; i < n; i++) {
		struct advice a;

		if (!devs[i].vfio)
			continue;
		bound++;
		advice_device(&r, &devs[i], &a);
		good += !a.obstacle;
		if (a.obstacle)
			add_todo(todo, sizeof(todo), a.todo);
		if (at < sizeof(found))
			at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%s%s%s%s",
					       at ? "; " : "", devs[i].bdf, a.obstacle ? " (" : "",
					       a.obstacle ? a.why
					       : way_choose(&r, &devs[i]) == VFIO_VIA_CDEV
						       ? " by its cdev"
						       : "",
					       a.obstacle ? ")" : "");
	}
	free(devs);
	if (!bound)
		say(l, DOCTOR_NO,
		    "there is nothing for --target vfio:...; bind a device that the host can do "
		    "without (README, On your own device), or use irqstorm guest",
		    "none is bound to vfio-pci");
	else if (!good)
		say(l, DOCTOR_NO, todo, "none can be used: %s", found);
	else
		say(l, good < bound ? DOCTOR_NOTE : DOCTOR_OK, *todo ? todo : NULL, "%s", found);
}
