/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shell's parser and its expansion of words.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/random.h"
#include "sh_expand.h"
#include "sh_parse.h"
#include "user_libc.h"

static void add(char *to, const char *text)
{
    cr_assert(lt(sz, strlen(to) + strlen(text), 1000));
    strcat(to, text);
}

/* What was understood, in a form with all its parts. */
static void write_command(char *to, const struct sh_command *command)
{
    static const char *const signs[] = {"<", ">", ">>", "&"};
    for (const struct sh_word *word = command->words; word; word = word->next) {
        add(to, "(");
        add(to, word->text);
        add(to, ")");
    }
    for (const struct sh_redirection *redirection = command->redirections; redirection; redirection = redirection->next) {
        char text[100];
        snprintf(text, sizeof text, "{%d%s%s}", redirection->descriptor, signs[redirection->kind], redirection->word);
        add(to, text);
    }
}

static const char *understood(const char *text)
{
    static char result[1000];
    struct arena arena = {NULL};
    struct sh_chain *chains;
    bool is_incomplete;
    const char *wrong = sh_parse(&arena, text, &chains, &is_incomplete);
    result[0] = 0;
    if (wrong)
        snprintf(result, sizeof result, "%s%s", is_incomplete ? "more: " : "wrong: ", wrong);
    for (const struct sh_chain *chain = chains; chain; chain = chain->next) {
        for (const struct sh_pipeline *pipeline = chain->pipelines; pipeline; pipeline = pipeline->next) {
            add(result, (const char *[]){"", " && ", " || "}[pipeline->condition]);
            for (const struct sh_command *command = pipeline->commands; command; command = command->next) {
                write_command(result, command);
                if (command->next)
                    add(result, " | ");
            }
        }
        add(result, chain->is_background ? " &" : ";");
    }
    arena_finish(&arena);
    return result;
}

Test(user_shell, commands_are_understood)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"  \n # only a comment\n", ""},
        {"ls", "(ls);"},
        {"ls -l /bin # comment", "(ls)(-l)(/bin);"},
        {"echo a#b", "(echo)(a#b);"},
        {"a|b | c", "(a) | (b) | (c);"},
        {"a; b&c &", "(a);(b) &(c) &"},
        {"a && b || c; d", "(a) && (b) || (c);(d);"},
        {"a ||\n\n b", "(a) || (b);"},
        {"a |\n b", "(a) | (b);"},
        {"sort <in >out 2>>log", "(sort){0<in}{1>out}{2>>log};"},
        {"> f", "{1>f};"},
        {"a 2>&1 3<&0", "(a){2&1}{3&0};"},
        {"a 12", "(a)(12);"},
        {"a x2>f", "(a)(x2){1>f};"},
        {"echo 'a b' \"c;d\" e\\ f", "(echo)('a b')(\"c;d\")(e\\ f);"},
        {"echo \"a\\\"b\" 'c\"'", "(echo)(\"a\\\"b\")('c\"');"},
        {"a \\\n b", "(a)(b);"},
        {"X=1 a", "(X=1)(a);"},
        {"a & b && c &", "(a) &(b) && (c) &"},
        {"a\nb", "(a);(b);"},
        {"a;;b", "wrong: there is no command here"},
    };
    for (size_t i = 0; i + 1 < sizeof rows / sizeof rows[0]; i++)
        cr_expect(eq(str, (char *)(uintptr_t)understood(rows[i].text), (char *)(uintptr_t)rows[i].want), "%s", rows[i].text);
}

Test(user_shell, what_is_wrong_is_told_and_what_is_open_goes_on)
{
    static const char *const wrong[] = {"| a",     "a | | b", "a; ; b", ";",         "&",     "a &&& b", "a > ",
                                        "a > | b", "(a)",     "a )",    "a || || b", "a | ;", "&& a"};
    static const char *const open[] = {"'", "a 'b\nc", "\"a", "a |", "a &&", "a ||\n", "a \\", "a | # comment"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect(eq(int, strncmp(understood(wrong[i]), "wrong: ", 7), 0), "%s: %s", wrong[i], understood(wrong[i]));
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        cr_expect(eq(int, strncmp(understood(open[i]), "more: ", 6), 0), "%s: %s", open[i], understood(open[i]));
}

Test(user_shell, any_text_is_parsed_or_refused)
{
    struct random random = {7};
    static const char letters[] = "ab '\"\\|&;<>()#\n2$*";
    for (int round = 0; round < 50000; round++) {
        char text[16];
        unsigned length = random_below(&random, 15);
        for (unsigned i = 0; i < length; i++)
            text[i] = letters[random_below(&random, sizeof letters - 1)];
        text[length] = 0;
        understood(text);
    }
}

/* ---- expansion ---- */

static const char *lookup(const char *name)
{
    static const char *const rows[][2] = {{"X", "x"},        {"TWO", "a  b"}, {"STAR", "*.c"}, {"EMPTY", ""},
                                          {"HOME", "/own"}, {"?", "7"},      {"1", "one"},    {"SLASH", "a\\b"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i][0], name) == 0)
            return rows[i][1];
    return NULL;
}

static const char *expanded(const char *text)
{
    static char result[1000];
    struct arena arena = {NULL};
    struct sh_chain *chains;
    bool is_incomplete;
    int count;
    cr_assert(eq(ptr, (void *)(uintptr_t)sh_parse(&arena, text, &chains, &is_incomplete), NULL), "%s", text);
    char **arguments = sh_expand(&arena, chains ? chains->pipelines->commands->words : NULL, lookup, &count);
    result[0] = 0;
    for (int i = 0; i < count; i++) {
        add(result, "(");
        add(result, arguments[i]);
        add(result, ")");
    }
    arena_finish(&arena);
    return result;
}

Test(user_shell, words_are_expanded)
{
    static const char *const files[] = {"b.c", "a.c", "c.h", ".hidden", "d/e.c", "d/f.c", "g/e.c", "sp ace", NULL};
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a b", "(a)(b)"},
        {"'a b' \"c d\" e\\ f", "(a b)(c d)(e f)"},
        {"$X ${X}y \"$X\" '$X' \\$X", "(x)(xy)(x)($X)($X)"},
        {"$TWO \"$TWO\" a$TWO", "(a)(b)(a  b)(aa)(b)"},
        {"$EMPTY \"$EMPTY\" ''", "()()"},
        {"$NOTHING a$NOTHING", "(a)"},
        {"$? $1 $ \"$\" $/ ${X", "(7)(one)($)($)($/)(${X)"},
        {"~ ~/x a~ '~'", "(/own)(/own/x)(a~)(~)"},
        {"*.c", "(a.c)(b.c)"},
        {"'*.c' \"*.c\" \\*.c", "(*.c)(*.c)(*.c)"},
        {"$STAR \"$STAR\"", "(a.c)(b.c)(*.c)"},
        {"*.x ?.h", "(*.x)(c.h)"},
        {"*/e.c d/*", "(d/e.c)(g/e.c)(d/e.c)(d/f.c)"},
        {"d/[ef].c d/[!e].c", "(d/e.c)(d/f.c)(d/f.c)"},
        {".h*", "(.hidden)"},
        {"s*", "(sp ace)"},
        {"[ab", "([ab)"},
        {"$SLASH", "(a\\b)"},
        {"\"a\\b\\\"c\"", "(a\\b\"c)"},
        {"*.c'x'", "(*.cx)"},
    };
    user_files = files;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(eq(str, (char *)(uintptr_t)expanded(rows[i].text), (char *)(uintptr_t)rows[i].want), "%s", rows[i].text);
}

Test(user_shell, values_stay_one_text)
{
    struct arena arena = {NULL};
    cr_expect(eq(str, sh_expand_text(&arena, "$TWO'*'\"$X\"*", lookup), "a  b*x*"));
    cr_expect(eq(sz, sh_assignment("NAME_1=value"), 6));
    cr_expect(eq(sz, sh_assignment("1A=b"), 0));
    cr_expect(eq(sz, sh_assignment("a b=c"), 0));
    cr_expect(eq(sz, sh_assignment("=c"), 0));
    arena_finish(&arena);
}
