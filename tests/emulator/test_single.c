/* SPDX-License-Identifier: MIT */
/* ERR and REQ: the table of section 1.6, and their independence from the rest (R20). */
#include <criterion/criterion.h>
#include <errno.h>

#include "fixture.h"

enum after { KEPT, DROPPED, REPLACED };

struct row {
	const char *what;
	uint32_t flags, count;
	int32_t value;
	int unset, set;       /* what comes back with no trigger, with one */
	uint64_t signals;     /* to the old trigger */
	enum after old;       /* what became of it */
	int unset_61, set_61; /* where 6.1 differs; else as above */
};

#define SAME(u, s) (u), (s)

static const struct row rows[] = {
	{"NONE count 0", TRIGGER | NONE, 0, 0, -EINVAL, 0, 0, DROPPED, SAME(-EINVAL, 0)},
	{"NONE count 1", TRIGGER | NONE, 1, 0, -EINVAL, 0, 1, KEPT, SAME(-EINVAL, 0)},
	{"BOOL 2", TRIGGER | BOOL, 1, 2, 0, 0, 1, KEPT, SAME(0, 0)},
	{"BOOL 0", TRIGGER | BOOL, 1, 0, 0, 0, 0, KEPT, SAME(0, 0)},
	{"BOOL count 0", TRIGGER | BOOL, 0, 0, -EINVAL, -EINVAL, 0, KEPT, SAME(-EINVAL, -EINVAL)},
	{"EVENTFD count 0", TRIGGER | EVENTFD, 0, 0, -EINVAL, -EINVAL, 0, KEPT,
	 SAME(-EINVAL, -EINVAL)},
	{"EVENTFD fd", TRIGGER | EVENTFD, 1, 5, 0, 0, 0, REPLACED, SAME(0, 0)},
	{"EVENTFD closed", TRIGGER | EVENTFD, 1, SLOT_CLOSED, -EBADF, -EBADF, 0, KEPT,
	 SAME(-EBADF, -EBADF)},
	{"EVENTFD other", TRIGGER | EVENTFD, 1, SLOT_OTHER, -EINVAL, -EINVAL, 0, KEPT,
	 SAME(-EINVAL, -EINVAL)},
	{"EVENTFD -1", TRIGGER | EVENTFD, 1, -1, 0, 0, 0, DROPPED, SAME(0, 0)},
	{"EVENTFD -2", TRIGGER | EVENTFD, 1, -2, -EINVAL, -EINVAL, 0, KEPT, 0, 0},
	{"MASK", MASK | NONE, 1, 0, -ENOTTY, -ENOTTY, 0, KEPT, SAME(-ENOTTY, -ENOTTY)},
	{"UNMASK EVENTFD", UNMASK | EVENTFD, 1, 5, -ENOTTY, -ENOTTY, 0, KEPT,
	 SAME(-ENOTTY, -ENOTTY)},
};

static int ask(struct fixture *f, uint32_t index, const struct row *r)
{
	uint8_t byte = (uint8_t)r->value;

	if (!r->count || (r->flags & NONE))
		return request(f->be, r->flags, index, 0, r->count, NULL, 0);
	if (r->flags & BOOL)
		return request(f->be, r->flags, index, 0, 1, &byte, 1);
	return request(f->be, r->flags, index, 0, 1, &r->value, sizeof(r->value));
}

static void check_row(enum profile profile, uint32_t index, const struct row *r)
{
	bool v61 = profile == PROFILE_6_1;
	struct fixture f;
	int ret;

	fixture_open(&f, profile);
	ret = ask(&f, index, r);
	cr_assert_eq(ret, v61 ? r->unset_61 : r->unset, "%s, index %u, unset: %d", r->what, index,
		     ret);
	fixture_close(&f);

	fixture_open(&f, profile);
	cr_assert_eq(set_fd(f.be, index, 0, 0), 0, "set");
	ret = ask(&f, index, r);
	cr_assert_eq(ret, v61 ? r->set_61 : r->set, "%s, index %u, set: %d", r->what, index, ret);
	cr_assert_eq(signals(&f, 0), r->signals, "%s: signals", r->what);
	cr_assert_eq(signal_mem_references(f.mem, 0), r->old == KEPT, "%s: old trigger", r->what);
	cr_assert_eq(state_of(f.be).references, r->old != DROPPED, "%s: references", r->what);
	fixture_close(&f);
}

Test(single, requests_as_section_1_6_has_them)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t index = ERR; index <= REQ; index++) {
			check_row(PROFILE_6_1, index, &rows[i]);
			check_row(PROFILE_6_12, index, &rows[i]);
		}
	}
}

Test(single, survive_every_transition)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
	cr_assert_eq(set_fd(f.be, REQ, 0, 2), 0, "REQ");
	for (uint32_t index = INTX; index <= MSIX; index++) {
		cr_assert_eq(set_fd(f.be, index, 0, 0), 0, "enable %u", index);
		cr_assert_eq(disable(f.be, index), 0, "disable %u", index);
	}
	cr_assert_eq(backend_reset(f.be), 0, "reset");
	cr_assert_eq(loopback(f.be, ERR, 0), 0, "ERR");
	cr_assert_eq(loopback(f.be, REQ, 0), 0, "REQ");
	cr_assert_eq(signals(&f, 1), 1, "ERR lives (R20)");
	cr_assert_eq(signals(&f, 2), 1, "REQ lives");
	fixture_close(&f);
}

Test(single, are_two_triggers_and_not_vector_zero)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "MSI-X");
	cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
	cr_assert_eq(set_fd(f.be, REQ, 0, 2), 0, "REQ");
	cr_assert_eq(backend_fire(f.be, MSIX, 0), 0, "fire");
	cr_assert_eq(signals(&f, 0), 1, "B41");
	cr_assert_eq(signals(&f, 1) + signals(&f, 2), 0, "to its own trigger only");
	fixture_close(&f);
}

Test(single, events_of_the_machine_signal_the_trigger_there_is)
{
	struct fixture f;

	fixture_open(&f, PROFILE_6_12);
	cr_assert_eq(backend_fire(f.be, REQ, 0), 0, "unbind with no trigger");
	cr_assert_eq(set_fd(f.be, ERR, 0, 1), 0, "ERR");
	cr_assert_eq(set_fd(f.be, REQ, 0, 2), 0, "REQ");
	cr_assert_eq(backend_fire(f.be, ERR, 0), 0, "AER");
	cr_assert_eq(backend_fire(f.be, REQ, 0), 0, "unbind");
	cr_assert_eq(backend_fire(f.be, REQ, 0), 0, "and again");
	cr_assert_eq(signals(&f, 1), 1, "AER (R64)");
	cr_assert_eq(signals(&f, 2), 2, "unbind asks repeatedly");
	cr_assert_eq(backend_fire(f.be, ERR, 1), -EINVAL, "there is one");
	fixture_close(&f);
}
