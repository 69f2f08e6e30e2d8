/* SPDX-License-Identifier: MIT */
#include "gate/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gate/baseline.h"
#include "support/json.h"
#include "support/junit.h"
#include "support/stopped.h"
#include "support/terminal.h"
#include "support/units.h"
#include "support/version.h"

/* Lines that are left; a line is at most so long, but a command is never cut. */
struct page {
	FILE *f;
	unsigned int left;
};

static const char *const shouts[VERDICTS] = {
	[VERDICT_PASS] = "PASS",
	[VERDICT_FAIL] = "FAIL",
	[VERDICT_UNTRUSTED] = "NOT TRUSTWORTHY",
	[VERDICT_SKIP] = "SKIPPED",
	[VERDICT_ERROR] = "ERROR",
	[VERDICT_STOPPED] = "STOPPED",
};

__attribute__((format(printf, 2, 3))) static void line(struct page *p, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	if (!p->left)
		return;
	p->left--;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	terminal_report(p->f, text);
	free(text);
}

static const char *file_of(const struct gate_config *c)
{
	return c->file ? c->file : GATE_DEFAULT_NAME;
}

static void text_verdict(struct page *p, const struct gate_config *c, const struct gate_result *r)
{
	static const enum gate_verdict order[] = {VERDICT_FAIL, VERDICT_ERROR, VERDICT_UNTRUSTED,
						  VERDICT_STOPPED, VERDICT_SKIP};
	char counts[160] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && n < sizeof(counts); i++) {
		if (gate_count(r, order[i]))
			n += (size_t)snprintf(counts + n, sizeof(counts) - n, ", %zu %s",
					      gate_count(r, order[i]), verdict_names[order[i]]);
	}
	line(p, "%s  %.200s: %zu of %zu checks pass%s, %.0f s, seed 0x%" PRIx64,
	     shouts[gate_verdict(r)], file_of(c), gate_count(r, VERDICT_PASS),
	     r->planned > r->n ? r->planned : r->n, counts, r->seconds, c->seed);
	if (r->stopped)
		line(p, "STOPPED  by %s: %zu of %zu checks are done", stopped_by(r->stop_signal),
		     r->n - gate_count(r, VERDICT_STOPPED), r->planned);
}

/* What is not a pass, the worst first, in two lines each. */
static void text_bad(struct page *p, const struct gate_result *r, enum gate_verdict v,
		     unsigned int keep)
{
	size_t shown = 0, all = gate_count(r, v);

	for (size_t i = 0; i < r->n; i++) {
		const struct gate_check *check = &r->at[i];

		if (check->verdict != v)
			continue;
		if (p->left < keep + 3) {
			line(p, "  ... and %zu more: --json FILE has them all", all - shown);
			return;
		}
		line(p, "%-9s %s: %.300s", verdict_names[v], check->name, check->says);
		if (*check->repeat && v != VERDICT_UNTRUSTED)
			line(p, "  repeat: %s", check->repeat);
		shown++;
	}
}

static void text_programs(struct page *p, const struct gate_result *r)
{
	char text[400] = "", count[32];
	size_t n = 0;

	for (size_t i = 0; i < r->n && n < sizeof(text); i++) {
		const struct gate_check *check = &r->at[i];

		if (check->verdict == VERDICT_PASS && check->s->kind < GATE_STRESS)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s %s",
					      n ? "; " : "", check->name,
					      units_format_count(check->n, count, sizeof(count)),
					      check->unit);
	}
	if (n)
		line(p, "rules     %.300s: 0 differences", text);
}

static void text_storms(struct page *p, const struct gate_result *r)
{
	uint64_t fires = 0, explained = 0, least = UINT64_MAX;
	const char *where = "";
	char a[32], b[32];
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct gate_check *check = &r->at[i];

		if (check->verdict != VERDICT_PASS || check->s->kind != GATE_STRESS)
			continue;
		n++;
		fires += check->n;
		explained += check->lost_explained;
		if (check->n < least) {
			least = check->n;
			where = check->name;
		}
	}
	if (n)
		line(p,
		     "fires     %s under %zu strategies: 0 lost unexplained (%" PRIu64
		     " in gaps), spurious or misrouted; below %.1g in each (%s, n %s)",
		     units_format_count(fires, a, sizeof(a)), n, explained, 3 / (double)least,
		     where, units_format_count(least, b, sizeof(b)));
}

static void text_latencies(struct page *p, const struct gate_result *r, unsigned int keep)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct gate_check *check = &r->at[i];

		if (check->verdict == VERDICT_PASS && check->s->kind == GATE_LATENCY &&
		    p->left > keep)
			line(p, "%s  %.250s", check->name, check->says);
	}
}

/* Values that are patterns or faults are quoted: a shell would take them for its own. */
static const char *repeat_of(const struct gate_config *c, char *buf, size_t size)
{
	const struct {
		const char *option, *value, *quote;
	} given[] = {
		{"file", c->file, ""},       {"only", c->only, "'"},  {"target", c->target, ""},
		{"against", c->against, ""}, {"guest", c->guest, ""}, {"fuzz-dir", c->fuzz_dir, ""},
		{"plant-b", c->plant, "'"},
	};
	int n = snprintf(buf, size, "irqstorm gate");

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]) && n < (int)size; i++) {
		if (given[i].value)
			n += snprintf(buf + n, size - (size_t)n, " --%s %s%s%s", given[i].option,
				      given[i].quote, given[i].value, given[i].quote);
	}
	if (n < (int)size)
		snprintf(buf + n, size - (size_t)n, " --seed 0x%" PRIx64, c->seed);
	return buf;
}

static void text_foot(struct page *p, const struct gate_config *c, const struct gate_result *r)
{
	char repeat[4 * 1024];

	if (r->no_baseline)
		line(p, "latency   not judged: nothing to compare with; --against BINARY or "
			"--baseline FILE");
	if (*r->folder)
		line(p, "files     %s", r->folder);
	line(p, "repeat    %s", repeat_of(c, repeat, sizeof(repeat)));
}

void gate_text(FILE *f, const struct gate_config *c, const struct gate_result *r)
{
	unsigned int foot = 1u + r->no_baseline + (*r->folder != 0);
	struct page p = {.f = f, .left = GATE_LINES - foot};

	text_verdict(&p, c, r);
	text_bad(&p, r, VERDICT_FAIL, 3);
	text_bad(&p, r, VERDICT_ERROR, 3);
	text_bad(&p, r, VERDICT_UNTRUSTED, 3);
	text_bad(&p, r, VERDICT_SKIP, 5);
	text_programs(&p, r);
	text_storms(&p, r);
	text_latencies(&p, r, 0);
	p.left = foot;
	text_foot(&p, c, r);
}

static void json_check(struct json *j, const struct gate_check *check)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "0x%" PRIx64, check->seed);
	json_object_begin(j, NULL);
	json_str(j, "name", check->name);
	json_str(j, "kind", gate_kind_names[check->s->kind]);
	json_str(j, "verdict", verdict_names[check->verdict]);
	json_str(j, "says", check->says);
	json_str(j, "repeat", *check->repeat ? check->repeat : NULL);
	json_str(j, "artifacts", *check->artifacts ? check->artifacts : NULL);
	json_str(j, "seed", seed);
	json_double(j, "seconds", check->seconds);
	json_u64(j, "n", check->n);
	json_str(j, "unit", check->unit);
	if (check->s->kind == GATE_STRESS) {
		json_u64(j, "lost_unexplained", check->lost_unexplained);
		json_u64(j, "lost_explained", check->lost_explained);
		json_u64(j, "spurious", check->spurious);
		json_u64(j, "misrouted", check->misrouted);
		json_double(j, "loss_bound_95",
			    check->n && !check->lost_unexplained ? 3 / (double)check->n : 1);
	}
	if (check->compared) {
		const struct decision *d = &check->d;

		json_double(j, "baseline_ns", check->ns_a);
		json_double(j, "candidate_ns", check->ns_b);
		json_double(j, "baseline", d->median_a);
		json_double(j, "candidate", d->median_b);
		json_u64(j, "n_baseline", d->n_a);
		json_u64(j, "n_candidate", d->n_b);
		json_double(j, "shift", d->shift);
		json_double(j, "p", d->p);
		json_double(j, "a12", d->a12);
		json_double(j, "noise", d->noise);
		json_double(j, "bound", d->bound);
		json_object_begin(j, "looks");
		json_u64(j, "pass", check->looks.passes);
		json_u64(j, "fail", check->looks.fails);
		json_u64(j, "not_trustworthy", check->looks.untrusted);
		json_object_end(j);
	}
	json_object_end(j);
}

void gate_json(FILE *f, const struct gate_config *c, const struct gate_result *r)
{
	struct json j;
	char seed[24];

	snprintf(seed, sizeof(seed), "0x%" PRIx64, c->seed);
	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.gate/1");
	json_str(&j, "version", irqstorm_version);
	json_str(&j, "verdict", verdict_names[gate_verdict(r)]);
	json_i64(&j, "exit_code", gate_exit(r));
	json_str(&j, "file", file_of(c));
	json_str(&j, "seed", seed);
	json_str(&j, "against", c->against);
	json_str(&j, "baseline", c->saved ? c->saved->version : NULL);
	json_str(&j, "guest", c->guest);
	json_bool(&j, "complete", !r->stopped);
	json_double(&j, "seconds", r->seconds);
	json_u64(&j, "planned", r->planned);
	json_array_begin(&j, "checks");
	for (size_t i = 0; i < r->n; i++)
		json_check(&j, &r->at[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_finish(&j);
}

void gate_junit(FILE *f, const struct gate_config *c, const struct gate_result *r)
{
	static const enum junit_end ends[VERDICTS] = {
		[VERDICT_PASS] = JUNIT_PASS,         [VERDICT_FAIL] = JUNIT_FAILURE,
		[VERDICT_UNTRUSTED] = JUNIT_SKIPPED, [VERDICT_SKIP] = JUNIT_SKIPPED,
		[VERDICT_ERROR] = JUNIT_ERROR,       [VERDICT_STOPPED] = JUNIT_ERROR,
	};
	struct junit_suite suite = {.tests = r->n, .seconds = r->seconds};
	char name[300];

	snprintf(name, sizeof(name), "irqstorm gate %.250s", file_of(c));
	suite.name = name;
	for (size_t i = 0; i < r->n; i++) {
		suite.failures += ends[r->at[i].verdict] == JUNIT_FAILURE;
		suite.errors += ends[r->at[i].verdict] == JUNIT_ERROR;
		suite.skipped += ends[r->at[i].verdict] == JUNIT_SKIPPED;
	}
	junit_begin(f, &suite);
	for (size_t i = 0; i < r->n; i++) {
		const struct gate_check *check = &r->at[i];
		char message[sizeof(check->says) + 32];

		snprintf(message, sizeof(message), "%s: %s", verdict_names[check->verdict],
			 check->says);
		junit_case(f, &(struct junit_test){.group = gate_kind_names[check->s->kind],
						   .name = check->name,
						   .seconds = check->seconds,
						   .end = ends[check->verdict],
						   .message = message,
						   .text = check->repeat});
	}
	junit_end(f);
}

/* A line is one annotation: what would end it, or its title, is written as GitHub wants it. */
static void put_escaped(FILE *f, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			fprintf(f, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, f);
	}
}

void gate_annotations(FILE *f, const struct gate_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct gate_check *check = &r->at[i];

		if (check->verdict == VERDICT_PASS || check->verdict == VERDICT_SKIP)
			continue;
		fprintf(f, "::%s title=irqstorm gate %s ",
			check->verdict == VERDICT_UNTRUSTED ? "warning" : "error",
			verdict_names[check->verdict]);
		put_escaped(f, check->name, "%\r\n:,");
		fputs("::", f);
		put_escaped(f, check->says, "%\r\n");
		if (*check->repeat) {
			fputs("%0Arepeat: ", f);
			put_escaped(f, check->repeat, "%\r\n");
		}
		fputc('\n', f);
	}
}
