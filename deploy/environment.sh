# shellcheck shell=bash disable=SC2034,SC2154 # variables of deploy.sh and of its other parts
# What has to be there before anything begins: tools, the lock, the environment file, the secrets, the port.
# Part of deploy.sh, whose functions and variables it uses.

readonly OLDEST_COMPOSE=2.24
readonly REQUIRED=(PUBLIC_URL CORS_ORIGINS COMPOSE_PROJECT_NAME ENV_FILE SECRETS_DIR IMAGE_TAG SUBNET HTTP_PORT)
readonly EXAMPLES='example\.(com|org|net)|your[-_]|change[-_]?me|change-this|placeholder'

check_tools() {
  command -v docker >/dev/null || fail 'docker is not installed: see docs/DEPLOYMENT.md.'
  docker info >/dev/null 2>&1 ||
    fail 'The Docker engine does not answer. Is it running, and may this user use it (group docker)?'
  local version
  version=$(docker compose version --short 2>/dev/null) || fail 'docker compose is not installed: see docs/DEPLOYMENT.md.'
  version=${version#v}
  [[ $(printf '%s\n' "$OLDEST_COMPOSE" "$version" | sort -V | head -n 1) == "$OLDEST_COMPOSE" ]] ||
    fail "docker compose is $version; $OLDEST_COMPOSE or newer is needed."
}

# One deploy on this server at a time, whichever checkout it comes from. The system releases it when this process ends.
take_lock() {
  if [[ -n $dry_run ]]; then return; fi
  command -v flock >/dev/null || fail 'flock is not installed (package util-linux): two deploys at once could not be told apart.'
  local lock=${DEPLOY_LOCK_FILE:-/tmp/gatehouse-deploy.lock}
  [[ -e $lock ]] || (umask 0 && : >>"$lock") || fail "The lock $lock cannot be made."
  exec 9<"$lock"
  flock --nonblock 9 || fail "$EXIT_LOCKED" "Another deploy is running on this server. Wait until it has ended; nothing was changed."
}

# The value of a variable in the environment file; empty where there is none. The file is read, never run.
value_of() {
  local value
  value=$(sed -n "s/^[[:space:]]*$1=//p" "$env_file" | tail -n 1 | tr -d '\r')
  value=${value%"${value##*[![:space:]]}"}
  case "$value" in
    \"*\" | \'*\') value=${value:1:-1} ;;
  esac
  printf '%s' "$value"
}

names_in() { sed -n 's/^[[:space:]]*#\{0,1\}[[:space:]]*\([A-Z][A-Z0-9_]*\)=.*/\1/p' "$@" | sort -u; }

# Compose lets a variable of the shell win over the file's: a deploy must not depend on who runs it.
forget_shell_variables() {
  local name
  for name in $(names_in "$env_file" "$env_file.example"); do unset "$name"; done
}

check_environment() {
  [[ -f $env_file ]] ||
    fail "$EXIT_CONFIG" "There is no $env_file: cp $env_file.example $env_file, and fill in what says REQUIRED."
  forget_shell_variables
  local name value faults=()
  for name in "${REQUIRED[@]}"; do
    [[ -n $(value_of "$name") ]] || faults+=("$name is missing or empty.")
  done
  for name in $(names_in <(grep -v '^[[:space:]]*#' "$env_file")); do
    value=$(value_of "$name")
    if grep -qiE "$EXAMPLES" <<<"$value"; then faults+=("$name still has a value of an example: $value"); fi
  done
  if [[ -n $(value_of ENV_FILE) && $(value_of ENV_FILE) != "$env_file" ]]; then
    faults+=("ENV_FILE has to be $env_file.")
  fi
  ((${#faults[@]} == 0)) || fail "$EXIT_CONFIG" "$env_file cannot be used; nothing was changed:" "${faults[@]}"
  project=$(value_of COMPOSE_PROJECT_NAME)
  tag=$(value_of IMAGE_TAG)
  secrets=$(value_of SECRETS_DIR)
  services=(backend frontend)
  if [[ $action != status ]]; then confirm; fi
}

has_postgres() { [[ ,$(value_of COMPOSE_PROFILES), == *,postgres,* ]]; }

random_text() { head -c 36 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n='; }

# Readable for the containers' users: the folder keeps everybody else out.
write_secret() { (umask 333 && printf '%s\n' "$2" >"$secrets/$1"); }

make_secrets() {
  local name missing=() needed=(app-secret redis-password)
  if has_postgres; then needed+=(database-owner-password database-password); else needed+=(database-url database-migration-url); fi
  for name in "${needed[@]}"; do [[ -s $secrets/$name ]] || missing+=("$name"); done
  if ((${#missing[@]} > 0)); then make_missing_secrets "${missing[@]}"; fi
  if [[ -n $dry_run ]]; then return; fi
  [[ -e $secrets/app-secret-previous ]] || (umask 333 && : >"$secrets/app-secret-previous")
  [[ -s $secrets/redis-url ]] || write_secret redis-url "redis://:$(cat "$secrets/redis-password")@redis:6379"
  if has_postgres; then write_database_urls; fi
}

make_missing_secrets() {
  local name
  for name in "$@"; do
    case "$name" in
      *-url) fail "$EXIT_CONFIG" "$secrets/$name is missing: write the address of your database into it (docs/DEPLOYMENT.md)." ;;
    esac
    # A new one would fit no database that is there already.
    if docker volume inspect "${project}_postgres" >/dev/null 2>&1; then
      fail "$EXIT_CONFIG" "$secrets/$name is missing, but the database was made with one: put the former file back. Nothing was changed."
    fi
  done
  if [[ -n $dry_run ]]; then
    detail "would make in $secrets: $*"
    return
  fi
  (umask 077 && mkdir -p "$secrets")
  for name in "$@"; do write_secret "$name" "$(random_text)"; done
  detail "made in $secrets: $*. Keep a copy elsewhere: backups cannot be used without app-secret."
}

write_database_urls() {
  local host=postgres:5432/gatehouse
  [[ -s $secrets/database-url ]] ||
    write_secret database-url "postgres://gatehouse_server:$(cat "$secrets/database-password")@$host"
  [[ -s $secrets/database-migration-url ]] ||
    write_secret database-migration-url "postgres://gatehouse:$(cat "$secrets/database-owner-password")@$host"
}

# The proxy learns the site's address when it is made, and no deploy makes it anew.
assert_same_address() {
  local id=$1 address
  address=$(inspect '{{range .Config.Env}}{{println .}}{{end}}' "$id" | sed -n 's/^PUBLIC_URL=//p')
  [[ $address == "$(value_of PUBLIC_URL)" ]] ||
    fail "$EXIT_CONFIG" "PUBLIC_URL was $address, and the proxy that runs knows no other. To change it, which interrupts the site for some seconds: docker compose --env-file $env_file -f docker-compose.yml -f docker-compose.prod.yml up -d"
}

readonly MOUNTED_FORMER=nginx/nginx.conf.former

# A proxy that an earlier release made reads the checkout's folder nginx/, where nginx.conf lay then. It serves on, and reads it
# there, until the operator makes it anew (report_stale says how).
supply_mounted_proxy() {
  local id
  id=$(container_ids proxy)
  if [[ -z $id || $(inspect '{{range .Mounts}}{{.Type}} {{.Destination}} {{end}}' "$id") != *'bind /etc/gatehouse'* ]]; then return; fi
  detail 'the proxy was made by an earlier release and reads the folder nginx/: nginx.conf is copied there'
  if [[ -n $dry_run ]]; then return; fi
  # What put_back restores. One that is there already was left by a deploy that was cut off: what followed it was never in force.
  if [[ -e nginx/nginx.conf && ! -e $MOUNTED_FORMER ]]; then
    cp nginx/nginx.conf "$MOUNTED_FORMER.new"
    mv "$MOUNTED_FORMER.new" "$MOUNTED_FORMER"
  fi
  cp nginx.conf nginx/nginx.conf
}

# Tries the port before the first start only: afterwards the proxy holds it.
check_port() {
  local at proxy
  proxy=$(container_ids proxy)
  if [[ -n $proxy ]]; then assert_same_address "$proxy"; fi
  supply_mounted_proxy
  if [[ -n $dry_run || -n $proxy ]]; then return; fi
  at="$(value_of HTTP_BIND):$(value_of HTTP_PORT)"
  at=${at/#:/127.0.0.1:}
  local image
  image=$(value_of NGINX_IMAGE)
  image=${image:-nginxinc/nginx-unprivileged:stable}
  docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null || fail "The image $image cannot be had."
  docker run --rm --publish "$at:8080" --entrypoint true "$image" >/dev/null 2>&1 ||
    fail "$EXIT_CONFIG" "$at is in use, or no address of this machine: stop what uses it, or change HTTP_BIND and HTTP_PORT in $env_file. Nothing was changed."
}
