/* SPDX-License-Identifier: MIT */
/* What becomes of a fire: sent, pended, replayed, or with nowhere to go (P3, P5, P8, R80). */
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

TestSuite(delivery, .init = setup, .fini = teardown);

static void fire(uint32_t vector)
{
	cr_assert_eq(backend_fire(f.be, MSIX, vector), 0, "fire %u", vector);
}

Test(delivery, a_fire_is_in_the_eventfd_when_it_returns)
{
	const int32_t fds[3] = {10, 11, 12};

	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "enable");
	fire(1);
	cr_assert_eq(signals(&f, 11), 1, "its own");
	cr_assert_eq(signals(&f, 10) + signals(&f, 12), 0, "and no other");
	cr_assert_eq(state_of(f.be).sent, 1, "counted");
}

Test(delivery, fired_while_disarmed_is_replayed_once_when_armed)
{
	cr_assert_eq(set_fd(f.be, MSIX, 1, 1), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "disarm");
	fire(1);
	fire(1);
	fire(1);
	cr_assert(vector_of(f.be, 1).pending, "pending");
	cr_assert_eq(set_fd(f.be, MSIX, 1, 2), 0, "arm");
	cr_assert_eq(signals(&f, 2), 1, "three fires, one message (P8)");
	cr_assert_eq(signals(&f, 1), 0, "none to the old eventfd (R69)");
	cr_assert_not(vector_of(f.be, 1).pending, "no longer pending");
	cr_assert_eq(state_of(f.be).pended, 1, "one set the bit");
	cr_assert_eq(state_of(f.be).coalesced, 2, "two found it set");
}

Test(delivery, an_entry_masked_past_the_kernel_holds_what_comes_until_its_trigger_is_set)
{
	cr_assert_eq(set_fd(f.be, MSIX, 1, 1), 0, "enable");
	cr_assert_eq(f.be->ops->mask_entry(f.be, 1), 0);
	fire(1);
	cr_assert_eq(signals(&f, 1), 0, "masked");
	cr_assert(vector_of(f.be, 1).pending, "and pending");
	cr_assert_eq(set_fd(f.be, MSIX, 1, 2), 0, "replace");
	cr_assert_eq(signals(&f, 2), 1, "replayed to the new one");
	fire(1);
	cr_assert_eq(signals(&f, 2), 1, "and no longer masked");
	cr_assert_eq(f.be->ops->mask_entry(f.be, 64), -EINVAL, "beyond the table");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_POWER, 3), 0);
	cr_assert_eq(f.be->ops->mask_entry(f.be, 1), -EIO, "no memory answers in D3hot");
}

Test(delivery, fired_before_its_first_set_is_delivered_when_added)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	fire(40);
	cr_assert(vector_of(f.be, 40).pending, "a vector outside A pends");
	cr_assert_eq(set_fd(f.be, MSIX, 40, 4), 0, "dynamic add");
	cr_assert_eq(signals(&f, 4), 1, "P8");
}

Test(delivery, fired_while_disabled_is_lost)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	fire(0);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable again");
	cr_assert_eq(signals(&f, 0), 0, "P8");
	cr_assert_eq(state_of(f.be).dropped_disabled, 1, "counted as such");
}

Test(delivery, a_failed_set_keeps_what_fires_meanwhile)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 0, SLOT_CLOSED), -EBADF, "bad fd");
	fire(0);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 1), 0, "good fd");
	cr_assert_eq(signals(&f, 1), 1, "pended in between");
}

Test(delivery, the_function_mask_holds_every_vector_back)
{
	const int32_t fds[3] = {0, 1, -1};

	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "enable");
	backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, true);
	for (uint32_t v = 0; v < 3; v++) {
		fire(v);
		fire(v);
	}
	cr_assert_eq(signals(&f, 0) + signals(&f, 1), 0, "held back");
	cr_assert_not(vector_of(f.be, 0).masked, "per-vector bits are as they were (P5)");
	cr_assert_eq(set_fd(f.be, MSIX, 1, 5), 0, "a set unmasks its entry only");
	cr_assert_eq(signals(&f, 5), 0, "so it stays silent");
	backend_device(f.be, BACKEND_DEV_FUNCTION_MASK, false);
	cr_assert_eq(signals(&f, 0), 1, "replayed once");
	cr_assert_eq(signals(&f, 5), 1, "to the trigger of now");
	cr_assert(vector_of(f.be, 2).pending, "a vector with its own mask still waits");
}

Test(delivery, pending_bits_survive_disable)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "disarm");
	fire(0);
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert(vector_of(f.be, 0).pending, "kept");
	cr_assert_eq(set_fd(f.be, MSIX, 0, -1), 0, "enable with no vector");
	cr_assert_eq(state_of(f.be).sent, 0, "masked until requested");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 3), 0, "arm");
	cr_assert_eq(signals(&f, 3), 1, "replayed");
}

Test(delivery, or_not_where_the_function_clears_them)
{
	struct emu_config cfg;
	struct fixture g;

	emu_config_default(&cfg);
	cfg.pba_cleared_on_disable = true;
	fixture_open_with(&g, cfg);
	cr_assert_eq(set_fd(g.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(g.be, MSIX, 0, -1), 0, "disarm");
	cr_assert_eq(backend_fire(g.be, MSIX, 0), 0, "fire");
	cr_assert_eq(disable(g.be, MSIX), 0, "disable");
	cr_assert_not(vector_of(g.be, 0).pending, "cleared");
	cr_assert_eq(state_of(g.be).dropped_disabled, 1, "and accounted for");
	cr_assert_eq(set_fd(g.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(signals(&g, 0), 0, "lost");
	fixture_close(&g);
}

Test(delivery, vectors_that_no_call_touches_lose_nothing)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(set_fd(f.be, MSIX, 1 + (uint32_t)i % 63, i % 3 ? 1 : -1), 0, "churn");
		fire(0);
	}
	cr_assert_eq(signals(&f, 0), 100, "R54");
}

Test(delivery, msi_has_no_mask_and_no_pending_bit)
{
	const int32_t fds[3] = {0, -1, 2};

	cr_assert_eq(set_fds(f.be, MSI, 0, 3, fds), 0, "enable 3, rounded up to 4");
	for (uint32_t v = 0; v < 16; v++)
		cr_assert_eq(backend_fire(f.be, MSI, v), 0, "fire %u", v);
	cr_assert_eq(signals(&f, 0), 1, "0");
	cr_assert_eq(signals(&f, 2), 1, "2");
	cr_assert_eq(state_of(f.be).dropped_shutdown, 2, "1 has no handler, 3 no irq (R47)");
	cr_assert_eq(state_of(f.be).dropped_disabled, 12, "the rest is not enabled");
	cr_assert_eq(set_fd(f.be, MSI, 1, 1), 0, "arm 1");
	cr_assert_eq(signals(&f, 1), 0, "nothing is replayed");
}

Test(delivery, msi_after_msix_and_back_share_nothing)
{
	cr_assert_eq(set_fd(f.be, MSIX, 2, 2), 0, "MSI-X");
	cr_assert_eq(disable(f.be, MSIX), 0, "off");
	cr_assert_eq(set_fd(f.be, MSI, 2, 3), 0, "MSI");
	fire(2);
	cr_assert_eq(signals(&f, 2) + signals(&f, 3), 0, "MSI-X fires go nowhere");
	cr_assert_eq(backend_fire(f.be, MSI, 2), 0, "fire MSI");
	cr_assert_eq(signals(&f, 3), 1, "MSI delivers");
	cr_assert_eq(disable(f.be, MSI), 0, "off");
	cr_assert_eq(set_fd(f.be, MSIX, 2, 4), 0, "MSI-X again");
	fire(2);
	cr_assert_eq(signals(&f, 4), 1, "MSI-X delivers");
}

Test(delivery, what_is_not_there_cannot_fire)
{
	cr_assert_eq(backend_fire(f.be, MSIX, 64), -EINVAL, "vector past the table");
	cr_assert_eq(backend_fire(f.be, MSI, 16), -EINVAL, "vector past MSI");
	cr_assert_eq(backend_fire(f.be, INTX, 1), -EINVAL, "second pin");
	cr_assert_eq(backend_fire(f.be, NO_TYPE, 0), -EINVAL, "unknown index");
	cr_assert_eq(backend_fire(f.be, UINT32_MAX, 0), -EINVAL, "index of all ones");
}
