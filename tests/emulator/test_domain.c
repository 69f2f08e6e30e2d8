/* SPDX-License-Identifier: MIT */
/* How many vectors there are: the host's pool, MSI's short answer (R48), the domain of P13. */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

static struct fixture f;
static const int32_t fds[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void open_with(enum profile profile, uint32_t vectors, uint32_t host, bool intremap)
{
	struct emu_config cfg;

	emu_config_default(&cfg);
	emu_config_profile(&cfg, profile);
	cfg.msix_vectors = vectors;
	cfg.host_vectors = host;
	cfg.host_intremap = intremap;
	fixture_open_with(&f, cfg);
}

static int grow(uint32_t size)
{
	return backend_device(f.be, BACKEND_DEV_TABLE_SIZE, size);
}

static uint32_t msix_count(void)
{
	struct vfio_irq_info info = {.argsz = IRQ_INFO_SIZE, .index = MSIX};

	cr_assert_eq(backend_irq_info(f.be, &info), 0, "info");
	return info.count;
}

static void expect_nothing(const char *what)
{
	cr_assert_eq(state_of(f.be).type, NO_TYPE, "%s: type", what);
	cr_assert_eq(state_of(f.be).references, 0, "%s: references", what);
	expect_vectors(f.be, 0, 0, what);
}

Test(domain, without_remapping_msi_has_one_vector)
{
	open_with(PROFILE_6_12, 8, 0, false);
	cr_assert_eq(set_fds(f.be, MSI, 0, 2, fds), 1, "R48");
	expect_nothing("2 vectors");
	cr_assert_eq(set_fds(f.be, MSI, 3, 1, fds), 1, "start counts, too");
	cr_assert_eq(set_fds(f.be, MSI, 0, 1, fds), 0, "1 vector");
	cr_assert_eq(disable(f.be, MSI), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "MSI-X does not mind");
	fixture_close(&f);
}

Test(domain, the_short_answer_comes_before_the_step_that_fails)
{
	open_with(PROFILE_6_12, 8, 0, false);
	fail(f.be, 3);
	cr_assert_eq(set_fds(f.be, MSI, 0, 2, fds), 1, "not reached");
	fixture_close(&f);

	open_with(PROFILE_6_1, 8, 0, false);
	fail(f.be, 3);
	cr_assert_eq(set_fds(f.be, MSI, 0, 2, fds), -ENOMEM, "the array of 6.1 comes first");
	expect_nothing("array");
	fixture_close(&f);

	open_with(PROFILE_6_12, 8, 2, true);
	fail(f.be, 3);
	cr_assert_eq(set_fds(f.be, MSI, 0, 4, fds), -ENOSPC, "before the pool is looked at");
	fixture_close(&f);
}

Test(domain, msi_is_told_how_many_the_host_has)
{
	open_with(PROFILE_6_12, 8, 3, true);
	cr_assert_eq(set_fds(f.be, MSI, 0, 4, fds), 3, "R48");
	expect_nothing("4 of 3");
	cr_assert_eq(set_fds(f.be, MSI, 0, 3, fds), 0, "3 of 3");
	cr_assert_eq(backend_fire(f.be, MSI, 2), 0, "fire");
	cr_assert_eq(signals(&f, 2), 1, "works");
	fixture_close(&f);
}

Test(domain, msix_takes_all_or_nothing)
{
	open_with(PROFILE_6_12, 8, 3, true);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), -ENOSPC, "bulk");
	expect_nothing("4 of 3");
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "one");
	cr_assert_eq(set_fd(f.be, MSIX, 5, 5), 0, "two");
	cr_assert_eq(set_fds(f.be, MSIX, 6, 2, fds), -ENOSPC, "three and four (R49)");
	expect_vectors(f.be, 0x61, 0x21, "the third stays in A (R53, R56)");
	cr_assert_eq(set_fd(f.be, MSIX, 6, 6), 0, "it need not be allocated again");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "all are back");
	fixture_close(&f);
}

Test(domain, a_grown_table_is_seen_and_cannot_be_used)
{
	open_with(PROFILE_6_12, 4, 0, true);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "the domain is made");
	cr_assert_eq(grow(4), -EINVAL, "no growth");
	cr_assert_eq(grow(3), -EINVAL, "shrinking");
	cr_assert_eq(grow(2049), -EINVAL, "too much");
	cr_assert_eq(grow(8), 0, "grow");
	cr_assert_eq(msix_count(), 8, "read from the hardware");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_ENTRY, 7), BACKEND_ENTRY_MASKED, "new entry");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "the old vector works on");
	cr_assert_eq(set_fd(f.be, MSIX, 3, 3), 0, "below the old size");
	cr_assert_eq(set_fd(f.be, MSIX, 4, 4), -ERANGE, "P13");
	cr_assert_eq(set_fd(f.be, MSIX, 8, 4), -EINVAL, "R6");
	expect_vectors(f.be, 0x9, 0x9, "others stay");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 5, fds), -ERANGE, "bulk, too");
	expect_nothing("bulk");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), 0, "the old size");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	device(f.be, BACKEND_DEV_REOPEN, 0);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 5, fds), -ERANGE, "a close does not help");
	device(f.be, BACKEND_DEV_REBIND, 0);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "an unbind does");
	fixture_close(&f);
}

Test(domain, msi_in_between_makes_a_new_domain)
{
	open_with(PROFILE_6_12, 4, 0, true);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "the domain is made");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(grow(8), 0, "grow");
	cr_assert_eq(set_fd(f.be, MSI, 0, 0), 0, "MSI");
	cr_assert_eq(disable(f.be, MSI), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "P13");
	fixture_close(&f);
}

Test(domain, growth_before_the_first_enable_costs_nothing)
{
	open_with(PROFILE_6_12, 4, 0, true);
	cr_assert_eq(grow(16), 0, "grow");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 16, fds), 0, "all");
	for (uint32_t v = 0; v < 16; v++)
		cr_assert_eq(backend_fire(f.be, MSIX, v), 0, "fire");
	for (uint32_t v = 0; v < 16; v++)
		cr_assert_eq(signals(&f, v), 1, "vector %u", v);
	fixture_close(&f);
}

Test(domain, a_failing_enable_has_made_the_domain)
{
	open_with(PROFILE_6_12, 4, 0, true);
	fail(f.be, 3);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), -ENOSPC, "vector allocation");
	cr_assert_eq(grow(8), 0, "grow");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), -ERANGE, "P13");
	fixture_close(&f);
}

Test(domain, six_one_keeps_no_size)
{
	open_with(PROFILE_6_1, 4, 0, true);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(grow(8), 0, "grow");
	cr_assert_eq(set_fd(f.be, MSIX, 5, 5), -EINVAL, "beyond nvec");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "all");
	fixture_close(&f);
}

Test(domain, growth_moves_vectors_that_work_on)
{
	open_with(PROFILE_6_12, 4, 0, true);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "enable");
	cr_assert_eq(set_fd(f.be, MSIX, 1, -1), 0, "remove");
	cr_assert_eq(backend_fire(f.be, MSIX, 1), 0, "pended");
	cr_assert_eq(grow(2048), 0, "grow");
	cr_assert_eq(inspect_of(f.be).producers, 2, "producers");
	cr_assert_eq(backend_fire(f.be, MSIX, 2), 0, "fire");
	cr_assert_eq(backend_fire(f.be, MSIX, 2047), 0, "pended, as it is enabled");
	cr_assert_eq(state_of(f.be).pending, 2, "pending");
	cr_assert_eq(signals(&f, 2), 1, "handler");
	cr_assert_eq(set_fd(f.be, MSIX, 1, 1), 0, "set again");
	cr_assert_eq(signals(&f, 1), 1, "replayed (P8)");
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
	cr_assert_eq(inspect_of(f.be).producers, 0, "producers");
	fixture_close(&f);
}

Test(domain, rebind_can_set_the_size)
{
	open_with(PROFILE_6_12, 8, 0, true);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "enable");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_SRIOV_COUNT, 16), -EBUSY, "driver bound");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_REBIND, 2049), -EINVAL, "too many");
	expect_vectors(f.be, 0xff, 0xff, "refused before anything");
	device(f.be, BACKEND_DEV_REBIND, 16);
	expect_nothing("rebind");
	cr_assert_eq(msix_count(), 16, "grown");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 16, fds), 0, "all");
	device(f.be, BACKEND_DEV_REBIND, 2);
	cr_assert_eq(msix_count(), 2, "shrunk");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), -EINVAL, "R6");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 2, fds), 0, "both");
	device(f.be, BACKEND_DEV_REBIND, 12);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 12, fds), 0, "and grown again");
	fixture_close(&f);
}

Test(domain, a_device_without_msix_cannot_grow)
{
	open_with(PROFILE_6_12, 0, 0, true);
	cr_assert_eq(grow(8), -EINVAL, "grow");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_REBIND, 8), -EINVAL, "rebind");
	device(f.be, BACKEND_DEV_REBIND, 0);
	device(f.be, BACKEND_DEV_FUNCTION_MASK, 1);
	device(f.be, BACKEND_DEV_WIPE, 0);
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_ENTRY, 0), -EINVAL, "entry");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_SCRIBBLE, 0), -EINVAL, "scribble");
	fixture_close(&f);
}

Test(domain, six_one_takes_the_count_of_a_rebind_as_well)
{
	open_with(PROFILE_6_1, 8, 0, true);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "enable");
	cr_assert_eq(backend_device(f.be, BACKEND_DEV_SRIOV_COUNT, 16), -EBUSY, "driver bound");
	expect_vectors(f.be, 0xff, 0xff, "and nothing changed");
	device(f.be, BACKEND_DEV_REBIND, 16);
	cr_assert_eq(msix_count(), 16, "the next open");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 16, fds), 0, "all");
	cr_assert_eq(backend_fire(f.be, MSIX, 15), 0, "fire");
	cr_assert_eq(signals(&f, 15), 1, "the last one works");
	fixture_close(&f);
}

static void expect_grown(const char *what)
{
	struct backend_desc desc;

	cr_assert_eq(backend_describe(f.be, &desc), 0, "describe");
	cr_assert_str_eq(desc.target, "emu:profile=6.12,vectors=4,grown=8", "%s", what);
	cr_assert_eq(msix_count(), 8, "%s: GET_IRQ_INFO", what);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), -ERANGE, "%s: bulk", what);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 4, fds), 0, "%s: the old size", what);
	cr_assert_eq(set_fd(f.be, MSIX, 4, 4), -ERANGE, "%s: one by one", what);
	cr_assert_eq(backend_fire(f.be, MSIX, 3), 0, "fire");
	cr_assert_eq(signals(&f, 3), 1, "%s: the old ones work", what);
	cr_assert_eq(disable(f.be, MSIX), 0, "disable");
}

Test(domain, a_device_made_anew_has_counted_nothing)
{
	struct emu_config cfg;
	struct emu_state s;
	struct errmsg e;

	emu_config_default(&cfg);
	fixture_open_with(&f, cfg);
	cr_assert_eq(backend_fire(f.be, MSIX, 7), 0, "MSI-X is off");
	cr_assert_eq(set_fds(f.be, MSIX, 0, 3, fds), 0, "enable");
	cr_assert_eq(backend_fire(f.be, MSIX, 2), 0, "set");
	cr_assert_eq(backend_fire(f.be, MSIX, 5), 0, "masked");
	cr_assert_eq(backend_fire(f.be, MSIX, 5), 0, "once more");
	device(f.be, BACKEND_DEV_SCRIBBLE, 1);
	cr_assert_eq(backend_fire(f.be, MSIX, 1), 0, "nowhere");
	s = state_of(f.be);
	cr_assert(s.sent == 1 && s.pended == 1 && s.coalesced == 1 && s.dropped_disabled == 1 &&
		  s.dropped_shutdown == 1);
	cr_assert_eq(emulator_remake(f.be, NULL, &e), 0, "%s", e.text);
	s = state_of(f.be);
	cr_assert(!s.sent && !s.pended && !s.coalesced && !s.pending, "%lu sent", s.sent);
	cr_assert(!s.dropped_disabled && !s.dropped_shutdown);
	fixture_close(&f);
}

Test(domain, a_device_can_begin_with_a_grown_table)
{
	struct backend_desc desc;
	struct emu_config cfg;
	struct errmsg e;

	emu_config_default(&cfg);
	cfg.msix_vectors = 4;
	cfg.msix_grown = 8;
	fixture_open_with(&f, cfg);
	cr_assert_eq(backend_describe(f.be, &desc), 0, "describe");
	cr_assert_eq(desc.fire_max, 8, "all of it can be fired");
	expect_grown("opened");
	cfg.msix_grown = 0;
	cr_assert_eq(emulator_remake(f.be, &cfg, &e), 0, "%s", e.text);
	cr_assert_eq(msix_count(), 4, "a new one");
	cfg.msix_grown = 8;
	cr_assert_eq(emulator_remake(f.be, &cfg, &e), 0, "%s", e.text);
	expect_grown("made anew");
	device(f.be, BACKEND_DEV_REBIND, 0);
	cr_assert_eq(set_fds(f.be, MSIX, 0, 8, fds), 0, "a rebind cures it");
	fixture_close(&f);
}
