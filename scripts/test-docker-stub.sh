#!/usr/bin/env bash
# Stands in for `docker` in the tests of deploy.sh and deploy.ps1 (scripts/test-deploy.ts puts it into PATH under that name).
# It writes down every call with the step it was made in, and plays an engine whose state is a few files in $STUB:
#   $STUB_CALLS        what was called: step, tab, call; the files that every compose call names stand as `compose` only
#   $STUB_OUTPUT       what the script under test says: its last "[3/21] step" tells the step
#   containers/ID      service name image status restarts health
#   images/NAME:TAG    the image's id, which ends in its version
#   volumes/NAME
#   version            what a build makes
#   state              status, restarts and health of new containers of the server
#   slow               where it is there: what starts is healthy at the second look
#   site               what the site answers
#   address            what the proxy knows as PUBLIC_URL
#   mounts             what the proxy's container has mounted, where it is not a volume
#   bare               where it is there: images of the pages hold no nginx.conf
#   diverged           names of containers whose settings have changed
#   dump               what a backup is
#   faults             pattern, tab, exit code, tab, message: a call that fails
#   hold               a pattern: a call that says so in `held`, and ends when somebody writes into the pipe `go`;
#                      a `compose run` that is cut off meanwhile leaves its container
set -euo pipefail
cd "$STUB"

call=$*
files="compose --env-file ${STUB_ENV_FILE} -f docker-compose.yml -f docker-compose.prod.yml "
[[ $call != "$files"* ]] || call="compose ${call#"$files"}"
title=$call
for name in IMAGE_TAG PUBLIC_URL; do [[ -z ${!name:-} ]] || title="$name=${!name} $title"; done
step=
while IFS= read -r line; do
  if [[ $line =~ ^\[[0-9]+/[0-9]+\]\ (.*)$ ]]; then step=${BASH_REMATCH[1]}; fi
done <"$STUB_OUTPUT"
printf '%s\t%s\n' "$step" "$title" >>"$STUB_CALLS"

image_of() {
  case "$1" in
    sha256:*) printf '%s' "$1" ;;
    *) if [[ -e images/${1//\//_} ]]; then cat "images/${1//\//_}"; else return 1; fi ;;
  esac
}

# Ids of a service, the newest first, as docker says them.
ids_of() {
  local id service
  for id in $(cd containers && ls -r); do
    read -r service _ <"containers/$id"
    [[ $service != "$1" ]] || echo "$id"
  done
}

new_container() {
  local service=$1 count id state='running 0 healthy' image='sha256:base-1'
  count=$(<count)
  count=$((count + 1))
  echo "$count" >count
  id=c$((1000 + count))
  if [[ $service == backend && -e state ]]; then state=$(<state); fi
  case "$service" in
    backend | frontend) image=$(image_of "gatehouse-$service:$STUB_TAG") ;;
    postgres) : >"volumes/${STUB_PROJECT}_postgres" ;;
  esac
  echo "$service $STUB_PROJECT-$service-$count $image $state" >"containers/$id"
}

up() {
  local service number
  while (($# > 0)); do
    case "$1" in
      --scale)
        service=${2%=*} number=${2#*=}
        while (($(ids_of "$service" | wc -l) < number)); do new_container "$service"; done
        shift 2
        ;;
      --wait-timeout) shift 2 ;;
      --*) shift ;;
      *)
        [[ -n $(ids_of "$1") ]] || new_container "$1"
        shift
        ;;
    esac
  done
}

inspect() {
  local service name image status restarts health
  [[ -e containers/$2 ]] || return 1
  read -r service name image status restarts health <"containers/$2"
  case "$1" in
    '{{range .Config.Env}}'*) printf 'PATH=/bin\nPUBLIC_URL=%s\n\n' "$(<address)" ;;
    '{{range .Mounts}}'*) if [[ -e mounts ]]; then cat mounts; else echo 'volume /etc/gatehouse volume /var/cache/nginx '; fi ;;
    '{{.Name}}') echo "/$name" ;;
    '{{.Image}}') echo "$image" ;;
    '{{.Image}} {{.State.Health.Status}}') echo "$image $health" ;;
    '{{.State.Status}}') echo "$status" ;;
    '{{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}')
      echo "$status $restarts $health"
      if [[ $health == starting && -e slow ]]; then echo "$service $name $image $status $restarts healthy" >"containers/$2"; fi
      ;;
    *) echo "$status, $health" ;;
  esac
}

if [[ -e hold && $call == $(<hold) ]]; then
  rm hold
  [[ $call != 'compose run '* ]] || echo "cut-off $STUB_PROJECT-run sha256:base-1 running 0 none" >containers/c9000
  : >held
  read -r _ <go || true
  rm -f containers/c9000
fi
if [[ -e faults ]]; then
  while IFS=$'\t' read -r pattern code message; do
    # shellcheck disable=SC2053 # a pattern
    if [[ $call == $pattern ]]; then
      echo "$message" >&2
      if [[ $call == *' backup' ]]; then printf 'PGDM'; fi
      exit "$code"
    fi
  done <faults
fi

case "$call" in
  info) ;;
  'compose version --short') echo "${STUB_COMPOSE_VERSION:-2.40.3}" ;;
  'ps '*oneoff=False)
    service=${call##*compose.service=}
    ids_of "${service%% *}"
    ;;
  'ps '*gatehouse.deploy=step) ids_of cut-off ;;
  'image inspect --format {{.Id}} '*) image_of "$5" ;;
  'image inspect --format {{index .Config.Labels "gatehouse.nginx-conf"}} '*)
    image_of "$5" >/dev/null
    if [[ ! -e bare ]]; then echo /usr/local/share/gatehouse; else echo; fi
    ;;
  'image inspect --format '*)
    id=$(image_of "$5")
    echo "${id##*-}"
    ;;
  'image inspect '*) image_of "$3" >/dev/null ;;
  'image prune '*) echo 'Total reclaimed space: 0B' ;;
  'inspect --format '*) inspect "$3" "$4" ;;
  'volume inspect '*) [[ -e volumes/$3 ]] ;;
  'pull --quiet '*)
    echo "sha256:${3%%:*}-${3##*:}" >"images/${3//\//_}"
    echo "$3"
    ;;
  'tag '*)
    id=$(image_of "$2")
    echo "$id" >"images/$3"
    ;;
  'rmi '*)
    rm "images/$2"
    echo "Untagged: $2"
    ;;
  'logs '*) echo 'the server says why' ;;
  'restart '*) sed -i 's/exited/running/' "containers/$2" ;;
  'stop '*) for id in "${@:4}"; do sed -i 's/running/exited/' "containers/$id"; done ;;
  'rm --force '*) for id in "${@:3}"; do rm -f "containers/$id"; done ;;
  'run '*) ;;
  'compose build '*) for each in backend frontend; do echo "sha256:$each-$(<version)" >"images/gatehouse-$each:$IMAGE_TAG"; done ;;
  'compose run '*' backup') if [[ -e dump ]]; then cat dump; else printf 'PGDMP\001\000\r\n\377'; fi ;;
  'compose run '* | 'compose rm '* | 'compose exec -T proxy sh '*) ;;
  'compose exec -T proxy curl '*) if [[ -e site ]]; then cat site; else printf 200; fi ;;
  'compose --ansi never --dry-run create '*)
    while read -r name; do echo " DRY-RUN MODE -  Container $name  Recreate"; done <diverged >&2
    ;;
  'compose up '*)
    # shellcheck disable=SC2086 # words
    up ${call#compose up }
    ;;
  *)
    echo "docker stub: unknown call: $call" >&2
    exit 64
    ;;
esac
