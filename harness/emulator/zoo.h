/* SPDX-License-Identifier: MIT */
/*
 * zoo: historical bugs of VFIO interrupt code that the emulator can be given, one at a time, to see
 * whether they are found. zoo.def is the catalogue: one row a bug. The bugs are compiled in by the
 * CMake option IRQSTORM_ZOO alone; without it there are no rows and emu_config.bug must be 0.
 *
 * Two canaries tell how near a program comes: `reached` counts how often the wrong code ran,
 * `triggered` how often it did something that the right code would not have done.
 */
#ifndef IRQSTORM_EMULATOR_ZOO_H
#define IRQSTORM_EMULATOR_ZOO_H

#include "backend/backend.h"

enum zoo_bug {
	ZOO_NONE,
#define ZOO_BUG(id, target, oracle, what, history) ZOO_##id,
#include "emulator/zoo.def"
#undef ZOO_BUG
	ZOO_BUGS,
};

struct zoo_entry {
	const char *id;
	const char *target;  /* what finds it: program, interleave, stress, ... (docs/zoo.md) */
	const char *oracle;  /* that its program in corpus/zoo is expected to fail by */
	const char *what;    /* is wrong */
	const char *history; /* where it comes from */
};

/* Are there any? */
bool zoo_compiled_in(void);
/* NULL for ZOO_NONE and what is no bug. */
const struct zoo_entry *zoo_entry(uint32_t bug);
/* ZOO_NONE: no bug of that name in this build. */
uint32_t zoo_find(const char *id);

struct zoo_counts {
	uint64_t reached, triggered;
};

/* What would have stopped a kernel. */
enum zoo_oops {
	ZOO_FINE,
	ZOO_NULL_DEREF,
	ZOO_USE_AFTER_FREE,
	ZOO_DOUBLE_FREE,
	ZOO_OUT_OF_BOUNDS,
	ZOO_ENDLESS_LOOP,
};
const char *zoo_oops_text(enum zoo_oops oops);

/* Of an emulator, since it was opened: whichever bugs it was remade with. */
void emulator_zoo(struct backend *be, struct zoo_counts *out);
/* What came up since the last call. A planted bug that would crash or hang reports it here. */
enum zoo_oops emulator_zoo_oops(struct backend *be);
/* @fn(@data, "reached" or "triggered") when a canary leaves 0, on the thread that did it. */
void emulator_zoo_first(struct backend *be, void (*fn)(void *data, const char *canary), void *data);

#endif
