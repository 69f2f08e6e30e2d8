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
#include "campaign/replay.h"
#include "guest/bytes.h"
#include "nightly/step.h"
#include "report/value.h"

#define TARGET  "fuzz_irq_device"
#define MAX_LEN 300 /* bytes: some 50 operations */

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	struct engine_paths *paths = malloc(sizeof(*paths));
	const char *list = p->c->kernels;
	char kernel[DOC_PATH], word[128], why[STEP_WHY];
	struct errmsg missing = {0};
	json_t *step;

	if (!paths)
		return errmsg_no_memory(e);
	while (step_kernel_next(&list, kernel, sizeof(kernel))) {
		step_word(kernel, word, sizeof(word));
		step_kernel_missing(kernel, why);
		missing.text[0] = '\0';
		if (!*why)
			engine_locate_for_guest(TARGET, p->c->fuzz_dir, step_kernel_arch(kernel),
						paths, &missing);
		step = night_step_add(p, k, *why ? why : missing.text, "device-%s", word);
		if (!step)
			continue;
		doc_text(step, "kernel", kernel);
		if (p->c->fuzz_dir && !*why && !*missing.text)
			step_note_fuzz_dir(step, paths->target);
	}
	free(paths);
	return 0;
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

static void take_finding(const char *root, const char *dir, json_t *step, const char *log,
			 const struct replay_verdict *v)
{
	static const char mark[] = "guest: repeat that with: ";
	const char *at = strstr(log, mark);
	char key[512], artifact[DOC_PATH], repeat[DOC_PATH] = "";

	if (at) {
		at += strlen(mark);
		snprintf(repeat, sizeof(repeat), "%.*s", (int)strcspn(at, "\n"), at);
	}
	/* as diff in that kernel would call it */
	snprintf(key, sizeof(key), "%s:%s", step_where(step), v->key);
	step_finding(step, key, v->what,
		     step_artifact(root, dir, STEP_KERNEL_LOG ".last", artifact, sizeof(artifact)),
		     repeat);
}

static void take_log(const char *root, const char *dir, json_t *step, const char *log, size_t len)
{
	const char *done = strstr(log, "\nDone ");
	struct replay_verdict v;
	double execs, seconds;

	if (!replay_judge(log, len, &v) && v.shown)
		take_finding(root, dir, step, log, &v);
	replay_free(&v);
	if (!done || sscanf(done, " Done %lf runs in %lf second", &execs, &seconds) != 2)
		return;
	step_figure(step, execs, "device/%s/execs", step_where(step));
	if (seconds > 0)
		step_figure(step, execs / seconds, "device/%s/execs_per_s", step_where(step));
}

static void result(const char *root, const char *dir, json_t *step)
{
	char path[2 * DOC_PATH];
	struct bytes log = {0};

	snprintf(path, sizeof(path), "%s/log", dir);
	/* the 0 at its end */
	if (!bytes_read_file(&log, path) && !bytes_append(&log, NULL, 1))
		take_log(root, dir, step, (const char *)log.data, log.len - 1);
	bytes_free(&log);
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
