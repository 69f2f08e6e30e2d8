/* SPDX-License-Identifier: MIT */
/*
 * sysfs: what the kernel tells about PCI devices before anything is opened: identity, driver, IOMMU
 * group, and whether the device can interrupt at all. Facts only; find.h turns them into advice.
 * Every path starts at a root of struct vfio_roots, so that tests can use a made tree.
 */
#ifndef IRQSTORM_VFIO_SYSFS_H
#define IRQSTORM_VFIO_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BDF_SIZE sizeof("0000:00:00.0")

struct vfio_roots {
	const char *sysfs; /* "/sys" */
	const char *dev;   /* "/dev" */
	const char *proc;  /* NULL: "/proc" */
};

struct pci_device {
	char bdf[BDF_SIZE]; /* full form, lower case */
	uint16_t vendor, device;
	char driver[64]; /* "" when none is bound */
	char group[32];  /* number of the IOMMU group, "" when there is none */
	/* "vfio3", its name in /dev/vfio/devices; "" where the kernel does not tell (before 6.1) */
	char cdev[32];
	/* VFIO has it: the kernel says so, or, where it does not tell, the driver's name does. A
	 * vendor's driver with a name of its own can have made it a VFIO device as well. */
	bool vfio;
};

/* "0000:00:03.0" or "00:03.0" to the full form. False when @text is neither. */
bool pci_parse_bdf(const char *text, char bdf[BDF_SIZE]);

/* False when sysfs has no device @bdf (full form). */
bool pci_read(const struct vfio_roots *r, const char *bdf, struct pci_device *dev);

/*
 * All devices, by address, in an array that the caller frees; -errno when the directory cannot be
 * read. @group NULL: the whole machine, else the devices of that device's IOMMU group.
 */
int pci_list(const struct vfio_roots *r, const struct pci_device *group, struct pci_device **out,
	     size_t *n);

/*
 * vfio-pci or one of the variant drivers built on vfio-pci-core (mlx5-vfio-pci, ...), by its name;
 * struct pci_device.vfio is what a device is.
 */
bool pci_driver_is_vfio(const char *driver);

/* May @dev stay as it is in the group of a device that VFIO is to use: VFIO's, without a driver, or
 * with one that does no DMA? */
bool pci_lets_vfio(const struct pci_device *dev);

/*
 * False only when config space says for sure: no interrupt pin, no MSI, no MSI-X. Without
 * CAP_SYS_ADMIN the kernel shows 64 bytes of it, and the capabilities stay unknown.
 */
bool pci_can_interrupt(const struct vfio_roots *r, const struct pci_device *dev);

/* The first @size bytes of the device's config space; false when there are not as many to be read.
 */
bool pci_read_config(const struct vfio_roots *r, const char *bdf, void *bytes, size_t size);

/* "D0", "D3hot", "D3cold", "unknown"; "" where the kernel does not tell (before 5.11). */
void pci_power_state(const struct vfio_roots *r, const char *bdf, char *buf, size_t size);

#endif
