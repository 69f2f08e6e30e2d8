/* SPDX-License-Identifier: MIT */
/* A storm's result for programs: docs/stress-json.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"
#include "stress/report_private.h"
#include "support/host.h"
#include "support/stopped.h"
#include "support/units.h"
#include "support/version.h"

static void json_latency(struct json *j, const char *key, const struct hist *h)
{
	json_object_begin(j, key);
	json_u64(j, "n", h->n);
	json_u64(j, "p50", hist_quantile(h, 0.5));
	json_u64(j, "p90", hist_quantile(h, 0.9));
	json_u64(j, "p99", hist_quantile(h, 0.99));
	json_u64(j, "p999", hist_quantile(h, 0.999));
	json_u64(j, "max", h->max);
	json_object_end(j);
}

static void json_host(struct json *j)
{
	struct host h;
	char date[32];

	host_describe(&h);
	json_str(j, "date", host_date(date, sizeof(date)));
	json_object_begin(j, "host");
	json_str(j, "kernel", h.kernel);
	json_str(j, "machine", h.machine);
	json_str(j, "cpu", h.cpu);
	json_u64(j, "cpus", h.cpus);
	json_object_end(j);
}

static void json_config(const struct stress_report *rep, struct json *j)
{
	const struct stress_config *cfg = rep->cfg;
	const struct stress_result *r = rep->result;
	char text[640];

	json_str(j, "schema", "irqstorm.stress/1");
	json_str(j, "version", irqstorm_version);
	snprintf(text, sizeof(text), "0x%" PRIx64, cfg->seed);
	json_str(j, "seed", text);
	json_host(j);
	json_str(j, "target", r->desc.target);
	json_str(j, "device", r->desc.device);
	json_str(j, "kernel", r->desc.kernel);
	json_str(j, "profile", r->desc.profile);
	json_str(j, "trigger", r->desc.trigger);
	json_u64(j, "vectors", cfg->vectors);
	json_u64(j, "stable", cfg->stable);
	json_u64(j, "producers", cfg->producers);
	json_str(j, "mode", stress_mode_names[cfg->mode]);
	if (cfg->rate_hz)
		json_u64(j, "rate", cfg->rate_hz);
	else
		json_str(j, "rate", "max");
	json_str(j, "resize", cfg->strategy->name);
	json_str(j, "strategy", r->strategy->name);
	json_str(j, "strategy_why", r->why ? r->why : "");
	json_str(j, "pattern", r->pattern ? r->pattern->name : "none");
	json_str(j, "consumer", consumer_names[cfg->consumer]);
	json_str(j, "consumer_how", r->consumer_how);
	json_str(j, "placement", r->placement);
	if (r->taken_known) {
		json_object_begin(j, "taken_by_cpu");
		for (uint32_t cpu = 0; cpu < BACKEND_CPUS; cpu++) {
			snprintf(text, sizeof(text), "%u", cpu);
			if (r->taken[cpu])
				json_u64(j, text, r->taken[cpu]);
		}
		json_object_end(j);
	}
	json_double(j, "duration_s", (double)r->elapsed_ns / 1e9);
	if (cfg->script) {
		char *program = text_of(cfg->script);

		json_str(j, "program_name", cfg->script_name);
		json_str(j, "program", program);
		free(program);
	}
	json_array_begin(j, "hazards");
	for (const char *const *h = cfg->hazards; h && *h; h++)
		json_str(j, NULL, *h);
	json_array_end(j);
	json_str(j, "repeat", stress_command(cfg, r->desc.target, text, sizeof(text)));
}

static void json_counts(const struct stress_report *rep, struct json *j)
{
	static const char *const verdicts[] = {
		[EXIT_PASS] = "pass",
		[EXIT_FINDING] = "finding",
		[EXIT_ENVIRONMENT] = "stopped",
		[EXIT_SKIP] = "skipped",
	};
	const struct stress_result *r = rep->result;
	const struct tally *t = &r->tally;
	struct stats_share m = lost_per_million(r);

	json_str(j, "verdict",
		 r->interrupted && stress_verdict(r) == EXIT_PASS ? "stopped"
								  : verdicts[stress_outcome(r)]);
	json_bool(j, "interrupted", r->interrupted);
	json_str(j, "stopped_by", r->interrupted ? stopped_by(r->stop_signal) : NULL);
	json_u64(j, "fired", r->fired);
	json_u64(j, "delivered", t->delivered);
	json_u64(j, "coalesced", t->coalesced);
	json_u64(j, "unarmed", t->unarmed);
	json_object_begin(j, "lost");
	json_u64(j, "total", lost(r));
	json_u64(j, "explained", t->lost_explained);
	json_u64(j, "unexplained", t->lost_unexplained);
	json_object_end(j);
	json_u64(j, "spurious", r->spurious);
	json_u64(j, "misrouted", r->misrouted);
	json_u64(j, "strays", r->strays);
	json_u64(j, "late", t->late);
	json_u64(j, "wakeups", t->wakeups);
	json_u64(j, "resizes", r->resizes);
	json_u64(j, "resize_calls", r->resize_calls);
	json_u64(j, "host_vectors", r->host_vectors);
	json_u64(j, "refusals", r->refusals);
	json_i64(j, "call_error", r->call_error);
	json_u64(j, "fire_errors", r->self.fire_errors);
	if (lost(r) || !at_risk(r))
		json_str(j, "loss_bound_95", NULL);
	else
		json_double(j, "loss_bound_95", 3.0 / (double)at_risk(r));
	json_double(j, "fired_per_s", stress_fired_per_s(r));
	if (rep->cfg->rate_hz)
		json_bool(j, "rate_reached", stress_rate_reached(rep->cfg, r));
	else
		json_str(j, "rate_reached", NULL);
	json_object_begin(j, "lost_per_million");
	json_double(j, "rate", m.share);
	json_double(j, "lo", m.lo);
	json_double(j, "hi", m.hi);
	json_object_end(j);
	if (rep->planted) {
		json_object_begin(j, "planted");
		for (int i = 0; i < FAULT_KINDS; i++)
			json_u64(j, fault_names[i], rep->planted->planted[i]);
		json_object_end(j);
	}
}

/* null: nothing to compare with has run. */
static void json_ratio(struct json *j, const char *key, double ratio)
{
	if (ratio > 0)
		json_double(j, key, ratio);
	else
		json_str(j, key, NULL);
}

static void json_figures(const struct stress_report *rep, struct json *j)
{
	const struct stress_result *r = rep->result;
	struct hist *all = malloc(sizeof(*all));

	json_object_begin(j, "resize_ns");
	json_u64(j, "n", r->resize_ns.n);
	json_u64(j, "p50", hist_quantile(&r->resize_ns, 0.5));
	json_u64(j, "p99", hist_quantile(&r->resize_ns, 0.99));
	json_u64(j, "max", r->resize_ns.max);
	json_object_end(j);
	json_object_begin(j, "latency_ns");
	json_latency(j, "service", &r->tally.service);
	if (all) {
		stress_response(r, all);
		json_latency(j, "response", all);
	}
	free(all);
	json_object_end(j);
	json_object_begin(j, "phases");
	for (int i = 0; i < PHASES; i++)
		json_latency(j, phase_names[i], &r->tally.response[i]);
	json_object_end(j);
	json_object_begin(j, "control");
	json_double(j, "throughput_per_s", r->control.throughput_per_s);
	json_u64(j, "p50_ns", r->control.p50_ns);
	json_u64(j, "p99_ns", r->control.p99_ns);
	json_object_end(j);
	json_object_begin(j, "ratio");
	json_ratio(j, "throughput", r->control.ratio);
	json_ratio(j, "throughput_lo", r->control.ratio_lo);
	json_ratio(j, "throughput_hi", r->control.ratio_hi);
	json_u64(j, "segments", r->control.n_ratios);
	json_ratio(j, "p50", r->control.ratio > 0 ? stress_ratio_p50(rep->cfg, r) : 0);
	json_object_end(j);
	json_object_begin(j, "engine");
	json_double(j, "throughput_per_s", stress_throughput(r));
	json_u64(j, "cq_overflows", r->self.cq_overflows);
	json_u64(j, "rearms", r->self.rearms);
	json_u64(j, "held_enters", r->self.held_enters);
	json_u64(j, "stamp_waits", r->self.ring_full);
	json_u64(j, "untimed", r->tally.untimed);
	json_u64(j, "stale", r->self.stale);
	json_u64(j, "stall_p99_ns", hist_quantile(&r->self.stalls, 0.99));
	json_u64(j, "stall_max_ns", r->self.stalls.max);
	json_object_end(j);
}

static void json_buckets(struct json *j, const char *key, const struct hist *h)
{
	json_row_begin(j, key);
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		json_array_begin(j, NULL);
		json_u64(j, NULL, hist_bucket_top(i));
		json_u64(j, NULL, h->bucket[i]);
		json_array_end(j);
	}
	json_array_end(j);
}

static void json_histograms(const struct stress_result *r, struct json *j)
{
	json_object_begin(j, "histogram_ns");
	for (int i = 0; i < PHASES; i++)
		json_buckets(j, phase_names[i], &r->tally.response[i]);
	json_buckets(j, "service", &r->tally.service);
	json_buckets(j, "resizes", &r->resize_ns);
	json_object_end(j);
}

static void json_spans(struct json *j, const char *key, const struct series_spans *spans)
{
	json_row_begin(j, key);
	for (uint32_t i = 0; i < spans->n; i++) {
		json_array_begin(j, NULL);
		json_u64(j, NULL, spans->at[i].at_ns);
		json_u64(j, NULL, spans->at[i].took_ns);
		json_array_end(j);
	}
	json_array_end(j);
}

static void json_slice(struct json *j, const struct series_slice *s)
{
	json_row_begin(j, NULL);
	json_u64(j, NULL, s->end_ns);
	json_u64(j, NULL, s->fired);
	json_u64(j, NULL, s->delivered);
	json_u64(j, NULL, s->lost_explained);
	json_u64(j, NULL, s->lost_unexplained);
	json_u64(j, NULL, s->resizes);
	json_u64(j, NULL, s->p50_ns);
	json_u64(j, NULL, s->p99_ns);
	json_u64(j, NULL, s->max_ns);
	json_array_end(j);
}

static void json_series(const struct stress_result *r, struct json *j)
{
	static const char *const columns[] = {
		"end_ns",  "fired",  "delivered", "lost_explained", "lost_unexplained",
		"resizes", "p50_ns", "p99_ns",    "max_ns",
	};
	const struct series *s = &r->series;

	json_object_begin(j, "series");
	json_u64(j, "slice_ns", s->slice_ns);
	json_row_begin(j, "columns");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		json_str(j, NULL, columns[i]);
	json_array_end(j);
	json_array_begin(j, "slices");
	for (uint32_t i = 0; i < s->n; i++)
		json_slice(j, &s->slice[i]);
	json_array_end(j);
	json_spans(j, "resizes", &s->resizes);
	json_spans(j, "pauses", &s->pauses);
	json_row_begin(j, "losses");
	for (uint32_t i = 0; i < r->tally.missing.n && i < SERIES_SPANS; i++) {
		const struct account_event *ev = &r->tally.missing.at[i];

		json_array_begin(j, NULL);
		json_u64(j, NULL, ev->ns > s->start_ns ? ev->ns - s->start_ns : 0);
		json_u64(j, NULL, ev->vector);
		json_array_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

void stress_report_json(const struct stress_report *rep, struct json *j, const char *key)
{
	json_object_begin(j, key);
	json_config(rep, j);
	json_counts(rep, j);
	json_figures(rep, j);
	json_histograms(rep->result, j);
	json_series(rep->result, j);
	json_object_end(j);
}
