# shellcheck shell=bash disable=SC2034,SC2154 # variables of deploy.sh and of its other parts
# The roll: the new containers beside the old ones, all ready, then the proxy sends requests to the new ones only, then the old
# ones finish what they have begun and go. Until then everything can be put back. Part of deploy.sh.

declare -A former=() former_image=() fresh=()
changed=() rolled=() unfinished_backup='' copied='' switched='' committed=''

# Of a service, in the order they were made; `docker compose run` makes containers too, which are none of them.
container_ids() {
  docker ps --all --quiet --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}

inspect() { docker inspect --format "$1" "$2"; }

names_of() {
  local id
  for id in "$@"; do inspect '{{.Name}}' "$id" | tr -d /; done
}

replicas_of() {
  local number=1
  if [[ $1 == backend ]]; then number=$(value_of BACKEND_REPLICAS); fi
  echo "${number:-2}"
}

# Compose's own opinion of which containers it would make anew, because their settings have changed. (`compose config --hash` is of
# no use: some versions hash another thing than they write on the container.)
diverged_containers() {
  compose --ansi never --dry-run create --no-build 2>&1 | sed -n 's/.*Container \([^ ]*\)  *Recreate *$/\1/p' | tr '\n' ' '
}

# Whether the service runs as it should: number, image, settings and health.
is_current() {
  local service=$1 diverged=$2 id image count=0
  image=$(image_id "$(image_of "$service" "$tag-next")")
  for id in ${former[$service]}; do
    count=$((count + 1))
    [[ $(inspect '{{.Image}} {{.State.Health.Status}}' "$id") == "$image healthy" ]] || return 1
    [[ " $diverged" != *" $(names_of "$id") "* ]] || return 1
  done
  ((count == $(replicas_of "$service")))
}

compare_releases() {
  local service first diverged=''
  for service in "${services[@]}"; do
    former[$service]=$(container_ids "$service" | tr '\n' ' ')
    first=${former[$service]%% *}
    if [[ -n $first ]]; then former_image[$service]=$(inspect '{{.Image}}' "$first"); fi
  done
  if [[ -n $first ]]; then diverged=$(diverged_containers); fi
  for service in "${services[@]}"; do
    if [[ -n $dry_run$force ]] || ! is_current "$service" "$diverged"; then changed+=("$service"); fi
  done
  if ((${#changed[@]} == 0)); then detail 'everything runs as it should already'; else detail "to change: ${changed[*]}"; fi
}

# Also where it has never become healthy since it started: one that ends and begins again is caught now and then while it runs.
is_down() {
  local state=gone
  if [[ -n $1 ]]; then state=$(state_of "$1"); fi
  [[ $state != 'running '* || $state == *' starting' ]]
}

# Releases that mounted the checkout's folder nginx/ have none in their image.
has_nginx_conf() {
  [[ -n $dry_run ]] ||
    [[ -n $(docker image inspect --format '{{index .Config.Labels "gatehouse.nginx-conf"}}' "$(image_of frontend "$tag-next")" 2>/dev/null) ]]
}

# The next release's beside the one in force, where only the proxy's own Nginx looks at it, for a test. A proxy that is down gets one
# even where nothing else has changed: what it reads may be why.
copy_nginx_conf() {
  local proxy
  proxy=$(container_ids proxy)
  if ((${#changed[@]} == 0)) && ! is_down "$proxy"; then return; fi
  if ! has_nginx_conf; then
    detail 'this release has no nginx.conf in its image: the one in force stays. Check out the tag of this release before the next docker compose up'
    return
  fi
  IMAGE_TAG=$tag-next act compose run --rm --no-deps -T --label "$RUN_LABEL" nginx-conf publish-nginx-conf copy ||
    fail 'nginx.conf cannot be copied into its volume (see above; a full disk?). The version before still serves.'
  test_nginx_conf "$proxy" || fail 'The proxy refuses nginx.conf (see above). The version before still serves.'
  copied=yes
}

# By the Nginx of the proxy that runs, or of one that is made for it.
test_nginx_conf() {
  if is_down "$1"; then
    act compose run --rm --no-deps -T --label "$RUN_LABEL" proxy sh /etc/gatehouse/next/start-proxy.sh check
  else
    act in_proxy sh /etc/gatehouse/replicas.sh test
  fi
}

# `use`, or `back` to the one before.
put_nginx_conf() {
  if ! has_nginx_conf; then return; fi
  IMAGE_TAG=$tag-next compose run --rm --no-deps -T --label "$RUN_LABEL" nginx-conf publish-nginx-conf "$1"
}

publish_assets() {
  if ((${#changed[@]} == 0)); then return; fi
  IMAGE_TAG=$tag-next act compose run --rm --no-deps -T --label "$RUN_LABEL" assets publish-assets copy ||
    fail 'The assets of the pages cannot be published (see above; a full disk?). The version before still serves.'
}

# One-shots of the former release would make Compose take the new containers for outdated.
remove_one_shots() { act quietly compose rm --force migrate assets nginx-conf 2>/dev/null; }

start_beside() {
  if ((${#changed[@]} == 0)); then return; fi
  local service id
  rolled=("${changed[@]}")
  for service in "${rolled[@]}"; do
    act docker tag "$(image_of "$service" "$tag-next")" "$(image_of "$service" "$tag")"
  done
  remove_one_shots
  mapfile -t scale < <(scale_of_all)
  act compose up --detach --no-recreate --no-build "${scale[@]}" "${services[@]}" || fail 'New containers cannot be started (see above).'
  for service in "${rolled[@]}"; do
    for id in $(container_ids "$service"); do
      [[ " ${former[$service]}" == *" $id "* ]] || fresh[$service]+="$id "
    done
  done
}

is_rolled() { [[ " ${rolled[*]} " == *" $1 "* ]]; }

# How many of each there are while the former and the fresh ones run, as options of Compose: one a line.
scale_of_all() {
  local service number
  for service in "${services[@]}"; do
    number=$(wc -w <<<"${former[$service]}")
    if is_rolled "$service"; then number=$((number + $(replicas_of "$service"))); fi
    printf '%s\n' --scale "$service=$number"
  done
}

state_of() { inspect '{{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}' "$1" 2>/dev/null || echo gone; }

wait_until_ready() {
  if [[ -n $dry_run ]]; then return; fi
  local service id deadline=$((SECONDS + ${DEPLOY_READY_SECONDS:-120}))
  for service in ${rolled[@]+"${rolled[@]}"}; do
    for id in ${fresh[$service]}; do
      while [[ $(state_of "$id") != 'running 0 healthy' ]]; do
        # It ended, or it begins again and again: waiting does not help.
        if [[ $(state_of "$id") != 'running 0 '* ]] || ((SECONDS > deadline)); then refuse_release "$service" "$id"; fi
        sleep 0.5
      done
    done
  done
}

refuse_release() {
  say "deploy: $1 did not become ready ($(state_of "$2")). Its last lines:" >&2
  docker logs --tail 40 "$2" 2>&1 | sed 's/^/    | /' >&2
  fail 'The new version does not become ready. It is taken away; the version before still serves.'
}

in_proxy() { compose exec -T proxy "$@"; }

# The proxy holds the port, so no deploy makes it anew; it is told whom to ask. A missing one is made with its dependencies, as many of
# them as there are: without them Compose writes another hash, and a plain `docker compose up` would make it anew (decision 012).
start_proxy() {
  local id awaited=(--no-recreate --no-build --wait --wait-timeout 60 proxy)
  id=$(container_ids proxy)
  if ! is_down "$id"; then return; fi
  if [[ -n $id ]]; then
    act quietly docker restart "$id" || fail 'The proxy does not start (see above).'
    awaited=(--no-deps "${awaited[@]}")
  else
    mapfile -t scale < <(scale_of_all)
    awaited=("${scale[@]}" "${awaited[@]}")
  fi
  act compose up --detach "${awaited[@]}" || fail 'The proxy does not start (see above).'
}

# The containers of each rolled service, from the list given by its name: `former` or `fresh`.
use_replicas() {
  local -n containers=$1
  local service lists=()
  for service in ${rolled[@]+"${rolled[@]}"}; do
    # shellcheck disable=SC2086 # a list of ids
    if [[ -n ${containers[$service]:-} ]]; then lists+=("$service=$(names_of ${containers[$service]} | paste -s -d , -)"); fi
  done
  if ((${#lists[@]} > 0)); then in_proxy sh /etc/gatehouse/replicas.sh use 30 "${lists[@]}"; fi
}

switch_proxy() {
  if [[ -n $copied && -z $dry_run ]]; then
    switched=yes
    put_nginx_conf use || fail 'nginx.conf cannot be put in force (see above).'
  fi
  start_proxy
  if ((${#rolled[@]} == 0)); then
    act in_proxy sh /etc/gatehouse/replicas.sh reload || fail 'The proxy refuses nginx.conf (see above).'
  elif [[ -n $dry_run ]]; then
    detail "would send requests to the new ${rolled[*]} only"
  else
    switched=yes
    use_replicas fresh || fail 'The proxy cannot be told of the new version (see above).'
  fi
}

# As a browser would, from the proxy's own container: the port may be bound to an address that this machine cannot call.
ask_site() {
  local host
  host=$(value_of PUBLIC_URL)
  host=${host#*://}
  in_proxy curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' \
    --header "Host: ${host%/}" --header 'X-Forwarded-Proto: https' "http://127.0.0.1:8080$1"
}

check_site() {
  if [[ -n $dry_run ]]; then return; fi
  local path round status
  for round in 1 2 3; do
    for path in /readyz /api/auth/options /; do
      status=$(ask_site "$path") || true
      [[ $status == 200 ]] || fail "The site answers $path with $status instead of 200 (round $round)."
    done
  done
}

# From here on the new version is the one: what is left to do is only to let the old one finish.
stop_former() {
  trap '' INT TERM HUP
  committed=yes
  if [[ -z $dry_run ]]; then rm -f "$MOUNTED_FORMER"; fi
  local service ids=()
  for service in ${rolled[@]+"${rolled[@]}"}; do
    # shellcheck disable=SC2206 # a list of ids
    ids+=(${former[$service]})
  done
  if ((${#ids[@]} > 0)); then
    act quietly docker stop --time 60 "${ids[@]}" || true
    act quietly docker rm --force "${ids[@]}" || true
  fi
  if ((${#rolled[@]} > 0)); then
    act compose run --rm --no-deps -T --label "$RUN_LABEL" assets publish-assets record || detail 'old assets could not be removed; the next deploy will'
  fi
}

# A `docker compose run` that was cut off leaves its container running.
remove_cut_off() {
  local id
  for id in $(docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter "label=$RUN_LABEL"); do
    docker rm --force "$id" >/dev/null || true
  done
}

# What a failed or interrupted deploy has begun; nothing after a good one.
put_back() {
  if [[ -n $unfinished_backup ]]; then rm -f "$unfinished_backup"; fi
  if [[ -n $dry_run || -n $committed || $action == status || -z ${project:-} ]]; then return; fi
  remove_cut_off
  if [[ -e $MOUNTED_FORMER ]]; then mv "$MOUNTED_FORMER" nginx/nginx.conf || true; fi
  local service id
  if [[ -n $switched ]]; then
    put_nginx_conf back || true
    use_replicas former || true
  fi
  for service in ${rolled[@]+"${rolled[@]}"}; do
    if [[ -n ${former[$service]} ]]; then
      docker tag "${former_image[$service]}" "$(image_of "$service" "$tag")" || true
    fi
    for id in $(container_ids "$service"); do
      [[ " ${former[$service]}" == *" $id "* ]] || docker rm --force "$id" >/dev/null || true
    done
  done
  if ((${#rolled[@]} > 0)); then remove_one_shots || true; fi
}
