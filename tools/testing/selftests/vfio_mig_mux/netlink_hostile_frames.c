// SPDX-License-Identifier: GPL-2.0
/*
 * Every field of a frame's header that a peer can get wrong, towards a source
 * and towards a destination.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"

FIXTURE(frame)
{
	struct mux mux;
	struct peer peer;
	struct host host;
};

FIXTURE_VARIANT(frame)
{
	__u32 role;
	struct wire_frame frame;
	const char *name;
	const char *verdict;
};

FIXTURE_VARIANT_ADD(frame, of_type_0_to_the_source) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = 0 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, of_type_0_to_the_destination) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = 0 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, of_type_10) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = 10 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, of_type_255) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = 255 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, zero) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_ZERO, .length = 1 },
	.name = "ZERO",
	.verdict = "type was not negotiated",
};

FIXTURE_VARIANT_ADD(frame, config) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_CONFIG },
	.name = "CONFIG",
	.verdict = "type was not negotiated",
};

FIXTURE_VARIANT_ADD(frame, config_to_the_source) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_CONFIG },
	.name = "CONFIG",
	.verdict = "type was not negotiated",
};

FIXTURE_VARIANT_ADD(frame, end_after_a_trailer) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_END, .flags = WIRE_END_TRAILER },
	.name = "END",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, of_type_5) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = 5 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, of_type_6) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = 6 },
	.name = "unknown",
	.verdict = "unknown type",
};

FIXTURE_VARIANT_ADD(frame, data_to_the_source) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_DATA, .length = 1 },
	.name = "DATA",
	.verdict = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(frame, data_with_a_flag) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA, .length = 1, .flags = 0x80 },
	.name = "DATA",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, data_of_no_device) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA, .length = 1, .device = 1 },
	.name = "DATA",
	.verdict = "no such device",
};

FIXTURE_VARIANT_ADD(frame, data_of_device_65535) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA, .length = 1, .device = 65535 },
	.name = "DATA",
	.verdict = "no such device",
};

FIXTURE_VARIANT_ADD(frame, data_of_no_bytes) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA },
	.name = "DATA",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, data_longer_than_a_chunk) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA, .length = CHUNK + 1 },
	.name = "DATA",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, data_of_4_gib) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_DATA, .length = 0xffffffff },
	.name = "DATA",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, end_to_the_source) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_END },
	.name = "END",
	.verdict = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(frame, end_with_a_flag) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_END, .flags = 1 },
	.name = "END",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, end_of_no_device) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_END, .device = 1 },
	.name = "END",
	.verdict = "no such device",
};

FIXTURE_VARIANT_ADD(frame, end_with_a_payload) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_END, .length = 1 },
	.name = "END",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, ack_to_the_destination) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_ACK },
	.name = "ACK",
	.verdict = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(frame, ack_with_a_flag) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ACK, .flags = 2 },
	.name = "ACK",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, ack_of_no_device) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ACK, .device = 1 },
	.name = "ACK",
	.verdict = "no such device",
};

FIXTURE_VARIANT_ADD(frame, ack_with_a_payload) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ACK, .length = 1 },
	.name = "ACK",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, ack_with_a_checksum) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ACK, .crc = 1 },
	.name = "ACK",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, abort_with_a_flag) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_ABORT, .length = 24, .flags = 4 },
	.name = "ABORT",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, abort_too_short) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ABORT, .length = 23 },
	.name = "ABORT",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, abort_too_long) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_ABORT, .length = 280 },
	.name = "ABORT",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, abort_of_a_device) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ABORT, .length = 24, .device = 1 },
	.name = "ABORT",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, abort_with_an_index) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_ABORT, .length = 24, .index = 1 },
	.name = "ABORT",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, abort_with_an_offset) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_ABORT, .length = 24, .offset = 1 },
	.name = "ABORT",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, bye_with_a_flag) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_BYE, .flags = 2 },
	.name = "BYE",
	.verdict = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(frame, bye_with_a_payload) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_BYE, .length = 1 },
	.name = "BYE",
	.verdict = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(frame, bye_of_a_device) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_BYE, .device = 1 },
	.name = "BYE",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, bye_with_an_index) {
	.role = VFIO_MIG_MUX_ROLE_SOURCE,
	.frame = { .type = WIRE_BYE, .index = 1 },
	.name = "BYE",
	.verdict = "reserved field is not zero",
};

FIXTURE_VARIANT_ADD(frame, bye_with_a_checksum) {
	.role = VFIO_MIG_MUX_ROLE_DESTINATION,
	.frame = { .type = WIRE_BYE, .crc = 1 },
	.name = "BYE",
	.verdict = "reserved field is not zero",
};

/* Brings a channel to life from the other side */
static void go_live(struct __test_metadata *_metadata, FIXTURE_DATA(frame) * self, __u32 role)
{
	struct wire_hello_ack ack;
	struct wire_hello hello;

	hello_make(&hello, 0, 1, 1);
	hello_ack_make(&ack, 1, 2);
	if (role == VFIO_MIG_MUX_ROLE_SOURCE) {
		ASSERT_EQ(0, peer_open(&self->peer, &self->host, 0));
		ASSERT_EQ(0, peer_take_hello(&self->peer, &hello));
		ASSERT_EQ(0, peer_say_hello_ack(&self->peer, &ack));
	} else {
		ASSERT_EQ(0, peer_open(&self->peer, &self->host, -1));
		ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
		ASSERT_EQ(0, peer_take_hello_ack(&self->peer, &ack));
	}
}

FIXTURE_SETUP(frame)
{
	struct host_params params = {
		.role = variant->role,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = 4,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	go_live(_metadata, self, variant->role);
}

FIXTURE_TEARDOWN(frame)
{
	peer_close(&self->peer);
	host_close(&self->host);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

TEST_F(frame, is_refused_by_name_on_both_hosts)
{
	const struct wire_frame *bad = &variant->frame;
	struct session_info session;
	struct channel_info channel;
	struct wire_frame frame;
	struct wire_abort abort;
	const char *text = words("channel 0: %s frame, type %u, device %u, length %u: %s",
				 variant->name, bad->type, bad->device, bad->length,
				 variant->verdict);

	ASSERT_EQ(0, peer_say(&self->peer, bad, NULL));
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id,
				  VFIO_MIG_MUX_SESSION_STATE_COMPLETED, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_FAILED, session.state);
	EXPECT_LOCAL_ERROR(&session.error, EPROTO, text);
	EXPECT_WHERE(&session.error, VFIO_MIG_MUX_DIRECTION_RECEIVE, NOWHERE, 0, NOWHERE);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_FAILED, channel.state);
	EXPECT_LOCAL_ERROR(&channel.error, EPROTO, text);
	ASSERT_EQ(0, peer_take_abort(&self->peer, &frame, &abort));
	EXPECT_EQ(EPROTO, abort.code);
	EXPECT_STREQ(session.error.text, abort.text);
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

TEST_HARNESS_MAIN
