/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HTIF commands. A long write is carried out in pieces, one per queue event, so that no single step of the machine emits an
 * unbounded number of console bytes; until it is done tohost stays set and further commands, except the end of the
 * program, are dropped (a program waits for the answer).
 */
#include <dev/htif.h>

#include <stdlib.h>

enum {
    DEVICE_SYSCALL = 0,
    DEVICE_CONSOLE = 1,
    SYSCALL_PROXY = 0,
    CONSOLE_READ = 0,
    CONSOLE_WRITE = 1,
    CONSOLE_ANSWER = 0x100, /* beside the byte */
};

enum { CALL_WRITE = 64, CALL_EXIT = 93 }; /* numbers of the RISC-V Linux ABI, which fesvr uses */
enum { ERROR_BAD_DESCRIPTOR = 9, ERROR_BAD_ADDRESS = 14, ERROR_NO_CALL = 38 }; /* EBADF, EFAULT, ENOSYS of that ABI */

enum {
    PIECE_BYTES = 64,
    PIECE_CYCLES = 100, /* between pieces; longer than any look-ahead */
    READS_MAX = 255,
};

#define PAYLOAD_MASK ((UINT64_C(1) << 48) - 1)

struct htif {
    const struct device_host *host;
    uint64_t tohost, fromhost;
    int slot;

    uint32_t reads; /* read requests without an answer */
    /* A write in progress: where its result goes (0: none), what is left, what is done. */
    uint64_t call;
    uint64_t from;
    uint64_t left;
    uint64_t written;
};

static bool load(const struct htif *htif, uint64_t address, uint64_t *ret_value)
{
    uint8_t bytes[8];
    if (address == 0 || !htif->host->dma_read(htif->host->context, address, bytes, sizeof bytes))
        return false;
    *ret_value = 0;
    for (unsigned i = 0; i < 8; i++)
        *ret_value |= (uint64_t)bytes[i] << (8 * i);
    return true;
}

static void store(struct htif *htif, uint64_t address, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    if (address != 0)
        htif->host->dma_write(htif->host->context, address, bytes, sizeof bytes);
}

static uint64_t answer_of(unsigned device, unsigned command, uint64_t payload)
{
    return (uint64_t)device << 56 | (uint64_t)command << 48 | payload;
}

static bool is_fromhost_free(const struct htif *htif)
{
    uint64_t value;
    return load(htif, htif->fromhost, &value) && value == 0;
}

/* The answer of a system call: result, then tohost free, then the word that the program waits for. */
static void finish_call(struct htif *htif, uint64_t call, uint64_t result)
{
    store(htif, call, result);
    store(htif, htif->tohost, 0);
    store(htif, htif->fromhost, 1);
}

/* Writes one piece. If a byte cannot be read the write ends short, or with an error when nothing was written. */
static void write_piece(struct htif *htif)
{
    const struct device_host *host = htif->host;
    uint8_t bytes[PIECE_BYTES];
    uint64_t size = htif->left < PIECE_BYTES ? htif->left : PIECE_BYTES;
    while (size && !host->dma_read(host->context, htif->from, bytes, size)) {
        size--;
        htif->left = size; /* RAM ends within this piece: what is before the end still counts */
    }
    for (uint64_t i = 0; i < size; i++)
        host->console_out(host->context, 0, bytes[i]);
    htif->from += size;
    htif->left -= size;
    htif->written += size;
}

static void go_on_writing(struct htif *htif)
{
    bool is_empty = htif->left == 0;
    write_piece(htif);
    if (htif->left) {
        queue_schedule(htif->host->queue, htif->slot, *htif->host->cycle + PIECE_CYCLES);
        return;
    }
    uint64_t call = htif->call;
    uint64_t result = htif->written || is_empty ? htif->written : -(uint64_t)ERROR_BAD_ADDRESS;
    htif->call = htif->from = htif->left = htif->written = 0;
    finish_call(htif, call, result);
}

static void on_piece(void *context, unsigned id, uint64_t cycle)
{
    go_on_writing(context);
}

static void end_program(struct htif *htif, uint64_t status)
{
    store(htif, htif->tohost, 0);
    htif->host->finish(htif->host->context, device_exit_code(status));
}

static void serve_call(struct htif *htif, uint64_t call)
{
    uint64_t words[4]; /* number, then up to three arguments */
    for (unsigned i = 0; i < 4; i++) {
        if (!load(htif, call + 8 * i, &words[i])) {
            store(htif, htif->tohost, 0);
            return;
        }
    }
    if (words[0] == CALL_EXIT) {
        end_program(htif, words[1]);
    } else if (words[0] != CALL_WRITE) {
        finish_call(htif, call, -(uint64_t)ERROR_NO_CALL);
    } else if (words[1] != 1 && words[1] != 2) {
        finish_call(htif, call, -(uint64_t)ERROR_BAD_DESCRIPTOR);
    } else {
        htif->call = call;
        htif->from = words[2];
        htif->left = words[3];
        go_on_writing(htif);
    }
}

static void ask_for_byte(struct htif *htif)
{
    uint64_t value;
    store(htif, htif->tohost, 0);
    if (htif->reads < READS_MAX)
        htif->reads++;
    /* An answer to a console write that nobody fetched would be taken for the byte. */
    if (load(htif, htif->fromhost, &value) && value >> 48 == answer_of(DEVICE_CONSOLE, CONSOLE_WRITE, 0) >> 48)
        store(htif, htif->fromhost, 0);
}

static void write_byte(struct htif *htif, uint8_t byte)
{
    htif->host->console_out(htif->host->context, 0, byte);
    store(htif, htif->tohost, 0);
    if (is_fromhost_free(htif))
        store(htif, htif->fromhost, answer_of(DEVICE_CONSOLE, CONSOLE_WRITE, CONSOLE_ANSWER | byte));
}

void htif_tohost_written(struct htif *htif, uint64_t value)
{
    unsigned device = (unsigned)(value >> 56), command = (unsigned)(value >> 48 & 0xff);
    uint64_t payload = value & PAYLOAD_MASK;
    if (value == 0)
        return;
    if (device == DEVICE_SYSCALL && command == SYSCALL_PROXY && payload & 1)
        end_program(htif, payload >> 1);
    else if (htif->call)
        return;
    else if (device == DEVICE_SYSCALL && command == SYSCALL_PROXY)
        serve_call(htif, payload);
    else if (device == DEVICE_CONSOLE && command == CONSOLE_READ)
        ask_for_byte(htif);
    else if (device == DEVICE_CONSOLE && command == CONSOLE_WRITE)
        write_byte(htif, (uint8_t)payload);
    else
        store(htif, htif->tohost, 0); /* nobody there */
}

unsigned htif_room(const struct htif *htif)
{
    return htif->reads && is_fromhost_free(htif);
}

bool htif_receive(struct htif *htif, uint8_t byte)
{
    if (!htif_room(htif))
        return false;
    htif->reads--;
    store(htif, htif->fromhost, answer_of(DEVICE_CONSOLE, CONSOLE_READ, CONSOLE_ANSWER | byte));
    return true;
}

static bool htif_read(void *device, const struct device_access *access, uint64_t *ret_value)
{
    return false;
}

static bool htif_write(void *device, const struct device_access *access, uint64_t value)
{
    return false;
}

static void htif_reset(void *device)
{
    struct htif *htif = device;
    htif->reads = 0;
    htif->call = htif->from = htif->left = htif->written = 0;
    queue_schedule(htif->host->queue, htif->slot, QUEUE_NEVER);
}

static void htif_state(struct state *s, void *device)
{
    struct htif *htif = device;
    state_open(s, "htif", 0);
    state_u32(s, "reads", &htif->reads);
    state_u64(s, "call", &htif->call);
    state_u64(s, "from", &htif->from);
    state_u64(s, "left", &htif->left);
    state_u64(s, "written", &htif->written);
    state_close(s);
}

struct htif *htif_create(const struct device_host *host, uint64_t tohost, uint64_t fromhost, unsigned id)
{
    struct htif *htif = calloc(1, sizeof *htif);
    if (!htif)
        return NULL;
    htif->host = host;
    htif->tohost = tohost;
    htif->fromhost = fromhost;
    htif->slot = queue_add(host->queue, QUEUE_DEVICE, id, on_piece, htif);
    if (htif->slot < 0) {
        free(htif);
        return NULL;
    }
    return htif;
}

void htif_destroy(struct htif *htif)
{
    free(htif);
}

const struct device_ops htif_ops = {
    .name = "htif",
    .read = htif_read,
    .write = htif_write,
    .reset = htif_reset,
    .state = htif_state,
};
