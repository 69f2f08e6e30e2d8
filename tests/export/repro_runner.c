/* SPDX-License-Identifier: MIT */
/*
 * repro_runner DEVICE PROGRAM...: inside a guest, runs exported reproducers one after the other and
 * prints `exit N NAME` for each. Files that cross into a guest are not executable: it makes them
 * so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(const char *program, const char *device)
{
	int status;
	pid_t pid;

	if (chmod(program, 0700))
		return 127;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(STDOUT_FILENO, STDERR_FILENO);
		execl(program, program, device, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (int i = 2; i < argc; i++) {
		const char *name = strrchr(argv[i], '/');

		printf("== %s\n", argv[i]);
		printf("exit %d %s\n", run(argv[i], argv[1]), name ? name + 1 : argv[i]);
	}
	return 0;
}
