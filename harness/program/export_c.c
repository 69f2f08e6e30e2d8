/* SPDX-License-Identifier: MIT */
/*
 * export_c: a program as a C file of its own: the sections of export_c.in that it needs, then one
 * call an operation with what it must answer.
 */
#include <inttypes.h>
#include <string.h>

#include "program/export.h"
#include "program/export_parts.h"
#include "program/text.h"
#include "support/version.h"

enum section {
	SECTION_CONFIG,
	SECTION_CAPABILITY,
	SECTION_POWER,
	SECTION_FLR,
	SECTION_RESET,
	SECTION_REOPEN,
	SECTION_REQUEST,
	SECTION_SET_IRQS,
	SECTION_RAW,
	SECTION_IRQ_INFO,
	SECTION_READ,
	SECTION_WRITE,
	SECTION_CLOSE,
	SECTION_OPEN,
	SECTION_DUP,
	SECTION_END,
	SECTIONS,
};

/* In the order of the file. */
static const char *const section_names[SECTIONS] = {
	"config", "capability", "power", "flr",   "reset", "reopen", "request", "set_irqs",
	"raw",    "irq_info",   "read",  "write", "close", "open",   "dup",     "end",
};

#define BIT(s) (1u << SECTION_##s)

static const uint32_t needs[OP_KINDS] = {
	[OP_SET_IRQS] = BIT(REQUEST) | BIT(SET_IRQS),
	[OP_RAW] = BIT(REQUEST) | BIT(RAW),
	[OP_IRQ_INFO] = BIT(IRQ_INFO),
	[OP_READ] = BIT(READ),
	[OP_WRITE] = BIT(WRITE),
	[OP_CLOSE] = BIT(CLOSE),
	[OP_OPEN] = BIT(OPEN),
	[OP_DUP] = BIT(DUP),
	[OP_DISINTX] = BIT(CONFIG),
	[OP_MEMORY] = BIT(CONFIG),
	[OP_POWER] = BIT(CONFIG) | BIT(CAPABILITY) | BIT(POWER),
	[OP_FLR] = BIT(CONFIG) | BIT(CAPABILITY) | BIT(FLR),
	[OP_RESET] = BIT(RESET),
	[OP_REOPEN] = BIT(REOPEN),
};

struct writer {
	const struct program *p;
	const struct export_answers *a;
	FILE *f;
	uint32_t sections;
	uint32_t slots; /* that the program names and that can be told, a bit each */
	bool file;      /* it names a file that is no eventfd */
	bool command;   /* it writes COMMAND by itself */
};

static bool has_fds(const struct op *op)
{
	struct request_head h;

	op_request_head(op, &h);
	return op->kind == OP_RAW
		       ? h.size >= IRQ_SET_HDR_SIZE && h.flags & VFIO_IRQ_SET_DATA_EVENTFD
		       : op->flags & VFIO_IRQ_SET_DATA_EVENTFD;
}

static uint32_t fds_of(const struct op *op)
{
	if (op->kind == OP_RAW)
		return (op_items(op) - IRQ_SET_HDR_SIZE) / (uint32_t)sizeof(int32_t);
	return op_items(op);
}

static void look_at_fds(struct writer *w, const struct op *op)
{
	for (uint32_t i = 0; has_fds(op) && i < fds_of(op); i++) {
		int32_t fd = op_request_fd(op, i);

		if (fd >= 0 && fd < (int32_t)PROGRAM_SLOTS)
			w->slots |= 1u << fd;
		w->file = w->file || fd == PROGRAM_FD_FILE;
	}
	w->file = w->file || op->kind == OP_RAW;
}

static void look(struct writer *w)
{
	for (uint32_t i = 0; i < w->p->n; i++) {
		const struct op *op = &w->p->ops[i];

		if (export_skips(op))
			continue;
		w->sections |= needs[op->kind];
		w->command = w->command || op->kind == OP_DISINTX || op->kind == OP_MEMORY;
		switch (op->kind) {
		case OP_SET_IRQS:
		case OP_RAW:
			look_at_fds(w, op);
			break;
		case OP_DUP:
			w->slots |= 1u << op->slot2;
			/* fall through */
		case OP_READ:
		case OP_WRITE:
		case OP_CLOSE:
		case OP_OPEN:
			w->slots |= 1u << op->slot;
			break;
		default:
			break;
		}
	}
	w->slots &= w->a->known[0] & w->a->known[1] & w->a->known[2];
	if (w->slots)
		w->sections |= BIT(END);
}

static bool is_wanted(const struct writer *w, const char *name, size_t len)
{
	for (uint32_t s = 0; s < SECTIONS; s++) {
		if (strlen(section_names[s]) == len && !memcmp(section_names[s], name, len))
			return w->sections >> s & 1;
	}
	/* Of its own: a write of COMMAND as an operation. */
	return len == 7 && !memcmp(name, "command", len) && w->command;
}

static void put_sections(const struct writer *w)
{
	const char *at = export_part_c;
	bool wanted = true;

	while (*at) {
		const char *end = strchr(at, '\n');
		size_t len = end ? (size_t)(end - at) + 1 : strlen(at);

		if (!strncmp(at, "//@ ", 4))
			wanted = is_wanted(w, at + 4, len - 5);
		else if (wanted)
			fwrite(at, 1, len, w->f);
		at += len;
	}
}

static void put_head(const struct writer *w, const struct export_names *names)
{
	const char *slash = strrchr(names->program, '/');
	uint32_t skipped = export_skipped(w->p);

	fprintf(w->f, "/* SPDX-License-Identifier: MIT */\n/*\n * %s, by irqstorm %s",
		slash ? slash + 1 : names->program, irqstorm_version);
	if (names->about)
		fprintf(w->f, ":\n * %s", names->about);
	fputs("\n *\n"
	      " *	cc -o repro repro.c && ./repro 0000:00:04.0\n"
	      " *\n"
	      " * The device must be bound to vfio-pci; without an address it is the only one "
	      "that\n"
	      " * is. Exit code 0: every answer as expected; 1: not, with the lines that differ;\n"
	      " * 3: it could not be tried.\n",
	      w->f);
	if (skipped)
		fprintf(w->f,
			" *\n * %u of %u operations cannot be done from a program like this and "
			"are "
			"left out:\n * this may not show what the original shows.\n",
			skipped, w->p->n);
	fputs(" */\n", w->f);
}

static void put_recorded(const struct writer *w)
{
	fprintf(w->f,
		"/* Kernels whose answers are known here, a bit each, and n of each index then. "
		"*/\n"
		"#define RECORDED 0x%x\n"
		"static const unsigned int recorded_n[] = {%u, %u, %u, %u, %u};\n",
		w->a->kernels, w->a->count[0], w->a->count[1], w->a->count[2], w->a->count[3],
		w->a->count[4]);
	if (w->file)
		fputs("static int plain_file; /* no eventfd */\n", w->f);
	fputc('\n', w->f);
}

static void put_ret(FILE *f, int32_t ret)
{
	const char *name = ret < 0 && ret != INT32_MIN ? strerrorname_np(-ret) : NULL;

	if (ret == INT32_MIN)
		fputs("ANY", f);
	else if (name)
		fprintf(f, "-%s", name);
	else
		fprintf(f, "%" PRId32, ret);
}

/* Three values by @put, or one for ALL. */
static void put_columns(FILE *f, void (*put)(FILE *f, const void *v), const void *v[EXPORT_KERNELS],
			bool same)
{
	fputs(same ? "ALL(" : "", f);
	for (uint32_t k = 0; k < (same ? 1 : EXPORT_KERNELS); k++) {
		fputs(k ? ", " : "", f);
		put(f, v[k]);
	}
	fputs(same ? ")" : "", f);
}

static void put_i32(FILE *f, const void *v)
{
	put_ret(f, *(const int32_t *)v);
}

static void put_u32(FILE *f, const void *v)
{
	fprintf(f, "0x%" PRIx32, *(const uint32_t *)v);
}

static void put_u64(FILE *f, const void *v)
{
	uint64_t n = *(const uint64_t *)v;

	fprintf(f, n > 9999 ? "0x%" PRIx64 "u" : "%" PRIu64, n);
}

static void put_rets(FILE *f, const struct export_answer a[EXPORT_KERNELS])
{
	const void *v[EXPORT_KERNELS] = {&a[0].ret, &a[1].ret, &a[2].ret};

	put_columns(f, put_i32, v, a[0].ret == a[1].ret && a[1].ret == a[2].ret);
}

static void put_values(FILE *f, const struct export_answer a[EXPORT_KERNELS])
{
	const void *v[EXPORT_KERNELS] = {&a[0].value, &a[1].value, &a[2].value};

	put_columns(f, put_u64, v, a[0].value == a[1].value && a[1].value == a[2].value);
}

static void put_info_flags(FILE *f, const struct export_answer a[EXPORT_KERNELS])
{
	const void *v[EXPORT_KERNELS] = {&a[0].info_flags, &a[1].info_flags, &a[2].info_flags};

	put_columns(f, put_u32, v,
		    a[0].info_flags == a[1].info_flags && a[1].info_flags == a[2].info_flags);
}

static void put_index(FILE *f, uint32_t index)
{
	if (index < VFIO_PCI_NUM_IRQS)
		fprintf(f, "VFIO_PCI_%s_IRQ_INDEX", irq_index_name(index));
	else
		fprintf(f, "%" PRIu32 "u", index);
}

static void put_flags(FILE *f, uint32_t flags)
{
	static const char *const names[] = {"NONE", "BOOL", "EVENTFD", "MASK", "UNMASK", "TRIGGER"};
	bool any = false;

	for (int i = 5; i >= 0; i--) {
		if (flags >> i & 1) {
			fprintf(f, "%s%s", any ? " | " : "", names[i]);
			any = true;
		}
	}
	if ((flags & ~0x3fu) || !any)
		fprintf(f, "%s0x%" PRIx32 "u", any ? " | " : "", flags & ~0x3fu);
}

static void put_u32_or_fits(FILE *f, uint32_t v)
{
	if (v == PROGRAM_AUTO)
		fputs(", FITS", f);
	else
		fprintf(f, ", %" PRIu32 "u", v);
}

static void put_item(FILE *f, int32_t item, bool fd)
{
	if (fd && item >= 0 && item < (int32_t)PROGRAM_SLOTS)
		fprintf(f, "e[%" PRId32 "]", item);
	else if (fd && item == PROGRAM_FD_FILE)
		fputs("plain_file", f);
	else if (fd && item > PROGRAM_FD_FILE)
		fputs("CLOSED", f);
	else if (item == INT32_MIN)
		fputs("INT32_MIN", f);
	else
		fprintf(f, "%" PRId32, item);
}

static void put_set_irqs(FILE *f, const struct op *op)
{
	fputs("\tset_irqs(", f);
	put_index(f, op->index);
	fputs(", ", f);
	put_flags(f, op->flags);
	fprintf(f, ", %" PRIu32 "u, %" PRIu32 "u,\n\t\t ", op->start, op->count);
	for (uint32_t i = 0; i < op_items(op); i++) {
		fputs(i ? ", " : "ITEMS(", f);
		put_item(f, op->data[i], has_fds(op));
	}
	fputs(op->n ? ")" : "NO_DATA", f);
	put_u32_or_fits(f, op->argsz);
	put_u32_or_fits(f, op->readable);
	fputs(");\n", f);
}

static void put_raw(FILE *f, const struct op *op)
{
	/* A list cannot be empty. */
	fputs("\traw((const unsigned char[]){", f);
	for (uint32_t i = 0; i < op_items(op); i++)
		fprintf(f, "%s0x%02x", i % 12 ? ", " : i ? ",\n\t\t" : "", op->raw[i]);
	fprintf(f, "%s}, %u);\n", op->n ? "" : "0", op_items(op));
}

static void put_call(FILE *f, const struct op *op, const struct export_answer a[EXPORT_KERNELS])
{
	switch (op->kind) {
	case OP_SET_IRQS:
		put_set_irqs(f, op);
		break;
	case OP_RAW:
		put_raw(f, op);
		break;
	case OP_IRQ_INFO:
		fputs("\tirq_info(", f);
		put_index(f, op->index);
		fprintf(f, ", %" PRIu32 "u, ",
			op->argsz == PROGRAM_AUTO ? IRQ_INFO_SIZE : op->argsz);
		put_info_flags(f, a);
		fputs(");\n", f);
		break;
	case OP_READ:
		fprintf(f, "\tread_slot(%u, ", op->slot);
		put_values(f, a);
		fputs(");\n", f);
		break;
	case OP_WRITE:
		fprintf(f, "\twrite_slot(%u, %" PRIu64 "u);\n", op->slot, op->value);
		break;
	case OP_CLOSE:
		fprintf(f, "\tclose_slot(%u);\n", op->slot);
		break;
	case OP_OPEN:
		fprintf(f, "\topen_slot(%u, %s);\n", op->slot,
			op->value & 1 ? "EFD_SEMAPHORE" : "0");
		break;
	case OP_DUP:
		fprintf(f, "\tdup_slot(%u, %u);\n", op->slot, op->slot2);
		break;
	case OP_DISINTX:
	case OP_MEMORY:
		fprintf(f, "\tcommand(0x%x, %d);\n", op->kind == OP_MEMORY ? 2 : 0x400,
			!!op->value);
		break;
	case OP_POWER:
		fprintf(f, "\tpower(%u);\n", (unsigned int)op->value);
		break;
	case OP_FLR:
		fputs("\tfunction_level_reset();\n", f);
		break;
	case OP_RESET:
		fputs("\treset();\n", f);
		break;
	default:
		fputs("\treopen();\n", f);
	}
}

static void put_op(const struct writer *w, uint32_t i)
{
	const struct op *op = &w->p->ops[i];
	const char *why = export_skips(op);
	char text[TEXT_OP_MAX];

	text_op(op, text, sizeof(text));
	if (op->kind == OP_EXPECT) {
		fprintf(w->f, "\t/* %s */\n", text);
		return;
	}
	fputc('\n', w->f);
	if (why) {
		fprintf(w->f, "\t/* %u: %s: left out, %s. */\n", i + 1, text, why);
		fprintf(w->f, "\tprintf(\"%%4d  %%-60s   left out\\n\", %u, \"%s\");\n", i + 1,
			text);
		return;
	}
	fprintf(w->f, "\tstep(%u, \"%s\");\n", i + 1, text);
	put_call(w->f, op, w->a->op[i]);
	fputs("\treturns(", w->f);
	put_rets(w->f, w->a->op[i]);
	fputs(");\n", w->f);
}

static void put_counters(const struct writer *w)
{
	const struct export_answers *a = w->a;

	fputs("\n", w->f);
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		const void *v[EXPORT_KERNELS] = {&a->counter[0][s], &a->counter[1][s],
						 &a->counter[2][s]};

		if (!(w->slots >> s & 1))
			continue;
		fprintf(w->f, "\tleft(%u, ", s);
		put_columns(w->f, put_u64, v,
			    a->counter[0][s] == a->counter[1][s] &&
				    a->counter[1][s] == a->counter[2][s]);
		fputs(");\n", w->f);
	}
}

static void put_main(const struct writer *w)
{
	fputs("\nint main(int argc, char **argv)\n{\n"
	      "	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))\n"
	      "		die(\"usage: %s [DOMAIN:BUS:DEVICE.FUNCTION]\", argv[0]);\n"
	      "	/* A kernel that dies must not take the lines before with it. */\n"
	      "	setvbuf(stdout, NULL, _IOLBF, 0);\n"
	      "	bdf = argc == 2 ? argv[1] : find_device();\n"
	      "	open_group();\n	open_device();\n"
	      "	if (!choose_kernel())\n"
	      "		die(\"the answers of this kernel were not recorded: export again\");\n"
	      "	for (int i = 0; i < SLOTS; i++) {\n"
	      "		e[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);\n"
	      "		if (e[i] < 0)\n			die(\"eventfd: %s\", strerror(errno));\n"
	      "	}\n",
	      w->f);
	if (w->file)
		fputs("	plain_file = open(\"/dev/null\", O_RDWR | O_CLOEXEC);\n"
		      "	if (plain_file < 0)\n"
		      "		die(\"/dev/null: %s\", strerror(errno));\n",
		      w->f);
	fputs("\tstep(0, \"(open)\");\n\treturns(ALL(0));\n", w->f);
	for (uint32_t i = 0; i < w->p->n; i++)
		put_op(w, i);
	if (w->slots)
		put_counters(w);
	fputs("\n	printf(\"%d differences\\n\", differences);\n"
	      "	return differences ? 1 : 0;\n}\n",
	      w->f);
}

void export_c(const struct program *p, const struct export_answers *a,
	      const struct export_names *names, FILE *f)
{
	struct writer w = {.p = p, .a = a, .f = f};

	look(&w);
	put_head(&w, names);
	put_recorded(&w);
	put_sections(&w);
	put_main(&w);
}
