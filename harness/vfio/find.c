/* SPDX-License-Identifier: MIT */
#include "vfio/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vfio/advice.h"
#include "vfio/alive.h"
#include "vfio/hostuse.h"

/* "modprobe vfio-pci; " when the driver is not there yet. */
static const char *load_driver(const struct vfio_roots *r)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/bus/pci/drivers/vfio-pci", r->sysfs);
	return stat(path, &st) ? "modprobe vfio-pci; " : "";
}

static bool has(const struct vfio_roots *r, const struct pci_device *dev, const char *leaf)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%.100s/bus/pci/devices/%s/%s", r->sysfs, dev->bdf, leaf);
	return !stat(path, &st);
}

static int not_bound(const struct vfio_roots *r, const struct pci_device *dev, struct errmsg *e)
{
	const char *s = r->sysfs, *b = dev->bdf;
	char what[128];

	if (hostuse_find(r, dev, what, sizeof(what)))
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "%s is bound to %s, and the host needs it (%s): taking it away "
				  "would stop the host; use another device, or irqstorm guest",
				  b, dev->driver, what);
	if (*dev->driver && has(r, dev, "mdev_supported_types"))
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"%s is bound to %s, which gives it to VFIO in parts (mediated "
			"devices): those are no PCI devices, and irqstorm cannot use them",
			b, dev->driver);
	if (*dev->driver)
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"%s is bound to %s, not to vfio-pci; if the host can do without it, as "
			"root: %secho vfio-pci > "
			"%s/bus/pci/devices/%s/driver_override; echo %s > "
			"%s/bus/pci/devices/%s/driver/unbind; echo %s > %s/bus/pci/drivers_probe%s",
			b, dev->driver, load_driver(r), s, b, b, s, b, b, s,
			has(r, dev, "physfn")
				? " (a virtual function: its vendor's driver may have "
				  "to make it a VFIO device instead)"
				: "");
	return errmsg_set(
		e, -ENODEV, EXIT_ENVIRONMENT,
		"%s is bound to no driver, not to vfio-pci; as root: %secho vfio-pci > "
		"%s/bus/pci/devices/%s/driver_override; echo %s > %s/bus/pci/drivers_probe",
		b, load_driver(r), s, b, b, s);
}

int find_device(const struct vfio_roots *r, const char *text, struct pci_device *dev,
		struct errmsg *e)
{
	char bdf[BDF_SIZE];

	if (!pci_parse_bdf(text, bdf))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "vfio:%s: not a PCI address; it looks like 0000:00:03.0 or "
				  "00:03.0, or auto",
				  text);
	if (!pci_read(r, bdf, dev))
		return errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"no PCI device %s in %s/bus/pci/devices; lspci -D lists the addresses", bdf,
			r->sysfs);
	/* Before the driver: without a group vfio-pci refuses to bind, and that advice would fail.
	 */
	if (!*dev->group) {
		struct advice a;

		advice_no_group(r, dev, &a);
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT, "%s; %s", a.why, a.todo);
	}
	if (!dev->vfio)
		return not_bound(r, dev, e);
	return alive_sysfs(r, bdf, e);
}

void find_format(const struct pci_device *devs, size_t n, const struct pci_device *except,
		 char *buf, size_t size)
{
	size_t len = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < n && len < size; i++) {
		if (except && !strcmp(devs[i].bdf, except->bdf))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s (%04x:%04x, %s)",
					len ? ", " : "", devs[i].bdf, devs[i].vendor,
					devs[i].device,
					*devs[i].driver ? devs[i].driver : "no driver");
	}
}

/* Keep in @devs those that @keep wants; returns how many. */
static size_t filter(const struct vfio_roots *r, const struct trigger_type *type,
		     struct pci_device *devs, size_t n,
		     bool (*keep)(const struct vfio_roots *r, const struct trigger_type *type,
				  const struct pci_device *dev))
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (keep(r, type, &devs[i]))
			devs[kept++] = devs[i];
	}
	return kept;
}

static bool is_bound(const struct vfio_roots *r, const struct trigger_type *type,
		     const struct pci_device *dev)
{
	(void)r;
	(void)type;
	return dev->vfio;
}

static bool is_suitable(const struct vfio_roots *r, const struct trigger_type *type,
			const struct pci_device *dev)
{
	return (!type || type->matches(dev->vendor, dev->device)) && pci_can_interrupt(r, dev);
}

static int none_suits(const struct trigger_type *type, const char *bound, struct errmsg *e)
{
	if (type && type->needs)
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "vfio:auto: trigger %s needs %s; bound to vfio-pci are only: %s",
				  type->name, type->needs, bound);
	return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
			  "vfio:auto: no device bound to vfio-pci can interrupt; bound are: %s",
			  bound);
}

int find_only(const struct vfio_roots *r, const struct trigger_type *type, struct pci_device *dev,
	      struct errmsg *e)
{
	struct pci_device *devs;
	char list[512];
	size_t n;
	int err;

	err = pci_list(r, NULL, &devs, &n);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "vfio:auto: cannot read %s/bus/pci/devices: %s", r->sysfs,
				  strerror(-err));
	n = filter(r, type, devs, n, is_bound);
	if (!n) {
		err = errmsg_set(
			e, -ENODEV, EXIT_ENVIRONMENT,
			"vfio:auto: no device is bound to vfio-pci; bind one that the host can do "
			"without, as root: %secho "
			"vfio-pci > %s/bus/pci/devices/BDF/driver_override; echo BDF > "
			"%s/bus/pci/devices/BDF/driver/unbind; echo BDF > %s/bus/pci/drivers_probe",
			load_driver(r), r->sysfs, r->sysfs, r->sysfs);
		goto out;
	}
	find_format(devs, n, NULL, list, sizeof(list));
	n = filter(r, type, devs, n, is_suitable);
	if (!n) {
		err = none_suits(type, list, e);
		goto out;
	}
	find_format(devs, n, NULL, list, sizeof(list));
	if (n > 1) {
		err = errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				 "vfio:auto: %zu devices suit: %s; name one, like vfio:%s", n, list,
				 devs[0].bdf);
		goto out;
	}
	err = find_device(r, devs[0].bdf, dev, e);
out:
	free(devs);
	return err;
}
