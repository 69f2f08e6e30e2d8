/* SPDX-License-Identifier: MIT */
/*
 * guest_program: what tests run inside a guest in place of irqstorm. Its words are orders:
 *	code N      exit with N
 *	panic       crash the kernel
 *	kmsg TEXT   write a line to the kernel log
 *	taint N     set taint bits
 *	segv        die of SIGSEGV
 *	cat FILE    copy a file to stdout
 *	say TEXT    to stdout
 *	sleep N     seconds
 *	bulk N      N lines to stdout
 *	sigint      wait for SIGINT, then say so
 *	enter DIR   for what follows: a word that names a file of the host's means its copy
 *	put FILE TEXT  write to a file that is there
 *	hold FILE   leave a process behind that has a file open
 *	pid N       fail when its own process is above the N-th
 *	record N    write N programs of two lines to the memory that survives, as IRQSTORM_BLACKBOX
 *	hang        stop init, so that no heartbeat comes
 *	program TEXT  write it to /tmp/program.irq, a program for what follows
 *	irqstorm W  run irqstorm with these words, between lines "== irqstorm W" and "exit N"
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/blackbox.h"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void copy(const char *path)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f) {
		perror(path);
		exit(3);
	}
	while ((c = getc(f)) != EOF)
		putchar(c);
	fclose(f);
}

static void wait_sigint(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("waiting");
	fflush(stdout);
	sigwait(&set, &sig);
	puts("got SIGINT");
}

/* PID 1 ignores SIGSTOP, but it can be traced: the kernel is well and init says nothing. */
static void hang(void)
{
	sigset_t set;

	/* First init has to pass on what was said, and nobody to stop this meanwhile. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sleep(1);
	if (ptrace(PTRACE_ATTACH, 1, NULL, NULL))
		perror("ptrace");
	pause();
}

static void record(int n)
{
	struct blackbox box;
	const char *path = getenv(BLACKBOX_VARIABLE);
	int err = blackbox_open(&box, path ? path : "");

	if (err) {
		fprintf(stderr, "%s: %s\n", path ? path : "no path", strerror(-err));
		exit(3);
	}
	for (int i = 1; i <= n; i++) {
		char line[64];

		blackbox_begin(&box);
		blackbox_add(&box, "# target emu\n", 13);
		snprintf(line, sizeof(line), "write e0 %d\n", i);
		blackbox_add(&box, line, strlen(line));
	}
	blackbox_close(&box);
}

static void write_program(const char *text)
{
	FILE *f = fopen("/tmp/program.irq", "w");

	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f)) {
		perror("/tmp/program.irq");
		exit(3);
	}
}

static void hold(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		perror(path);
	if (fork())
		return;
	setsid();
	for (;;)
		pause();
}

/* Init is irqstorm itself. */
static void run_irqstorm(char *line)
{
	char *words[64] = {"irqstorm"}, *save;
	int n = 1, status = 0;
	pid_t pid;

	printf("== irqstorm %s\n", line);
	fflush(stdout);
	for (char *w = strtok_r(line, " ", &save); w && n < 63; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	pid = fork();
	if (!pid) {
		execv("/init", words);
		perror("/init");
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("irqstorm");
		exit(3);
	}
	printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char none[] = "", *next = i + 1 < argc ? argv[i + 1] : none;

		if (!strcmp(argv[i], "panic")) {
			put("/proc/sysrq-trigger", "c");
		} else if (!strcmp(argv[i], "segv")) {
			raise(SIGSEGV);
		} else if (!strcmp(argv[i], "sigint")) {
			wait_sigint();
		} else if (!strcmp(argv[i], "hang")) {
			hang();
		} else {
			if (!strcmp(argv[i], "code"))
				return atoi(next);
			else if (!strcmp(argv[i], "kmsg"))
				put("/dev/kmsg", next);
			else if (!strcmp(argv[i], "taint"))
				put("/proc/sys/kernel/tainted", next);
			else if (!strcmp(argv[i], "cat"))
				copy(next);
			else if (!strcmp(argv[i], "say"))
				puts(next);
			else if (!strcmp(argv[i], "sleep"))
				sleep((unsigned int)atoi(next));
			else if (!strcmp(argv[i], "program"))
				write_program(next);
			else if (!strcmp(argv[i], "irqstorm"))
				run_irqstorm(next);
			else if (!strcmp(argv[i], "enter") && chdir(next))
				perror(next);
			else if (!strcmp(argv[i], "hold"))
				hold(next);
			else if (!strcmp(argv[i], "put") && i + 2 < argc)
				put(next, argv[++i + 1]);
			else if (!strcmp(argv[i], "enter"))
				;
			else if (!strcmp(argv[i], "pid") && getpid() > atoi(next))
				return 1;
			else if (!strcmp(argv[i], "pid"))
				printf("process %d\n", (int)getpid());
			else if (!strcmp(argv[i], "record"))
				record(atoi(next));
			else if (!strcmp(argv[i], "bulk"))
				for (int n = 0; n < atoi(next); n++)
					printf("line %d of a lot of output\n", n);
			else
				return 2;
			i++;
		}
		fflush(stdout);
	}
	return 0;
}
