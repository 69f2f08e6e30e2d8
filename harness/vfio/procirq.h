/* SPDX-License-Identifier: MIT */
/*
 * procirq: which interrupts of a device have a handler, as /proc/interrupts names them. vfio-pci
 * calls its actions "vfio-intx(BDF)", "vfio-msi[N](BDF)" and "vfio-msix[N](BDF)", in 6.1 as in
 * 6.12; a shared INTx line has several names behind commas.
 */
#ifndef IRQSTORM_VFIO_PROCIRQ_H
#define IRQSTORM_VFIO_PROCIRQ_H

#include <stddef.h>
#include <stdint.h>

#include "uapi/irq_set.h"

struct procirq_lines {
	uint32_t intx, msi, msix; /* lines of each kind */
	uint64_t active[IRQ_MAX_VECTORS / 64];
};

#define PROCIRQ_CPUS 64

/*
 * How many interrupts of @bdf's MSI and MSI-X lines each CPU below PROCIRQ_CPUS has taken since
 * they were allocated, into @by_cpu. Lines that several devices may share are left out.
 */
void procirq_parse_taken(const char *text, size_t len, const char *bdf,
			 uint64_t by_cpu[PROCIRQ_CPUS]);

/* A reader: the file stays open and the buffer grows as it has to. */
struct procirq {
	int fd;
	char *buf;
	size_t size;
};

/* What @len bytes of the file say of the device @bdf ("0000:00:04.0"). */
void procirq_parse(const char *text, size_t len, const char *bdf, struct procirq_lines *out);

/* 0 or -errno. */
int procirq_open(struct procirq *p);
int procirq_read(struct procirq *p, const char *bdf, struct procirq_lines *out);
int procirq_read_taken(struct procirq *p, const char *bdf, uint64_t by_cpu[PROCIRQ_CPUS]);
/* The whole text, *@len bytes of it, until the next read. NULL: it cannot be read. */
const char *procirq_text(struct procirq *p, size_t *len);
void procirq_close(struct procirq *p);

/* All lines that vfio-pci has for @bdf now: 0 when nothing leaked. -errno when it cannot be seen.
 */
int procirq_count(const char *bdf);

#endif
