/* SPDX-License-Identifier: MIT */
/*
 * guest_text: guests' programs as text. Settings first ("strategy dynamic", "vectors 4", "posted"),
 * then an operation a line; `#` begins a comment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/guest_program.h"

enum shown {
	SHOW_VECTOR = 1,
	SHOW_ARG = 2,
};

static const struct {
	const char *name;
	uint8_t shows;
} kinds[GUEST_KINDS] = {
	[GUEST_ENABLE] = {"enable", SHOW_ARG},
	[GUEST_DISABLE] = {"disable", 0},
	[GUEST_UNMASK] = {"unmask", SHOW_VECTOR},
	[GUEST_MASK] = {"mask", SHOW_VECTOR},
	[GUEST_MESSAGE] = {"message", SHOW_VECTOR | SHOW_ARG},
	[GUEST_FUNCTION_MASK] = {"function-mask", SHOW_ARG},
	[GUEST_PBA] = {"read-pending", SHOW_VECTOR},
	[GUEST_RESET] = {"reset", 0},
	[GUEST_EOI] = {"intx-eoi", 0},
	[GUEST_FIRE] = {"fire", SHOW_VECTOR},
	[GUEST_LINE] = {"line", SHOW_ARG},
	[GUEST_AT] = {"fire-at-step", SHOW_VECTOR | SHOW_ARG},
	[GUEST_POLL] = {"vmm-thread", 0},
	[GUEST_LOAD] = {"load", SHOW_ARG},
	[GUEST_UNLOAD] = {"unload", 0},
	[GUEST_EARLY] = {"unmask-then-message", SHOW_VECTOR | SHOW_ARG},
	[GUEST_RETARGET] = {"retarget-masked", SHOW_VECTOR | SHOW_ARG},
	[GUEST_RETARGET_LIVE] = {"retarget-unmasked", SHOW_VECTOR | SHOW_ARG},
	[GUEST_STORM] = {"mask-storm", SHOW_VECTOR | SHOW_ARG},
};

static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	{"pba-clear", offsetof(struct guest_program, pba_clear)},
	{"posted", offsetof(struct guest_program, posted)},
	{"cached", offsetof(struct guest_program, cached)},
	{"eager", offsetof(struct guest_program, eager)},
	{"no-pin", offsetof(struct guest_program, no_pin)},
	{"entries-open", offsetof(struct guest_program, open)},
};
#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

static bool *switch_of(struct guest_program *p, size_t i)
{
	return (bool *)((char *)p + switches[i].offset);
}

const char *guest_op_text(const struct guest_op *op, char *buf, size_t size)
{
	uint8_t kind = op->kind % GUEST_KINDS;
	char vector[8] = "", arg[8] = "";

	if (kinds[kind].shows & SHOW_VECTOR)
		snprintf(vector, sizeof(vector), " %u", op->vector);
	if (kinds[kind].shows & SHOW_ARG)
		snprintf(arg, sizeof(arg), " %u", op->arg);
	snprintf(buf, size, "%s%s%s", kinds[kind].name, vector, arg);
	return buf;
}

int guest_program_check(const struct guest_program *p, struct errmsg *e)
{
	if (!p->strategy->needs_dynamic || !p->old)
		return 0;
	return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
			  "strategy %s: profile 6.1 cannot add MSI-X vectors in place "
			  "(VFIO_IRQ_INFO_NORESIZE is set): try strategy upfront or teardown, or "
			  "profile 6.12",
			  p->strategy->name);
}

void guest_program_print(const struct guest_program *p, FILE *f)
{
	struct guest_program copy = *p;
	char text[GUEST_OP_TEXT];

	fprintf(f, "strategy %s\nvectors %u\nprofile %s\n", p->strategy->name, p->vectors,
		p->old ? "6.1" : "6.12");
	if (p->host_vectors)
		fprintf(f, "host-vectors %u\n", p->host_vectors);
	for (size_t i = 0; i < SWITCHES; i++) {
		if (*switch_of(&copy, i))
			fprintf(f, "%s\n", switches[i].name);
	}
	for (uint32_t i = 0; i < p->n; i++)
		fprintf(f, "%s\n", guest_op_text(&p->ops[i], text, sizeof(text)));
}

/* A number up to @max as the next word. False: there is none, or it is another. */
static bool number(char **save, uint32_t max, uint32_t *out)
{
	const char *word = strtok_r(NULL, " \t", save);
	unsigned long value;
	char *end;

	if (!word)
		return false;
	value = strtoul(word, &end, 10);
	*out = (uint32_t)value;
	return end != word && !*end && value <= max;
}

/* 1: it is a setting; 0: it is not; -EINVAL. */
static int setting(struct guest_program *p, const char *word, char **save)
{
	const char *value;

	for (size_t i = 0; i < SWITCHES; i++) {
		if (strcmp(word, switches[i].name))
			continue;
		*switch_of(p, i) = true;
		return 1;
	}
	if (!strcmp(word, "vectors"))
		return number(save, GUEST_VECTORS, &p->vectors) && p->vectors ? 1 : -EINVAL;
	if (!strcmp(word, "host-vectors"))
		return number(save, GUEST_VECTORS, &p->host_vectors) ? 1 : -EINVAL;
	if (strcmp(word, "strategy") && strcmp(word, "profile"))
		return 0;
	value = strtok_r(NULL, " \t", save);
	if (!value)
		return -EINVAL;
	if (!strcmp(word, "profile")) {
		p->old = !strcmp(value, "6.1");
		return p->old || !strcmp(value, "6.12") ? 1 : -EINVAL;
	}
	p->strategy = strategy_find(value);
	return p->strategy && p->strategy->pattern ? 1 : -EINVAL;
}

static int operation(struct guest_program *p, const char *word, char **save)
{
	struct guest_op *op = &p->ops[p->n];
	uint32_t value, kind = 0;

	while (kind < GUEST_KINDS && strcmp(word, kinds[kind].name))
		kind++;
	if (kind == GUEST_KINDS || p->n == GUEST_OPS)
		return -EINVAL;
	*op = (struct guest_op){.kind = (uint8_t)kind};
	if (kinds[kind].shows & SHOW_VECTOR) {
		if (!number(save, p->vectors - 1, &value))
			return -EINVAL;
		op->vector = (uint8_t)value;
	}
	if (kinds[kind].shows & SHOW_ARG) {
		if (!number(save, UINT8_MAX, &value))
			return -EINVAL;
		op->arg = (uint8_t)value;
	}
	p->n++;
	return 0;
}

static int line(struct guest_program *p, char *text)
{
	char *save = NULL, *word;
	int ret;

	text[strcspn(text, "#")] = '\0';
	word = strtok_r(text, " \t", &save);
	if (!word)
		return 0;
	ret = setting(p, word, &save);
	if (!ret)
		ret = operation(p, word, &save);
	if (ret >= 0 && strtok_r(NULL, " \t", &save))
		return -EINVAL; /* something follows */
	return ret < 0 ? ret : 0;
}

int guest_program_parse(const char *text, const char *name, struct guest_program *p,
			struct errmsg *e)
{
	uint32_t number_of_line = 0;

	guest_program_decode(NULL, 0, p);
	p->vectors = GUEST_VECTORS;
	while (*text) {
		size_t length = strcspn(text, "\n");
		char copy[160];

		number_of_line++;
		if (length >= sizeof(copy))
			length = sizeof(copy) - 1;
		memcpy(copy, text, length);
		copy[length] = '\0';
		if (line(p, copy))
			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "%s:%u: '%.*s' is no setting or operation of a guest",
					  name, number_of_line, (int)length, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}
