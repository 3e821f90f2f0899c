/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shell's variables (sh.h).
 */
#include "ctype.h"
#include "errno.h"
#include "program.h"
#include "sh.h"
#include "stdio.h"
#include "stdlib.h"
#include "string.h"

struct variable {
    char *name, *value;
    struct variable *next;
};

static struct variable *variables; /* not exported */

static struct variable **find(const char *name)
{
    struct variable **at = &variables;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static const char *number_text(int number)
{
    static char text[16];
    snprintf(text, sizeof text, "%d", number);
    return text;
}

const char *sh_variable(const char *name)
{
    if (isdigit(*name))
        return *name - '0' < sh.argument_count ? sh.arguments[*name - '0'] : NULL;
    if (strcmp(name, "?") == 0)
        return number_text(sh.status);
    if (strcmp(name, "$") == 0)
        return number_text(sh.pid);
    if (strcmp(name, "#") == 0)
        return number_text(sh.argument_count > 0 ? sh.argument_count - 1 : 0);
    if (strcmp(name, "!") == 0)
        return sh.last_background ? number_text(sh.last_background) : NULL;
    struct variable *variable = *find(name);
    return variable ? variable->value : getenv(name);
}

bool sh_is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalnum(name[i]) && name[i] != '_')
            return false;
    return length > 0 && !isdigit(name[0]);
}

static void forget(struct variable **link)
{
    struct variable *variable = *link;
    *link = variable->next;
    free(variable->name);
    free(variable->value);
    free(variable);
}

void sh_variable_unset(const char *name)
{
    struct variable **link = find(name);
    if (*link)
        forget(link);
    if (unsetenv(name))
        complain_error(name, errno);
}

void sh_variable_set(const char *name, const char *value)
{
    if (getenv(name)) {
        if (setenv(name, value, 1))
            complain_error(name, errno);
        return;
    }
    char *copy = strdup(value);
    struct variable **link = find(name), *variable = *link;
    if (!variable && copy && (variable = calloc(1, sizeof *variable)))
        variable->name = strdup(name);
    if (!copy || !variable || !variable->name) {
        complain_error(name, ENOMEM);
        free(copy);
        if (variable && !*link)
            free(variable);
        return;
    }
    free(variable->value);
    variable->value = copy;
    *link = variable;
}

void sh_variable_export(const char *name)
{
    struct variable **link = find(name);
    if (getenv(name))
        return;
    if (setenv(name, *link ? (*link)->value : "", 1))
        complain_error(name, errno);
    else if (*link)
        forget(link);
}
