# SPDX-License-Identifier: GPL-3.0-or-later
#
# The rules of architecture that a compiler does not check: `arch.py CHECK ROOT [argument]...` runs one check over the source tree at
# ROOT and prints a line for each finding. Exit code 0: none; 1: some; 77: the check makes no sense here (Meson: skipped).
# Each check is one function below; CHECKS at the end lists them.

import os
import re
import subprocess
import sys

SKIPPED = 77

# Which private header folders each folder's files may include with <folder/...>. Public: isa, emu.
LAYERS = {
    'isa': ['isa'],
    'emu/base': ['emu', 'base'],
    'emu/mem': ['emu', 'base', 'mem'],
    'emu/dev': ['emu', 'base', 'dev'],
    'emu/load': ['emu', 'base', 'load'],
    'emu/hart': ['isa', 'emu', 'base', 'mem', 'hart'],
    'emu/include': ['emu'],
    'emu': ['isa', 'emu', 'base', 'mem', 'dev', 'load', 'hart'],
    'ui': ['isa', 'emu'],
}
INCLUDE_FOLDER = {'isa': 'isa/include', 'emu': 'emu/include', 'base': 'emu/base/include', 'mem': 'emu/mem/include',
                  'dev': 'emu/dev/include', 'load': 'emu/load/include', 'hart': 'emu/hart/include'}

# Headers of other projects, and where they may appear.
FOREIGN = {
    'mpfr.h': ['isa'], 'gmp.h': ['isa'],
    'xxhash.h': ['emu/base', 'ui'],
    'libelf.h': ['emu/load', 'emu/hart/native', 'ui'], 'gelf.h': ['emu/load', 'emu/hart/native', 'ui'],
    'elf.h': ['emu/load', 'emu/hart/native', 'ui'], 'dwarf.h': ['ui'], 'elfutils/libdw.h': ['ui'],
    'libfdt.h': ['emu/load'],
    'sys/mman.h': ['emu/mem', 'emu/hart', 'ui'],
    'jansson.h': ['ui'], 'ini.h': ['ui'],
    'readline/readline.h': ['ui'], 'readline/history.h': ['ui'], 'SDL.h': ['ui'], 'SDL2/SDL.h': ['ui'], 'SDL_ttf.h': ['ui'],
}
# What libisa and libemu must not even declare: terminal, files, sockets, host clock, threads. stdio.h is allowed for snprintf.
BANNED_HEADERS = {'time.h', 'sys/time.h', 'pthread.h', 'threads.h', 'termios.h', 'unistd.h', 'fcntl.h', 'sys/socket.h',
                  'sys/stat.h', 'signal.h', 'poll.h', 'dirent.h', 'locale.h'}
# Programs that run while the project is built: they are no part of the libraries.
BUILD_TOOLS = ['isa/tablegen/', 'emu/hart/native/extract.c']

# All that the libraries may take from outside. Anything else is named by the check.
ALLOWED_SYMBOLS = re.compile(
    r'malloc|calloc|realloc|reallocarray|free'
    r'|mem(cpy|move|set|cmp|chr|mem|rchr)|bcmp|(__)?str\w+|qsort|bsearch|abs|labs'
    r'|(__)?v?snprintf(_chk)?|__(mem|str)\w+_chk'
    r'|mmap(64)?|munmap|mprotect|madvise'
    r'|__(popcount|clz|ctz|u?div|u?mod|mul)[dst]i[234]'  # the compiler's own
    r'|fe(clear|test|raise)except|fe[gs]etround|(sqrt|fma|rint|nearbyint|trunc|floor|ceil|round|ldexp|frexp|scalbn|copysign)f?'
    r'|mpfr_\w+|__gmp\w+|mpn_\w+'
    r'|XXH\w+|elf\d*_\w+|gelf_\w+|fdt_\w+'
    r'|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(a|ub|t|m)san_\w+|__gcov\w*|llvm_\w+|__llvm_\w+|__asan\w+')

TOP_LEVEL = {'meson.build', 'emu', 'isa', 'guest', 'tests', 'ui', 'docs', 'README.md', 'LICENSE', 'run', 'check'}

findings = 0


def find(text):
    global findings
    findings += 1
    print(text)


def tracked(root):
    """Names of the files that git tracks or would track, relative to root."""
    command = ['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard']
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        print('skipped: this is no git working tree')
        sys.exit(SKIPPED)
    return [name for name in listed.splitlines() if os.path.exists(os.path.join(root, name))]


def read(root, name):
    with open(os.path.join(root, name), encoding='utf-8', errors='replace') as file:
        return file.read()


def layer_of(name):
    """The longest folder of LAYERS that holds the file, or None."""
    folders = [folder for folder in LAYERS if name.startswith(folder + '/')]
    return max(folders, key=len, default=None)


def is_build_tool(name):
    return any(name.startswith(tool) for tool in BUILD_TOOLS)


# ---- objects ----

def check_globals(root, archives):
    """Nothing in the libraries' objects can be changed by one machine and seen by another."""
    for archive in archives:
        listed = subprocess.run(['objdump', '-t', archive], capture_output=True, text=True, check=True).stdout
        member = archive
        for line in listed.splitlines():
            if line.endswith('file format elf64-x86-64') or ':     file format' in line:
                member = line.split(':')[0]
            match = re.match(r'[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+) (.*)', line)
            if not match:
                continue
            section, size, symbol = match[2], int(match[3], 16), match[4].split()[-1] if match[4] else ''
            writable = re.match(r'\.(data|bss|tdata|tbss|ldata|lbss)(\.|$)|\*COM\*', section) and not section.startswith('.data.rel.ro')
            if writable and (size > 0 or (symbol and symbol != section)):
                find(f'{member}: {symbol or section} in {section}: libisa and libemu have no mutable globals')


def check_symbols(root, archives):
    """The libraries ask nothing of the host but memory and pure functions."""
    defined, wanted = set(), {}
    for archive in archives:
        listed = subprocess.run(['nm', '-A', archive], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            place, rest = line.rsplit(':', 1)
            *_, kind, symbol = rest.split()
            symbol = symbol.split('@')[0]
            if kind in 'Uwv':
                wanted.setdefault(symbol, os.path.basename(place.replace(':', '/')))
            elif kind.isupper() or kind in 'VW':
                defined.add(symbol)
    for symbol in sorted(set(wanted) - defined):
        if not ALLOWED_SYMBOLS.fullmatch(symbol):
            find(f'{wanted[symbol]}: uses {symbol}, which is not among what libisa and libemu may ask of the host')


# ---- headers ----

def include_paths(name):
    layer = layer_of(name)
    paths = [INCLUDE_FOLDER[folder] for folder in LAYERS[layer]]
    return paths + (['isa'] if layer == 'isa' else [])


def check_headers(root, compilers):
    """Every header compiles alone, with no include path but those its library has."""
    headers = [name for name in tracked(root) if name.endswith('.h') and layer_of(name)]
    if len(headers) < 20:
        find(f'only {len(headers)} headers were found: the check looks in the wrong place')
    for name in headers:
        if name == 'emu/hart/native_stubs.h':
            continue # only where handlers return nothing; compiled with each such build
        for compiler in compilers:
            command = [compiler, '-std=gnu11', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter',
                       '-Wno-missing-field-initializers', '-x', 'c', '-']
            for path in include_paths(name):
                command += ['-I', os.path.join(root, path)]
            text = f'#include "{os.path.join(root, name)}"\n' * 2
            result = subprocess.run(command, input=text, capture_output=True, text=True)
            if result.returncode:
                first = next((line for line in result.stderr.splitlines() if 'error' in line), 'no message')
                find(f'{name}: does not compile alone with {os.path.basename(compiler)}: {first}')


def check_include(root, name, line, form, header):
    layer = layer_of(name)
    folder = header.split('/')[0]
    if form == '"':
        target = os.path.normpath(os.path.join(os.path.dirname(name), header))
        generated = header.startswith(('native_table_', 'native_index_'))
        if not generated and (not os.path.exists(os.path.join(root, target)) or layer_of(target) != layer):
            find(f'{name}:{line}: "{header}" is not a header of {layer}')
    elif folder in INCLUDE_FOLDER and '/' in header:
        if folder not in LAYERS[layer]:
            find(f'{name}:{line}: {layer} may not include <{header}>')
        elif layer == 'ui' and folder == 'emu' and not os.path.exists(os.path.join(root, 'emu/include', header)):
            find(f'{name}:{line}: <{header}> is not a public header of libemu')
    elif folder in ('ui', 'tests', 'guest') and '/' in header:
        find(f'{name}:{line}: {layer} may not include <{header}>')
    elif header in FOREIGN and not any(name.startswith(place + '/') for place in FOREIGN[header]):
        find(f'{name}:{line}: <{header}> belongs to {", ".join(FOREIGN[header])}')
    elif header in BANNED_HEADERS and layer != 'ui' and not is_build_tool(name):
        find(f'{name}:{line}: <{header}> is nothing that libisa and libemu may use')


def check_includes(root, _):
    """Who includes whom."""
    count = 0
    for name in tracked(root):
        if not name.endswith(('.c', '.h', '.def', '.inc')) or not layer_of(name):
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                count += 1
                check_include(root, name, number, match[1], match[2])
    if count < 100:
        find(f'only {count} includes were found: the check looks in the wrong place')


# ---- documents and tree ----

def is_there(root, path):
    if any(mark in path for mark in '*{<'):
        pattern = re.escape(path).replace(r'\*\*', '.*').replace(r'\*', '[^/]*')
        pattern = re.sub(r'\\\{(.*?)\\\}', lambda m: '(' + m[1].replace(',', '|') + ')', pattern)
        pattern = re.sub(r'<[^>]*>', '[^/]+', pattern)
        return any(re.fullmatch(pattern + '/?', name) or re.match(pattern + '/', name) for name in tracked(root))
    return os.path.exists(os.path.join(root, path))


def names_in(text):
    """Yields (line number, path, is it a link) for each path-like word in backticks and each link."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith('```'):
            fenced = not fenced
        if fenced:
            continue
        for link in re.findall(r'\]\(([^)\s]+)\)', line):
            yield number, link.split('#')[0], True
        for span in re.findall(r'`([^`]+)`', line):
            if re.fullmatch(r'(\./)?[\w.*{},<>/-]+(:\d+)?', span):
                yield number, re.sub(r':\d+$', '', span), False


def check_docs(root, _):
    """Documents name only files that exist."""
    folders = ('emu/', 'isa/', 'ui/', 'guest/', 'tests/', 'docs/', './run', './check')
    count = 0
    for name in tracked(root):
        if not name.endswith('.md') or not (name == 'README.md' or name.startswith('docs/')):
            continue
        for number, path, is_link in names_in(read(root, name)):
            if is_link and (not path or re.match(r'[a-z]+:', path)):
                continue
            if not is_link and not path.startswith(folders):
                continue
            # Headers and rows are named as they are included, <isa/insn.def>, or by where they are.
            base = os.path.dirname(name) if is_link else ''
            places = [os.path.normpath(os.path.join(base, path))]
            first = path.split('/')[0]
            if not is_link and first in INCLUDE_FOLDER:
                places.append(os.path.join(INCLUDE_FOLDER[first], path))
            count += 1
            if not any(is_there(root, place) for place in places):
                find(f'{name}:{number}: there is no {path}')
    print(f'{count} names of files looked up')


def check_top(root, _):
    """The top level holds only what the design names."""
    for name in sorted({path.split('/')[0] for path in tracked(root)}):
        if name not in TOP_LEVEL and not name.startswith('.'):
            find(f'{name}: the top level holds only {", ".join(sorted(TOP_LEVEL))} and dot files')


def check_text(root, _):
    """No paths of somebody's machine; no tabs and no blanks at line ends in C sources."""
    machine_path = re.compile(r'(?<![\w.~$}/-])/(home|' + 'work|root' + r')/')
    for name in tracked(root):
        if name.startswith('tests/fuzz/corpus/') or name == 'LICENSE':
            continue
        is_c = name.endswith(('.c', '.h', '.def', '.S', '.inc'))
        text = read(root, name)
        for number, line in enumerate(text.split('\n'), 1):
            if machine_path.search(line) and name != 'tests/arch/arch.py':
                find(f'{name}:{number}: names a path of one machine: {line.strip()[:80]}')
            if is_c and not name.endswith(('.S', '.inc')) and '\t' in line:
                find(f'{name}:{number}: a tab')
            if is_c and line != line.rstrip():
                find(f'{name}:{number}: blanks at the end of the line')
        if is_c and text and not text.endswith('\n'):
            find(f'{name}: no newline at the end')
        if is_c and 'SPDX-License-Identifier' not in text[:200]:
            find(f'{name}: no SPDX line')


CHECKS = {'globals': check_globals, 'symbols': check_symbols, 'headers': check_headers, 'includes': check_includes,
          'docs': check_docs, 'top': check_top, 'text': check_text}

if len(sys.argv) < 3 or sys.argv[1] not in CHECKS:
    sys.exit(f'usage: arch.py {"|".join(CHECKS)} ROOT [argument]...')
CHECKS[sys.argv[1]](sys.argv[2], sys.argv[3:])
print(f'{findings} findings')
sys.exit(1 if findings else 0)
