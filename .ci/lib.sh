# Functions that the scripts of this folder share. Each script sources this file.
# shellcheck shell=bash

export PATH=$PATH:/usr/sbin

# say TEXT: the heading of a step
say() { printf '\n== %s\n' "$*"; }

install_package() {
  say "installing $1"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

# need COMMAND PACKAGE: installs the Debian package of a command that this machine does not have
need() { command -v "$1" >/dev/null || install_package "$2"; }

# need_unless PACKAGE COMMAND...: installs a Debian package unless the command succeeds
need_unless() { "${@:2}" >/dev/null 2>&1 || install_package "$1"; }

# toolchain COMMAND VERSION: Debian's own may be too old, so toolchains are not installed here
toolchain() { command -v "$1" >/dev/null || { echo "this check needs $1, $2 or later"; exit 1; }; }

# make_venv DIRECTORY: an environment of Python; Debian keeps what makes it in a package of its own
make_venv() {
  need_unless python3-venv python3 -c 'import ensurepip'
  python3 -m venv "$1"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# wait_for SECONDS COMMAND...: until the command succeeds; fails if it does not in that time
wait_for() {
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

# start_mariadb DIRECTORY PORT: a MariaDB server with an empty database, whose socket is DIRECTORY/socket
start_mariadb() {
  local user
  user=$(id -un)
  mariadb-install-db --no-defaults --user="$user" --datadir="$1/data" --auth-root-authentication-method=normal \
    >"$1/mariadb.log" 2>&1
  mariadbd --no-defaults --user="$user" --datadir="$1/data" --socket="$1/socket" --pid-file="$1/mariadb.pid" \
    --port="$2" --bind-address=127.0.0.1 >>"$1/mariadb.log" 2>&1 &
  wait_for 30 mariadb-admin --no-defaults -uroot --socket="$1/socket" ping || { cat "$1/mariadb.log"; return 1; }
}

# stop_mariadb DIRECTORY: stops the server that start_mariadb has started, if there is one
stop_mariadb() {
  [ ! -f "$1/mariadb.pid" ] || kill "$(cat "$1/mariadb.pid")" 2>/dev/null || true
  wait_for 30 test ! -e "$1/mariadb.pid"
}
