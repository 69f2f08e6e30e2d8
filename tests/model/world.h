/* SPDX-License-Identifier: MIT */
/* world: the model alone, told a program in text form. Its `expect` lines are asserted. */
#ifndef IRQSTORM_TESTS_MODEL_WORLD_H
#define IRQSTORM_TESTS_MODEL_WORLD_H

#include "model/model.h"

#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define MSI  VFIO_PCI_MSI_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX
#define NONE VFIO_PCI_NUM_IRQS

struct world {
	struct model m;
	struct rule_counts rules;
	struct expectation last;
};

/* 8 MSI-X vectors (dynamic unless 6.1), 4 MSI vectors, everything else as most devices are. */
struct model_config kernel_6_12(void);
struct model_config kernel_6_1(void);

void world_open(struct world *w, struct model_config cfg);
void tell(struct world *w, const char *program);

/* C, A or any set of vectors below 64 as one number. */
uint64_t bits(const struct vector_set *s);

#define for_each_kernel(cfg)                                                                       \
	for (struct model_config kernels_[2] = {kernel_6_12(), kernel_6_1()}, *cfg = kernels_;     \
	     cfg < kernels_ + 2; cfg++)

#define assert_state(w, index, a, c)                                                               \
	do {                                                                                       \
		cr_assert_eq((w)->m.type, index, "type %u, not %u", (w)->m.type, index);           \
		cr_assert_eq(bits(&(w)->m.allocated), (uint64_t)(a), "A is %#llx",                 \
			     (unsigned long long)bits(&(w)->m.allocated));                         \
		cr_assert_eq(bits(&(w)->m.active), (uint64_t)(c), "C is %#llx",                    \
			     (unsigned long long)bits(&(w)->m.active));                            \
	} while (0)

#endif
