/* SPDX-License-Identifier: MIT */
#include "guest/frame.h"

#include <string.h>

#define MARK0  0xa9
#define MARK1  0x5e
#define HEADER 6

uint32_t frame_crc(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1)));
	}
	return ~crc;
}

void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

size_t frame_encode(uint8_t *out, uint8_t type, uint8_t seq, const void *data, size_t len)
{
	if (len > FRAME_PAYLOAD_MAX)
		len = FRAME_PAYLOAD_MAX;
	out[0] = MARK0;
	out[1] = MARK1;
	out[2] = type;
	out[3] = seq;
	out[4] = (uint8_t)len;
	out[5] = (uint8_t)(len >> 8);
	if (len)
		memcpy(out + HEADER, data, len);
	put_le32(out + HEADER + len, frame_crc(0, out + 2, HEADER - 2 + len));
	return FRAME_OVERHEAD + len;
}

static void drop(struct frame_decoder *d, size_t n)
{
	d->len -= n;
	memmove(d->buf, d->buf + n, d->len);
}

size_t frame_feed(struct frame_decoder *d, const void *data, size_t len)
{
	size_t room;

	if (d->taken) {
		drop(d, d->taken);
		d->taken = 0;
	}
	room = sizeof(d->buf) - d->len;
	if (len > room)
		len = room;
	memcpy(d->buf + d->len, data, len);
	d->len += len;
	return len;
}

/* Size of the good frame at @p, 0 if more bytes are needed, -1 if none starts here. */
static int check(const uint8_t *p, size_t avail)
{
	size_t len;

	if (p[0] != MARK0 || (avail > 1 && p[1] != MARK1))
		return -1;
	if (avail < HEADER)
		return 0;
	len = (size_t)p[4] | (size_t)p[5] << 8;
	if (len > FRAME_PAYLOAD_MAX)
		return -1;
	if (avail < FRAME_OVERHEAD + len)
		return 0;
	if (get_le32(p + HEADER + len) != frame_crc(0, p + 2, HEADER - 2 + len))
		return -1;
	return (int)(FRAME_OVERHEAD + len);
}

bool frame_next(struct frame_decoder *d, struct frame *f)
{
	size_t at = 0;
	int size = 0;

	if (d->taken) {
		drop(d, d->taken);
		d->taken = 0;
	}
	while (at < d->len) {
		size = check(d->buf + at, d->len - at);
		if (size >= 0)
			break;
		at++;
	}
	if (at) {
		d->skipped += at;
		drop(d, at);
	}
	if (!d->len || !size)
		return false;
	if (d->synced)
		d->lost += (uint8_t)(d->buf[3] - d->seq);
	d->synced = true;
	d->seq = (uint8_t)(d->buf[3] + 1);
	f->type = d->buf[2];
	f->data = d->buf + HEADER;
	f->len = (size_t)size - FRAME_OVERHEAD;
	d->taken = (size_t)size;
	return true;
}
