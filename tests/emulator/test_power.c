/* SPDX-License-Identifier: MIT */
/* D-states, resets and opening anew: what survives (R20-R22, R46, R61, P16). */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_open(&f, PROFILE_6_12);
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(power, .init = setup, .fini = teardown);

static void power(uint32_t state)
{
	device(f.be, BACKEND_DEV_POWER, state);
}

static void fire(uint32_t index, uint32_t vector)
{
	cr_assert_eq(backend_fire(f.be, index, vector), 0, "fire %u %u", index, vector);
}

static void enable_four(void)
{
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, (int32_t[]){0, 1, 2, -1}), 0, "enable");
}

Test(power, nothing_is_enabled_in_d3hot)
{
	power(3);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), -EINVAL, "R46");
	cr_assert_eq(set_fd(f.be, MSI, 0, 0), -EINVAL, "R46");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 0, NULL), -ERANGE, "no vectors comes first");
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "INTX has no such test");
	cr_assert_eq(disable(f.be, INTX), 0, "disable");
	power(0);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "D0");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_POWER, 1), -EINVAL, "D1");
}

Test(power, a_function_in_d3hot_raises_nothing)
{
	enable_four();
	power(3);
	fire(MSIX, 0);
	fire(MSIX, 3);
	cr_assert_eq(signals(&f, 0), 0, "lost");
	cr_assert_eq(state_of(f.be).dropped_disabled, 2, "counted");
	cr_assert_eq(loopback(f.be, MSIX, 0), 0, "loopback");
	cr_assert_eq(signals(&f, 0), 1, "R59");
	power(0);
	cr_assert_eq(signals(&f, 0), 0, "and stays so");
	fire(MSIX, 0);
	cr_assert_eq(signals(&f, 0), 1, "back");
}

Test(power, what_is_set_in_d3hot_works_in_d0)
{
	enable_four();
	power(3);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 10), 0, "replace (R61)");
	cr_assert_eq(set_fd(f.be, MSIX, 7, 17), 0, "add");
	cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "remove");
	power(0);
	expect_vectors(f.be, 0x8f, 0x85, "after");
	for (uint32_t v = 0; v < 8; v++)
		fire(MSIX, v);
	cr_assert_eq(signals(&f, 10), 1, "replaced");
	cr_assert_eq(signals(&f, 17), 1, "added");
	cr_assert_eq(signals(&f, 2), 1, "untouched");
	cr_assert_eq(signals(&f, 1), 0, "removed");
	cr_assert(vector_of(f.be, 1).pending, "and masked");
}

Test(power, disable_in_d3hot_is_a_disable)
{
	enable_four();
	power(3);
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	power(0);
	for (uint32_t v = 0; v < 4; v++)
		cr_assert_eq(backend_device(f.be, BACKEND_DEV_ENTRY, v), BACKEND_ENTRY_MASKED,
			     "as after reset");
	enable_four();
	fire(MSIX, 2);
	cr_assert_eq(signals(&f, 2), 1, "works");
}

Test(power, the_line_is_down_in_d3hot)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	device(f.be, BACKEND_DEV_LINE, 1);
	cr_assert_eq(signals(&f, 0), 1, "up");
	power(3);
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
	device(f.be, BACKEND_DEV_LINE, 1);
	fire(INTX, 0);
	cr_assert_eq(signals(&f, 0), 0, "lost");
	power(0);
	cr_assert_eq(signals(&f, 0), 0, "down");
	device(f.be, BACKEND_DEV_LINE, 1);
	cr_assert_eq(signals(&f, 0), 1, "up");
}

Test(power, msi_survives_it)
{
	cr_assert_eq(set_fds(f.be, MSI, 0, 2, (int32_t[]){0, 1}), 0, "enable");
	power(3);
	fire(MSI, 1);
	power(0);
	fire(MSI, 1);
	cr_assert_eq(signals(&f, 1), 1, "one of two");
}

/* Vector 3 and an entry that was never allocated hold a pending bit; others were tampered with. */
static void tamper(void)
{
	enable_four();
	cr_assert_eq(set_fd(f.be, ERR, 0, 20), 0, "ERR");
	fire(MSIX, 3);
	fire(MSIX, 40);
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	device(f.be, BACKEND_DEV_SCRIBBLE, 41);
}

static void expect_repaired(const char *how)
{
	expect_vectors(f.be, 0xf, 0x7, how);
	cr_assert_eq(state_of(f.be).references, 4, "%s: R22", how);
	cr_assert_eq(state_of(f.be).pending, 0, "%s: pending bits", how);
	for (uint32_t v = 0; v < 3; v++) {
		fire(MSIX, v);
		cr_assert_eq(signals(&f, v), 1, "%s: vector %u (P16)", how, v);
	}
	fire(ERR, 0);
	cr_assert_eq(signals(&f, 20), 1, "%s: R20", how);
	cr_assert_eq(set_fd(f.be, MSIX, 3, 3), 0, "%s: set", how);
	cr_assert_eq(set_fd(f.be, MSIX, 40, 40), 0, "%s: add", how);
	cr_assert_eq(signals(&f, 3) + signals(&f, 40), 0, "%s: nothing was pending", how);
}

Test(power, reset_repairs_the_table)
{
	tamper();
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	cr_assert_eq(backend_reset(f.be), 0, "reset");
	expect_repaired("reset");
}

Test(power, flr_repairs_the_table)
{
	tamper();
	device(f.be, BACKEND_DEV_WIPE, 0);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	device(f.be, BACKEND_DEV_FLR, 0);
	expect_repaired("FLR");
}

Test(power, reset_leads_to_d0)
{
	tamper();
	power(3);
	cr_assert_eq(backend_reset(f.be), 0, "reset");
	expect_repaired("reset in D3hot");
}

Test(power, the_way_back_to_d0_resets)
{
	tamper();
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	power(3);
	power(0);
	expect_repaired("D0");
}

Test(power, reset_takes_the_line_down_and_leaves_the_mask)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	device(f.be, BACKEND_DEV_LINE, 1);
	cr_assert_eq(signals(&f, 0), 1, "up");
	cr_assert_eq(backend_reset(f.be), 0, "reset");
	device(f.be, BACKEND_DEV_LINE, 1);
	cr_assert_eq(signals(&f, 0), 0, "still masked");
	device(f.be, BACKEND_DEV_LINE, 0);
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
	cr_assert_eq(signals(&f, 0), 0, "down");
}

Test(power, memory_space_does_not_matter)
{
	device(f.be, BACKEND_DEV_MEMORY, 0);
	enable_four();
	fire(MSIX, 1);
	cr_assert_eq(signals(&f, 1), 1, "R60");
}

Test(power, the_last_close_drops_everything)
{
	static const enum backend_device_op ops[] = {BACKEND_DEV_REOPEN, BACKEND_DEV_REBIND};

	for (int i = 0; i < 2; i++) {
		tamper();
		power(3);
		device(f.be, ops[i], 0);
		cr_assert_eq(state_of(f.be).type, NO_TYPE, "R21");
		cr_assert_eq(state_of(f.be).references, 0, "R21");
		cr_assert_eq(state_of(f.be).pending, 0, "reset");
		expect_vectors(f.be, 0, 0, "after");
		fire(ERR, 0);
		cr_assert_eq(signals(&f, 20), 0, "ERR is dropped");
		enable_four();
		cr_assert_eq(signals(&f, 3), 0, "nothing replayed, and in D0");
		cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	}
}
