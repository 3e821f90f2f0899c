/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory and texts, as C has them; text_copy instead of what cannot tell how much room there is.
 */
#ifndef LIBC_STRING_H
#define LIBC_STRING_H

#include <stddef.h>

/* memory.c */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *in, int value, size_t bytes);

/* string.c */
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *part);
size_t strspn(const char *text, const char *set);
size_t strcspn(const char *text, const char *set);
/* On malloc; NULL with errno ENOMEM. */
char *strdup(const char *text);
char *strndup(const char *text, size_t most);
/* Copies what fits, always ends it with 0 (room > 0), returns the length of from: too long if it is room or more. */
size_t text_copy(char *to, const char *from, size_t room);
/* The sentence's end for an error number, of either sign: "there is no such file or directory". */
char *strerror(int error);

#endif
