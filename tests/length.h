/* SPDX-License-Identifier: MIT */
/*
 * length: how much a unit test of random inputs, or a storm of one, takes. Before each change they
 * run in up to four builds one after the other; every night in full (IRQSTORM_LONG: tests/long.sh,
 * ctest label long).
 */
#ifndef IRQSTORM_TESTS_LENGTH_H
#define IRQSTORM_TESTS_LENGTH_H

#ifdef IRQSTORM_LONG
#define LENGTH(each_change, every_night) (every_night)
#else
#define LENGTH(each_change, every_night) (each_change)
#endif

#endif
