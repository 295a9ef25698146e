/**
 * epoll and the socket calls beside it as the kernel has them: flags, and the layout of an event. Numbers are those of
 * Linux's generic ABI, little endian, 64 bits.
 *
 * An event (`struct epoll_event`): u32 events, u64 data; packed on x86-64 (12 bytes), aligned elsewhere (16 bytes). The
 * data come back as they were given; only their lower half is used here.
 *
 * Sources: epoll_ctl(2), accept(2), recv(2), send(2), shutdown(2), eventfd(2), errno(3), include/uapi/linux/eventpoll.h.
 */

const IS_PACKED = process.arch === 'x64';

/** Distances in 32-bit words. */
export const EVENT_WORDS = IS_PACKED ? 3 : 4;
export const EVENT_DATA = IS_PACKED ? 1 : 2;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
/** An error, and the end of both sides: told whether asked for or not. */
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
/** The end of the peer's side. */
export const EPOLLRDHUP = 0x2000;
/** Tell about changes, not about states. */
export const EPOLLET = 0x80000000;
/** Of several epolls that wait for one descriptor, wake one (4.5). */
export const EPOLLEXCLUSIVE = 0x10000000;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;

export const EPOLL_CLOEXEC = 0o2000000;
/** An eventfd is read as one u64. */
export const EVENTFD_BYTES = 8;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;

export const EINTR = 4;
export const EAGAIN = 11;
export const ECONNABORTED = 103;
export const ENOBUFS = 105;

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const SHUT_WR = 1;
