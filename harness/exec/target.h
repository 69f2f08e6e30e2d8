/* SPDX-License-Identifier: MIT */
/*
 * target: turns what --target takes into an open backend.
 *
 *	emu[:profile=6.12,vectors=64,msi=16,intx=1,pcie=1,dyn=1,pba=keep|clear]
 *	vfio:BDF|auto[,trigger=loopback|ivshmem]
 *
 * and, for both, fault=drop:N | double:N | misroute:N | delay:N[:DURATION], which plants a fault in
 * every N-th eligible fire (backend/fault.h).
 */
#ifndef IRQSTORM_EXEC_TARGET_H
#define IRQSTORM_EXEC_TARGET_H

#include "backend/backend.h"
#include "support/errmsg.h"

#define TARGET_HELP                                                                                \
	"Target:\n"                                                                                \
	"  emu[:profile=6.1|6.12,vectors=N,msi=N,intx=0|1,pcie=0|1,dyn=0|1,\n"                     \
	"      pba=keep|clear]\n"                                                                  \
	"      the emulator in this process (default emu:profile=6.12,vectors=64)\n"               \
	"  vfio:BDF[,trigger=loopback|ivshmem]\n"                                                  \
	"      a real device bound to vfio-pci; BDF like 0000:00:03.0, or auto for the\n"          \
	"      only suitable one\n"                                                                \
	"  ...,fault=drop:N|double:N|misroute:N|delay:N[:DURATION]\n"                              \
	"      plants a fault in every N-th fire, to see it reported\n"

/*
 * 0, or -errno with @e (exit 2 for a malformed @spec, 3 for the machine). @min_vectors: the
 * emulator gets at least this many MSI-X vectors when @spec does not name a number. The caller owns
 * *@out.
 */
int target_open_sized(const char *spec, uint32_t min_vectors, struct backend **out,
		      struct errmsg *e);

static inline int target_open(const char *spec, struct backend **out, struct errmsg *e)
{
	return target_open_sized(spec, 0, out, e);
}

#endif
