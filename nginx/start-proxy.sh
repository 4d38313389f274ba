#!/bin/sh
# Starts the proxy: writes what nginx.conf includes from TRUSTED_PROXIES and PUBLIC_URL, then becomes Nginx.
#   start-proxy.sh          runs until it is stopped
#   start-proxy.sh check    ends where Nginx would begin
set -eu
here=$(dirname "$0")
out=/tmp/gatehouse
mkdir -p "$out"

# In one line, whatever is in it.
refuse() {
  printf %s "gatehouse proxy: $1" | tr '\n\r\t' '   ' >&2
  echo >&2
  exit 78
}

matches() { printf '%s\n' "$1" | grep -qxE "$2"; }

octet='(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
ipv4_network="($octet\.){3}$octet(/([0-9]|[12][0-9]|3[0-2]))?"
ipv6_network='[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}(/[0-9]{1,3})?'

refuse_proxy() { refuse "TRUSTED_PROXIES: \"$1\" is neither an address nor a network nor \"loopback\""; }

# Each entry as the server would take it (the server's TRUSTED_PROXIES).
write_trusted_proxies() {
  # This container's own loopback: health checks and the deploy's look at the pages.
  set -- 127.0.0.0/8 ::1
  set -f
  for entry in $(printf %s "${TRUSTED_PROXIES:-loopback}" | tr ',' ' '); do
    case "$entry" in
      loopback | none) continue ;;
      */0 | */00 | */000) refuse "TRUSTED_PROXIES: \"$entry\" is everybody: anyone could then choose the address that is counted" ;;
    esac
    matches "$entry" "$ipv4_network|$ipv6_network" || refuse_proxy "$entry"
    set -- "$@" "$entry"
  done
  set +f
  for entry in "$@"; do echo "set_real_ip_from $entry;"; done >"$out/trusted-proxies.conf"
  for entry in "$@"; do echo "$entry 1;"; done >"$out/trusted-peers.conf"
}

write_site() {
  origin=${PUBLIC_URL:-http://localhost:8080}
  # Line by line would let a second line in.
  case "$origin" in *[!a-zA-Z0-9.:/\[\]_-]*) refuse "PUBLIC_URL: \"$origin\" is not an address such as https://auth.example.org" ;; esac
  matches "$origin" 'https?://([a-zA-Z0-9][a-zA-Z0-9._-]*|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?/?' ||
    refuse "PUBLIC_URL: \"$origin\" is not scheme, host and port, such as https://auth.example.org"
  scheme=${origin%%:*}
  security=
  if [ "$scheme" = https ]; then security='max-age=31536000; includeSubDomains'; fi
  origin=${origin%/}
  # Without the port.
  host=$(printf %s "${origin#*://}" | sed 's/:[0-9]*$//')
  # Whoever scans addresses need not learn which name is behind this one; on one's own machine it helps.
  hint=
  case "$host" in
    localhost | *.localhost | 127.* | '[::1]') names="localhost 127.0.0.1 [::1] $host" hint="Use $origin. " ;;
    *) names=$host ;;
  esac
  names=$(printf '%s\n' "$names" | tr ' ' '\n' | sort -u | tr '\n' ' ')
  cat >"$out/site.conf" <<CONF
map \$host \$public_scheme { default $scheme; }
map \$host \$public_origin { default "$origin"; }
map \$host \$host_hint { default "$hint"; }
map \$host \$transport_security { default "$security"; }
CONF
  echo "server_name $names;" >"$out/server-names.conf"
}

# From Nginx 1.27.4 on, idle connections live on for a while after a reload; older ones do not know the word.
write_keepalive() {
  echo 'keepalive_min_timeout 5s;' >"$out/keepalive.conf"
  nginx -q -t -c "$here/nginx.conf" 2>/dev/null || : >"$out/keepalive.conf"
}

write_trusted_proxies
write_site
sh "$here/replicas.sh" resolve
write_keepalive
# What looks like an address and is none.
fault=$(nginx -q -t -c "$here/nginx.conf" 2>&1) || case "$fault" in
  */trusted-*) refuse_proxy "$(printf %s "$fault" | sed -n 's/.*"\(.*\)".*/\1/p' | head -n 1)" ;;
  *) refuse "nginx.conf: $fault" ;;
esac
if [ "${1:-}" = check ]; then exit 0; fi
# A container that was started anew may have another address.
while sleep 5; do sh "$here/replicas.sh" refresh || true; done &
exec nginx -c "$here/nginx.conf" -g 'daemon off;'
