/* SPDX-License-Identifier: MIT */
#include "exec/step_watch.h"

#include <stdio.h>

#include "emulator/emulator.h"
#include "model/rule.h"

void step_watch_begin(struct step_watch *w)
{
	w->what = NULL;
}

static void broken(struct step_watch *w, const char *where, uint32_t rule, uint32_t vector,
		   const char *what)
{
	if (w->what)
		return;
	w->what = what;
	w->where = where;
	w->rule = rule;
	w->vector = vector;
}

/* What is in @set must be in @of. */
static void check_within(struct step_watch *w, const char *where, uint32_t words,
			 const uint64_t *set, const uint64_t *of, uint32_t rule, const char *what)
{
	for (uint32_t i = 0; i < words; i++) {
		uint64_t bad = set[i] & ~of[i];

		if (__builtin_expect(bad != 0, 0))
			broken(w, where, rule, i * 64 + (uint32_t)__builtin_ctzll(bad), what);
	}
}

void step_watch_look(struct step_watch *w, struct backend *be, const char *where)
{
	const uint32_t none = UINT32_MAX;
	struct emu_view v;

	if (!emulator_is(be))
		return; /* a fault is planted around it (backend/fault.h) */
	emulator_view(be, &v);
	check_within(w, where, v.words, v.active, v.allocated, R(56),
		     "has a trigger and no host irq");
	check_within(w, where, v.words, v.handled, v.active, R(50), "has a handler and no trigger");
	check_within(w, where, v.words, v.produces, v.handled, R(70),
		     "has a bypass producer and no handler");
	/* request_irq unmasks when there is a handler, free_irq masks before it goes. */
	if (v.msix_enabled && !v.maskall && !v.off)
		check_within(w, where, v.words, v.unmasked, v.handled, P(8),
			     "is open and has no handler");
	if (v.msi_enabled && v.msix_enabled)
		broken(w, where, P(6), none, "MSI and MSI-X are both enabled");
	if ((v.intx_requested || v.intx_triggered) && v.type != VFIO_PCI_INTX_IRQ_INDEX)
		broken(w, where, R(35), none,
		       "INTX has a handler or a trigger, and is not enabled");
	/* One is looked up and not stored yet, or taken out and not put yet. */
	if (v.references < v.triggers)
		broken(w, where, R(66), none, "a trigger is stored that no reference is held on");
	if (v.references > v.triggers + 1)
		broken(w, where, R(66), none, "references are held on what is no trigger");
}

const char *step_watch_text(const struct step_watch *w, char *buf, size_t size)
{
	if (w->vector == UINT32_MAX)
		snprintf(buf, size, "at step '%s': %s", w->where, w->what);
	else
		snprintf(buf, size, "at step '%s': vector %u %s", w->where, w->vector, w->what);
	return buf;
}
