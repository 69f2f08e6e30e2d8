/* SPDX-License-Identifier: MIT */
#include "program/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "program/syntax.h"

struct out {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->buf + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	o->len += (size_t)n;
	if (o->len >= o->size)
		o->len = o->size - 1;
}

static void put_index(struct out *o, uint32_t index)
{
	if (index < VFIO_PCI_NUM_IRQS)
		put(o, " %s", syntax_index[index]);
	else
		put(o, " index=%" PRIu32, index);
}

static void put_fd(struct out *o, int32_t fd)
{
	if (fd < 0)
		put(o, "%" PRId32, fd);
	else if (fd < (int32_t)PROGRAM_SLOTS)
		put(o, "e%" PRId32, fd);
	else if (fd == PROGRAM_FD_FILE)
		put(o, "file");
	else if (fd == PROGRAM_FD_CLOSED)
		put(o, "closed");
	else
		put(o, "fd:%" PRId32, fd);
}

static void put_flags(struct out *o, uint32_t flags)
{
	uint32_t type = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	const char *type_name = syntax_flag_name(syntax_types, type);
	const char *action_name = syntax_flag_name(syntax_actions, flags & ~type);

	if (type_name && action_name)
		put(o, " %s %s", action_name, type_name);
	else
		put(o, " flags=0x%" PRIx32, flags);
}

static void put_set_irqs(struct out *o, const struct op *op)
{
	bool fds = (op->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) == VFIO_IRQ_SET_DATA_EVENTFD;
	uint32_t n = op_items(op);

	put(o, "set_irqs");
	put_index(o, op->index);
	put_flags(o, op->flags);
	if (op->start)
		put(o, " start=%" PRIu32, op->start);
	if (op->count != (n ? n : 1))
		put(o, " count=%" PRIu32, op->count);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(o, ",");
		else
			put(o, " %s=", syntax_list_key(op->flags));
		if (fds)
			put_fd(o, op->data[i]);
		else
			put(o, "%" PRId32, op->data[i]);
	}
	if (op->argsz != PROGRAM_AUTO)
		put(o, " argsz=%" PRIu32, op->argsz);
	if (op->readable != PROGRAM_AUTO)
		put(o, " readable=%" PRIu32, op->readable);
}

static void put_raw(struct out *o, const struct op *op)
{
	put(o, op->n ? "raw " : "raw -");
	for (uint32_t i = 0; i < op_items(op); i++)
		put(o, "%02x", op->raw[i]);
}

const char *text_ret(int64_t ret, char *buf, size_t size)
{
	const char *name = ret < 0 && ret != INT64_MIN ? syntax_errno_name(-ret) : NULL;

	if (name)
		snprintf(buf, size, "-%s", name);
	else
		snprintf(buf, size, "%" PRId64, ret);
	return buf;
}

static void put_on(struct out *o, uint32_t has, uint32_t lacks)
{
	const char *between = " on ";

	for (enum feature f = 0; f < FEATURES; f++) {
		if (!feature_in(has | lacks, f))
			continue;
		put(o, "%s%s%s", between, feature_in(lacks, f) ? "!" : "", feature_rows[f].name);
		between = ",";
	}
}

static void put_expect(struct out *o, const struct op *op)
{
	char ret[24];

	put(o, "expect");
	if (op->flags & EXPECT_INFO)
		put(o, " flags=0x%" PRIx32 " count=%" PRIu32, op->index, op->count);
	else if (op->flags & EXPECT_VALUE)
		put(o, " value=%" PRIu64, op->value);
	else
		put(o, " %s", text_ret((int64_t)op->value, ret, sizeof(ret)));
	put_on(o, op_expect_has(op), op_expect_lacks(op));
}

static void put_power(struct out *o, uint64_t state)
{
	if (state == 0 || state == 3)
		put(o, state ? " d3hot" : " d0");
	else
		put(o, " %" PRIu64, state);
}

static void put_open_value(struct out *o, uint64_t value)
{
	if (value == 1)
		put(o, " semaphore");
	else if (value)
		put(o, " %" PRIu64, value);
}

static void put_arg(struct out *o, char arg, const struct op *op)
{
	switch (arg) {
	case 's':
		put(o, " e%u", op->slot);
		break;
	case 't':
		put(o, " e%u", op->slot2);
		break;
	case 'V':
		if (!op->value)
			break;
		/* fall through */
	case 'v':
		put(o, " %" PRIu64, op->value);
		break;
	case 'm':
		put_open_value(o, op->value);
		break;
	case 'p':
		put_power(o, op->value);
		break;
	case 'i':
		put_index(o, op->index);
		break;
	case 'o':
		if (!op->start &&
		    (op->index == VFIO_PCI_ERR_IRQ_INDEX || op->index == VFIO_PCI_REQ_IRQ_INDEX))
			break;
		/* fall through */
	case 'n':
		put(o, " %" PRIu32, op->start);
		break;
	case 'a':
		if (op->argsz != PROGRAM_AUTO)
			put(o, " argsz=%" PRIu32, op->argsz);
		break;
	default:
		break;
	}
}

const char *text_op(const struct op *op, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};

	if (!size)
		return buf;
	buf[0] = '\0';
	switch (op->kind) {
	case OP_SET_IRQS:
		put_set_irqs(&o, op);
		return buf;
	case OP_RAW:
		put_raw(&o, op);
		return buf;
	case OP_AT:
		put(&o, "at %" PRIu64 " {", op->value);
		return buf;
	case OP_EXPECT:
		put_expect(&o, op);
		return buf;
	default:
		break;
	}
	if (op->kind >= OP_KINDS) {
		put(&o, "# unknown operation %u", op->kind);
		return buf;
	}
	put(&o, "%s", syntax[op->kind].name);
	for (const char *arg = syntax[op->kind].args; *arg; arg++)
		put_arg(&o, *arg, op);
	return buf;
}

void text_print_op(const struct op *op, FILE *f)
{
	char line[TEXT_OP_MAX];

	fprintf(f, "%s\n", text_op(op, line, sizeof(line)));
}

static void print_device(const struct program_device *d, FILE *f)
{
	fputs("device ", f);
	if (d->profile != PROFILE_ANY)
		fprintf(f, "profile=%s,", profile_name((enum profile)d->profile));
	for (enum feature i = 0; i < FEATURES; i++) {
		if (feature_in(d->with | d->without, i))
			fprintf(f, "%c%s,", feature_in(d->with, i) ? '+' : '-',
				feature_rows[i].name);
	}
	fprintf(f, "vectors=%u,msi=%u", d->msix, d->msi);
	for (size_t i = 0; i < sizeof(syntax_device_flags) / sizeof(syntax_device_flags[0]); i++) {
		const struct syntax_device_flag *key = &syntax_device_flags[i];

		if ((d->flags ^ DEVICE_DEFAULT) & key->flag)
			fprintf(f, ",%s=%s", key->key, d->flags & key->flag ? key->on : key->off);
	}
	if (d->host_vectors)
		fprintf(f, ",hostvecs=%u", d->host_vectors);
	fputc('\n', f);
}

void text_print(const struct program *p, FILE *f)
{
	uint32_t block = 0; /* operations left of an at block */

	if (p->has_device)
		print_device(&p->device, f);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct op *op = &p->ops[i];
		bool inside = block > 0;

		if (inside)
			fputc('\t', f);
		text_print_op(op, f);
		if (inside)
			block--;
		else if (op->kind == OP_AT)
			block = op->n < p->n - 1 - i ? op->n : p->n - 1 - i;
		else
			continue;
		if (!block)
			fputs("}\n", f);
	}
}

char *text_of(const struct program *p)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	text_print(p, f);
	fclose(f);
	return text;
}
