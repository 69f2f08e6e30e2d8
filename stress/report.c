/* SPDX-License-Identifier: MIT */
#include "stress/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"
#include "support/host.h"
#include "support/stats.h"
#include "support/stopped.h"
#include "support/table.h"
#include "support/units.h"
#include "support/version.h"

#define MAX_SHOWN_EVENTS 5

static const char *const phase_names[PHASES] = {"steady", "resize", "settle"};

double stress_throughput(const struct stress_result *r)
{
	return r->elapsed_ns ? (double)r->tally.delivered * 1e9 / (double)r->elapsed_ns : 0;
}

double stress_fired_per_s(const struct stress_result *r)
{
	return r->elapsed_ns ? (double)r->fired * 1e9 / (double)r->elapsed_ns : 0;
}

/* A schedule's last fire may be due just after the end: one in a hundred may be missing, or one. */
bool stress_rate_reached(const struct stress_config *cfg, const struct stress_result *r)
{
	double asked = (double)cfg->rate_hz * (double)r->elapsed_ns / 1e9;

	return (double)r->fired + 1 >= asked * .99;
}

/* Closed loop: one fire a wake-up, so response is what the control measures; open: service. */
double stress_ratio_p50(const struct stress_config *cfg, const struct stress_result *r)
{
	struct hist all;
	uint64_t p50;

	if (!r->control.p50_ns)
		return 0;
	stress_response(r, &all);
	p50 = hist_quantile(cfg->mode == STRESS_CLOSED ? &all : &r->tally.service, 0.5);
	return (double)p50 / (double)r->control.p50_ns;
}

static uint64_t lost(const struct stress_result *r)
{
	return r->tally.lost_explained + r->tally.lost_unexplained;
}

/* Of all fires of the run; docs/accounting.md. */
static struct stats_share lost_per_million(const struct stress_result *r)
{
	return stats_per_million((double)lost(r), (double)r->fired);
}

/* Fires that could have been lost. */
static uint64_t at_risk(const struct stress_result *r)
{
	return r->fired - r->tally.unarmed - r->tally.coalesced;
}

enum exit_code stress_outcome(const struct stress_result *r)
{
	enum exit_code verdict = stress_verdict(r);

	return verdict == EXIT_PASS && !r->tally.delivered ? EXIT_SKIP : verdict;
}

const char *stress_command(const struct stress_config *cfg, const char *target, char *buf,
			   size_t size)
{
	int n;

	n = snprintf(buf, size,
		     "%s stress --target %s --vectors %u --stable %u --producers %u --mode %s "
		     "--resize %s%s%s --consumer %s --duration %" PRIu64 "ms --seed 0x%" PRIx64,
		     cfg->via ? cfg->via : "irqstorm", target, cfg->vectors, cfg->stable,
		     cfg->producers, stress_mode_names[cfg->mode], cfg->strategy->name,
		     cfg->script ? ":" : "", cfg->script ? cfg->script_name : "",
		     consumer_names[cfg->consumer], cfg->duration_ns / 1000000, cfg->seed);
	if (cfg->rate_hz && n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, " --rate %" PRIu64, cfg->rate_hz);
	else if (n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, " --rate max");
	if (cfg->place_text && n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, " --place %s", cfg->place_text);
	if (cfg->pattern && n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, " --pattern %s", cfg->pattern->name);
	if (strategy_resizes(cfg->strategy) && n > 0 && (size_t)n < size) {
		if (cfg->resize_rate_hz)
			snprintf(buf + n, size - (size_t)n, " --resize-rate %" PRIu64,
				 cfg->resize_rate_hz);
		else
			snprintf(buf + n, size - (size_t)n, " --resize-rate max");
	}
	return buf;
}

static const char *ns(uint64_t v, char *buf)
{
	return units_format_ns((double)v, buf, 24);
}

const struct table_column stress_latency_columns[] = {
	{.heading = "latency",
	 .help = "What was timed: service, once a wake-up, from the newest fire that it delivered; "
		 "response, from when a fire was due to the read of it (in steady, resize, settle: "
		 "no "
		 "call in flight, one in flight, within 1 ms after one); a resize, with all its "
		 "calls.",
	 .align = TABLE_LEFT},
	{.heading = "n", .help = "How many were timed.", .rank = 2},
	{.heading = "p50", .help = "Half of them took no longer."},
	{.heading = "p90", .help = "90 % of them took no longer.", .rank = 3},
	{.heading = "p99", .help = "99 % of them took no longer."},
	{.heading = "p99.9", .help = "99.9 % of them took no longer.", .rank = 1},
	{.heading = "max", .help = "The longest."},
	TABLE_COLUMNS_END,
};

static void text_latency(struct table *t, const char *name, const struct hist *h)
{
	char n[32], a[24];

	if (!h->n)
		return;
	table_cell(t, "%s", name);
	table_cell(t, "%s", units_format_count(h->n, n, sizeof(n)));
	table_cell(t, "%s", ns(hist_quantile(h, 0.5), a));
	table_cell(t, "%s", ns(hist_quantile(h, 0.9), a));
	table_cell(t, "%s", ns(hist_quantile(h, 0.99), a));
	table_cell(t, "%s", ns(hist_quantile(h, 0.999), a));
	table_cell(t, "%s", ns(h->max, a));
}

static void text_latencies(const struct stress_result *r, FILE *f)
{
	struct hist *all = malloc(sizeof(*all));
	struct table t;
	char name[32];

	table_init(&t, stress_latency_columns);
	t.indent = 2;
	text_latency(&t, "service", &r->tally.service);
	if (all) {
		stress_response(r, all);
		text_latency(&t, "response", all);
	}
	free(all);
	for (int i = 0; i < PHASES; i++) {
		snprintf(name, sizeof(name), "  in %s", phase_names[i]);
		text_latency(&t, name, &r->tally.response[i]);
	}
	text_latency(&t, "a resize", &r->resize_ns);
	if (t.n)
		table_write(&t, f);
	table_free(&t);
}

/* "WORD  TEXT", in the colour of the verdict. */
__attribute__((format(printf, 3, 4))) static void put_verdict(FILE *f, const char *word,
							      const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n = snprintf(text, sizeof(text), "  ");

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	terminal_put(f, terminal_verdict(word), word);
	terminal_wrap(f, text, (uint32_t)strlen(word), 4);
}

static void text_skipped(const struct stress_result *r, FILE *f)
{
	char fired[32];

	if (!r->fired)
		put_verdict(f, "SKIPPED",
			    "nothing was fired: a longer --duration, or a higher --rate");
	else if (!at_risk(r))
		put_verdict(f, "SKIPPED",
			    "none of %s fires met a vector in use: nothing was to be delivered",
			    units_format_count(r->fired, fired, sizeof(fired)));
	else
		put_verdict(f, "SKIPPED",
			    "not one of %s fires was delivered, all were lost in gaps that the "
			    "rules allow: does the device interrupt at all? see --resize none",
			    units_format_count(at_risk(r), fired, sizeof(fired)));
}

static void text_stopped(const struct stress_config *cfg, const struct stress_result *r, FILE *f)
{
	char fired[32];

	stopped_say(f, r->stop_signal,
		    "%.2f of %.2f s of the storm are done; %" PRIu64 " lost of %s fires until then",
		    (double)r->elapsed_ns / 1e9, (double)cfg->duration_ns / 1e9, lost(r),
		    units_format_count(at_risk(r), fired, sizeof(fired)));
}

static void text_verdict(const struct stress_config *cfg, const struct stress_result *r, FILE *f)
{
	const struct tally *t = &r->tally;
	struct stats_share m = lost_per_million(r);
	char fired[32], rate[3][32], n[5][32];

	units_format_count(r->fired, fired, sizeof(fired));
	units_format_share(m.share, rate[0], sizeof(rate[0]));
	units_format_share(m.lo, rate[1], sizeof(rate[1]));
	units_format_share(m.hi, rate[2], sizeof(rate[2]));
	if (stress_verdict(r) == EXIT_FINDING)
		put_verdict(f, "FINDING",
			    "lost %" PRIu64 " unexplained, spurious %" PRIu64 ", misrouted %" PRIu64
			    " in %s fires",
			    t->lost_unexplained, r->spurious, r->misrouted, fired);
	else if (stress_verdict(r) == EXIT_ENVIRONMENT)
		put_verdict(f, "STOPPED",
			    "the host ran short; %" PRIu64 " lost of %s fires until then", lost(r),
			    fired);
	else if (r->interrupted)
		; /* no verdict */
	else if (stress_outcome(r) == EXIT_SKIP)
		text_skipped(r, f);
	else if (lost(r))
		put_verdict(f, "PASS",
			    "%" PRIu64
			    " lost of %s fires (%s per million, 95 %%: %s - %s), each in a "
			    "gap that the rules allow",
			    lost(r), fired, rate[0], rate[1], rate[2]);
	else
		put_verdict(f, "PASS",
			    "0 lost of %s fires (below %s per million with 95 %% confidence)",
			    fired, rate[2]);
	if (r->interrupted)
		text_stopped(cfg, r, f);
	if (r->call_error)
		terminal_line(f, 4, "  a well-formed call failed: %s returned %d (%s)",
			      r->call_text, r->call_error,
			      strerror(r->call_error < 0 ? -r->call_error : 0));
	if (r->refusals)
		terminal_line(f, 4,
			      "  %" PRIu64
			      " times a vector was wanted that could not be had: the host had "
			      "refused it, or an enable with it (at most %u were held)",
			      r->refusals, r->host_vectors);
	if (r->self.fire_errors)
		terminal_line(f, 4,
			      "  %" PRIu64 " fires at armed vectors were refused by the device",
			      r->self.fire_errors);
	if (!stress_rate_reached(cfg, r))
		terminal_line(f, 4,
			      "  the rate was not reached: %s fires a second of %s that were asked "
			      "for",
			      units_format_count((uint64_t)stress_fired_per_s(r), n[0], 32),
			      units_format_count(cfg->rate_hz, n[1], 32));
	terminal_line(
		f, 4,
		"  fired %s = delivered %s + coalesced %s + unarmed %s + lost explained %" PRIu64
		" + unexplained %" PRIu64,
		units_format_count(r->fired, n[0], 32), units_format_count(t->delivered, n[1], 32),
		units_format_count(t->coalesced, n[2], 32),
		units_format_count(t->unarmed, n[3], 32), t->lost_explained, t->lost_unexplained);
	terminal_line(f, 4,
		      "  spurious %" PRIu64 "  misrouted %" PRIu64 "  strays %" PRIu64
		      "  late %" PRIu64 "  wake-ups %s",
		      r->spurious, r->misrouted, r->strays, t->late,
		      units_format_count(t->wakeups, n[4], 32));
	if (r->strays)
		terminal_line(f, 4,
			      "  a stray is the message of a removed vector at the newcomer of its "
			      "slot: its fire is unarmed (R80)");
}

/* Times of the run, as the series of its JSON has them: 0 is the first enable. */
static void text_events(const struct stress_result *r, FILE *f)
{
	const struct account_events *lists[] = {&r->tally.missing, &r->tally.extras};
	static const char *const what[] = {"a fire that never arrived", "a signal without a fire"};

	for (int k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < lists[k]->n && i < MAX_SHOWN_EVENTS; i++) {
			uint64_t at = lists[k]->at[i].ns, start = r->series.start_ns;

			fprintf(f, "  vector %u: %s, at %.6f s of the run\n",
				lists[k]->at[i].vector, what[k],
				(double)(at > start ? at - start : 0) / 1e9);
		}
		if (lists[k]->n > MAX_SHOWN_EVENTS)
			fprintf(f, "  ... and %u more like it\n", lists[k]->n - MAX_SHOWN_EVENTS);
	}
}

/* Where the kernel took the interrupts: what is asked for by affinity is not always what is. */
static void text_taken(const struct stress_result *r, FILE *f)
{
	char n[32], *text = NULL;
	size_t size;
	FILE *mem = r->taken_known ? open_memstream(&text, &size) : NULL;

	if (!mem)
		return;
	fputs("interrupts of the vectors live at the end:", mem);
	for (uint32_t cpu = 0; cpu < BACKEND_CPUS; cpu++) {
		if (r->taken[cpu])
			fprintf(mem, " %s on CPU %u",
				units_format_count(r->taken[cpu], n, sizeof(n)), cpu);
	}
	if (!fclose(mem))
		terminal_wrap(f, text, 0, 2);
	free(text);
}

/* Before a slice of control has run on either side of the storm there is nothing to compare with.
 */
static void text_control(const struct stress_config *cfg, const struct stress_result *r, FILE *f)
{
	char a[24], b[24], ratio[128] = "";

	if (!r->control.n)
		return;
	if (r->control.ratio > 0)
		snprintf(ratio, sizeof(ratio),
			 "; ratio to it: throughput %.2f (%.2f - %.2f of %u), p50 %.2f",
			 r->control.ratio, r->control.ratio_lo, r->control.ratio_hi,
			 r->control.n_ratios, stress_ratio_p50(cfg, r));
	terminal_line(f, 4, "  control %.0f/s, p50 %s, p99 %s%s", r->control.throughput_per_s,
		      ns(r->control.p50_ns, a), ns(r->control.p99_ns, b), ratio);
}

static void text_setting(const struct stress_config *cfg, const struct stress_result *r, FILE *f)
{
	char rate[32], flags[64];

	units_format_count(cfg->rate_hz, rate, sizeof(rate));
	terminal_line(f, 2, "%s on %s, trigger %s, %s %s", r->desc.device, r->desc.kernel,
		      r->desc.trigger,
		      r->strategy->index == VFIO_PCI_MSI_IRQ_INDEX ? "MSI" : "MSI-X",
		      irq_info_flags(r->desc.irq[r->strategy->index].flags, flags, sizeof(flags)));
	terminal_line(f, 2, "%u vectors (%u stable), %s loop, rate %s, resize %s%s%s, %s, %.2f s",
		      cfg->vectors, cfg->stable, stress_mode_names[cfg->mode],
		      cfg->rate_hz ? rate : "max", r->strategy->name,
		      r->pattern ? " by pattern " : "", r->pattern ? r->pattern->name : "",
		      r->consumer_how ? r->consumer_how : "no consumer",
		      (double)r->elapsed_ns / 1e9);
	if (r->why)
		terminal_line(f, 2, "auto is %s here: %s", r->strategy->name, r->why);
	for (const char *const *h = cfg->hazards; h && *h; h++)
		terminal_line(f, 2, "hazard: %s", *h);
	terminal_line(f, 2, "%s", r->placement);
}

void stress_report_text(const struct stress_report *rep, FILE *f)
{
	const struct stress_config *cfg = rep->cfg;
	const struct stress_result *r = rep->result;
	char command[640], a[24], b[24];

	text_setting(cfg, r, f);
	text_taken(r, f);
	text_verdict(cfg, r, f);
	text_events(r, f);
	text_latencies(r, f);
	text_control(cfg, r, f);
	terminal_line(f, 4,
		      "  engine: CQ overflows %" PRIu64 ", re-arms %" PRIu64
		      ", waits for a stamp %" PRIu64 "; a sleeper woke late by p99 %s, max %s",
		      r->self.cq_overflows, r->self.rearms, r->self.ring_full,
		      ns(hist_quantile(&r->self.stalls, 0.99), a), ns(r->self.stalls.max, b));
	if (r->self.stale)
		terminal_line(f, 4,
			      "  %" PRIu64
			      " interrupts left pending by an earlier user were discarded first",
			      r->self.stale);
	if (rep->planted) {
		fputs("  planted:", f);
		for (int i = 0; i < FAULT_KINDS; i++)
			fprintf(f, " %s %" PRIu64, fault_names[i], rep->planted->planted[i]);
		fputc('\n', f);
	}
	fputs("  repeat: ", f);
	terminal_command(f, stress_command(cfg, r->desc.target, command, sizeof(command)), 10, 6);
}

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
