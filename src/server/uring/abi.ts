/**
 * io_uring as the kernel has it: system call numbers, structures, flags. Everything that depends on the kernel's ABI is
 * here and nowhere else. Numbers are those of Linux's generic ABI, little endian, 64 bits.
 *
 * Sources: io_uring_setup(2), io_uring_enter(2), io_uring_register(2), io_uring(7), and for layouts that the manual
 * pages leave out the kernel's own header, include/uapi/linux/io_uring.h. The kernel that brought a flag stands beside it.
 *
 * A submission queue entry (`struct io_uring_sqe`, 64 bytes), with the fields in use; `op` is the union of flags
 * that belong to the operation:
 *
 *      0 u8  opcode    1 u8 flags     2 u16 ioprio    4 s32 descriptor
 *      8 u64 offset                  16 u64 address
 *     24 u32 size     28 u32 op      32 u64 user data
 *     40 u16 buffer group           42..63 zero
 *
 * A completion queue entry (`struct io_uring_cqe`, 16 bytes):
 *
 *      0 u64 user data               8 s32 result    12 u32 flags (buffer number in the upper half)
 */

export const SYS_IO_URING_SETUP = 425;
export const SYS_IO_URING_ENTER = 426;
export const SYS_IO_URING_REGISTER = 427;

// --- io_uring_setup(2)

export const SETUP_CQSIZE = 1 << 3;
export const SETUP_CLAMP = 1 << 4;
/** Go on with the batch after an entry that failed (5.18). */
export const SETUP_SUBMIT_ALL = 1 << 7;
/** No interrupts for completions: the thread comes by anyway (5.19). */
export const SETUP_COOP_TASKRUN = 1 << 8;
/** One thread submits (6.0). */
export const SETUP_SINGLE_ISSUER = 1 << 12;
/** Completions are worked on when this thread asks for them, and at no other time (6.1). */
export const SETUP_DEFER_TASKRUN = 1 << 13;

/** Both rings are in one mapping (5.4). */
export const FEATURE_SINGLE_MMAP = 1 << 0;
/** Completions that find no room are kept (5.5). */
export const FEATURE_NODROP = 1 << 1;
/** A wait can have a timeout (5.11). */
export const FEATURE_EXT_ARG = 1 << 8;
/** Successful operations can go without a completion (5.17). */
export const FEATURE_CQE_SKIP = 1 << 11;

/** `struct io_uring_params`: bytes, and offsets of its u32 fields. */
export const PARAMS_BYTES = 120;
export const PARAMS_SQ_ENTRIES = 0;
export const PARAMS_CQ_ENTRIES = 4;
export const PARAMS_FLAGS = 8;
export const PARAMS_FEATURES = 20;
/** `struct io_sqring_offsets`: where things are in the mapping at RING_OFFSET_SQ. */
export const PARAMS_SQ_HEAD = 40;
export const PARAMS_SQ_TAIL = 44;
export const PARAMS_SQ_MASK = 48;
export const PARAMS_SQ_FLAGS = 56;
export const PARAMS_SQ_ARRAY = 64;
/** `struct io_cqring_offsets`. */
export const PARAMS_CQ_HEAD = 80;
export const PARAMS_CQ_TAIL = 84;
export const PARAMS_CQ_MASK = 88;
export const PARAMS_CQ_CQES = 100;

/** Offsets for mmap(2). */
export const RING_OFFSET_SQ = 0;
export const RING_OFFSET_SQES = 0x10000000;

/** In the submission ring's flags word: completions found no room and wait for an enter. */
export const SQ_CQ_OVERFLOW = 1 << 1;

// --- entries

export const SQE_SHIFT = 6;
export const CQE_SHIFT = 4;

/** Submission flags (byte 1): the kernel takes a buffer from a group; success completes silently (5.17). */
export const SQE_BUFFER_SELECT = 1 << 5;
export const SQE_CQE_SKIP_SUCCESS = 1 << 6;

export const OP_POLL_ADD = 6;
export const OP_ACCEPT = 13;
export const OP_ASYNC_CANCEL = 14;
export const OP_CLOSE = 19;
export const OP_SEND = 26;
export const OP_RECV = 27;

/** `ioprio` of OP_ACCEPT: one completion after the other (5.19). */
export const ACCEPT_MULTISHOT = 1 << 0;
/** `ioprio` of OP_RECV: the same (6.0). */
export const RECV_MULTISHOT = 1 << 1;
/** `size` of OP_POLL_ADD: the same (5.13). */
export const POLL_ADD_MULTI = 1 << 0;

/** Completion flags: a buffer was taken, its number is in the upper half; more completions of the operation follow. */
export const CQE_BUFFER = 1 << 0;
export const CQE_MORE = 1 << 1;
export const CQE_BUFFER_SHIFT = 16;

// --- io_uring_enter(2)

export const ENTER_GETEVENTS = 1 << 0;
export const ENTER_EXT_ARG = 1 << 3;
/** `struct io_uring_getevents_arg`: u64 signal mask, u32 its size, u32 zero, u64 address of a timespec. */
export const GETEVENTS_ARG_BYTES = 24;
export const GETEVENTS_TIMESPEC = 16;
/** `struct __kernel_timespec`: i64 seconds, i64 nanoseconds. */
export const TIMESPEC_BYTES = 16;

// --- io_uring_register(2)

export const REGISTER_PBUF_RING = 22;
/** `struct io_uring_buf_reg`: u64 address, u32 entries, u16 group, u16 flags, three u64 of zero. */
export const BUF_REG_BYTES = 40;
/** `struct io_uring_buf`: u64 address, u32 size, u16 number, u16; the ring's tail is the last u16 of the first. */
export const BUF_BYTES = 16;
export const BUF_TAIL = 14;

// --- errno(3), poll(2), send(2), mmap(2), socket options

export const EINTR = 4;
export const EAGAIN = 11;
export const ENOBUFS = 105;
export const ECANCELED = 125;

export const POLLIN = 0x1;

export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;

export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_POPULATE = 0x8000;

export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK = 0o4000;
