/* SPDX-License-Identifier: MIT */
/*
 * child: starts a program with its own process group, an environment of ours and more, no input,
 * and what it prints in a file. SIGTERM ends it when we die.
 */
#ifndef IRQSTORM_CAMPAIGN_CHILD_H
#define IRQSTORM_CAMPAIGN_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#define CHILD_WORDS_MAX 512u

/* NULL-terminated words that borrow, or print into a buffer of their own. */
struct words {
	const char *at[CHILD_WORDS_MAX + 1];
	size_t n;
	char room[16384];
	size_t used;
	int err; /* -E2BIG when it did not fit */
};

void words_add(struct words *w, const char *word);
__attribute__((format(printf, 2, 3))) void words_addf(struct words *w, const char *fmt, ...);
void words_add_all(struct words *w, const char *const *list);

/* @argv[0] is a path. @log_fd becomes stdout and stderr. The pid, or -errno. */
pid_t child_start(const struct words *argv, const struct words *env, int log_fd);

#endif
