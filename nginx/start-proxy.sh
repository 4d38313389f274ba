#!/bin/sh
# Starts the proxy: writes what nginx.conf includes from TRUSTED_PROXIES and PUBLIC_URL, then becomes Nginx.
set -eu
here=$(dirname "$0")
out=/tmp/gatehouse
mkdir -p "$out"

refuse() {
  echo "gatehouse proxy: $1" >&2
  exit 78
}

write_trusted_proxies() {
  # This container's own loopback: health checks and the deploy's look at the pages.
  set -- 127.0.0.0/8 ::1
  for entry in $(printf %s "${TRUSTED_PROXIES:-loopback}" | tr ',' ' '); do
    case "$entry" in
      loopback | none) ;;
      0.0.0.0/0 | ::/0) refuse "TRUSTED_PROXIES: \"$entry\" is everybody: anyone could then choose the address that is counted" ;;
      *[!0-9a-fA-F.:/]*) refuse "TRUSTED_PROXIES: \"$entry\" is neither an address nor a network" ;;
      *) set -- "$@" "$entry" ;;
    esac
  done
  for entry in "$@"; do echo "set_real_ip_from $entry;"; done >"$out/trusted-proxies.conf"
  for entry in "$@"; do echo "$entry 1;"; done >"$out/trusted-peers.conf"
}

write_site() {
  origin=${PUBLIC_URL:-http://localhost:8080}
  case "$origin" in
    *[!a-zA-Z0-9.:/\[\]_-]*) refuse "PUBLIC_URL: \"$origin\" is not an address such as https://auth.example.org" ;;
    https://?*) scheme=https security='max-age=31536000; includeSubDomains' ;;
    http://?*) scheme=http security='' ;;
    *) refuse "PUBLIC_URL: \"$origin\" is not an address such as https://auth.example.org" ;;
  esac
  origin=${origin%/}
  # Without the port.
  host=$(printf %s "${origin#*://}" | sed 's/:[0-9]*$//')
  case "$host" in
    localhost | *.localhost | 127.* | '[::1]') names="localhost 127.0.0.1 [::1] $host" ;;
    *) names=$host ;;
  esac
  names=$(printf '%s\n' "$names" | tr ' ' '\n' | sort -u | tr '\n' ' ')
  cat >"$out/site.conf" <<CONF
map \$host \$public_scheme { default $scheme; }
map \$host \$public_origin { default "$origin"; }
map \$host \$transport_security { default "$security"; }
CONF
  echo "server_name $names;" >"$out/server-names.conf"
}

write_trusted_proxies
write_site
sh "$here/replicas.sh" resolve
# A container that was started anew may have another address.
while sleep 5; do sh "$here/replicas.sh" refresh || true; done &
exec nginx -c "$here/nginx.conf" -g 'daemon off;'
