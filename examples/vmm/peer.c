// SPDX-License-Identifier: GPL-2.0
/*
 * The connection between the two VMMs. A real VMM has one for memory and everything
 * else; here it carries a few words: migrate, ready UUID, loaded, run, running.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

static int parse(struct vmm *vmm, struct sockaddr_in *address)
{
	const char *colon = strchr(vmm->peer, ':');
	char host[INET_ADDRSTRLEN];

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	if (!colon || colon - vmm->peer >= (int)sizeof(host))
		return vmm_fail(vmm, "the other VMM is no ADDRESS:PORT");
	snprintf(host, sizeof(host), "%.*s", (int)(colon - vmm->peer), vmm->peer);
	address->sin_port = htons(atoi(colon + 1));
	if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
		return vmm_fail(vmm, "the other VMM is no ADDRESS:PORT");
	return 0;
}

/**
 * peer_connect() - reach the other VMM
 * @vmm: a source
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int peer_connect(struct vmm *vmm)
{
	struct sockaddr_in address;

	if (parse(vmm, &address))
		return -1;
	vmm->peer_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (vmm->peer_fd < 0 || connect(vmm->peer_fd, (struct sockaddr *)&address, sizeof(address)))
		return vmm_fail(vmm, "the other VMM cannot be reached");
	return 0;
}

/**
 * peer_listen() - wait for the other VMM
 * @vmm: a destination
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int peer_listen(struct vmm *vmm)
{
	struct sockaddr_in address;
	int sock, on = 1;

	if (parse(vmm, &address))
		return -1;
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) || listen(sock, 1)) {
		close(sock);
		return vmm_fail(vmm, "cannot listen for the other VMM");
	}
	vmm_phase("listening");
	vmm->peer_fd = accept(sock, NULL, NULL);
	close(sock);
	return vmm->peer_fd < 0 ? vmm_fail(vmm, "the other VMM does not come") : 0;
}

/**
 * peer_say() - tell the other VMM a word
 * @vmm: with a connection
 * @word: without its newline
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int peer_say(struct vmm *vmm, const char *word)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%s\n", word);

	if (send(vmm->peer_fd, line, length, MSG_NOSIGNAL) != length)
		return vmm_fail(vmm, "the other VMM is gone");
	return 0;
}

/**
 * peer_hear() - take the other VMM's next word
 * @vmm: with a connection that can be read
 *
 * Each word answers the one before, so that there are never two.
 *
 * Return: 0 with the word in @vmm->peer_word, or -1 with the reason in @vmm->error.
 */
int peer_hear(struct vmm *vmm)
{
	size_t used = 0;

	while (used < sizeof(vmm->peer_word)) {
		if (recv(vmm->peer_fd, vmm->peer_word + used, 1, 0) != 1) {
			vmm->peer_word[0] = '\0';
			return vmm_fail(vmm, "the other VMM is gone");
		}
		if (vmm->peer_word[used] == '\n') {
			vmm->peer_word[used] = '\0';
			return 0;
		}
		used++;
	}
	vmm->peer_word[0] = '\0';
	return vmm_fail(vmm, "the other VMM talks too much");
}
