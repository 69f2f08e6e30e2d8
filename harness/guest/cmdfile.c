/* SPDX-License-Identifier: MIT */
#include "guest/cmdfile.h"

#include <string.h>

int cmdfile_add(struct bytes *b, const char *key, const char *value)
{
	int err = bytes_append(b, key, strlen(key));

	if (!err)
		err = bytes_append(b, "=", 1);
	return err ? err : bytes_append(b, value, strlen(value) + 1);
}

const char *cmdfile_next(const struct bytes *b, const char *prev, const char *key)
{
	const char *p = (const char *)b->data, *end = p + b->len;
	size_t key_len = strlen(key);

	if (prev)
		p = prev + strlen(prev) + 1;
	while (p < end) {
		size_t len = strnlen(p, (size_t)(end - p));

		if (p + len == end)
			return NULL; /* cut short: no terminator */
		if (len > key_len && p[key_len] == '=' && !memcmp(p, key, key_len))
			return p + key_len + 1;
		p += len + 1;
	}
	return NULL;
}
