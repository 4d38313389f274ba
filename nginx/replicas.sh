#!/bin/sh
# Which containers the proxy sends requests to. Runs in the proxy's container.
#   replicas.sh use SECONDS SERVICE=CONTAINER,…...   these and no others, from now on; waits until what runs on the former ones
#                                                    has ended, at most SECONDS
#   replicas.sh refresh    look up their addresses again, as a restart may have changed them; take over an nginx.conf that a plain
#                          `docker compose up` has brought
#   replicas.sh reload     take over a changed nginx.conf; nothing where it has not changed
#   replicas.sh test       whether Nginx would take the nginx.conf that a deploy has brought, and not yet put in force
#   replicas.sh resolve    write the addresses only, before Nginx runs
# A service for which nothing was said, or whose named containers are all gone, is all of its containers.
set -eu
here=$(dirname "$0")
conf=$here/nginx.conf
# The image's user can write here, and the volume outlives the container.
state=/var/cache/nginx/gatehouse
out=/tmp/gatehouse
mkdir -p "$state" "$out"

# One of us at a time: the refresh in the background must not undo a deploy's step.
exec 8>"$out/lock"
flock 8

port_of() { case "$1" in backend) echo 3000 ;; *) echo 8080 ;; esac; }

addresses_of() { getent ahostsv4 "$1" | awk '{ print $1 }' | sort -u; }

# New addresses are `pending` until Nginx has taken them over: where that fails, or is cut off, the next refresh does it.
await_reload() { : >"$out/pending"; }

is_pending() { [ -e "$out/pending" ]; }

write_upstream() {
  service=$1
  file=$out/$service.conf
  [ -e "$state/$service" ] || : >"$state/$service"
  found=$(while read -r name; do addresses_of "$name" || true; done <"$state/$service")
  [ -n "$found" ] || found=$(addresses_of "$service" || true)
  # Nginx starts without them, and says "unavailable" until they are there. Names that cannot be looked up just now stay.
  if [ -z "$found" ]; then
    [ ! -s "$file" ] || return 0
    await_reload
    echo 'server 127.0.0.1:1;' >"$file"
    return 0
  fi
  for address in $found; do echo "server $address:$(port_of "$service") max_fails=2 fail_timeout=3s;"; done >"$file.new"
  if cmp -s "$file.new" "$file"; then
    rm "$file.new"
    return 0
  fi
  await_reload
  mv "$file.new" "$file"
}

write_upstreams() { for each in backend frontend; do write_upstream "$each"; done; }

# Of a process, which may be gone meanwhile.
title_of() { { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null || true; }

is_worker() {
  case "$(title_of "$1")" in 'nginx: worker process'*) return 0 ;; *) return 1 ;; esac
}

# One that takes new connections: the former ones are renamed "worker process is shutting down".
is_active() {
  case "$(title_of "$1")" in
    'nginx: worker process is shutting down'*) return 1 ;;
    'nginx: worker process'*) return 0 ;;
    *) return 1 ;;
  esac
}

workers() {
  for folder in /proc/[0-9]*; do
    if is_worker "${folder#/proc/}"; then echo "${folder#/proc/}"; fi
  done
}

# Waits, at most $1 seconds, until the test $2 is true of none of the processes $3.
wait_until_none() {
  tenths=${1}0 test=$2 processes=$3
  while [ "$tenths" -gt 0 ]; do
    left=
    for process in $processes; do if "$test" "$process"; then left=yes; fi; done
    [ -n "$left" ] || return 0
    tenths=$((tenths - 1))
    sleep 0.1
  done
  return 1
}

# Nginx closes idle connections when it reloads, and a request that is on its way on one of them is lost. So for a moment every
# answer is its connection's last: whoever is there moves to a new one by itself (nginx.conf, @closing).
CLOSING_SECONDS=2

# A link of a release that was cut off on its way leads nowhere.
settings() { cat "$here"/*.conf 2>/dev/null | sha256sum; }

# Returns when new workers take the connections; the former ones answer what they have begun.
reload() {
  # As they are now: what is put in their place meanwhile is the next reload's.
  taken_over=$(settings)
  if ! nginx -q -t -c "$conf"; then
    echo "$taken_over" >"$out/refused"
    return 1
  fi
  former=$(workers)
  : >"$out/closing"
  sleep "$CLOSING_SECONDS"
  taken=0
  { nginx -c "$conf" -s reload 2>/dev/null && wait_until_none 15 is_active "$former"; } || taken=1
  rm -f "$out/closing"
  if [ "$taken" != 0 ]; then
    echo 'replicas.sh: Nginx did not take the new configuration over' >&2
    return 1
  fi
  echo "$taken_over" >"$out/loaded"
  rm -f "$out/pending"
}

differ_from() { [ "$(settings)" != "$(cat "$out/$1" 2>/dev/null)" ]; }

has_changed_settings() { differ_from loaded; }

# What is in force is a link in the volume that docker/publish-nginx-conf fills. A folder of the host (releases that mounted
# nginx/) changes by a mere `git pull`, and waits for a deploy. What Nginx has refused once is not tried every few seconds.
was_brought() { [ -L "$here/current" ] && has_changed_settings && differ_from refused; }

test_next() {
  if [ -L "$here/next" ]; then conf=$here/next/nginx.conf; fi
  nginx -q -t -c "$conf"
}

case "${1:-}" in
  resolve)
    write_upstreams
    rm -f "$out/closing" "$out/pending"
    settings >"$out/loaded"
    ;;
  refresh)
    write_upstreams
    if is_pending || was_brought; then reload; fi
    ;;
  reload)
    write_upstreams
    if is_pending || has_changed_settings; then reload; fi
    ;;
  test) test_next ;;
  use)
    seconds=$2
    shift 2
    for each in "$@"; do
      service=${each%%=*}
      printf '%s\n' "${each#*=}" | tr ',' '\n' >"$state/$service.new"
      mv "$state/$service.new" "$state/$service"
    done
    write_upstreams
    if is_pending || has_changed_settings; then
      reload
      wait_until_none "$seconds" is_worker "$former" ||
        echo "replicas.sh: some requests still run after $seconds s; their server finishes them" >&2
    fi
    ;;
  *)
    sed -n '2,10p' "$0"
    exit 2
    ;;
esac
