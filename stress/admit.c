/* SPDX-License-Identifier: MIT */
#include "stress/admit.h"

#include <errno.h>
#include <string.h>

static int check_device(const struct storm *s, struct errmsg *e)
{
	const struct stress_config *cfg = s->cfg;
	const struct backend_desc *d = &s->desc;
	uint32_t index = s->strategy->index, most = d->irq[index].count;

	if (!most)
		return errmsg_set(e, -ENODEV, EXIT_SKIP, "%s has no %s capability", d->target,
				  irq_index_name(index));
	if (index == VFIO_PCI_MSI_IRQ_INDEX && !(d->traits & BACKEND_FIRE_MSI))
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: trigger %s of %s cannot fire MSI",
				  s->strategy->name, d->trigger, d->target);
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && d->fire_max < most)
		most = d->fire_max;
	if (cfg->vectors > most)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--vectors %u: %s has %u %s vectors",
				  cfg->vectors, d->target, most,
				  index == VFIO_PCI_MSI_IRQ_INDEX ? "MSI" : "MSI-X");
	if (s->strategy->needs_table && !(d->caps & BACKEND_MASK_ENTRY))
		return errmsg_set(e, -EOPNOTSUPP, EXIT_SKIP,
				  "--resize %s: the MSI-X table of %s cannot be mapped",
				  s->strategy->name, d->target);
	if (s->strategy->needs_cpus && !performer_may_visit())
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
	s->strategy = s->cfg->strategy;
	if (s->strategy == &strategy_auto)
		s->strategy = strategy_choose(s->desc.irq[VFIO_PCI_MSIX_IRQ_INDEX].flags, &r->why);
	if (s->strategy->pattern)
		s->pattern = s->cfg->pattern ? s->cfg->pattern : pattern_find(s->strategy->pattern);
	r->strategy = s->strategy;
	r->pattern = s->pattern;
}

int admit_enable_error(struct storm *s, int ret, struct errmsg *e)
{
	if (ret == -ENOSPC)
		return errmsg_set(
			e, ret, EXIT_ENVIRONMENT,
			"the host has no more than %u interrupt vectors free (%s), and --resize %s "
			"begins with more: use fewer --vectors",
			s->resizer.state.limit, strerror(ENOSPC), s->strategy->name);
	return errmsg_set(e, ret < 0 ? ret : -EIO, EXIT_ENVIRONMENT, "%s returned %d (%s)",
			  s->resizer.hands.text, ret,
			  ret < 0 ? strerror(-ret) : "fewer vectors to be had");
}
