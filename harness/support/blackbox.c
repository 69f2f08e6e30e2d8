/* SPDX-License-Identifier: MIT */
#include "support/blackbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC    0x78427149u
#define CUT      (1u << 31)
#define SUM_SEED 0x811c9dc5u

/* FNV-1a, begun with the number: a text of an older record is none of this one. */
static uint32_t sum_add(uint32_t sum, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * 0x01000193u;
	return sum;
}

static uint32_t sum_start(uint64_t number)
{
	return SUM_SEED ^ (uint32_t)number ^ (uint32_t)(number >> 32);
}

static uint64_t pack(uint32_t len, uint32_t sum)
{
	return (uint64_t)sum << 32 | len;
}

/* A crash of the machine keeps the order of stores; the compiler has to keep it as well. */
static void store(uint64_t *where, uint64_t value)
{
	__atomic_store_n(where, value, __ATOMIC_RELEASE);
}

int blackbox_attach(struct blackbox *b, void *memory, size_t size)
{
	struct blackbox_record *records = memory;

	memset(b, 0, sizeof(*b));
	if (size / BLACKBOX_RECORD < 2)
		return -ENOSPC;
	b->at = records;
	b->n = (uint32_t)(size / BLACKBOX_RECORD);
	for (uint32_t i = 0; i < b->n; i++) {
		if (records[i].magic == MAGIC && records[i].number > b->number)
			b->number = records[i].number;
	}
	return 0;
}

int blackbox_open(struct blackbox *b, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), err = 0;
	void *memory = MAP_FAILED;
	struct stat st;

	memset(b, 0, sizeof(*b));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (st.st_size < 2 * (off_t)BLACKBOX_RECORD)
		err = -ENOSPC;
	if (!err) {
		memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		err = memory == MAP_FAILED ? -errno : 0;
	}
	close(fd);
	if (!err)
		err = blackbox_attach(b, memory, (size_t)st.st_size);
	b->mapped = !err;
	return err;
}

void blackbox_close(struct blackbox *b)
{
	if (b->mapped)
		munmap(b->at, (size_t)b->n * BLACKBOX_RECORD);
	memset(b, 0, sizeof(*b));
}

void blackbox_begin(struct blackbox *b)
{
	if (!b->at)
		return;
	b->number++;
	b->now = &b->at[b->number % b->n];
	store(&b->now->number, 0);
	b->now->magic = MAGIC;
	store(&b->now->state, pack(0, sum_start(b->number)));
	store(&b->now->number, b->number);
}

void blackbox_add(struct blackbox *b, const char *text, size_t len)
{
	struct blackbox_record *r = b->now;
	uint32_t used, sum;

	if (!r)
		return;
	used = (uint32_t)r->state;
	sum = (uint32_t)(r->state >> 32);
	if (used & CUT)
		return;
	if (len > BLACKBOX_TEXT - used) {
		store(&r->state, pack(used | CUT, sum));
		return;
	}
	memcpy(r->text + used, text, len);
	store(&r->state, pack(used + (uint32_t)len, sum_add(sum, text, len)));
}

static void view(const struct blackbox_record *r, struct blackbox_view *v)
{
	uint32_t len = (uint32_t)r->state & ~CUT;

	v->number = r->number;
	v->text = r->text;
	v->cut = (uint32_t)r->state & CUT;
	v->torn = len > BLACKBOX_TEXT;
	v->len = v->torn ? BLACKBOX_TEXT : len;
	if (sum_add(sum_start(r->number), r->text, v->len) != (uint32_t)(r->state >> 32))
		v->torn = true;
}

uint32_t blackbox_last(const void *memory, size_t size, struct blackbox_view *views, uint32_t max)
{
	const struct blackbox_record *records = memory, *found;
	uint64_t below = UINT64_MAX;
	uint32_t n = 0;

	/* From the newest down, into the back of @views. */
	for (; n < max; n++) {
		found = NULL;
		for (size_t i = 0; i < size / BLACKBOX_RECORD; i++) {
			const struct blackbox_record *r = &records[i];

			if (r->magic == MAGIC && r->number && r->number < below &&
			    (!found || r->number > found->number))
				found = r;
		}
		if (!found)
			break;
		view(found, &views[max - 1 - n]);
		below = found->number;
	}
	memmove(views, views + (max - n), n * sizeof(*views));
	return n;
}
