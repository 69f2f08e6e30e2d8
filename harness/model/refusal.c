/* SPDX-License-Identifier: MIT */
/* refusal: see refusal.h. Which answers each thing that a host may lack can lead to. */
#include "model/refusal.h"

#include <stdio.h>

#include "model/state.h"

#define KERNEL_ENOTSUPP 524 /* not in errno.h: an interrupt domain that cannot */

/* 0 ends a row. */
static const struct {
	int32_t answers[6];
	bool fewer; /* or a positive number, of the vectors that can be had */
} lawful[HOST_RESOURCES] = {
	[HOST_MEMORY] = {{-ENOMEM}, false},
	[HOST_VECTOR] = {{-ENOSPC, -ENOMEM}, false},
	[HOST_ADDED] = {{-ENOSPC, -ENOMEM, -ENODEV, -KERNEL_ENOTSUPP}, false},
	/* -EINVAL: MSI is off here, which has to be seen (refusal_needs_evidence()) */
	[HOST_VECTORS] = {{-ENOSPC, -ENOMEM, -ENODEV, -KERNEL_ENOTSUPP, -EINVAL}, true},
	/* no irq at all, or a line that others have */
	[HOST_LINE] = {{-ENODEV, -EBUSY}, false},
};

static bool may_answer(enum host_resource what, uint32_t wanted, int32_t ret)
{
	if (ret > 0)
		return lawful[what].fewer && (uint32_t)ret < wanted;
	for (uint32_t i = 0; lawful[what].answers[i]; i++) {
		if (lawful[what].answers[i] == ret)
			return true;
	}
	return false;
}

int model_host_refuses(struct model *m, enum host_resource what, uint32_t wanted, uint32_t r)
{
	struct host_refusal *refusal = &m->refusal;

	if (refusal->met || !may_answer(what, wanted, refusal->ret) || --refusal->nth)
		return 0;
	refusal->met = true;
	refusal->answer = refusal->ret;
	refusal->what = what;
	refusal->wanted = wanted;
	if (refusal->ret == -ENOSPC)
		r = R(49);
	refusal->rule = refusal->ret > 0 ? R(48) : r;
	return refusal->ret;
}

bool model_step_refused(struct model *m, const struct op *op, int32_t ret, uint32_t nth,
			struct expectation *out)
{
	m->refusal = (struct host_refusal){.ret = ret, .nth = nth};
	model_step(m, op, out);
	m->refusal.ret = 0;
	return m->refusal.met && out->ret == ret;
}

bool refusal_needs_evidence(const struct host_refusal *refusal)
{
	return refusal->answer == -EINVAL;
}

const char *refusal_text(const struct host_refusal *refusal, char *buf, size_t size)
{
	static const char *const texts[HOST_RESOURCES] = {
		[HOST_MEMORY] = "the host has no memory for it",
		[HOST_VECTOR] = "the host has no free interrupt vectors",
		[HOST_ADDED] = "the host has no free interrupt vectors",
		[HOST_VECTORS] = "the host has no free interrupt vectors",
		[HOST_LINE] = "its interrupt line is not to be had",
	};

	if (refusal->answer > 0)
		snprintf(buf, size, "the host has %d free interrupt vectors, of %u wanted",
			 refusal->answer, refusal->wanted);
	else if (refusal->answer == -ENOMEM)
		snprintf(buf, size, "%s", texts[HOST_MEMORY]);
	else if (refusal->what != HOST_LINE && refusal->answer != -ENOSPC)
		snprintf(buf, size, "the host's interrupt domain cannot do it");
	else
		snprintf(buf, size, "%s", texts[refusal->what]);
	return buf;
}
