/* SPDX-License-Identifier: MIT */
/* Operations as plain data, and the bytes of their requests. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "program/program.h"

static uint8_t buf[PROGRAM_REQUEST_MAX];

static int32_t fd_of(void *data, int32_t code)
{
	(void)data;
	cr_assert_geq(code, 0, "negative numbers stay");
	return 100 + code;
}

static struct op set_irqs(uint32_t flags, uint32_t start, uint32_t count)
{
	struct op op = op_make(OP_SET_IRQS);

	op.flags = flags;
	op.index = VFIO_PCI_MSIX_IRQ_INDEX;
	op.start = start;
	op.count = count;
	return op;
}

static uint32_t u32_at(uint32_t offset)
{
	uint32_t v;

	memcpy(&v, buf + offset, sizeof(v));
	return v;
}

Test(request, eventfds_repeat_their_items)
{
	struct op op = set_irqs(0x24, 2, 5);

	op.n = 2;
	op.data[0] = 3;
	op.data[1] = -1;
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 40);
	cr_assert_eq(u32_at(0), 40, "argsz");
	cr_assert_eq(u32_at(4), 0x24, "flags");
	cr_assert_eq(u32_at(8), 2, "index");
	cr_assert_eq(u32_at(12), 2, "start");
	cr_assert_eq(u32_at(16), 5, "count");
	cr_assert_eq(u32_at(20), 103);
	cr_assert_eq(u32_at(24), UINT32_MAX);
	cr_assert_eq(u32_at(36), 103);
}

Test(request, bools_are_bytes)
{
	struct op op = set_irqs(0x22, 0, 3);

	op.n = 2;
	op.data[0] = 1;
	op.data[1] = 0x102;
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 23);
	cr_assert_eq(memcmp(buf + 20, "\1\2\1", 3), 0);
	cr_assert_eq(op_request_bool(&op, 1), 2);
}

Test(request, no_items_no_data)
{
	struct op op = set_irqs(0x24, 0, 5);

	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 20);
	op.n = 1;
	op.count = 0;
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 20, "count 0 has none either");
	op.count = UINT32_MAX;
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), PROGRAM_REQUEST_MAX, "bounded");
}

Test(request, sizes_as_said)
{
	struct request_head head;
	struct op op = set_irqs(0x24, 7, 2);

	op.n = 1;
	op.argsz = 19;
	op.readable = 25;
	op_request_head(&op, &head);
	cr_assert_eq(head.argsz, 19);
	cr_assert_eq(head.size, 25);
	cr_assert_eq(head.start, 7);
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 25);
	cr_assert_eq(u32_at(0), 19);
	op.readable = 12;
	op_request_head(&op, &head);
	cr_assert_eq(head.size, 12);
	cr_assert_eq(head.flags, 0, "what faults reads as 0");
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 12);
	cr_assert_eq(u32_at(4), 0x24, "but is there");
	op.readable = 10000;
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 28, "no more than there is");
}

Test(request, raw)
{
	struct op op = op_make(OP_RAW);
	struct request_head head;

	op_request_head(&op, &head);
	cr_assert_eq(head.size, 0);
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 0);
	op.n = 30;
	op.data[0] = 28;
	op.data[1] = 0x24;
	op.data[2] = 2;
	op.data[4] = 2;
	op.data[5] = 4;
	op.data[6] = -7;
	op.data[7] = 1;
	op_request_head(&op, &head);
	cr_assert_eq(head.argsz, 28);
	cr_assert_eq(head.index, 2);
	cr_assert_eq(head.count, 2);
	cr_assert_eq(op_request_fd(&op, 1), -7);
	cr_assert_eq(program_request(&op, fd_of, NULL, buf), 30);
	cr_assert_eq(u32_at(20), 104, "fds are looked up");
	cr_assert_eq((int32_t)u32_at(24), -7);
	cr_assert_eq(memcmp(buf + 28, "\1\0", 2), 0, "half an item stays as it is");
	op.n = 255;
	op_request_head(&op, &head);
	cr_assert_eq(head.size, sizeof(op.raw), "no more than there is room for");
}

Test(request, equal_by_used_fields)
{
	struct op a = op_make(OP_READ), b = a;

	b.value = 7;
	b.start = 9;
	cr_assert(op_equal(&a, &b), "READ has neither");
	b.slot = 1;
	cr_assert_not(op_equal(&a, &b));
	a = op_make(OP_EXPECT);
	b = a;
	a.flags = b.flags = EXPECT_INFO;
	b.value = 3;
	cr_assert(op_equal(&a, &b));
	b.count = 3;
	cr_assert_not(op_equal(&a, &b));
	a.kind = b.kind = OP_KINDS;
	cr_assert_not(op_equal(&a, &a), "no such kind");
}

Test(request, programs_are_bounded)
{
	struct op op = op_make(OP_RESET);
	struct program p;

	program_init(&p);
	for (uint32_t i = 0; i < PROGRAM_MAX_OPS; i++)
		cr_assert_eq(program_add(&p, &op), 0);
	cr_assert_eq(program_add(&p, &op), -E2BIG);
	program_free(&p);
}
