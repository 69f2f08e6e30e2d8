/* SPDX-License-Identifier: MIT */
/* completion_part: completion.bash.in as C, by embed.cmake: what of the completion is no table. */
#ifndef IRQSTORM_CLI_COMPLETION_PART_H
#define IRQSTORM_CLI_COMPLETION_PART_H

extern const char completion_part[];

#endif
