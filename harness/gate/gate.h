/* SPDX-License-Identifier: MIT */
/*
 * gate: runs the scenarios of a file on a build and says whether it may be merged. Correctness is
 * absolute; latency is relative, to another build in the same rounds or to a baseline's ratios to
 * the control. Every measurement is a child process of its own, one at a time.
 */
#ifndef IRQSTORM_GATE_GATE_H
#define IRQSTORM_GATE_GATE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "gate/decide.h"
#include "gate/scenario.h"

#define GATE_NAME 104u

/* A scenario is one check, or one for each strategy or metric. */
struct gate_check {
	char name[GATE_NAME]; /* SCENARIO, SCENARIO:STRATEGY or SCENARIO:METRIC */
	const struct scenario *s;
	enum gate_verdict verdict;
	char says[512];           /* what was found, or done; one line */
	char repeat[6144];        /* the command that repeats it */
	char artifacts[PATH_MAX]; /* "": none */
	int exit;                 /* ERROR: what the child ended with */
	double seconds;
	uint64_t seed;
	uint64_t n;       /* of what follows */
	const char *unit; /* "fires", "operations", "programs", "executions", "rounds" */
	/* stress */
	uint64_t spurious, misrouted, lost_unexplained, lost_explained;
	/* latency, when compared */
	bool compared;
	struct decision d; /* of the look that decided */
	struct looks looks;
	double ns_a, ns_b; /* medians */
};

struct baseline;

struct gate_config {
	const struct scenarios *scenarios;
	const char *file;
	const char *self;             /* the candidate's binary */
	const char *against;          /* the baseline's, or NULL */
	const struct baseline *saved; /* or NULL */
	struct baseline *sample;      /* to be filled with latencies, or NULL */
	const char *guest;            /* kernel of the scenarios that ask for one, or NULL */
	const char *target;           /* of scenarios that are in no guest, or NULL: their own */
	const char *only;             /* patterns of checks, separated by commas, or NULL */
	const char *corpus, *fuzz_dir, *out;
	const char *plant; /* a fault for the candidate, to test the gate, or NULL */
	uint64_t rounds;   /* 0: as the scenarios say */
	uint64_t seed;
	bool quiet;
	sigset_t signals; /* blocked: SIGINT, SIGTERM, SIGCHLD */
};

struct gate_result {
	struct gate_check *at;
	size_t n;
	bool stopped;
	int stop_signal;        /* that did; 0: none */
	size_t planned;         /* checks in all */
	unsigned int not_asked; /* scenarios for a guest, and none was named */
	bool no_baseline;       /* latency was not judged: nothing to compare with */
	double seconds;
	char folder[PATH_MAX]; /* of the artifacts */
};

/* 0: ran, whatever it found; -errno with @e. @r is filled as far as it went; gate_free(). */
int gate_run(const struct gate_config *c, struct gate_result *r, struct errmsg *e);
void gate_free(struct gate_result *r);

enum gate_verdict gate_verdict(const struct gate_result *r);
int gate_exit(const struct gate_result *r);
size_t gate_count(const struct gate_result *r, enum gate_verdict v);

#endif
