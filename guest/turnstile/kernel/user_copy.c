/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copying between the kernel and the current process (user_copy.h). A range must lie in user space as a whole; the rest is found
 * out by touching it (user_access.S).
 */
#include "user_copy.h"

#include "memory.h"
#include "print.h"
#include "structure.h"
#include "turnstile/abi.h"

int user_access_copy(void *to, const void *from, uint64_t bytes);
int user_access_zero(void *to, uint64_t bytes);
int user_access_text(char *to, const char *from, uint64_t bytes);

static bool is_user(uint64_t address, uint64_t bytes)
{
    lock_check_none_held(NULL, "user memory is touched");
    return address <= USER_STACK_TOP && bytes <= USER_STACK_TOP - address;
}

int copy_from_user(void *to, uint64_t from, uint64_t bytes)
{
    return is_user(from, bytes) && user_access_copy(to, (const void *)from, bytes) == 0 ? 0 : -EFAULT;
}

int copy_to_user(uint64_t to, const void *from, uint64_t bytes)
{
    return is_user(to, bytes) && user_access_copy((void *)to, from, bytes) == 0 ? 0 : -EFAULT;
}

int zero_user(uint64_t to, uint64_t bytes)
{
    return is_user(to, bytes) && user_access_zero((void *)to, bytes) == 0 ? 0 : -EFAULT;
}

int64_t copy_text_from_user(char *to, uint64_t from, uint64_t bytes)
{
    if (!is_user(from, 0))
        return -EFAULT;
    uint64_t most = USER_STACK_TOP - from < bytes ? USER_STACK_TOP - from : bytes;
    if (user_access_text(to, (const char *)from, most) != 0)
        return -EFAULT;
    for (uint64_t i = 0; i < most; i++)
        if (!to[i])
            return (int64_t)i;
    return most < bytes ? -EFAULT : -ENAMETOOLONG;
}

int span_put(struct span to, uint64_t offset, const void *from, uint64_t bytes)
{
    if (to.is_user)
        return copy_to_user(to.address + offset, from, bytes);
    memcpy((void *)(to.address + offset), from, bytes);
    return 0;
}

int span_take(void *to, struct span from, uint64_t offset, uint64_t bytes)
{
    if (from.is_user)
        return copy_from_user(to, from.address + offset, bytes);
    memcpy(to, (const void *)(from.address + offset), bytes);
    return 0;
}
