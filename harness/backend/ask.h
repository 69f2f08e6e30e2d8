/* SPDX-License-Identifier: MIT */
/*
 * ask: which features a backend's device shows (features/probe.h). Owns nothing but the way from a
 * backend to a probe.
 */
#ifndef IRQSTORM_BACKEND_ASK_H
#define IRQSTORM_BACKEND_ASK_H

#include "backend/backend.h"

/*
 * desc.features, as describe() left them, become what the device shows where it can be asked:
 * leaves no trace in it. Not while another call runs.
 */
void backend_ask_features(struct backend *be, struct backend_desc *desc);

#endif
