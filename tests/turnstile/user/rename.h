/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Included before Turnstile's own libc when it is compiled for the host, whose libc has the same names: ours get a prefix. What our
 * files need of the kernel is in stand_ins.c.
 */
#ifndef USER_RENAME_H
#define USER_RENAME_H

#define atoi      ts_atoi
#define bsearch   ts_bsearch
#define calloc    ts_calloc
#define environ   ts_environ
#define fprintf   ts_fprintf
#define free      ts_free
#define getenv    ts_getenv
#define malloc    ts_malloc
#define memchr    ts_memchr
#define memcmp    ts_memcmp
#define memcpy    ts_memcpy
#define memmove   ts_memmove
#define memset    ts_memset
#define printf    ts_printf
#define qsort     ts_qsort
#define realloc   ts_realloc
#define setenv    ts_setenv
#define snprintf  ts_snprintf
#define strchr    ts_strchr
#define strcmp    ts_strcmp
#define strcspn   ts_strcspn
#define strdup    ts_strdup
#define strlen    ts_strlen
#define strncmp   ts_strncmp
#define strndup   ts_strndup
#define strnlen   ts_strnlen
#define strrchr   ts_strrchr
#define strspn    ts_strspn
#define strstr    ts_strstr
#define strtol    ts_strtol
#define strtoul   ts_strtoul
#define unsetenv  ts_unsetenv
#define vfprintf  ts_vfprintf
#define vsnprintf ts_vsnprintf

#endif
