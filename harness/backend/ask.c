/* SPDX-License-Identifier: MIT */
#include "backend/ask.h"

static int ask_info(void *data, struct vfio_irq_info *info)
{
	return backend_irq_info(data, info);
}

static int ask_set(void *data, const struct vfio_irq_set *set)
{
	return backend_set_irqs(data, set);
}

void backend_ask_features(struct backend *be, struct backend_desc *desc)
{
	const struct probe_device d = {
		.irq_info = ask_info,
		.set_irqs = ask_set,
		.data = be,
		.shape = &desc->shape,
		.its = desc->its,
	};

	features_probe(&d, &desc->features);
}
