/* SPDX-License-Identifier: MIT */
/* zoo: see zoo.h. Owns the catalogue as a table, and the canaries. */
#include "emulator/zoo.h"

#include <string.h>

#include "emulator/device.h"

static const char *const oops_texts[] = {
	[ZOO_FINE] = "nothing",
	[ZOO_NULL_DEREF] = "a NULL pointer was followed",
	[ZOO_USE_AFTER_FREE] = "what was freed was used",
	[ZOO_DOUBLE_FREE] = "what was freed was freed again",
	[ZOO_OUT_OF_BOUNDS] = "memory out of bounds was touched",
	[ZOO_ENDLESS_LOOP] = "a loop had no end",
};

const char *zoo_oops_text(enum zoo_oops oops)
{
	return oops_texts[oops];
}

#ifdef IRQSTORM_ZOO

#include "emulator/planted.h"

static const struct zoo_entry entries[ZOO_BUGS] = {
#define ZOO_BUG(id_, target_, oracle_, what_, history_)                                            \
	[ZOO_##id_] = {                                                                            \
		.id = #id_,                                                                        \
		.target = (target_),                                                               \
		.oracle = (oracle_),                                                               \
		.what = (what_),                                                                   \
		.history = (history_),                                                             \
	},
#include "emulator/zoo.def"
#undef ZOO_BUG
};

bool zoo_compiled_in(void)
{
	return true;
}

const struct zoo_entry *zoo_entry(uint32_t bug)
{
	return bug > ZOO_NONE && bug < ZOO_BUGS ? &entries[bug] : NULL;
}

uint32_t zoo_find(const char *id)
{
	for (uint32_t bug = ZOO_NONE + 1; bug < ZOO_BUGS; bug++) {
		if (!strcmp(entries[bug].id, id))
			return bug;
	}
	return ZOO_NONE;
}

bool zoo_count(struct zoo *zoo, _Atomic uint64_t *canary, const char *name)
{
	/* Relaxed: a count, it orders nothing. */
	if (!atomic_fetch_add_explicit(canary, 1, memory_order_relaxed) && zoo->first)
		zoo->first(zoo->first_data, name);
	return true;
}

void emu_zoo_init(struct emu *emu)
{
	emu->zoo = emu->intx.zoo = emu->host.zoo = &emu->zoo_state;
	emu->zoo->bug = emu->cfg.bug;
	memset(emu->zoo->note, 0, sizeof(emu->zoo->note));
}

void emu_zoo_forget(struct emu *emu)
{
	if (ZOO_NOTE(emu, NOTE_STALE_ERR))
		emu->err.trigger = NULL;
	if (ZOO_NOTE(emu, NOTE_STALE_REQ))
		emu->req.trigger = NULL;
	/* Switched off for as long as this takes. */
	emu->zoo->bug = ZOO_NONE;
	if (emu->intx.unmask)
		virqfd_detach(emu);
	emu_last_close(emu);
	emu_zoo_init(emu);
}

static struct zoo *zoo_of(struct backend *be)
{
	return emulator_is(be) ? ((struct emu *)be)->zoo : NULL;
}

void emulator_zoo(struct backend *be, struct zoo_counts *out)
{
	struct zoo *zoo = zoo_of(be);

	*out = (struct zoo_counts){0};
	if (!zoo)
		return;
	out->reached = atomic_load_explicit(&zoo->reached, memory_order_relaxed);
	out->triggered = atomic_load_explicit(&zoo->triggered, memory_order_relaxed);
}

enum zoo_oops emulator_zoo_oops(struct backend *be)
{
	struct zoo *zoo = zoo_of(be);

	if (!zoo || !atomic_load_explicit(&zoo->oops, memory_order_relaxed))
		return ZOO_FINE;
	return (enum zoo_oops)atomic_exchange(&zoo->oops, ZOO_FINE);
}

void emulator_zoo_first(struct backend *be, void (*fn)(void *data, const char *canary), void *data)
{
	struct zoo *zoo = zoo_of(be);

	if (!zoo)
		return;
	zoo->first = fn;
	zoo->first_data = data;
}

#else

bool zoo_compiled_in(void)
{
	return false;
}

const struct zoo_entry *zoo_entry(uint32_t bug)
{
	(void)bug;
	return NULL;
}

uint32_t zoo_find(const char *id)
{
	(void)id;
	return ZOO_NONE;
}

void emulator_zoo(struct backend *be, struct zoo_counts *out)
{
	(void)be;
	*out = (struct zoo_counts){0};
}

enum zoo_oops emulator_zoo_oops(struct backend *be)
{
	(void)be;
	return ZOO_FINE;
}

void emulator_zoo_first(struct backend *be, void (*fn)(void *data, const char *canary), void *data)
{
	(void)be;
	(void)fn;
	(void)data;
}

#endif
