// SPDX-License-Identifier: GPL-2.0
/*
 * session-abort: when it is taken, and that both hosts are told the same.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_time.h"

#define ABORT	VFIO_MIG_MUX_CMD_SESSION_ABORT
#define ID	VFIO_MIG_MUX_A_SESSION_ID
#define REASON	VFIO_MIG_MUX_A_SESSION_REASON
#define ABORTED	VFIO_MIG_MUX_SESSION_STATE_ABORTED

FIXTURE(abort)
{
	struct mux mux;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
};

FIXTURE_SETUP(abort)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 2, 8,
				    "state_size=1M seed=5", ""));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
}

FIXTURE_TEARDOWN(abort)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

TEST_F(abort, refuses_what_the_policy_forbids)
{
	char reason[VFIO_MIG_MUX_TEXT_MAX + 2] = "";
	struct mux *mux = &self->mux;

	memset(reason, 'r', sizeof(reason) - 1);
	EXPECT_BAD_ATTRS(mux,
			 { ABORT, attr_u32(ID, 0), ERANGE, POLICY_RANGE },
			 { ABORT, attr_u64(ID, 1), EINVAL, POLICY_LENGTH },
			 { ABORT, attr_text(REASON, reason), EINVAL, POLICY_FAILED },
			 { ABORT, attr_bytes(REASON, "no nul", 6), EINVAL, POLICY_FAILED },
			 { ABORT, attr_bytes(REASON, "", 0), EINVAL, POLICY_FAILED });
	EXPECT_OTHERS_REFUSED(mux, ABORT, 1 << ID | 1 << REASON, VFIO_MIG_MUX_A_SESSION_MAX);
	EXPECT_MISSING(mux, mux_do(mux, ABORT, attr_text(REASON, "why")), "id", ID);
	EXPECT_REFUSED_AT(mux, mux_do(mux, ABORT, attr_u32(ID, 99999)), ENOENT,
			  "there is no session 99999", ID);
}

TEST_F(abort, ends_a_session_without_channels)
{
	ASSERT_EQ(0, host_abort(self->source, "changed my mind"));
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	EXPECT_EQ(ABORTED, self->at_source.state);
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED,
			   "aborted on the source: changed my mind");
}

TEST_F(abort, is_taken_once_and_the_first_reason_stays)
{
	ASSERT_EQ(0, host_abort(self->source, "first"));
	EXPECT_REFUSED_AT(&self->mux, host_abort(self->source, "second"), ESHUTDOWN,
			  words("session %u is over", self->source->id), ID);
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED,
			   "aborted on the source: first");
}

/* Ends a migration whose channels are live, on one of its hosts */
static void abort_live(struct __test_metadata *_metadata, FIXTURE_DATA(abort) * self,
		       struct host *host, const char *reason)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, host_abort(host, reason));
	ASSERT_EQ(0, migration_wait(&self->migration, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				    &self->at_source, &self->at_destination));
	EXPECT_EQ(ABORTED, self->at_source.state);
	EXPECT_EQ(ABORTED, self->at_destination.state);
}

TEST_F(abort, on_the_source_is_told_to_both_hosts_in_the_same_words)
{
	const char *text = "aborted on the source: for a test";

	abort_live(_metadata, self, self->source, "for a test");
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED, text);
}

TEST_F(abort, on_the_destination_is_told_to_both_hosts_in_the_same_words)
{
	const char *text = "aborted on the destination: for a test";

	abort_live(_metadata, self, self->destination, "for a test");
	EXPECT_LOCAL_ERROR(&self->at_destination.error, ECANCELED, text);
	EXPECT_PEER_ERROR(&self->at_source.error, ECANCELED, text);
}

TEST_F(abort, without_a_reason_tells_the_host_alone)
{
	abort_live(_metadata, self, self->source, NULL);
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED,
			   "aborted on the source");
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED,
			  "aborted on the source");
}

TEST_F(abort, has_no_device_channel_or_chunk)
{
	abort_live(_metadata, self, self->source, "for a test");
	EXPECT_WHERE(&self->at_source.error, VFIO_MIG_MUX_DIRECTION_NONE,
		     NOWHERE, NOWHERE, NOWHERE);
	EXPECT_WHERE(&self->at_destination.error, VFIO_MIG_MUX_DIRECTION_NONE,
		     NOWHERE, NOWHERE, NOWHERE);
}

TEST_F(abort, with_the_longest_reason_is_told_alike_and_within_bounds)
{
	char reason[VFIO_MIG_MUX_TEXT_MAX + 1] = "";

	memset(reason, 'r', sizeof(reason) - 1);
	abort_live(_metadata, self, self->source, reason);
	EXPECT_STREQ(self->at_source.error.text, self->at_destination.error.text);
	EXPECT_GE(VFIO_MIG_MUX_TEXT_MAX, strlen(self->at_source.error.text));
	EXPECT_EQ(0, strncmp(self->at_source.error.text, "aborted on the source: rrrr", 27));
}

TEST_F(abort, with_a_reason_that_cannot_be_printed_is_made_harmless_on_both_hosts)
{
	const char *text = "aborted on the source: a?b?[2Jc??";

	abort_live(_metadata, self, self->source, "a\nb\033[2Jc\303\251");
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED, text);
}

TEST_F(abort, closes_every_channel_on_both_hosts)
{
	struct channel_info info;
	int i;

	abort_live(_metadata, self, self->destination, NULL);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, self->source->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &info));
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, info.state);
		EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_CHANNEL_ERROR));
		ASSERT_EQ(0, channel_wait(&self->mux, self->destination->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &info));
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, info.state);
		EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_CHANNEL_ERROR));
	}
	ASSERT_EQ(0, migration_wait(&self->migration, ABORTED,
				    &self->at_source, &self->at_destination));
	EXPECT_EQ(0, self->at_source.channels_live);
	EXPECT_EQ(0, self->at_destination.channels_live);
}

/* Attaches both devices, one of which hangs, and waits until it does */
static void hang(struct __test_metadata *_metadata, FIXTURE_DATA(abort) * self,
		 struct host *host, struct sim *sim, const char *knob)
{
	struct device_info info;

	ASSERT_EQ(0, sim_write(sim, knob, "131072"));
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, chunks_wait(&self->mux, host->id, 0, 2, &info));
	ASSERT_TRUE(eventually(strtoul(sim_read(sim, "stream_bytes"), NULL, 10) == 131072));
}

TEST_F(abort, gets_the_source_out_of_a_read_that_hangs)
{
	const char *text = "aborted on the source: it hangs";

	hang(_metadata, self, self->source, &self->migration.saving, "hang_read_at");
	ASSERT_EQ(0, host_abort(self->source, "it hangs"));
	ASSERT_EQ(0, migration_wait(&self->migration, ABORTED,
				    &self->at_source, &self->at_destination));
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED, text);
}

TEST_F(abort, gets_the_destination_out_of_a_write_that_hangs)
{
	const char *text = "aborted on the source: it hangs";

	hang(_metadata, self, self->destination, &self->migration.loading, "hang_write_at");
	ASSERT_EQ(0, host_abort(self->source, "it hangs"));
	ASSERT_EQ(0, migration_wait(&self->migration, ABORTED,
				    &self->at_source, &self->at_destination));
	EXPECT_LOCAL_ERROR(&self->at_source.error, ECANCELED, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED, text);
}

TEST_F(abort, comes_too_late_when_all_is_loaded)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, migration_wait(&self->migration, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				    &self->at_source, &self->at_destination));
	EXPECT_REFUSED_AT(&self->mux, host_abort(self->source, "too late"), ESHUTDOWN,
			  words("session %u is over", self->source->id), ID);
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->at_source.state);
	EXPECT_FALSE(HAS(&self->at_source, VFIO_MIG_MUX_A_SESSION_ERROR));
}

TEST_HARNESS_MAIN
