/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shell's parser (sh_parse.h): recursive descent over one text, a function a rule.
 */
#include "sh_parse.h"

#include "ctype.h"
#include "string.h"

struct parser {
    struct arena *arena;
    const char *at;
    const char *wrong; /* the first thing that was */
    bool is_incomplete;
};

static void fail(struct parser *parser, const char *wrong, bool is_incomplete)
{
    if (parser->wrong)
        return;
    parser->wrong = wrong;
    parser->is_incomplete = is_incomplete;
}

static void skip_blanks(struct parser *parser)
{
    for (;;) {
        parser->at += strspn(parser->at, " \t\r");
        if (strncmp(parser->at, "\\\n", 2) == 0)
            parser->at += 2;
        else if (*parser->at == '#')
            parser->at += strcspn(parser->at, "\n");
        else
            return;
    }
}

static void skip_lines(struct parser *parser)
{
    skip_blanks(parser);
    while (*parser->at == '\n') {
        parser->at++;
        skip_blanks(parser);
    }
}

static bool take(struct parser *parser, const char *token)
{
    size_t length = strlen(token);
    if (strncmp(parser->at, token, length) != 0)
        return false;
    parser->at += length;
    skip_blanks(parser);
    return true;
}

/* Behind a word, quotes included. */
static const char *word_end(struct parser *parser, const char *at)
{
    while (*at && !strchr(" \t\r\n;&|<>()", *at)) {
        char c = *at++;
        if (c == '\\') {
            if (!*at) {
                fail(parser, "a \\ stands at the end", true);
                return at;
            }
            at++;
        } else if (c == '\'') {
            at += strcspn(at, "'");
            if (!*at++) {
                fail(parser, "a ' has no other", true);
                return at - 1;
            }
        } else if (c == '"') {
            while (*at && *at != '"')
                at += at[0] == '\\' && at[1] ? 2 : 1;
            if (!*at++) {
                fail(parser, "a \" has no other", true);
                return at - 1;
            }
        }
    }
    return at;
}

static char *parse_word(struct parser *parser)
{
    const char *end = word_end(parser, parser->at);
    char *text = arena_text(parser->arena, parser->at, (size_t)(end - parser->at));
    parser->at = end;
    skip_blanks(parser);
    return text;
}

static bool parse_redirection(struct parser *parser, struct sh_redirection ***link)
{
    const char *sign = parser->at;
    while (isdigit(*sign))
        sign++;
    if (*sign != '<' && *sign != '>')
        return false;
    struct sh_redirection *redirection = arena_allocate(parser->arena, sizeof *redirection);
    redirection->descriptor = *sign == '>';
    if (sign > parser->at) {
        redirection->descriptor = 0;
        for (const char *digit = parser->at; digit < sign; digit++)
            if (redirection->descriptor < 1000)
                redirection->descriptor = redirection->descriptor * 10 + (*digit - '0');
    }
    parser->at = sign;
    if (take(parser, ">>"))
        redirection->kind = SH_APPEND;
    else if (take(parser, ">&") || take(parser, "<&"))
        redirection->kind = SH_SAME;
    else
        redirection->kind = take(parser, ">") ? SH_TO : SH_FROM;
    if (redirection->kind == SH_FROM)
        take(parser, "<");
    redirection->word = parse_word(parser);
    if (!*redirection->word)
        fail(parser, "a redirection has no file", false);
    **link = redirection;
    *link = &redirection->next;
    return true;
}

static struct sh_command *parse_command(struct parser *parser)
{
    struct sh_command *command = arena_allocate(parser->arena, sizeof *command);
    struct sh_word **word = &command->words;
    struct sh_redirection **redirection = &command->redirections;
    while (!parser->wrong) {
        if (parse_redirection(parser, &redirection))
            continue;
        if (!*parser->at || strchr("\n;&|", *parser->at))
            break;
        if (strchr("()", *parser->at)) {
            fail(parser, "there are no ( and ) here; in quotes they are texts", false);
            break;
        }
        *word = arena_allocate(parser->arena, sizeof **word);
        (*word)->text = parse_word(parser);
        word = &(*word)->next;
    }
    if (!command->words && !command->redirections)
        fail(parser, "a command is missing", !*parser->at);
    return command;
}

static struct sh_command *parse_pipe(struct parser *parser)
{
    struct sh_command *first = parse_command(parser), *last = first;
    while (!parser->wrong && parser->at[0] == '|' && parser->at[1] != '|') {
        take(parser, "|");
        skip_lines(parser);
        last->next = parse_command(parser);
        last = last->next;
    }
    return first;
}

static struct sh_chain *parse_chain(struct parser *parser)
{
    struct sh_chain *chain = arena_allocate(parser->arena, sizeof *chain);
    const char *begin = parser->at;
    enum sh_condition condition = SH_ALWAYS;
    for (struct sh_pipeline **link = &chain->pipelines; !parser->wrong; link = &(*link)->next) {
        *link = arena_allocate(parser->arena, sizeof **link);
        (*link)->condition = condition;
        (*link)->commands = parse_pipe(parser);
        if (parser->wrong)
            break;
        if (take(parser, "&&"))
            condition = SH_IF_GOOD;
        else if (take(parser, "||"))
            condition = SH_IF_BAD;
        else
            break;
        skip_lines(parser);
    }
    const char *end = parser->at;
    while (end > begin && isspace(end[-1]))
        end--;
    chain->text = arena_text(parser->arena, begin, (size_t)(end - begin));
    return chain;
}

const char *sh_parse(struct arena *arena, const char *text, struct sh_chain **ret_chains, bool *ret_is_incomplete)
{
    struct parser parser = {.arena = arena, .at = text};
    struct sh_chain *chains = NULL, **link = &chains;
    skip_lines(&parser);
    while (*parser.at && !parser.wrong) {
        *link = parse_chain(&parser);
        if (take(&parser, "&"))
            (*link)->is_background = true;
        else if (*parser.at && *parser.at != '\n' && !take(&parser, ";"))
            fail(&parser, "there is no command here", false);
        link = &(*link)->next;
        skip_lines(&parser);
    }
    *ret_chains = parser.wrong ? NULL : chains;
    *ret_is_incomplete = parser.wrong && parser.is_incomplete;
    return parser.wrong;
}
