#!/usr/bin/env bash
# Deploys Gatehouse on this server, with Docker, so that nobody notices. deploy.ps1 is the same for PowerShell 7.
#
#   ./deploy.sh production              the new version beside the old one; the old one goes when the new one serves
#   ./deploy.sh production --dry-run    say what would be done
#   ./deploy.sh production --rollback   go back to the release before
#   ./deploy.sh production --status     what runs, and what can be gone back to
#   ./deploy.sh production --force      new containers although nothing has changed: after a change of a secret
#   ./deploy.sh production --yes        ask nothing
#
# `staging` instead of `production`: the same, beside it. Run twice, it changes nothing the second time.
# Exit codes: 0 done; 1 failed, the version before still serves; 2 wrong usage; 75 another deploy is running; 78 configuration.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# On the containers that a deploy runs to their end.
readonly RUN_LABEL=gatehouse.deploy=step
readonly EXIT_USAGE=2 EXIT_LOCKED=75 EXIT_CONFIG=78

# In this order; each is a function of this name. What stands before start_databases changes nothing that runs.
readonly DEPLOY_STEPS=(
  check_tools take_lock check_environment make_secrets check_port build_images check_configuration compare_releases
  copy_nginx_conf start_databases back_up_database migrate_database publish_assets start_beside wait_until_ready switch_proxy
  check_site stop_former record_release remove_old_images link_environment report
)
readonly ROLLBACK_STEPS=(
  check_tools take_lock check_environment choose_former check_configuration compare_releases
  copy_nginx_conf publish_assets start_beside wait_until_ready switch_proxy check_site
  stop_former record_rollback remove_old_images report
)

# shellcheck source=deploy/environment.sh
. deploy/environment.sh
# shellcheck source=deploy/images.sh
. deploy/images.sh
# shellcheck source=deploy/database.sh
. deploy/database.sh
# shellcheck source=deploy/roll.sh
. deploy/roll.sh
# shellcheck source=deploy/report.sh
. deploy/report.sh

say() { printf '%s\n' "$*"; }
detail() { printf '    %s\n' "$*"; }

# One message; what was begun is put back by the trap.
fail() {
  local code=1
  if [[ $1 =~ ^[0-9]+$ ]]; then
    code=$1
    shift
  fi
  printf '\ndeploy: %s\n' "$1" >&2
  shift
  if (($# > 0)); then printf '  - %s\n' "$@" >&2; fi
  exit "$code"
}

# Whatever changes something goes through this, so that --dry-run can say it instead.
act() {
  if [[ -n $dry_run ]]; then
    local command=$*
    command=${command/#quietly /}
    command=${command/#in_proxy /compose exec -T proxy }
    detail "would run: ${command/#compose /docker compose }"
  else
    "$@"
  fi
}

# Its output is of no interest; what --dry-run says instead of it is.
quietly() { "$@" >/dev/null; }

compose() {
  docker compose --env-file "$env_file" -f docker-compose.yml -f docker-compose.prod.yml \
    ${DEPLOY_COMPOSE_FILE:+-f "$DEPLOY_COMPOSE_FILE"} "$@"
}

usage() {
  sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit "$1"
}

read_options() {
  step='' environment='' dry_run='' assume_yes='' action=deploy force=''
  local option
  for option in "$@"; do
    case "$option" in
      production | staging)
        [[ -z $environment ]] || usage "$EXIT_USAGE" >&2
        environment=$option
        ;;
      --dry-run) dry_run=yes ;;
      --rollback) action=rollback ;;
      --status) action=status ;;
      --force) force=yes ;;
      --yes) assume_yes=yes ;;
      --help | -h) usage 0 ;;
      *)
        say "deploy: unknown option: $option" >&2
        usage "$EXIT_USAGE" >&2
        ;;
    esac
  done
  [[ -n $environment ]] || usage "$EXIT_USAGE" >&2
  env_file=.env.$environment
}

confirm() {
  if [[ -n $assume_yes || -n $dry_run || ! -t 0 ]]; then return; fi
  local answer
  read -r -p "This will $action on $environment ($(value_of PUBLIC_URL)). Go on? [y/N] " answer
  [[ $answer == [yY]* ]] || fail 'Nothing was changed.'
}

run_steps() {
  local number=0
  for step in "$@"; do
    number=$((number + 1))
    say "[$number/$#] ${step//_/ }"
    "$step"
  done
  step=
}

# On every way out, Ctrl-C included.
finish() {
  local code=$?
  trap '' INT TERM HUP
  put_back || true
  if ((code != 0)) && [[ -n $step ]]; then say "deploy: $action of $environment ended at \"${step//_/ }\" (exit code $code)." >&2; fi
  exit "$code"
}

main() {
  read_options "$@"
  trap finish EXIT
  trap 'fail 130 "Interrupted."' INT TERM HUP
  case "$action" in
    status) run_steps check_tools check_environment report ;;
    rollback) run_steps "${ROLLBACK_STEPS[@]}" ;;
    deploy) run_steps "${DEPLOY_STEPS[@]}" ;;
  esac
}

main "$@"
