/* SPDX-License-Identifier: MIT */
/*
 * scenario: what a gate runs, read from a declarative file: a `[name]` for each scenario and
 * `key = value` lines (docs/gate.md). The parser is total: any bytes are scenarios or one error
 * with its line. Keys are a table, which has the default of each for every kind.
 */
#ifndef IRQSTORM_GATE_SCENARIO_H
#define IRQSTORM_GATE_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

enum gate_kind {
	GATE_CORPUS,  /* programs from files, held against the rules */
	GATE_DIFF,    /* random ones */
	GATE_FUZZ,    /* a fuzzing engine for a short time */
	GATE_STRESS,  /* no loss, under each strategy */
	GATE_LATENCY, /* not slower than the baseline */
	GATE_KINDS,
};

extern const char *const gate_kind_names[]; /* in enum order, NULL-terminated */

/* What the latency of a slice is: nanoseconds, divided by the same of its control. */
enum gate_metric {
	METRIC_RESPONSE_P50,
	METRIC_RESPONSE_P99,
	METRIC_SERVICE_P50,
	METRIC_RESIZE_P50,
	GATE_METRICS,
};

extern const char *const gate_metric_names[];

#define SCENARIO_NAME   48u
#define SCENARIO_WORD   256u
#define SCENARIOS_MAX   64u
#define GATE_GUEST_NONE "none"
#define GATE_GUEST_ASK  "asked"

struct scenario {
	char name[SCENARIO_NAME];
	unsigned int line; /* of its [name] */
	enum gate_kind kind;
	char target[SCENARIO_WORD];
	char guest[SCENARIO_WORD]; /* none, asked, or a kernel */
	char devices[SCENARIO_WORD];
	uint64_t timeout_ns;          /* of one child; 0: by what it does */
	char programs[SCENARIO_WORD]; /* words, below the corpus folder unless absolute */
	uint64_t ops, length;
	uint64_t duration_ns;            /* fuzz, stress: of one child */
	char fuzz_target[SCENARIO_WORD]; /* fuzz/NAME.c */
	char fuzz_dir[SCENARIO_WORD];    /* "": no engine, random programs */
	char strategy[SCENARIO_WORD];    /* words; "all" for each */
	char pattern[SCENARIO_WORD];     /* "": the strategy's own */
	char consumer[SCENARIO_WORD];
	char mode[SCENARIO_WORD];
	uint64_t vectors;           /* 0: as many as `stress` takes by itself */
	uint64_t rate, resize_rate; /* 0: max */
	uint64_t fires;             /* of one strategy, at least */
	uint64_t attempts;          /* children to come to as many */
	uint64_t slice_ns, rounds;
	uint32_t metrics;                /* bits, 1 << enum gate_metric */
	uint64_t min_shift, noise_limit; /* per cent */
	uint64_t floor_ns;
};

struct scenarios {
	struct scenario *at;
	size_t n;
};

/* The file that is part of irqstorm. */
extern const char gate_default[];
#define GATE_DEFAULT_NAME "default.gate"

/* @name is for messages. 0, -ENOMEM, or -EINVAL with @e (exit 2); scenarios_free() either way. */
int scenarios_parse(const char *text, size_t size, const char *name, struct scenarios *out,
		    struct errmsg *e);

/* The same from a file; NULL: the one that is part of irqstorm. Exit 3 when it cannot be read. */
int scenarios_load(const char *path, struct scenarios *out, struct errmsg *e);

void scenarios_free(struct scenarios *s);

#endif
