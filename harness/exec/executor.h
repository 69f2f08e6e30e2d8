/* SPDX-License-Identifier: MIT */
/*
 * executor: runs programs on a backend and, in lock step, on the model, and compares: return
 * values, GET_IRQ_INFO, what reads show, the counters of the eventfds, vectors with a handler (C)
 * and with a host irq (A), bypass producers and references, as far as the backend lets them be
 * seen. It stops a program at the first difference.
 *
 * One owner, one thread. Errors of the machine are -errno with a line in errmsg; a difference is
 * not an error but a result.
 */
#ifndef IRQSTORM_EXEC_EXECUTOR_H
#define IRQSTORM_EXEC_EXECUTOR_H

#include "backend/backend.h"
#include "backend/fault.h"
#include "exec/breach_watch.h"
#include "exec/finding_key.h"
#include "exec/hazard.h"
#include "exec/matrix.h"
#include "exec/recorder.h"
#include "exec/slots.h"
#include "exec/step_watch.h"
#include "exec/target.h"
#include "model/model.h"
#include "program/withheld.h"

struct exec_result {
	enum difference difference;
	uint32_t at;    /* the operation (index in the program) after which it was seen */
	char text[320]; /* what was expected and what came */
	char key[FINDING_KEY_MAX];     /* of the difference, "" without one */
	char sense[FINDING_SENSE_MAX]; /* in which way: two findings of one key can differ in it */
	uint32_t ops;                  /* operations carried out */
	uint32_t skipped;              /* operations that the target cannot do, or that are */
	uint32_t withheld;             /* made of no target: program/withheld.h */
	uint32_t leaking;              /* not made of this host (its_msi.h), or expected of it */
	uint32_t refused; /* calls that the host refused, as it may, and the program expects not */
	uint32_t refused_at; /* the first of them, */
	char refusal[256];   /* and why, with the answer and its rule */
	uint64_t digest;     /* of all outcomes: same program and answers, same number */
};

/* One line per operation, for --trace. */
struct exec_trace {
	void (*line)(void *data, uint32_t at, const struct op *op, const char *outcome);
	void *data;
};

struct executor {
	char *spec; /* the target as given */
	struct backend *be;
	struct backend *opened; /* by executor_open(): a test may have put another around it */
	struct backend_desc desc;
	struct slots *slots;
	bool emulated;
	bool fresh;                   /* as after open: nothing has run */
	bool faulty;                  /* faults are planted, */
	struct fault_counter faults;  /* whose counters were this as the last program began */
	struct program_device device; /* that the emulator was opened with */
	bool has_device;
	struct target_rules rules_named; /* what of the answers --target names, not the device */
	struct model_config answers; /* what a right answer depends on: of this device and host */

	struct model model;
	struct model before; /* as it was before the last call, if anybody may want to know */
	struct rule_counts rules;
	struct matrix *matrix;        /* NULL: not counted */
	struct exec_trace *trace;     /* NULL: none */
	struct hazard_watch *hazards; /* NULL: not looked for */
	struct breach_watch breaches; /* of the program that runs, or ran last */
	struct recorder recorder;     /* of every program, where there is one */
	struct step_watch steps;      /* of the call that runs */
	bool watch_steps; /* look inside the calls of an emulator, too: at each of their steps */
	uint32_t inspect_every; /* look behind the ioctls every so many operations, 0: at the end */

	/* The program that runs now */
	struct oracle *oracle;
	struct withheld withheld;
	struct at_block *at; /* an OP_AT and its block, until their call comes */
	uint8_t request[PROGRAM_REQUEST_MAX];
};

int executor_open(struct executor *x, const char *spec, struct errmsg *e);
void executor_close(struct executor *x);

/*
 * Of a real device, once x->desc describes it: asks which features it has, and sets x->answers by
 * them and by its shape. Its GET_IRQ_INFO has no say in what it must answer. executor_open() has
 * done so.
 */
void executor_know_device(struct executor *x);

/* Makes the device and the slots as after open. A program's device line makes an emulator anew. */
int executor_reset(struct executor *x, const struct program *p, struct errmsg *e);

/*
 * A new emulator and new slots, for a child process that runs one program: what was left by others
 * before, if there was something wrong with them, is out of the way. It is not freed, for it may be
 * broken. Nothing for a real device, and for a backend that a test has put around the emulator.
 */
int executor_anew(struct executor *x, struct errmsg *e);

/*
 * The target on which a new executor does with the last program what this one did: as given, and
 * the counters of planted faults as they were when it began. To be freed; NULL with @e.
 */
char *executor_target(const struct executor *x, struct errmsg *e);

/* The next program meets planted faults with @c, as executor.faults was; NULL: as after open. */
void executor_set_faults(struct executor *x, const struct fault_counter *c);

/*
 * One program, operation by operation: begin (reset for @p's device), step for each, finish. A step
 * after a difference does nothing. Returns of step: what the operation returned, 0 for those that
 * return nothing, -ECANCELED for one that is withheld. @r is the caller's until finish.
 */
int executor_begin(struct executor *x, const struct program *p, struct exec_result *r,
		   struct errmsg *e);
int executor_step(struct executor *x, const struct op *op, uint32_t at);
int executor_finish(struct executor *x, struct errmsg *e);

/*
 * Before a difference of @r is told, which executor_finish() has done of its own: -errno with @e
 * (exit 3), and the difference dropped, when the device does not answer (backend/gone.h).
 */
int executor_verify(struct executor *x, struct exec_result *r, struct errmsg *e);

/* begin, step and finish of all of @p. 0 or -errno with @e; what was found is in @r. */
int executor_run(struct executor *x, const struct program *p, struct exec_result *r,
		 struct errmsg *e);

/* The same calls with no model and no looking: what the bare limit of this machine is. */
int executor_run_bare(struct executor *x, const struct program *p, struct errmsg *e);

/* Can the target do @op at all? */
bool executor_can(const struct executor *x, const struct op *op);

#endif
