/* SPDX-License-Identifier: MIT */
/*
 * fine_private: how routines of fine are written. A routine is a function that is called again and
 * again, and goes on where it left off: what it has to remember is in the caller's struct, never in
 * a local variable, and every expression that a RUN() repeats must mean the same each time.
 */
#ifndef IRQSTORM_MODEL_FINE_PRIVATE_H
#define IRQSTORM_MODEL_FINE_PRIVATE_H

#include "model/fine.h"
#include "model/state.h"

/* The body of a routine stands between ROUTINE() and ROUTINE_END(). */
#define ROUTINE(c, level)                                                                          \
	uint16_t *at_ = &(c)->at[level];                                                           \
	switch (*at_) {                                                                            \
	case 0:
#define ROUTINE_END()                                                                              \
	}                                                                                          \
	*at_ = 0;                                                                                  \
	return FINE_DONE

/* Another caller may step here. */
#define STEP()                                                                                     \
	do {                                                                                       \
		*at_ = __LINE__;                                                                   \
		return FINE_MORE;                                                                  \
	case __LINE__:;                                                                            \
	} while (0)
/* What comes before is a step of its own only if it has to wait. */
#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		*at_ = __LINE__;                                                                   \
		__attribute__((fallthrough));                                                      \
	case __LINE__:                                                                             \
		if (!(condition))                                                                  \
			return FINE_BLOCKED;                                                       \
	} while (0)
/* All of another routine, of a deeper level. */
#define RUN(routine)                                                                               \
	do {                                                                                       \
		*at_ = __LINE__;                                                                   \
		__attribute__((fallthrough));                                                      \
	case __LINE__: {                                                                           \
		enum fine_result result_ = (routine);                                              \
                                                                                                   \
		if (result_ != FINE_DONE)                                                          \
			return result_;                                                            \
	}                                                                                          \
	} while (0)
#define DONE()                                                                                     \
	do {                                                                                       \
		*at_ = 0;                                                                          \
		return FINE_DONE;                                                                  \
	} while (0)

static inline uint8_t fine_name(const struct fine *f, const struct fine_caller *c)
{
	return (uint8_t)(c - f->caller + 1);
}

/* eventfd_signal() as far as the counter: who is woken by it is another step. */
static inline void fine_count(struct model *m, uint8_t object)
{
	uint8_t unmask = m->intx_unmask;

	m->intx_unmask = MODEL_NO_OBJECT;
	model_eventfd_signal(m, object);
	m->intx_unmask = unmask;
}

/* fine_intx.c */
enum fine_event { FINE_LINE, FINE_SEND, FINE_WORK };
enum fine_result fine_raise(struct fine *f, struct fine_caller *c, enum fine_event event);
/* @c->waking was counted up, and is watched unless it is MODEL_NO_OBJECT. */
enum fine_result fine_wake(struct fine *f, struct fine_caller *c);
/* The last descriptor of @c->old, which is watched, was closed. */
enum fine_result fine_hup(struct fine *f, struct fine_caller *c);
enum fine_result fine_intx(struct fine *f, struct fine_caller *c);
enum fine_result fine_intx_disable(struct fine *f, struct fine_caller *c);
enum fine_result fine_disintx(struct fine *f, struct fine_caller *c, bool disabled);
enum fine_result fine_line(struct fine *f, struct fine_caller *c, bool asserted);

/* fine_msi.c */
enum fine_result fine_msi(struct fine *f, struct fine_caller *c);
enum fine_result fine_msi_disable(struct fine *f, struct fine_caller *c);
enum fine_result fine_fire_msi(struct fine *f, struct fine_caller *c);
enum fine_result fine_function_mask(struct fine *f, struct fine_caller *c, bool masked);

#endif
