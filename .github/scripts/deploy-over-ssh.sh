#!/usr/bin/env bash
# Runs deploy.sh in the checkout on the server. All input comes by environment, so that none of it is ever source code:
#   DEPLOY_ENVIRONMENT                       staging | production
#   DEPLOY_ACTION                            deploy | rollback | status | dry-run
#   DEPLOY_COMMIT                            what to deploy, all 40 digits
#   DEPLOY_NEVER_BACK                        true: leave a server alone that already has a later commit
#   DEPLOY_HOST, _USER, _PATH, _PORT         where; the port may be missing
#   DEPLOY_SSH_KEY, DEPLOY_KNOWN_HOSTS       the private key, and the only host key that is accepted
set -Eeuo pipefail
umask 077

fail() {
  echo "::error title=deploy::$1"
  exit 1
}

missing=()
for name in DEPLOY_HOST DEPLOY_USER DEPLOY_PATH DEPLOY_SSH_KEY DEPLOY_KNOWN_HOSTS; do
  [[ -n ${!name:-} ]] || missing+=("$name")
done
((${#missing[@]} == 0)) || fail "not set in this environment: ${missing[*]}; the top of deploy.yml says what they are"

# Nothing of this can begin with a dash, which ssh would take for an option.
matches() { [[ ${!1:-} =~ ^($2)$ ]] || fail "$1 is not $3"; }
matches DEPLOY_ENVIRONMENT 'staging|production' 'staging or production'
matches DEPLOY_ACTION 'deploy|rollback|status|dry-run' 'deploy, rollback, status or dry-run'
matches DEPLOY_COMMIT '[0-9a-f]{40}' 'a full commit id'
matches DEPLOY_NEVER_BACK '(true|false)?' 'true or false'
matches DEPLOY_HOST '[A-Za-z0-9][A-Za-z0-9.:-]*' 'a host name or an address'
matches DEPLOY_USER '[A-Za-z_][A-Za-z0-9_.-]*' 'a user name'
matches DEPLOY_PATH '/[A-Za-z0-9_./-]+' 'an absolute path without spaces'
matches DEPLOY_PORT '[0-9]{0,5}' 'a port'

secrets="$(mktemp -d)"
trap 'rm -rf "$secrets"' EXIT
tr -d '\r' <<<"$DEPLOY_SSH_KEY" >"$secrets/key"
tr -d '\r' <<<"$DEPLOY_KNOWN_HOSTS" >"$secrets/known_hosts"

# This part runs on the server. It is read from standard input, therefore nothing in it may read from there.
on_the_server() {
  cat <<'SERVER'
set -Eeuo pipefail

main() {
  local environment=$1 action=$2 commit=$3 never_back=$4 folder=$5 head
  cd "$folder"
  case $action in
    status) ./deploy.sh "$environment" --status ;;
    dry-run) ./deploy.sh "$environment" --dry-run ;;
    rollback) ./deploy.sh "$environment" --rollback --yes ;;
    deploy)
      if [[ -n "$(git status --porcelain --untracked-files=no)" ]]; then
        echo "Somebody changed files of the checkout on the server. Nothing was done:" >&2
        git status --short --untracked-files=no >&2
        return 1
      fi
      # With the tags, which deploy.sh names the release by.
      git fetch --quiet --tags --force origin "$commit"
      head="$(git rev-parse HEAD)"
      if [[ $never_back == true && $head != "$commit" ]] && git merge-base --is-ancestor "$commit" "$head"; then
        echo "The server already has $head, which came after $commit. Nothing was done."
        return 0
      fi
      git checkout --quiet --detach "$commit"
      ./deploy.sh "$environment" --yes
      ;;
  esac
}

main "$@" </dev/null
exit
SERVER
}

arguments=("$DEPLOY_ENVIRONMENT" "$DEPLOY_ACTION" "$DEPLOY_COMMIT" "${DEPLOY_NEVER_BACK:-false}" "$DEPLOY_PATH")
options=(
  -F /dev/null
  -p "${DEPLOY_PORT:-22}"
  -i "$secrets/key"
  -o IdentitiesOnly=yes
  -o BatchMode=yes
  -o StrictHostKeyChecking=yes
  -o UserKnownHostsFile="$secrets/known_hosts"
  -o GlobalKnownHostsFile=/dev/null
  -o ForwardAgent=no
  -o ConnectTimeout=20
  -o ServerAliveInterval=20
  -o ServerAliveCountMax=9
)

echo "$DEPLOY_ACTION on $DEPLOY_ENVIRONMENT, commit $DEPLOY_COMMIT"
ssh "${options[@]}" -- "$DEPLOY_USER@$DEPLOY_HOST" "bash -s --$(printf ' %q' "${arguments[@]}")" < <(on_the_server)
