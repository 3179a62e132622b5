// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: where a chunk's pages go onto a channel and come off it.
 *
 * Sending hands the slot's pages to TCP (MSG_SPLICE_PAGES): nothing is copied
 * and the slot must not change until the destination's ACK. Receiving copies
 * from the socket straight into a slot's pages.
 *
 * All calls keep the count of what they have done with the caller, return
 * -EINTR when a signal is pending, and go on from there when called again.
 */
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "sock.h"
#include "tls_record.h"
#include "umem.h"

static const char *sock_fault(const struct sock *sk)
{
	const struct tcp_ulp_ops *ulp;

	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return "not connected";
	ulp = READ_ONCE(inet_csk(sk)->icsk_ulp_ops);
	if (!ulp)
		return NULL;
	if (!mux_tls_is_on(sk))
		return "used by another protocol";
	return mux_tls_sock_fault(sk);
}

/* What its maker has set on the socket was for its own use of it. Returns what
 * is wrong with it, or NULL.
 */
static const char *sock_prepare(struct socket *sock)
{
	struct sock *sk = sock->sk;
	const char *fault;

	if (!sk_is_tcp(sk))
		return "not a TCP socket";
	/* Its maker may be about to change it in another thread. */
	lock_sock(sk);
	fault = sock_fault(sk);
	if (!fault) {
		WRITE_ONCE(sk->sk_rcvtimeo, MAX_SCHEDULE_TIMEOUT);
		WRITE_ONCE(sk->sk_sndtimeo, MAX_SCHEDULE_TIMEOUT);
		WRITE_ONCE(sk->sk_rcvlowat, 1);
	}
	release_sock(sk);
	if (!fault)
		tcp_sock_set_nodelay(sk);
	return fault;
}

/**
 * mux_sock_get - take a socket over from the owner
 * @fd: file descriptor of the calling process
 * @extack: told what is wrong
 *
 * Context: process context of the owner.
 * Return: the socket, whose file is held until mux_sock_put(), or an ERR_PTR:
 * %-EBADF no such file descriptor, %-ENOTSOCK no socket, %-EINVAL not an
 * established TCP socket, plain or with kernel TLS.
 */
struct socket *mux_sock_get(int fd, struct netlink_ext_ack *extack)
{
	struct socket *sock;
	const char *fault;
	int err;

	sock = sockfd_lookup(fd, &err);
	if (!sock) {
		NL_SET_ERR_MSG_FMT(extack, "sock-fd %d is %s", fd,
				   err == -ENOTSOCK ? "not a socket" :
						      "not open");
		return ERR_PTR(err);
	}
	fault = sock_prepare(sock);
	if (fault) {
		NL_SET_ERR_MSG_FMT(extack, "sock-fd %d is %s", fd, fault);
		sockfd_put(sock);
		return ERR_PTR(-EINVAL);
	}
	return sock;
}

/**
 * mux_sock_put - give a socket back
 * @sock: the socket; nobody sends or receives on it any more
 * @clean: all that was sent has arrived or may arrive yet; otherwise what has
 *	not left is dropped. It refers to the owner's memory, which the owner
 *	may use for something else as soon as the session is gone.
 *
 * Context: process context, may sleep for a short time.
 */
void mux_sock_put(struct socket *sock, bool clean)
{
	struct sock *sk = sock->sk;

	if (!clean && (!tcp_rtx_and_write_queues_empty(sk) ||
		       READ_ONCE(inet_csk(sk)->icsk_ulp_ops)))
		tcp_abort(sk, ECONNABORTED);
	sockfd_put(sock);
}

/* Whatever a signal makes of a call, callers only need to know it was one. */
static int plain_error(int ret)
{
	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		return -EINTR;
	default:
		return ret;
	}
}

/**
 * mux_sock_send - send bytes that are no payload
 * @sock: the socket
 * @buf: the bytes; copied
 * @length: their number
 * @done: how many are sent; moved forward
 * @flags: MSG_MORE if payload follows, MSG_DONTWAIT not to wait
 *
 * Context: process context, may sleep unless told not to.
 * Return: 0 when all are sent, %-EINTR for a pending signal, %-EAGAIN where
 * it would have to wait and may not, or another error of the socket.
 */
int mux_sock_send(struct socket *sock, const void *buf, u32 length, u32 *done,
		  unsigned int flags)
{
	while (*done < length) {
		struct msghdr msg = { .msg_flags = MSG_NOSIGNAL | flags };
		struct kvec kvec = {
			.iov_base = (void *)buf + *done,
			.iov_len = length - *done,
		};
		int ret;

		iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &kvec, 1,
			      kvec.iov_len);
		ret = sock_sendmsg(sock, &msg);
		if (ret < 0)
			return plain_error(ret);
		if (!ret)
			return -EPIPE;
		*done += ret;
	}
	return 0;
}

/**
 * mux_sock_send_slot - send payload without copying it
 * @sock: the socket
 * @slot: the payload; unchanged from now on until the ACK of its chunk
 * @length: its bytes
 * @done: how many are sent; moved forward
 * @flags: MSG_DONTWAIT not to wait
 *
 * Context: process context, may sleep unless told not to.
 * Return: as mux_sock_send().
 */
int mux_sock_send_slot(struct socket *sock, const struct mux_slot *slot,
		       u32 length, u32 *done, unsigned int flags)
{
	while (*done < length) {
		struct msghdr msg = {
			.msg_flags = MSG_NOSIGNAL | MSG_SPLICE_PAGES | flags,
		};
		int ret;

		mux_slot_iter(slot, ITER_SOURCE, *done, length - *done,
			      &msg.msg_iter);
		ret = sock_sendmsg(sock, &msg);
		if (ret < 0)
			return plain_error(ret);
		if (!ret)
			return -EPIPE;
		*done += ret;
	}
	return 0;
}

/* With TLS no record but data is received unless its type is asked for: it
 * stays where it is, and says so. The end of TCP is not the end of TLS.
 */
static int recv_nothing(struct socket *sock, const struct msghdr *msg, int ret)
{
	if (!mux_tls_is_on(sock->sk))
		return ret ? ret : -ENODATA;
	if (msg->msg_flags & MSG_CTRUNC && (!ret || ret == -EIO))
		return mux_tls_take_record(sock);
	return ret ? ret : -ENOLINK;
}

static int recv_some(struct socket *sock, struct msghdr *msg, u32 *done)
{
	int ret;

	ret = sock_recvmsg(sock, msg, MSG_WAITALL | MSG_NOSIGNAL);
	if (ret <= 0) {
		ret = plain_error(recv_nothing(sock, msg, ret));
		/* Of records that are passed over there may be any number. */
		return ret ?: -EINTR;
	}
	*done += ret;
	return 0;
}

/**
 * mux_sock_recv - receive bytes that are no payload
 * @sock: the socket
 * @buf: where to
 * @length: how many to wait for
 * @done: how many are there; moved forward
 *
 * Context: process context, may sleep.
 * Return: 0 when all are there, %-ENODATA when the peer has closed, %-EINTR
 * for a pending signal or to be called again, an error of the socket, or as
 * mux_tls_take_record().
 */
int mux_sock_recv(struct socket *sock, void *buf, u32 length, u32 *done)
{
	int ret;

	while (*done < length) {
		struct msghdr msg = {};
		struct kvec kvec = {
			.iov_base = buf + *done,
			.iov_len = length - *done,
		};

		iov_iter_kvec(&msg.msg_iter, ITER_DEST, &kvec, 1, kvec.iov_len);
		ret = recv_some(sock, &msg, done);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mux_sock_recv_slot - receive payload into a slot
 * @sock: the socket
 * @slot: where to, the caller's
 * @length: how many bytes to wait for
 * @done: how many are there; moved forward
 *
 * Context: process context, may sleep.
 * Return: as mux_sock_recv().
 */
int mux_sock_recv_slot(struct socket *sock, const struct mux_slot *slot,
		       u32 length, u32 *done)
{
	int ret;

	while (*done < length) {
		struct msghdr msg = {};

		mux_slot_iter(slot, ITER_DEST, *done, length - *done,
			      &msg.msg_iter);
		ret = recv_some(sock, &msg, done);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mux_sock_pending - what the other host's TCP has received
 * @sock: the socket
 * @acked: set to how much it has acknowledged, as a TCP sequence number
 *
 * Context: any.
 * Return: true if there is more to be acknowledged.
 */
bool mux_sock_pending(const struct socket *sock, u32 *acked)
{
	const struct tcp_sock *tp = tcp_sk(sock->sk);

	*acked = READ_ONCE(tp->snd_una);
	return READ_ONCE(tp->write_seq) != *acked;
}

/**
 * mux_sock_set_queue - bound what waits in a socket to be sent
 * @sock: the socket
 * @bytes: its bytes, besides those that are on their way already
 *
 * Left to itself TCP takes megabytes, however slow the line is. Chunks that
 * wait there could have gone over another channel.
 *
 * Context: process context, may sleep for a short time.
 */
void mux_sock_set_queue(struct socket *sock, u32 bytes)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat, bytes);
	release_sock(sk);
}

/**
 * mux_sock_backlog - how much the other host's TCP has received
 * @sock: the socket
 * @acked: set to the bytes it has acknowledged so far
 *
 * Context: any.
 * Return: bytes that it has not acknowledged.
 */
u32 mux_sock_backlog(const struct socket *sock, u64 *acked)
{
	const struct tcp_sock *tp = tcp_sk(sock->sk);

	/* TCP counts it with plain writes, of a word each: whichever of two
	 * counts this is, a rate made of it is right.
	 */
	*acked = data_race(READ_ONCE(tp->bytes_acked));
	return READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);
}

/**
 * mux_sock_farewell - what the last word of a channel takes
 * @sock: the socket
 * @length: bytes of that word
 *
 * Context: any.
 * Return: bytes in the socket, together with the end.
 */
u32 mux_sock_farewell(const struct socket *sock, u32 length)
{
	u32 end = 1;

	if (mux_tls_is_on(sock->sk))
		end += 2 * MUX_TLS_OVERHEAD + MUX_TLS_ALERT_SIZE;
	return length + end;
}

/**
 * mux_sock_written - where what has been sent so far ends
 * @sock: the socket
 *
 * Context: any.
 * Return: a TCP sequence number, to be compared with mux_sock_pending()'s.
 */
u32 mux_sock_written(const struct socket *sock)
{
	return READ_ONCE(tcp_sk(sock->sk)->write_seq);
}

/**
 * mux_sock_reset - end the connection in a way that nobody takes for its end
 * @sock: the socket; waiting on it fails with %-ETIMEDOUT
 *
 * Context: process context, may sleep for a short time.
 */
void mux_sock_reset(struct socket *sock)
{
	tcp_abort(sock->sk, ETIMEDOUT);
}

/**
 * mux_sock_shutdown - end one direction or both
 * @sock: the socket
 * @both: both at once, which also ends all waiting on it; else only sending,
 *	after what has been sent already
 *
 * Context: process context, may sleep for a short time.
 */
void mux_sock_shutdown(struct socket *sock, bool both)
{
	if (!both && mux_tls_is_on(sock->sk))
		mux_tls_close_notify(sock);
	kernel_sock_shutdown(sock, both ? SHUT_RDWR : SHUT_WR);
}
