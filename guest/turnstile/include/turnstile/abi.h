/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Turnstile's kernel and its programs agree on besides the rows of syscall.def: error numbers, flags, signals and structures.
 * All structures have the same layout for both (64-bit, little-endian). User space and host tools include it, too.
 */
#ifndef TURNSTILE_ABI_H
#define TURNSTILE_ABI_H

/* Errors: a system call returns one of these, negated. Numbers and names as elsewhere on RISC-V. */
#define EPERM        1
#define ENOENT       2
#define ESRCH        3
#define EINTR        4
#define EIO          5
#define ENXIO        6
#define E2BIG        7
#define ENOEXEC      8
#define EBADF        9
#define ECHILD       10
#define EAGAIN       11
#define ENOMEM       12
#define EACCES       13
#define EFAULT       14
#define EBUSY        16
#define EEXIST       17
#define EXDEV        18
#define ENODEV       19
#define ENOTDIR      20
#define EISDIR       21
#define EINVAL       22
#define ENFILE       23
#define EMFILE       24
#define ENOTTY       25
#define EFBIG        27
#define ENOSPC       28
#define ESPIPE       29
#define EROFS        30
#define EMLINK       31
#define EPIPE        32
#define ERANGE       34
#define EDEADLK      35
#define ENAMETOOLONG 36
#define ENOSYS       38
#define ENOTEMPTY    39
#define EOVERFLOW    75
#define ETIMEDOUT    110
#define EUCLEAN      117 /* the file system's structure is damaged */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* ---- limits ---- */
#define PATH_BYTES_MAX    1024        /* with the final 0 */
#define NAME_BYTES_MAX    60          /* one name of a path, with the final 0 */
#define DESCRIPTORS_MAX   64          /* of a process */
#define EXEC_BYTES_MAX    (32 * 4096) /* arguments and environment of exec, with their final 0s and pointers */
#define PIPE_ATOMIC_BYTES 512         /* a write of at most this much to a pipe is not mixed with others */

/* ---- memory of a process: what the kernel's space.c lays out ---- */
#define USER_BASE        0x10000ull /* the lowest address; what is below faults */
#define USER_STACK_TOP   0x3fffff0000ull
#define USER_STACK_BYTES (1ull << 20) /* made as it is touched; what is below faults */

/* How a program begins: sp points at argc, argv[0..argc-1], 0, the environment's pointers, 0 (8 bytes each); a0 = argc, a1 = argv,
 * a2 = environment; sp is a multiple of 16; all other registers are 0. */

/* ---- open ---- */
#define OPEN_READ          1u
#define OPEN_WRITE         2u
#define OPEN_CREATE        4u /* makes a file where there is none */
#define OPEN_EXCLUSIVE     8u /* with OPEN_CREATE: -EEXIST where there is one */
#define OPEN_TRUNCATE      16u
#define OPEN_APPEND        32u  /* each write goes to the end */
#define OPEN_DIRECTORY     64u  /* -ENOTDIR for anything else */
#define OPEN_NONBLOCK      128u /* -EAGAIN instead of waiting: terminals and pipes */
#define OPEN_CLOSE_ON_EXEC 256u
#define OPEN_FLAGS         511u

#define SEEK_SET           0
#define SEEK_CUR           1
#define SEEK_END           2

/* ---- files ---- */
enum file_kind { FILE_NONE, FILE_REGULAR, FILE_DIRECTORY, FILE_DEVICE, FILE_PIPE, FILE_SEMAPHORE };

struct stat {
    uint32_t device; /* 1 the disk; 2 /dev, 3 /proc; 0 none (pipes, semaphores) */
    uint32_t kind;   /* enum file_kind */
    uint64_t inode;
    uint64_t bytes;
    uint64_t blocks;  /* of 512 bytes */
    int64_t modified; /* nanoseconds since 1970 */
    int64_t created;
    uint32_t links;
    uint32_t reserved;
};

struct directory_entry {
    uint64_t inode;
    uint32_t kind; /* enum file_kind */
    char name[NAME_BYTES_MAX];
};

/* ---- wait: what *status holds ---- */
#define WAIT_NO_HANG             1u
#define WAIT_EXITED(status)      (((status)&0x7f) == 0)
#define WAIT_EXIT_STATUS(status) (((status) >> 8) & 0xff)
#define WAIT_SIGNALLED(status)   (((status)&0x7f) != 0)
#define WAIT_SIGNAL(status)      ((status)&0x7f)

/* ---- signals ---- */
#define SIGHUP         1
#define SIGINT         2
#define SIGQUIT        3
#define SIGILL         4
#define SIGTRAP        5
#define SIGABRT        6
#define SIGBUS         7
#define SIGFPE         8
#define SIGKILL        9
#define SIGUSR1        10
#define SIGSEGV        11
#define SIGUSR2        12
#define SIGPIPE        13
#define SIGALRM        14
#define SIGTERM        15
#define SIGCHLD        17 /* ignored unless there is a handler */
#define SIGCONT        18 /* ignored unless there is a handler: nothing stops */
#define SIGWINCH       28 /* ignored unless there is a handler */
#define SIGNALS        32 /* numbers are 1 to SIGNALS - 1; bit n of a set is signal n */

#define SIGNAL_DEFAULT 0ull /* handler: ends the process, or nothing (SIGCHLD, SIGCONT, SIGWINCH) */
#define SIGNAL_IGNORE  1ull
#define SIGNAL_RESTART 1u /* flag: a system call that the handler interrupts begins again instead of returning -EINTR */
#define SIGNAL_ONCE    2u /* flag: back to SIGNAL_DEFAULT when the handler is entered */
#define SIGNAL_NODEFER 4u /* flag: the signal itself does not wait while its handler runs */

#define SIGNAL_BLOCK   0
#define SIGNAL_UNBLOCK 1
#define SIGNAL_SET     2

/* The handler is called as handler(signal, &frame) with a struct signal_frame on its stack, and returns to the restorer, which
 * calls sigreturn with sp as it was at the handler's beginning. */
struct signal_action {
    uint64_t handler; /* an address, SIGNAL_DEFAULT or SIGNAL_IGNORE */
    uint64_t mask;    /* which signals wait while it runs */
    uint64_t restorer;
    uint32_t flags;
    uint32_t reserved;
};

struct signal_frame {
    uint64_t signal;
    uint64_t address; /* of the access that faulted, else 0 */
    uint64_t mask;    /* of before */
    uint64_t pc;
    uint64_t registers[32]; /* x0 is not used */
    uint64_t fp[32];
    uint64_t fp_status; /* fcsr; bit 63: fp is in use */
    uint64_t reserved;
};

/* ---- waiting and clocks ---- */
#define FUTEX_FOR_EVER  UINT64_MAX
#define CLOCK_MONOTONIC 0u
#define CLOCK_REALTIME  1u

/* ---- tty_control ---- */
#define TTY_MODE_GET       0u /* the mode: bits TTY_RAW, TTY_NO_ECHO, TTY_NO_SIGNALS */
#define TTY_MODE_SET       1u
#define TTY_FOREGROUND_GET 2u /* the group that Ctrl-C is for */
#define TTY_FOREGROUND_SET 3u
#define TTY_INPUT_PENDING  4u /* how many bytes a read would return now */
#define TTY_FLUSH          5u /* forgets input that has not been read */
/* Canonical mode (0): read returns lines; Backspace and Delete take a character back, Ctrl-U the line, Ctrl-W a word, Ctrl-D at the
 * beginning of a line is the end of the file; Ctrl-C is SIGINT and Ctrl-\ SIGQUIT for the foreground group. */
#define TTY_RAW        1u /* read returns what there is, byte by byte, at least one; no editing */
#define TTY_NO_ECHO    2u
#define TTY_NO_SIGNALS 4u /* Ctrl-C and Ctrl-\ are characters */
#endif

#endif
