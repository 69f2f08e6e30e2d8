/* SPDX-License-Identifier: MIT */
#include "guest/console.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int console_feed(struct console *c, const void *data, size_t len)
{
	splat_feed(&c->scan, data, len);
	if (c->copy && !c->copy_errno &&
	    (fwrite(data, 1, len, c->copy) != len || fflush(c->copy) != 0))
		c->copy_errno = errno ? errno : EIO;
	if (c->log.len + len > CONSOLE_MAX) {
		size_t cut = (CONSOLE_MAX - CONSOLE_HEAD) / 2;

		memmove(c->log.data + CONSOLE_HEAD, c->log.data + CONSOLE_HEAD + cut,
			c->log.len - CONSOLE_HEAD - cut);
		c->log.len -= cut;
		c->dropped += cut;
	}
	return bytes_append(&c->log, data, len);
}

void console_finish(struct console *c)
{
	splat_finish(&c->scan);
}

int console_save(const struct console *c, const char *path)
{
	size_t head = c->dropped ? CONSOLE_HEAD : c->log.len;
	FILE *f = fopen(path, "we");
	int err = 0;

	if (!f)
		return -errno;
	fwrite(c->log.data, 1, head, f);
	if (c->dropped) {
		fprintf(f, "\n[%" PRIu64 " bytes left out]\n", c->dropped);
		fwrite(c->log.data + head, 1, c->log.len - head, f);
	}
	if (ferror(f))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

size_t console_tail(const struct console *c, unsigned int lines)
{
	size_t at = c->log.len;

	while (at && c->log.data[at - 1] == '\n')
		at--;
	while (at && lines) {
		if (c->log.data[at - 1] == '\n' && --lines == 0)
			break;
		at--;
	}
	return at;
}

void console_free(struct console *c)
{
	bytes_free(&c->log);
}
