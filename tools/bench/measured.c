// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command and writes down how much memory its process ever had resident,
 * which is what wait4() says of it: slots and buffers included, what sockets
 * hold in the kernel not.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_peak(const char *path, const struct rusage *usage)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -1;
	fprintf(file, "{\"peak_kib\":%ld}\n", usage->ru_maxrss);
	return fclose(file);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: measured FILE COMMAND [ARG]...\n", stderr);
		return 2;
	}
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[2], argv + 2);
		fprintf(stderr, "measured: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || write_peak(argv[1], &usage)) {
		perror("measured");
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
