/* SPDX-License-Identifier: MIT */
/* guard: which requests the kernel could read beyond their end. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "uapi/irq_set.h"
#include "vfio/guard.h"

#define EVENTFD (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)
#define BOOL    (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_BOOL)
#define NONE    (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE)

Test(guard, needed)
{
	static const struct {
		uint32_t flags, count, argsz;
		size_t size;
		bool needed;
	} cases[] = {
		{NONE, 0, 20, 20, false},
		{NONE, 0, 20, 19, true}, /* the header itself */
		{NONE, 0, 20, 0, true},
		{NONE, 2048, 4096, 20, false}, /* argsz and count read nothing (R8) */
		{EVENTFD, 0, 20, 20, false},
		{EVENTFD, 1, 24, 24, false},
		{EVENTFD, 1, 24, 23, true},
		{EVENTFD, 1, 9999, 24, false},
		{EVENTFD, 2048, 8212, 8212, false},
		{EVENTFD, 2048, 8212, 8211, true},
		{EVENTFD, 0xffffffff, 8212, 8212, false}, /* refused before a read (R6) */
		{EVENTFD, 0x40000001, 24, 24, true},      /* 4 bytes in 32 bits, R8 counts in 64 */
		{BOOL, 4, 24, 24, false},
		{BOOL, 5, 25, 24, true},
		{EVENTFD | BOOL, 2, 28, 24, true}, /* refused (R7); a copy does no harm */
		{0, 2, 28, 20, false},
	};
	struct irq_set_buf buf;
	struct vfio_irq_set *s = (struct vfio_irq_set *)buf.raw;

	memset(&buf, 0, sizeof(buf));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s->argsz = cases[i].argsz;
		s->flags = cases[i].flags;
		s->count = cases[i].count;
		cr_assert_eq(guard_needed(s, cases[i].size), cases[i].needed, "case %zu", i);
	}
}

Test(guard, needs_no_more_than_it_was_given)
{
	/* reading the flags out of 12 bytes would read beyond them: the sanitizer watches */
	char *twelve = malloc(12);

	memset(twelve, 0xff, 12);
	cr_assert(guard_needed(twelve, 12), "12 bytes");
	free(twelve);
	cr_assert(guard_needed(NULL, 0), "no bytes");
}

/* A file that is no device answers; what matters here is that every size fits the mapping. */
Test(guard, takes_every_size)
{
	static char bytes[8212];
	struct guard g;
	int fd = open("/dev/null", O_RDWR);

	guard_init(&g);
	for (size_t size = 0; size < sizeof(bytes); size++)
		cr_assert_eq(guard_set_irqs(&g, fd, size ? bytes : NULL, size), -ENOTTY, "%zu",
			     size);
	cr_assert_eq(guard_set_irqs(&g, -1, bytes, 5), -EBADF, "closed fd");
	guard_destroy(&g);
	close(fd);
}
