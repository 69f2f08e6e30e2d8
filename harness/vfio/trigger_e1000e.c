/* SPDX-License-Identifier: MIT */
/*
 * QEMU's e1000e (82574L): five MSI-X vectors, each raised by one of five causes through the
 * interrupt cause registers, passing the vector table's masks and pending bits (P8).
 *
 * QEMU 7.2 repeats interrupts for ever, or ends, when its throttling timers (128 us after a
 * message, not to be turned off) are left to themselves. So a fire stops them before it returns,
 * and nothing may come between: serial.
 */
#include <endian.h>
#include <errno.h>

#include "backend/backend.h"
#include "uapi/vfio_irq.h"
#include "vfio/trigger.h"

#define E1000E_VENDOR 0x8086
#define E1000E_DEVICE 0x10d3

/* BAR0, Intel's 82574 datasheet, section 10. */
#define CTRL_EXT       0x0018
#define ICR            0x00c0 /* causes; write one to clear */
#define ICS            0x00c8 /* set causes */
#define IMS            0x00d0 /* enable causes */
#define IMC            0x00d8 /* disable causes */
#define EIAC           0x00dc /* causes that a message clears */
#define IAM            0x00e0
#define IVAR           0x00e4 /* cause to vector, four bits each */
#define REGS_SIZE      0x0100
#define E1000E_VECTORS 5

#define CTRL_EXT_IAME          (1u << 27) /* a message leaves IMS alone */
#define CTRL_EXT_INT_TIMER_CLR (1u << 29) /* enabling all causes ends the timers */
#define IVAR_VALID             8u
/* RXQ0, RXQ1, TXQ0, TXQ1, OTHER */
#define CAUSE(vector)          (1u << (20 + (vector)))

static bool matches(uint16_t vendor, uint16_t device)
{
	return vendor == E1000E_VENDOR && device == E1000E_DEVICE;
}

static void put(struct trigger *t, size_t reg, uint32_t value)
{
	*region_reg32(&t->bar, reg) = htole32(value);
}

static void restart(struct trigger *t)
{
	uint32_t ivar = 0, causes = 0;

	for (uint32_t v = 0; v < E1000E_VECTORS; v++) {
		ivar |= (IVAR_VALID | v) << 4 * v;
		causes |= CAUSE(v);
	}
	put(t, IMC, UINT32_MAX);
	put(t, CTRL_EXT, CTRL_EXT_IAME | CTRL_EXT_INT_TIMER_CLR);
	put(t, IAM, 0);
	put(t, EIAC, causes);
	put(t, IVAR, ivar);
	put(t, ICR, UINT32_MAX);
}

static int setup(struct trigger *t, struct errmsg *e)
{
	int err;

	if (t->msix_count < E1000E_VECTORS)
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "this e1000e has %u MSI-X vectors, trigger e1000e needs %d; use "
				  "trigger=loopback",
				  t->msix_count, E1000E_VECTORS);
	err = region_map(t->device_fd, 0, REGS_SIZE, &t->bar, e);
	if (err)
		return err;
	t->fire_max = E1000E_VECTORS;
	restart(t);
	return 0;
}

static int fire(struct trigger *t, uint32_t index, uint32_t vector)
{
	(void)index; /* MSI-X is all that is driven here */
	/* At rest no cause is enabled: a change of the link shall not interrupt. */
	put(t, ICR, UINT32_MAX);
	put(t, ICS, CAUSE(vector));
	if (t->enabled == VFIO_PCI_MSIX_IRQ_INDEX) {
		put(t, IMS, CAUSE(vector)); /* the message, or the pending bit of a masked entry */
		put(t, IMS, UINT32_MAX);    /* the timers */
		put(t, IMC, UINT32_MAX);
	}
	/* With MSI-X off the cause would drive the INTx line; a lost message leaves nothing. */
	put(t, ICR, UINT32_MAX);
	return 0;
}

const struct trigger_type trigger_e1000e = {
	.name = "e1000e",
	.needs = "QEMU's e1000e (8086:10d3)",
	.caps = BACKEND_HW_FIRE,
	.fires = 1u << VFIO_PCI_MSIX_IRQ_INDEX,
	.keeps_pending = true,
	.serial = true,
	.matches = matches,
	.setup = setup,
	.fire = fire,
	.restart = restart,
};
