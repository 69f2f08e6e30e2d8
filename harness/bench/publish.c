/* SPDX-License-Identifier: MIT */
#include "bench/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/summary.h"
#include "report/value.h"
#include "support/crossed.h"
#include "support/outfile.h"

int publish_summary(const char *path, const json_t *summary, struct errmsg *e)
{
	struct outfile out;
	struct json j;
	int err = outfile_open(&out, path, e);

	if (err || !out.f)
		return err;
	json_init(&j, out.f);
	value_write(&j, NULL, summary);
	json_finish(&j);
	return outfile_commit(&out, e);
}

static int publish_histogram(const char *dir, const json_t *cell, struct hist *h, struct errmsg *e)
{
	struct outfile out;
	char *path;
	int err;

	if (strcmp(value_text(cell, "state"), "measured"))
		return 0;
	if (asprintf(&path, "%s/cells/%s.hgrm", dir, value_text(cell, "name")) < 0)
		return errmsg_no_memory(e);
	err = outfile_open(&out, path, e);
	if (!err) {
		summary_response(cell, h);
		hist_write_hgrm(h, out.f, 1000);
		err = outfile_commit(&out, e);
	}
	free(path);
	return err;
}

static int publish_page(const char *dir, const json_t *summary, struct errmsg *e)
{
	char *path = NULL, *shown = crossed_name(dir);
	struct page_run run = {.summary = summary, .label = shown};
	int err;

	if (!shown || asprintf(&path, "%s/report.html", dir) < 0)
		err = errmsg_no_memory(e);
	else
		err = page_publish(path, &run, 1, e);
	free(path);
	free(shown);
	return err;
}

int publish_folder(const char *dir, const json_t *summary, struct errmsg *e)
{
	const json_t *cells = json_object_get(summary, "cells");
	struct hist *h = malloc(sizeof(*h));
	char *path = NULL;
	int err = h ? 0 : errmsg_no_memory(e);

	for (size_t i = 0; !err && i < json_array_size(cells); i++)
		err = publish_histogram(dir, json_array_get(cells, i), h, e);
	if (!err)
		err = asprintf(&path, "%s/summary.json", dir) < 0
			      ? errmsg_no_memory(e)
			      : publish_summary(path, summary, e);
	if (!err)
		err = publish_page(dir, summary, e);
	free(path);
	free(h);
	return err;
}
