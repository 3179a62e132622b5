// SPDX-License-Identifier: GPL-2.0
/*
 * migfile: where a chunk comes from a device and where it goes into one.
 *
 * No migrating driver of today offers anything but ->read and ->write on user
 * pointers, so they are called in a worker of the owner on the slot's user
 * address, and what is mapped there is looked at after each call. Drivers that
 * offer iterators get the slot's pages instead.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/sched/xacct.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "migfile.h"
#include "umem.h"

static const char *migfile_fault(const struct file *file, bool for_reading)
{
	fmode_t want = for_reading ? FMODE_READ | FMODE_CAN_READ :
				     FMODE_WRITE | FMODE_CAN_WRITE;

	if (file_inode(file)->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return "not an anonymous inode";
	if (!(file->f_mode & FMODE_STREAM))
		return "not a stream";
	if ((file->f_mode & want) != want)
		return for_reading ? "not readable" : "not writable";
	return NULL;
}

/**
 * mux_migfile_get - take a data_fd over from the owner
 * @fd: file descriptor of the calling process
 * @for_reading: it is to be read (source), else written (destination)
 * @extack: told what is wrong
 *
 * Nothing marks a file as a data_fd, so this checks what all of them have in
 * common: an anonymous inode, a stream, the right direction.
 *
 * Context: process context of the owner.
 * Return: the file with a reference that the caller must fput(), or an
 * ERR_PTR: %-EBADF no such file descriptor, %-EINVAL not a data_fd.
 */
struct file *mux_migfile_get(int fd, bool for_reading,
			     struct netlink_ext_ack *extack)
{
	struct file *file = fget(fd);
	const char *fault;

	if (!file) {
		NL_SET_ERR_MSG_FMT(extack, "data-fd %d is not open", fd);
		return ERR_PTR(-EBADF);
	}
	fault = migfile_fault(file, for_reading);
	if (fault) {
		NL_SET_ERR_MSG_FMT(extack, "data-fd %d is %s", fd, fault);
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	return file;
}

/* What a driver says when a signal interrupts it: there is no system call to
 * restart here.
 */
static ssize_t plain_error(ssize_t ret)
{
	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	default:
		return ret;
	}
}

/* What a call has moved, unless the owner had mapped something else at the
 * slot's address: the call is done then, but not with the slot's bytes.
 */
static ssize_t with_slot(const struct mux_slot *slot, u32 offset, u32 length,
			 ssize_t ret)
{
	/* What is more than asked for is the caller's to refuse. */
	if (ret <= 0 || ret > length || mux_slot_is_mapped(slot, offset, ret))
		return ret;
	return -EFAULT;
}

/* As vfs_read(), which modules cannot call */
static ssize_t read_user(struct file *file, char __user *to, u32 length)
{
	ssize_t ret;

	ret = rw_verify_area(READ, file, NULL, length);
	if (ret)
		return ret;
	ret = file->f_op->read(file, to, length, NULL);
	if (ret > 0)
		fsnotify_access(file);
	return ret;
}

/* As vfs_write() */
static ssize_t write_user(struct file *file, const char __user *from,
			  u32 length)
{
	ssize_t ret;

	ret = rw_verify_area(WRITE, file, NULL, length);
	if (ret)
		return ret;
	ret = file->f_op->write(file, from, length, NULL);
	if (ret > 0)
		fsnotify_modify(file);
	return ret;
}

/**
 * mux_migfile_read - read from a data_fd into a slot
 * @file: the data_fd; the caller is its only reader
 * @slot: the slot, the caller's
 * @offset: where in the slot, in bytes
 * @length: most bytes to read
 *
 * Context: a worker of the owner, no locks held; sleeps as long as the driver
 * likes. Once a signal is pending the outcome of a blocked call is an error,
 * and bytes may be lost with it: never call again after an error.
 *
 * Return: bytes read, 0 if there is nothing more for now, what the driver
 * or the security policy said, or %-EFAULT where the owner has mapped
 * something else at the slot's address.
 */
ssize_t mux_migfile_read(struct file *file, const struct mux_slot *slot,
			 u32 offset, u32 length)
{
	struct iov_iter iter;
	ssize_t ret;

	if (file->f_op->read_iter) {
		mux_slot_iter(slot, ITER_DEST, offset, length, &iter);
		ret = vfs_iter_read(file, &iter, NULL, 0);
	} else {
		ret = read_user(file, (char __user *)slot->addr + offset,
				length);
		ret = with_slot(slot, offset, length, ret);
	}
	if (ret > 0)
		add_rchar(current, ret);
	inc_syscr(current);
	return plain_error(ret);
}

/**
 * mux_migfile_write - write from a slot into a data_fd
 * @file: the data_fd; the caller is its only writer
 * @slot: the slot, the caller's
 * @offset: where in the slot, in bytes
 * @length: most bytes to write
 *
 * Context: as mux_migfile_read().
 *
 * Return: bytes written, what the driver or the security policy said, or
 * %-EFAULT as mux_migfile_read(). A driver that writes nothing returns 0, which
 * callers take for an error.
 */
ssize_t mux_migfile_write(struct file *file, const struct mux_slot *slot,
			  u32 offset, u32 length)
{
	struct iov_iter iter;
	ssize_t ret;

	if (file->f_op->write_iter) {
		mux_slot_iter(slot, ITER_SOURCE, offset, length, &iter);
		ret = vfs_iter_write(file, &iter, NULL, 0);
	} else {
		ret = write_user(file, (const char __user *)slot->addr + offset,
				 length);
		ret = with_slot(slot, offset, length, ret);
	}
	if (ret > 0)
		add_wchar(current, ret);
	inc_syscw(current);
	return plain_error(ret);
}
