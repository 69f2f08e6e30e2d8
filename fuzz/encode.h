/* SPDX-License-Identifier: MIT */
/*
 * encode: seeds are text that people read; an engine wants a target's bytes. Thread-safe.
 */
#ifndef IRQSTORM_FUZZ_ENCODE_H
#define IRQSTORM_FUZZ_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

/*
 * The seed @text (of @path, for messages) as an input of @target. *out is malloc'd, the caller's.
 * 0, or -errno with @e: a text that does not parse, or that the target has no form for.
 */
int encode_seed(const char *target, const char *path, const uint8_t *text, size_t text_size,
		uint8_t **out, size_t *size, struct errmsg *e);

#endif
