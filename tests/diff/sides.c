/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Guest RAM in, guest RAM out: libemu in this process, QEMU as a child whose RAM is a shared file.
 */
#include "sides.h"

#include "layout.h"

#include <emu/emu.h>
#include <emu/platform.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool side_run_ours(unsigned fidelity, const uint8_t *image, size_t bytes, uint64_t result_at, uint8_t *ret_result, size_t result_bytes)
{
    struct emu_config config;
    struct emu_error error = {0};
    struct emu_until until;
    emu_config_init(&config);
    config.fidelity = fidelity;
    config.ram_bytes = SIDE_RAM_BYTES;
    config.kernel = image;
    config.kernel_bytes = bytes;
    struct emu_machine *machine = emu_machine_create(&config, &error);
    if (!machine) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    emu_until_init(&until);
    until.steps = UINT64_C(400000000);
    struct emu_stop stop = emu_run(machine, &until);
    if (stop.kind != EMU_STOP_FINISHED) {
        struct emu_hart_view view;
        uint64_t cause = 0, epc = 0, index = 0;
        emu_ram_read(machine, DIFF_INDEX, &index, sizeof index);
        emu_hart_view(machine, 0, &view);
        emu_csr_read(machine, 0, 0x342, &cause);
        emu_csr_read(machine, 0, 0x341, &epc);
        fprintf(stderr, "our machine stopped with \"%s\" at pc 0x%llx of the batch's program %llu, mcause 0x%llx, mepc 0x%llx\n",
                emu_stop_name(stop.kind), (unsigned long long)view.pc, (unsigned long long)index,
                 (unsigned long long)cause, (unsigned long long)epc);
    }
    bool read = emu_ram_read(machine, result_at, ret_result, result_bytes);
    emu_machine_destroy(machine);
    return read && stop.kind == EMU_STOP_FINISHED;
}

static bool wait_for(pid_t child, unsigned seconds)
{
    for (unsigned ms = 0; ms < seconds * 1000; ms += 5) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
            if (status)
                fprintf(stderr, "QEMU ended with status 0x%x\n", (unsigned)status);
            return status == 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    fprintf(stderr, "QEMU did not end within %u seconds\n", seconds);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return false;
}

/* Two harts, the second parked: with one, QEMU makes AMOs of a load and a store, and their traps are the load's. */
static void become_qemu(const char *ram_file)
{
    char object[300], size[32];
    snprintf(object, sizeof object, "memory-backend-file,id=ram,size=%lluM,mem-path=%s,share=on",
             (unsigned long long)(SIDE_RAM_BYTES >> 20), ram_file);
    snprintf(size, sizeof size, "%lluM", (unsigned long long)(SIDE_RAM_BYTES >> 20));
    execlp("qemu-system-riscv64", "qemu-system-riscv64", "-M", "virt,memory-backend=ram", "-object", object, "-cpu",
           "rv64,h=false,v=false,zbc=false,debug=false,pmu-num=29", "-m", size, "-smp", "2", "-bios", "none", "-display", "none", "-serial", "none",
           "-monitor", "none", (char *)NULL);
    perror("qemu-system-riscv64");
    _exit(127);
}

bool side_run_qemu(const uint8_t *image, size_t bytes, uint64_t result_at, uint8_t *ret_result, size_t result_bytes, unsigned seconds)
{
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char name[200];
    snprintf(name, sizeof name, "%s/lockscope-diff-XXXXXX", folder);
    int file = mkstemp(name);
    if (file < 0 || ftruncate(file, (off_t)SIDE_RAM_BYTES) != 0) {
        perror(name);
        return false;
    }
    uint8_t *ram = mmap(NULL, SIDE_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    bool done = false;
    if (ram != MAP_FAILED) {
        memcpy(ram, image, bytes);
        pid_t child = fork();
        if (child == 0)
            become_qemu(name);
        done = child > 0 && wait_for(child, seconds);
        memcpy(ret_result, ram + (result_at - PLATFORM_RAM_BASE), result_bytes);
        munmap(ram, SIDE_RAM_BYTES);
    }
    close(file);
    unlink(name);
    return done;
}
