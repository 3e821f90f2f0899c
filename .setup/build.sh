# SPDX-License-Identifier: GPL-3.0-or-later
# Shell functions of ./run and ./check: Debian packages that are missing, and builds. Source it; `here` is the project's folder.
# Everything they say goes to standard error.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What building and running need, and what tests need besides.
run_packages="gcc libc6-dev meson ninja-build pkg-config libelf-dev libdw-dev libfdt-dev libmpfr-dev libinih-dev libjansson-dev libxxhash-dev zlib1g-dev libreadline-dev gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf opensbi u-boot-qemu"
check_packages="git clang libcriterion-dev libgmp-dev qemu-system-misc e2fsprogs"
# What tests/linux/build.sh makes its kernel and RAM disk with, for ./check --all.
linux_packages="linux-source-6.1 xz-utils make bc bison flex gcc-riscv64-linux-gnu libc6-dev-riscv64-cross"

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "${0##*/}: $*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@" >&2
    else
        sudo "$@" >&2
    fi
}

# Prints those of the given packages that are not installed.
missing_packages() {
    # shellcheck disable=SC2016
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk -v wanted="$*" '
        $2 == "installed" { have[$1] = 1 }
        END { n = split(wanted, name, " "); for (i = 1; i <= n; i++) if (!(name[i] in have)) print name[i] }'
}

# The bytes to download for the given packages and what they need; fails when the lists do not know them.
download_bytes() {
    apt-get install --print-uris -qq -y --no-install-recommends "$@" 2>/dev/null |
        awk '/^\x27/ { bytes += $3 } END { printf "%d\n", bytes }'
}

install_packages() {
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $1
}

# Installs what is missing of the given packages. Nothing missing: no apt, no root, no network.
need_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "note: this is no Debian; the tools and libraries of these packages must be there: $*"
        return
    fi
    local missing
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -z "$missing" ] && return
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        fail "these packages are missing and neither root nor sudo is there to install them: $missing"
    fi
    say "Missing packages: $missing"
    local bytes
    # shellcheck disable=SC2086
    if ! bytes=$(set -o pipefail; download_bytes $missing); then
        say "Fetching the package lists."
        as_root apt-get update -qq || fail "the package lists could not be fetched"
        bytes=$(set -o pipefail; download_bytes $missing) || fail "the package lists do not know all of: $missing"
    fi
    say "To download: $(((bytes + 999999) / 1000000)) MB. Installing."
    # Lists that are too old name files that are gone: once more with new ones.
    install_packages "$missing" || { as_root apt-get update -qq && install_packages "$missing"; } ||
        fail "the packages could not be installed: $missing"
}

# configure FOLDER [meson argument]...: sets a build folder up, once.
configure() {
    local folder=$1
    shift
    [ -f "$here/$folder/build.ninja" ] && return
    say "Configuring $folder."
    meson setup "$@" "$here/$folder" "$here" >&2 || fail "meson setup of $folder failed"
}

# build FOLDER [target]...: quiet when there is nothing to do.
build() {
    local folder=$1
    shift
    if ninja -C "$here/$folder" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
        return
    fi
    say "Building $folder."
    ninja -C "$here/$folder" "$@" >&2 || fail "the build of $folder failed"
}
