/* SPDX-License-Identifier: MIT */
/*
 * guest_table PROFILE: a device that changes the size of its MSI-X table, on a real kernel (P13).
 * QEMU's nvme with SR-IOV does: an admin command (Virtualization Management) says how many of its
 * flexible interrupt resources the function itself gets from its next reset on. The first device of
 * IRQSTORM_DEVICES is that nvme, made by nvme_flexible.sh; of the others no table may seem to have
 * changed. PROFILE says what the kernel is.
 */
#include "../vfio/guest_check.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/tablesize.h"
#include "support/clock.h"
#include "vfio/state.h"

/* What nvme_flexible.sh makes: vectors of the function's own, and with all flexible ones. */
#define SMALL 8u
#define LARGE 16u

#define PAGE     4096u
#define IOVA     0x100000u
#define ENTRIES  16u /* of either admin queue */
#define DEADLINE (5 * NSEC_PER_SEC)

/* Registers and fields of NVMe 1.4. */
enum { REG_CC = 0x14, REG_CSTS = 0x1c, REG_AQA = 0x24, REG_ASQ = 0x28, REG_ACQ = 0x30 };
enum { DOORBELL_SQ0 = 0x1000 };
enum { ADMIN_VIRT_MGMT = 0x1c, VIRT_PRIMARY_FLEXIBLE = 1, VIRT_INTERRUPTS = 1 };
#define CC_ENABLE (1u | 6u << 16 | 4u << 20) /* entries of 64 and 16 bytes */

static const char *bdf;

static bool is_6_12(const struct state *s)
{
	return !strcmp(s->profile, "6.12");
}

static uint32_t count(struct state *s)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = MSIX};

	return backend_irq_info(s->be, &info) ? 0 : info.count;
}

/* The admin queues of the open device, a page each, for one command. */
struct admin {
	struct bar_map bar;
	uint32_t *sq, *cq;
	int container;
};

static int admin_open(struct state *s, struct admin *a)
{
	struct vfio_backend *v = to_vfio(s->be);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = IOVA,
		.size = (uint64_t)2 * PAGE,
	};
	uint64_t end = clock_ns() + DEADLINE;

	memset(a, 0, sizeof(*a));
	a->sq = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->sq == MAP_FAILED)
		return -ENOMEM;
	a->cq = a->sq + PAGE / sizeof(*a->sq);
	a->container = v->fds.container;
	map.vaddr = (uintptr_t)a->sq;
	if (region_map(v->fds.device, 0, 2 * PAGE, &a->bar, &s->e) ||
	    ioctl(a->container, VFIO_IOMMU_MAP_DMA, &map))
		return -EIO;
	*region_reg32(&a->bar, REG_AQA) = htole32((ENTRIES - 1) << 16 | (ENTRIES - 1));
	*region_reg32(&a->bar, REG_ASQ) = htole32(IOVA);
	*region_reg32(&a->bar, REG_ASQ + 4) = 0;
	*region_reg32(&a->bar, REG_ACQ) = htole32(IOVA + PAGE);
	*region_reg32(&a->bar, REG_ACQ + 4) = 0;
	*region_reg32(&a->bar, REG_CC) = htole32(CC_ENABLE);
	while (!(le32toh(*region_reg32(&a->bar, REG_CSTS)) & 1)) {
		if (clock_ns() > end)
			return -ETIMEDOUT;
	}
	return 0;
}

static void admin_close(struct admin *a)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = IOVA, .size = (uint64_t)2 * PAGE};

	if (a->bar.base)
		*region_reg32(&a->bar, REG_CC) = 0;
	ioctl(a->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	region_unmap(&a->bar);
	munmap(a->sq, 2 * PAGE);
}

/* The status of one Virtualization Management command, or -errno. */
static int virt_management(struct admin *a, uint32_t flexible)
{
	volatile uint32_t *status = &a->cq[3];
	uint64_t end = clock_ns() + DEADLINE;

	a->sq[0] = htole32(ADMIN_VIRT_MGMT);
	a->sq[10] = htole32(VIRT_INTERRUPTS << 8 | VIRT_PRIMARY_FLEXIBLE);
	a->sq[11] = htole32(flexible);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*region_reg32(&a->bar, DOORBELL_SQ0) = htole32(1);
	while (!(le32toh(*status) >> 16 & 1)) {
		if (clock_ns() > end)
			return -ETIMEDOUT;
	}
	return (int)(le32toh(*status) >> 17);
}

/* From its next reset on the function has SMALL + @flexible vectors. */
static enum verdict ask_for(struct state *s, uint32_t flexible)
{
	struct admin a;

	WANT(admin_open(s, &a), 0);
	WANT(virt_management(&a, flexible), 0);
	admin_close(&a);
	return OK;
}

/* As between two users of the device: the last close resets it. */
static enum verdict resize(struct state *s, uint32_t flexible)
{
	MUST(ask_for(s, flexible));
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	WANT(count(s), SMALL + flexible);
	return OK;
}

static enum verdict expect_check(struct state *s, enum tablesize_verdict verdict, uint32_t kernel)
{
	struct tablesize t;

	WANT(tablesize_check(s->be, &t, &s->e), 0);
	printf("# %s: %s: reported %u, kernel %u, entries %u, %u calls %s\n", s->device,
	       tablesize_names[t.verdict], t.reported, t.kernel, t.entries, t.calls,
	       t.in_place ? "in place" : "in bulk");
	WANT(t.verdict, verdict);
	WANT(t.kernel, kernel);
	WANT(t.reported, count(s));
	WANT(t.entries, count(s));
	WANT(t.host_short, 0);
	WANT(t.in_place, is_6_12(s) && verdict != TABLESIZE_UNKNOWN);
	/* It left nothing enabled. */
	WANT(disable(s, MSIX), -EINVAL);
	return OK;
}

/* Arms the last vector below @n with all others allocated, and has it signalled. */
static enum verdict all_work(struct state *s, uint32_t n)
{
	WANT(arm(s, MSIX, n - 1, 1, s->fd), 0);
	WANT(loopback(s, MSIX, n - 1), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict it_begins_with_a_small_table(struct state *s)
{
	MUST(resize(s, 0));
	WANT(arm(s, MSIX, SMALL, 1, s->fd), -EINVAL);
	MUST(all_work(s, SMALL));
	return expect_check(s, TABLESIZE_SAME, SMALL);
}

/* R22: a reset leaves them, and the table is larger after it. Vector 0 is the admin queue's. */
static enum verdict enabled_vectors_outlive_growth(struct state *s)
{
	const uint32_t flexible = 4;
	struct admin a;

	MUST(ask_for(s, flexible));
	WANT(arm(s, MSIX, 0, 2, s->fd), 0);
	WANT(backend_reset(s->be), 0);
	WANT(count(s), SMALL + flexible);
	WANT(arm(s, MSIX, SMALL, 1, s->fd + 2), is_6_12(s) ? -ERANGE : -EINVAL);
	WANT(loopback(s, MSIX, 1), 0);
	WANT(wait_count(s->fd[1], WAIT_MS), 1);
	WANT(admin_open(s, &a), 0);
	WANT(virt_management(&a, flexible), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	admin_close(&a);
	WANT(disable(s, MSIX), 0);
	return expect_quiet(s);
}

static enum verdict a_grown_table_is_seen_and_on_6_12_cannot_be_used(struct state *s)
{
	MUST(resize(s, LARGE - SMALL));
	if (!is_6_12(s))
		return all_work(s, LARGE);
	WANT(arm(s, MSIX, LARGE - 1, 1, s->fd), -ERANGE);
	WANT(arm(s, MSIX, SMALL, 1, s->fd), -ERANGE);
	WANT(disable(s, MSIX), -EINVAL);
	MUST(all_work(s, SMALL));
	/* and one by one */
	WANT(arm(s, MSIX, 0, 1, s->fd), 0);
	WANT(arm(s, MSIX, SMALL, 1, s->fd + 1), -ERANGE);
	WANT(arm(s, MSIX, LARGE - 1, 1, s->fd + 1), -ERANGE);
	WANT(arm(s, MSIX, SMALL - 1, 1, s->fd + 1), 0);
	WANT(loopback(s, MSIX, 0), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(disable(s, MSIX), 0);
	return OK;
}

static enum verdict the_check_says_so(struct state *s)
{
	return is_6_12(s) ? expect_check(s, TABLESIZE_GREW, SMALL)
			  : expect_check(s, TABLESIZE_SAME, LARGE);
}

static enum verdict another_open_does_not_help(struct state *s)
{
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	WANT(count(s), LARGE);
	WANT(arm(s, MSIX, LARGE - 1, 1, s->fd), is_6_12(s) ? -ERANGE : 0);
	WANT(disable(s, MSIX), is_6_12(s) ? -EINVAL : 0);
	return OK;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static enum verdict a_rebind_does(struct state *s)
{
	close_device(s);
	WANT(put("/sys/bus/pci/drivers/vfio-pci/unbind", bdf), 0);
	WANT(put("/sys/bus/pci/drivers_probe", bdf), 0);
	WANT(open_device(s, bdf, "loopback"), 0);
	WANT(count(s), LARGE);
	MUST(expect_check(s, TABLESIZE_SAME, LARGE));
	return all_work(s, LARGE);
}

static enum verdict a_smaller_table_needs_no_rebind(struct state *s)
{
	MUST(resize(s, 0));
	WANT(arm(s, MSIX, SMALL, 1, s->fd), -EINVAL);
	MUST(all_work(s, SMALL));
	return expect_check(s, TABLESIZE_SAME, SMALL);
}

/* sriov_set_msix_vec_count() is the driver's of the physical function, and vfio-pci has none. */
static enum verdict vfio_pci_cannot_size_its_virtual_functions(struct state *s)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", bdf);
	WANT(put(path, "1"), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/virtfn0/sriov_vf_msix_count", bdf);
	WANT(put(path, "4"), -EOPNOTSUPP);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs", bdf);
	WANT(put(path, "0"), 0);
	return OK;
}

static const struct check flexible_checks[] = {
	CHECK(it_begins_with_a_small_table),
	CHECK(enabled_vectors_outlive_growth),
	CHECK(a_grown_table_is_seen_and_on_6_12_cannot_be_used),
	CHECK(the_check_says_so),
	CHECK(another_open_does_not_help),
	CHECK(a_rebind_does),
	CHECK(a_smaller_table_needs_no_rebind),
	CHECK(vfio_pci_cannot_size_its_virtual_functions),
	CHECK_END,
};

static enum verdict the_check_finds_no_change(struct state *s)
{
	const uint32_t n = s->desc.irq[MSIX].count;

	return expect_check(s, n ? TABLESIZE_SAME : TABLESIZE_UNKNOWN, n);
}

static const struct check other_checks[] = {
	CHECK(the_check_finds_no_change),
	CHECK_END,
};

static void one_device(struct state *s, const struct check *checks)
{
	if (open_device(s, bdf, "loopback") || backend_describe(s->be, &s->desc)) {
		printf("not ok %s: open: %s\n", s->device, s->e.text);
		s->count[FAILED]++;
		return;
	}
	run_checks(checks, s);
	close_device(s);
}

int main(int argc, char **argv)
{
	const char *env = getenv("IRQSTORM_DEVICES");
	static struct state s;
	char list[512], *rest = list, *word;
	bool first = true;

	state_init(&s);
	s.profile = argc > 1 ? argv[1] : "6.12";
	snprintf(list, sizeof(list), "%s", env ? env : "");
	while ((word = strsep(&rest, ","))) {
		char *name = strchr(word, '=');

		if (!name)
			continue;
		*name++ = '\0';
		bdf = word;
		s.device = name;
		one_device(&s, first ? flexible_checks : other_checks);
		first = false;
	}
	return state_end(&s);
}
