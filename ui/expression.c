/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recursive descent over the text; operators by precedence climbing.
 */
#include "expression.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 64
#define NAME_BYTES 256

struct parser {
    const char *at;
    const struct expression_reader *reader;
    struct emu_error *error;
    unsigned depth;
    unsigned skips; /* > 0: this part is read, and not computed */
};

struct operator
{
    const char *text;
    unsigned precedence;
};

/* Longer ones before their beginnings. */
static const struct operator operators[] = {
    {"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<<", 8}, {">>", 8}, {"<=", 7}, {">=", 7}, {"|", 3},
    {"^", 4},  {"&", 5},  {"<", 7},  {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static bool binary(struct parser *p, unsigned least, uint64_t *ret);

static void skip_blanks(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

static bool wrong(struct parser *p, const char *what)
{
    if (*p->at)
        return emu_error_set(p->error, "%s at '%.40s'", what, p->at);
    return emu_error_set(p->error, "%s at the end", what);
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == ':';
}

static bool number(struct parser *p, uint64_t *ret)
{
    bool is_hexadecimal = p->at[0] == '0' && (p->at[1] == 'x' || p->at[1] == 'X');
    bool is_octal = !is_hexadecimal && p->at[0] == '0' && isdigit((unsigned char)p->at[1]);
    unsigned base = is_hexadecimal ? 16 : is_octal ? 8 : 10;
    const char *first = p->at + (is_hexadecimal ? 2 : 0), *at = first;
    *ret = 0;
    for (; isxdigit((unsigned char)*at); at++) {
        unsigned digit = isdigit((unsigned char)*at) ? (unsigned)(*at - '0') : (unsigned)(tolower((unsigned char)*at) - 'a' + 10);
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(*ret, base, ret) || __builtin_add_overflow(*ret, digit, ret))
            return wrong(p, "a number has more than 64 bits");
    }
    if (at == first || is_name_byte(*at))
        return wrong(p, is_octal ? "an octal number is expected behind a leading 0," : "a number is expected");
    p->at = at;
    return true;
}

static bool closed(struct parser *p)
{
    skip_blanks(p);
    if (*p->at != ')')
        return wrong(p, "a ) is missing");
    p->at++;
    return true;
}

static bool load(struct parser *p, uint64_t address, unsigned bytes, uint64_t *ret)
{
    return p->skips || p->reader->memory(p->reader->context, address, bytes, ret) ||
           emu_error_set(p->error, "%u bytes at 0x%" PRIx64 " cannot be read", bytes, address);
}

/* A name, or memory in parentheses behind u8, u16, u32 or u64. */
static bool name(struct parser *p, uint64_t *ret)
{
    static const struct {
        const char *name;
        unsigned bytes;
    } widths[] = {{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}};
    char text[NAME_BYTES];
    size_t length = 0;
    while (is_name_byte(p->at[length]))
        length++;
    if (length == 0)
        return wrong(p, "a value is expected");
    if (length >= sizeof text)
        return wrong(p, "a name is too long");
    memcpy(text, p->at, length);
    text[length] = '\0';
    if (p->at[length] == '(') {
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
            if (strcmp(widths[i].name, text))
                continue;
            p->at += length + 1;
            return binary(p, 1, ret) && closed(p) && load(p, *ret, widths[i].bytes, ret);
        }
        return wrong(p, "there are u8( ), u16( ), u32( ) and u64( ), and no other functions,");
    }
    if (!p->reader->name(p->reader->context, text, ret, p->error))
        return false;
    p->at += length;
    return true;
}

static bool character(struct parser *p, uint64_t *ret)
{
    if (!p->at[1] || p->at[2] != '\'')
        return wrong(p, "a character is written as 'c'");
    *ret = (unsigned char)p->at[1];
    p->at += 3;
    return true;
}

static bool unary(struct parser *p, uint64_t *ret)
{
    char sign = *p->at++;
    if (!binary(p, 11, ret))
        return false;
    switch (sign) {
    case '-':
        *ret = -*ret;
        return true;
    case '~':
        *ret = ~*ret;
        return true;
    case '!':
        *ret = !*ret;
        return true;
    default:
        return load(p, *ret, 8, ret);
    }
}

static bool operand(struct parser *p, uint64_t *ret)
{
    skip_blanks(p);
    if (*p->at == '(') {
        p->at++;
        return binary(p, 1, ret) && closed(p);
    }
    if (*p->at && strchr("-~!*", *p->at))
        return unary(p, ret);
    if (*p->at == '\'')
        return character(p, ret);
    return isdigit((unsigned char)*p->at) ? number(p, ret) : name(p, ret);
}

static const struct operator* operator_at(const char *at)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (!strncmp(at, operators[i].text, strlen(operators[i].text)))
            return &operators[i];
    return NULL;
}

static bool compute(struct parser *p, const struct operator* o, uint64_t a, uint64_t b, uint64_t *ret)
{
    char first = o->text[0], second = o->text[1];
    if (p->skips)
        return true;
    if ((first == '/' || first == '%') && b == 0)
        return emu_error_set(p->error, "a division by zero");
    switch (first) {
    case '|':
        *ret = second ? a || b : a | b;
        break;
    case '&':
        *ret = second ? a && b : a & b;
        break;
    case '<':
        *ret = second == '<' ? (b < 64 ? a << b : 0) : second == '=' ? a <= b : a < b;
        break;
    case '>':
        *ret = second == '>' ? (b < 64 ? a >> b : 0) : second == '=' ? a >= b : a > b;
        break;
    case '=':
        *ret = a == b;
        break;
    case '!':
        *ret = a != b;
        break;
    case '^':
        *ret = a ^ b;
        break;
    case '+':
        *ret = a + b;
        break;
    case '-':
        *ret = a - b;
        break;
    case '*':
        *ret = a * b;
        break;
    case '/':
        *ret = a / b;
        break;
    default:
        *ret = a % b;
    }
    return true;
}

/* Whether `a` decides what && or || gives. */
static bool is_decided(const struct operator* o, uint64_t a)
{
    return (!strcmp(o->text, "&&") && a == 0) || (!strcmp(o->text, "||") && a != 0);
}

/* Operators of at least this precedence. */
static bool binary(struct parser *p, unsigned least, uint64_t *ret)
{
    if (++p->depth > DEPTH_MOST)
        return emu_error_set(p->error, "the expression is nested too deeply");
    bool good = operand(p, ret);
    for (;;) {
        skip_blanks(p);
        const struct operator* o = good ? operator_at(p->at) : NULL;
        if (!o || o->precedence < least)
            break;
        uint64_t right = 0;
        bool is_skipped = is_decided(o, *ret);
        p->at += strlen(o->text);
        p->skips += is_skipped;
        good = binary(p, o->precedence + 1, &right);
        p->skips -= is_skipped;
        good = good && compute(p, o, *ret, right, ret);
    }
    p->depth--;
    return good;
}

static bool whole(struct parser *p, uint64_t *ret)
{
    return binary(p, 1, ret) && (!*p->at || wrong(p, "an operator is expected"));
}

bool expression_evaluate(const char *text, const struct expression_reader *reader, uint64_t *ret_value, struct emu_error *error)
{
    struct parser p = {.at = text, .reader = reader, .error = error};
    uint64_t value = 0;
    if (!whole(&p, &value))
        return false;
    *ret_value = value;
    return true;
}

bool expression_check(const char *text, const struct expression_reader *reader, struct emu_error *error)
{
    struct parser p = {.at = text, .reader = reader, .error = error, .skips = 1};
    uint64_t value = 0;
    return whole(&p, &value);
}
