/* SPDX-License-Identifier: MIT */
#include "cli/told.h"

const char *told_hazard(const struct hazard *h, const struct program *p, char buf[TOLD_LINE])
{
	char op[TEXT_OP_MAX], text[280];

	snprintf(buf, TOLD_LINE, "%s: operation %u: %s: %s", hazard_rule(h->kind), h->at + 1,
		 text_op(&p->ops[h->at], op, sizeof(op)), hazard_text(h, text, sizeof(text)));
	return buf;
}

void told_hazards_json(struct json *j, const struct hazard_watch *w, const struct program *p)
{
	char line[TOLD_LINE];

	json_array_begin(j, "hazards");
	for (uint32_t i = 0; i < w->n; i++)
		json_str(j, NULL, told_hazard(&w->found[i], p, line));
	if (w->more) {
		snprintf(line, sizeof(line), "and %llu more", (unsigned long long)w->more);
		json_str(j, NULL, line);
	}
	json_array_end(j);
}

void told_hazards_print(FILE *f, const struct hazard_watch *w, const struct program *p)
{
	char line[TOLD_LINE];

	for (uint32_t i = 0; i < w->n; i++)
		fprintf(f, "  hazard %s\n", told_hazard(&w->found[i], p, line));
	if (w->more)
		fprintf(f, "  hazards: %llu more\n", (unsigned long long)w->more);
}

void told_refusal_json(struct json *j, const struct exec_result *r, const struct program *p)
{
	char op[TEXT_OP_MAX];

	json_u64(j, "refused", r->refused);
	if (!r->refused) {
		json_str(j, "refusal", NULL);
		return;
	}
	json_object_begin(j, "refusal");
	json_u64(j, "at", r->refused_at);
	json_str(j, "operation", text_op(&p->ops[r->refused_at], op, sizeof(op)));
	json_str(j, "reason", r->refusal);
	json_object_end(j);
}

void told_refusal_print(FILE *f, const struct exec_result *r, const struct program *p)
{
	char op[TEXT_OP_MAX];

	if (!r->refused)
		return;
	fprintf(f, "  refused by the host, which it may: operation %u: %s: %s", r->refused_at + 1,
		text_op(&p->ops[r->refused_at], op, sizeof(op)), r->refusal);
	if (r->refused > 1)
		fprintf(f, "; and %u more calls", r->refused - 1);
	fputc('\n', f);
}
