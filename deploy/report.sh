# shellcheck shell=bash disable=SC2034,SC2154 # variables of deploy.sh and of its other parts
# What runs, and what a plain `docker compose` will find. Part of deploy.sh.

# Compose reads .env by itself. A file that somebody made is not ours to replace.
link_environment() {
  if [[ -e .env && ! -L .env ]]; then
    detail ".env is a file of its own: add --env-file $env_file to plain docker compose calls"
  elif [[ $environment == production || ! -e .env ]]; then
    act ln -sfn "$env_file" .env
  fi
}

# Parts that a deploy never interrupts, and whose settings have changed since they were made.
report_stale() {
  local name
  for name in $(diverged_containers); do
    case "$name" in
      "$project"-proxy-* | "$project"-redis-* | "$project"-postgres-*)
        say "  $name runs with former settings. New ones take effect when it is made anew, which interrupts it for some seconds:"
        say "    docker compose --env-file $env_file -f docker-compose.yml -f docker-compose.prod.yml up -d"
        ;;
    esac
  done
}

version_of() {
  local version
  version=$(describe_release "$(inspect '{{.Image}}' "$1")")
  if [[ -n $version ]]; then echo ", version $version"; fi
}

report() {
  local service id candidate
  say
  say "$environment at $(value_of PUBLIC_URL), listening on $(value_of HTTP_BIND):$(value_of HTTP_PORT)"
  for service in proxy "${services[@]}" redis postgres; do
    for id in $(container_ids "$service"); do
      say "  $(inspect '{{.Name}}' "$id" | tr -d /): $(inspect '{{.State.Status}}, {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$id")$(version_of "$id")"
    done
  done
  for candidate in "$tag-previous" "$tag-previous-2"; do
    if [[ -n $(image_id "$(image_of backend "$candidate")") ]]; then
      say "  can go back to: $(describe_release "$(image_of backend "$candidate")")"
    fi
  done
  report_stale
}
