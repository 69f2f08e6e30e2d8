/* SPDX-License-Identifier: MIT */
/*
 * engine: the stress run. Producers make the device fire, a consumer reads the eventfds, a resizer
 * changes the vectors meanwhile, and account.h keeps the ledger. A run is: control, start (first
 * enable), storm, drain, stop, judge, with slices of control before, between and after the segments
 * of the storm. The control is the bare limit in the same run: an eventfd writer and the same
 * consumer with no accounting; figures are quoted against it.
 *
 * Threading: stress_run() is called by one thread, which sleeps in it; it starts and joins all the
 * others. The backend stays the caller's.
 */
#ifndef IRQSTORM_STRESS_ENGINE_H
#define IRQSTORM_STRESS_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "stress/account.h"
#include "stress/consumer.h"
#include "stress/placement.h"
#include "stress/series.h"
#include "stress/world.h"
#include "support/errmsg.h"
#include "support/hist.h"
#include "vmm/pattern.h"
#include "vmm/strategy.h"

enum stress_mode {
	STRESS_CLOSED, /* one outstanding fire a vector */
	STRESS_OPEN,   /* fires do not wait for deliveries */
};

extern const char *const stress_mode_names[]; /* in enum order, NULL-terminated */

#define STRESS_STABLE_OWN UINT32_MAX /* an eighth of the vectors */

struct stress_config {
	uint32_t vectors; /* 1..2048 */
	uint32_t stable;  /* 0..vectors; admit_fit() replaces STRESS_STABLE_OWN */
	uint32_t producers;
	enum stress_mode mode;
	uint64_t rate_hz; /* all producers together; 0: as fast as they can */
	const struct strategy *strategy;
	const struct pattern *pattern; /* NULL: the strategy's own, if it needs one */
	const struct program *script;  /* that strategy_script plays, else NULL */
	const char *script_name;       /* the file it is in, for repeat commands */
	const char *const *hazards;    /* what of it is not played, NULL at the end; or NULL */
	uint64_t resize_rate_hz; /* 0: back to back, but at most half of the time inside calls */
	enum consumer_kind consumer;
	uint64_t duration_ns;
	uint64_t deadline_ns;
	uint64_t seed;
	const struct placement_wish *place; /* NULL: none */
	const char *place_text;             /* the same, for repeat commands */
	const char *via; /* how to come to `stress` again, for repeat commands; NULL: "irqstorm" */
	bool quiet;
	bool say_seed; /* a note, once nothing is left to refuse */
	bool no_control;
	uint32_t ring; /* stamps that a vector has room for, a power of two; 0: as many as are good
			*/
	struct world *world; /* where it takes place; NULL: this machine */
};

#define STRESS_SLICES 17

struct stress_control {
	double throughput_per_s;
	double ratio; /* throughput of the storm to it: median over the segments */
	/* which holds the true median with 95 % from 6 segments on; the whole range below */
	double ratio_lo, ratio_hi;
	uint32_t n_ratios; /* segments that it is of */
	/* a second: of each slice, and of the segments of the storm between them */
	double slice_per_s[STRESS_SLICES], segment_per_s[STRESS_SLICES - 1];
	uint32_t n_segments;
	uint64_t p50_ns, p99_ns;
	uint64_t n;
};

/* What the engine knows of its own shortcomings during the run. */
struct stress_self {
	uint64_t cq_overflows, rearms, held_enters; /* consumer.h */
	uint64_t ring_full;   /* a producer found no room for a stamp and waited */
	struct hist stalls;   /* how late a do-nothing sleeper woke, every 2 ms */
	uint64_t fire_errors; /* fire() refused where it should not */
	uint64_t stale; /* signals of pending bits left by an earlier user, thrown away at the start
			 */
};

#define STRESS_PLACEMENT_MAX 160

struct stress_result {
	struct backend_desc desc;
	uint64_t fired;
	struct tally tally; /* merged */
	uint64_t misrouted, spurious;
	uint64_t strays; /* signals of removed vectors at the newcomers of their slots (R80) */
	struct hist resize_ns; /* whole resizes, all their calls */
	uint64_t resizes, resize_calls;
	const struct strategy *strategy; /* what `auto` came to, else as configured */
	const char *why;                 /* it came to that; else NULL */
	const struct pattern *pattern;   /* NULL: none */
	uint32_t host_vectors;           /* allocated at the host, at most */
	uint64_t refusals;               /* uses of a vector that could not be had (R48, R49) */
	bool taken_known;             /* whether the backend can tell which CPUs took interrupts */
	uint64_t taken[BACKEND_CPUS]; /* interrupts by CPU, of the vectors live at the end */
	uint64_t elapsed_ns;          /* of the storm */
	struct stress_control control;
	struct stress_self self;
	struct series series;
	bool interrupted; /* SIGINT or SIGTERM ended it early */
	int stop_signal;  /* the one that did; 0: none */
	const char *consumer_how;
	char placement[STRESS_PLACEMENT_MAX];
	/* a well-formed call failed: the request and its errno */
	int call_error;
	char call_text[96];
};

/*
 * @r is filled as far as the run got, also on failure. 0: ran and was measured, whatever it found.
 * -errno with @e: it could not run (exit 2, 3 or 4).
 */
int stress_run(const struct stress_config *cfg, struct backend *be, struct stress_result *r,
	       struct errmsg *e);

/* All response times of a result in one histogram. */
void stress_response(const struct stress_result *r, struct hist *all);

/* Whether each fire has one class and each signal one cause (docs/accounting.md). */
bool stress_adds_up(const struct stress_result *r);

/* EXIT_PASS, EXIT_FINDING, or EXIT_ENVIRONMENT when the host ran out of vectors or memory. */
enum exit_code stress_verdict(const struct stress_result *r);

#endif
