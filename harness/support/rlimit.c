/* SPDX-License-Identifier: MIT */
#include "support/rlimit.h"

#include <errno.h>
#include <sys/resource.h>

int rlimit_nofile(uint32_t need, const char *fewer, struct errmsg *e)
{
	struct rlimit lim, want;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= need)
		return 0;
	want = lim;
	want.rlim_cur = need;
	if (lim.rlim_max < need)
		want.rlim_max = need; /* root may */
	if (!setrlimit(RLIMIT_NOFILE, &want))
		return 0;
	return errmsg_set(e, -EMFILE, EXIT_ENVIRONMENT,
			  "this run needs %u open files and the limit is %llu: raise it (ulimit "
			  "-n) or use fewer %s",
			  need, (unsigned long long)lim.rlim_max, fewer);
}
