/* SPDX-License-Identifier: MIT */
#include "bench/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/target.h"
#include "support/host.h"
#include "support/version.h"

static json_t *describe_host(void)
{
	struct host h;

	host_describe(&h);
	return json_pack("{s:s, s:s, s:s, s:I}", "kernel", h.kernel, "machine", h.machine, "cpu",
			 h.cpu, "cpus", (json_int_t)h.cpus);
}

static json_t *describe_irqs(const struct backend_desc *d)
{
	static const char *const names[] = {"intx", "msi", "msix"};
	json_t *out = json_object();

	for (uint32_t i = 0; i < 3; i++)
		json_object_set_new(out, names[i],
				    json_pack("{s:I, s:b}", "count", (json_int_t)d->irq[i].count,
					      "noresize",
					      (d->irq[i].flags & VFIO_IRQ_INFO_NORESIZE) != 0));
	return out;
}

static json_t *describe_target(const char *spec, uint32_t vectors, struct errmsg *e)
{
	struct backend *be = NULL;
	struct backend_desc d;
	json_t *out = NULL;
	int err = target_open_sized(spec, vectors, &be, e);

	if (err)
		return NULL;
	err = backend_describe(be, &d);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot describe %s: %s", spec,
			   strerror(-err));
	else
		out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "target", spec, "device",
				d.device, "kernel", d.kernel, "profile", d.profile, "trigger",
				d.trigger, "irqs", describe_irqs(&d));
	backend_close(be);
	return out;
}

static json_t *describe_cells(const struct grid *m)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < m->n; i++)
		json_array_append_new(out, json_string(m->cell[i].name));
	return out;
}

const char *describe_cannot(const struct strategy *st, const struct backend_desc *d)
{
	if (!d->irq[st->index].count)
		return st->index == VFIO_PCI_MSI_IRQ_INDEX ? "it has no MSI" : "it has no MSI-X";
	if (st->needs_dynamic && (d->irq[st->index].flags & VFIO_IRQ_INFO_NORESIZE))
		return "this kernel does not add vectors in place (NORESIZE)";
	if (st->needs_table && !(d->caps & BACKEND_MASK_ENTRY))
		return "its MSI-X table cannot be mapped";
	return NULL;
}

json_t *describe_bench(const struct bench_config *cfg, struct errmsg *e)
{
	json_t *targets = json_array(), *out;
	char seed[24], date[32];

	for (uint32_t i = 0; cfg->grid->target[i]; i++) {
		json_t *t = describe_target(cfg->grid->target[i], 0, e);

		if (!t) {
			json_decref(targets);
			return NULL;
		}
		json_array_append_new(targets, t);
	}
	snprintf(seed, sizeof(seed), "0x%" PRIx64, cfg->seed);
	out = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:I, "
		"s:o}}",
		"schema", "irqstorm.bench-manifest/1", "version", irqstorm_version, "seed", seed,
		"command", cfg->command, "date", host_date(date, sizeof(date)), "host",
		describe_host(), "targets", targets, "options", "repeats", (json_int_t)cfg->repeats,
		"duration_ns", (json_int_t)cfg->duration_ns, "warm_up_ns",
		(json_int_t)cfg->warm_up_ns, "resize_rate_hz", (json_int_t)cfg->resize_rate_hz,
		"storms", cfg->storms, "resize_cost", cfg->cost, "cost_rounds",
		(json_int_t)cfg->cost_rounds, "cost_budget_ns", (json_int_t)cfg->cost_budget_ns,
		"cells", describe_cells(cfg->grid));
	if (!out)
		errmsg_set(e, -1, EXIT_ENVIRONMENT, "out of memory");
	return out;
}
