/* SPDX-License-Identifier: MIT */
#include "vfio/alive.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdint.h>
#include <string.h>

int alive_gone(const struct vfio_roots *r, const char *bdf, struct errmsg *e)
{
	char state[16];

	pci_power_state(r, bdf, state, sizeof(state));
	return errmsg_set(
		e, -ENODEV, EXIT_ENVIRONMENT,
		"%s does not answer: its configuration space reads all ones%s%s; it is in "
		"D3cold, was lost by a reset, or was taken away: "
		"vfio-pci.disable_idle_d3=1 on the kernel command line keeps it awake, a "
		"cold boot brings it back",
		bdf, *state ? ", power_state is " : "", state);
}

int alive_region(const struct pciconf *c, const struct vfio_roots *r, const char *bdf,
		 struct errmsg *e)
{
	uint32_t class_revision = 0;
	uint16_t status = 0;
	int err;

	err = pciconf_read32(c, PCI_CLASS_REVISION, &class_revision);
	if (!err)
		err = pciconf_read16(c, PCI_STATUS, &status);
	/* A read first wakes the device; that fails with -EIO where it cannot be woken. */
	if (err)
		return errmsg_set(
			e, err, EXIT_ENVIRONMENT,
			"%s does not answer: its configuration space cannot be read: %s; it does "
			"not wake from D3, or was taken away: vfio-pci.disable_idle_d3=1 on the "
			"kernel command line, or a cold boot",
			bdf, strerror(-err));
	/* The kernel shows its own copy of the capability bit, too. */
	if (class_revision != UINT32_MAX || (status | PCI_STATUS_CAP_LIST) != UINT16_MAX)
		return 0;
	return alive_gone(r, bdf, e);
}

int alive_sysfs(const struct vfio_roots *r, const char *bdf, struct errmsg *e)
{
	uint8_t cfg[PCI_STD_HEADER_SIZEOF];

	if (!pci_read_config(r, bdf, cfg, sizeof(cfg)))
		return 0;
	for (size_t i = 0; i < sizeof(cfg); i++) {
		if (cfg[i] != UINT8_MAX)
			return 0;
	}
	return alive_gone(r, bdf, e);
}
