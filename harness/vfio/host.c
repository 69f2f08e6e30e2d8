/* SPDX-License-Identifier: MIT */
/* What the host has for a real device, as far as it shows: the facts for hostlimit.h. */
#include <endian.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio/hostlimit.h"
#include "vfio/its.h"
#include "vfio/state.h"

#define IRQ_NOTCONNECTED (1u << 31) /* include/linux/interrupt.h */

/* "" when it cannot be read. Returns @text. */
static const char *read_text(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* The irq is of the pin as long as no MSI is enabled, which is so right after an open. */
void host_start(struct vfio_backend *v, const char *sysfs)
{
	char path[PATH_MAX], text[16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/irq", sysfs, v->pci.bdf);
	f = fopen(path, "re");
	v->irq_known = f && fscanf(f, "%u", &v->irq) == 1;
	if (v->irq >= IRQ_NOTCONNECTED)
		v->irq = 0;
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/physfn", sysfs, v->pci.bdf);
	v->vf = !access(path, F_OK);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/msi_bus", sysfs, v->pci.bdf);
	v->msi_bus = *read_text(path, text, sizeof(text)) != '0';
#if defined(__aarch64__) /* others have none: 0 */
	v->its = its_present(&v->roots);
#endif
}

/*
 * Does vfio-pci mask the device by DisINTx (PCI 2.3)? The module can be told not to, and else tries
 * at open whether the bit sticks. While INTX is off the bit that a user writes is the device's own
 * then, and else is kept from it (R34): so write it, and look at the device past vfio.
 */
static bool lacks_disintx(struct vfio_backend *v)
{
	const uint16_t bit = PCI_COMMAND_INTX_DISABLE;
	uint16_t seen = bit;

	if (v->sysfs_head < 0 || !v->d0 || pciconf_change16(&v->conf, PCI_COMMAND, bit, bit))
		return false;
	if (pread(v->sysfs_head, &seen, sizeof(seen), PCI_COMMAND) != (ssize_t)sizeof(seen))
		seen = htole16(bit);
	pciconf_change16(&v->conf, PCI_COMMAND, bit, 0);
	return !(le16toh(seen) & bit);
}

static void facts(struct vfio_backend *v, struct hostlimit_facts *out)
{
	struct backend_desc desc;
	char text[4096];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(out, 0, sizeof(*out));
	out->interrupts = procirq_text(&v->procirq, &out->size);
	out->bdf = v->pci.bdf;
	out->irq = v->irq;
	out->cpus = cpus > 0 ? (uint32_t)cpus : 0;
	/* debugfs, where the kernel has it and we may. */
	out->free = hostlimit_free(
		read_text("/sys/kernel/debug/irq/domains/VECTOR", text, sizeof(text)));
	out->no_msi =
		!v->msi_bus || hostlimit_nomsi(read_text("/proc/cmdline", text, sizeof(text)));
	out->its = v->its == 1;
#if defined(__x86_64__)
	out->x86 = true;
#endif
	if (backend_describe(&v->be, &desc))
		return;
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		out->count[i] = desc.irq[i].count;
	if (!v->irq_known)
		out->count[VFIO_PCI_INTX_IRQ_INDEX] = 0; /* nothing is known of it */
}

void host_limits(struct backend *be, struct host_limits *out)
{
	struct vfio_backend *v = to_vfio(be);
	struct hostlimit_facts f;

	facts(v, &f);
	f.no_2_3 = f.count[VFIO_PCI_INTX_IRQ_INDEX] && lacks_disintx(v);
	hostlimit_foretell(&f, out);
}

bool host_why_refused(struct backend *be, uint32_t index, int ret, char *buf, size_t size)
{
	struct hostlimit_facts f;

	facts(to_vfio(be), &f);
	return hostlimit_why(&f, index, ret, buf, size);
}
