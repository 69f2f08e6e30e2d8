/* SPDX-License-Identifier: MIT */
#include "vfio/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi/vfio_irq.h"

/* No request is read further than this: more vectors than a device can have fail before (R6, R9).
 */
#define READ_MAX (IRQ_SET_HDR_SIZE + IRQ_MAX_VECTORS * sizeof(int32_t))

void guard_init(struct guard *g)
{
	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->lock, NULL);
}

void guard_destroy(struct guard *g)
{
	if (g->map)
		munmap(g->map, g->total);
	pthread_mutex_destroy(&g->lock);
}

bool guard_needed(const void *arg, size_t size)
{
	struct vfio_irq_set hdr;
	uint64_t want = IRQ_SET_HDR_SIZE;

	if (size < IRQ_SET_HDR_SIZE)
		return true;
	if (size >= READ_MAX)
		return false;
	memcpy(&hdr, arg, IRQ_SET_HDR_SIZE);
	/* argsz itself is never the amount read (R8). */
	if (hdr.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		want += (uint64_t)hdr.count * sizeof(int32_t);
	else if (hdr.flags & VFIO_IRQ_SET_DATA_BOOL)
		want += hdr.count;
	return want > size;
}

static int make(struct guard *g)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (READ_MAX + page - 1) / page * page;
	char *map;

	map = mmap(NULL, room + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	if (mprotect(map, room, PROT_READ | PROT_WRITE)) {
		int err = -errno;

		munmap(map, room + page);
		return err;
	}
	g->map = map;
	g->room = room;
	g->total = room + page;
	return 0;
}

int guard_set_irqs(struct guard *g, int fd, const void *arg, size_t size)
{
	int ret = 0;
	char *at;

	pthread_mutex_lock(&g->lock);
	if (!g->map)
		ret = make(g);
	if (ret)
		goto out;
	at = g->map + g->room - size;
	if (size)
		memcpy(at, arg, size);
	ret = ioctl(fd, VFIO_DEVICE_SET_IRQS, at);
	if (ret < 0)
		ret = -errno;
out:
	pthread_mutex_unlock(&g->lock);
	return ret;
}
