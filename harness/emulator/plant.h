/* SPDX-License-Identifier: MIT */
/*
 * plant: how a bug of the zoo is written into the emulator. Private to harness/emulator. @owner is
 * what has a member `zoo`: the emulator, its INTX, its host. Without IRQSTORM_ZOO all of it is
 * constant, and nothing of a bug is left in the code.
 *
 *	if (ZOO(emu, B28))                      is it switched on? counts `reached`
 *	if (ZOO_WHEN(emu, B28, !emu->dyn))      and the condition holds: counts `triggered`, too
 *	ZOO_TRIGGERED(emu, B28);                where it is known only later that it made a
 *difference ZOO_OOPS(emu, ZOO_NULL_DEREF);          where a kernel would have crashed or hung
 */
#ifndef IRQSTORM_EMULATOR_PLANT_H
#define IRQSTORM_EMULATOR_PLANT_H

#include "emulator/zoo.h"

/* What planted bugs keep from one step or call to another. Cleared when the device is new. */
enum zoo_note {
	NOTE_ADDED,      /* vector + 1 that this step added to A in place */
	NOTE_ADDED_EVER, /* there was one */
	NOTE_LIVE,       /* vector + 1 that is set while its entry is not masked */
	NOTE_FAILED,     /* the last enable of MSI or MSI-X failed */
	NOTE_MEMORY_OFF,
	NOTE_CLOSING,   /* a last close is under way */
	NOTE_STALE_ERR, /* the trigger was put, the pointer kept */
	NOTE_STALE_REQ,
	NOTE_WAS_SET, /* REQ or ERR had a trigger once */
	NOTE_DEPTH,   /* how often the host's irq is disabled too often */
	NOTE_ACKED,   /* the line rose while it was masked */
	NOTE_LEAK,    /* the context of INTX could not be had */
	ZOO_NOTES,
};

#ifdef IRQSTORM_ZOO

#include <stdatomic.h>

struct zoo {
	uint32_t bug; /* enum zoo_bug; constant while programs run */
	_Atomic uint32_t oops;
	_Atomic uint64_t reached, triggered;
	void (*first)(void *data, const char *canary);
	void *first_data;
	uint32_t note[ZOO_NOTES];
};

bool zoo_count(struct zoo *zoo, _Atomic uint64_t *canary, const char *name);

static inline bool zoo_on(struct zoo *zoo, enum zoo_bug bug)
{
	return zoo->bug == (uint32_t)bug;
}

#define ZOO_ON(owner, id) zoo_on((owner)->zoo, ZOO_##id) /* with no canary */
#define ZOO(owner, id)                                                                             \
	(ZOO_ON(owner, id) && zoo_count((owner)->zoo, &(owner)->zoo->reached, "reached"))
#define ZOO_TRIGGERED(owner, id)                                                                   \
	(void)(ZOO_ON(owner, id) && zoo_count((owner)->zoo, &(owner)->zoo->triggered, "triggered"))
#define ZOO_WHEN(owner, id, condition)                                                             \
	(ZOO(owner, id) && (condition) &&                                                          \
	 zoo_count((owner)->zoo, &(owner)->zoo->triggered, "triggered"))
/* The first one counts. */
#define ZOO_OOPS(owner, what)                                                                      \
	atomic_compare_exchange_strong(&(owner)->zoo->oops, &(uint32_t){ZOO_FINE}, (what))
#define ZOO_NOTE(owner, i) (owner)->zoo->note[i]
/* With a bug about, an index that leads out of an array is a finding and goes no further. */
#define ZOO_OUTSIDE(owner, index, size)                                                            \
	((owner)->zoo->bug && (index) >= (size) && (ZOO_OOPS(owner, ZOO_OUT_OF_BOUNDS), true))

#else

/* Not evaluated. */
#define ZOO_ON(owner, id)               ((void)sizeof(owner), false)
#define ZOO(owner, id)                  ((void)sizeof(owner), false)
#define ZOO_TRIGGERED(owner, id)        ((void)sizeof(owner))
#define ZOO_WHEN(owner, id, condition)  ((void)sizeof(owner), (void)sizeof(condition), false)
#define ZOO_OOPS(owner, what)           ((void)sizeof(owner))
#define ZOO_OUTSIDE(owner, index, size) ((void)sizeof(owner), false)
#define ZOO_NOTE(owner, i)              (((uint32_t[ZOO_NOTES]){0})[(void)sizeof(owner), (i)])

#endif
#endif
