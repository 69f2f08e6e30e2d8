/* SPDX-License-Identifier: MIT */
#include "vfio/vfio.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "vfio/alive.h"
#include "vfio/find.h"
#include "vfio/state.h"

static int get_irq_info(int fd, uint32_t index, struct vfio_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info) ? -errno : 0;
}

static int read_config(void *data, uint32_t reg, uint32_t *value)
{
	return pciconf_read32(data, reg, value);
}

/* What the device has by itself: GET_IRQ_INFO is not asked, its answers follow from this (R16). */
static int read_shape(const struct vfio_backend *v, struct shape *out)
{
	struct pciconf conf = v->conf;
	uint8_t pin = 0;
	int err = shape_read(read_config, &conf, out);

	/* The pin is vfio's virtual one, which may hide the function's own: sysfs shows that. */
	out->vf = v->vf;
	if (!err && !v->vf && v->irq_known && !v->irq && v->sysfs_head >= 0 &&
	    pread(v->sysfs_head, &pin, 1, PCI_INTERRUPT_PIN) == 1 && pin) {
		out->irqless = true;
		out->pin = pin;
	}
	return err;
}

static int vfio_describe(struct backend *be, struct backend_desc *desc)
{
	struct vfio_backend *v = to_vfio(be);
	struct utsname uts;
	int ret;

	memset(desc, 0, sizeof(*desc));
	if (uname(&uts))
		return -errno;
	ret = read_shape(v, &desc->shape);
	if (ret)
		return ret;
	features_by_release(uts.release, uts.machine, &desc->features);
	desc->its = v->its;
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info info;
		int err = get_irq_info(v->fds.device, i, &info);

		/* ERR of a conventional PCI function (R14). */
		if (err == -EINVAL)
			continue;
		if (err)
			return err;
		desc->irq[i].flags = info.flags;
		desc->irq[i].count = info.count;
	}
	/* Without a word it is the group, wherever there is one. */
	snprintf(desc->target, sizeof(desc->target), "vfio:%s%s,trigger=%s", v->pci.bdf,
		 v->fds.via == VFIO_VIA_CDEV ? ",via=cdev" : "", v->trigger.type->name);
	snprintf(desc->via, sizeof(desc->via), "%s", way_names[v->fds.via]);
	snprintf(desc->device, sizeof(desc->device), "%04x:%04x at %s", v->pci.vendor,
		 v->pci.device, v->pci.bdf);
	snprintf(desc->kernel, sizeof(desc->kernel), "%s", uts.release);
	snprintf(desc->profile, sizeof(desc->profile), "%s", profile_name(desc->features.profile));
	snprintf(desc->trigger, sizeof(desc->trigger), "%s", v->trigger.type->name);
	desc->caps = v->trigger.type->caps | (v->can_reset ? BACKEND_RESET : 0) |
		     (v->msix.table.base ? BACKEND_MASK_ENTRY : 0);
	desc->fire_max = v->trigger.fire_max;
	desc->fires = v->trigger.type->fires;
	desc->traits =
		(v->trigger.type->keeps_pending ? (uint32_t)BACKEND_PBA_SURVIVES : 0) |
		(v->trigger.type->fires >> VFIO_PCI_MSI_IRQ_INDEX & 1 ? (uint32_t)BACKEND_FIRE_MSI
								      : 0) |
		(v->trigger.type->fires_late ? (uint32_t)BACKEND_FIRE_LATE : 0) |
		(v->its == 1 ? (uint32_t)BACKEND_ITS : 0);
	desc->device_ops = device_ops(v);
	desc->inspect = inspect_bits(v);
	return 0;
}

static int vfio_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	return ioctl(to_vfio(be)->fds.device, VFIO_DEVICE_GET_IRQ_INFO, info) ? -errno : 0;
}

static int set_irqs(struct vfio_backend *v, const void *arg, size_t size)
{
	int ret;

	if (guard_needed(arg, size))
		return guard_set_irqs(&v->guard, v->fds.device, arg, size);
	ret = ioctl(v->fds.device, VFIO_DEVICE_SET_IRQS, arg);
	return ret < 0 ? -errno : ret;
}

/* Keep trigger.enabled: @arg was answered with success. */
static void note_enabled(struct trigger *t, const void *arg)
{
	struct vfio_irq_set hdr;
	uint32_t now = t->enabled;

	memcpy(&hdr, arg, IRQ_SET_HDR_SIZE);
	if (hdr.index > VFIO_PCI_MSIX_IRQ_INDEX || !(hdr.flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return;
	/* An EVENTFD request that succeeds leaves its index enabled, whatever its fds (R43). */
	if (hdr.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		now = hdr.index;
	else if ((hdr.flags & VFIO_IRQ_SET_DATA_NONE) && !hdr.count)
		now = VFIO_PCI_NUM_IRQS;
	t->enabled = now;
}

static bool disables_intx(const void *arg, size_t size)
{
	struct vfio_irq_set hdr;

	if (size < IRQ_SET_HDR_SIZE)
		return false;
	memcpy(&hdr, arg, IRQ_SET_HDR_SIZE);
	return hdr.index == VFIO_PCI_INTX_IRQ_INDEX && !hdr.count &&
	       (hdr.flags & VFIO_IRQ_SET_DATA_NONE) && (hdr.flags & VFIO_IRQ_SET_ACTION_TRIGGER);
}

static int serial_set_irqs(struct vfio_backend *v, const void *arg, size_t size)
{
	struct trigger *t = &v->trigger;
	uint32_t before = t->enabled;
	bool calmed = v->answers && t->type->calm && disables_intx(arg, size);
	int ret;

	if (calmed)
		t->type->calm(t);
	ret = set_irqs(v, arg, size);
	if (!ret)
		note_enabled(t, arg);
	if ((calmed || before != t->enabled) && t->type->switched) {
		/* Out of reach now: as after a reset, when the registers answer again. */
		if (v->answers)
			t->type->switched(t);
		else
			t->stale = true;
	}
	return ret;
}

static int vfio_set_irqs(struct backend *be, const void *arg, size_t size)
{
	struct vfio_backend *v = to_vfio(be);
	int ret;

	if (!v->trigger.type->serial)
		return set_irqs(v, arg, size);
	serial_lock(v);
	ret = serial_set_irqs(v, arg, size);
	serial_unlock(v);
	return ret;
}

static int check_fire(const struct trigger *t, uint32_t index, uint32_t vector)
{
	uint32_t fires = t->type->fires;

	if (!fires)
		return 0;
	if (index >= VFIO_PCI_NUM_IRQS || !(fires >> index & 1))
		return -EOPNOTSUPP;
	return vector < (index == VFIO_PCI_MSIX_IRQ_INDEX ? t->fire_max : 1) ? 0 : -EINVAL;
}

static int vfio_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct vfio_backend *v = to_vfio(be);
	struct trigger *t = &v->trigger;
	int ret;

	if (v->fds.device < 0)
		return -EBADF;
	serial_lock(v);
	/* A trigger without a mapping is not touched by what the user does to the device. */
	ret = t->bar.base && !v->answers ? -EIO : check_fire(t, index, vector);
	if (!ret)
		ret = t->type->fire(t, index, vector);
	serial_unlock(v);
	return ret;
}

static int vfio_reset(struct backend *be)
{
	struct vfio_backend *v = to_vfio(be);
	int err;

	pthread_mutex_lock(&v->serial);
	err = ioctl(v->fds.device, VFIO_DEVICE_RESET) ? -errno : 0;
	if (!err)
		err = device_was_reset(v);
	pthread_mutex_unlock(&v->serial);
	return err;
}

static void vfio_close(struct backend *be)
{
	struct vfio_backend *v = to_vfio(be);

	vfio_stop(v);
	way_close(&v->fds);
	inspect_stop(v);
	guard_destroy(&v->guard);
	pthread_mutex_destroy(&v->serial);
	free(v);
}

static int vfio_mask_entry(struct backend *be, uint32_t vector)
{
	const struct vfio_backend *v = to_vfio(be);

	return v->msix.table.base ? msix_view_mask(&v->msix, vector) : -EOPNOTSUPP;
}

static int vfio_taken(struct backend *be, uint64_t by_cpu[BACKEND_CPUS])
{
	struct vfio_backend *v = to_vfio(be);

	_Static_assert(BACKEND_CPUS == PROCIRQ_CPUS, "one array");
	return v->procirq.fd < 0 ? -EOPNOTSUPP
				 : procirq_read_taken(&v->procirq, v->pci.bdf, by_cpu);
}

static int vfio_answers(struct backend *be, char *why, size_t size)
{
	struct vfio_backend *v = to_vfio(be);
	struct errmsg e = {0};
	int err;

	if (v->fds.device < 0) {
		snprintf(why, size, "%s", v->lost);
		return -ENODEV;
	}
	err = alive_region(&v->conf, &v->roots, v->pci.bdf, &e);
	if (err)
		snprintf(why, size, "%s", e.text);
	return err;
}

static const struct backend_ops vfio_ops = {
	.describe = vfio_describe,
	.irq_info = vfio_irq_info,
	.set_irqs = vfio_set_irqs,
	.fire = vfio_fire,
	.reset = vfio_reset,
	.device = device_do,
	.inspect = inspect_do,
	.taken = vfio_taken,
	.mask_entry = vfio_mask_entry,
	.host_limits = host_limits,
	.why_refused = host_why_refused,
	.answers = vfio_answers,
	.close = vfio_close,
};

/* Memory, so that the BARs answer, and no DisINTx that an earlier user left behind. */
static int enable_device(struct vfio_backend *v, struct errmsg *e)
{
	/* A message is a DMA write: QEMU, like hardware, drops it without bus mastering. */
	const uint16_t on = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	int err = pciconf_change16(&v->conf, PCI_COMMAND, on | PCI_COMMAND_INTX_DISABLE, on);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot write COMMAND: %s",
				  v->pci.bdf, strerror(-err));
	v->memory = v->d0 = true;
	v->answers = true;
	return 0;
}

int vfio_start(struct vfio_backend *v, struct errmsg *e)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};
	struct vfio_irq_info msix;
	int err;

	if (ioctl(v->fds.device, VFIO_DEVICE_GET_INFO, &info))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "%s: VFIO_DEVICE_GET_INFO: %s",
				  v->pci.bdf, strerror(errno));
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI) || info.num_irqs <= VFIO_PCI_MSIX_IRQ_INDEX)
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "%s is no PCI device to VFIO (flags 0x%x, %u interrupt indexes)",
				  v->pci.bdf, info.flags, info.num_irqs);
	v->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	/* Before its counts are believed: a dead device has 2048 vectors of MSI-X. */
	err = pciconf_init(&v->conf, v->fds.device, e);
	if (!err)
		err = alive_region(&v->conf, &v->roots, v->pci.bdf, e);
	if (err)
		return err;
	err = get_irq_info(v->fds.device, VFIO_PCI_MSIX_IRQ_INDEX, &msix);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: VFIO_DEVICE_GET_IRQ_INFO: %s",
				  v->pci.bdf, strerror(-err));
	err = enable_device(v, e);
	if (err)
		return err;
	v->trigger.device_fd = v->fds.device;
	v->trigger.msix_count = msix.count;
	v->trigger.enabled = VFIO_PCI_NUM_IRQS;
	v->trigger.stale = false;
	err = v->trigger.type->setup(&v->trigger, e);
	if (!err)
		device_start(v);
	return err;
}

void vfio_stop(struct vfio_backend *v)
{
	if (v->answers && v->trigger.bar.base && v->trigger.type->calm)
		v->trigger.type->calm(&v->trigger);
	v->answers = false;
	device_stop(v);
	region_unmap(&v->trigger.bar);
}

static bool wants_space(enum vfio_attach attach, const struct trigger_type *type)
{
	if (attach != VFIO_ATTACH_AUTO)
		return attach == VFIO_ATTACH_YES;
#if defined(__x86_64__)
	(void)type;
	return false;
#else
	return type->fires;
#endif
}

int vfio_open(const struct vfio_config *cfg, struct backend **out, struct errmsg *e)
{
	struct vfio_roots roots = {
		.sysfs = cfg->sysfs ? cfg->sysfs : "/sys",
		.dev = cfg->dev ? cfg->dev : "/dev",
	};
	const struct trigger_type *type = NULL;
	struct vfio_backend *v;
	int err;

	if (cfg->trigger) {
		type = trigger_find(cfg->trigger, e);
		if (!type)
			return -EINVAL;
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	v->be.ops = &vfio_ops;
	v->roots = roots;
	guard_init(&v->guard);
	pthread_mutex_init(&v->serial, NULL);
	err = strcmp(cfg->bdf, "auto") ? find_device(&roots, cfg->bdf, &v->pci, e)
				       : find_only(&roots, type, &v->pci, e);
	if (err)
		goto err_free;
	if (!type)
		type = trigger_for(v->pci.vendor, v->pci.device);
	if (!type->matches(v->pci.vendor, v->pci.device)) {
		err = errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				 "trigger %s needs %s, %s is %04x:%04x; use trigger=loopback",
				 type->name, type->needs, v->pci.bdf, v->pci.vendor, v->pci.device);
		goto err_free;
	}
	v->trigger.type = type;
	err = way_open(&roots, &v->pci, cfg->via, wants_space(cfg->attach, type), &v->fds, e);
	if (err)
		goto err_free;
	err = vfio_start(v, e);
	if (err)
		goto err_opened;
	inspect_start(v, roots.sysfs);
	host_start(v, roots.sysfs);
	*out = &v->be;
	return 0;

err_opened:
	way_close(&v->fds);
err_free:
	guard_destroy(&v->guard);
	pthread_mutex_destroy(&v->serial);
	free(v);
	return err;
}
