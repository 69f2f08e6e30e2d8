/* SPDX-License-Identifier: MIT */
#include "nightly/run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/fsutil.h"
#include "nightly/plan.h"
#include "nightly/step.h"
#include "report/value.h"
#include "support/clock.h"

#define SELF "/proc/self/exe"

static struct words *words_of(const json_t *step)
{
	struct words *w = calloc(1, sizeof(*w));
	const char *program = value_text(step, "program");
	json_t *word;
	size_t i;

	if (!w)
		return NULL;
	words_add(w, *program ? program : SELF);
	json_array_foreach(json_object_get(step, "argv"), i, word)
	{
		words_add(w, json_string_value(word));
	}
	return w;
}

/* What was said, as a key: what differs from time to time in it is left out. */
static void key_of(const json_t *step, const char *why, char *key, size_t size)
{
	size_t n = (size_t)snprintf(key, size, "%s:", value_text(step, "name"));

	if (!strncmp(why, "irqstorm: ", 10))
		why += 10;
	for (; *why && n + 2 < size && n < 120; why++) {
		if (!isxdigit((unsigned char)*why) || isalpha((unsigned char)*why))
			key[n++] = *why == ' ' ? '-' : *why;
		else if (key[n - 1] != '#')
			key[n++] = '#';
	}
	key[n] = '\0';
}

/* A kernel's warning, a sanitizer's report: exit code 1 without a result that says why. */
static void note_said(const char *root, const char *dir, json_t *step, const char *why)
{
	const char *log = *value_text(step, "kernel") ? STEP_KERNEL_LOG : "log";
	char key[160], path[DOC_PATH], command[2 * DOC_PATH];

	key_of(step, *why ? why : "exit code 1", key, sizeof(key));
	step_finding(step, key, *why ? why : "exit code 1, and no more was said",
		     step_artifact(root, dir, log, path, sizeof(path)),
		     plan_command(step, command, sizeof(command)));
}

struct ending {
	const char *state, *why;
};

static struct ending ending_of(const struct launch_end *end, const json_t *step, char *buf,
			       size_t size)
{
	static const char *const by_code[] = {"pass",  "pass",    "error",
					      "error", "skipped", "untrusted"};
	const char *why = end->why;

	if (!strncmp(why, "irqstorm: ", 10))
		why += 10;
	if (end->timed_out) {
		snprintf(buf, size, "was not over after %.0f s, and was killed",
			 value_number(step, "timeout_s"));
		return (struct ending){"error", buf};
	}
	if (end->code > EXIT_UNTRUSTED) {
		snprintf(buf, size, "ended with code %d: %.300s", end->code, why);
		return (struct ending){"error", buf};
	}
	return (struct ending){by_code[end->code], end->code <= EXIT_FINDING ? "" : why};
}

static int judge(const char *root, const char *dir, json_t *step, const struct launch_end *end)
{
	const struct step_kind *k = step_kind_find(value_text(step, "kind"));
	struct ending ending;
	char buf[512];

	json_array_clear(json_object_get(step, "findings"));
	json_object_clear(json_object_get(step, "figures"));
	k->result(root, dir, step);
	if (end->code == EXIT_FINDING && !end->stopped && !k->stays_exit1 &&
	    !json_array_size(json_object_get(step, "findings")))
		note_said(root, dir, step, end->why);
	ending = ending_of(end, step, buf, sizeof(buf));
	doc_count(step, "exit_code", (uint64_t)end->code);
	doc_number(step, "seconds",
		   (double)end->ns / 1e9 +
			   (json_object_get(step, "seconds") ? value_number(step, "seconds") : 0));
	doc_text(step, "why", ending.why);
	if (json_array_size(json_object_get(step, "findings"))) {
		doc_text(step, "state", "finding");
	} else if (end->stopped) {
		doc_text(step, "state", "pending");
		doc_text(step, "why", "stopped by a signal");
	} else {
		doc_text(step, "state", ending.state);
	}
	return end->stop_signal;
}

/*
 * A device of the host is none of a guest's: IRQSTORM_TARGET, if it names one, does not go there.
 * Returns what it was, for show_device(); NULL: nothing is hidden.
 */
static char *hide_device(const json_t *step)
{
	const char *device = getenv("IRQSTORM_TARGET");
	char *kept;

	if (!*value_text(step, "kernel") || !device || strncmp(device, "vfio:", 5))
		return NULL;
	kept = strdup(device);
	unsetenv("IRQSTORM_TARGET");
	return kept;
}

static void show_device(char *kept)
{
	if (kept)
		setenv("IRQSTORM_TARGET", kept, 1);
	free(kept);
}

int run_step(const char *root, const char *folder, json_t *step, const sigset_t *signals,
	     const struct launch_tick *tick, struct errmsg *e)
{
	const struct step_kind *k = step_kind_find(value_text(step, "kind"));
	double limit = json_number_value(json_object_get(step, "limit_s"));
	char dir[DOC_PATH], log[2 * DOC_PATH];
	struct launch_end end;
	struct words *w;
	char *device;
	int err = 0;

	if (!k)
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "step %s is of a kind that this irqstorm does not know; --new "
				  "starts another night",
				  value_text(step, "name"));
	snprintf(dir, sizeof(dir), "%.3800s/%s", folder, value_text(step, "name"));
	snprintf(log, sizeof(log), "%s/log", dir);
	if (!k->goes_on)
		err = fs_remove_tree(dir);
	if (!err)
		err = fs_mkdirs(dir);
	w = err ? NULL : words_of(step);
	if (!err && !w)
		err = -ENOMEM;
	device = hide_device(step);
	if (!err)
		err = launch_for(w, log, (uint64_t)(limit * 1e9),
				 (uint64_t)(value_number(step, "timeout_s") * 1e9), signals, tick,
				 &end);
	show_device(device);
	free(w);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot run step %s in %s: %s",
				  value_text(step, "name"), dir, strerror(-err));
	return judge(root, dir, step, &end);
}
