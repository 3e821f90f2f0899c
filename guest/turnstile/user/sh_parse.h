/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the shell understands of a text: lists of pipelines of commands. Words keep their quotes; sh_expand.c takes them off. Pure.
 */
#ifndef USER_SH_PARSE_H
#define USER_SH_PARSE_H

#include <stdbool.h>

#include "arena.h"

struct sh_word {
    char *text;
    struct sh_word *next;
};

enum sh_redirection_kind { SH_FROM, SH_TO, SH_APPEND, SH_SAME };

struct sh_redirection {
    enum sh_redirection_kind kind;
    int descriptor; /* that becomes another file */
    char *word;     /* a path; SH_SAME: a number */
    struct sh_redirection *next;
};

struct sh_command {
    struct sh_word *words;
    struct sh_redirection *redirections;
    struct sh_command *next; /* reads what this one writes */
};

enum sh_condition { SH_ALWAYS, SH_IF_GOOD, SH_IF_BAD };

struct sh_pipeline {
    struct sh_command *commands;
    enum sh_condition condition; /* on the status of the one before, in its chain */
    struct sh_pipeline *next;
};

/* Pipelines with && and || between them. */
struct sh_chain {
    struct sh_pipeline *pipelines;
    bool is_background;
    char *text; /* as it was typed */
    struct sh_chain *next;
};

/* The chains of a text (NULL: there is nothing in it) in the arena: NULL, or the end of a sentence about what is wrong.
 * *ret_is_incomplete: more lines could mend it (an open quote, a pipe at the end). */
const char *sh_parse(struct arena *arena, const char *text, struct sh_chain **ret_chains, bool *ret_is_incomplete);

#endif
