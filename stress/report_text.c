/* SPDX-License-Identifier: MIT */
/* A storm's result for people. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "stress/report_private.h"
#include "support/stopped.h"
#include "support/table.h"
#include "support/units.h"

#define MAX_SHOWN_EVENTS 5

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
		    units_format_count(r->fired, fired, sizeof(fired)));
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
static void text_list(const struct stress_result *r, const struct account_events *list,
		      const char *const what[SIGNAL_KINDS], FILE *f)
{
	for (uint32_t i = 0; i < list->n && i < MAX_SHOWN_EVENTS; i++) {
		const struct account_event *ev = &list->at[i];
		uint64_t start = r->series.start_ns;

		fprintf(f, "  vector %u: %s, at %.6f s of the run\n", ev->vector, what[ev->kind],
			(double)(ev->ns > start ? ev->ns - start : 0) / 1e9);
	}
	if (list->n > MAX_SHOWN_EVENTS)
		fprintf(f, "  ... and %u more like it\n", list->n - MAX_SHOWN_EVENTS);
}

static void text_events(const struct stress_result *r, FILE *f)
{
	static const char *const lost[SIGNAL_KINDS] = {"a fire that never arrived"};
	static const char *const extra[SIGNAL_KINDS] = {
		[SIGNAL_SPURIOUS] = "a signal without a fire",
		[SIGNAL_MISROUTED] = "the signal of another vector's fire",
		[SIGNAL_STRAY] = "a stray, the message of a removed vector",
	};

	text_list(r, &r->tally.missing, lost, f);
	text_list(r, &r->tally.extras, extra, f);
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
