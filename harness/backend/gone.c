/* SPDX-License-Identifier: MIT */
#include "backend/gone.h"

int gone_explain(struct backend *be, int err, struct errmsg *e)
{
	char why[640];
	int gone = be ? backend_answers(be, why, sizeof(why)) : 0;

	return gone ? errmsg_set(e, gone, EXIT_ENVIRONMENT, "%s", why) : err;
}
