/* SPDX-License-Identifier: MIT */
/*
 * report: what a campaign came to, for people (text), for code scanning (SARIF 2.1.0) and for a CI
 * that shows test results (JUnit). Errors of the stream are for whoever commits it.
 */
#ifndef IRQSTORM_CAMPAIGN_REPORT_H
#define IRQSTORM_CAMPAIGN_REPORT_H

#include <stdio.h>

#include "campaign/campaign.h"

void report_text(FILE *f, const struct campaign_config *c, const struct campaign_result *r);
void report_sarif(FILE *f, const struct campaign_result *r);
void report_junit(FILE *f, const struct campaign_result *r);

#endif
