// SPDX-License-Identifier: GPL-2.0
/*
 * Every error number that a driver may return, at every place of the stream
 * where it may return it, on either side: both hosts say it with the device's
 * name and the chunk, nothing is left behind, and the next migration works.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_proc.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED

/* Three chunks, of which the last one is not full */
#define STATE_BYTES	160000
#define STATE		"state_size=160000 seed=21"

/* More reads than the state takes where each is as good as it can be */
#define ENOUGH		20

/* The last one that there is on x86 (EHWPOISON) */
#define ERRNO_LAST	133

/* What the kernel says to itself when a signal comes (ERESTARTSYS) */
#define RESTART		512

/* Where a driver fails: byte and chunk. At the end it fails in place of saying
 * that this is the end, which only one that is read can.
 */
static const struct place {
	unsigned int at;
	unsigned int chunk;
} places[] = {
	{ 0, 0 },
	{ 1, 0 },
	{ CHUNK / 2, 0 },
	{ CHUNK - 1, 0 },
	{ CHUNK, 1 },
	{ 2 * CHUNK + 4096, 2 },
	{ STATE_BYTES - 1, 2 },
	{ STATE_BYTES, 2 },
};

#define PLACES		ARRAY_SIZE(places)

/* What the drivers in the kernel return from read and write of a data_fd, and
 * copy_to_user(), signals and resets have them return
 */
static const int usual[] = {
	EPERM, EINTR, EIO, ENXIO, ENOMEM, EFAULT, EBUSY, ENODEV, EINVAL, ENOSPC, EPIPE, ENOMSG,
	EPROTO, EMSGSIZE, EOPNOTSUPP, ETIMEDOUT, ECANCELED, RESTART,
};

FIXTURE(driver)
{
	struct mux mux;
	struct holdings before;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
};

/**
 * struct driver_params - which driver fails, and how
 * @writes: the one that is written, on the destination
 * @partial: what it had of that call before is lost, else it comes first
 */
FIXTURE_VARIANT(driver)
{
	bool writes;
	bool partial;
};

FIXTURE_VARIANT_ADD(driver, is_read) { };
FIXTURE_VARIANT_ADD(driver, is_read_and_loses_bytes) { .partial = true };
FIXTURE_VARIANT_ADD(driver, is_written) { .writes = true };
FIXTURE_VARIANT_ADD(driver, is_written_and_loses_bytes) { .writes = true, .partial = true };

FIXTURE_SETUP(driver)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_works(&self->mux));
	holdings_take(&self->before);
}

FIXTURE_TEARDOWN(driver)
{
	EXPECT_EQ(0, migration_works(&self->mux));
	EXPECT_TRUE(holdings_return(&self->before));
	mux_close(&self->mux);
}

static void expect_both(struct __test_metadata *_metadata, FIXTURE_DATA(driver) * self,
			const FIXTURE_VARIANT(driver) * variant, const struct place *place,
			int code)
{
	struct session_info *local = &self->at_source, *peer = &self->at_destination;
	const char *text = words("device d0: %s chunk %u %s its data_fd failed",
				 variant->writes ? "writing" : "reading", place->chunk,
				 variant->writes ? "to" : "from");

	if (variant->writes) {
		local = &self->at_destination;
		peer = &self->at_source;
	}
	EXPECT_EQ(FAILED, local->state);
	EXPECT_EQ(FAILED, peer->state);
	EXPECT_LOCAL_ERROR(&local->error, code, text);
	EXPECT_PEER_ERROR(&peer->error, code, text);
	EXPECT_WHERE(&local->error, variant->writes ? VFIO_MIG_MUX_DIRECTION_WRITE :
		     VFIO_MIG_MUX_DIRECTION_READ, 0, NOWHERE, place->chunk);
}

/* A driver that fails so, in a world of its own */
static void fail(struct __test_metadata *_metadata, FIXTURE_DATA(driver) * self,
		 const FIXTURE_VARIANT(driver) * variant, const struct place *place, int code)
{
	const char *knobs = words("fail_%s_at=%u fail_%s_errno=%d fail_partial=%d",
				  variant->writes ? "write" : "read", place->at,
				  variant->writes ? "write" : "read", code, variant->partial);

	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 2, 8,
				    words(STATE " %s", variant->writes ? "" : knobs),
				    variant->writes ? knobs : ""));
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED, &self->at_source,
				    &self->at_destination))
		TH_LOG("%s: no end", knobs);
	expect_both(_metadata, self, variant, place, code == RESTART ? EINTR : code);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before))
		TH_LOG("%s", knobs);
}

/* A driver that is written is told nothing of the end. */
static int count_places(const FIXTURE_VARIANT(driver) * variant)
{
	return variant->writes ? PLACES - 1 : PLACES;
}

TEST_F_TIMEOUT(driver, fails_anywhere_with_what_is_usual, 300)
{
	unsigned int i;
	int place;

	for (i = 0; i < ARRAY_SIZE(usual); i++) {
		for (place = 0; place < count_places(variant); place++)
			fail(_metadata, self, variant, &places[place], usual[i]);
		EXPECT_EQ(0, migration_works(&self->mux))
			TH_LOG("after error %d", usual[i]);
	}
}

/* One number is no error of a driver that is read: it is asked again. */
static bool is_error(const FIXTURE_VARIANT(driver) * variant, int code)
{
	return variant->writes || code != EAGAIN;
}

TEST_F_TIMEOUT(driver, fails_with_any_error_there_is, 300)
{
	int code;

	for (code = 1; code <= ERRNO_LAST; code++) {
		if (is_error(variant, code))
			fail(_metadata, self, variant, &places[code % count_places(variant)],
			     code);
	}
}

FIXTURE(patience)
{
	struct mux mux;
	struct holdings before;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
};

FIXTURE_SETUP(patience)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_works(&self->mux));
	holdings_take(&self->before);
}

FIXTURE_TEARDOWN(patience)
{
	mux_close(&self->mux);
}

static bool is_asked_again(const struct sim *sim)
{
	return strtoull(sim_read(sim, "reads"), NULL, 10) > ENOUGH;
}

TEST_F(patience, is_had_with_a_driver_that_asks_for_it_anywhere)
{
	const char *knobs;
	unsigned int i;

	for (i = 0; i < PLACES; i++) {
		knobs = words(STATE " fail_read_at=%u fail_read_errno=EAGAIN", places[i].at);
		ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 2, 8, knobs, ""));
		ASSERT_EQ(0, migration_go_live(&self->migration, 2));
		ASSERT_EQ(0, migration_attach(&self->migration));
		ASSERT_TRUE(eventually(is_asked_again(&self->migration.saving)))
			TH_LOG("%s", knobs);
		ASSERT_EQ(0, sim_write(&self->migration.saving, "fail_read_at", "none"));
		EXPECT_EQ(0, migration_arrives(&self->migration, &self->at_source,
					       &self->at_destination));
		migration_close(&self->migration);
		EXPECT_TRUE(holdings_return(&self->before));
	}
}

TEST_HARNESS_MAIN
