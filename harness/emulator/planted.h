/* SPDX-License-Identifier: MIT */
/*
 * planted: how the hooks of plant.h are written, in plant_*.c and nowhere else. @owner is what has
 * a member `zoo`.
 *
 *	if (ZOO(emu, B28))                  is it switched on? counts `reached`
 *	if (ZOO_WHEN(emu, B28, !emu->dyn))  and the condition holds: counts `triggered`, too
 *	ZOO_TRIGGERED(emu, B28);            where it is known only later that it made a difference
 *	ZOO_OOPS(emu, ZOO_NULL_DEREF);      where a kernel would have crashed or hung
 *
 * Where a bug goes another way through a function, its places and steps keep that function's name:
 * findings tell of the kernel's code, not of this.
 */
#ifndef IRQSTORM_EMULATOR_PLANTED_H
#define IRQSTORM_EMULATOR_PLANTED_H

#include "emulator/device.h"
#include "emulator/plant.h"
#include "emulator/zoo.h"

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
	((index) >= (size) && (ZOO_OOPS(owner, ZOO_OUT_OF_BOUNDS), true))

#endif
