#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build.sh [FOLDER]: builds a Linux kernel and the initial RAM disk of the tests (init.c) into FOLDER, by default
# ${XDG_CACHE_HOME:-$HOME/.cache}/lockscope/linux: Image and initramfs.cpio.gz. What is there and made from the same inputs is kept.
# build.sh --is-current [FOLDER]: says by its exit code whether nothing would have to be built.
# Sources and tools are Debian packages, which ./check --all installs (.setup/build.sh lists them); nothing is fetched from here.
set -eu -o pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
only_look=
if [ "${1-}" = --is-current ]; then
    only_look=yes
    shift
fi
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/lockscope/linux}
source_archive=/usr/src/linux-source-6.1.tar.xz
cross=riscv64-linux-gnu-

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

versions() {
    dpkg-query -W -f '${Package} ${Version}\n' "$@" 2>/dev/null
}

hash_of() {
    sha256sum | cut -d ' ' -f 1
}

# What a result depends on: how it is made, its sources here, and the packages that it is made with.
kernel_inputs() {
    { declare -f unpack build_kernel && cat "$here/kernel.config" && versions linux-source-6.1 gcc-12-riscv64-linux-gnu; } | hash_of
}

disk_inputs() {
    { declare -f build_disk && cat "$here"/init*.[ch] && versions gcc-12-riscv64-linux-gnu libc6-dev-riscv64-cross; } | hash_of
}

# is_current NAME STAMP: the file NAME in the folder was made from these inputs.
is_current() {
    [ -f "$folder/$1" ] && [ "$(cat "$folder/$1.inputs" 2>/dev/null)" = "$2" ]
}

# keep NAME FILE STAMP: puts a result into the folder; the stamp comes last.
keep() {
    rm -f "$folder/$1.inputs"
    mv "$2" "$folder/$1"
    printf '%s\n' "$3" >"$folder/$1.inputs"
}

# Of the source, only what a kernel without drivers for real hardware can need.
unpack() {
    tar -xJf "$source_archive" -C "$1" --strip-components 1 --wildcards \
        --exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*.[ch]' --exclude='*/drivers/media/*.[ch]' \
        --exclude='*/drivers/infiniband/*.[ch]' --exclude='*/drivers/staging/*.[ch]' --exclude='*/drivers/scsi/*.[ch]' \
        --exclude='*/sound/*.[ch]' --exclude='*/Documentation/*.rst' --exclude='*/Documentation/*.yaml' \
        --exclude='*/tools/testing' --exclude='*/tools/perf'
}

# Every row of kernel.config must have made it into the configuration: a row that kconfig drops is a mistake.
check_config() {
    local row
    grep '^CONFIG_' "$here/kernel.config" | while read -r row; do
        grep -qxF "$row" "$1" || fail "kernel.config: $row is not possible with this kernel"
    done
}

build_kernel() {
    local work=$1/kernel
    mkdir -p "$work/source" "$work/out"
    unpack "$work/source"
    export ARCH=riscv CROSS_COMPILE=$cross KBUILD_BUILD_TIMESTAMP=2020-01-01 KBUILD_BUILD_USER=lockscope KBUILD_BUILD_HOST=lockscope
    KCONFIG_ALLCONFIG=$here/kernel.config make -C "$work/source" O="$work/out" allnoconfig
    check_config "$work/out/.config"
    nice make -C "$work/source" O="$work/out" -j"$(nproc)" Image
    mv "$work/out/usr/gen_init_cpio" "$folder/gen_init_cpio"
    keep Image "$work/out/arch/riscv/boot/Image" "$2"
}

build_disk() {
    ${cross}gcc -std=gnu11 -Wall -Wextra -Werror -O1 -static -o "$1/init" "$here"/init*.c -lm
    ${cross}strip "$1/init"
    touch -d @0 "$1/init" # its time is in the RAM disk, and a run's hash must not depend on it
    cat >"$1/list" <<LIST
dir /dev 0755 0 0
nod /dev/console 0600 0 0 c 5 1
dir /proc 0755 0 0
dir /sys 0755 0 0
dir /tmp 1777 0 0
file /init $1/init 0755 0 0
LIST
    "$folder/gen_init_cpio" -t 0 "$1/list" | gzip -9n >"$1/initramfs"
    keep initramfs.cpio.gz "$1/initramfs" "$2"
}

if ! kernel_stamp=$(kernel_inputs) || ! disk_stamp=$(disk_inputs); then
    [ -n "$only_look" ] && exit 1
    fail "Debian's packages for it are missing; ./check --all installs them"
fi
is_done() {
    is_current Image "$kernel_stamp" && is_current initramfs.cpio.gz "$disk_stamp"
}
is_done && exit 0
[ -n "$only_look" ] && exit 1

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
is_done && exit 0
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
# attempt WHAT COMMAND...: into the log; WHAT was not built if any command of it fails.
attempt() {
    local what=$1 result=0
    shift
    set +e # a subshell that is a condition would not end at its first failure
    (set -e; "$@") >>"$folder/build.log" 2>&1
    result=$?
    set -e
    [ "$result" = 0 ] && return
    tail -n 20 "$folder/build.log" >&2
    fail "$what was not built; $folder/build.log has more"
}

: >"$folder/build.log"
if ! is_current Image "$kernel_stamp" || [ ! -x "$folder/gen_init_cpio" ]; then
    printf 'Building a Linux kernel in %s: some minutes.\n' "$folder" >&2
    attempt 'the kernel' build_kernel "$work" "$kernel_stamp"
fi
attempt 'the RAM disk' build_disk "$work" "$disk_stamp"
