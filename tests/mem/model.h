/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A naive model of bus, caches and reservations, written for being read, not for speed: a state for each pair of cache and line, all
 * requests scanned at each slot, the data bus as a plain list, and versions instead of data: every write makes a new version of its
 * line, and what is read must be the newest. Shares no code with the implementation, only the words of its interface.
 */
#ifndef MEM_MODEL_H
#define MEM_MODEL_H

#include <emu/emu.h>
#include <mem/bus.h>
#include <stdbool.h>
#include <stdint.h>

enum { MODEL_PORTS = 260, MODEL_LINES = 96, MODEL_WINDOWS = 4096 };

enum model_purpose { MODEL_LOAD, MODEL_STORE, MODEL_LR, MODEL_SC, MODEL_OTHER };

struct model_request {
    bool is_pending;
    enum model_purpose purpose; /* what the agent does when it is granted */
    uint64_t ready;             /* its own cycle, or after a refusal the cycle to try again */
    struct bus_request what;
};

struct model_reservation {
    bool is_held;
    uint32_t line;
    unsigned offset, size;
    unsigned lost; /* enum emu_reason */
};

struct model_copy {
    unsigned state; /* enum line_state */
    bool watched;
    uint32_t slot;
    uint64_t version;
};

struct model_grant {
    unsigned port;
    struct bus_grant grant;
    bool from_cache;
    unsigned sharers;
};

struct model {
    struct emu_config config;
    unsigned ports, lines, latency;
    struct model_request request[MODEL_PORTS];
    struct model_reservation reservation[MODEL_PORTS];
    struct model_copy copy[2 * MODEL_PORTS][MODEL_LINES];
    uint64_t busy_until[MODEL_LINES];
    uint64_t newest[MODEL_LINES], memory[MODEL_LINES]; /* versions */
    struct {
        uint64_t begin, end;
    } window[MODEL_WINDOWS];
    unsigned windows;
    struct {
        uint32_t line;
        uint64_t until;
    } hold[MODEL_PORTS];
    uint64_t address_free, random;
    unsigned last;
    struct model_grant granted[MODEL_PORTS]; /* of the last step */
    unsigned grants;
    bool is_draining;
    struct bus_counts counts;
    struct bus_port_counts port_counts[MODEL_PORTS];
    uint64_t lowered, lost[EMU_REASON_COUNT]; /* calls that the client has to see */
};

void model_init(struct model *m, const struct emu_config *config, unsigned ports, unsigned lines);
void model_request(struct model *m, unsigned port, const struct bus_request *what, enum model_purpose purpose);
void model_withdraw(struct model *m, unsigned port);
/* Cycle of the next effect, UINT64_MAX if nothing is asked for. */
uint64_t model_next(const struct model *m);
void model_step(struct model *m);
void model_drain(struct model *m, uint64_t cycle);
/* What an agent does with a line that it has, without the bus. */
void model_access(struct model *m, unsigned cache, uint32_t line, enum model_purpose purpose, unsigned offset, unsigned size);

#endif
