/* SPDX-License-Identifier: MIT */
#include "cli/finding.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exec/target.h"
#include "program/text.h"
#include "support/log.h"

const char *finding_command(void)
{
	const char *via = getenv("IRQSTORM_VIA");

	return via && *via ? via : "irqstorm";
}

static const char *target_of(const struct finding *f)
{
	return f->shown_on ? f->shown_on : f->target;
}

static enum fresh_verdict verdict_of(const struct finding *f)
{
	return f->settled ? f->settled->verdict : FRESH_ALONE;
}

/* No program shows it by itself: it takes all that ran before. */
static bool is_whole(const struct finding *f)
{
	return f->whole && f->settled &&
	       (f->settled->verdict == FRESH_NOT_SHOWN || f->settled->between);
}

static void sequence_json(struct json *j, const struct sequence *s)
{
	json_array_begin(j, "sequence");
	for (uint32_t i = 0; i < s->n; i++) {
		char *text = text_of(&s->p[i]);

		json_str(j, NULL, text);
		free(text);
	}
	json_array_end(j);
}

void finding_json(struct json *j, const char *key, const struct finding *f)
{
	const struct exec_result *r = f->r;
	char op[TEXT_OP_MAX];
	char *text;

	if (!r->difference) {
		json_str(j, key, NULL);
		return;
	}
	text = text_of(f->p);
	json_object_begin(j, key);
	json_str(j, "key", r->key);
	json_str(j, "kind", difference_name(r->difference));
	json_str(j, "what", r->text);
	json_u64(j, "at", r->at);
	json_str(j, "operation",
		 r->at < f->p->n ? text_op(&f->p->ops[r->at], op, sizeof(op)) : NULL);
	json_str(j, "program", text);
	json_str(j, "target", target_of(f));
	if (f->settled) {
		json_str(j, "fresh", fresh_verdict_names[f->settled->verdict]);
		if (f->settled->verdict != FRESH_ALONE)
			sequence_json(j, f->sequence);
		if (is_whole(f))
			json_str(j, "repeat", f->whole);
	}
	json_object_end(j);
	free(text);
}

static void print_folder(FILE *to, const struct finding *f)
{
	fprintf(to, "the programs are in %s; repeat with:\n  %s run --target %s %s\n", f->folder,
		finding_command(), target_of(f), f->folder);
}

/* Whether its JSON says it all. In a guest the file is not under that name. */
static bool print_json(FILE *to, const struct finding *f)
{
	if (!f->json || !strcmp(f->json, "-") || getenv("IRQSTORM_VIA"))
		return false;
	fprintf(to, "----\nrepeat with:\n  irqstorm run %s\n", f->json);
	return true;
}

static void print_sequence(FILE *to, const struct finding *f)
{
	const struct sequence *s = f->sequence;

	for (uint32_t i = 0; i < s->n; i++) {
		fprintf(to, "---- %u of %u\n", i + 1, s->n);
		text_print(&s->p[i], to);
	}
	if (f->folder) {
		fputs("----\n", to);
		print_folder(to, f);
		return;
	}
	if (print_json(to, f))
		return;
	fprintf(to,
		"----\nput each into a file of a folder DIR, as 00.irq, 01.irq, ..., and repeat "
		"with:\n  %s run --target %s DIR/*.irq\n",
		finding_command(), target_of(f));
}

void finding_print_refused(FILE *f, uint64_t calls, const char *why)
{
	if (calls)
		fprintf(f, "refused  %llu calls by the host, which it may; the first: %s\n",
			(unsigned long long)calls, why);
}

void finding_print_programs(FILE *to, const struct finding *f, const char *where)
{
	switch (verdict_of(f)) {
	case FRESH_SEQUENCE:
		fprintf(to,
			"It depends on earlier programs: no program shows it alone %s. These %u "
			"do, one after another:\n",
			where, f->sequence->n);
		print_sequence(to, f);
		return;
	case FRESH_NOT_SHOWN:
		fprintf(to,
			"It depends on earlier programs, or comes by chance: this program does not "
			"show it alone %s",
			where);
		if (f->sequence->n > 1)
			fprintf(to, ", nor do the last %u together", f->sequence->n);
		fputs(".\n", to);
		break;
	case FRESH_NOT_TRIED:
		if (f->settled->between)
			fputs("It was seen between programs: this is the last one, and no program "
			      "need show it alone.\n",
			      to);
		else
			fprintf(to, "Not tried %s: an earlier program may have a part in it.\n",
				where);
		break;
	default:
		break;
	}
	fputs("program:\n----\n", to);
	text_print(f->p, to);
	if (is_whole(f)) {
		fprintf(to, "----\nrepeat with:\n  %s\n", f->whole);
		return;
	}
	if (f->folder && verdict_of(f) != FRESH_ALONE) {
		fputs("----\n", to);
		print_folder(to, f);
		return;
	}
	if (print_json(to, f))
		return;
	fprintf(to,
		"----\nput it into FILE.irq and repeat with:\n  %s run --target %s --trace "
		"FILE.irq\n",
		finding_command(), target_of(f));
}

void finding_print(FILE *to, const struct finding *f)
{
	const struct exec_result *r = f->r;
	char op[TEXT_OP_MAX];

	fprintf(to, "DIFFERENCE (%s): %s\nkey %s\n", difference_name(r->difference), r->text,
		r->key);
	if (r->at < f->p->n)
		fprintf(to, "after operation %u: %s\n", r->at + 1,
			text_op(&f->p->ops[r->at], op, sizeof(op)));
	if (f->handed_over)
		fputs("the program follows when it was tried in a fresh guest\n", to);
	else
		finding_print_programs(to, f,
				       target_is_emulator(f->target) ? "on a new emulator"
								     : "on a fresh machine");
}

int finding_save_sequence(const char *dir, const struct sequence *s, struct errmsg *e)
{
	if (mkdir(dir, 0777) && errno != EEXIST)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make the folder %s: %s", dir,
				  strerror(errno));
	for (uint32_t i = 0; i < s->n; i++) {
		struct outfile out = {0};
		char path[PATH_MAX];
		int err;

		if (snprintf(path, sizeof(path), "%s/%02u.irq", dir, i) >= (int)sizeof(path))
			return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT,
					  "%s: that path is too long", dir);
		err = outfile_open(&out, path, e);
		if (err)
			return err;
		text_print(&s->p[i], out.f);
		err = outfile_commit(&out, e);
		if (err)
			return err;
	}
	return 0;
}

static int write_file(const char *dir, const char *name, const struct program *p,
		      const struct finding *f, struct errmsg *e)
{
	struct outfile out = {0};
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = outfile_open(&out, path, e);
	if (err)
		return err;
	if (p)
		text_print(p, out.f);
	else
		fprintf(out.f, "%s\n%s\n%u\n", f->r->key, target_of(f), f->inspect_every);
	return outfile_commit(&out, e);
}

void finding_hand_over(struct finding *f)
{
	const char *dir = getenv("IRQSTORM_FINDING");
	struct errmsg e = {0};

	if (!dir || !*dir || !f->r->difference || verdict_of(f) != FRESH_NOT_TRIED ||
	    f->settled->between || target_is_emulator(f->target))
		return;
	if (finding_save_sequence(dir, f->sequence, &e) ||
	    write_file(dir, FINDING_HANDED_PROGRAM, f->p, f, &e) ||
	    write_file(dir, FINDING_HANDED_KEY, NULL, f, &e))
		log_error("%s", e.text);
	else
		f->handed_over = true;
}

/* What of it is more than one program goes into a folder beside the file. */
static int save_others(struct outfile *save, const struct finding *f, struct errmsg *e)
{
	char dir[PATH_MAX];

	if (verdict_of(f) == FRESH_ALONE || f->handed_over || !strcmp(save->path, "-"))
		return 0;
	if (snprintf(dir, sizeof(dir), "%s.sequence", save->path) >= (int)sizeof(dir))
		return errmsg_set(e, -ENAMETOOLONG, EXIT_ENVIRONMENT, "%s: that path is too long",
				  save->path);
	fprintf(save->f, "# %s: the programs that ran before are in %s\n",
		verdict_of(f) == FRESH_SEQUENCE ? "depends on earlier programs"
						: "may depend on earlier programs",
		dir);
	return finding_save_sequence(dir, f->sequence, e);
}

int finding_save(struct outfile *save, const struct finding *f, struct errmsg *e)
{
	int err;

	if (!save->f)
		return 0;
	if (!f->r->difference) {
		outfile_abort(save);
		return 0;
	}
	fprintf(save->f, "# %s\n# %s\n", f->r->key, f->r->text);
	err = save_others(save, f, e);
	if (err) {
		outfile_abort(save);
		return err;
	}
	text_print(f->p, save->f);
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
