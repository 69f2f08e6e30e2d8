/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "program/parser.h"
#include "program/syntax.h"
#include "program/text.h"

int parser_bad(struct parser *ps, const char *fmt, ...)
{
	char text[FEATURE_NAMES_MAX + 256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return errmsg_set(ps->e, -EINVAL, EXIT_USAGE, "%s:%" PRIu32 ": %s", ps->name,
			  ps->reader.line, text);
}

int parser_bad_word(struct parser *ps, const char *what, struct word w, const char *expected)
{
	char shown[40];
	size_t n = w.len < sizeof(shown) - 1 ? w.len : sizeof(shown) - 1;

	for (size_t i = 0; i < n; i++)
		shown[i] = (char)(w.s[i] > ' ' && w.s[i] < 0x7f ? w.s[i] : '?');
	shown[n] = '\0';
	return parser_bad(ps, "%s: `%s` is not %s", what, shown, expected);
}

static int parse_u64(struct parser *ps, const char *what, struct word w, uint64_t *out)
{
	if (!word_u64(w, UINT64_MAX, out))
		return parser_bad_word(ps, what, w, "a number (decimal or 0x)");
	return 0;
}

int parser_u32(struct parser *ps, const char *what, struct word w, uint32_t *out)
{
	uint64_t v;

	if (!word_u64(w, UINT32_MAX, &v))
		return parser_bad_word(ps, what, w, "a number up to 4294967295");
	*out = (uint32_t)v;
	return 0;
}

int parser_size(struct parser *ps, const char *what, struct word w, uint32_t *out)
{
	uint64_t v;

	if (!word_u64(w, PROGRAM_AUTO - 1, &v))
		return parser_bad_word(ps, what, w,
				       "a number up to 4294967294 (leave it out for what fits)");
	*out = (uint32_t)v;
	return 0;
}

int parser_index(struct parser *ps, struct word w, uint32_t *out)
{
	struct word key, value;

	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		if (word_is(w, syntax_index[i])) {
			*out = i;
			return 0;
		}
	}
	if (word_split(w, &key, &value) && word_is(key, "index"))
		return parser_u32(ps, "index", value, out);
	return parser_bad_word(ps, "index", w, "intx, msi, msix, err, req or index=N");
}

static int parse_slot(struct parser *ps, struct word w, uint8_t *out)
{
	if (w.len != 2 || w.s[0] != 'e' || w.s[1] < '0' || w.s[1] >= '0' + (int)PROGRAM_SLOTS)
		return parser_bad_word(ps, "slot", w, "e0..e7");
	*out = (uint8_t)(w.s[1] - '0');
	return 0;
}

static int parse_arg(struct parser *ps, char arg, struct word w, struct op *op)
{
	struct word key, value;

	switch (arg) {
	case 's':
		return parse_slot(ps, w, &op->slot);
	case 't':
		return parse_slot(ps, w, &op->slot2);
	case 'm':
		if (word_is(w, "semaphore")) {
			op->value = 1;
			return 0;
		}
		return parse_u64(ps, "open", w, &op->value);
	case 'p':
		if (word_is(w, "d0") || word_is(w, "d3hot")) {
			op->value = word_is(w, "d0") ? 0 : 3;
			return 0;
		}
		if (!word_u64(w, UINT64_MAX, &op->value))
			return parser_bad_word(ps, "power", w, "d0, d3hot or a number");
		return 0;
	case 'i':
		return parser_index(ps, w, &op->index);
	case 'n':
	case 'o':
		return parser_u32(ps, "vector", w, &op->start);
	case 'a':
		if (word_split(w, &key, &value) && word_is(key, "argsz"))
			return parser_size(ps, "argsz", value, &op->argsz);
		return parser_bad_word(ps, "irq_info", w, "argsz=N");
	default:
		return parse_u64(ps, syntax[op->kind].name, w, &op->value);
	}
}

static bool may_be_left_out(char arg, const struct op *op)
{
	if (arg == 'o')
		return op->index == VFIO_PCI_ERR_IRQ_INDEX || op->index == VFIO_PCI_REQ_IRQ_INDEX;
	return arg == 'V' || arg == 'm' || arg == 'a';
}

static const char *arg_name(char arg)
{
	switch (arg) {
	case 's':
	case 't':
		return "a slot (e0..e7)";
	case 'i':
		return "an index (intx, msi, msix, err, req or index=N)";
	case 'n':
	case 'o':
		return "a vector";
	case 'p':
		return "d0 or d3hot";
	default:
		return "a number";
	}
}

static int parse_args(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	const char *args = syntax[op->kind].args;
	uint32_t used = 0;

	for (; *args; args++) {
		if (used < n) {
			if (parse_arg(ps, *args, words[used++], op))
				return -EINVAL;
		} else if (!may_be_left_out(*args, op)) {
			return parser_bad(ps, "%s: needs %s", syntax[op->kind].name,
					  arg_name(*args));
		}
	}
	if (used < n)
		return parser_bad_word(ps, syntax[op->kind].name, words[used],
				       "expected: the line should end before it");
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_raw(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	if (n != 1)
		return parser_bad(ps, "raw: needs the bytes as one hexadecimal word, - for none");
	if (word_is(words[0], "-"))
		return 0;
	if (words[0].len % 2 || words[0].len / 2 > sizeof(op->raw))
		return parser_bad(ps, "raw: needs two digits a byte and at most %zu bytes",
				  sizeof(op->raw));
	for (size_t i = 0; i < words[0].len; i += 2) {
		int high = hex_digit(words[0].s[i]), low = hex_digit(words[0].s[i + 1]);

		if (high < 0 || low < 0)
			return parser_bad_word(ps, "raw", words[0], "hexadecimal");
		op->raw[op->n++] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int parse_return(struct parser *ps, struct word w, struct op *op)
{
	int64_t v;

	if (w.len > 1 && w.s[0] == '-' && w.s[1] == 'E') {
		int number = syntax_errno(w.s + 1, w.len - 1);

		if (!number)
			return parser_bad_word(ps, "expect", w, "the name of an errno");
		v = -number;
	} else if (!word_i64(w, &v)) {
		return parser_bad_word(ps, "expect", w,
				       "0, N, -ERRNO, value=N, or flags=N count=N");
	}
	op->value = (uint64_t)v;
	return 0;
}

static int bad_feature(struct parser *ps, const char *what, struct word w)
{
	char names[FEATURE_NAMES_MAX], text[FEATURE_NAMES_MAX + 32];

	snprintf(text, sizeof(text), "a feature: %s", feature_names(names, sizeof(names)));
	return parser_bad_word(ps, what, w, text);
}

static int parse_expect_on(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	const uint32_t array = FEATURE_BIT(CONTEXTS_WITHIN_NVEC);
	uint32_t has = 0, lacks = 0, old = 0;
	struct word list, item;

	if (!n)
		return 0;
	if (n != 2 || !word_is(words[0], "on"))
		return parser_bad_word(ps, "expect", words[0], "`on FEATURE` or `on !FEATURE`");
	list = words[1];
	while (word_item(&list, &item)) {
		bool not = item.len && *item.s == '!';
		enum feature f = feature_find(item.s + not, item.len - not );

		/* As programs had it before there were features: one or the other. */
		if (word_is(item, "6.1") || word_is(item, "6.12"))
			old |= word_is(item, "6.1") ? 1 : 2;
		else if (f < FEATURES)
			*(not ? &lacks : &has) |= UINT32_C(1) << f;
		else
			return bad_feature(ps, "expect", item);
	}
	if (old == 1 || old == 2)
		*(old == 1 ? &has : &lacks) |= array;
	if (has & lacks)
		return parser_bad(ps, "expect: on a feature and without it: no target is that");
	op->data[EXPECT_HAS] = (int32_t)has;
	op->data[EXPECT_LACKS] = (int32_t)lacks;
	return 0;
}

static int parse_expect(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	struct word key, value;
	uint32_t used = 1;
	int err;

	if (!n)
		return parser_bad(ps, "expect: needs 0, N, -ERRNO, value=N, or flags=N count=N");
	if (!word_split(words[0], &key, &value)) {
		err = parse_return(ps, words[0], op);
	} else if (word_is(key, "value")) {
		op->flags |= EXPECT_VALUE;
		err = parse_u64(ps, "value", value, &op->value);
	} else if (word_is(key, "flags")) {
		op->flags |= EXPECT_INFO;
		err = parser_u32(ps, "flags", value, &op->index);
		if (!err &&
		    (n < 2 || !word_split(words[1], &key, &value) || !word_is(key, "count")))
			return parser_bad(ps, "expect: count=N must follow flags=N");
		if (!err)
			err = parser_u32(ps, "count", value, &op->count);
		used = 2;
	} else {
		return parser_bad_word(ps, "expect", words[0],
				       "0, N, -ERRNO, value=N, or flags=N count=N");
	}
	return err ? err : parse_expect_on(ps, words + used, n - used, op);
}

static int device_key(struct parser *ps, struct word key, struct word value)
{
	struct program_device *d = &ps->p->device;
	uint64_t v;

	for (size_t i = 0; i < sizeof(syntax_device_flags) / sizeof(syntax_device_flags[0]); i++) {
		const struct syntax_device_flag *flag = &syntax_device_flags[i];

		if (!word_is(key, flag->key))
			continue;
		if (!word_is(value, flag->on) && !word_is(value, flag->off))
			return parser_bad(ps, "device: %s is %s or %s", flag->key, flag->off,
					  flag->on);
		d->flags = (uint16_t)(word_is(value, flag->on) ? d->flags | flag->flag
							       : d->flags & ~flag->flag);
		return 0;
	}
	if (word_is(key, "profile")) {
		char names[FEATURE_NAMES_MAX], text[FEATURE_NAMES_MAX + 32];

		d->profile = (uint16_t)profile_find(value.s, value.len);
		if (d->profile != PROFILE_ANY || word_is(value, "any"))
			return 0;
		snprintf(text, sizeof(text), "any, %s", profile_names(names, sizeof(names)));
		return parser_bad_word(ps, "profile", value, text);
	}
	if (word_is(key, "vectors")) {
		if (!word_u64(value, IRQ_MAX_VECTORS, &v))
			return parser_bad_word(ps, "vectors", value, "0 to 2048");
		d->msix = (uint16_t)v;
		return 0;
	}
	if (word_is(key, "msi")) {
		if (!word_u64(value, IRQ_MAX_MSI, &v) || (v & (v - 1) && v))
			return parser_bad_word(ps, "msi", value, "0, 1, 2, 4, 8, 16 or 32");
		d->msi = (uint16_t)v;
		return 0;
	}
	if (word_is(key, "hostvecs")) {
		if (!word_u64(value, UINT16_MAX, &v))
			return parser_bad_word(ps, "hostvecs", value, "0 to 65535");
		d->host_vectors = (uint16_t)v;
		return 0;
	}
	return parser_bad_word(ps, "device", key,
			       "a key of it: profile, vectors, msi, intx, pci23, pcie, dyn, "
			       "intremap, hostvecs, pba, msg, posted, entries");
}

static int device_feature(struct parser *ps, struct word w, struct feature_change *change)
{
	char why[FEATURE_NAMES_MAX + 64];

	if (feature_change_add(change, w.s, w.len, why, sizeof(why)))
		return parser_bad(ps, "device: %s", why);
	return 0;
}

static int parse_device(struct parser *ps, const struct word *words, uint32_t n)
{
	struct feature_change change = {0, 0};
	struct word list, item, key, value;

	if (ps->p->n || ps->p->has_device)
		return parser_bad(ps, "device: must be the first line, and the only one");
	ps->p->has_device = true;
	ps->p->device = (struct program_device){
		.flags = DEVICE_DEFAULT, .msix = SYNTAX_VECTORS, .msi = SYNTAX_MSI};
	if (!n)
		return 0;
	if (n > 1)
		return parser_bad_word(ps, "device", words[1],
				       "expected: it takes one list KEY=VALUE,KEY=VALUE");
	list = words[0];
	while (word_item(&list, &item)) {
		if (item.len && (*item.s == '+' || *item.s == '-')) {
			if (device_feature(ps, item, &change))
				return -EINVAL;
			continue;
		}
		if (!word_split(item, &key, &value))
			return parser_bad_word(ps, "device", item, "KEY=VALUE");
		if (device_key(ps, key, value))
			return -EINVAL;
	}
	ps->p->device.with = (uint16_t)change.with;
	ps->p->device.without = (uint16_t)change.without;
	return 0;
}

static int parse_op(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	uint32_t kind = 0;

	while (kind < OP_KINDS && !word_is(words[0], syntax[kind].name))
		kind++;
	if (kind == OP_KINDS)
		return parser_bad_word(ps, "operation", words[0],
				       "known: set_irqs, raw, irq_info, fire, line, read, write, "
				       "close, open, dup, disintx, memory, power, flr, reset, "
				       "reopen, rebind, sriov_count, table_size, function_mask, "
				       "entry, wipe, scribble, fail, at, expect");
	op_init(op, (enum op_kind)kind);
	switch (kind) {
	case OP_SET_IRQS:
		return parser_set_irqs(ps, words + 1, n - 1, op);
	case OP_RAW:
		return parse_raw(ps, words + 1, n - 1, op);
	case OP_EXPECT:
		return parse_expect(ps, words + 1, n - 1, op);
	case OP_AT:
		if (n != 2 || !word_u64(words[1], UINT64_MAX, &op->value))
			return parser_bad(ps, "at: needs the number of a step and a block: "
					      "at 2 { fire msix 0 }");
		return 0;
	default:
		return parse_args(ps, words + 1, n - 1, op);
	}
}

/* Where the block being read was opened, while one is. */
struct block {
	bool open;
	uint32_t at, line;
};

static int parse_statement(struct parser *ps, const struct word *words, uint32_t n,
			   enum words_end end, struct block *block)
{
	struct op op;
	int err;

	if (n > WORDS_MAX)
		return parser_bad(ps, "more than %u words", WORDS_MAX);
	if (word_is(words[0], "device") && !block->open && end != WORDS_OPEN)
		return parse_device(ps, words + 1, n - 1);
	if (parse_op(ps, words, n, &op))
		return -EINVAL;
	if ((op.kind == OP_AT) != (end == WORDS_OPEN))
		return op.kind == OP_AT ? parser_bad(ps, "at: needs `{` on its line")
					: parser_bad(ps, "only `at N` opens a block with `{`");
	if (block->open) {
		if (!op_allowed_in_at((enum op_kind)op.kind))
			return parser_bad(ps, "%s: not in a block, only fire, read and irq_info",
					  syntax[op.kind].name);
		if (ps->p->ops[block->at].n == UINT8_MAX)
			return parser_bad(ps, "more than %u operations in a block", UINT8_MAX);
		ps->p->ops[block->at].n++;
	}
	err = program_add(ps->p, &op);
	if (err == -E2BIG)
		return errmsg_set(ps->e, err, EXIT_USAGE, "%s:%" PRIu32 ": more than %u operations",
				  ps->name, ps->reader.line, PROGRAM_MAX_OPS);
	if (err)
		return errmsg_set(ps->e, err, EXIT_ENVIRONMENT, "%s: no memory", ps->name);
	if (end == WORDS_OPEN)
		*block = (struct block){.open = true, .at = ps->p->n - 1, .line = ps->reader.line};
	return 0;
}

static int parse_all(struct parser *ps)
{
	struct word words[WORDS_MAX];
	struct block block = {.open = false};
	enum words_end end;
	uint32_t n;

	do {
		int err;

		end = words_next(&ps->reader, words, &n);
		err = n ? parse_statement(ps, words, n, end, &block) : 0;
		if (err)
			return err;
		if (!n && end == WORDS_OPEN)
			return parser_bad(ps, "`{` without `at N` before it");
		if (end == WORDS_CLOSE && !block.open)
			return parser_bad(ps, "`}` without a block");
		if (end == WORDS_CLOSE)
			block.open = false;
	} while (end != WORDS_EOF);
	if (block.open)
		return parser_bad(ps, "the block opened in line %" PRIu32 " has no `}`",
				  block.line);
	return 0;
}

int text_parse(const char *text, size_t len, const char *name, struct program *p, struct errmsg *e)
{
	struct parser ps = {.name = name, .p = p, .e = e};
	int err;

	program_clear(p);
	words_init(&ps.reader, text, len);
	err = parse_all(&ps);
	if (err)
		program_clear(p);
	return err;
}
