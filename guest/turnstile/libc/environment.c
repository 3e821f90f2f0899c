/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The environment: texts NAME=value. What the kernel gave is never freed; what setenv made is, when it is replaced.
 */
#include "environment.h"

#include <stdbool.h>

#include "errno.h"
#include "stdlib.h"
#include "string.h"

char **environ;
static unsigned count, room; /* of environ, without the final NULL; room 0: it is the kernel's */
static bool *is_own;

void environment_init(char **environment)
{
    environ = environment;
    while (environment[count])
        count++;
}

static unsigned find(const char *name, size_t length)
{
    unsigned at = 0;
    while (at < count && (strncmp(environ[at], name, length) != 0 || environ[at][length] != '='))
        at++;
    return at;
}

char *getenv(const char *name)
{
    size_t length = strlen(name);
    unsigned at = find(name, length);
    return at < count ? environ[at] + length + 1 : NULL;
}

static bool make_room(void)
{
    if (room > count + 1)
        return true;
    unsigned wanted = count + 16;
    char **larger = malloc(wanted * sizeof *larger);
    bool *larger_own = calloc(wanted, sizeof *larger_own);
    if (!larger || !larger_own) {
        free(larger);
        free(larger_own);
        return false;
    }
    memcpy(larger, environ, (count + 1) * sizeof *larger);
    if (room) {
        memcpy(larger_own, is_own, count * sizeof *is_own);
        free(environ);
        free(is_own);
    }
    environ = larger;
    is_own = larger_own;
    room = wanted;
    return true;
}

int setenv(const char *name, const char *value, int replaces)
{
    size_t length = strlen(name), all = length + strlen(value) + 2;
    if (length == 0 || strchr(name, '=')) {
        errno = EINVAL;
        return -1;
    }
    unsigned at = find(name, length);
    if (at < count && !replaces)
        return 0;
    char *text = malloc(all);
    if (!text || !make_room()) {
        free(text);
        return -1;
    }
    memcpy(text, name, length);
    text[length] = '=';
    text_copy(text + length + 1, value, all - length - 1);
    if (at == count)
        environ[++count] = NULL;
    else if (is_own[at])
        free(environ[at]);
    environ[at] = text;
    is_own[at] = true;
    return 0;
}

int unsetenv(const char *name)
{
    unsigned at = find(name, strlen(name));
    if (at == count)
        return 0;
    if (!make_room())
        return -1;
    if (is_own[at])
        free(environ[at]);
    count--;
    environ[at] = environ[count];
    is_own[at] = is_own[count];
    environ[count] = NULL;
    return 0;
}
