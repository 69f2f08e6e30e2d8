/* SPDX-License-Identifier: MIT */
/*
 * model: the executable specification of docs/rules.md. One step takes one operation of a program
 * and says what a correct kernel and device answer: return value, GET_IRQ_INFO, what a read shows,
 * how the counters of the eventfds stand, which vectors are allocated (A) and active (C), and how
 * many eventfd references exist. State and rules only: no threads, no descriptors, no system calls;
 * nothing shared with the emulator but constants and the program types.
 *
 * A struct model is plain data and may be copied. Not thread-safe: one owner.
 */
#ifndef IRQSTORM_MODEL_MODEL_H
#define IRQSTORM_MODEL_MODEL_H

#include "features/features.h"
#include "model/rule.h"
#include "program/program.h"

struct model_config {
	uint32_t features;                 /* of kernel and host: bits of features/features.h */
	bool dyn;                          /* NORESIZE is clear on MSI-X (R15, R17) */
	bool irqless;                      /* the host has no irq for the pin (R25) */
	uint32_t count[VFIO_PCI_NUM_IRQS]; /* n of each index after open, ERR 0 without PCIe */
	bool msi_multi;                    /* the host can give MSI more than one vector (R48) */
	uint32_t host_vectors;             /* MSI(-X) vectors that the host can give, 0: enough */
	bool pba_cleared;                  /* pending bits do not survive disable */
	bool message_cached;               /* the function reads messages at unmask (P2) */
	bool posted;                       /* a message can be under way while its vector goes */
	bool entries_open;                 /* mask bits are clear until something sets them */
	bool pba_survives;                 /* resets leave pending bits; opening anew does not */
};

#define MODEL_NO_OBJECT 0xffu /* no eventfd */
#define MODEL_ORPHAN    0xfeu /* one whose last descriptor is closed: only its reference is left */

/* An eventfd that has a descriptor. */
struct model_eventfd {
	uint64_t lo, hi; /* the counter is between them; they differ only inside an OP_AT call */
	uint8_t files;   /* open slots, 0: unused */
	bool semaphore;
};

/*
 * Events of an OP_AT whose moment decides who gets them, or that set a pending bit: which of the
 * two only looking tells, but together they are between @least and @most.
 */
struct model_events {
	uint32_t least, most;
	uint64_t seen; /* so far */
	bool blind;    /* a counter was read meanwhile, or is full: it does not tell */
};

#define MODEL_WORDS (IRQ_MAX_VECTORS / 64)

struct vector_set {
	uint64_t bits[MODEL_WORDS];
};

/* What a request takes of the host (refusal.h). */
enum host_resource {
	HOST_MEMORY,
	HOST_VECTOR,  /* of MSI(-X), and the memory for it, when one is set */
	HOST_ADDED,   /* one more of MSI-X, while it is enabled */
	HOST_VECTORS, /* those of a first enable */
	HOST_LINE,    /* of INTX */
	HOST_RESOURCES,
};

/* A host that refuses: what is asked of a step, and what came of it. Not state. */
struct host_refusal {
	int32_t ret;  /* its answer, 0: it refuses nothing */
	uint32_t nth; /* at the nth place where that is lawful */
	bool met;     /* there is such a place; then the rest holds */
	enum host_resource what;
	int32_t answer;
	uint32_t wanted; /* vectors */
	uint32_t rule;
};

struct model {
	struct model_config cfg;
	struct rule_counts *counts; /* NULL, or counted up; not state */

	/* The user's side */
	uint8_t slot[PROGRAM_SLOTS]; /* which eventfd, or MODEL_NO_OBJECT */
	struct model_eventfd eventfd[PROGRAM_SLOTS];

	/* vfio */
	uint8_t type;                                /* enabled index, VFIO_PCI_NUM_IRQS: none */
	uint8_t intx_trigger, intx_unmask, err, req; /* eventfds */
	bool intx_masked, virq_disabled;
	uint32_t references;
	uint32_t nvec;                    /* vectors of the first enable */
	struct vector_set allocated;      /* A */
	struct vector_set active;         /* C */
	struct vector_set producer;       /* vectors with an irq bypass producer */
	uint8_t trigger[IRQ_MAX_VECTORS]; /* eventfd of each vector in C */

	/* The kernel's MSI core and the function */
	uint32_t msix_count;  /* table size now */
	uint32_t domain_size; /* of the MSI-X domain, 0: there is none (P13) */
	bool line;            /* INTx level */
	bool d3hot, function_mask;
	struct vector_set unmasked; /* table entries with a clear mask bit */
	struct vector_set pending;
	struct vector_set maybe;   /* pending bits that an OP_AT fire may have set */
	struct vector_set message; /* entries that hold the kernel's message */
	struct vector_set sends;   /* vectors whose message in use (cached or not) is that */

	uint32_t fail; /* steps until one fails, 0: none does */
	struct host_refusal refusal;
	struct model_events events; /* of the last OP_AT call */
	uint32_t words;   /* of a set that can have been used since model_init(); not state */
	uint32_t touched; /* bits of eventfds whose counter the last step may have changed */
};

/* What a step must answer. */
struct expectation {
	int32_t ret;    /* 0, -errno, or a positive number (R48, ENTRY) */
	bool has_value; /* READ */
	uint64_t value_lo, value_hi;
	bool has_info; /* IRQ_INFO with ret 0 */
	uint32_t info_flags, info_count;
	uint32_t slots; /* 1 << slot: counters to look at; others cannot have changed */
	bool silent;    /* an interrupt is taken that no counter shows: let it settle */
};

void model_init(struct model *m, const struct model_config *cfg, struct rule_counts *counts);
/* The same of one that was used before: takes less time, as most of it was not. */
void model_renew(struct model *m, const struct model_config *cfg, struct rule_counts *counts);

/*
 * One operation. @block: the operations of an OP_AT that this SET_IRQS carries, @block_n of them;
 * @block_out: what each must answer. OP_AT and OP_EXPECT themselves are no steps.
 */
void model_step(struct model *m, const struct op *op, struct expectation *out);
void model_step_at(struct model *m, const struct op *op, const struct op *block, uint32_t block_n,
		   struct expectation *out, struct expectation *block_out);

/* The counter of @slot: between *@lo and *@hi. Closed: 0. */
void model_counter(const struct model *m, uint32_t slot, uint64_t *lo, uint64_t *hi);

/* Message Control as enum backend_control (backend/backend.h) has it. */
uint32_t model_control(const struct model *m);

/* Would the signal of this OP_FIRE, done now, be seen on an open eventfd? */
bool model_fire_shows(const struct model *m, const struct op *op);

/* What was seen after an OP_AT call, to go on from: within what the model allows, or ignored. */
void model_observe_counter(struct model *m, uint32_t slot, uint64_t value);
void model_observe_pending(struct model *m, uint32_t vector, bool pending);
/* And then: 0, or -1 when an event is missing (R54, P8), 1 when there is one too many. */
int model_observe_events(const struct model *m);

static inline bool model_has(const struct model *m, enum feature feature)
{
	return feature_in(m->cfg.features, feature);
}

static inline bool vector_in(const struct vector_set *s, uint32_t v)
{
	return s->bits[v / 64] >> v % 64 & 1;
}
/* @s: a set of @m. */
uint32_t vector_set_size(const struct model *m, const struct vector_set *s);

/* A digest of the state that decides all later answers: equal states, equal numbers. */
uint64_t model_digest(const struct model *m);

#endif
