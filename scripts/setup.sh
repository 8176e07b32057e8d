#!/usr/bin/env bash
# Installs what `make run` (setup.sh run) or everything else (setup.sh all) needs, into this folder only, except for
# Debian's chromium package. A part that is up to date is skipped, so a second call costs a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."

export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
uv=.venv/bin/uv

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# fresh STAMP INPUT: the stamp exists and the input has not changed since.
fresh() { [ -e "$1" ] && [ ! "$2" -nt "$1" ]; }

is_supported_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if command -v "$candidate" >/dev/null && is_supported_python "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is required; found $(python3 --version 2>&1 || echo none)." \
        "Install it, or name one: make setup PYTHON=/path/to/python3.11"
}

# uv knows nothing of pip's settings: a mirror that is configured for pip is used by uv too.
use_index_of_pip() {
    local index
    index="${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}"
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
}

create_environment() {
    fresh .venv/.uv requirements/uv.txt && return
    local python
    python="$(find_python)"
    say "Python environment in .venv ($("$python" --version), uv)"
    "$python" -m venv .venv ||
        fail "$python cannot create an environment; on Debian and Ubuntu: apt-get install python3-venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
    write_import_paths
    touch .venv/.uv
}

# Makes `python -m local_dev` and `python -m forge_client` find the packages without PYTHONPATH.
write_import_paths() {
    local packages
    packages="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    printf '%s\n' "$PWD" "$PWD/layers/forge" "$PWD/clients/python" >"$packages/forge_mcp.pth"
}

install_local_set() {
    fresh .venv/.local requirements/local.txt && return
    say "Libraries of the application and the AWS emulator"
    use_index_of_pip
    "$uv" pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/local.txt
    touch .venv/.local
}

# The larger set holds the smaller one at the same versions, so one command installs both.
install_development_set() {
    fresh .venv/.dev requirements/dev.txt && return
    say "Libraries of the application, its tests and its checks"
    use_index_of_pip
    "$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements/dev.txt
    touch .venv/.local .venv/.dev
}

# install_tool NAME: an environment of its own, for a program that does not resolve together with ours.
install_tool() {
    local home=".tools/$1" requirements="requirements/$1.txt"
    fresh "$home/.ready" "$requirements" && return
    say "$1 in $home"
    use_index_of_pip
    "$uv" venv --quiet --allow-existing --python .venv/bin/python "$home"
    "$uv" pip sync --quiet --compile-bytecode --python "$home/bin/python" --require-hashes "$requirements"
    touch "$home/.ready"
}

# install_node_packages STAMP [npm options]
install_node_packages() {
    local stamp="node_modules/$1"
    shift
    fresh "$stamp" package-lock.json && return
    if ! command -v npm >/dev/null; then
        say "Node.js 20 or newer is not installed: everything works but the local test chain and the type checks."
        return
    fi
    say "Node packages (anvil is the local test chain)"
    npm ci --loglevel=error "$@" >&2
    node_modules/.bin/anvil --version >/dev/null 2>&1 ||
        say "anvil does not start on this platform: everything works but the local test chain."
    touch "$stamp"
}

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_chromium() {
    [ -e .tools/chromium ] && return
    mkdir -p .tools
    if find_chromium >/dev/null; then
        touch .tools/chromium
    elif command -v apt-get >/dev/null && as_root true 2>/dev/null && apt_install_chromium; then
        touch .tools/chromium
    else
        say "Chromium for the tests of the page (Playwright's build)"
        if .venv/bin/python -m playwright install chromium; then
            touch .tools/chromium
        else
            say "No Chromium: the tests of the page will be skipped. Install it and run make setup again."
        fi
    fi
}

apt_install_chromium() {
    say "Chromium for the tests of the page (Debian's package)"
    as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            chromium fonts-liberation >/dev/null
}

case "${1:-}" in
run)
    create_environment
    install_local_set
    install_tool ministack
    fresh node_modules/.all package-lock.json || install_node_packages .run --omit=dev
    ;;
all)
    create_environment
    install_development_set
    install_node_packages .all
    install_tool sam
    install_tool ministack
    install_chromium
    ;;
*)
    fail "usage: scripts/setup.sh run|all"
    ;;
esac
