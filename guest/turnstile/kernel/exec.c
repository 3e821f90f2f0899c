/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exec: an ELF file becomes the process's program. The new address space is made beside the old one, which stays as it is until
 * nothing can fail any more. Nothing in the file is trusted. Segments lie on pages of their own and are not both writable and
 * executable.
 */
#include "csr.h"
#include "file_system.h"
#include "hart.h"
#include "memory.h"
#include "page.h"
#include "process_parts.h"
#include "space.h"
#include "system_call.h"
#include "thread.h"

enum { ELF_EXECUTABLE = 2, ELF_RISCV = 243, ELF_LOAD = 1, SEGMENTS_MAX = 14, A0 = 10, SP = 2, TEXTS_MAX = PAGE_BYTES / 8 - 4 };

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_offset, sections_offset;
    uint32_t flags;
    uint16_t header_bytes, segment_bytes, segment_count, section_bytes, section_count, section_names;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};

/* A program in the making. */
struct image {
    struct address_space *space;
    struct file *file;
    uint64_t entry;
    uint64_t sp, argv, environment;
    uint64_t argc;
    uint64_t *pointers; /* a page: argc, argv, 0, environment, 0 */
    unsigned pointer_count;
    char *text; /* a page: the text being copied */
    uint64_t text_bytes;
};

static int load_pages(struct image *image, const struct elf_segment *segment)
{
    for (uint64_t done = 0, piece; done < segment->file_bytes; done += piece) {
        piece = segment->file_bytes - done < PAGE_BYTES ? segment->file_bytes - done : PAGE_BYTES;
        int64_t bytes = file_read_at(image->file, image->text, piece, segment->offset + done);
        if (bytes < 0)
            return (int)bytes;
        if ((uint64_t)bytes != piece)
            return -ENOEXEC;
        int error = space_write(image->space, segment->address + done, image->text, piece);
        if (error)
            return error;
    }
    return 0;
}

static int load_segment(struct image *image, const struct elf_segment *segment, uint64_t *end)
{
    uint64_t start = segment->address & ~(PAGE_BYTES - 1), top = segment->address + segment->memory_bytes;
    if (segment->memory_bytes == 0)
        return 0;
    if (segment->file_bytes > segment->memory_bytes || top < segment->address ||
        top > USER_STACK_TOP - USER_STACK_BYTES - PAGE_BYTES)
        return -ENOEXEC;
    top = (top + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    unsigned rights = (segment->flags & 4 ? REGION_READ : 0) | (segment->flags & 2 ? REGION_WRITE : 0) |
                      (segment->flags & 1 ? REGION_EXECUTE : 0);
    if (!rights || (rights & REGION_WRITE && rights & REGION_EXECUTE))
        return -ENOEXEC;
    int error = space_add_region(image->space, start, top, rights);
    if (!error)
        error = load_pages(image, segment);
    if (top > *end)
        *end = top;
    return error;
}

static int load_segments(struct image *image)
{
    struct elf_header header;
    int64_t bytes = file_read_at(image->file, &header, sizeof header, 0);
    if (bytes < 0)
        return (int)bytes;
    if (bytes != sizeof header || memcmp(header.ident, "\177ELF\2\1", 6) != 0 || header.type != ELF_EXECUTABLE ||
        header.machine != ELF_RISCV || header.segment_bytes != sizeof(struct elf_segment))
        return -ENOEXEC;
    uint64_t end = USER_BASE;
    unsigned loaded = 0;
    for (unsigned i = 0; i < header.segment_count; i++) {
        struct elf_segment segment;
        bytes = file_read_at(image->file, &segment, sizeof segment, header.segments_offset + i * sizeof segment);
        if (bytes != sizeof segment)
            return bytes < 0 ? (int)bytes : -ENOEXEC;
        if (segment.type != ELF_LOAD)
            continue;
        int error = ++loaded > SEGMENTS_MAX ? -ENOEXEC : load_segment(image, &segment, &end);
        if (error)
            return error;
    }
    image->entry = header.entry;
    space_set_heap(image->space, end);
    return loaded ? 0 : -ENOEXEC;
}

/* ---- arguments: texts from the stack's top downwards, below them the pointers ---- */

static int push_text(struct image *image, uint64_t bytes)
{
    image->text_bytes += bytes + sizeof(uint64_t);
    if (image->text_bytes > EXEC_BYTES_MAX || image->pointer_count >= TEXTS_MAX)
        return -E2BIG;
    image->sp -= bytes;
    image->pointers[image->pointer_count++] = image->sp;
    return space_write(image->space, image->sp, image->text, bytes);
}

/* The texts of a list in user memory that ends with a null pointer. */
static int push_list(struct image *image, uint64_t list)
{
    for (uint64_t i = 0; list; i++) {
        uint64_t at;
        if (copy_from_user(&at, list + 8 * i, sizeof at) != 0)
            return -EFAULT;
        if (!at)
            break;
        int64_t length = copy_text_from_user(image->text, at, PAGE_BYTES);
        if (length < 0)
            return length == -ENAMETOOLONG ? -E2BIG : (int)length;
        int error = push_text(image, (uint64_t)length + 1);
        if (error)
            return error;
    }
    return 0;
}

static int push_arguments(struct image *image, const char *path, uint64_t arguments, uint64_t environment)
{
    image->sp = USER_STACK_TOP - 16;
    image->pointer_count = 1;
    int error = 0;
    if (arguments) {
        error = push_list(image, arguments);
    } else {
        text_copy(image->text, path, PAGE_BYTES);
        error = push_text(image, strlen(image->text) + 1);
    }
    if (error)
        return error;
    image->argc = image->pointers[0] = image->pointer_count - 1;
    image->pointers[image->pointer_count++] = 0;
    uint64_t environment_at = image->pointer_count;
    error = push_list(image, environment);
    if (error)
        return error;
    image->pointers[image->pointer_count++] = 0;
    image->sp = (image->sp - 8 * image->pointer_count) & ~15ull;
    image->argv = image->sp + 8;
    image->environment = image->sp + 8 * environment_at;
    return space_write(image->space, image->sp, image->pointers, 8 * image->pointer_count);
}

/* ---- the change ---- */

static void set_name(struct process *process, const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' && at[1])
            name = at + 1;
    text_copy(process->name, name, sizeof process->name);
}

static void become(struct image *image, const char *path)
{
    struct process *process = current_process();
    struct thread *self = current_thread();
    struct address_space *old = process->space;
    interrupts_push();
    process->space = image->space;
    space_activate(image->space);
    interrupts_pop();
    space_destroy(old);
    image->space = NULL;
    space_code_changed();
    set_name(process, path);
    descriptors_close(process, true);
    signal_exec(process);
    thread_fp_end(self);
    memset(self->frame, 0, sizeof *self->frame);
    self->frame->status = SSTATUS_SPIE;
    self->frame->pc = image->entry;
    self->frame->x[SP] = image->sp;
    self->frame->x[A0] = image->argc;
    self->frame->x[A0 + 1] = image->argv;
    self->frame->x[A0 + 2] = image->environment;
    self->in_system_call = false;
}

static int make(struct image *image, const char *path, uint64_t arguments, uint64_t environment)
{
    int error = file_system_open(path, OPEN_READ, &image->file);
    if (error)
        return error;
    image->space = space_create();
    image->pointers = page_allocate();
    image->text = page_allocate();
    if (!image->space || !image->pointers || !image->text)
        return -ENOMEM;
    error = load_segments(image);
    return error ? error : push_arguments(image, path, arguments, environment);
}

int exec_program(const char *path, uint64_t user_arguments, uint64_t user_environment)
{
    struct image image = {0};
    int error = make(&image, path, user_arguments, user_environment);
    if (!error)
        error = process_be_alone();
    if (!error)
        become(&image, path);
    space_destroy(image.space);
    page_free(image.pointers);
    page_free(image.text);
    if (image.file)
        file_close(image.file);
    return error;
}

SYSTEM_CALL(exec)
{
    char path[PATH_BYTES_MAX];
    int64_t length = copy_text_from_user(path, argument[0], sizeof path);
    if (length < 0)
        return length;
    return exec_program(path, argument[1], argument[2]);
}
