// SPDX-License-Identifier: GPL-2.0
/*
 * umem-reg: which memory it takes, which it refuses and in which words.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include <linux/capability.h>

#include "lib_caps.h"
#include "lib_expect.h"
#include "lib_host.h"
#include "lib_proc.h"

#define REG	VFIO_MIG_MUX_CMD_UMEM_REG
#define SESSION	VFIO_MIG_MUX_A_UMEM_SESSION
#define ADDR	VFIO_MIG_MUX_A_UMEM_ADDR
#define LENGTH	VFIO_MIG_MUX_A_UMEM_LENGTH

#define PAGE	4096ul
#define SLOTS	4
#define MEMORY	(SLOTS * (unsigned long)CHUNK)

/* What one session may pin at most: 8 GiB */
#define MEMORY_MAX	(8ull << 30)

/* and into how many slots it may be cut */
#define SLOTS_MAX	16384ull

FIXTURE(umem)
{
	struct mux mux;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host host;
	char *memory;
};

FIXTURE_SETUP(umem)
{
	struct host_params params = { .uuid = self->uuid };

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	self->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(umem)
{
	host_close(&self->host);
	mux_close(&self->mux);
}

static int reg(struct host *host, const void *addr, __u64 length)
{
	return mux_do(host->mux, REG, attr_u32(SESSION, host->id),
		      attr_u64(ADDR, (unsigned long)addr), attr_u64(LENGTH, length));
}

TEST_F(umem, reg_refuses_what_the_policy_forbids)
{
	EXPECT_BAD_ATTRS(&self->mux,
			 { REG, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { REG, attr_u64(SESSION, 1), EINVAL, POLICY_LENGTH },
			 { REG, attr_bytes(ADDR, "ab", 2), EINVAL, POLICY_LENGTH },
			 { REG, attr_bytes(ADDR, "", 0), EINVAL, POLICY_LENGTH },
			 { REG, attr_bytes(ADDR, "123456789", 9), EINVAL, POLICY_LENGTH },
			 { REG, attr_bytes(LENGTH, "ab", 2), EINVAL, POLICY_LENGTH },
			 { REG, attr_bytes(LENGTH, "12345", 5), EINVAL, POLICY_LENGTH },
			 { REG, attr_u32(LENGTH + 1, 1), EINVAL, POLICY_UNKNOWN });
}

TEST_F(umem, reg_names_the_attribute_that_is_missing)
{
	struct mux *mux = &self->mux;

	EXPECT_MISSING(mux, mux_do(mux, REG, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, REG, attr_u32(SESSION, self->host.id)), "addr", ADDR);
	EXPECT_MISSING(mux, mux_do(mux, REG, attr_u32(SESSION, self->host.id), attr_u64(ADDR, 0)),
		       "length", LENGTH);
}

TEST_F(umem, reg_of_a_session_that_does_not_exist_names_its_number)
{
	self->host.id += 100000;
	EXPECT_REFUSED_AT(&self->mux, reg(&self->host, self->memory, MEMORY), ENOENT,
			  words("there is no session %u", self->host.id), SESSION);
}

TEST_F(umem, reg_refuses_an_address_that_is_not_page_aligned)
{
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory + 1, CHUNK), EINVAL,
		       words("umem address 0x%lx is not page aligned",
			     (unsigned long)self->memory + 1));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory + PAGE - 1, CHUNK), EINVAL,
		       words("umem address 0x%lx is not page aligned",
			     (unsigned long)self->memory + PAGE - 1));
}

TEST_F(umem, reg_refuses_a_length_that_is_no_multiple_of_the_chunk_size)
{
	static const __u64 lengths[] = { 0, 1, CHUNK - 1, CHUNK + 1, CHUNK + PAGE, 0xffffffffffff };
	int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, lengths[i]), EINVAL,
			       words("umem length %llu is no multiple of the chunk size %u",
				     (unsigned long long)lengths[i], CHUNK));
}

TEST_F(umem, reg_refuses_more_memory_than_a_session_may_have)
{
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, (SLOTS_MAX + 1) * CHUNK), E2BIG,
		       words("umem has %llu slots, more than %llu", SLOTS_MAX + 1, SLOTS_MAX));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY_MAX + CHUNK), E2BIG,
		       words("umem of %llu bytes is larger than %llu bytes",
			     MEMORY_MAX + CHUNK, MEMORY_MAX));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, 0xffffffffffff0000), E2BIG,
		       words("umem of 18446744073709486080 bytes is larger than %llu bytes",
			     MEMORY_MAX));
}

TEST_F(umem, reg_refuses_a_region_outside_the_address_space)
{
	EXPECT_REFUSED(&self->mux, reg(&self->host, (void *)0xfffffffffffff000, CHUNK), EFAULT,
		       words("umem 0xfffffffffffff000+%u is outside the address space", CHUNK));
	EXPECT_REFUSED(&self->mux, reg(&self->host, (void *)0xffff888000000000, CHUNK), EFAULT,
		       words("umem 0xffff888000000000+%u is outside the address space", CHUNK));
}

TEST_F(umem, reg_refuses_memory_that_is_not_mapped_and_names_the_page)
{
	char *hole = self->memory + CHUNK + 3 * PAGE;

	ASSERT_EQ(0, munmap(hole, PAGE));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY), EFAULT,
		       words("umem cannot be pinned at 0x%lx: error -14", (unsigned long)hole));
	ASSERT_EQ(0, munmap(self->memory, MEMORY));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY), EFAULT,
		       words("umem cannot be pinned at 0x%lx: error -14",
			     (unsigned long)self->memory));
}

TEST_F(umem, reg_refuses_memory_that_cannot_be_written)
{
	static const int protections[] = { PROT_READ, PROT_NONE };
	int i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		ASSERT_EQ(0, mprotect(self->memory, MEMORY, protections[i]));
		EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY), EFAULT,
			       words("umem cannot be pinned at 0x%lx: error -14",
				     (unsigned long)self->memory));
	}
}

TEST_F(umem, reg_keeps_to_the_limit_of_locked_memory)
{
	struct rlimit limit = { .rlim_cur = MEMORY - PAGE, .rlim_max = MEMORY };

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, capability_set(CAP_IPC_LOCK, false));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY), ENOMEM,
		       words("umem of %lu KiB exceeds RLIMIT_MEMLOCK", MEMORY / 1024));
	limit.rlim_cur = MEMORY;
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	EXPECT_EQ(0, reg(&self->host, self->memory, MEMORY))
		TH_LOG("%s", self->mux.text);
}

TEST_F(umem, a_refused_reg_leaves_nothing_and_another_can_follow)
{
	struct holdings before;

	holdings_take(&before);
	ASSERT_EQ(0, munmap(self->memory + MEMORY - PAGE, PAGE));
	EXPECT_EQ(-EFAULT, reg(&self->host, self->memory, MEMORY));
	EXPECT_EQ(-EINVAL, reg(&self->host, self->memory, PAGE));
	EXPECT_TRUE(holdings_return(&before));
	EXPECT_EQ(0, reg(&self->host, self->memory, MEMORY - CHUNK))
		TH_LOG("%s", self->mux.text);
}

TEST_F(umem, reg_pins_and_accounts_every_page_until_the_close)
{
	struct holdings before, during;

	holdings_take(&before);
	ASSERT_EQ(0, reg(&self->host, self->memory, MEMORY));
	holdings_take(&during);
	EXPECT_EQ(before.locked_kb + (long)MEMORY / 1024, during.locked_kb);
	EXPECT_EQ(before.pins + (long)(MEMORY / PAGE), during.pins);
	host_shut(&self->host);
	holdings_take(&during);
	EXPECT_EQ(before.locked_kb, during.locked_kb);
	EXPECT_EQ(before.pins, during.pins);
}

TEST_F(umem, reg_takes_lengths_of_32_bits_too)
{
	struct session_info info;

	ASSERT_EQ(0, mux_do(&self->mux, REG, attr_u32(SESSION, self->host.id),
			    attr_u64(ADDR, (unsigned long)self->memory),
			    attr_u32(LENGTH, MEMORY)))
		TH_LOG("%s", self->mux.text);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &info));
	EXPECT_EQ(SLOTS, info.slots);
}

TEST_F(umem, reg_takes_shared_anonymous_memory_too)
{
	void *shared = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, shared);
	EXPECT_EQ(0, reg(&self->host, shared, MEMORY))
		TH_LOG("%s", self->mux.text);
}

TEST_F(umem, reg_is_done_once)
{
	struct session_info info;

	ASSERT_EQ(0, reg(&self->host, self->memory, MEMORY));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, CHUNK), EEXIST,
		       words("session %u has a umem already", self->host.id));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &info));
	EXPECT_EQ(SLOTS, info.slots);
	EXPECT_EQ(SLOTS, info.slots_free);
}

TEST_F(umem, reg_comes_too_late_when_the_session_is_over)
{
	ASSERT_EQ(0, host_abort(&self->host, NULL));
	EXPECT_REFUSED(&self->mux, reg(&self->host, self->memory, MEMORY), ESHUTDOWN,
		       words("session %u is over", self->host.id));
}

TEST_HARNESS_MAIN
