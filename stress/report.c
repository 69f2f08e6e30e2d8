/* SPDX-License-Identifier: MIT */
/* What a storm is told as, and the command that repeats it. */
#include "stress/report.h"

#include <inttypes.h>

#include "vmm/strategy.h"

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
