/* SPDX-License-Identifier: MIT */
/* INTX: the request table of section 1.4 and the level line behind it. Same in both profiles. */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

static struct fixture f;

static void setup(void)
{
	fixture_open(&f, PROFILE_6_12);
}

static void setup_6_1(void)
{
	fixture_open(&f, PROFILE_6_1);
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(intx, .init = setup, .fini = teardown);
TestSuite(intx_6_1, .init = setup_6_1, .fini = teardown);

enum when { WHEN_NONE, WHEN_MSIX, WHEN_INTX, WHENS };

static const char *const when_names[WHENS] = {"none", "MSIX", "INTX"};

struct row {
	const char *what;
	uint32_t flags, count;
	int32_t value; /* fd, or the byte of BOOL */
	int ret[WHENS];
	uint64_t signals; /* to the old trigger, type INTX */
};

static const struct row rows[] = {
	{"TRIGGER NONE 0", TRIGGER | NONE, 0, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"TRIGGER NONE 1", TRIGGER | NONE, 1, 0, {-EINVAL, -EINVAL, 0}, 1},
	{"TRIGGER BOOL 2", TRIGGER | BOOL, 1, 2, {-EINVAL, -EINVAL, 0}, 1},
	{"TRIGGER BOOL 0", TRIGGER | BOOL, 1, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"TRIGGER BOOL count 0", TRIGGER | BOOL, 0, 0, {-EINVAL, -EINVAL, -EINVAL}, 0},
	{"TRIGGER EVENTFD count 0", TRIGGER | EVENTFD, 0, 0, {-EINVAL, -EINVAL, -EINVAL}, 0},
	{"TRIGGER EVENTFD fd", TRIGGER | EVENTFD, 1, 5, {0, -EINVAL, 0}, 0},
	{"TRIGGER EVENTFD -1", TRIGGER | EVENTFD, 1, -1, {0, -EINVAL, 0}, 0},
	{"TRIGGER EVENTFD -7", TRIGGER | EVENTFD, 1, -7, {0, -EINVAL, 0}, 0},
	{"TRIGGER EVENTFD closed", TRIGGER | EVENTFD, 1, SLOT_CLOSED, {-EBADF, -EINVAL, -EBADF}, 0},
	{"TRIGGER EVENTFD other", TRIGGER | EVENTFD, 1, SLOT_OTHER, {-EINVAL, -EINVAL, -EINVAL}, 0},
	{"MASK NONE 1", MASK | NONE, 1, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"MASK NONE 0", MASK | NONE, 0, 0, {-EINVAL, -EINVAL, -EINVAL}, 0},
	{"MASK BOOL 1", MASK | BOOL, 1, 1, {-EINVAL, -EINVAL, 0}, 0},
	{"MASK BOOL 0", MASK | BOOL, 1, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"MASK EVENTFD", MASK | EVENTFD, 1, 5, {-EINVAL, -EINVAL, -ENOTTY}, 0},
	{"UNMASK NONE 1", UNMASK | NONE, 1, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"UNMASK BOOL 1", UNMASK | BOOL, 1, 1, {-EINVAL, -EINVAL, 0}, 0},
	{"UNMASK BOOL 0", UNMASK | BOOL, 1, 0, {-EINVAL, -EINVAL, 0}, 0},
	{"UNMASK BOOL count 0", UNMASK | BOOL, 0, 0, {-EINVAL, -EINVAL, -EINVAL}, 0},
};

static int ask(const struct row *r)
{
	uint8_t byte = (uint8_t)r->value;

	if (!r->count || (r->flags & NONE))
		return request(f.be, r->flags, INTX, 0, r->count, NULL, 0);
	if (r->flags & BOOL)
		return request(f.be, r->flags, INTX, 0, 1, &byte, 1);
	return request(f.be, r->flags, INTX, 0, 1, &r->value, sizeof(r->value));
}

static void check_table(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (enum when when = 0; when < WHENS; when++) {
			const struct row *r = &rows[i];
			uint32_t type;
			int ret;

			if (when != WHEN_NONE)
				cr_assert_eq(set_fd(f.be, when == WHEN_INTX ? INTX : MSIX, 0, 0), 0,
					     "enable");
			ret = ask(r);
			cr_assert_eq(ret, r->ret[when], "%s, %s: %d", r->what, when_names[when],
				     ret);
			if (when == WHEN_INTX)
				cr_assert_eq(signals(&f, 0), r->signals, "%s: signals", r->what);
			type = state_of(f.be).type;
			if (type != NO_TYPE)
				cr_assert_eq(disable(f.be, type), 0, "clean up");
			cr_assert_eq(state_of(f.be).references, 0, "%s: references", r->what);
		}
	}
}

Test(intx, requests_as_the_table_has_them)
{
	check_table();
}

Test(intx_6_1, requests_as_the_table_has_them)
{
	check_table();
}

Test(intx, a_failed_enable_leaves_nothing)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, SLOT_CLOSED), -EBADF, "closed");
	cr_assert_eq(state_of(f.be).type, NO_TYPE, "R25");
	cr_assert_eq(disable(f.be, INTX), -EINVAL, "nothing to disable");
}

Test(intx, the_line_signals_once_and_masks)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire again");
	cr_assert_eq(signals(&f, 0), 1, "automasked (R30)");

	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask, line still up");
	cr_assert_eq(signals(&f, 0), 1, "at once, and masked again (R33)");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 0, "masked it is");

	emulator_set_line(f.be, false);
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask, line down");
	cr_assert_eq(signals(&f, 0), 0, "nothing to say");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "unmasked it was");
}

Test(intx, a_mask_holds_the_line_back)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, MASK, INTX, 0, 1), 0, "mask");
	cr_assert_eq(set_none(f.be, MASK, INTX, 0, 1), 0, "twice (R32)");
	emulator_set_line(f.be, true);
	cr_assert_eq(signals(&f, 0), 0, "silent");
	cr_assert_eq(loopback(f.be, INTX, 0), 0, "loopback");
	cr_assert_eq(signals(&f, 0), 1, "is not blocked (R31)");
	cr_assert_eq(set_bool(f.be, UNMASK, INTX, 0, 0), 0, "unmask of nothing");
	cr_assert_eq(signals(&f, 0), 0, "still masked");
	cr_assert_eq(set_bool(f.be, UNMASK, INTX, 0, 2), 0, "unmask");
	cr_assert_eq(signals(&f, 0), 1, "the line is seen");
}

Test(intx, a_line_that_drops_while_masked_is_forgotten)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, MASK, INTX, 0, 1), 0, "mask");
	emulator_set_line(f.be, true);
	emulator_set_line(f.be, false);
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
	cr_assert_eq(signals(&f, 0), 0, "a level, not an edge (P4)");
}

Test(intx, loopback_does_not_mask)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(loopback(f.be, INTX, 0), 0, "loopback");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 2, "R31");
}

Test(intx, a_line_up_before_enable_signals_at_enable)
{
	emulator_set_line(f.be, true);
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(signals(&f, 0), 1, "at once");
}

Test(intx, a_line_up_under_msix_waits_for_intx)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 1), 0, "MSI-X");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 1), 0, "not through MSI-X");
	cr_assert_eq(disable(f.be, MSIX), 0, "off");
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "INTX");
	cr_assert_eq(signals(&f, 0), 1, "the level is still there");
}

Test(intx, without_a_trigger_it_is_enabled_and_silent)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, -1), 0, "enable (R26)");
	cr_assert_eq(state_of(f.be).type, INTX, "enabled");
	cr_assert_eq(loopback(f.be, INTX, 0), 0, "loopback into nothing, B06");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "set");
	cr_assert_eq(signals(&f, 0), 0, "not replayed (R29)");
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
	cr_assert_eq(signals(&f, 0), 1, "finds the line");
}

Test(intx, a_bad_fd_keeps_the_old_trigger)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(set_fd(f.be, INTX, 0, SLOT_CLOSED), -EBADF, "closed");
	cr_assert_eq(set_fd(f.be, INTX, 0, SLOT_OTHER), -EINVAL, "other");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "R28");
}

Test(intx, replacing_the_trigger_keeps_the_mask)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(set_fd(f.be, INTX, 0, 1), 0, "replace");
	cr_assert_eq(signal_mem_references(f.mem, 0), 0, "the old one is dropped");
	cr_assert_eq(signals(&f, 0), 1, "it had its signal");
	cr_assert_eq(signals(&f, 1), 0, "still masked (R28)");
	cr_assert_eq(set_none(f.be, UNMASK, INTX, 0, 1), 0, "unmask");
	cr_assert_eq(signals(&f, 1), 1, "to the new one");
}

Test(intx, a_mask_does_not_survive_disable)
{
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, MASK, INTX, 0, 1), 0, "mask");
	cr_assert_eq(disable(f.be, INTX), 0, "disable");
	cr_assert_eq(backend_fire(f.be, INTX, 0), 0, "fire");
	cr_assert_eq(set_fd(f.be, INTX, 0, 0), 0, "enable");
	cr_assert_eq(signals(&f, 0), 1, "R27");
}
