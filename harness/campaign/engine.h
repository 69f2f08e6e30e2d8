/* SPDX-License-Identifier: MIT */
/*
 * engine: one process of a fuzzing engine (libFuzzer, or one afl-fuzz) on one fuzz target: where
 * its programs are, how it is started, what it tells of its progress, how it is stopped with all
 * that it started, and what it found. It owns the process and the folder OUT/INSTANCE; the corpus
 * is the caller's. A caller looks in now and then:
 *
 *	engine_locate(ENGINE_LIBFUZZER, "fuzz_irq_program", NULL, NULL, &paths, &e);
 *	engine_start(&g, &(struct engine_config){.paths = &paths, .corpus = DIR, ...}, &e);
 *	while ((state = engine_poll(&g, &e)) == ENGINE_RUNNING)
 *		sigstop_wait_until(&signals, clock_ns() + 50 * NSEC_PER_MSEC);
 *	if (state == ENGINE_FOUND)
 *		... g.finding, g.status
 *	engine_stop(&g);
 *
 * ENGINE_FOUND comes once for each input that the engine calls a crash. libFuzzer has ended by
 * then: start it again to go on. AFL++ goes on by itself: poll it again. Not thread-safe.
 */
#ifndef IRQSTORM_CAMPAIGN_ENGINE_H
#define IRQSTORM_CAMPAIGN_ENGINE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "campaign/replay.h"
#include "guest/arch.h"
#include "support/errmsg.h"

enum engine_kind { ENGINE_LIBFUZZER, ENGINE_AFL };
/* "libfuzzer" and "afl", for OPT_CHOICE. */
extern const char *const engine_names[];

struct engine_paths {
	enum engine_kind kind;
	char name[64];          /* of the target */
	char target[PATH_MAX];  /* built for this engine */
	char fuzzer[PATH_MAX];  /* AFL++: afl-fuzz */
	char mutator[PATH_MAX]; /* AFL++: the library with the mutator, "" for none */
	char dict[PATH_MAX];    /* "" for none; a caller may set it */
};

/*
 * @dir: the folder of the targets; NULL: beside the irqstorm that runs, in its own build folder or
 * in those of @presets (NULL-terminated; NULL: what the engine's presets are called). A target
 * built for another engine, or for replaying only, does not count. -ENOENT with @e (exit 3), which
 * says what to build.
 */
int engine_locate(enum engine_kind kind, const char *name, const char *dir,
		  const char *const presets[], struct engine_paths *paths, struct errmsg *e);

/* The same for libFuzzer and a target that is to run in a guest. -ENOEXEC: it is not static. */
int engine_locate_for_guest(const char *name, const char *dir, const struct guest_arch *arch,
			    struct engine_paths *paths, struct errmsg *e);

struct engine_config {
	const struct engine_paths *paths;
	const char *corpus;       /* folder of inputs; libFuzzer also adds to it */
	const char *out;          /* folder, a fresh one; gets OUT/INSTANCE and OUT/INSTANCE.log */
	const char *instance;     /* NULL: "main" */
	bool main;                /* AFL++: the first of several that share @out */
	uint64_t seed;            /* each engine takes what fits of it */
	uint64_t limit_s;         /* it ends by itself after so long, 0: never */
	uint32_t timeout_s;       /* an input that takes longer is a finding, 0: 10 */
	uint32_t max_len;         /* of an input, 0: 1024 */
	const char *const *env;   /* "NAME=VALUE", NULL-terminated, on top of our own; or NULL */
	const char *const *extra; /* further words for its command line, NULL-terminated; or NULL */
};

struct engine_status {
	uint64_t execs;     /* as last told: exact once it ended, else some seconds old */
	double execs_per_s; /* at that moment */
	uint64_t corpus;    /* inputs */
	uint64_t edges;     /* libFuzzer: features, which is edges and how often */
	double seconds;     /* since the start */
};

struct engine_finding {
	char input[PATH_MAX];
	/* AFL++ tells nothing: of a replay, which may show nothing (verdict.shown). */
	struct replay_verdict verdict;
	uint64_t execs; /* of this process until then */
	double seconds;
};

enum engine_state {
	ENGINE_RUNNING,
	ENGINE_FOUND,
	ENGINE_ENDED,  /* without a finding: its time was over, or it was stopped */
	ENGINE_FAILED, /* it cannot go on: see @e */
};

struct engine {
	struct engine_config config;
	struct engine_status status;
	struct engine_finding finding;
	/* Private from here on. */
	const struct engine_ops *ops;
	pid_t pid; /* 0: not running */
	int exit_status;
	bool stopped; /* by engine_stop() */
	uint64_t start_ns;
	char dir[PATH_MAX], log[PATH_MAX];
	long log_at;      /* read so far */
	uint64_t seen[2]; /* AFL++: crashes and hangs told so far */
};

/* 0, or -errno with @e. OUT must be there. */
int engine_start(struct engine *g, const struct engine_config *c, struct errmsg *e);
/* Never waits, but for the replay of what AFL++ found. */
enum engine_state engine_poll(struct engine *g, struct errmsg *e);
/*
 * SIGINT, after 5 s SIGTERM, after 2 s more SIGKILL, each to all of its processes. Final figures
 * are in g->status then, and findings that came last are still to be polled. Safe when it has
 * ended.
 */
void engine_stop(struct engine *g);
/* The same for several, at once. */
void engine_stop_all(struct engine *const g[], uint32_t n);

#endif
