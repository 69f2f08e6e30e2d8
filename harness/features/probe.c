/* SPDX-License-Identifier: MIT */
#include "features/probe.h"

#include <errno.h>
#include <string.h>

#include "uapi/irq_set.h"

const char *const feature_by_names[] = {
	[BY_VERSION] = "version",
	[BY_ARCH] = "arch",
	[BY_PROBE] = "probe",
};

static void note_sources(struct features_found *f)
{
	for (uint32_t i = 0; i < FEATURES; i++)
		f->by[i] = feature_rows[i].since[ARCH_X86] == feature_rows[i].since[ARCH_ARM64]
				   ? BY_VERSION
				   : BY_ARCH;
}

void features_by_release(const char *release, const char *machine, struct features_found *out)
{
	enum arch arch = strcmp(machine, "aarch64") ? ARCH_X86 : ARCH_ARM64;
	uint16_t version = feature_version(release);

	out->arch = arch;
	out->profile = profile_at(version, arch);
	out->set = out->habit = features_at(version, arch);
	note_sources(out);
}

void features_by_profile(enum profile profile, uint32_t set, struct features_found *out)
{
	out->profile = profile;
	out->arch = profile_arch(profile);
	out->habit = profile_features(profile);
	out->set = set;
	note_sources(out);
}

static int info_of(const struct probe_device *d, uint32_t index, struct vfio_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return d->irq_info(d->data, info);
}

/* Each returns 1: has it, 0: has it not, -1: this device cannot show it. */
static int ask_noresize(const struct probe_device *d)
{
	struct vfio_irq_info info;

	if (!d->shape->msix || info_of(d, VFIO_PCI_MSIX_IRQ_INDEX, &info))
		return -1;
	return !(info.flags & VFIO_IRQ_INFO_NORESIZE);
}

static int ask_negative_fd(const struct probe_device *d)
{
	static const int32_t fd = -2;
	struct irq_set_buf buf;
	int ret = d->set_irqs(d->data, irq_set_eventfds(&buf, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &fd));

	return ret && ret != -EINVAL ? -1 : ret == -EINVAL;
}

static int ask_err(const struct probe_device *d)
{
	struct vfio_irq_info info;
	int ret;

	if (!d->shape->known || d->shape->pcie)
		return -1;
	ret = info_of(d, VFIO_PCI_ERR_IRQ_INDEX, &info);
	return ret && ret != -EINVAL ? -1 : !ret;
}

static int ask_pin(const struct probe_device *d)
{
	struct vfio_irq_info info;

	if (!d->shape->irqless || info_of(d, VFIO_PCI_INTX_IRQ_INDEX, &info))
		return -1;
	return !info.count;
}

static int ask_its(const struct probe_device *d)
{
	return d->its;
}

static int (*const ask[])(const struct probe_device *d) = {
	[PROBE_NONE] = NULL,
	[PROBE_NORESIZE] = ask_noresize,
	[PROBE_NEGATIVE_FD] = ask_negative_fd,
	[PROBE_ERR] = ask_err,
	[PROBE_PIN] = ask_pin,
	[PROBE_ITS] = ask_its,
};

void features_probe(const struct probe_device *d, struct features_found *f)
{
	for (uint32_t i = 0; i < FEATURES; i++) {
		enum feature_probe probe = feature_rows[i].probe;
		int has = ask[probe] ? ask[probe](d) : -1;

		if (has < 0)
			continue;
		f->set = (f->set & ~(UINT32_C(1) << i)) | (uint32_t)has << i;
		f->by[i] = BY_PROBE;
	}
}
