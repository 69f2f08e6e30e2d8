/* SPDX-License-Identifier: MIT */
/* interleave_print: a run for people to read. */
#include "exec/interleave_private.h"
#include "program/text.h"

static void print_event(const struct interleave *il, const struct event *e, FILE *f)
{
	const struct turn_caller *c = &il->caller[e->who];
	const struct turn_op *t = e->op < c->n ? c->ops[e->op] : NULL;
	const char *lock = lock_class_name((enum lock_class)e->lock);
	char text[TEXT_OP_MAX];

	fprintf(f, "  %-6s ", interleave_who_name(e->who));
	switch (e->kind) {
	case EVENT_BEGINS:
		if (t->fail)
			fprintf(f, "fail %u; ", t->fail);
		fprintf(f, "%s\n", text_op(&t->op, text, sizeof(text)));
		break;
	case EVENT_ENDS:
		fprintf(f, "= %s", text_ret(t->out.ret, text, sizeof(text)));
		if (t->op.kind == OP_READ && !t->out.ret)
			fprintf(f, ", %llu", (unsigned long long)t->out.value);
		fprintf(f, "\n");
		break;
	case EVENT_TAKES:
		fprintf(f, "    takes %s in %s\n", lock, e->where);
		break;
	case EVENT_DROPS:
		fprintf(f, "    drops %s in %s\n", lock, e->where);
		break;
	case EVENT_WANTS:
		fprintf(f, "    waits for %s in %s\n", lock, e->where);
		break;
	case EVENT_STEPS:
		fprintf(f, "    a step of %s\n", e->where);
		break;
	case EVENT_WAITS:
		fprintf(f, "    waits in %s\n", e->where);
		break;
	default:
		fprintf(f, "----\n");
	}
}

void interleave_print(const struct interleave *il, FILE *f)
{
	for (uint32_t i = 0; i < il->n_events; i++)
		print_event(il, &il->events[i], f);
}
