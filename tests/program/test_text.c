/* SPDX-License-Identifier: MIT */
/* The text form: what is written parses to what was meant, and prints as itself. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "program/text.h"

static struct program p;

static const struct op *parse(const char *text)
{
	struct errmsg e = {.text = ""};

	cr_assert_eq(text_parse(text, strlen(text), "t.irq", &p, &e), 0, "%s", e.text);
	return p.ops;
}

/* Canonical lines: each prints as it was written. */
static const char *const canonical[] = {
	"set_irqs msix trigger eventfd start=2 fds=e0,-1,e1",
	"set_irqs msix trigger eventfd count=2048 fds=e7",
	"set_irqs msix trigger eventfd count=0",
	"set_irqs msix trigger eventfd",
	"set_irqs msix trigger eventfd fds=file,closed,fd:10,fd:2147483647,-2147483648",
	"set_irqs msix trigger bool bools=1,0",
	"set_irqs msi trigger bool bools=-1,255,2147483647",
	"set_irqs msix trigger none count=0",
	"set_irqs msix trigger none items=5",
	"set_irqs intx mask none",
	"set_irqs intx unmask eventfd fds=e2",
	"set_irqs intx mask eventfd fds=e2",
	"set_irqs err trigger none",
	"set_irqs req trigger bool",
	"set_irqs index=7 flags=0x2c start=4294967295 count=0 fds=e0 argsz=19 readable=12",
	"set_irqs msix flags=0x0",
	"set_irqs msix flags=0x26 items=0,9",
	"set_irqs msix flags=0x20 items=-1",
	"set_irqs msix flags=0x27 items=1",
	"set_irqs msix flags=0xffffffff",
	"set_irqs index=4294967295 trigger none argsz=0 readable=0",
	"set_irqs msix trigger none argsz=4294967294 readable=4294967294",
	"raw 1400000021000000",
	"raw -",
	("raw 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	 "202122232425262728292a2b2c2d2eff"),
	"irq_info msix",
	"irq_info intx argsz=12",
	"irq_info index=9",
	"fire msix 3",
	"fire msi 0",
	"fire err",
	"fire req",
	"fire err 1",
	"fire index=9 4294967295",
	"line 1",
	"line 18446744073709551615",
	"read e0",
	"write e0 5",
	"write e7 18446744073709551614",
	"close e1",
	"open e1",
	"open e1 semaphore",
	"open e1 2",
	"dup e1 e2",
	"disintx 1",
	"memory 0",
	"power d3hot",
	"power d0",
	"power 2",
	"flr",
	"reset",
	"reopen",
	"rebind",
	"rebind 16",
	"sriov_count 5",
	"table_size 2048",
	"function_mask 1",
	"entry 3",
	"wipe",
	"scribble 2",
	"fail 3",
	"expect 0",
	"expect 1",
	"expect -EINVAL",
	"expect -ENOTSUPP",
	"expect -EOPNOTSUPP on contexts-within-nvec",
	"expect -1000",
	"expect -9223372036854775808",
	"expect value=5",
	"expect value=18446744073709551615 on !dyn-msix",
	"expect flags=0x9 count=64",
	"expect flags=0x1 count=64 on dyn-msix,!empty-enable,err-any-function",
};

Test(text, canonical_lines)
{
	char line[TEXT_OP_MAX], *text;

	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
		parse(canonical[i]);
		cr_assert_eq(p.n, 1, "%s", canonical[i]);
		cr_assert_str_eq(text_op(&p.ops[0], line, sizeof(line)), canonical[i]);
		text = program_text(&p);
		cr_assert_eq(strlen(text), strlen(canonical[i]) + 1);
		free(text);
		assert_text_round_trip(&p);
	}
}

Test(text, fields)
{
	const struct op *op = parse("set_irqs index=0x7 flags=0x2c start=4294967295 count=0 "
				    "argsz=19 readable=12 fds=e0,-1,closed");

	cr_assert_eq(op->kind, OP_SET_IRQS);
	cr_assert_eq(op->index, 7);
	cr_assert_eq(op->flags, 0x2c);
	cr_assert_eq(op->start, UINT32_MAX);
	cr_assert_eq(op->count, 0);
	cr_assert_eq(op->argsz, 19);
	cr_assert_eq(op->readable, 12);
	cr_assert_eq(op->n, 3);
	cr_assert_eq(op->data[1], -1);
	cr_assert_eq(op->data[2], PROGRAM_FD_CLOSED);
}

Test(text, words_in_any_order)
{
	const struct op *op = parse("set_irqs fds=e3,e4 eventfd start=1 trigger msi");

	cr_assert_eq(op->index, VFIO_PCI_MSI_IRQ_INDEX);
	cr_assert_eq(op->flags, 0x24);
	cr_assert_eq(op->count, 2, "the length of the list");
}

Test(text, expect_errno)
{
	const struct op *op = parse("expect -EINVAL");

	cr_assert_eq((int64_t)op->value, -22);
	op = parse("expect -ENOTSUPP on 6.12");
	cr_assert_eq((int64_t)op->value, -524);
	cr_assert_eq(op->flags, 0);
	cr_assert_eq(op->data[EXPECT_HAS], 0);
	cr_assert_eq(op->data[EXPECT_LACKS], 1 << FEATURE_CONTEXTS_WITHIN_NVEC, "what 6.12 was");
	op = parse("expect -ENOTSUP");
	cr_assert_eq((int64_t)op->value, -95);
}

Test(text, blocks)
{
	static const char *const same[] = {
		"at 2 {\n\tfire msix 0\n\tread e0\n}\nreset\n",
		"at 2 { fire msix 0; read e0 }\nreset",
		"at 2 { fire msix 0; read e0 } reset",
		"# c\n\n at 0x2 {# c\n#}\n fire msix 0 ;; read e0 # x\r\n}\n;reset;\n",
	};
	char *text;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		parse(same[i]);
		cr_assert_eq(p.n, 4);
		cr_assert_eq(p.ops[0].n, 2);
		text = program_text(&p);
		cr_assert_str_eq(text, same[0]);
		free(text);
	}
	parse("at 0 { }\nat 1 {\n}");
	cr_assert_eq(p.n, 2);
	assert_text_round_trip(&p);
}

Test(text, device_line)
{
	char *text;

	parse("# first\n\ndevice");
	cr_assert(p.has_device);
	cr_assert_eq(p.device.msix, 64);
	cr_assert_eq(p.device.msi, 16);
	cr_assert_eq(p.device.flags, DEVICE_DEFAULT);
	parse("device profile=6.1,vectors=0,msi=0,intx=0,pci23=0,pcie=0,dyn=0,intremap=0,"
	      "hostvecs=7,pba=clear,msg=cached,posted=1,entries=open\nreset");
	cr_assert_eq(p.device.profile, PROFILE_6_1);
	cr_assert_eq(p.device.flags,
		     DEVICE_PBA_CLEAR | DEVICE_CACHED | DEVICE_POSTED | DEVICE_OPEN);
	cr_assert_eq(p.device.host_vectors, 7);
	cr_assert_eq(p.n, 1);
	assert_text_round_trip(&p);
	parse("device profile=any,vectors=8,dyn=0,pba=keep");
	text = program_text(&p);
	cr_assert_str_eq(text, "device vectors=8,msi=16,dyn=0\n");
	free(text);
}

Test(text, empty)
{
	parse("");
	cr_assert_eq(p.n, 0);
	parse("\xef\xbb\xbf# \xc3\xa9\n");
	cr_assert_eq(p.n, 0);
	cr_assert_not(p.has_device);
}

Test(text, short_buffers_cut)
{
	char line[9];

	parse(canonical[0]);
	cr_assert_str_eq(text_op(&p.ops[0], line, sizeof(line)), "set_irqs");
	cr_assert_str_eq(text_op(&p.ops[0], line, 1), "");
}

Test(text, longest_line_fits)
{
	struct op op = op_make(OP_SET_IRQS);
	char line[TEXT_OP_MAX];

	memset(&op.flags, 0xfe, offsetof(struct op, value) - offsetof(struct op, flags));
	op.n = PROGRAM_ITEMS;
	for (uint32_t i = 0; i < PROGRAM_ITEMS; i++)
		op.data[i] = INT32_MIN;
	cr_assert_lt(strlen(text_op(&op, line, sizeof(line))), TEXT_OP_MAX - 1);
	op.n = UINT8_MAX;
	cr_assert_lt(strlen(text_op(&op, line, sizeof(line))), TEXT_OP_MAX - 1, "n is bounded");
}
