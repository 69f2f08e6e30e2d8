/* SPDX-License-Identifier: MIT */
/* shape: what a configuration space says of interrupts, and the counts that follow from it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "features/features.h"
#include "features/shape.h"

static uint8_t space[256];
static uint32_t reads, fails_at;

static int read_space(void *data, uint32_t reg, uint32_t *value)
{
	(void)data;
	if (++reads == fails_at)
		return -EIO;
	cr_assert(reg <= 252 && reg % 4 == 0, "register %#x", reg);
	*value = space[reg] | (uint32_t)space[reg + 1] << 8 | (uint32_t)space[reg + 2] << 16 |
		 (uint32_t)space[reg + 3] << 24;
	return 0;
}

/* A capability @id at @at with @control, the next at @next. */
static void capability(uint8_t at, uint8_t id, uint8_t next, uint16_t control)
{
	space[at] = id;
	space[at + 1] = next;
	space[at + 2] = (uint8_t)control;
	space[at + 3] = (uint8_t)(control >> 8);
}

static void begin(uint8_t pin)
{
	memset(space, 0, sizeof(space));
	reads = fails_at = 0;
	space[PCI_INTERRUPT_PIN] = pin;
	space[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	space[PCI_CAPABILITY_LIST] = 0x40;
}

static struct shape shape_of(void)
{
	struct shape s;

	cr_assert_eq(shape_read(read_space, NULL, &s), 0);
	cr_assert(s.known);
	return s;
}

Test(shape, capabilities_give_the_counts)
{
	struct shape s;

	begin(1);
	capability(0x40, PCI_CAP_ID_MSIX, 0x50, 0x8000 | 63);
	capability(0x50, PCI_CAP_ID_MSI, 0x60, 4 << 1 | PCI_MSI_FLAGS_64BIT);
	capability(0x60, PCI_CAP_ID_EXP, 0, 2);
	s = shape_of();
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_INTX_IRQ_INDEX), 1);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_MSI_IRQ_INDEX), 16);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_MSIX_IRQ_INDEX), 64);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_ERR_IRQ_INDEX), 1);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_REQ_IRQ_INDEX), 1);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_NUM_IRQS), 0);
}

Test(shape, the_largest_table_and_one_message)
{
	struct shape s;

	begin(0);
	capability(0x40, PCI_CAP_ID_MSIX, 0x50, 0x7ff);
	capability(0x50, PCI_CAP_ID_MSI, 0, 0);
	s = shape_of();
	cr_assert_eq(s.msix, 2048);
	cr_assert_eq(s.msi, 1);
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_INTX_IRQ_INDEX), 0, "no pin");
}

Test(shape, err_of_conventional_pci_is_a_feature)
{
	struct shape s;

	begin(1);
	space[PCI_STATUS] = 0; /* the list's pointer means nothing then */
	capability(0x40, PCI_CAP_ID_EXP, 0, 2);
	s = shape_of();
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_ERR_IRQ_INDEX), 0);
	cr_assert_eq(shape_count(&s, FEATURE_BIT(ERR_ANY_FUNCTION), VFIO_PCI_ERR_IRQ_INDEX), 1);
}

Test(shape, a_virtual_function_has_no_pin_and_a_pin_may_have_no_irq)
{
	const uint32_t needs = FEATURE_BIT(INTX_COUNT_NEEDS_IRQ);
	struct shape s;

	begin(1);
	s = shape_of();
	s.irqless = true;
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_INTX_IRQ_INDEX), 1);
	cr_assert_eq(shape_count(&s, needs, VFIO_PCI_INTX_IRQ_INDEX), 0);
	s.irqless = false;
	cr_assert_eq(shape_count(&s, needs, VFIO_PCI_INTX_IRQ_INDEX), 1);
	s.vf = true;
	cr_assert_eq(shape_count(&s, 0, VFIO_PCI_INTX_IRQ_INDEX), 0);
}

Test(shape, a_list_that_is_a_ring_ends)
{
	struct shape s;

	begin(1);
	capability(0x40, PCI_CAP_ID_MSI, 0x50, 0);
	capability(0x50, PCI_CAP_ID_PM, 0x40, 0);
	s = shape_of();
	cr_assert_eq(s.msi, 1);
	cr_assert_lt(reads, 80);
}

Test(shape, a_read_that_fails_is_no_shape)
{
	struct shape s;
	uint32_t all;

	begin(1);
	capability(0x40, PCI_CAP_ID_MSIX, 0, 7);
	shape_of();
	all = reads;
	for (uint32_t at = 1; at <= all; at++) {
		reads = 0;
		fails_at = at;
		cr_assert_eq(shape_read(read_space, NULL, &s), -EIO, "read %u", at);
		cr_assert(!s.known);
	}
}
