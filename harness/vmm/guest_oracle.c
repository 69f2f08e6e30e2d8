/* SPDX-License-Identifier: MIT */
#include "vmm/guest_oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/digest.h"

/* The first finding stands. */
__attribute__((format(printf, 3, 4))) static void find(struct guest_oracle *o, const char *oracle,
						       const char *fmt, ...)
{
	va_list ap;

	if (o->out->finding)
		return;
	o->out->finding = true;
	snprintf(o->out->oracle, sizeof(o->out->oracle), "%s", oracle);
	va_start(ap, fmt);
	vsnprintf(o->out->text, sizeof(o->out->text), fmt, ap);
	va_end(ap);
}

/* Lost or not, nothing is promised of it; told by the first gap that is in @gaps. */
static void forgive(struct guest_oracle *o, uint32_t vector, uint32_t gaps)
{
	if (!gaps)
		return;
	if (o->v[vector].owed)
		o->out->gone[__builtin_ctz(gaps)]++;
	o->v[vector].owed = false;
}

void guest_oracle_init(struct guest_oracle *o, const struct guest_program *p,
		       struct guest_result *out)
{
	memset(o, 0, sizeof(*o));
	o->p = p;
	o->out = out;
}

void guest_oracle_begin(struct guest_oracle *o, const struct frontend *f, enum guest_op_kind kind)
{
	o->kind = kind;
	o->enabled = f->enabled;
	o->host_enabled = f->s.enabled;
	o->teardowns = f->teardowns;
	for (uint32_t v = 0; v < o->p->vectors; v++) {
		o->v[v].used = frontend_used(f, v);
		o->v[v].wanted = f->s.wanted[v];
		o->v[v].after = false;
	}
	o->out->digest = digest_add(o->out->digest, (uint64_t)kind);
}

/* What of a masked vector the strategy cannot keep: @enabled, is the host? */
static uint32_t gaps_while_masked(const struct frontend *f, uint32_t vector, bool enabled,
				  bool wanted)
{
	if (!enabled)
		return f->st->gaps & GAP_LAZY;
	if (!wanted)
		return f->st->gaps & GAP_NO_MASK;
	(void)vector;
	return 0;
}

void guest_oracle_fired(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			bool within)
{
	o->out->fires++;
	o->v[vector].may++;
	if (within) {
		o->v[vector].after = true;
		o->v[vector].owed = true; /* for now: guest_oracle_end() knows what became of it */
		return;
	}
	if (!f->enabled || f->s.refused[vector])
		return;
	o->v[vector].owed = true;
	if (!frontend_used(f, vector))
		forgive(o, vector,
			gaps_while_masked(f, vector, f->s.enabled, f->s.wanted[vector]) &
				f->st->gaps);
}

void guest_oracle_delivered(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			    const struct guest_message *message)
{
	const struct guest_entry *entry = &f->entries[vector];

	o->out->delivered++;
	o->out->digest = digest_add(o->out->digest, (uint64_t)vector << 32 | message->data);
	if (!o->v[vector].may)
		find(o, "spurious", "vector %u: an interrupt that nobody raised", vector);
	else
		o->v[vector].may--;
	o->v[vector].owed = false;
	if (!o->v[vector].used && !frontend_used(f, vector))
		find(o, "masked", "vector %u: an interrupt while it is masked", vector);
	if ((message->address != entry->message.address || message->data != entry->message.data) &&
	    !entry->violated)
		find(o, "message", "vector %u: message 0x%x, the entry says 0x%x", vector,
		     message->data, entry->message.data);
}

/* Which gap the operation that just ended opened for @vector, raised during it or before. */
static uint32_t gaps_of(const struct guest_oracle *o, const struct frontend *f, uint32_t vector)
{
	bool used = frontend_used(f, vector);

	if (f->teardowns != o->teardowns)
		return f->st->gaps & GAP_TEARDOWN;
	if (!o->v[vector].after)
		return 0;
	if (o->p->posted && o->v[vector].wanted && used != o->v[vector].used)
		return f->st->gaps & (f->s.wanted[vector] ? GAP_REPLACE : GAP_REMOVE);
	if (used && o->v[vector].used)
		return 0;
	return gaps_while_masked(f, vector, o->host_enabled, o->v[vector].wanted && used);
}

static void settle(struct guest_oracle *o, const struct frontend *f, uint32_t vector)
{
	/* The guest asked for nothing, or turned it off or on meanwhile. */
	if (!f->enabled || f->s.refused[vector] ||
	    (o->v[vector].after && (!o->enabled || o->kind == GUEST_RESET))) {
		o->v[vector].owed = false;
		return;
	}
	/* A signal in the eventfd of a vector that was used stays there whatever is torn down. */
	if (o->v[vector].owed && (o->v[vector].after || !o->v[vector].used))
		forgive(o, vector, gaps_of(o, f, vector));
}

static void check_intx(struct guest_oracle *o, const struct frontend *f)
{
	bool armed = !o->p->no_pin && !f->enabled;

	if (f->intx != armed)
		find(o, "intx", "INTx: %s",
		     f->intx ? "armed, and the guest uses MSI(-X) or there is no pin"
			     : "not armed, and the guest uses nothing else");
	if (armed && o->line && !o->intx_masked)
		find(o, "lost", "INTx: the line is up, and no interrupt came");
	o->line_seen = o->line;
}

void guest_oracle_end(struct guest_oracle *o, const struct frontend *f, bool polled)
{
	for (uint32_t v = 0; v < o->p->vectors; v++) {
		settle(o, f, v);
		if (!polled || !frontend_used(f, v) || f->s.refused[v])
			continue;
		if (o->v[v].owed)
			find(o, "lost", "vector %u: an interrupt was raised and never came", v);
		o->v[v].may = 0; /* signals that were read together came as one */
	}
	if (polled)
		check_intx(o, f);
}

void guest_oracle_pending(struct guest_oracle *o, const struct frontend *f, uint32_t vector,
			  bool pending)
{
	o->out->digest = digest_add(o->out->digest, pending);
	if (!f->enabled || frontend_used(f, vector) || f->s.refused[vector])
		return;
	if (o->v[vector].owed && !pending)
		find(o, "pending", "vector %u: raised while masked, and its pending bit is 0",
		     vector);
	if (!o->v[vector].may && pending)
		find(o, "pending", "vector %u: nothing was raised, and its pending bit is 1",
		     vector);
}

void guest_oracle_line(struct guest_oracle *o, bool asserted)
{
	o->line = asserted;
	o->line_seen |= asserted;
}

void guest_oracle_intx(struct guest_oracle *o)
{
	o->out->digest = digest_add(o->out->digest, UINT64_MAX);
	if (!o->line_seen)
		find(o, "spurious", "INTx: an interrupt, and the line was not up");
	o->intx_masked = true;
}

void guest_oracle_eoi(struct guest_oracle *o)
{
	o->intx_masked = false;
}

void guest_oracle_failed(struct guest_oracle *o, const struct frontend *f, int err)
{
	find(o, "call", "%s returned %d (%s)", f->hands.text, err,
	     err < 0 ? strerror(-err) : "positive");
}

void guest_oracle_left(struct guest_oracle *o, uint32_t references, uint32_t allocated,
		       uint32_t active)
{
	if (references || allocated || active)
		find(o, "leak",
		     "after the last disable: %u references, %u vectors, %u contexts held",
		     references, allocated, active);
}
