/* SPDX-License-Identifier: MIT */
/*
 * hostlimit: what a host will refuse a device or has little of, read from what the kernel shows of
 * its interrupts: lines that others have, no interrupt remapping, so many vectors for each CPU. Of
 * text and numbers alone; vfio.c brings them. No state; thread-safe.
 */
#ifndef IRQSTORM_VFIO_HOSTLIMIT_H
#define IRQSTORM_VFIO_HOSTLIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"

/* What is known of the host and of how it has the device. */
struct hostlimit_facts {
	const char *interrupts; /* /proc/interrupts, NULL: cannot be read */
	size_t size;
	const char *bdf;
	uint32_t irq;  /* of the pin, 0: none */
	bool no_2_3;   /* known to lack DisINTx, for vfio-pci at least (nointxmask) */
	bool no_msi;   /* MSI and MSI-X are off: pci=nomsi, or the bus has none */
	bool x86;      /* 256 vectors a CPU, 32 of them exceptions */
	bool its;      /* a GICv3 ITS gives the messages */
	uint32_t cpus; /* online */
	int64_t free;  /* interrupt vectors that are free now, -1: not known */
	uint32_t count[VFIO_PCI_NUM_IRQS]; /* interrupts of the device */
};

/*
 * Who has a handler on Linux irq @irq, but for @bdf's own: how many, and their names in @names,
 * with commas, cut to fit.
 */
uint32_t hostlimit_sharers(const char *interrupts, size_t size, uint32_t irq, const char *bdf,
			   char *names, size_t names_size);

/* Does a kernel's command line turn MSI off? */
bool hostlimit_nomsi(const char *cmdline);

/* Free vectors by debugfs' irq/domains/VECTOR, -1: it does not say. */
int64_t hostlimit_free(const char *domain);

void hostlimit_foretell(const struct hostlimit_facts *f, struct host_limits *out);

/* As backend_ops.why_refused. */
bool hostlimit_why(const struct hostlimit_facts *f, uint32_t index, int ret, char *buf,
		   size_t size);

#endif
