/* SPDX-License-Identifier: MIT */
/*
 * guest_device PROFILE REMAPPING: what can be done to real devices beside the interrupt ioctls, and
 * what a real device then delivers. Runs over all devices that IRQSTORM_DEVICES lists; REMAPPING is
 * "on" or "off": whether the guest has interrupt remapping.
 */
#include "guest_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "support/clock.h"
#include "vfio/procirq.h"

#define REOPENS 20

static bool remapping;

bool can(const struct state *s, enum backend_device_op op)
{
	return s->desc.device_ops & 1u << op;
}

bool dynamic(const struct state *s)
{
	return !(s->desc.irq[MSIX].flags & VFIO_IRQ_INFO_NORESIZE);
}

enum verdict expect_active(struct state *s, uint32_t type, uint64_t mask)
{
	struct backend_inspect seen;

	WANT(backend_inspect(s->be, &seen), 0);
	WANT(seen.valid, INSPECT_ACTIVE | INSPECT_TYPE);
	WANT(seen.type, type);
	if (seen.active[0] != mask)
		return fail(s, "handlers 0x%llx, not 0x%llx", (unsigned long long)seen.active[0],
			    (unsigned long long)mask);
	for (size_t i = 1; i < IRQ_MAX_VECTORS / 64; i++)
		WANT(seen.active[i], 0);
	return OK;
}

static enum verdict kernel_is_the_one_named(struct state *s)
{
	if (!s->desc.irq[MSIX].count || !s->profile)
		return skip(s, "no MSI-X to tell it by");
	if (strcmp(s->desc.profile, s->profile))
		return fail(s, "profile %s, not %s", s->desc.profile, s->profile);
	return OK;
}

static enum verdict what_is_not_offered_is_refused(struct state *s)
{
	for (int op = BACKEND_DEV_LINE; op <= BACKEND_DEV_FAIL; op++) {
		if (!can(s, (enum backend_device_op)op))
			WANT(backend_device(s->be, (enum backend_device_op)op, 0), -EOPNOTSUPP);
	}
	WANT(can(s, BACKEND_DEV_MEMORY) && can(s, BACKEND_DEV_DISINTX) &&
		     can(s, BACKEND_DEV_REOPEN),
	     1);
	if (can(s, BACKEND_DEV_POWER))
		WANT(backend_device(s->be, BACKEND_DEV_POWER, 1), -EINVAL);
	return OK;
}

/* R21: nothing survives the last close. */
static enum verdict reopening_ends_everything(struct state *s)
{
	for (uint32_t index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		if (!s->desc.irq[index].count)
			continue;
		WANT(arm(s, index, 0, 1, s->fd), 0);
		if (index <= MSIX)
			MUST(expect_active(s, index, 1));
		WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
		MUST(expect_active(s, VFIO_PCI_NUM_IRQS, 0));
		WANT(procirq_count(s->desc.device + 13), 0);
		/* ERR and REQ: there is nothing to signal (section 1.6). */
		WANT(loopback(s, index, 0), -EINVAL);
		WANT(disable(s, index), -EINVAL);
	}
	return expect_quiet(s);
}

static enum verdict reopening_takes(struct state *s)
{
	uint64_t start = clock_ns(), worst = 0;

	for (int i = 0; i < REOPENS; i++) {
		uint64_t t = clock_ns();

		WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
		t = clock_ns() - t;
		worst = t > worst ? t : worst;
	}
	printf("# %s: reopen %llu us, worst %llu us\n", s->device,
	       (unsigned long long)((clock_ns() - start) / REOPENS / NSEC_PER_USEC),
	       (unsigned long long)(worst / NSEC_PER_USEC));
	return OK;
}

static enum verdict disintx_and_memory_take_a_reopen(struct state *s)
{
	WANT(backend_device(s->be, BACKEND_DEV_DISINTX, 1), 0);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 0), 0);
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	/* The registers answer again: an entry can be read where there are entries. */
	if (can(s, BACKEND_DEV_ENTRY) && backend_device(s->be, BACKEND_DEV_ENTRY, 0) < 0)
		return fail(s, "the MSI-X table cannot be read");
	return OK;
}

/* Without a free descriptor the device cannot be opened: nothing works, and later all does. */
static enum verdict failed_reopen_can_be_repeated(struct state *s)
{
	struct rlimit had, none;
	struct vfio_irq_info info = {.argsz = sizeof(info)};
	int err;

	WANT(getrlimit(RLIMIT_NOFILE, &had), 0);
	none = had;
	none.rlim_cur = 0;
	WANT(setrlimit(RLIMIT_NOFILE, &none), 0);
	err = backend_device(s->be, BACKEND_DEV_REOPEN, 0);
	WANT(setrlimit(RLIMIT_NOFILE, &had), 0);
	WANT(err, -EMFILE);
	WANT(backend_fire(s->be, MSIX, 0), -EBADF);
	WANT(arm(s, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, s->fd), -EBADF);
	WANT(backend_irq_info(s->be, &info), -EBADF);
	WANT(backend_device(s->be, BACKEND_DEV_MEMORY, 1), -EBADF);
	WANT(backend_device(s->be, BACKEND_DEV_REOPEN, 0), 0);
	WANT(arm(s, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, s->fd), 0);
	WANT(disable(s, VFIO_PCI_REQ_IRQ_INDEX), 0);
	return OK;
}

/* R22, by config write; nvme is the one that has it. */
static enum verdict flr_keeps_triggers(struct state *s)
{
	const uint32_t index = s->desc.irq[MSIX].count ? MSIX : INTX;

	if (!can(s, BACKEND_DEV_FLR))
		return skip(s, "no Function Level Reset");
	WANT(arm(s, index, 0, 1, s->fd), 0);
	WANT(backend_device(s->be, BACKEND_DEV_FLR, 0), 0);
	MUST(expect_active(s, index, 1));
	if (index == MSIX && can(s, BACKEND_DEV_ENTRY))
		WANT(backend_device(s->be, BACKEND_DEV_ENTRY, 0), 0);
	WANT(loopback(s, index, 0), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(disable(s, index), 0);
	return OK;
}

/* R48: without remapping x86 has no block of vectors for multi-message MSI. */
static enum verdict several_msi_need_remapping(struct state *s)
{
	if (s->desc.irq[MSI].count < 2)
		return skip(s, "one MSI vector at most");
	WANT(arm(s, MSI, 0, 2, s->fd), remapping ? 0 : 1);
	MUST(expect_active(s, remapping ? MSI : VFIO_PCI_NUM_IRQS, remapping ? 3 : 0));
	if (!remapping) {
		WANT(disable(s, MSI), -EINVAL);
		WANT(arm(s, MSI, 0, 1, s->fd), 0);
		MUST(expect_active(s, MSI, 1));
	}
	WANT(loopback(s, MSI, 0), 0);
	WANT(wait_count(s->fd[0], WAIT_MS), 1);
	WANT(disable(s, MSI), 0);
	return expect_active(s, VFIO_PCI_NUM_IRQS, 0);
}

const struct check any_checks[] = {
	CHECK(kernel_is_the_one_named),
	CHECK(what_is_not_offered_is_refused),
	CHECK(reopening_ends_everything),
	CHECK(disintx_and_memory_take_a_reopen),
	CHECK(failed_reopen_can_be_repeated),
	CHECK(flr_keeps_triggers),
	CHECK(several_msi_need_remapping),
	CHECK(reopening_takes),
	CHECK_END,
};

static void one_device(struct state *s, const char *bdf)
{
	if (open_device(s, bdf, NULL) || backend_describe(s->be, &s->desc)) {
		printf("not ok %s: open: %s\n", s->device, s->e.text);
		s->count[FAILED]++;
		return;
	}
	printf("# %s: %s, trigger %s, device_ops 0x%x\n", s->device, s->desc.device,
	       s->desc.trigger, s->desc.device_ops);
	run_checks(any_checks, s);
	if (s->desc.fire_max >= VECTORS && s->desc.caps & BACKEND_HW_FIRE)
		run_checks(msix_checks, s);
	if (can(s, BACKEND_DEV_LINE))
		run_checks(line_checks, s);
	if (backend_fire(s->be, MSI, 0) != -EOPNOTSUPP && s->desc.caps & BACKEND_HW_FIRE)
		run_checks(msi_checks, s);
	close_device(s);
	if (s->desc.irq[MSIX].count == IRQ_MAX_VECTORS)
		check_vectors(s, bdf);
}

static bool masks_at_the_controller(void)
{
	FILE *f = fopen("/sys/module/vfio_pci/parameters/nointxmask", "r");
	int c = f ? getc(f) : 'N';

	if (f)
		fclose(f);
	return c == 'Y';
}

int main(int argc, char **argv)
{
	static struct state s;
	const char *holder = NULL; /* an edu before */
	char list[512], *rest = list, *word;

	state_init(&s);
	s.recover = true;
	s.profile = argc > 1 ? argv[1] : NULL;
	remapping = argc <= 2 || strcmp(argv[2], "off");
	word = getenv("IRQSTORM_DEVICES");
	snprintf(list, sizeof(list), "%s", word ? word : "");
	while ((word = strsep(&rest, ","))) {
		char *name = strchr(word, '=');

		if (!name)
			continue;
		*name++ = '\0';
		s.device = name;
		if (masks_at_the_controller() && holder && !strcmp(name, "edu"))
			check_line(&s, holder, word);
		else if (!masks_at_the_controller() || !strcmp(name, "edu"))
			one_device(&s, word);
		if (!holder && !strcmp(name, "edu"))
			holder = word;
	}
	return state_end(&s);
}
