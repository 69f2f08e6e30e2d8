/* SPDX-License-Identifier: MIT */
#include "gate/outcome.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guest/fsutil.h"

static uint64_t count(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? (uint64_t)v : 0;
}

static const char *text(const json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : "";
}

/* @times has n and quantiles. */
static void metric(struct outcome *out, enum gate_metric m, const json_t *times,
		   const char *quantile, double control)
{
	uint64_t ns = count(times, quantile);

	if (!count(times, "n") || !ns)
		return;
	out->ns[m] = (double)ns;
	if (control > 0)
		out->ratio[m] = (double)ns / control;
}

static void read_stress(const json_t *root, struct outcome *out)
{
	const json_t *lost = json_object_get(root, "lost");
	const json_t *control = json_object_get(root, "control");
	const json_t *latency = json_object_get(root, "latency_ns");
	const json_t *response = json_object_get(latency, "response");
	double p50 = (double)count(control, "p50_ns"), p99 = (double)count(control, "p99_ns");
	int call_error = (int)json_integer_value(json_object_get(root, "call_error"));
	uint64_t unsettled;

	out->found = !strcmp(text(root, "verdict"), "finding");
	out->interrupted = json_is_true(json_object_get(root, "interrupted"));
	out->fired = count(root, "fired");
	out->delivered = count(root, "delivered");
	unsettled = count(root, "coalesced") + count(root, "unarmed");
	out->at_risk = out->fired > unsettled ? out->fired - unsettled : 0;
	out->lost_explained = count(lost, "explained");
	out->lost_unexplained = count(lost, "unexplained");
	out->spurious = count(root, "spurious");
	out->misrouted = count(root, "misrouted");
	out->resizes = count(root, "resizes");
	snprintf(out->repeat, sizeof(out->repeat), "%s", text(root, "repeat"));
	metric(out, METRIC_RESPONSE_P50, response, "p50", p50);
	metric(out, METRIC_RESPONSE_P99, response, "p99", p99);
	metric(out, METRIC_SERVICE_P50, json_object_get(latency, "service"), "p50", p50);
	metric(out, METRIC_RESIZE_P50, json_object_get(root, "resize_ns"), "p50", p50);
	if (call_error)
		snprintf(out->what, sizeof(out->what), "a well-formed SET_IRQS returned %d (%s)",
			 call_error, strerror(call_error < 0 ? -call_error : 0));
}

static void read_diff(const json_t *root, struct outcome *out)
{
	const json_t *first = json_object_get(root, "first_divergence");

	out->ops = count(root, "ops");
	out->programs = count(root, "programs");
	out->interrupted = json_is_false(json_object_get(root, "complete"));
	out->found = count(root, "divergences") > 0;
	if (out->found)
		snprintf(out->what, sizeof(out->what), "%s: %s after %s", text(first, "kind"),
			 text(first, "what"), text(first, "operation"));
	snprintf(out->target, sizeof(out->target), "%s", text(first, "target"));
	snprintf(out->fresh, sizeof(out->fresh), "%s", text(first, "fresh"));
}

static void read_run(const json_t *root, struct outcome *out)
{
	const json_t *programs = json_object_get(root, "programs");

	out->programs = json_array_size(programs);
	for (size_t i = 0; i < json_array_size(programs); i++) {
		const json_t *p = json_array_get(programs, i);
		const json_t *d = json_object_get(p, "difference");

		out->ops += count(p, "ops");
		out->skipped += count(p, "skipped") > 0 || count(p, "refused") > 0;
		if (!json_is_object(d) || out->found)
			continue;
		out->found = true;
		snprintf(out->program, sizeof(out->program), "%s", text(p, "program"));
		snprintf(out->target, sizeof(out->target), "%s", text(d, "target"));
		snprintf(out->what, sizeof(out->what), "%s: %s", text(d, "kind"), text(d, "what"));
	}
}

static void read_campaign(const json_t *root, struct outcome *out)
{
	const json_t *findings = json_object_get(root, "findings");
	const json_t *first = json_array_get(findings, 0);

	out->executions = count(root, "execs");
	out->found = json_array_size(findings) > 0;
	if (out->found) {
		snprintf(out->what, sizeof(out->what), "%s", text(first, "what"));
		snprintf(out->repeat, sizeof(out->repeat), "%s", text(first, "repeat"));
		snprintf(out->folder, sizeof(out->folder), "%s", text(first, "folder"));
	}
}

bool outcome_save_program(const char *json, const char *path)
{
	json_t *root = json_load_file(json, 0, NULL);
	const char *program = text(json_object_get(root, "first_divergence"), "program");
	bool saved = *program && !fs_write_file(path, program, strlen(program));

	json_decref(root);
	return saved;
}

int outcome_read(const char *path, enum gate_kind kind, bool campaign, struct outcome *out,
		 struct errmsg *e)
{
	static const struct {
		const char *schema;
		void (*read)(const json_t *root, struct outcome *out);
	} readers[] = {
		[GATE_CORPUS] = {"irqstorm.run/1", read_run},
		[GATE_DIFF] = {"irqstorm.diff/1", read_diff},
		[GATE_FUZZ] = {"irqstorm.diff/1", read_diff},
		[GATE_STRESS] = {"irqstorm.stress/1", read_stress},
		[GATE_LATENCY] = {"irqstorm.stress/1", read_stress},
		[GATE_KINDS] = {"irqstorm.campaign/1", read_campaign},
	};
	int at = kind == GATE_FUZZ && campaign ? (int)GATE_KINDS : (int)kind, err = 0;
	json_error_t je;
	json_t *root;

	memset(out, 0, sizeof(*out));
	for (int m = 0; m < GATE_METRICS; m++)
		out->ns[m] = out->ratio[m] = NAN;
	root = json_load_file(path, 0, &je);
	if (!root)
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT, "%s:%d: %s", path, je.line,
				  je.text);
	if (strcmp(text(root, "schema"), readers[at].schema))
		err = errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT, "%s: schema '%s', not %s", path,
				 text(root, "schema"), readers[at].schema);
	else
		readers[at].read(root, out);
	json_decref(root);
	return err;
}
