/* SPDX-License-Identifier: MIT */
/*
 * step: what a night consists of. A kind of step knows one tool: which steps there are of it and
 * what each lacks, the command line, and what its result means. A step is an object of night.json:
 *
 *	name, kind          "diff-emu-6.12", "diff"
 *	engine, target, kernel, profile, only    what makes it, by kind
 *	program, argv       what is run; "" is irqstorm itself; decided once, when the night begins
 *	limit_s, timeout_s  it is told to end then (0: never), and killed then
 *	state, why          pending, running, pass, finding, skipped, untrusted, error
 *	exit_code, seconds
 *	findings[]          key, what, repeat, artifact (below the nightly folder, "" for none)
 *	figures{}           name -> number; a name ends in one of figure_unit()'s
 */
#ifndef IRQSTORM_NIGHTLY_STEP_H
#define IRQSTORM_NIGHTLY_STEP_H

#include "nightly/doc.h"
#include "nightly/nightly.h"

#define STEP_KERNEL_LOG "kernel.log"
#define STEP_BOOT_S     600.0 /* what a guest may take beside its work: TCG on a busy host */

struct night_plan {
	const struct nightly_config *c;
	const char *root;   /* the nightly folder, absolute */
	const char *folder; /* the night's, absolute */
	const json_t *last; /* figures of the night before, or NULL */
	json_t *steps;
};

struct step_kind {
	const char *name;
	double weight;      /* its share of the time, relative to the others' */
	bool goes_on;       /* a second start goes on with what the first one left */
	bool ends_at_first; /* a finding ends it: it has not looked for others */
	bool stays_exit1;   /* exit code 1 alone says nothing new: only the result does */
	const char *about;
	/* Adds its steps, each with night_step_add(). 0 or -errno with @e. */
	int (*expand)(struct night_plan *p, const struct step_kind *k, struct errmsg *e);
	/* Its argv, for so many seconds. */
	void (*command)(const struct night_plan *p, json_t *step, double seconds);
	/* From what it left in @dir into findings and figures of @step. */
	void (*result)(const char *root, const char *dir, json_t *step);
};

#define STEP_WHY sizeof(((struct errmsg *)0)->text)

extern const struct step_kind step_campaign, step_device, step_diff, step_mutants, step_zoo,
	step_arm64, step_bench, step_gate, step_builds, step_long;
/* In the order in which they run; NULL at and beyond the end. */
const struct step_kind *step_kind_at(size_t i);
const struct step_kind *step_kind_find(const char *name);

/* One more; @why it cannot run, or "". Borrowed. NULL: not asked for, or no memory. */
__attribute__((format(printf, 4, 5))) json_t *night_step_add(struct night_plan *p,
							     const struct step_kind *k,
							     const char *why, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void step_arg(json_t *step, const char *fmt, ...);
/* argv up to what runs in a guest, with its kernel's log kept as STEP_KERNEL_LOG and @step's
 * fuzz_dir, if it has one; @timeout_s of the guest. */
void step_arg_guest(const struct night_plan *p, json_t *step, const char *devices,
		    double timeout_s);
/* The step's name without its kind: what its figures are called after. */
const char *step_where(const json_t *step);
/*
 * The folder of the fuzz target that was found, for a night that is gone on with from elsewhere; as
 * --fuzz-dir, if there is one.
 */
void step_note_fuzz_dir(json_t *step, const char *target);
void step_arg_fuzz_dir(json_t *step);
/* Of the night's and the step's name; and as --seed. */
uint64_t step_seed(const struct night_plan *p, const json_t *step);
void step_arg_seed(const struct night_plan *p, json_t *step);
/* @name below the step's folder. */
void step_arg_file(const struct night_plan *p, json_t *step, const char *option, const char *name);

/* @artifact below the nightly folder, "" for none: @repeat is what shows it then. */
void step_finding(json_t *step, const char *key, const char *what, const char *artifact,
		  const char *repeat);
__attribute__((format(printf, 3, 4))) void step_figure(json_t *step, double v, const char *fmt,
						       ...);
/* An artifact's name: the file @name in the step's folder @dir. */
const char *step_artifact(const char *root, const char *dir, const char *name, char *buf,
			  size_t size);

/* Kernels of a list, one after the other into @kernel; false at the end. "modules=" goes along. */
bool step_kernel_next(const char **list, char *kernel, size_t size);
/* The architecture of @kernel's guest. */
const struct guest_arch *step_kernel_arch(const char *kernel);
/* Why no guest runs @kernel here, or "". Returns @why. */
const char *step_kernel_missing(const char *kernel, char why[STEP_WHY]);
/* A word for a name: the last part of a path, and only letters, digits, '.', '_' and '-'. */
void step_word(const char *text, char *word, size_t size);

#endif
