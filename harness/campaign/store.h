/* SPDX-License-Identifier: MIT */
/*
 * store: the folder of a campaign: who may use it, and its corpus from session to session.
 *
 *	campaign.json  report.txt  lock
 *	corpus/        what the targets have been shown to do, named by content
 *	findings/      see findings.h
 *	engine/        of the session that runs; is taken in and removed when the next one starts
 *
 * At whatever moment a session dies, the next one finds every input and finding of it.
 */
#ifndef IRQSTORM_CAMPAIGN_STORE_H
#define IRQSTORM_CAMPAIGN_STORE_H

#include "campaign/engine.h"
#include "campaign/findings.h"

struct store {
	char root[PATH_MAX - 64]; /* absolute */
	char corpus[PATH_MAX], findings[PATH_MAX], engine[PATH_MAX], state[PATH_MAX];
	int lock_fd;
};

/* Makes the folder if need be and locks it. -EBUSY: another campaign that lives has it. */
int store_open(struct store *s, const char *dir, struct errmsg *e);
void store_close(struct store *s);

/*
 * -ENOSPC with @e when the disk is about to be full: engines drop what they cannot write without a
 * word, and what is left is for the state and the reports.
 */
int store_has_room(const struct store *s, struct errmsg *e);

/*
 * What a session that died left behind: inputs of AFL++'s queues go into the corpus, findings that
 * were not filed are, and a merge that was cut short is undone. Then engine/ is empty.
 */
int store_recover(struct store *s, const struct finding_context *c, struct campaign_state *state,
		  struct errmsg *e);

/*
 * The inputs in folder @from into the corpus; *@added: how many were not there. With @check (AFL++
 * passes over a seed that crashes) each of those runs first, and what it shows is filed.
 */
int store_add_seeds(struct store *s, const char *from, bool check, const struct finding_context *c,
		    struct campaign_state *state, uint64_t *added, struct errmsg *e);

/* The queues of AFL++ into the corpus. */
int store_take_queues(struct store *s, struct errmsg *e);

/*
 * The fewest inputs of the corpus that reach all that it reaches, by libFuzzer's own merge. The
 * corpus stays as it is if that fails, or takes longer than @limit_ns, or a signal of @signals
 * comes meanwhile. 1: merged, 0: left as it is, -errno with @e.
 */
int store_merge(struct store *s, const struct engine_paths *paths, uint32_t timeout_s,
		uint32_t max_len, uint64_t limit_ns, struct errmsg *e);

#endif
