/* SPDX-License-Identifier: MIT */
#include "campaign/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "support/json.h"
#include "support/junit.h"
#include "support/stopped.h"
#include "support/terminal.h"
#include "support/units.h"
#include "support/version.h"

static void put_all(FILE *f, const struct campaign_config *c, const struct campaign_result *r)
{
	const struct campaign_state *s = &r->state;
	char n[32], m[32];

	fprintf(f, "campaign  %s on %s, %u job%s, seed 0x%llx\n", s->engine, s->target, c->jobs,
		c->jobs == 1 ? "" : "s", (unsigned long long)s->seed);
	fprintf(f, "folder    %s\n", r->root);
	fprintf(f, "fuzzed    %.0f s of %llu s in %llu session%s\n", s->seconds,
		(unsigned long long)c->seconds, (unsigned long long)s->sessions,
		s->sessions == 1 ? "" : "s");
	stopped_say(f, r->signal, "%.0f of %llu s are done; %zu findings until then", s->seconds,
		    (unsigned long long)c->seconds, s->n_findings);
	fprintf(f, "ran       %s executions", units_format_count(s->execs, n, sizeof(n)));
	if (r->session_s > 0)
		fprintf(f, ", %s of them in this session, %.0f/s",
			units_format_count(r->session_execs, m, sizeof(m)),
			(double)r->session_execs / r->session_s);
	fprintf(f, "\ncorpus    %s inputs\n", units_format_count(s->corpus, n, sizeof(n)));
	fprintf(f, "findings  %zu, %zu of them new in this session\n", s->n_findings,
		r->new_findings);
	for (size_t i = 0; i < s->n_findings; i++) {
		const struct campaign_finding *at = &s->findings[i];

		fprintf(f, "\n  %s\n    %s\n", at->key, at->what);
		fprintf(f,
			"    first after %s executions, %.1f s; %llu input%s; shown by %llu of "
			"%llu "
			"replays\n",
			units_format_count(at->execs, n, sizeof(n)), at->seconds,
			(unsigned long long)at->hits, at->hits == 1 ? "" : "s",
			(unsigned long long)at->shown, (unsigned long long)at->replays);
		if (at->ops)
			fprintf(f, "    a program of %llu operations%s",
				(unsigned long long)at->ops, at->ops_min ? "" : "\n");
		if (at->ops_min)
			fprintf(f, ", made shorter: %llu (%s)\n", (unsigned long long)at->ops_min,
				at->program_key);
		fprintf(f, "    findings/%s\n    %s\n", at->folder, at->repeat);
	}
}

void report_text(FILE *f, const struct campaign_config *c, const struct campaign_result *r)
{
	char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	put_all(mem, c, r);
	if (!fclose(mem))
		terminal_report(f, text);
	free(text);
}

/* file://PATH, with what a URI must not hold as %XX. */
static void uri_of(const struct campaign_result *r, const struct campaign_finding *at, char *uri,
		   size_t size)
{
	char path[PATH_MAX + 256];
	size_t n;

	snprintf(path, sizeof(path), "%s/findings/%s/input", r->root, at->folder);
	n = (size_t)snprintf(uri, size, "file://");
	for (const char *p = path; *p && n + 4 < size; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~/", *p))
			uri[n++] = *p;
		else
			n += (size_t)snprintf(uri + n, size - n, "%%%02X", (unsigned char)*p);
	}
	uri[n] = '\0';
}

static void sarif_result(struct json *j, const struct campaign_result *r,
			 const struct campaign_finding *at)
{
	char uri[3 * PATH_MAX], text[sizeof(at->what) + sizeof(at->repeat) + 64];

	uri_of(r, at, uri, sizeof(uri));
	snprintf(text, sizeof(text), "%s\nRepeat with: %s", at->what, at->repeat);
	json_object_begin(j, NULL);
	json_str(j, "ruleId", at->key);
	json_str(j, "level", "error");
	json_object_begin(j, "message");
	json_str(j, "text", text);
	json_object_end(j);
	json_array_begin(j, "locations");
	json_object_begin(j, NULL);
	json_object_begin(j, "physicalLocation");
	json_object_begin(j, "artifactLocation");
	json_str(j, "uri", uri);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	json_array_end(j);
	json_object_begin(j, "partialFingerprints");
	json_str(j, "irqstormKey/v1", at->key);
	json_object_end(j);
	json_i64(j, "occurrenceCount", at->hits ? (int64_t)at->hits : 1);
	json_object_end(j);
}

void report_sarif(FILE *f, const struct campaign_result *r)
{
	const struct campaign_state *s = &r->state;
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "$schema",
		 "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/"
		 "sarif-schema-2.1.0.json");
	json_str(&j, "version", "2.1.0");
	json_array_begin(&j, "runs");
	json_object_begin(&j, NULL);
	json_object_begin(&j, "tool");
	json_object_begin(&j, "driver");
	json_str(&j, "name", "irqstorm");
	json_str(&j, "version", irqstorm_version);
	json_array_begin(&j, "rules");
	for (size_t i = 0; i < s->n_findings; i++) {
		json_object_begin(&j, NULL);
		json_str(&j, "id", s->findings[i].key);
		json_object_begin(&j, "shortDescription");
		json_str(&j, "text", s->findings[i].what);
		json_object_end(&j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	json_object_end(&j);
	json_array_begin(&j, "results");
	for (size_t i = 0; i < s->n_findings; i++)
		sarif_result(&j, r, &s->findings[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	json_finish(&j);
}

void report_junit(FILE *f, const struct campaign_result *r)
{
	const struct campaign_state *s = &r->state;
	struct junit_suite suite = {.tests = s->n_findings ? s->n_findings : 1,
				    .failures = s->n_findings,
				    .seconds = s->seconds};
	char name[sizeof(s->engine) + sizeof(s->target) + 32];

	snprintf(name, sizeof(name), "irqstorm campaign %s %s", s->engine, s->target);
	suite.name = name;
	junit_begin(f, &suite);
	if (!s->n_findings)
		junit_case(f, &(struct junit_test){.group = s->target,
						   .name = "no finding",
						   .seconds = s->seconds});
	for (size_t i = 0; i < s->n_findings; i++) {
		const struct campaign_finding *at = &s->findings[i];
		char text[sizeof(at->repeat) + 128];

		snprintf(text, sizeof(text), "%s\n%llu inputs, shown by %llu of %llu replays",
			 at->repeat, (unsigned long long)at->hits, (unsigned long long)at->shown,
			 (unsigned long long)at->replays);
		junit_case(f, &(struct junit_test){.group = s->target,
						   .name = at->key,
						   .seconds = at->seconds,
						   .end = JUNIT_FAILURE,
						   .message = at->what,
						   .text = text});
	}
	junit_end(f);
}
