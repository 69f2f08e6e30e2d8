/* SPDX-License-Identifier: MIT */
/*
 * target: turns what --target takes into an open backend.
 *
 *	emu[:profile=6.12,+FEATURE,-FEATURE,vectors=64,msi=16,intx=1,irq=1,pcie=1,pci23=1,dyn=1,
 *	    intremap=1,hostvecs=0,pba=keep|clear,msg=reread|cached,posted=0|1,grown=N,bug=ID]
 *	vfio:BDF|auto[,via=auto|group|cdev,attach=0|1,trigger=loopback|ivshmem|edu|e1000e]
 *
 * and, for both, rules=PROFILE|+FEATURE|-FEATURE, which changes what the model holds the target
 * against and not the target; fault=drop:N, double:N, misroute:N or delay:N[:DURATION], which
 * plants a fault in every N-th eligible fire; fault=slow-resize:PERCENT and fault=die:N
 * (backend/fault.h); each with +COUNT for the fires that are taken to have been.
 */
#ifndef IRQSTORM_EXEC_TARGET_H
#define IRQSTORM_EXEC_TARGET_H

#include "backend/backend.h"
#include "features/features.h"
#include "support/errmsg.h"

#define TARGET_HELP                                                                                \
	"Target:\n"                                                                                \
	"  emu[:profile=NAME,+FEATURE,-FEATURE,vectors=N,msi=N,intx=0|1,irq=0|1,pcie=0|1,\n"       \
	"      pci23=0|1,dyn=0|1,intremap=0|1,hostvecs=N,pba=keep|clear,\n"                        \
	"      msg=reread|cached,posted=0|1,grown=N,bug=ID]\n"                                     \
	"      the emulator in this process (default emu:profile=6.12,vectors=64);\n"              \
	"      irqstorm info --features lists profiles and features\n"                             \
	"  vfio:BDF[,via=auto|group|cdev,trigger=loopback|ivshmem|edu|e1000e]\n"                   \
	"      a real device bound to vfio-pci; BDF like 0000:00:03.0, or auto for the\n"          \
	"      only suitable one; opened by its group, or by its cdev and an iommufd\n"            \
	"      where only those can be; via=cdev,attach=1 gives it an address space, too\n"        \
	"  ...,rules=PROFILE|+FEATURE|-FEATURE\n"                                                  \
	"      the target is held against these rules, whatever it shows of itself;\n"             \
	"      may be given several times\n"                                                       \
	"  ...,fault=drop:N|double:N|misroute:N|delay:N[:DURATION]\n"                              \
	"      plants a fault in every N-th fire, to see it reported; N+K: as if K\n"              \
	"      fires had been already, which a repeat may need\n"                                  \
	"  ...,fault=slow-resize:PERCENT\n"                                                        \
	"      each SET_IRQS call takes so much longer\n"                                          \
	"  ...,fault=die:N\n"                                                                      \
	"      the device dies at the N-th fire and answers no more: exit code 3\n"

/* How a target may begin: see struct opt. */
extern const char *const target_begins[];

struct program_device;
struct signal_provider;

/* What the caller wants of an emulated device; a real one takes no notice. */
struct target_options {
	uint32_t min_vectors;                  /* MSI-X vectors at least, when no size is given */
	const struct signal_provider *signals; /* NULL: real eventfds */
	const struct program_device *device; /* settings that the spec's keys go before, or NULL */
};

/*
 * 0, or -errno with @e (exit 2 for a malformed @spec, 3 for the machine). @o may be NULL. The
 * caller owns *@out.
 */
int target_open_with(const char *spec, const struct target_options *o, struct backend **out,
		     struct errmsg *e);

bool target_is_emulator(const char *spec);

/* What rules= of a spec says, all of them together. Zeroed: nothing. */
struct target_rules {
	enum profile profile; /* PROFILE_ANY: as the target shows itself */
	uint32_t host_lacks;  /* what no profile gives an emulator whose host has it not */
	struct feature_change change;
};

/* Of @spec, which was opened; 0, or -ENOMEM with @e. */
int target_rules(const char *spec, struct target_rules *out, struct errmsg *e);

static inline uint32_t target_rules_apply(const struct target_rules *r, uint32_t set)
{
	if (r->profile != PROFILE_ANY)
		set = profile_features(r->profile) & ~r->host_lacks;
	return feature_change_apply(&r->change, set);
}

/*
 * @spec with bug=@bug (docs/zoo.md) among its keys, to be freed. @bug NULL: as it is. NULL with @e:
 * not an emulator (exit 2), no memory.
 */
char *target_with_bug(const char *spec, const char *bug, struct errmsg *e);

struct fault_counter;

/*
 * @spec with the counters of its faults at the start set to @c, to be freed: what happens on it
 * then is what happened when the counters were @c. NULL with @e: out of memory.
 */
char *target_with_counter(const char *spec, const struct fault_counter *c, struct errmsg *e);

struct emu_config;

/*
 * How target_open_with() would configure the emulator for @spec, which is one of it, to run
 * programs: grown=N, which the model knows nothing of, is refused (exit 2).
 */
int target_emulator_config(const char *spec, const struct target_options *o, struct emu_config *cfg,
			   struct errmsg *e);

static inline int target_open_sized(const char *spec, uint32_t min_vectors, struct backend **out,
				    struct errmsg *e)
{
	return target_open_with(spec, &(struct target_options){.min_vectors = min_vectors}, out, e);
}

static inline int target_open(const char *spec, struct backend **out, struct errmsg *e)
{
	return target_open_with(spec, NULL, out, e);
}

#endif
