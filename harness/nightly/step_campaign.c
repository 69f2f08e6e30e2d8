/* SPDX-License-Identifier: MIT */
/* A fuzzing engine on one fuzz target; its corpus and findings outlive the night. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign/engine.h"
#include "nightly/step.h"
#include "report/value.h"

/* Those of fuzz/ that can find something: a test holds this against the folder. */
static const char *const targets[] = {
	"fuzz_irq_program",    "fuzz_irq_faults",   "fuzz_irq_device",
	"fuzz_irq_interleave", "fuzz_irq_stress",   "fuzz_msix_guest",
	"fuzz_program_text",   "fuzz_set_irqs_raw", "fuzz_storm",
};

/* It would end at its first input, and libFuzzer call that a finding. */
static bool lacks_device(const char *target)
{
	const char *device = getenv("IRQSTORM_TARGET");

	return !strcmp(target, "fuzz_irq_device") && (!device || !*device);
}

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	const char *dirs[] = {[ENGINE_LIBFUZZER] = p->c->fuzz_dir, [ENGINE_AFL] = p->c->afl_dir};
	struct engine_paths *paths = malloc(sizeof(*paths));
	struct errmsg missing;
	json_t *step;

	if (!paths)
		return errmsg_no_memory(e);
	for (int engine = 0; engine_names[engine]; engine++) {
		for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
			missing.text[0] = '\0';
			engine_locate((enum engine_kind)engine, targets[i], dirs[engine], NULL,
				      paths, &missing);
			if (!*missing.text && lacks_device(targets[i]))
				errmsg_set(&missing, -ENODEV, EXIT_SKIP,
					   "no device: IRQSTORM_TARGET=vfio:BDF names one");
			step = night_step_add(p, k, missing.text, "campaign-%s-%s",
					      engine_names[engine], targets[i]);
			if (!step)
				continue;
			doc_text(step, "engine", engine_names[engine]);
			doc_text(step, "target", targets[i]);
			if (dirs[engine] && !*missing.text)
				step_note_fuzz_dir(step, paths->target);
		}
	}
	free(paths);
	return 0;
}

static void folder_of(const char *root, const json_t *step, char path[DOC_PATH])
{
	snprintf(path, DOC_PATH, "%s/campaign/%s-%s", root, value_text(step, "engine"),
		 value_text(step, "target"));
}

/* What there is before the night: what is more at its end is the night's. */
static double note_before(json_t *step, const json_t *state)
{
	json_t *before = json_object(), *hits = json_object(), *finding;
	double seconds = fmax(0, value_number(state, "seconds"));
	size_t i;

	doc_number(before, "seconds", seconds);
	doc_number(before, "execs", fmax(0, value_number(state, "execs")));
	json_array_foreach(value_at(state, "findings"), i, finding)
	{
		doc_number(hits, value_text(finding, "key"), value_number(finding, "hits"));
	}
	json_object_set_new(before, "hits", hits);
	json_object_set_new(step, "before", before);
	return seconds;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	char folder[DOC_PATH], corpus[DOC_PATH];
	struct stat st;
	json_t *state;

	folder_of(p->root, step, folder);
	state = doc_try(folder, "campaign.json");
	step_arg(step, "campaign");
	step_arg(step, "--quiet");
	step_arg(step, "--engine");
	step_arg(step, "%s", value_text(step, "engine"));
	step_arg(step, "--fuzz-target");
	step_arg(step, "%s", value_text(step, "target"));
	step_arg_fuzz_dir(step);
	/* of all nights together, as campaign counts */
	step_arg(step, "--for");
	step_arg(step, "%.0fs", ceil(note_before(step, state) + fmax(1, seconds)));
	step_arg(step, "--out");
	step_arg(step, "%s", folder);
	if (p->c->corpus) {
		snprintf(corpus, sizeof(corpus), "%s/%s", p->c->corpus, value_text(step, "target"));
		step_arg(step, "--corpus");
		step_arg(step, "%s", stat(corpus, &st) ? p->c->corpus : corpus);
	}
	/* one that goes on has the seed that it began with */
	if (!state)
		step_arg_seed(p, step);
	step_arg_file(p, step, "--json", "result.json");
	json_decref(state);
}

/* What libFuzzer calls features; AFL++, edges. NaN when it does not tell. */
static double coverage(const char *folder, bool afl)
{
	char path[2 * DOC_PATH], *line = NULL;
	const char *mark = afl ? "edges_found" : " ft: ";
	double most = NAN;
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/engine/%s", folder, afl ? "0/fuzzer_stats" : "0.log");
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		const char *at = strstr(line, mark);

		if (at) {
			at += strlen(mark);
			most = fmax(most, strtod(at + strspn(at, " :"), NULL));
		}
	}
	free(line);
	if (f)
		fclose(f);
	return most;
}

static void take_finding(json_t *step, const json_t *f)
{
	const char *key = value_text(f, "key"), *program = value_text(f, "program_key");
	const json_t *hits = json_object_get(json_object_get(step, "before"), "hits");
	char name[512], artifact[1024];

	/* findings of earlier nights that nothing hit in this one */
	if (value_number(f, "hits") <= json_number_value(json_object_get(hits, key)))
		return;
	/* diff has the same key for the same bug, and so has another engine */
	if (*program)
		snprintf(name, sizeof(name), "%s", program);
	else
		snprintf(name, sizeof(name), "%s:%s", value_text(step, "target"), key);
	snprintf(artifact, sizeof(artifact), "campaign/%s-%s/findings/%s",
		 value_text(step, "engine"), value_text(step, "target"), value_text(f, "folder"));
	step_finding(step, name, value_text(f, "what"), artifact, value_text(f, "repeat"));
}

static void result(const char *root, const char *dir, json_t *step)
{
	const char *engine = value_text(step, "engine"), *target = value_text(step, "target");
	char folder[DOC_PATH];
	double seconds, execs;
	json_t *state, *f;
	size_t i;

	(void)dir; /* the campaign's own file is there after a kill, too */
	folder_of(root, step, folder);
	state = doc_try(folder, "campaign.json");
	json_array_foreach(value_at(state, "findings"), i, f)
	{
		take_finding(step, f);
	}
	seconds = value_number(state, "seconds") - value_number(step, "before.seconds");
	execs = value_number(state, "execs") - value_number(step, "before.execs");
	step_figure(step, execs, "campaign/%s/%s/execs", engine, target);
	if (seconds > 0)
		step_figure(step, execs / seconds, "campaign/%s/%s/execs_per_s", engine, target);
	step_figure(step, value_number(state, "corpus"), "campaign/%s/%s/inputs", engine, target);
	step_figure(step, coverage(folder, !strcmp(engine, engine_names[ENGINE_AFL])),
		    "campaign/%s/%s/features", engine, target);
	json_decref(state);
}

const struct step_kind step_campaign = {
	.name = "campaign",
	.weight = 42,
	.goes_on = true,
	.stays_exit1 = true,
	.about = "every fuzz target with both engines",
	.expand = expand,
	.command = command,
	.result = result,
};
