/* SPDX-License-Identifier: MIT */
/*
 * account: the ledger of every fire. For each vector a ring carries the stamps of its fires from
 * the producer to the consumer, and a state word says what the workload wanted of the vector at
 * that moment. The consumer reports what it read; account decides, for every fire, in which one
 * class it ended (docs/accounting.md):
 *
 *	fired == delivered + coalesced + unarmed + lost_explained + lost_unexplained
 *
 * and what no fire accounts for: extra signals (spurious, or misrouted once paired with a loss on
 * another vector, or strays once paired with an unarmed fire of another). It only counts and never
 * touches a device.
 *
 * A fire is judged by the state word before and after it:
 *	- armed, and no call began meanwhile: it must arrive; if not, lost_unexplained;
 *	- a call that keeps the vector but may drop what is in flight (teardown, swap): if it does
 *not arrive, lost_explained (or coalesced with the replay of a pending bit, swap only);
 *	- removed, being removed or being added: if it does not arrive, unarmed (or coalesced).
 * With a backend whose fire() is synchronous "meanwhile" ends when fire() returns, and a fire is
 * resolved by the first complete consumer pass that began later. Otherwise the interrupt is in
 * flight for an unknown time: "meanwhile" lasts until it arrives, and a fire is resolved by age.
 *
 * Threading: per vector one producer, one resizer, one consumer at a time. Each owns its cache line
 * of the ledger and publishes with release stores; the ring is single producer, single consumer.
 */
#ifndef IRQSTORM_STRESS_ACCOUNT_H
#define IRQSTORM_STRESS_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/hist.h"

/* What the workload wants of a vector: low bits of the state word. */
enum vector_state {
	VEC_DISARMED, /* removed */
	VEC_ARMED,    /* must deliver */
	VEC_ADDING,   /* a call in flight adds it */
	VEC_REMOVING, /* a call in flight removes it */
	VEC_SWAPPING, /* a call in flight replaces its trigger: may drop what is in flight (R80) */
	VEC_TEARDOWN, /* index disabled and enabled again, the vector is wanted all through */
};

/*
 * The state word: state, whether the last lossy call was a teardown, a count of state changes, and
 * a count of lossy calls begun. Equal counts mean that nothing happened in between.
 */
#define WORD_STATE_BITS  3
#define WORD_WIDE        (1ULL << 3)
#define WORD_SEQ_SHIFT   4
#define WORD_COUNT_MASK  ((1ULL << 29) - 1)
#define WORD_LOSSY_SHIFT 33
#define WORD_VALID       (1ULL << 63) /* set in stamp.after alone */

static inline enum vector_state word_state(uint64_t w)
{
	return (enum vector_state)(w & ((1u << WORD_STATE_BITS) - 1));
}

static inline uint64_t word_seq(uint64_t w)
{
	return (w >> WORD_SEQ_SHIFT) & WORD_COUNT_MASK;
}

static inline uint64_t word_lossy(uint64_t w)
{
	return (w >> WORD_LOSSY_SHIFT) & WORD_COUNT_MASK;
}

uint64_t word_next(uint64_t w, enum vector_state state);

/* How a fire that did not arrive may be explained. */
enum fire_class {
	FIRE_REMOVED,
	FIRE_SWAP,
	FIRE_TEARDOWN,
	FIRE_MUST,
};
#define FIRE_MAY_CLASSES FIRE_MUST
#define FIRE_VERDICTS    (FIRE_MUST + 2) /* what becomes of each class, and coalesced */

enum fire_class fire_classify(uint64_t before, uint64_t after);

/* When a fire was made, against the resizer's calls. */
enum phase {
	PHASE_STEADY,
	PHASE_RESIZE, /* a call was in flight */
	PHASE_SETTLE, /* within 1 ms after one */
	PHASES,
};

/*
 * One fire, on its way from the producer to the consumer in a slot of its own: besides the eventfd
 * itself this is the only memory that the two pass to and fro, so a fire costs little more than its
 * signal. Two to a cache line.
 */
struct stamp {
	_Atomic uint32_t seq;   /* number of the fire + 1, low half: the slot holds this fire */
	uint32_t lag;           /* made this long after `intended`, and the phase: stamp_pack() */
	uint64_t intended;      /* ns: when the fire was due (open loop), else when it was made */
	uint64_t before;        /* state word read before the fire */
	_Atomic uint64_t after; /* and after it; 0 while fire() has not returned */
};
#define STAMP_AHEAD 4 /* slots fetched for writing before their turn */

/*
 * A lag in 32 bits: the phase in the top 2, an exponent in 4, and 26 bits of units of 16 ns,
 * doubled exponent times. Up to a second it is short of the true one by less than 16 ns, beyond by
 * less than 1 in 2^25; nine hours are the end.
 */
#define STAMP_PHASE_SHIFT 30
#define STAMP_EXP_SHIFT   26
#define STAMP_UNIT_SHIFT  4
#define STAMP_UNITS_MAX   ((1u << STAMP_EXP_SHIFT) - 1)
#define STAMP_EXP_MAX     15u

static inline uint32_t stamp_pack(uint64_t lag, enum phase phase)
{
	uint64_t units = lag >> STAMP_UNIT_SHIFT;
	uint32_t exp = 0;

	if (units > STAMP_UNITS_MAX) {
		exp = (uint32_t)(64 - __builtin_clzll(units)) - STAMP_EXP_SHIFT;
		units >>= exp;
		if (exp > STAMP_EXP_MAX) {
			exp = STAMP_EXP_MAX;
			units = STAMP_UNITS_MAX;
		}
	}
	return (uint32_t)phase << STAMP_PHASE_SHIFT | exp << STAMP_EXP_SHIFT | (uint32_t)units;
}

static inline uint64_t stamp_lag(uint32_t packed)
{
	uint32_t exp = packed >> STAMP_EXP_SHIFT & STAMP_EXP_MAX;

	return (uint64_t)(packed & STAMP_UNITS_MAX) << (STAMP_UNIT_SHIFT + exp);
}

static inline enum phase stamp_phase(uint32_t packed)
{
	return (enum phase)(packed >> STAMP_PHASE_SHIFT);
}

struct hold {
	uint64_t n;    /* fires that did not arrive yet and may still be replayed */
	uint64_t paid; /* of these, signals that came */
};

/* When such fires were due, the oldest first, so that an outage shows in the response. */
struct held_stamp {
	uint64_t intended;
	uint64_t before; /* state word, as in struct stamp */
	uint32_t lag;    /* as in struct stamp */
	uint8_t hold;    /* enum fire_class */
	bool wanted;     /* at its vector: else it waits for that, and not for the engine */
};
#define HELD_STAMPS 8 /* of those beyond no time is known: tally.untimed */

struct ledger {
	/* producer's line */
	_Alignas(64) _Atomic uint64_t fired; /* read by others only now and then */
	uint64_t head_seen;                  /* `head` when it was last looked at */
	struct stamp *ring;
	uint32_t ring_mask;
	uint32_t vector;

	/* resizer's line */
	_Alignas(64) _Atomic uint64_t word;
	_Atomic uint64_t renewed; /* ns: when its trigger was last set up; timed only */

	/* consumer's line */
	_Alignas(64) _Atomic uint64_t head;    /* stamps taken out of the ring */
	_Atomic uint64_t finalised;            /* fires that have their class */
	uint64_t popped_may[FIRE_MAY_CLASSES]; /* delivered by FIFO order though they need not be */
	struct hold hold[FIRE_MAY_CLASSES];
	struct hold overdue; /* timed only: had to arrive and is not here, but not yet old enough */
	struct held_stamp held[HELD_STAMPS];
	uint32_t n_held;
	uint64_t overdue_sent; /* ns: when the last of them was made */
	uint64_t hold_since;   /* ns: first entry of the present holds */
	uint64_t rearmed;      /* ns, timed only: a removed vector was first seen armed again */
	/* timed only: verdicts that take_back() may still revoke, and when the last was given */
	uint64_t credit[FIRE_VERDICTS];
	uint64_t credit_ns;
};

/* A fire that never came, or signals that no fire of their vector explains. */
/* What a signal without a fire of its own vector turned out to be: the worst of an event's. */
enum signal_kind { SIGNAL_SPURIOUS, SIGNAL_MISROUTED, SIGNAL_STRAY, SIGNAL_KINDS };

struct account_event {
	uint64_t ns;
	uint32_t vector;
	uint32_t count;
	uint64_t renewed; /* of signals: when the vector's trigger had last been set up */
	bool explained;   /* of a fire that departed: it is a loss explained, else unarmed */
	uint8_t kind;     /* of signals, once tally_settle() has been there: enum signal_kind */
};
#define ACCOUNT_MAX_EVENTS 4096

struct account_events {
	uint32_t n; /* kept; the tally counts all */
	struct account_event at[ACCOUNT_MAX_EVENTS];
};

/* What one consumer thread has counted; merge when the threads are done. */
struct tally {
	uint64_t delivered, coalesced, unarmed, lost_explained, lost_unexplained;
	uint64_t extra; /* signals beyond every fire */
	uint64_t late, wakeups, signals;
	uint64_t slowest_ns; /* service of what came before its verdict: how slow a flight is */
	uint64_t untimed;    /* delivered so late that the stamp was gone: in no histogram */
	struct hist service; /* per wake-up, newest stamp */
	struct hist response[PHASES];
	struct account_events missing, extras;
	/*
	 * Asynchronous only: fires whose message may have left before their vector was removed:
	 * unarmed ones, and losses that a call explains before or after the removal.
	 */
	struct account_events departed;
};

struct account_rules {
	bool timed;             /* resolve by age: the backend or the consumer is asynchronous */
	bool sync_fire;         /* the state word after fire() closes the window */
	uint64_t deadline_ns;   /* delivered later than this counts as late */
	uint64_t lost_after_ns; /* timed: age at which a fire that must arrive is lost */
	uint64_t flight_ns;     /* timed: how long an interrupt is reasonably under way */
};

void tally_init(struct tally *t);

/*
 * One more event; the last @n events of @vector taken back, of those that are among the losses
 * explained, or that are not.
 */
void tally_event(struct account_events *ev, uint64_t ns, uint32_t vector, uint64_t count);
void tally_forget(struct account_events *ev, uint32_t vector, bool explained, uint64_t n);

/* What extra signals turn out to be; the rest of them is spurious. */
struct tally_pairs {
	uint64_t misrouted; /* with a loss on another vector, at most @window_ns apart */
	/* With a fire of another vector that departed, at a vector whose trigger was set up after
	 * that fire: the second half of R80. At most @flight_ns after it. */
	uint64_t strays;
	/* Of these, with a fire that is among the losses explained. Its message has been seen, and
	 * its vector was out then: tally_settle() has it among the unarmed. */
	uint64_t explained;
	uint8_t kind[ACCOUNT_MAX_EVENTS]; /* of each of the tally's extras: enum signal_kind */
};

/* Each signal and each fire is in one pair at most. */
void tally_pair(const struct tally *t, uint64_t window_ns, uint64_t flight_ns,
		struct tally_pairs *out);

void tally_settle(struct tally *t, const struct tally_pairs *pairs);

/* @ring_size is a power of two. 0 or -ENOMEM. */
int ledger_init(struct ledger *l, uint32_t vector, uint32_t ring_size, enum vector_state state);
void ledger_destroy(struct ledger *l);

/* producer: false when the ring is full (the consumer is behind): wait, do not fire. */
static inline bool ledger_begin(struct ledger *l, uint64_t intended, uint64_t sent,
				enum phase phase, uint64_t *slot)
{
	uint64_t n = atomic_load_explicit(&l->fired, memory_order_relaxed);
	struct stamp *s = &l->ring[n & l->ring_mask];

	if (n - l->head_seen > l->ring_mask) {
		/* acquire: the consumer is done with the slots that it has passed */
		l->head_seen = atomic_load_explicit(&l->head, memory_order_acquire);
		if (n - l->head_seen > l->ring_mask)
			return false;
	}
	__builtin_prefetch(&l->ring[(n + STAMP_AHEAD) & l->ring_mask], 1);
	s->intended = intended;
	s->lag = stamp_pack(sent - intended, phase);
	atomic_store_explicit(&s->after, 0, memory_order_relaxed);
	/* acquire: what is done to the device comes after */
	s->before = atomic_load_explicit(&l->word, memory_order_acquire);
	atomic_store_explicit(&l->fired, n + 1, memory_order_relaxed);
	/* release: the stamp is complete before a signal can be matched with it */
	atomic_store_explicit(&s->seq, (uint32_t)(n + 1), memory_order_release);
	*slot = n;
	return true;
}

/* producer: fire() has returned. */
static inline void ledger_end(struct ledger *l, uint64_t slot)
{
	struct stamp *s = &l->ring[slot & l->ring_mask];
	uint64_t word = atomic_load_explicit(&l->word, memory_order_acquire);

	/* release: whoever sees it knows that the signal, if any, is in the eventfd */
	atomic_store_explicit(&s->after, word | WORD_VALID, memory_order_release);
}

/* consumer: fire @n has been announced. */
static inline bool ledger_has(struct ledger *l, uint64_t n)
{
	/* acquire pairs with ledger_begin() */
	return atomic_load_explicit(&l->ring[n & l->ring_mask].seq, memory_order_acquire) ==
	       (uint32_t)(n + 1);
}

/* closed loop: may the producer fire again? acquire pairs with the consumer's release. */
static inline bool ledger_idle(struct ledger *l)
{
	return atomic_load_explicit(&l->finalised, memory_order_acquire) ==
	       atomic_load_explicit(&l->fired, memory_order_relaxed);
}

/* resizer: before a call, and after it. */
void ledger_set_state(struct ledger *l, enum vector_state state);

/* resizer: after a call that set the vector's trigger up, before its state says so. */
static inline void ledger_renew(struct ledger *l, uint64_t now)
{
	atomic_store_explicit(&l->renewed, now, memory_order_relaxed);
}

/* consumer: @count signals of this vector were read at @now. */
void account_read(struct ledger *l, struct tally *t, const struct account_rules *r, uint64_t count,
		  uint64_t now);

/* What the consumer saw of a vector before a complete pass over all eventfds. */
struct account_mark {
	uint64_t done; /* fires below this number had returned */
	uint64_t word;
};

void account_mark(struct ledger *l, struct account_mark *m);

/* consumer: after the pass, settle every fire that can no longer arrive. */
void account_resolve(struct ledger *l, struct tally *t, const struct account_rules *r,
		     const struct account_mark *m, uint64_t now);

/* consumer: a fire is in the ring; a fire was not delivered and may still be replayed. */
static inline bool account_queued(struct ledger *l)
{
	return ledger_has(l, atomic_load_explicit(&l->head, memory_order_relaxed));
}
bool account_held(const struct ledger *l);

/* consumer: fires of this vector are without a class. */
static inline bool account_open(struct ledger *l)
{
	return account_queued(l) || account_held(l);
}

/* The end: nothing is in flight any more; every fire gets its class. */
void account_finish(struct ledger *l, struct tally *t, const struct account_rules *r, uint64_t now);

#endif
