/* SPDX-License-Identifier: MIT */
/*
 * guest_vfio PROFILE: the vfio backend against a real kernel. Runs as root inside a guest that has
 * an ivshmem-doorbell bound to vfio-pci; PROFILE (6.1, 6.12) is what the kernel must turn out to
 * be. One line a check, `N passed, N failed, N skipped` at the end.
 */
#include "guest_vfio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

bool find_other(bool bound, struct pci_device *out)
{
	const struct vfio_roots roots = {.sysfs = "/sys", .dev = "/dev"};
	struct pci_device *devs;
	bool found = false;
	size_t n;

	pci_list(&roots, NULL, &devs, &n);
	for (size_t i = 0; i < n && !found; i++) {
		found = pci_driver_is_vfio(devs[i].driver) == bound && devs[i].device != 0x1110;
		*out = devs[i];
	}
	free(devs);
	return found;
}

static enum verdict open_auto(struct state *s)
{
	int err = open_device(s, "auto", "ivshmem");

	if (err)
		return fail(s, "%d: %s", err, s->e.text);
	WANT(backend_describe(s->be, &s->desc), 0);
	return OK;
}

static enum verdict describes_itself(struct state *s)
{
	const struct backend_desc *d = &s->desc;
	struct utsname uts;

	uname(&uts);
	if (strncmp(d->target, "vfio:0000:", 10) || !strstr(d->target, ",trigger=ivshmem"))
		return fail(s, "target %s", d->target);
	if (strncmp(d->device, "1af4:1110 at 0000:", 18))
		return fail(s, "device %s", d->device);
	if (strcmp(d->kernel, uts.release))
		return fail(s, "kernel %s", d->kernel);
	if (!(d->caps & BACKEND_HW_FIRE) || (d->caps & BACKEND_SYNC_FIRE))
		return fail(s, "caps 0x%x", d->caps);
	WANT(d->fire_max, d->irq[MSIX].count);
	if (d->fire_max < VECTORS)
		return fail(s, "only %u vectors, the checks need %d", d->fire_max, VECTORS);
	WANT(d->irq[VFIO_PCI_MSI_IRQ_INDEX].count, 0);
	WANT(d->irq[VFIO_PCI_REQ_IRQ_INDEX].count, 1);
	return OK;
}

static enum verdict profile_matches(struct state *s)
{
	uint32_t flags = s->desc.irq[MSIX].flags;

	if (!s->profile)
		return skip(s, "no profile was named");
	if (strcmp(s->desc.profile, s->profile))
		return fail(s, "profile %s, not %s", s->desc.profile, s->profile);
	/* R15 */
	WANT(flags, strcmp(s->profile, "6.1") ? 0x1 : 0x9);
	return OK;
}

static enum verdict irq_info(struct state *s)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = MSIX};

	WANT(backend_irq_info(s->be, &info), 0);
	WANT(info.count, s->desc.irq[MSIX].count);
	info.argsz = sizeof(info) - 1;
	WANT(backend_irq_info(s->be, &info), -EINVAL);
	info.argsz = sizeof(info);
	info.index = VFIO_PCI_NUM_IRQS;
	WANT(backend_irq_info(s->be, &info), -EINVAL);
	return OK;
}

static enum verdict second_open_is_busy(struct state *s)
{
	struct backend *held = s->be;
	int err = open_device(s, "auto", "ivshmem");

	if (!err)
		close_device(s);
	s->be = held;
	WANT(err, -EBUSY);
	WANT(s->e.exit, EXIT_ENVIRONMENT);
	if (!strstr(s->e.text, "this very process"))
		return fail(s, "%s", s->e.text);
	return OK;
}

static enum verdict no_such_device(struct state *s)
{
	struct backend *held = s->be;
	int err = open_device(s, "fe:1f.7", NULL);

	s->be = held;
	WANT(err, -ENODEV);
	if (!strstr(s->e.text, "no PCI device 0000:fe:1f.7"))
		return fail(s, "%s", s->e.text);
	return OK;
}

static enum verdict device_not_bound(struct state *s)
{
	struct backend *held = s->be;
	struct pci_device other;
	int err;

	if (!find_other(false, &other))
		return skip(s, "every device is bound to vfio-pci");
	err = open_device(s, other.bdf, NULL);
	s->be = held;
	WANT(err, -ENODEV);
	if (!strstr(s->e.text, "not to vfio-pci; as root: echo vfio-pci > /sys/bus/pci/devices/"))
		return fail(s, "%s", s->e.text);
	return OK;
}

static enum verdict unknown_trigger(struct state *s)
{
	struct backend *held = s->be;
	int err = open_device(s, "auto", "telepathy");

	s->be = held;
	WANT(err, -EINVAL);
	WANT(s->e.exit, EXIT_USAGE);
	return OK;
}

static enum verdict wrong_trigger(struct state *s)
{
	struct backend *held = s->be;
	struct pci_device other;
	int err;

	if (!find_other(true, &other))
		return skip(s, "no second device is bound to vfio-pci");
	err = open_device(s, other.bdf, "ivshmem");
	s->be = held;
	WANT(err, -ENODEV);
	if (!strstr(s->e.text, "trigger ivshmem needs"))
		return fail(s, "%s", s->e.text);
	return OK;
}

/* A backend that a dying process did not close is free again, and its holder is named before. */
static enum verdict other_process_is_named(struct state *s)
{
	char want[64];
	int ready[2], go[2], err;
	char byte = 0;
	pid_t pid;

	close_device(s);
	if (pipe(ready) || pipe(go))
		return fail(s, "pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		close(go[1]);
		byte = (char)(open_device(s, "auto", "ivshmem") ? 'n' : 'y');
		if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) < 0)
			_exit(2);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		byte = 'n';
	err = open_device(s, "auto", "ivshmem");
	if (!err)
		close_device(s);
	close(go[1]);
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(ready[0]);
	if (byte != 'y')
		return fail(s, "the child could not open the device");
	WANT(err, -EBUSY);
	snprintf(want, sizeof(want), "in use by process %d ", (int)pid);
	if (!strstr(s->e.text, want))
		return fail(s, "%s", s->e.text);
	WANT(open_device(s, "auto", "ivshmem"), 0);
	close_device(s);
	return OK;
}

static const struct check open_checks[] = {
	CHECK(open_auto),           CHECK(describes_itself),
	CHECK(profile_matches),     CHECK(irq_info),
	CHECK(second_open_is_busy), CHECK(no_such_device),
	CHECK(device_not_bound),    CHECK(unknown_trigger),
	CHECK(wrong_trigger),       CHECK_END,
};

static const struct check last_checks[] = {
	CHECK(other_process_is_named),
	CHECK_END,
};

int main(int argc, char **argv)
{
	static struct state s;
	const struct check *const all[] = {open_checks, doorbell_checks, loopback_checks,
					   last_checks};
	bool go = true;

	state_init(&s);
	s.profile = argc > 1 ? argv[1] : NULL;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && go; i++)
		go = run_checks(all[i], &s);
	return state_end(&s);
}
