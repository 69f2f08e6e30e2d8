/* SPDX-License-Identifier: MIT */
#include "exec/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct model_config config_of(const struct model_config *device, enum export_kernel kernel)
{
	struct model_config cfg = *device;

	cfg.features = profile_features(kernel == EXPORT_6_1 ? PROFILE_6_1 : PROFILE_6_12);
	cfg.dyn = kernel == EXPORT_6_12 && cfg.count[VFIO_PCI_MSIX_IRQ_INDEX];
	return cfg;
}

static void note(const struct expectation *want, struct export_answer *out)
{
	out->ret = want->ret;
	out->has_value = want->has_value && want->value_lo == want->value_hi;
	out->value = out->has_value ? want->value_lo : 0;
	out->info_flags = want->has_info ? want->info_flags : 0;
}

static void record_kernel(const struct model_config *device, const struct program *p,
			  enum export_kernel kernel, struct export_answers *a, struct model *m)
{
	struct model_config cfg = config_of(device, kernel);
	struct expectation want;

	model_init(m, &cfg, NULL);
	for (uint32_t i = 0; i < p->n; i++) {
		if (export_skips(&p->ops[i]) || p->ops[i].kind == OP_EXPECT)
			continue;
		model_step(m, &p->ops[i], &want);
		note(&want, &a->op[i][kernel]);
	}
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		uint64_t hi;

		model_counter(m, s, &a->counter[kernel][s], &hi);
		if (a->counter[kernel][s] == hi)
			a->known[kernel] |= 1u << s;
	}
}

int record_answers(struct executor *x, const struct program *p, struct export_answers *a,
		   struct errmsg *e)
{
	struct model *m;
	int err = executor_reset(x, p, e);

	if (err)
		return err;
	memset(a->known, 0, sizeof(a->known));
	memcpy(a->count, x->answers.count, sizeof(a->count));
	a->op = calloc((size_t)p->n + 1, sizeof(*a->op));
	m = malloc(sizeof(*m));
	if (!a->op || !m) {
		free(m);
		record_free(a);
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	}
	for (uint32_t kernel = 0; kernel < EXPORT_KERNELS; kernel++)
		record_kernel(&x->answers, p, (enum export_kernel)kernel, a, m);
	free(m);
	return 0;
}

void record_free(struct export_answers *a)
{
	free(a->op);
	a->op = NULL;
}
