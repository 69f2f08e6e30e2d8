/* SPDX-License-Identifier: MIT */
/* The way in: which error wins (R3-R12). */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

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

TestSuite(validate, .init = setup, .fini = teardown);

struct bad {
	const char *what;
	uint32_t hdr[5]; /* argsz, flags, index, start, count */
	int ret;
};

static const struct bad bad[] = {
	{"argsz 19", {19, TRIGGER | NONE, MSIX, 0, 0}, -EINVAL},
	{"index 5", {20, TRIGGER | NONE, NO_TYPE, 0, 0}, -EINVAL},
	{"index of all ones", {20, TRIGGER | NONE, UINT32_MAX, 0, 0}, -EINVAL},
	{"start at the top", {20, TRIGGER | NONE, MSIX, UINT32_MAX, 0}, -EINVAL},
	{"start + count wraps", {20, TRIGGER | NONE, MSIX, 0xfffffff0, 0x20}, -EINVAL},
	{"count at the top", {20, TRIGGER | NONE, MSIX, 0, UINT32_MAX}, -EINVAL},
	{"unknown flag", {20, TRIGGER | NONE | 0x40, MSIX, 0, 0}, -EINVAL},
	{"unknown high flag", {20, TRIGGER | NONE | 0x80000000, MSIX, 0, 0}, -EINVAL},
	{"start at n, count 0", {20, TRIGGER | NONE, MSIX, 64, 0}, -EINVAL},
	{"end past n", {20, TRIGGER | NONE, MSIX, 63, 2}, -EINVAL},
	{"no data type", {20, TRIGGER, MSIX, 0, 0}, -EINVAL},
	{"two data types", {64, TRIGGER | BOOL | EVENTFD, MSIX, 0, 1}, -EINVAL},
	{"NONE and EVENTFD, B01", {20, TRIGGER | NONE | EVENTFD, MSIX, 0, 1}, -EINVAL},
	{"no data type, no action", {20, 0, MSIX, 0, 0}, -EINVAL},
	{"argsz one byte short", {27, TRIGGER | EVENTFD, MSIX, 0, 2}, -EINVAL},
	{"argsz one bool short", {21, TRIGGER | BOOL, MSIX, 0, 2}, -EINVAL},
	{"data type wins over action", {20, MASK | UNMASK, MSIX, 0, 0}, -EINVAL},
	{"no action", {20, NONE, MSIX, 0, 0}, -ENOTTY},
	{"two actions", {20, MASK | TRIGGER | NONE, INTX, 0, 1}, -ENOTTY},
	{"MASK of MSIX", {20, MASK | NONE, MSIX, 0, 1}, -ENOTTY},
	{"UNMASK of MSI", {20, UNMASK | NONE, MSI, 0, 1}, -ENOTTY},
	{"MASK of ERR", {20, MASK | NONE, ERR, 0, 1}, -ENOTTY},
	{"UNMASK of REQ", {20, UNMASK | NONE, REQ, 0, 1}, -ENOTTY},
	{"two of ERR", {20, TRIGGER | NONE, ERR, 0, 2}, -EINVAL},
	{"unreadable data", {24, TRIGGER | EVENTFD, MSIX, 0, 1}, -EFAULT},
	{"unreadable data wins over action", {24, MASK | UNMASK | EVENTFD, MSIX, 0, 1}, -EFAULT},
	{"second disable", {20, TRIGGER | NONE, MSIX, 0, 0}, -EINVAL},
};

Test(validate, each_error_in_its_place)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int ret = f.be->ops->set_irqs(f.be, bad[i].hdr, IRQ_SET_HDR_SIZE);

		cr_assert_eq(ret, bad[i].ret, "%s: %d, not %d", bad[i].what, ret, bad[i].ret);
		cr_assert_eq(state_of(f.be).type, NO_TYPE, "%s changed the device", bad[i].what);
	}
}

Test(validate, twenty_bytes_must_be_readable)
{
	struct vfio_irq_set set = {20, TRIGGER | NONE, MSIX, 0, 0};

	cr_assert_eq(f.be->ops->set_irqs(f.be, &set, 19), -EFAULT, "19 bytes");
	cr_assert_eq(f.be->ops->set_irqs(f.be, NULL, 0), -EFAULT, "nothing");
	set.argsz = 0;
	cr_assert_eq(f.be->ops->set_irqs(f.be, &set, 19), -EFAULT, "the fault wins over argsz");
}

Test(validate, what_argsz_has_too_much_is_never_read)
{
	uint8_t raw[IRQ_SET_HDR_SIZE + 4];
	struct vfio_irq_set set = {UINT32_MAX, TRIGGER | EVENTFD, MSIX, 0, 1};
	int32_t fd = 0;

	memcpy(raw, &set, IRQ_SET_HDR_SIZE);
	memcpy(raw + IRQ_SET_HDR_SIZE, &fd, sizeof(fd));
	cr_assert_eq(f.be->ops->set_irqs(f.be, raw, sizeof(raw)), 0, "argsz of all ones (R8)");
	cr_assert_eq(f.be->ops->set_irqs(f.be, raw, sizeof(raw) - 1), -EFAULT, "3 bytes of an fd");
}

Test(validate, a_request_may_lie_at_any_address)
{
	uint8_t raw[1 + IRQ_SET_HDR_SIZE + 4];
	struct vfio_irq_set set = {24, TRIGGER | EVENTFD, MSIX, 5, 1};
	int32_t fd = 3;

	memcpy(raw + 1, &set, IRQ_SET_HDR_SIZE);
	memcpy(raw + 1 + IRQ_SET_HDR_SIZE, &fd, sizeof(fd));
	cr_assert_eq(f.be->ops->set_irqs(f.be, raw + 1, sizeof(raw) - 1), 0, "odd address");
	cr_assert(vector_of(f.be, 5).active, "vector 5 is set");
}

Test(validate, start_counts_even_for_a_disable)
{
	cr_assert_eq(set_fd(f.be, MSIX, 0, 0), 0, "enable");
	cr_assert_eq(set_none(f.be, TRIGGER, MSIX, 64, 0), -EINVAL, "start at n (R6)");
	cr_assert_eq(state_of(f.be).type, MSIX, "still enabled");
	cr_assert_eq(set_none(f.be, TRIGGER, MSIX, 63, 0), 0, "any other start disables (R41)");
	cr_assert_eq(state_of(f.be).type, NO_TYPE, "disabled");
}
