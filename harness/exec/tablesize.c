/* SPDX-License-Identifier: MIT */
#include "exec/tablesize.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

#define KERNEL_ENOTSUPP 524 /* not in errno.h: what the MSI core says of a domain that cannot */

const char *const tablesize_names[] = {
	[TABLESIZE_SAME] = "same",       [TABLESIZE_GREW] = "grew",
	[TABLESIZE_DIFFERS] = "differs", [TABLESIZE_UNKNOWN] = "unknown",
	[TABLESIZE_VERDICTS] = NULL,
};

struct probe {
	struct backend *be;
	struct tablesize *t;
	struct errmsg *e;
	struct irq_set_buf buf;
	int fd;
	bool enabled;
	bool armed; /* vector last has fd */
	uint32_t last;
};

/* What came of a probe, beside -errno. */
enum { REFUSED, TAKEN, UNTOLD };

static int arm(struct probe *p, uint32_t vector, int32_t fd)
{
	int ret = backend_set_irqs(p->be, irq_set_eventfds(&p->buf, MSIX, vector, 1, &fd));

	p->t->calls++;
	if (!ret)
		p->enabled = true;
	return ret;
}

static int disable(struct probe *p)
{
	int ret;

	if (!p->enabled)
		return 0;
	ret = backend_set_irqs(p->be, irq_set_disable(&p->buf, MSIX));
	p->t->calls++;
	p->enabled = false;
	return ret ? errmsg_set(p->e, ret, EXIT_ENVIRONMENT,
				"MSI-X cannot be disabled any more after the check: SET_IRQS "
				"TRIGGER|NONE count 0: %s; close the device, or reset it",
				strerror(-ret))
		   : 0;
}

/*
 * The kernel holds an index against the size that it keeps (msi_insert_desc) before it asks for a
 * host vector, so a host that has none left says nothing of the size: -ENOSPC, or the number that
 * could be had (R48), is a vector that the kernel takes.
 */
static int read_answer(struct probe *p, int ret, uint32_t vector)
{
	if (ret > 0 || ret == -ENOSPC)
		p->t->host_short = true;
	if (ret >= 0 || ret == -ENOSPC)
		return TAKEN;
	if (ret == -ERANGE)
		return REFUSED;
	if (ret == -EINVAL || ret == -ENODEV || ret == -KERNEL_ENOTSUPP) {
		snprintf(p->t->why, sizeof(p->t->why),
			 "the kernel refuses MSI-X vector %u for another reason than the size of "
			 "the table: %s (%d)",
			 vector, ret == -KERNEL_ENOTSUPP ? "not supported" : strerror(-ret), ret);
		return UNTOLD;
	}
	return errmsg_set(p->e, ret, EXIT_ENVIRONMENT, "MSI-X vector %u cannot be tried: %s",
			  vector, strerror(-ret));
}

/* Adds the one vector to those that are enabled (R55). */
static int add_vector(struct probe *p, uint32_t vector)
{
	int ret;

	/* The kernel's log would tell of two vectors with one eventfd (R58). */
	if (p->armed)
		arm(p, p->last, -1);
	ret = arm(p, vector, p->fd);
	p->armed = !ret;
	p->last = vector;
	return ret;
}

/* Enables all up to it and uses none (R43, R44): costs the host as many for a moment. */
static int enable_up_to(struct probe *p, uint32_t vector, int *err)
{
	int ret = arm(p, vector, -1);

	*err = disable(p);
	return ret;
}

static int try_vector(struct probe *p, uint32_t vector)
{
	int err = 0, ret;

	ret = p->t->in_place ? add_vector(p, vector) : enable_up_to(p, vector, &err);
	return err ? err : read_answer(p, ret, vector);
}

/* The last vector was refused: how many are taken? Vector 0 may be known to be. */
static int bisect(struct probe *p)
{
	struct tablesize *t = p->t;
	uint32_t lo = t->in_place, hi = t->reported - 1;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;
		int ret = try_vector(p, mid - 1);

		if (ret < 0 || ret == UNTOLD)
			return ret;
		if (ret == TAKEN)
			lo = mid;
		else
			hi = mid - 1;
	}
	if (!lo) {
		snprintf(t->why, sizeof(t->why),
			 "the kernel refuses every MSI-X vector, the first as well: %s",
			 strerror(ERANGE));
		return UNTOLD;
	}
	t->kernel = lo;
	t->verdict = TABLESIZE_GREW;
	return 0;
}

static int find_kernel_size(struct probe *p, uint32_t flags)
{
	struct tablesize *t = p->t;
	int ret;

	/* A host that has not one vector left can still be asked for all of them. */
	t->in_place = !(flags & VFIO_IRQ_INFO_NORESIZE) && t->reported > 1 && !arm(p, 0, -1);
	ret = try_vector(p, t->reported - 1);
	if (ret == REFUSED)
		return bisect(p);
	if (ret == TAKEN) {
		t->kernel = t->reported;
		t->verdict = TABLESIZE_SAME;
		return 0;
	}
	return ret;
}

/* The table as BACKEND_DEV_ENTRY shows it: entries from some size on are -EINVAL. */
static uint32_t count_entries(struct backend *be)
{
	uint32_t lo = 0, hi = IRQ_MAX_VECTORS;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;
		int ret = backend_device(be, BACKEND_DEV_ENTRY, mid - 1);

		if (ret < 0 && ret != -EINVAL)
			return 0;
		if (ret >= 0)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

int tablesize_check(struct backend *be, struct tablesize *t, struct errmsg *e)
{
	struct vfio_irq_info info = {.argsz = IRQ_INFO_SIZE, .index = MSIX};
	struct probe p = {.be = be, .t = t, .e = e};
	int ret, err;

	memset(t, 0, sizeof(*t));
	t->verdict = TABLESIZE_UNKNOWN;
	ret = backend_irq_info(be, &info);
	if (ret)
		return errmsg_set(e, ret, EXIT_ENVIRONMENT, "GET_IRQ_INFO of MSI-X: %s",
				  strerror(-ret));
	t->reported = info.count;
	if (!info.count) {
		snprintf(t->why, sizeof(t->why), "the device has no MSI-X");
		return 0;
	}
	t->entries = count_entries(be);
	p.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p.fd < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make an eventfd: %s",
				  strerror(errno));
	ret = find_kernel_size(&p, info.flags);
	err = disable(&p);
	close(p.fd);
	if (ret < 0 || err)
		return ret < 0 ? ret : err;
	if (t->verdict == TABLESIZE_SAME && t->entries && t->entries != t->reported)
		t->verdict = TABLESIZE_DIFFERS;
	return 0;
}
