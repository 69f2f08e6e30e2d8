/* SPDX-License-Identifier: MIT */
/* sha1: the name that libFuzzer gives to an input, so that equal inputs meet in one file. */
#ifndef IRQSTORM_CAMPAIGN_SHA1_H
#define IRQSTORM_CAMPAIGN_SHA1_H

#include <stddef.h>

#define SHA1_NAME 41 /* hexadecimal, with its end */

void sha1_name(const void *data, size_t len, char name[SHA1_NAME]);

#endif
