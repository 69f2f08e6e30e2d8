/* SPDX-License-Identifier: MIT */
/* Rules of PCI that are broken (P1, P2, P6, P7) are noted, and what vfio does breaks none. */
#include <criterion/criterion.h>
#include <errno.h>

#include "emulator/function.h"
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

TestSuite(breach, .init = setup, .fini = teardown);
TestSuite(breach_cached, .init = setup_cached, .fini = teardown);
TestSuite(breach_table);

static void fire(uint32_t vector)
{
	cr_assert_eq(backend_fire(f.be, MSIX, vector), 0, "fire %u", vector);
}

static struct breaches seen(void)
{
	struct breaches b;

	emulator_violations(f.be, &b);
	return b;
}

static void expect_only(enum breach_rule rule, uint64_t count)
{
	struct breaches b = seen();

	for (uint32_t r = 0; r < BREACH_RULES; r++)
		cr_assert_eq(b.count[r], r == rule ? count : 0, "%s: %lu", breach_name(r),
			     b.count[r]);
}

Test(breach, a_message_written_to_an_open_entry_is_one_of_p1)
{
	struct breaches b;

	device(f.be, BACKEND_DEV_SCRIBBLE, 1);
	device(f.be, BACKEND_DEV_SCRIBBLE, 1);
	expect_only(BREACH_P1, 2);
	b = seen();
	cr_assert_eq(b.n, 1, "of one kind");
	cr_assert_eq(b.kind[0].rule, BREACH_P1);
	cr_assert_eq(b.kind[0].vector, 1, "on its vector");
	cr_assert_eq(b.kind[0].count, 2, "twice");
	cr_assert_not(b.kind[0].by_kernel, "behind the kernel's back");
	cr_assert_eq(b.by_kernel, 0, "which did nothing wrong");
	emulator_forget_violations(f.be);
	cr_assert_eq(emulator_violations_total(f.be), 0, "forgotten");
}

Test(breach, a_masked_entry_may_be_written)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 2);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 0);
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	cr_assert_eq(emulator_violations_total(f.be), 0, "by its own bit, as a whole, disabled");
}

Test(breach_cached, a_live_entry_that_changes_is_seen_to_go_astray)
{
	device(f.be, BACKEND_DEV_SCRIBBLE, 0);
	expect_only(BREACH_P1, 1);
	fire(0);
	cr_assert_eq(signals(&f, 0), 1, "still to the old place (P2)");
	cr_assert_eq(seen().count[BREACH_P2], 1, "where the table no longer leads");
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 0);
	fire(0);
	cr_assert_eq(signals(&f, 0), 0, "after the next unmask to the new one: lost");
	cr_assert_eq(state_of(f.be).dropped_shutdown, 1, "counted");
	cr_assert_eq(seen().count[BREACH_P2], 1, "which is what the table says");
	cr_assert_eq(seen().by_kernel, 0, "none of it is the kernel's");
}

Test(breach_cached, the_same_change_by_the_kernel_is_clean)
{
	for (int i = 0; i < 4; i++) {
		fire(0);
		cr_assert_eq(set_fd(f.be, MSIX, 0, 4 + i), 0, "mask, write, unmask (P10)");
		fire(0);
		cr_assert_eq(signals(&f, (uint32_t)(4 + i)), 1, "arrives");
	}
	cr_assert_eq(disable(f.be, MSIX), 0, "off");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "on");
	device(f.be, BACKEND_DEV_FLR, 0);
	cr_assert_eq(emulator_violations_total(f.be), 0, "nor does anything else of it");
}

static void check_wiped_between(void)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "disarm");
	device(f.be, BACKEND_DEV_WIPE, 0);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 4), 0, "arm");
	fire(0);
	cr_assert_eq(signals(&f, 4), 1, "the message was written anew (R50-6)");
	cr_assert_eq(emulator_violations_total(f.be), 0, "clean");
}

Test(breach, a_table_wiped_between_disarm_and_arm_still_delivers)
{
	check_wiped_between();
}

Test(breach_cached, a_table_wiped_between_disarm_and_arm_still_delivers)
{
	check_wiped_between();
}

Test(breach, writes_without_power_are_a_hazard_and_no_breach)
{
	device(f.be, BACKEND_DEV_POWER, 3);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 4), 0, "set in D3hot (R61)");
	cr_assert_eq(seen().count[BREACH_R61], 3, "mask, write, unmask");
	cr_assert_eq(seen().by_kernel, 0, "not held against the kernel");
	device(f.be, BACKEND_DEV_POWER, 0);
	fire(0);
	cr_assert_eq(signals(&f, 4), 1, "made good at D0");
}

Test(breach, kinds_are_kept_once_and_all_are_counted)
{
	for (uint32_t v = 3; v < 40; v++)
		cr_assert_eq(set_fd(f.be, MSIX, v, 3), 0, "add");
	for (uint32_t v = 0; v < 40; v++)
		device(f.be, BACKEND_DEV_SCRIBBLE, v);
	expect_only(BREACH_P1, 39); /* vector 2 is masked */
	cr_assert_eq(seen().n, BREACHES_KEPT, "the first ones");
	cr_assert_eq(emulator_violations_total(f.be), 39, "all");
}

/* The function by itself, told what a kernel would have to be wrong to tell it. */
static struct host host;
static struct msg_table msi, msix;
static struct breach_log breaches;

static void open_tables(void)
{
	cr_assert_eq(host_init(&host, 4), 0, "host");
	cr_assert_eq(msg_table_init(&msi, &host, 4, false), 0, "MSI");
	cr_assert_eq(msg_table_init(&msix, &host, 4, true), 0, "MSI-X");
	msi.breaches = msix.breaches = &breaches;
	msi.other = &msix;
	msix.other = &msi;
	host_new_domain(&host);
}

static void close_tables(void)
{
	msg_table_fini(&msix);
	msg_table_fini(&msi);
	host_fini(&host);
}

static void expect_kernel(enum breach_rule rule, uint64_t count)
{
	struct breaches b;

	breach_read(&breaches, &b);
	for (uint32_t r = 0; r < BREACH_RULES; r++)
		cr_assert_eq(b.count[r], r == rule ? count : 0, "%s: %lu", breach_name(r),
			     b.count[r]);
	cr_assert_eq(b.by_kernel, count, "of the kernel");
}

Test(breach_table, msi_and_msix_enabled_at_once_is_one_of_p6)
{
	open_tables();
	msg_table_enable(&msi, 1, false);
	msg_table_disable(&msi);
	msg_table_enable(&msix, 4, true);
	expect_kernel(BREACH_P6, 0);
	msg_table_enable(&msi, 1, false);
	expect_kernel(BREACH_P6, 1);
	close_tables();
}

Test(breach_table, msi_that_changes_its_vectors_while_enabled_is_one_of_p7)
{
	open_tables();
	msg_table_enable(&msi, 2, false);
	msg_table_enable(&msi, 2, false);
	expect_kernel(BREACH_P7, 0);
	msg_table_set_limit(&msi, 4);
	expect_kernel(BREACH_P7, 1);
	msg_table_enable(&msi, 1, false);
	expect_kernel(BREACH_P7, 2);
	close_tables();
}

Test(breach_table, msix_has_no_number_to_change)
{
	open_tables();
	msg_table_enable(&msix, 2, false);
	msg_table_set_limit(&msix, 4);
	expect_kernel(BREACH_P7, 0);
	close_tables();
}

Test(breach_table, a_kernel_that_writes_an_open_entry_is_one_of_p1)
{
	struct host_irq *irq;
	struct msi_msg msg;

	open_tables();
	irq = host_alloc_irq(&host, &msix, 1);
	msg = host_compose_msg(&host, irq);
	msg_table_enable(&msix, 4, false);
	msg_table_write(&msix, 1, &msg);
	expect_kernel(BREACH_P1, 0);
	msg_table_unmask(&msix, 1);
	msg_table_write(&msix, 1, &msg);
	expect_kernel(BREACH_P1, 1);
	close_tables();
}

Test(breach_table, what_the_kernel_does_is_kept_when_the_list_is_full)
{
	struct breaches b;

	for (uint32_t v = 0; v < 2 * BREACHES_KEPT; v++)
		breach_note(&breaches, BREACH_P1, false, v);
	breach_note(&breaches, BREACH_P1, true, 7);
	breach_read(&breaches, &b);
	cr_assert_eq(b.n, BREACHES_KEPT, "full");
	cr_assert(b.kind[BREACHES_KEPT - 1].by_kernel, "the last one made room");
	cr_assert_eq(b.kind[BREACHES_KEPT - 1].count, 1, "counted");
	cr_assert_eq(b.count[BREACH_P1], 2 * BREACHES_KEPT + 1, "all are");
}
