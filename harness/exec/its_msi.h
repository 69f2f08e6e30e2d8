/* SPDX-License-Identifier: MIT */
/*
 * its_msi: the operations that backend/its.h is about: they are made of no host with an ITS. Pure;
 * thread-safe.
 */
#ifndef IRQSTORM_EXEC_ITS_MSI_H
#define IRQSTORM_EXEC_ITS_MSI_H

#include "model/model.h"

/*
 * Is @op, made in the state @m, such an enable on a host of @traits (enum backend_traits)? @m NULL:
 * in some state or other.
 */
bool its_msi_leaks(uint32_t traits, const struct model *m, const struct op *op);

#endif
