/* SPDX-License-Identifier: MIT */
/*
 * probe: which features a target has, and how that is known. What the version and the architecture
 * say comes first; then what the device itself shows, where it can be asked without leaving a
 * trace: GET_IRQ_INFO, and one SET_IRQS that no kernel does anything with. Nothing is enabled.
 */
#ifndef IRQSTORM_FEATURES_PROBE_H
#define IRQSTORM_FEATURES_PROBE_H

#include "features/features.h"
#include "features/shape.h"

enum feature_by { BY_VERSION, BY_ARCH, BY_PROBE };
extern const char *const feature_by_names[]; /* "version", "arch", "probe" */

struct features_found {
	uint32_t set;
	uint32_t habit;       /* what the version has on this architecture, by the table */
	enum profile profile; /* the name of the kernel's version */
	enum arch arch;
	uint8_t by[FEATURES]; /* enum feature_by */
};

/* By release ("6.12.117+deb12-amd64") and uname's machine ("x86_64", "aarch64") alone. */
void features_by_release(const char *release, const char *machine, struct features_found *out);

/* As a target says that it was made to be. */
void features_by_profile(enum profile profile, uint32_t set, struct features_found *out);

/* The two ioctls of the device that is asked; they answer 0 or -errno. */
struct probe_device {
	int (*irq_info)(void *data, struct vfio_irq_info *info);
	int (*set_irqs)(void *data, const struct vfio_irq_set *set);
	void *data;
	const struct shape *shape;
	int its; /* the host's MSI come from an ITS: 1, 0, or -1: not known */
};

/* What the device shows overrules what @f says. Nothing else may use the device meanwhile. */
void features_probe(const struct probe_device *d, struct features_found *f);

#endif
