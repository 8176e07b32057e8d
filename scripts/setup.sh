#!/usr/bin/env bash
# Installs what `make run` (setup.sh run), the checks (setup.sh check), everything but the deployment's test (setup.sh
# all) or that too (setup.sh account, after all) needs, into this folder only, except for Debian's chromium package. A part
# that is up to date is skipped, so a second call costs a few milliseconds. GOAL is the make target that asked, for the
# advice in error messages.
set -euo pipefail
cd "$(dirname "$0")/.."

export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
uv=.venv/bin/uv
goal="${GOAL:-setup}"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# fresh STAMP INPUT: the stamp exists and the input has not changed since.
fresh() { [ -e "$1" ] && [ ! "$2" -nt "$1" ]; }

is_supported_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

version_of() { if command -v "$1" >/dev/null; then "$1" --version 2>&1; else echo "no $1"; fi; }

# The Python that PYTHON names, or else the first one that is new enough. A name that does not fit is an error.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        is_supported_python "$PYTHON" ||
            fail "PYTHON=$PYTHON is not Python 3.11 or newer ($(version_of "$PYTHON")). Name another one."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
        if command -v "$candidate" >/dev/null && is_supported_python "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is required; found $(version_of python3)." \
        "Install it, or name one: make $goal PYTHON=/path/to/python3.11"
}

pip_setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }

# uv knows nothing of pip's settings: a mirror and a certificate that are configured for pip are used by uv too. The
# system's certificates are what companies install when they look into TLS.
use_settings_of_pip() {
    local index certificate
    index="${PIP_INDEX_URL:-$(pip_setting index-url)}"
    certificate="${PIP_CERT:-$(pip_setting cert)}"
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then export UV_DEFAULT_INDEX="$index"; fi
    if [ -n "$certificate" ] && [ -z "${SSL_CERT_FILE:-}" ]; then export SSL_CERT_FILE="$certificate"; fi
}

no_network() { fail "$1 could not be installed; the reason stands above. Is there a network, or a mirror that pip knows?"; }

create_environment() {
    fresh .venv/.uv requirements/uv.txt || new_environment
    fresh .venv/.paths scripts/setup.sh || write_import_paths
}

new_environment() {
    local python
    python="$(find_python)"
    [ -w . ] || fail "this folder cannot be written ($PWD); make $goal installs into it. Clone it where you may write."
    say "Python environment in .venv ($("$python" --version), uv)"
    "$python" -m venv .venv ||
        fail "$python cannot create an environment; on Debian and Ubuntu: apt-get install python3-venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt ||
        no_network uv
    touch .venv/.uv
}

# Makes `python -m local_dev` and `python -m forge_client` find the packages without PYTHONPATH. The paths are relative
# to the folder of the file, so that this folder may be moved, and may have any name.
write_import_paths() {
    local packages
    packages="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    printf '../../../../%s\n' . layers/forge clients/python >"$packages/forge_mcp.pth"
    touch .venv/.paths
}

install_local_set() {
    fresh .venv/.local requirements/local.txt && return
    say "Libraries of the application (about 600 MB, half a minute)"
    use_settings_of_pip
    "$uv" pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/local.txt ||
        no_network "The application"
    touch .venv/.local
}

# The larger set holds the smaller one at the same versions, so one command installs both.
install_development_set() {
    fresh .venv/.dev requirements/dev.txt && return
    say "Libraries of the application, its tests and its checks (about 850 MB, half a minute)"
    use_settings_of_pip
    "$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements/dev.txt ||
        no_network "The development set"
    touch .venv/.local .venv/.dev
}

# install_tool NAME [PYTHON]: an environment of its own, for a program that does not resolve together with ours.
install_tool() {
    local home=".tools/$1" requirements="requirements/$1.txt" python="${2:-.venv/bin/python}"
    fresh "$home/.ready" "$requirements" && return
    say "$1 in $home"
    use_settings_of_pip
    "$uv" venv --quiet --allow-existing --python "$python" "$home"
    # Python compiles the little that is used of these, the first time.
    "$uv" pip sync --quiet --python "$home/bin/python" --require-hashes "$requirements" || no_network "$1"
    touch "$home/.ready"
}

# install_node_packages STAMP [npm options]
install_node_packages() {
    local stamp="node_modules/$1"
    shift
    fresh "$stamp" package-lock.json && return
    if ! command -v npm >/dev/null; then
        say "Node.js 20 or newer is not installed: everything works but the local test chain and the type checks; state is in memory."
        return
    fi
    say "Node packages (anvil is the local test chain, dynoxide the local DynamoDB)"
    npm ci --loglevel=error --no-audit --no-fund "$@" >/dev/null || no_network "The Node packages"
    node_modules/.bin/anvil --version >/dev/null 2>&1 ||
        say "anvil does not start on this platform: everything works but the local test chain."
    touch "$stamp"
}

# The local DynamoDB is dynoxide, one of the Node packages; where it has no program for this machine, MiniStack.
install_emulator() {
    compgen -G "node_modules/@dynoxide/*/dynoxide*" >/dev/null || command -v dynoxide >/dev/null || install_tool ministack
}

# The names of bench/browser.py.
find_chromium() {
    local name
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The account on this computer runs the functions itself, with its own Python, so that is the functions' 3.13.
install_account() {
    local python
    python="$("$uv" python find --no-project 3.13 2>/dev/null || compgen -G "$HOME/.pyenv/versions/3.13*/bin/python3.13" | head -1)"
    [ -n "$python" ] || fail "make test-deploy needs Python 3.13, which the functions run on; install it (pyenv install 3.13)."
    install_tool account "$python"
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
    as_root apt-get update -qq && { apt_install chromium-headless-shell || apt_install chromium; }
}

# An older Debian has no package of the headless shell.
apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "$1" fonts-liberation >/dev/null
}

install_node_packages_to_run() { fresh node_modules/.all package-lock.json || install_node_packages .run --omit=dev; }

# at_once COMMAND...: one downloads while another compiles. Each is a process group, so that Ctrl-C ends it whole.
at_once() {
    local command job started="" failed=""
    set -m
    trap end_jobs INT TERM
    for command in "$@"; do
        $command &
        started+=" $!"
    done
    for job in $started; do wait "$job" || failed=yes; done
    trap - INT TERM
    set +m
    [ -z "$failed" ]
}

end_jobs() {
    local job
    for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done
    exit 130
}

case "${1:-}" in
run)
    create_environment
    at_once install_local_set install_node_packages_to_run
    install_emulator
    ;;
check | all)
    create_environment
    at_once install_development_set "install_node_packages .all" "install_tool sam" "install_tool checkov"
    if [ "$1" = all ]; then
        install_emulator
        install_chromium
    fi
    ;;
account)
    install_account
    ;;
*)
    fail "usage: scripts/setup.sh run|check|all|account"
    ;;
esac
