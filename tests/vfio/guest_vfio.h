/* SPDX-License-Identifier: MIT */
/*
 * guest_vfio: what its parts share. A check gets the state that the ones before it left, and says
 * what came out; the tables say the order.
 */
#ifndef IRQSTORM_TESTS_VFIO_GUEST_VFIO_H
#define IRQSTORM_TESTS_VFIO_GUEST_VFIO_H

#include "vfio/sysfs.h"
#include "vfio/vfio.h"

#define MSIX    VFIO_PCI_MSIX_IRQ_INDEX
#define VECTORS 4

struct state {
	const char *profile; /* NULL: not told */
	struct backend *be;
	struct backend_desc desc;
	struct errmsg e;
	struct irq_set_buf buf;
	int32_t fd[VECTORS];
	char why[1200];
};

enum verdict { OK, FAILED, SKIPPED };

struct check {
	const char *name; /* NULL ends a table */
	enum verdict (*run)(struct state *s);
};

#define CHECK(f)                                                                                   \
	{                                                                                          \
		.name = #f, .run = (f)                                                             \
	}
#define CHECK_END                                                                                  \
	{                                                                                          \
		.name = NULL                                                                       \
	}

extern const struct check doorbell_checks[]; /* the ivshmem device is open */
extern const struct check loopback_checks[]; /* it is closed, and opened anew for the loopback */

__attribute__((format(printf, 2, 3))) enum verdict fail(struct state *s, const char *fmt, ...);
enum verdict skip(struct state *s, const char *why);

#define WANT(call, want)                                                                           \
	do {                                                                                       \
		long got_ = (long)(call);                                                          \
		if (got_ != (long)(want))                                                          \
			return fail(s, "line %d: %s is %ld, not %ld", __LINE__, #call, got_,       \
				    (long)(want));                                                 \
	} while (0)

/* As vfio_open, into s->be and s->e. */
int open_device(struct state *s, const char *bdf, const char *trigger);
void close_device(struct state *s);
/* Some device of the machine that is (not) bound to vfio-pci and is not an ivshmem. */
bool find_other(bool bound, struct pci_device *out);

#endif
