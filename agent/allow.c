// SPDX-License-Identifier: GPL-2.0
/* Who may have migrations served: what the kernel says of a connection's other end, against a list. */
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <unistd.h>

#include "allow.h"
#include "error.h"
#include "options.h"

/* UINT32_MAX is nobody's number: the kernel's way to say that it has none. */
static int read_id(const char *option, const char *text, uint64_t *id)
{
	if (option_number(option, text, 0, UINT32_MAX - 1, id))
		return fail_usage("%s '%s' is neither a name that this host knows nor a number", option, text);
	return 0;
}

/**
 * allow_add_user() - let a user be served
 * @allow: the list
 * @text: name or number
 *
 * Return: 0, or -1 with the error recorded.
 */
int allow_add_user(struct allow *allow, const char *text)
{
	const struct passwd *user = getpwnam(text);
	uint64_t id;

	if (allow->user_count == ALLOW_MAX)
		return fail_usage("--allow-user '%s' is one too many: there are at most %d", text, ALLOW_MAX);
	if (user)
		id = user->pw_uid;
	else if (read_id("--allow-user", text, &id))
		return -1;
	allow->users[allow->user_count++] = id;
	return 0;
}

/**
 * allow_add_group() - let the members of a group be served
 * @allow: the list
 * @text: name or number
 *
 * Return: 0, or -1 with the error recorded.
 */
int allow_add_group(struct allow *allow, const char *text)
{
	const struct group *group = getgrnam(text);
	uint64_t id;

	if (allow->group_count == ALLOW_MAX)
		return fail_usage("--allow-group '%s' is one too many: there are at most %d", text, ALLOW_MAX);
	if (group)
		id = group->gr_gid;
	else if (read_id("--allow-group", text, &id))
		return -1;
	allow->groups[allow->group_count++] = id;
	return 0;
}

static bool has_user(const struct allow *allow, uid_t user)
{
	for (int i = 0; i < allow->user_count; i++)
		if (allow->users[i] == user)
			return true;
	return !user || user == geteuid();
}

static bool has_group(const struct allow *allow, gid_t group)
{
	for (int i = 0; i < allow->group_count; i++)
		if (allow->groups[i] == group)
			return true;
	return false;
}

/* Who is in more groups than fit here is in none that counts. */
static bool has_other_group(const struct allow *allow, int sock)
{
	gid_t groups[256];
	socklen_t length = sizeof(groups);

	if (!allow->group_count || getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, groups, &length))
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (has_group(allow, groups[i]))
			return true;
	return false;
}

/**
 * allow_check() - may the other end be served?
 * @allow: the list
 * @sock: a connected UNIX socket
 * @peer: receives who it is
 *
 * Return: 0, or -1 with the refusal recorded.
 */
int allow_check(const struct allow *allow, int sock, struct ucred *peer)
{
	socklen_t length = sizeof(*peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, peer, &length))
		return fail("who are you? %m");
	if (has_user(allow, peer->uid) || has_group(allow, peer->gid) || has_other_group(allow, sock))
		return 0;
	/* Its name would have to be asked for, and who answers may take long. */
	return fail("user %u is not allowed here: the agent lacks --allow-user", peer->uid);
}
