/* SPDX-License-Identifier: MIT */
#include "cli/finding.h"

#include <stdlib.h>
#include <string.h>

#include "program/text.h"

const char *finding_command(void)
{
	const char *via = getenv("IRQSTORM_VIA");

	return via && *via ? via : "irqstorm";
}

void finding_json(struct json *j, const char *key, const struct exec_result *r,
		  const struct program *p)
{
	char op[TEXT_OP_MAX];
	char *text;

	if (!r->difference) {
		json_str(j, key, NULL);
		return;
	}
	text = text_of(p);
	json_object_begin(j, key);
	json_str(j, "key", r->key);
	json_str(j, "kind", difference_name(r->difference));
	json_str(j, "what", r->text);
	json_u64(j, "at", r->at);
	json_str(j, "operation", r->at < p->n ? text_op(&p->ops[r->at], op, sizeof(op)) : NULL);
	json_str(j, "program", text);
	json_object_end(j);
	free(text);
}

void finding_print(FILE *f, const struct exec_result *r, const struct program *p,
		   const char *target)
{
	char op[TEXT_OP_MAX];

	fprintf(f, "DIFFERENCE (%s): %s\nkey %s\n", difference_name(r->difference), r->text,
		r->key);
	if (r->at < p->n)
		fprintf(f, "after operation %u: %s\n", r->at + 1,
			text_op(&p->ops[r->at], op, sizeof(op)));
	fputs("program:\n----\n", f);
	text_print(p, f);
	fprintf(f,
		"----\nput it into FILE.irq and repeat with:\n  %s run --target %s --trace "
		"FILE.irq\n",
		finding_command(), target);
}

void finding_print_refused(FILE *f, uint64_t calls, const char *why)
{
	if (calls)
		fprintf(f, "refused  %llu calls by the host, which it may; the first: %s\n",
			(unsigned long long)calls, why);
}

int finding_save(struct outfile *save, const struct exec_result *r, const struct program *p,
		 struct errmsg *e)
{
	if (!save->f)
		return 0;
	if (!r->difference) {
		outfile_abort(save);
		return 0;
	}
	fprintf(save->f, "# %s\n# %s\n", r->key, r->text);
	text_print(p, save->f);
	return outfile_commit(save, e);
}

void finding_rules_json(struct json *j, const char *key, const struct rule_counts *rules)
{
	char name[8];

	json_object_begin(j, key);
	for (uint32_t i = 0; i < RULES; i++) {
		if (rules->n[i])
			json_u64(j, rule_name(i, name), rules->n[i]);
	}
	json_object_end(j);
}
