/* SPDX-License-Identifier: MIT */
/* info_features: what `irqstorm info` says of features: a target's, and all that there are. */
#ifndef IRQSTORM_CLI_INFO_FEATURES_H
#define IRQSTORM_CLI_INFO_FEATURES_H

#include <stdio.h>

#include "backend/backend.h"
#include "support/json.h"

/* Lines `has`, a kind of source each; `lacks`, of what was probed; and a line `unusual` for each
 * that the version would not have or would have. */
void info_print_features(FILE *f, const struct features_found *found);

/* The keys features, probed, unusual and arch of an object that is open. */
void info_write_features(struct json *j, const struct backend_desc *d);

/* --features: the exit code. */
int info_list_features(void);

#endif
