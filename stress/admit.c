/* SPDX-License-Identifier: MIT */
#include "stress/admit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/gone.h"
#include "backend/its.h"
#include "stress/report.h"

/* What @cfg's strategy is on @d: `auto` is what it comes to. */
static const struct strategy *strategy_on(const struct stress_config *cfg,
					  const struct backend_desc *d, const char **why)
{
	if (cfg->strategy != &strategy_auto)
		return cfg->strategy;
	if (cfg->stable == cfg->vectors && cfg->vectors && d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count) {
		*why = "all vectors are stable: there is none to add or remove";
		return strategy_find("none");
	}
	return strategy_choose(d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count,
			       d->irq[VFIO_PCI_MSI_IRQ_INDEX].count,
			       d->irq[VFIO_PCI_MSIX_IRQ_INDEX].flags, why);
}

/* Vectors of @index that can be made to fire. */
static uint32_t usable(const struct backend_desc *d, uint32_t index)
{
	uint32_t most = d->irq[index].count;

	return index == VFIO_PCI_MSIX_IRQ_INDEX && d->fire_max < most ? d->fire_max : most;
}

void admit_fit(struct stress_config *cfg, const struct backend_desc *d)
{
	const char *why;
	const struct strategy *st = strategy_on(cfg, d, &why);
	uint32_t most = usable(d, st->index);

	if (!cfg->vectors)
		cfg->vectors = most && most < ADMIT_VECTORS ? most : ADMIT_VECTORS;
	if (cfg->stable != STRESS_STABLE_OWN)
		return;
	cfg->stable = (cfg->vectors + 7) / 8;
	/* one vector is either stable or churned: let the strategy have it */
	if (cfg->stable == cfg->vectors && st->needs_churn)
		cfg->stable = 0;
}

/* A device that lacks what the strategy is for: what it has instead, and what goes with that. */
static int no_index(const struct storm *s, struct errmsg *e)
{
	const struct backend_desc *d = &s->desc;
	const char *target = d->target, *name = s->cfg->strategy->name;
	uint32_t msi = d->irq[VFIO_PCI_MSI_IRQ_INDEX].count;
	uint32_t msix = d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count;

	if (s->strategy->index == VFIO_PCI_MSI_IRQ_INDEX && msix)
		return errmsg_set(e, -ENODEV, EXIT_SKIP,
				  "--resize %s: %s has no MSI, but MSI-X (vectors: %u): try "
				  "--resize auto",
				  name, target, msix);
	if (s->strategy->index != VFIO_PCI_MSI_IRQ_INDEX && msi)
		return errmsg_set(
			e, -ENODEV, EXIT_SKIP,
			"--resize %s: %s has no MSI-X, but MSI (vectors: %u): try --resize "
			"msi-all, or msi-teardown",
			name, target, msi);
	return errmsg_set(e, -ENODEV, EXIT_SKIP, "--resize %s: %s has neither MSI-X nor MSI%s",
			  name, target,
			  d->irq[VFIO_PCI_INTX_IRQ_INDEX].count
				  ? ", only INTx, which has one vector: there is nothing to resize"
				  : ": it has no vectors");
}

static int check_device(const struct storm *s, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;
	const struct backend_desc *d = &s->desc;
	uint32_t index = s->strategy->index, most = usable(d, index);

	if (!d->irq[index].count)
		return no_index(s, e);
	if (!most)
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: trigger %s of %s can fire none of its %u MSI-X "
				  "vectors: try trigger=loopback",
				  s->strategy->name, d->trigger, d->target, d->irq[index].count);
	if (index == VFIO_PCI_MSI_IRQ_INDEX && !(d->traits & BACKEND_FIRE_MSI))
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: trigger %s of %s cannot fire MSI: try "
				  "trigger=loopback",
				  s->strategy->name, d->trigger, d->target);
	if (cfg->vectors > most)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--vectors %u: %s has %u %s vectors",
				  cfg->vectors, d->target, most,
				  index == VFIO_PCI_MSI_IRQ_INDEX ? "MSI" : "MSI-X");
	/* a teardown comes back with whatever count is wanted then */
	if (its_keeps(d->traits, index,
		      (s->strategy->gaps & GAP_TEARDOWN) && cfg->vectors > 2 ? 3 : cfg->vectors))
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: the host's messages come from a GICv3 ITS, which "
				  "does not forget MSI whose count is no power of two: try "
				  "--resize msi-all --vectors 2, 4, 8, ...",
				  s->strategy->name);
	if (s->strategy->needs_table && !(d->caps & BACKEND_MASK_ENTRY))
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: the MSI-X table of %s cannot be mapped",
				  s->strategy->name, d->target);
	if (s->strategy->needs_cpus && !world_ops(s->world)->visit && !performer_may_visit())
		return errmsg_set(e, -EPERM, EXIT_SKIP,
				  "--resize %s: this process may not run on every CPU (a cpuset?)",
				  s->strategy->name);
	if (s->strategy->needs_dynamic && (d->irq[index].flags & VFIO_IRQ_INFO_NORESIZE))
		return errmsg_set(
			e, -EOPNOTSUPP, EXIT_SKIP,
			"--resize %s: this kernel cannot add MSI-X vectors in place "
			"(VFIO_IRQ_INFO_NORESIZE is set; Linux 6.5+ clears it where the host's "
			"MSI domain can): try --resize upfront or teardown",
			s->strategy->name);
	return 0;
}

int admit_check(const struct storm *s, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;

	if (cfg->stable > cfg->vectors)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--stable %u: more than --vectors %u",
				  cfg->stable, cfg->vectors);
	if (cfg->producers > cfg->vectors)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--producers %u: more than --vectors %u",
				  cfg->producers, cfg->vectors);
	if (s->strategy->needs_churn && cfg->stable == cfg->vectors)
		return errmsg_set(
			e, -EINVAL, EXIT_USAGE,
			"--resize %s: no vector to add and remove: --stable must be below "
			"--vectors %u",
			s->strategy->name, cfg->vectors);
	return check_device(s, e);
}

void admit_choose(struct storm *s, struct stress_result *r)
{
	s->strategy = strategy_on(s->cfg, &s->desc, &r->why);
	if (s->strategy->pattern)
		s->pattern = s->cfg->pattern ? s->cfg->pattern : pattern_find(s->strategy->pattern);
	r->strategy = s->strategy;
	r->pattern = s->pattern;
}

/* What a host that refused an enable grants now. */
struct room {
	uint32_t granted; /* at most; 0: not one */
	uint32_t refused; /* at least; more than there are vectors: all were granted this time */
};

/* Does an enable of @n vectors, with no triggers, succeed? @ret: what it returned. */
static bool grants(struct storm *s, uint32_t n, int *ret)
{
	struct irq_set_buf *buf = &s->resizer.hands.buf;
	int32_t *none = calloc(n, sizeof(*none));

	*ret = -ENOMEM;
	if (its_keeps(s->desc.traits, s->strategy->index, n)) {
		free(none);
		return false;
	}
	for (uint32_t i = 0; none && i < n; i++)
		none[i] = -1;
	if (none)
		*ret = backend_set_irqs(s->be,
					irq_set_eventfds(buf, s->strategy->index, 0, n, none));
	if (none && !*ret)
		backend_set_irqs(s->be, irq_set_disable(buf, s->strategy->index));
	free(none);
	return none && !*ret;
}

/*
 * The strategy halves what it asks for until it is granted, as VMMs do: what that came to says
 * little of the host. A dozen enables find the limit of 2048. False: something else went wrong.
 */
static bool find_room(struct storm *s, struct room *room)
{
	uint32_t lo = 0, hi = s->cfg->vectors + 1;
	int ret;

	resizer_disable(s);
	while (hi - lo > 1) {
		uint32_t mid = hi > s->cfg->vectors ? s->cfg->vectors : lo + (hi - lo) / 2;

		if (grants(s, mid, &ret))
			lo = mid;
		else if (ret > 0 && (uint32_t)ret < mid)
			/* MSI is told how many there are (R48) */
			hi = (uint32_t)ret > lo ? (uint32_t)ret + 1 : lo + 1;
		else if (ret == -ENOSPC)
			hi = mid;
		else
			return false;
	}
	*room = (struct room){.granted = lo, .refused = hi};
	return true;
}

static int no_room(struct storm *s, struct errmsg *e)
{
	const char *why = strerror(ENOSPC), *name = s->strategy->name;
	bool msi = s->strategy->index == VFIO_PCI_MSI_IRQ_INDEX;
	struct room room;

	if (!find_room(s, &room))
		return errmsg_set(
			e, -ENOSPC, EXIT_SKIP,
			"the host refused as many interrupt vectors as --resize %s begins "
			"with (%s); how many it has is not known: use fewer --vectors",
			name, why);
	if (room.refused > s->cfg->vectors)
		return errmsg_set(
			e, -ENOSPC, EXIT_SKIP,
			"the host refused interrupt vectors to --resize %s (%s) and grants "
			"all %u a moment later: others take and return some; try again",
			name, why, room.granted);
	if (!room.granted)
		return errmsg_set(e, -ENOSPC, EXIT_SKIP,
				  "the host has no interrupt vector free, not even one (%s)", why);
	return errmsg_set(
		e, -ENOSPC, EXIT_SKIP,
		"the host grants %u interrupt vector%s and refuses %u (%s)%s, and --resize %s "
		"begins with more: use --vectors %u, or fewer",
		room.granted, room.granted == 1 ? "" : "s", room.refused, why,
		msi && room.granted == 1 ? ", as x86 does with MSI without interrupt remapping"
					 : "",
		name, room.granted);
}

int admit_enable_error(struct storm *s, int ret, struct errmsg *e)
{
	if (ret == -ENOSPC)
		return no_room(s, e);
	/* what a host may lawfully refuse (R49) is no fault of anybody's */
	errmsg_set(e, ret < 0 ? ret : -EIO,
		   ret > 0 || ret == -EBUSY || ret == -ENOMEM ? EXIT_SKIP : EXIT_ENVIRONMENT,
		   "%s returned %d (%s)", s->resizer.hands.text, ret,
		   ret < 0 ? strerror(-ret) : "fewer vectors to be had");
	return gone_explain(s->be, ret < 0 ? ret : -EIO, e);
}

int admit_blame(struct backend *be, const struct stress_result *r, struct errmsg *e)
{
	return stress_outcome(r) == EXIT_PASS ? 0 : gone_explain(be, 0, e);
}
