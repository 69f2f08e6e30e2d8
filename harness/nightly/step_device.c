/* SPDX-License-Identifier: MIT */
/*
 * The fuzz target of real devices, in each kernel. It begins with nothing: what makes its inputs
 * knows what programs look like, and a corpus would be read at a guest's speed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/engine.h"
#include "nightly/step.h"
#include "report/value.h"

#define TARGET  "fuzz_irq_device"
#define MAX_LEN 300 /* bytes: some 50 operations */

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	struct engine_paths *paths = malloc(sizeof(*paths));
	const char *list = p->c->kernels, *why;
	char kernel[DOC_PATH], word[128];
	struct errmsg missing = {0};
	json_t *step;

	if (!paths)
		return doc_no_memory(e);
	engine_locate_for_guest(TARGET, p->c->fuzz_dir, paths, &missing);
	while (step_kernel_next(&list, kernel, sizeof(kernel))) {
		step_word(kernel, word, sizeof(word));
		why = step_kernel_missing(kernel);
		step = night_step_add(p, k, *why ? why : missing.text, "device-%s", word);
		if (!step)
			continue;
		doc_text(step, "kernel", kernel);
		/* the night may be gone on with from elsewhere */
		if (p->c->fuzz_dir && !*missing.text)
			doc_textf(step, "fuzz_dir", "%.*s",
				  (int)(strrchr(paths->target, '/') - paths->target),
				  paths->target);
	}
	free(paths);
	return 0;
}

/* What findings and figures are called after: the step's name without its kind. */
static const char *where_of(const json_t *step)
{
	return value_text(step, "name") + strlen("device-");
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	double limit = fmax(1, seconds);

	step_arg_guest(p, step, "xhci", limit + STEP_BOOT_S);
	step_arg(step, TARGET);
	step_arg(step, "-max_total_time=%.0f", ceil(limit));
	step_arg(step, "-max_len=%d", MAX_LEN);
	/* 0 would be one of libFuzzer's own choice */
	step_arg(step, "-seed=%u", 1 + (uint32_t)(step_seed(p, step) % INT32_MAX));
}

/* What follows @mark in @line, without the newline; NULL: it is not there. */
static const char *after(char *line, const char *mark)
{
	char *at = strstr(line, mark);

	if (!at)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return at + strlen(mark);
}

/* The target's own words, and the guest's after it. */
struct told {
	char what[512], key[256], repeat[DOC_PATH];
	double execs, seconds;
};

static void read_log(const char *dir, struct told *t)
{
	char path[2 * DOC_PATH], *line = NULL;
	const char *text;
	double execs, seconds;
	size_t room = 0;
	FILE *f;

	memset(t, 0, sizeof(*t));
	t->execs = t->seconds = NAN;
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		if ((text = after(line, "irqstorm: finding: ")))
			snprintf(t->what, sizeof(t->what), "%s", text);
		else if ((text = after(line, "key:    ")))
			snprintf(t->key, sizeof(t->key), "%s", text);
		else if ((text = after(line, "repeat that with: ")))
			snprintf(t->repeat, sizeof(t->repeat), "%s", text);
		else if (sscanf(line, "Done %lf runs in %lf second", &execs, &seconds) == 2) {
			t->execs = execs;
			t->seconds = seconds;
		}
	}
	free(line);
	if (f)
		fclose(f);
}

static void result(const char *root, const char *dir, json_t *step)
{
	char key[512], artifact[DOC_PATH];
	struct told *t = malloc(sizeof(*t));

	if (!t)
		return;
	read_log(dir, t);
	if (*t->key) {
		/* as diff in that kernel would call it */
		snprintf(key, sizeof(key), "%s:%s", where_of(step), t->key);
		step_finding(step, key, t->what,
			     step_artifact(root, dir, STEP_KERNEL_LOG ".last", artifact,
					   sizeof(artifact)),
			     t->repeat);
	}
	step_figure(step, t->execs, "device/%s/execs", where_of(step));
	if (t->seconds > 0)
		step_figure(step, t->execs / t->seconds, "device/%s/execs_per_s", where_of(step));
	free(t);
}

const struct step_kind step_device = {
	.name = "device",
	.weight = 8,
	.ends_at_first = true,
	.about = "programs that a fuzzer makes, on a real device in each kernel",
	.expand = expand,
	.command = command,
	.result = result,
};
