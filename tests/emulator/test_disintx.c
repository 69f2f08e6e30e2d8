/* SPDX-License-Identifier: MIT */
/* INTX under the user's DisINTx (R27, R34), for functions that have the bit and that have not. */
#include <criterion/criterion.h>

#include "fixture.h"

static struct fixture f;

static void open_with(bool pci_2_3)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	cfg.pci_2_3 = pci_2_3;
	fixture_open_with(&f, cfg);
}

static void disintx(uint32_t disabled)
{
	device(f.be, BACKEND_DEV_DISINTX, disabled);
}

static void line(uint32_t asserted)
{
	device(f.be, BACKEND_DEV_LINE, asserted);
}

static void unmask(void)
{
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
}

#define BOTH(test)                                                                                 \
	Test(disintx, test)                                                                        \
	{                                                                                          \
		for (int pci_2_3 = 0; pci_2_3 < 2; pci_2_3++) {                                    \
			open_with(pci_2_3);                                                        \
			test();                                                                    \
			fixture_close(&f);                                                         \
		}                                                                                  \
	}

static void set_before_enable_it_silences_until_cleared(void)
{
	disintx(1);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	line(1);
	cr_assert_eq(loopback(f.be, INTX, 0), 0, "loopback");
	cr_assert_eq(signals(&f, 0), 0, "R27, R31");
	disintx(0);
	cr_assert_eq(signals(&f, 0), 1, "the line is up");
	disintx(0);
	cr_assert_eq(signals(&f, 0), 0, "no change, no unmask");
}
BOTH(set_before_enable_it_silences_until_cleared)

static void clearing_it_cancels_an_earlier_mask(void)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, MASK, INTX, 0, 1), 0, "mask");
	disintx(1);
	disintx(0);
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "one shared bit (R34)");
}
BOTH(clearing_it_cancels_an_earlier_mask)

static void unmask_does_nothing_under_it(void)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	disintx(1);
	line(1);
	unmask();
	cr_assert_eq(signals(&f, 0), 0, "R33");
	disintx(0);
	cr_assert_eq(signals(&f, 0), 1, "delivered late");
}
BOTH(unmask_does_nothing_under_it)

static void it_survives_disable_and_not_the_last_close(void)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	disintx(1);
	cr_assert_eq(disable(f.be, INTX), 0, "disable");
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	line(1);
	cr_assert_eq(signals(&f, 0), 0, "kept (R35)");
	device(f.be, BACKEND_DEV_REOPEN, 0);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(signals(&f, 0), 0, "the line is down after opening");
	line(1);
	cr_assert_eq(signals(&f, 0), 1, "R21");
}
BOTH(it_survives_disable_and_not_the_last_close)

static void the_line_is_not_seen_while_msix_is_enabled(void)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable MSIX");
	line(1);
	cr_assert_eq(signals(&f, 0), 0, "MSI-X");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable MSIX");
	cr_assert_eq(set_fd(f.be, INTX, 0, 1), 0, "enable INTX");
	cr_assert_eq(signals(&f, 1), 1, "it is still up");
}
BOTH(the_line_is_not_seen_while_msix_is_enabled)

static void without_a_trigger_it_is_masked_and_found_by_unmask(void)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, -1), 0, "enable");
	line(1);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "trigger");
	cr_assert_eq(signals(&f, 0), 0, "not replayed (R29)");
	unmask();
	cr_assert_eq(signals(&f, 0), 1, "found");
}
BOTH(without_a_trigger_it_is_masked_and_found_by_unmask)

Test(disintx, a_function_without_a_pin_has_no_line)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	cfg.intx = false;
	fixture_open_with(&f, cfg);
	line(1);
	cr_assert_neq(backend_fire(f.be, INTX, 0), 0, "out of range");
	fixture_close(&f);
}
