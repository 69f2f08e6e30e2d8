/* SPDX-License-Identifier: MIT */
#include "gate/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stress/consumer.h"
#include "stress/engine.h"
#include "support/clock.h"
#include "support/units.h"
#include "vmm/strategy.h"

#define FILE_MAX       (1u << 20)
#define LINE_MAX_BYTES 1024u

const char *const gate_kind_names[] = {"corpus", "diff", "fuzz", "stress", "latency", NULL};
const char *const gate_metric_names[] = {"response_p50", "response_p99", "service_p50",
					 "resize_p50", NULL};

enum value_type {
	V_TEXT,
	V_COUNT,
	V_TIME,
	V_RATE,     /* 0 for max */
	V_METRICS,  /* words */
	V_STRATEGY, /* words */
	V_CONSUMER,
	V_MODE,
};

#define CORPUS  (1u << GATE_CORPUS)
#define DIFF    (1u << GATE_DIFF)
#define FUZZ    (1u << GATE_FUZZ)
#define STRESS  (1u << GATE_STRESS)
#define LATENCY (1u << GATE_LATENCY)
#define ALL     (CORPUS | DIFF | FUZZ | STRESS | LATENCY)

struct key {
	const char *name;
	enum value_type type;
	uint32_t kinds;
	size_t offset;
	const char *def; /* NULL: all zero */
	uint64_t min, max;
};

#define AT(field) offsetof(struct scenario, field)
#define HOUR      (3600 * NSEC_PER_SEC)

/* A key that means one thing to two kinds, with another default for each, has two rows. */
static const struct key keys[] = {
	{"target", V_TEXT, ALL, AT(target), "emu", 0, 0},
	{"guest", V_TEXT, ALL, AT(guest), GATE_GUEST_NONE, 0, 0},
	{"devices", V_TEXT, ALL, AT(devices), "ivshmem", 0, 0},
	{"timeout", V_TIME, ALL, AT(timeout_ns), NULL, NSEC_PER_SEC, 24 * HOUR},
	{"programs", V_TEXT, CORPUS, AT(programs), "rules regressions", 0, 0},
	{"ops", V_COUNT, DIFF | FUZZ, AT(ops), "500k", 1, 1000000000000},
	{"length", V_COUNT, DIFF | FUZZ, AT(length), "40", 1, 1000},
	{"duration", V_TIME, FUZZ, AT(duration_ns), "10s", NSEC_PER_SEC, 24 * HOUR},
	{"fuzz_target", V_TEXT, FUZZ, AT(fuzz_target), "fuzz_irq_interleave", 0, 0},
	{"fuzz_dir", V_TEXT, FUZZ, AT(fuzz_dir), NULL, 0, 0},
	{"strategy", V_STRATEGY, STRESS, AT(strategy), "all", 0, 0},
	{"strategy", V_STRATEGY, LATENCY, AT(strategy), "none", 0, 0},
	{"pattern", V_TEXT, STRESS | LATENCY, AT(pattern), NULL, 0, 0},
	{"consumer", V_CONSUMER, STRESS | LATENCY, AT(consumer), "uring", 0, 0},
	{"mode", V_MODE, STRESS | LATENCY, AT(mode), "closed", 0, 0},
	{"vectors", V_COUNT, STRESS, AT(vectors), NULL, 1, IRQ_MAX_VECTORS},
	{"vectors", V_COUNT, LATENCY, AT(vectors), "1", 1, IRQ_MAX_VECTORS},
	{"rate", V_RATE, STRESS, AT(rate), "max", 1, 100000000},
	{"rate", V_RATE, LATENCY, AT(rate), "10k", 1, 100000000},
	{"resize_rate", V_RATE, STRESS | LATENCY, AT(resize_rate), "500", 1, 1000000},
	{"duration", V_TIME, STRESS, AT(duration_ns), "1s", 10 * NSEC_PER_MSEC, 24 * HOUR},
	{"fires", V_COUNT, STRESS, AT(fires), "600k", 1, 1000000000000},
	{"attempts", V_COUNT, STRESS, AT(attempts), "5", 1, 1000},
	{"slice", V_TIME, LATENCY, AT(slice_ns), "200ms", 10 * NSEC_PER_MSEC, HOUR},
	{"rounds", V_COUNT, LATENCY, AT(rounds), "20", 6, 1000},
	{"metrics", V_METRICS, LATENCY, AT(metrics), "response_p50", 0, 0},
	{"min_shift", V_COUNT, LATENCY, AT(min_shift), "10", 1, 1000},
	{"noise_limit", V_COUNT, LATENCY, AT(noise_limit), "20", 1, 1000},
	{"floor", V_TIME, LATENCY, AT(floor_ns), "100ns", 0, HOUR},
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

struct parse {
	const char *name;
	unsigned int line;
	struct scenarios *out;
	struct scenario *now; /* NULL before the first [name] */
	bool kind_said;
	struct {
		char value[SCENARIO_WORD];
		unsigned int line; /* 0: not said */
	} said[N_KEYS];            /* by the first row of a key's name */
	struct errmsg *e;
};

__attribute__((format(printf, 3, 4))) static int wrong(struct parse *p, unsigned int line,
						       const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return errmsg_set(p->e, -EINVAL, EXIT_USAGE, "%s:%u: %s", p->name, line, text);
}

static int index_of(const char *const *names, const char *word, size_t len)
{
	for (int i = 0; names[i]; i++) {
		if (strlen(names[i]) == len && !strncmp(names[i], word, len))
			return i;
	}
	return -1;
}

static void list(const char *const *names, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (int i = 0; names[i] && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? ", " : "", names[i]);
}

static int one_of(struct parse *p, unsigned int line, const char *key, const char *word, size_t len,
		  const char *const *names, int *at)
{
	char all[256];

	*at = index_of(names, word, len);
	if (*at >= 0)
		return 0;
	list(names, all, sizeof(all));
	return wrong(p, line, "%s = %.*s: must be one of %s", key, (int)len, word, all);
}

static int store_text(struct scenario *s, const struct key *k, const char *value)
{
	snprintf((char *)s + k->offset, SCENARIO_WORD, "%s", value);
	return 0;
}

/* Words of @value; each must be one of @names. @bits of those, where it is asked for. */
static int words(struct parse *p, unsigned int line, const struct key *k, const char *value,
		 const char *const *names, uint32_t *bits)
{
	const char *w = value;
	int err = 0, at;

	while (!err && *(w += strspn(w, " \t,"))) {
		size_t len = strcspn(w, " \t,");

		err = one_of(p, line, k->name, w, len, names, &at);
		if (!err && bits)
			*bits |= 1u << at;
		w += len;
	}
	return err;
}

static int store_strategy(struct parse *p, unsigned int line, const struct key *k,
			  const char *value)
{
	int err = !strcmp(value, "all") ? 0 : words(p, line, k, value, strategy_names, NULL);

	if (!err && k->kinds == LATENCY && (strpbrk(value, " \t,") || !strcmp(value, "all")))
		return wrong(p, line, "strategy = %s: one, for a latency", value);
	return err ? err : store_text(p->now, k, value);
}

static int store_number(struct parse *p, unsigned int line, const struct key *k, const char *value,
			uint64_t *to)
{
	char lo[32], hi[32];

	if (k->type == V_RATE && !strcmp(value, "max")) {
		*to = 0;
		return 0;
	}
	if (k->type == V_TIME) {
		if (units_parse_duration(value, to))
			return wrong(p, line, "%s = %s: not a duration (like 10s, 200ms)", k->name,
				     value);
	} else if (units_parse_count(value, to)) {
		return wrong(p, line, "%s = %s: not a number%s", k->name, value,
			     k->type == V_RATE ? ", and not max" : "");
	}
	if (*to >= k->min && *to <= k->max)
		return 0;
	if (k->type == V_TIME)
		return wrong(p, line, "%s = %s: must be %s to %s", k->name, value,
			     units_format_ns((double)k->min, lo, sizeof(lo)),
			     units_format_ns((double)k->max, hi, sizeof(hi)));
	return wrong(p, line, "%s = %s: must be %llu to %llu", k->name, value,
		     (unsigned long long)k->min, (unsigned long long)k->max);
}

static int store(struct parse *p, unsigned int line, const struct key *k, const char *value)
{
	char *at = (char *)p->now + k->offset;
	uint32_t bits = 0;
	int err, choice;

	if (!*value)
		return wrong(p, line, "%s has no value", k->name);
	switch (k->type) {
	case V_TEXT:
		return store_text(p->now, k, value);
	case V_STRATEGY:
		return store_strategy(p, line, k, value);
	case V_METRICS:
		err = words(p, line, k, value, gate_metric_names, &bits);
		p->now->metrics = bits;
		return err;
	case V_CONSUMER:
	case V_MODE:
		err = one_of(p, line, k->name, value, strlen(value),
			     k->type == V_MODE ? stress_mode_names : consumer_names, &choice);
		return err ? err : store_text(p->now, k, value);
	default:
		return store_number(p, line, k, value, (uint64_t *)(void *)at);
	}
}

/* The first row of that name. */
static int key_find(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (!strcmp(keys[i].name, name))
			return (int)i;
	}
	return -1;
}

/* What was asked for can be measured. @line: of the metrics. */
static int check_metrics(struct parse *p, unsigned int line)
{
	const struct scenario *s = p->now;

	if (s->kind != GATE_LATENCY || !(s->metrics & 1u << METRIC_RESIZE_P50) ||
	    strategy_resizes(strategy_find(s->strategy)))
		return 0;
	return wrong(p, line, "%s cannot be measured: strategy %s does not resize",
		     gate_metric_names[METRIC_RESIZE_P50], s->strategy);
}

/* What the section said, and the defaults of its kind for the rest. */
static int end_section(struct parse *p)
{
	unsigned int metrics_line = p->said[key_find("metrics")].line;
	int err = 0;

	if (!p->now)
		return 0;
	if (!p->kind_said)
		return wrong(p, p->now->line, "[%s] has no kind", p->now->name);
	for (size_t i = 0; i < N_KEYS && !err; i++) {
		int first = key_find(keys[i].name);

		if (!(keys[i].kinds & 1u << p->now->kind))
			continue;
		if (p->said[first].line)
			err = store(p, p->said[first].line, &keys[i], p->said[first].value);
		else if (keys[i].def)
			err = store(p, p->now->line, &keys[i], keys[i].def);
		p->said[first].line = 0;
	}
	for (size_t i = 0; i < N_KEYS && !err; i++) {
		if (p->said[i].line)
			err = wrong(p, p->said[i].line, "kind %s has no key '%s'",
				    gate_kind_names[p->now->kind], keys[i].name);
	}
	return err ? err : check_metrics(p, metrics_line);
}

static bool name_ok(const char *name)
{
	if (!*name || strlen(name) >= SCENARIO_NAME)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	}
	return true;
}

static int begin_section(struct parse *p, char *line)
{
	size_t len = strlen(line);
	struct scenario *more;
	int err = end_section(p);

	if (err)
		return err;
	if (line[len - 1] != ']')
		return wrong(p, p->line, "no ] after '%s'", line);
	line[len - 1] = '\0';
	line++;
	if (!name_ok(line))
		return wrong(p, p->line, "[%s]: a name is 1 to %u of a-z, A-Z, 0-9, -, _ and .",
			     line, SCENARIO_NAME - 1);
	for (size_t i = 0; i < p->out->n; i++) {
		if (!strcmp(p->out->at[i].name, line))
			return wrong(p, p->line, "[%s] is at line %u already", line,
				     p->out->at[i].line);
	}
	if (p->out->n == SCENARIOS_MAX)
		return wrong(p, p->line, "more than %u scenarios", SCENARIOS_MAX);
	more = reallocarray(p->out->at, p->out->n + 1, sizeof(*more));
	if (!more)
		return errmsg_set(p->e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	p->out->at = more;
	p->now = &more[p->out->n++];
	memset(p->now, 0, sizeof(*p->now));
	memcpy(p->now->name, line, strlen(line) + 1);
	p->now->line = p->line;
	p->kind_said = false;
	return 0;
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		;
	s[n] = '\0';
	return s;
}

static int assign(struct parse *p, char *line)
{
	char *value = strchr(line, '=');
	int at, kind, err;

	if (!value)
		return wrong(p, p->line, "'%s' is neither [name] nor key = value", line);
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	if (!p->now)
		return wrong(p, p->line, "'%s' before the first [name]", line);
	if (strlen(value) >= SCENARIO_WORD)
		return wrong(p, p->line, "%.40s: longer than %u bytes", line, SCENARIO_WORD - 1);
	if (!strcmp(line, "kind")) {
		if (p->kind_said)
			return wrong(p, p->line, "a second kind in [%s]", p->now->name);
		p->kind_said = true;
		err = one_of(p, p->line, "kind", value, strlen(value), gate_kind_names, &kind);
		p->now->kind = err ? GATE_CORPUS : (enum gate_kind)kind;
		return err;
	}
	at = key_find(line);
	if (at < 0)
		return wrong(p, p->line, "unknown key '%.40s'", line);
	if (p->said[at].line)
		return wrong(p, p->line, "%s is at line %u already", line, p->said[at].line);
	strcpy(p->said[at].value, value);
	p->said[at].line = p->line;
	return 0;
}

/* @line without its end. */
static int parse_line(struct parse *p, const char *line, size_t len)
{
	char copy[LINE_MAX_BYTES], *s;

	if (len >= sizeof(copy))
		return wrong(p, p->line, "longer than %zu bytes", sizeof(copy) - 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == len)) || c >= 0x7f)
			return wrong(p, p->line, "byte 0x%02x at column %zu is not text", c, i + 1);
	}
	memcpy(copy, line, len);
	copy[len] = '\0';
	if (len && copy[len - 1] == '\r')
		copy[len - 1] = '\0';
	/* A comment begins the line, or follows a blank: targets and paths may hold a #. */
	for (s = copy; (s = strchr(s, '#')); s++) {
		if (s == copy || s[-1] == ' ' || s[-1] == '\t') {
			*s = '\0';
			break;
		}
	}
	s = trim(copy);
	if (!*s)
		return 0;
	return *s == '[' ? begin_section(p, s) : assign(p, s);
}

int scenarios_parse(const char *text, size_t size, const char *name, struct scenarios *out,
		    struct errmsg *e)
{
	struct parse *p = calloc(1, sizeof(*p));
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (!p)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	p->name = name;
	p->out = out;
	p->e = e;
	while (!err && size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;

		p->line++;
		err = parse_line(p, text, len);
		size -= len + (end != NULL);
		text += len + (end != NULL);
	}
	if (!err)
		err = end_section(p);
	if (!err && !out->n)
		err = wrong(p, p->line ? p->line : 1, "no scenario");
	free(p);
	return err;
}

int scenarios_load(const char *path, struct scenarios *out, struct errmsg *e)
{
	char *text;
	size_t n;
	FILE *f;
	int err;

	memset(out, 0, sizeof(*out));
	if (!path)
		return scenarios_parse(gate_default, strlen(gate_default), GATE_DEFAULT_NAME, out,
				       e);
	f = fopen(path, "re");
	text = f ? malloc(FILE_MAX) : NULL;
	if (!f || !text) {
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
				 strerror(errno));
		goto out;
	}
	n = fread(text, 1, FILE_MAX, f);
	if (ferror(f))
		err = errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
				 strerror(errno));
	else if (n == FILE_MAX)
		err = errmsg_set(e, -EFBIG, EXIT_USAGE, "%s: larger than 1 MB: not a gate file",
				 path);
	else
		err = scenarios_parse(text, n, path, out, e);
out:
	if (f)
		fclose(f);
	free(text);
	return err;
}

void scenarios_free(struct scenarios *s)
{
	free(s->at);
	memset(s, 0, sizeof(*s));
}
