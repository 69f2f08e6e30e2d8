/* SPDX-License-Identifier: MIT */
#include "cli/run_guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest/bytes.h"
#include "vmm/guest_run.h"

struct guest_outcome {
	struct guest_result r; /* the first finding, or the first run */
	uint64_t runs, differ;
	const char *skip; /* why it was not run, or NULL */
	const char *bug;
};

bool run_guest_is(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && !strcmp(dot, ".guest");
}

static int load(const char *path, struct guest_program *p, struct errmsg *e)
{
	struct bytes text = {0};
	int err = bytes_read_file(&text, path);

	/* the 0 at its end */
	if (!err)
		err = bytes_append(&text, NULL, 1);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: %s", path, strerror(-err));
	else
		err = guest_program_parse((const char *)text.data, path, p, e);
	bytes_free(&text);
	return err;
}

static void trace(void *data, uint32_t at, const struct guest_op *op, uint64_t fires,
		  uint64_t delivered)
{
	char text[GUEST_OP_TEXT];

	fprintf(data, "  %4u  %-40s  raised %llu, came %llu\n", at + 1,
		guest_op_text(op, text, sizeof(text)), (unsigned long long)fires,
		(unsigned long long)delivered);
}

static int run_often(const struct guest_program *p, const struct run_guest_options *o, FILE *text,
		     struct guest_outcome *all, struct errmsg *e)
{
	struct guest_runner runner;
	int err = guest_runner_open(&runner, o->bug, e);

	if (err)
		return err;
	for (all->runs = 0; !err && all->runs < o->repeat; all->runs++) {
		struct guest_result r;

		runner.trace = o->trace && text && !all->runs ? trace : NULL;
		runner.trace_data = text;
		err = guest_program_run(&runner, p, &r, e);
		if (!all->runs || (r.finding && !all->differ))
			all->r = r;
		all->differ += r.finding;
	}
	guest_runner_close(&runner);
	return err;
}

static const char *operation(const struct guest_program *p, const struct guest_result *r, char *buf)
{
	return r->op < p->n ? guest_op_text(&p->ops[r->op], buf, GUEST_OP_TEXT) : "the end";
}

static void print(FILE *f, const char *path, const struct guest_program *p,
		  const struct guest_outcome *all)
{
	const struct guest_result *r = &all->r;
	char op[GUEST_OP_TEXT];

	if (all->skip) {
		fprintf(f, "%s: skipped: %s\n", path, all->skip);
		return;
	}
	if (!r->finding) {
		fprintf(f,
			"%s: ok, %u operations under %s, %llu interrupts, %llu delivered, digest "
			"%016llx\n",
			path, p->n, p->strategy->name, (unsigned long long)r->fires,
			(unsigned long long)r->delivered, (unsigned long long)r->digest);
		return;
	}
	fprintf(f, "%s: FINDING (%s) after operation %u under %s: %s\n  %s\n", path, r->oracle,
		r->op + 1, p->strategy->name, operation(p, r, op), r->text);
	if (all->runs > 1)
		fprintf(f, "  shown by %llu of %llu runs\n", (unsigned long long)all->differ,
			(unsigned long long)all->runs);
	fprintf(f, "  repeat with: irqstorm run %s%s%s%s\n", all->bug ? "--bug " : "",
		all->bug ? all->bug : "", all->bug ? " " : "", path);
}

static char *text_of_guest(const struct guest_program *p)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	guest_program_print(p, f);
	fclose(f);
	return text;
}

/* With what it takes to run it again: cli/artifact.h. */
static void difference_json(struct json *j, const char *path, const struct guest_program *p,
			    const struct guest_outcome *all)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char op[GUEST_OP_TEXT], key[96], repeat[512];
	const struct guest_result *r = &all->r;
	char *text;

	if (!r->finding) {
		json_str(j, "difference", NULL);
		return;
	}
	text = text_of_guest(p);
	snprintf(key, sizeof(key), "guest:%s:%s", r->oracle, p->strategy->name);
	snprintf(repeat, sizeof(repeat), "irqstorm run %s%s%s%s", all->bug ? "--bug " : "",
		 all->bug ? all->bug : "", all->bug ? " " : "", name);
	json_object_begin(j, "difference");
	json_str(j, "key", key);
	json_str(j, "kind", r->oracle);
	json_str(j, "what", r->text);
	json_u64(j, "at", r->op);
	json_str(j, "operation", r->op < p->n ? operation(p, r, op) : NULL);
	json_str(j, "program", text);
	json_str(j, "program_name", name);
	json_str(j, "verdict", "finding");
	json_str(j, "repeat", repeat);
	json_object_end(j);
	free(text);
}

static void write_json(struct json *j, const char *path, const struct guest_program *p,
		       const struct guest_outcome *all)
{
	const struct guest_result *r = &all->r;
	char digest[24];

	json_object_begin(j, NULL);
	json_str(j, "program", path);
	json_str(j, "strategy", p->strategy->name);
	json_str(j, "profile", p->old ? "6.1" : "6.12");
	json_u64(j, "ops", all->skip ? 0 : p->n);
	json_u64(j, "skipped", all->skip ? p->n : 0);
	json_str(j, "skip", all->skip);
	json_u64(j, "runs", all->runs);
	json_u64(j, "differ", all->differ);
	json_u64(j, "fired", r->fires);
	json_u64(j, "delivered", r->delivered);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)r->digest);
	json_str(j, "digest", digest);
	json_u64(j, "refused", 0);
	json_str(j, "refusal", NULL);
	json_array_begin(j, "hazards");
	json_array_end(j);
	difference_json(j, path, p, all);
	json_object_end(j);
}

int run_guest(const char *path, const struct run_guest_options *o, FILE *text, struct json *j,
	      struct errmsg *e)
{
	struct guest_outcome all = {.bug = o->bug};
	struct errmsg why = {0};
	struct guest_program p;
	int err = load(path, &p, e);

	if (err)
		return err;
	if (guest_program_check(&p, &why))
		all.skip = why.text;
	if (o->trace && text)
		fprintf(text, "%s:\n", path);
	err = all.skip ? 0 : run_often(&p, o, text, &all, e);
	if (err)
		return err;
	if (text)
		print(text, path, &p, &all);
	if (j)
		write_json(j, path, &p, &all);
	if (all.skip)
		return RUN_GUEST_SKIPPED;
	return all.differ ? RUN_GUEST_FINDING : RUN_GUEST_OK;
}
