// SPDX-License-Identifier: GPL-2.0
/*
 * Who is at the other end of a migration's channels. Its agent says nothing before they come, so the
 * first one that has proved to be somebody counts: all others have to lead to the same.
 */
#include "error.h"
#include "served.h"

static bool is_same(struct served *served, const struct tls_identity *identity)
{
	if (served->identified)
		return tls_identity_is(&served->identity, identity);
	served->identity = *identity;
	served->identified = true;
	return true;
}

/**
 * served_admit_source() - may a channel be one of a destination's migration?
 * @served: its VMM
 * @identity: who has proved to be there; all zero without TLS
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_admit_source(struct served *served, const struct tls_identity *identity)
{
	if (is_same(served, identity))
		return 0;
	return fail("a migration of %s is under way, and %s has no part in it", served->identity.text,
		    identity->text);
}

/**
 * served_admit_destination() - does a channel lead to where the others do?
 * @channels: a served source's
 * @identity: who has proved to be there
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_admit_destination(struct channels *channels, const struct tls_identity *identity)
{
	struct served *served = container_of(channels, struct served, channels);

	if (is_same(served, identity))
		return 0;
	return fail("the destination has proved to be %s here, and %s on another channel", identity->text,
		    served->identity.text);
}
