/* SPDX-License-Identifier: MIT */
/*
 * QEMU's edu: a conventional PCI device with an INTx line that stays up until it is acknowledged,
 * and one MSI vector. A raise sends a message while MSI is on and drives the line otherwise; an
 * acknowledge lowers the line only while MSI is off. So the level asked for is kept here, and put
 * right when MSI goes off: a line raised before MSI went on would stay up for good.
 */
#include <endian.h>
#include <errno.h>

#include "backend/backend.h"
#include "uapi/vfio_irq.h"
#include "vfio/trigger.h"

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8

/* BAR0, QEMU's docs/specs/edu. */
#define EDU_RAISE     0x60
#define EDU_ACK       0x64
#define EDU_REGS_SIZE 0x80

#define EDU_IRQ 1u /* any status bits will do */

static bool matches(uint16_t vendor, uint16_t device)
{
	return vendor == EDU_VENDOR && device == EDU_DEVICE;
}

static void put(struct trigger *t, size_t reg, uint32_t value)
{
	*region_reg32(&t->bar, reg) = htole32(value);
}

/* The device knows no reset: what an earlier user raised is still up. */
static void quiet(struct trigger *t)
{
	put(t, EDU_ACK, UINT32_MAX);
}

static int setup(struct trigger *t, struct errmsg *e)
{
	int err = region_map(t->device_fd, 0, EDU_REGS_SIZE, &t->bar, e);

	if (err)
		return err;
	t->line = false;
	t->fire_max = 0;
	quiet(t);
	return 0;
}

static int line(struct trigger *t, bool level)
{
	t->line = level;
	/* With MSI on the pin is out of use; switched() brings it to the level after that. */
	if (t->enabled != VFIO_PCI_MSI_IRQ_INDEX)
		put(t, level ? EDU_RAISE : EDU_ACK, level ? EDU_IRQ : UINT32_MAX);
	return 0;
}

/*
 * QEMU's I/O APIC looks at the line only while its entry is level-triggered, which is while INTX is
 * enabled: it forgets a line that rose before, and remembers one that falls after. So the line is
 * down when INTX is disabled, and seen to rise when INTX is enabled and it should be up. Once
 * signalled the line is masked (R30), and none of this shows.
 */
static void calm(struct trigger *t)
{
	quiet(t);
}

static void switched(struct trigger *t)
{
	if (t->enabled == VFIO_PCI_MSI_IRQ_INDEX)
		return;
	quiet(t);
	if (t->line)
		line(t, true);
}

static int fire(struct trigger *t, uint32_t index, uint32_t vector)
{
	(void)vector; /* there is one */
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		return line(t, true);
	/* With MSI off a raise would move the line: the message has nowhere to go and is lost. */
	if (t->enabled != VFIO_PCI_MSI_IRQ_INDEX)
		return 0;
	put(t, EDU_RAISE, EDU_IRQ);
	quiet(t);
	return 0;
}

const struct trigger_type trigger_edu = {
	.name = "edu",
	.needs = "QEMU's edu (1234:11e8)",
	.caps = BACKEND_HW_FIRE,
	.serial = true,
	.fires = 1u << VFIO_PCI_INTX_IRQ_INDEX | 1u << VFIO_PCI_MSI_IRQ_INDEX,
	.matches = matches,
	.setup = setup,
	.fire = fire,
	.restart = switched,
	.line = line,
	.calm = calm,
	.switched = switched,
};
