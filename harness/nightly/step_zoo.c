/* SPDX-License-Identifier: MIT */
/*
 * How soon each engine finds the planted bugs. A bug that was not found in its time is a figure and
 * no finding: nothing under test is wrong.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign/engine.h"
#include "nightly/step.h"
#include "report/value.h"
#include "support/installed.h"
#include "support/stats.h"

#define BUGS         70.0 /* about; most are found long before their time is over */
#define BUDGET_MAX_S 120.0
#define FROM_US      "../../../zoo/harness/cli/irqstorm" /* of BUILD/PRESET/harness/cli */

/* The irqstorm that has the bugs; false: it is not here. */
static bool find_zoo(const struct night_plan *p, char path[PATH_MAX])
{
	char at[2 * PATH_MAX];
	ssize_t n;

	if (p->c->zoo)
		return realpath(p->c->zoo, path) && !access(path, X_OK);
	n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	snprintf(at, sizeof(at), "%s/" FROM_US, path);
	if (realpath(at, path) && !access(path, X_OK))
		return true;
	return !installed_path("zoo/harness/cli/irqstorm", path) && !access(path, X_OK);
}

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	static const char *const presets[][2] = {
		[ENGINE_LIBFUZZER] = {"zoo", NULL}, [ENGINE_AFL] = {"zoo-afl", NULL}};
	struct engine_paths *paths = malloc(sizeof(*paths));
	char zoo[PATH_MAX], why[1024];
	json_t *step;

	if (!paths)
		return errmsg_no_memory(e);
	for (int engine = 0; engine_names[engine]; engine++) {
		struct errmsg missing = {0};

		snprintf(why, sizeof(why),
			 "no build of preset %s: cmake --preset %s && cmake --build --preset %s, "
			 "or install irqstorm-fuzz, or name its irqstorm with --zoo",
			 presets[engine][0], presets[engine][0], presets[engine][0]);
		if (find_zoo(p, zoo)) {
			if (engine == ENGINE_AFL && !p->c->zoo)
				engine_locate(ENGINE_AFL, "fuzz_irq_program", NULL, presets[engine],
					      paths, &missing);
			snprintf(why, sizeof(why), "%s", missing.text);
		}
		step = night_step_add(p, k, why, "zoo-%s", engine_names[engine]);
		if (!step)
			continue;
		doc_text(step, "engine", engine_names[engine]);
		if (!*why)
			doc_text(step, "program", zoo);
	}
	free(paths);
	return 0;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	step_arg(step, "zoo");
	step_arg(step, "--quiet");
	step_arg(step, "--engine");
	step_arg(step, "%s", value_text(step, "engine"));
	step_arg(step, "--seeds");
	step_arg(step, "1");
	step_arg(step, "--budget");
	step_arg(step, "%.0fs", fmin(BUDGET_MAX_S, fmax(1, 4 * seconds / BUGS)));
	doc_number(step, "limit_s", fmax(1, 2 * seconds));
	step_arg_seed(p, step);
	step_arg_file(p, step, "--json", "result.json");
}

static void result(const char *root, const char *dir, json_t *step)
{
	const char *engine = value_text(step, "engine");
	double *times, median = NAN;
	json_t *r, *bugs, *bug;
	size_t i, n = 0;

	(void)root;
	r = doc_try(dir, "result.json");
	bugs = value_at(r, "bugs");
	times = calloc(json_array_size(bugs) + 1, sizeof(*times));
	json_array_foreach(bugs, i, bug)
	{
		double s = value_number(bug, "median_s");

		if (times && isfinite(s))
			times[n++] = s;
	}
	if (n)
		median = stats_median(times, n).median;
	step_figure(step, value_number(r, "found"), "zoo/%s/found", engine);
	step_figure(step, value_number(r, "total"), "zoo/%s/total", engine);
	step_figure(step, median, "zoo/%s/median_s", engine);
	free(times);
	json_decref(r);
}

const struct step_kind step_zoo = {
	.name = "zoo",
	.weight = 10,
	.stays_exit1 = true,
	.about = "how soon each engine finds the planted bugs",
	.expand = expand,
	.command = command,
	.result = result,
};
