/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pipering: processes in a ring pass messages of changing length on; each adds to a sum that the first one knows.
 */
#include "process.h"
#include "program.h"
#include "stdlib.h"
#include "stress.h"
#include "string.h"
#include "system.h"

enum { BYTES_MAX = 3000, PARTIES_MAX = 24 };

struct message {
    uint32_t length, hops;
    uint64_t sum;
    uint8_t bytes[BYTES_MAX];
};

static int pipes[PARTIES_MAX][2];
static struct message message;

static uint64_t sum_of(const struct message *what)
{
    uint64_t sum = what->length;
    for (uint32_t i = 0; i < what->length; i++)
        sum = sum * 31 + what->bytes[i];
    return sum;
}

static bool read_all(int descriptor, void *to, uint64_t count)
{
    uint64_t done = 0;
    while (done < count) {
        int64_t part = sys_read(descriptor, (char *)to + done, count - done);
        if (part == 0 && done == 0)
            return false;
        STRESS_CHECK(part > 0);
        done += (uint64_t)part;
    }
    return true;
}

static bool receive(int descriptor)
{
    const uint64_t head = 16;
    if (!read_all(descriptor, &message, head))
        return false;
    STRESS_CHECK(message.length <= BYTES_MAX);
    STRESS_CHECK(message.length == 0 || read_all(descriptor, message.bytes, message.length));
    STRESS_CHECK(message.sum == sum_of(&message));
    return true;
}

static void send(int descriptor)
{
    STRESS_CHECK(write_all(descriptor, &message, 16 + message.length) == 0);
}

/* Process `number` reads from pipe number - 1 and writes to pipe number. */
static void keep_own_ends(unsigned number)
{
    for (unsigned i = 0; i < stress.parties; i++) {
        if (i != (number + stress.parties - 1) % stress.parties)
            sys_close(pipes[i][0]);
        if (i != number)
            sys_close(pipes[i][1]);
    }
}

static void pass_on(unsigned number)
{
    keep_own_ends(number);
    while (receive(pipes[number - 1][0])) {
        message.hops++;
        if (message.length)
            message.bytes[number % message.length]++;
        message.sum = sum_of(&message);
        send(pipes[number][1]);
    }
}

int main(int argc, char **argv)
{
    stress_options(argc, argv, 60, 6, PARTIES_MAX);
    int pids[PARTIES_MAX];
    uint64_t seed = stress_seed(0);
    if (stress.parties < 2)
        die("a ring has at least two");
    for (unsigned i = 0; i < stress.parties; i++)
        if (sys_pipe(pipes[i]) != 0)
            stress_failed("there is no pipe");
    for (unsigned i = 1; i < stress.parties; i++) {
        pids[i] = process_fork();
        if (pids[i] == 0) {
            pass_on(i);
            exit(0);
        }
        if (pids[i] < 0)
            stress_failed("fork: %s", strerror(pids[i]));
    }
    keep_own_ends(0);
    for (unsigned i = 0; i < stress.iterations; i++) {
        static uint8_t sent[BYTES_MAX];
        message = (struct message){.length = random_next(&seed) % (BYTES_MAX + 1)};
        for (uint32_t n = 0; n < message.length; n++)
            message.bytes[n] = sent[n] = (uint8_t)random_next(&seed);
        message.sum = sum_of(&message);
        send(pipes[0][1]);
        STRESS_CHECK(receive(pipes[stress.parties - 1][0]));
        STRESS_CHECK(message.hops == stress.parties - 1);
        for (unsigned n = 1; message.length && n < stress.parties; n++)
            sent[n % message.length]++;
        STRESS_CHECK(memcmp(sent, message.bytes, message.length) == 0);
    }
    sys_close(pipes[0][1]);
    for (unsigned i = 1; i < stress.parties; i++)
        if (process_wait(pids[i]) != 0)
            stress_failed("a process of the ring failed");
    return stress_ok();
}
