/* SPDX-License-Identifier: MIT */
/*
 * resizer: carries out what the strategy plans. Around each resize it tells the ledgers which
 * vectors are covered and how, so that a fire made meanwhile is judged for what it met.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stress/storm.h"

int resizer_init(struct storm *s)
{
	uint32_t n = s->cfg->vectors;
	struct resizer *z = &s->resizer;

	z->state.vectors = n;
	z->state.stable = s->cfg->stable;
	z->state.script = s->cfg->script;
	z->state.dynamic = !(s->desc.irq[VFIO_PCI_MSIX_IRQ_INDEX].flags & VFIO_IRQ_INFO_NORESIZE);
	rng_init(&z->state.rng, s->cfg->seed, 1);
	z->state.wanted = calloc(n, 1);
	z->state.side = calloc(n, 1);
	z->live = calloc(n, 1);
	z->fds = calloc(n, sizeof(*z->fds));
	if (!z->state.wanted || !z->state.side || !z->live || !z->fds)
		return -ENOMEM;
	return 0;
}

void resizer_destroy(struct storm *s)
{
	free(s->resizer.state.wanted);
	free(s->resizer.state.side);
	free(s->resizer.live);
	free(s->resizer.fds);
}

static int call(struct storm *s, const struct vfio_irq_set *set)
{
	struct resizer *z = &s->resizer;
	int ret = backend_set_irqs(s->be, set);

	z->calls++;
	if (ret) {
		z->error = ret;
		irq_set_format(set, z->text, sizeof(z->text));
	}
	return ret;
}

/* What the ledger is told before the calls of @r. */
static enum vector_state covering(const struct resizer *z, const struct resize *r, uint32_t v)
{
	if (!z->live[v])
		return z->state.wanted[v] ? VEC_ADDING : VEC_DISARMED;
	if (!z->state.wanted[v])
		return VEC_REMOVING;
	return r->kind == RESIZE_TEARDOWN ? VEC_TEARDOWN : VEC_SWAPPING;
}

static void announce(struct storm *s, const struct resize *r)
{
	for (uint32_t v = r->first; v < r->first + r->count; v++) {
		enum vector_state state = covering(&s->resizer, r, v);

		if (state != VEC_DISARMED)
			ledger_set_state(&s->ledgers[v], state);
	}
}

static void conclude(struct storm *s, const struct resize *r)
{
	struct resizer *z = &s->resizer;

	for (uint32_t v = r->first; v < r->first + r->count; v++) {
		uint8_t wanted = z->state.wanted[v];

		if (wanted || z->live[v])
			ledger_set_state(&s->ledgers[v], wanted ? VEC_ARMED : VEC_DISARMED);
		z->live[v] = wanted;
	}
}

static int perform(struct storm *s, const struct resize *r)
{
	struct resizer *z = &s->resizer;
	int ret;

	for (uint32_t i = 0; i < r->set_count; i++) {
		uint32_t v = r->set_start + i;

		z->fds[i] =
			z->state.wanted[v] ? s->fds[v + z->state.side[v] * s->cfg->vectors] : -1;
	}
	if (r->disable_first) {
		ret = call(s, irq_set_disable(&z->buf, VFIO_PCI_MSIX_IRQ_INDEX));
		if (ret)
			return ret;
	}
	return call(s, irq_set_eventfds(&z->buf, VFIO_PCI_MSIX_IRQ_INDEX, r->set_start,
					r->set_count, z->fds));
}

int resizer_start(struct storm *s)
{
	struct resize r;
	int ret;

	s->cfg->strategy->start(&s->resizer.state, &r);
	announce(s, &r);
	ret = perform(s, &r);
	if (!ret)
		conclude(s, &r);
	return ret;
}

int resizer_disable(struct storm *s)
{
	return backend_set_irqs(s->be, irq_set_disable(&s->resizer.buf, VFIO_PCI_MSIX_IRQ_INDEX));
}

/* Sleep in pieces, so that the end of the run is not missed. */
static void rest_until(struct storm *s, uint64_t when)
{
	uint64_t now;

	while ((now = clock_ns()) < when &&
	       !atomic_load_explicit(&s->stop_resize, memory_order_relaxed) &&
	       !atomic_load_explicit(&s->pause, memory_order_relaxed))
		clock_sleep_until(when - now < 20 * NSEC_PER_MSEC ? when
								  : now + 20 * NSEC_PER_MSEC);
}

void *resizer_main(void *arg)
{
	struct storm *s = arg;
	struct resizer *z = &s->resizer;
	uint64_t period = s->cfg->resize_rate_hz ? NSEC_PER_SEC / s->cfg->resize_rate_hz : 0;
	uint64_t due = clock_ns() + period;

	placement_pin(s->place.resizer);
	while (!atomic_load_explicit(&s->stop_resize, memory_order_relaxed)) {
		uint64_t begin, end;
		struct resize r;

		rest_until(s, due);
		if (atomic_load_explicit(&s->stop_resize, memory_order_relaxed))
			break;
		if (atomic_load_explicit(&s->pause, memory_order_relaxed)) {
			due += storm_intermission(s);
			continue;
		}
		s->cfg->strategy->next(&z->state, &r);
		begin = clock_ns();
		atomic_store_explicit(&s->in_resize, true, memory_order_relaxed);
		announce(s, &r);
		if (perform(s, &r)) {
			/* ledgers stay in their covered states: nothing more is promised of them */
			atomic_store_explicit(&s->failed, -EIO, memory_order_release);
			break;
		}
		conclude(s, &r);
		end = clock_ns();
		atomic_store_explicit(&s->resize_end, end, memory_order_relaxed);
		atomic_store_explicit(&s->in_resize, false, memory_order_relaxed);
		hist_record(z->hist, end - begin);
		z->resizes++;
		atomic_store_explicit(&s->live_resizes, z->resizes, memory_order_relaxed);
		/* at most half of the time inside calls, whatever the rate asks for */
		due = due + period > end + (end - begin) ? due + period : end + (end - begin);
	}
	atomic_store_explicit(&s->in_resize, false, memory_order_relaxed);
	return NULL;
}
