/* SPDX-License-Identifier: MIT */
/*
 * truth: what really happened in a simulated storm, written down by the device, the eventfds and
 * the scheduler of stress/sim, none of which asks the engine. The accountant (accountant.h) makes
 * the books anew from it. Times are virtual nanoseconds; no two threads act in the same one.
 */
#ifndef IRQSTORM_STRESS_SIM_TRUTH_H
#define IRQSTORM_STRESS_SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

enum truth_fate {
	FATE_NONE,    /* the device has not acted on it, or its bit is still pending */
	FATE_SENT,    /* its signal was put into an eventfd */
	FATE_MERGED,  /* its bit was pending already, for fire `with` */
	FATE_GAP,     /* dropped while its vector was out, or a call changed it */
	FATE_DROPPED, /* dropped although nothing was wrong with its vector */
};

#define TRUTH_NO_FIRE UINT32_MAX

struct truth_fire {
	uint64_t sent, returned; /* fire() was entered, and left */
	uint64_t due;            /* earliest that it can have been due by the schedule */
	uint64_t due_slack;      /* and how much later at most: pauses are known so well only */
	uint64_t signalled;      /* FATE_SENT */
	uint64_t read;           /* reported by the consumer; 0: not */
	uint32_t vector;
	uint32_t with;       /* FATE_MERGED */
	uint32_t wakeup;     /* the report it was in */
	bool resize, settle; /* made while a resize was under way; within 1 ms after one */
	bool delayed;        /* by the scenario, beyond what a fire takes */
	bool refused;        /* fire() said no */
	bool strayed;        /* FATE_GAP: its message went to the newcomer of its slot */
	enum truth_fate fate;
};

/* A signal that is no fire's own. */
enum truth_extra_kind {
	EXTRA_DOUBLE,
	EXTRA_MISROUTED, /* its fire is FATE_DROPPED */
	EXTRA_STRAY,     /* its fire is FATE_GAP, its vector was removed */
	EXTRA_KINDS,
};

struct truth_extra {
	uint64_t signalled, read;
	uint32_t vector;
	enum truth_extra_kind kind;
};

/* One eventfd was read, and that was reported, with `count` signals of one vector. */
struct truth_wakeup {
	uint64_t at;
	uint32_t vector, count;
};

/* One resize: all its calls, which follow each other without time in between. */
struct truth_plan {
	uint64_t begin, end;
};

/* What a resize did to one vector. */
enum truth_cover_kind {
	COVER_ADD,
	COVER_REMOVE,
	COVER_SWAP, /* live before and after: another trigger, or the same again */
	COVER_TEAR, /* the same, with the index disabled in between */
};

struct truth_cover {
	uint64_t begin, end;
	enum truth_cover_kind kind;
};

/* A slice of control: what was written and read, and its bounds. */
struct truth_slice {
	uint64_t begin, end;    /* first eventfd opened, last one closed */
	uint64_t pause, resume; /* around it: the main thread stopped waiting, and began anew */
	uint64_t signals;       /* read */
	uint64_t from, to;      /* first and last write */
};

struct truth_list {
	void *at;
	uint32_t n, room;
};

/* What is kept by vector. */
struct truth_lane {
	struct truth_list covers; /* in the order of time; it is not live before the first */
	uint32_t extras;          /* signals without a fire that were read */
	bool changed;             /* a resize of the storm met it */
	bool merges;              /* one that was no teardown: its pending bit may have been kept */
	bool doubtful; /* sent an extra signal, or one after its fire may have been given up */
};

struct truth {
	struct truth_list fires, extras, wakeups, plans, slices;
	struct truth_lane *lanes;
	uint64_t storm_begin, storm_end; /* main thread: the first wait began, the last ended */
	uint64_t unswapped; /* live vectors that were set to the eventfd that they had */
	uint64_t stale;     /* signals of bits that were pending before */
	uint64_t worst_ns;  /* longest that a thread stood still, or from a fire to its report */
	uint64_t youngest;  /* age of the youngest message under way at the last disable, to a
			       vector that was not changed nor doubtful; UINT64_MAX: none */
	uint64_t stopped;   /* a signal came to the main thread then; 0: none */
};

#define TRUTH_FIRE(t, i)   (&((struct truth_fire *)(t)->fires.at)[i])
#define TRUTH_EXTRA(t, i)  (&((struct truth_extra *)(t)->extras.at)[i])
#define TRUTH_WAKEUP(t, i) (&((struct truth_wakeup *)(t)->wakeups.at)[i])
#define TRUTH_PLAN(t, i)   (&((struct truth_plan *)(t)->plans.at)[i])
#define TRUTH_SLICE(t, i)  (&((struct truth_slice *)(t)->slices.at)[i])

/* Of a struct truth_lane. */
#define LANE_COVER(l, i) (&((struct truth_cover *)(l)->covers.at)[i])

#endif
