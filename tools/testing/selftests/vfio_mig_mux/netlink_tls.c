// SPDX-License-Identifier: GPL-2.0
/*
 * Channels in TLS: what comes besides data is understood, the end of TLS is
 * told from a cut, and whatever else comes fails the channel by name.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "lib_expect.h"
#include "lib_ktls.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_tcp.h"

#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED

#define KEY		5
#define OTHER_KEY	6

/* RFC 8446, sections 4 and 6 */
#define CLOSE_NOTIFY	0
#define INTERNAL_ERROR	80
#define USER_CANCELED	90
#define NEW_TICKET	4
#define KEY_UPDATE	24
#define HEARTBEAT	24

FIXTURE(tls)
{
	struct mux mux;
	struct peer peer;
	struct host host;
	struct session_info info;
	int fd;
};

static int open_channel(FIXTURE_DATA(tls) * self, __u8 key)
{
	int fds[2], ret;

	ret = ktls_pair(fds, KEY, key);
	if (ret)
		return ret;
	self->peer.sock = fds[0];
	ret = host_channel(&self->host, fds[1], -1);
	close(fds[1]);
	return ret;
}

FIXTURE_SETUP(tls)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = 4,
		.no_resume = true,
	};

	self->peer.sock = -1;
	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(tls)
{
	if (self->peer.sock >= 0)
		peer_close(&self->peer);
	host_close(&self->host);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static void go_live(struct __test_metadata *_metadata, FIXTURE_DATA(tls) * self)
{
	struct wire_hello_ack ack;
	struct wire_hello hello;

	hello_make(&hello, 0, 1, 1);
	ASSERT_EQ(0, open_channel(self, KEY));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
	ASSERT_EQ(0, peer_take_hello_ack(&self->peer, &ack));
}

static void expect_failure(struct __test_metadata *_metadata, FIXTURE_DATA(tls) * self,
			   __u32 code, const char *text)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, code, text);
}

/* In the middle of a header, to show that what follows is where it belongs */
static void say_header_around(struct __test_metadata *_metadata, FIXTURE_DATA(tls) * self,
			      __u8 type, const void *bytes, size_t length)
{
	struct wire_frame frame = { .type = WIRE_END };
	__u8 head[WIRE_FRAME_SIZE];

	wire_put_frame(head, &frame);
	head[31] ^= 1;
	ASSERT_EQ(0, peer_send(&self->peer, head, 10));
	ASSERT_EQ(0, ktls_say(self->peer.sock, type, bytes, length));
	ASSERT_EQ(0, peer_send(&self->peer, head + 10, sizeof(head) - 10));
}

#define AFTER_IT	"channel 0: END frame, type 4, device 0, length 0: header checksum is wrong"

TEST_F(tls, ticket_is_passed_over)
{
	__u8 ticket[1000] = { NEW_TICKET };

	go_live(_metadata, self);
	say_header_around(_metadata, self, KTLS_HANDSHAKE, ticket, sizeof(ticket));
	expect_failure(_metadata, self, EBADMSG, AFTER_IT);
}

TEST_F(tls, warning_is_passed_over)
{
	__u8 alert[] = { 1, USER_CANCELED };

	go_live(_metadata, self);
	say_header_around(_metadata, self, KTLS_ALERT, alert, sizeof(alert));
	expect_failure(_metadata, self, EBADMSG, AFTER_IT);
}

TEST_F(tls, alert_fails_the_channel)
{
	__u8 alert[] = { 2, INTERNAL_ERROR };

	go_live(_metadata, self);
	ASSERT_EQ(0, ktls_say(self->peer.sock, KTLS_ALERT, alert, sizeof(alert)));
	expect_failure(_metadata, self, EREMOTEIO,
		       "channel 0: the other host has ended it with a TLS alert");
}

TEST_F(tls, alert_that_is_none_fails_the_channel)
{
	__u8 alert[] = { 1, CLOSE_NOTIFY, 0 };

	go_live(_metadata, self);
	ASSERT_EQ(0, ktls_say(self->peer.sock, KTLS_ALERT, alert, sizeof(alert)));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: a TLS record of a type that has no place here");
}

TEST_F(tls, key_update_fails_the_channel)
{
	__u8 update[] = { KEY_UPDATE, 0, 0, 1, 0 };

	go_live(_metadata, self);
	ASSERT_EQ(0, ktls_say(self->peer.sock, KTLS_HANDSHAKE, update, sizeof(update)));
	expect_failure(_metadata, self, EKEYEXPIRED,
		       "channel 0: the other host wants other TLS keys, which cannot be");
}

TEST_F(tls, record_of_another_type_fails_the_channel)
{
	go_live(_metadata, self);
	ASSERT_EQ(0, ktls_say(self->peer.sock, HEARTBEAT, "beat", 4));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: a TLS record of a type that has no place here");
}

TEST_F(tls, record_that_is_not_genuine_fails_the_channel)
{
	struct channel_info channel;
	struct wire_hello hello;

	hello_make(&hello, 0, 1, 1);
	ASSERT_EQ(0, open_channel(self, OTHER_KEY));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0, VFIO_MIG_MUX_CHANNEL_STATE_FAILED,
				  &channel));
	EXPECT_LOCAL_ERROR(&channel.error, EBADMSG,
			   "new channel: handshake: a TLS record is not genuine");
}

TEST_F(tls, close_notify_is_no_bye)
{
	__u8 alert[] = { 1, CLOSE_NOTIFY };

	go_live(_metadata, self);
	ASSERT_EQ(0, ktls_say(self->peer.sock, KTLS_ALERT, alert, sizeof(alert)));
	expect_failure(_metadata, self, ECONNRESET,
		       "channel 0: closed by the other host without BYE");
}

TEST_F(tls, end_without_close_notify_is_a_cut)
{
	go_live(_metadata, self);
	ASSERT_EQ(0, shutdown(self->peer.sock, SHUT_WR));
	expect_failure(_metadata, self, ENOLINK,
		       "channel 0: cut: it ended without close_notify");
}

TEST_F(tls, last_word_is_followed_by_close_notify)
{
	struct wire_abort abort;
	struct wire_frame frame;
	__u8 type, bytes[16];

	go_live(_metadata, self);
	ASSERT_EQ(0, host_abort(&self->host, "enough"));
	ASSERT_EQ(0, peer_take_abort(&self->peer, &frame, &abort));
	EXPECT_NE(NULL, strstr(abort.text, "enough"));
	ASSERT_EQ(2, ktls_take(self->peer.sock, &type, bytes, sizeof(bytes)));
	EXPECT_EQ(KTLS_ALERT, type);
	EXPECT_EQ(1, bytes[0]);
	EXPECT_EQ(CLOSE_NOTIFY, bytes[1]);
	EXPECT_EQ(0, ktls_take(self->peer.sock, &type, bytes, sizeof(bytes)));
	EXPECT_EQ(0, type);
}

TEST_F(tls, keys_for_one_direction_are_not_enough)
{
	int fds[2];

	ASSERT_EQ(0, tcp_pair(fds));
	ASSERT_EQ(0, ktls_begin(fds[1]));
	EXPECT_REFUSED(&self->mux, host_channel(&self->host, fds[1], -1), EINVAL,
		       words("sock-fd %d is without TLS keys for both directions", fds[1]));
	ASSERT_EQ(0, ktls_send_with(fds[1], KEY));
	EXPECT_REFUSED(&self->mux, host_channel(&self->host, fds[1], -1), EINVAL,
		       words("sock-fd %d is without TLS keys for both directions", fds[1]));
	ASSERT_EQ(0, ktls_receive_with(fds[1], KEY));
	EXPECT_EQ(0, host_channel(&self->host, fds[1], -1));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(tls, other_versions_are_refused)
{
	int fds[2];

	ASSERT_EQ(0, tcp_pair(fds));
	ASSERT_EQ(0, ktls_old(fds[1], KEY));
	EXPECT_REFUSED(&self->mux, host_channel(&self->host, fds[1], -1), EINVAL,
		       words("sock-fd %d is of a TLS other than 1.3", fds[1]));
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
