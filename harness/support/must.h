/* SPDX-License-Identifier: MIT */
/*
 * must: an assertion that every build has, -DNDEBUG or not: a harness that goes on after a broken
 * invariant measures nothing. Says where on stderr, then abort(). Thread-safe.
 */
#ifndef IRQSTORM_SUPPORT_MUST_H
#define IRQSTORM_SUPPORT_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))

__attribute__((noreturn, cold)) static inline void must_failed(const char *cond, const char *file,
							       int line)
{
	fprintf(stderr, "irqstorm: %s:%d: not so: %s\n", file, line, cond);
	abort();
}

#endif
