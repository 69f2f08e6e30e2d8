/* SPDX-License-Identifier: MIT */
#include "vfio/trigger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct trigger_type *const types[] = {
	&trigger_ivshmem, &trigger_edu, &trigger_e1000e,
	&trigger_loopback, /* matches every device: last */
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

const struct trigger_type *trigger_find(const char *name, struct errmsg *e)
{
	char all[128];
	size_t n = 0;

	for (size_t i = 0; i < N_TYPES; i++) {
		if (!strcmp(types[i]->name, name))
			return types[i];
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "",
					      types[i]->name);
	}
	errmsg_set(e, -EINVAL, EXIT_USAGE, "trigger=%s: must be one of %s", name, all);
	return NULL;
}

const struct trigger_type *trigger_for(uint16_t vendor, uint16_t device)
{
	size_t i = 0;

	while (!types[i]->matches(vendor, device))
		i++;
	return types[i];
}
