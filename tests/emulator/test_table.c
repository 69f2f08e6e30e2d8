/* SPDX-License-Identifier: MIT */
/* The MSI-X table as the device has it: Function Mask, wiped and scribbled entries, cached
 * messages. */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_open_msix(&f, false);
}

static void setup_cached(void)
{
	fixture_open_msix(&f, true);
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(table, .init = setup, .fini = teardown);
TestSuite(table_cached, .init = setup_cached, .fini = teardown);

static void fire(uint32_t vector)
{
	cr_assert_eq(backend_fire(f.be, MSIX, vector), 0, "fire %u", vector);
}

static int entry(uint32_t vector)
{
	return backend_device(f.be, BACKEND_DEV_ENTRY, vector);
}

Test(table, entries_show_mask_and_pending_bit)
{
	cr_assert_eq(entry(0), 0, "set");
	cr_assert_eq(entry(2), BACKEND_ENTRY_MASKED, "allocated only");
	cr_assert_eq(entry(63), BACKEND_ENTRY_MASKED, "never used");
	cr_assert_eq(entry(64), -EINVAL, "beyond");
	fire(2);
	cr_assert_eq(entry(2), BACKEND_ENTRY_MASKED | BACKEND_ENTRY_PENDING, "pended");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	fire(0);
	cr_assert_eq(entry(0), BACKEND_ENTRY_PENDING, "its own bit does not change (P5)");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 0);
	cr_assert_eq(entry(0), 0, "sent");
	cr_assert_eq(signals(&f, 0), 1, "sent");
}

Test(table, the_function_mask_ends_with_the_next_enable)
{
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	cr_assert_eq(set_fd(f.be, MSIX, 5, 5), 0, "add");
	fire(5);
	cr_assert_eq(signals(&f, 5), 0, "an add does not touch it");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable (P9)");
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "cleared");
}

static void check_wipe(void)
{
	fire(2);
	device(f.be, BACKEND_DEV_WIPE, 0);
	cr_assert_eq(entry(2), BACKEND_ENTRY_MASKED, "pending bit cleared");
	cr_assert_eq(entry(0), BACKEND_ENTRY_MASKED, "masked");
	fire(0);
	fire(1);
	cr_assert_eq(signals(&f, 0), 0, "pended, the kernel does not know");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 10), 0, "the next set repairs (R50-6)");
	cr_assert_eq(signals(&f, 10), 1, "and what was pended arrives");
	fire(0);
	cr_assert_eq(signals(&f, 10), 1, "works");
	cr_assert_eq(signals(&f, 1), 0, "the other not");
	expect_vectors(f.be, 0x7, 0x3, "after");
}

Test(table, a_wiped_entry_is_repaired_by_the_next_set)
{
	check_wipe();
}

Test(table_cached, a_wiped_entry_is_repaired_by_the_next_set)
{
	check_wipe();
}

Test(table, a_scribbled_message_leads_nowhere)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_SCRIBBLE, 64), -EINVAL, "beyond");
	cr_assert_eq(entry(0), 0, "the mask bit stays");
	fire(0);
	cr_assert_eq(signals(&f, 0), 0, "lost");
	cr_assert_eq(state_of(f.be).dropped_shutdown, 1, "counted");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "set again");
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "repaired");
}

Test(table_cached, a_scribbled_message_is_not_read_before_the_next_unmask)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "the old one (P2)");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 0);
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "was not set");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	fire(0);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 0);
	cr_assert_eq(signals(&f, 0), 0, "the new one, which leads nowhere");
	cr_assert_eq(state_of(f.be).dropped_shutdown, 1, "counted");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "set again");
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "repaired");
}

Test(table_cached, a_table_write_that_fails_makes_the_unmask_take_what_is_there)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	fail(f.be, 6);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 4), 0, "set");
	fire(0);
	cr_assert_eq(signals(&f, 4), 0, "nowhere");
}

Test(table, scribbling_a_vector_that_is_not_set_does_no_harm)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 2);
	device(f.be, BACKEND_DEV_SCRIBBLE, 30);
	cr_assert_eq(set_fd(f.be, MSIX, 2, 2), 0, "set");
	cr_assert_eq(set_fd(f.be, MSIX, 30, 30), 0, "add");
	fire(2);
	fire(30);
	cr_assert_eq(signals(&f, 2) + signals(&f, 30), 2, "both work");
}
