# shellcheck shell=bash disable=SC2034,SC2154 # variables of deploy.sh and of its other parts
# Images: the next release's, the running one's, those that can be gone back to. A release is the pair of server and pages.
#   gatehouse-backend:production-next         about to be deployed
#   gatehouse-backend:production              runs
#   gatehouse-backend:production-previous     the release before; production-previous-2 the one before that
# Part of deploy.sh.

image_of() { echo "gatehouse-$1:$2"; }

image_id() { docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true; }

describe_release() {
  docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' "$1" 2>/dev/null || echo none
}

release_version() {
  git describe --tags --always --dirty 2>/dev/null || sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json
}

build_images() {
  if [[ -n $(value_of BACKEND_IMAGE)$(value_of FRONTEND_IMAGE) ]]; then
    pull_images
    return
  fi
  RELEASE_VERSION=$(release_version)
  RELEASE_REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)
  export RELEASE_VERSION RELEASE_REVISION
  local pull=()
  if [[ $(value_of BUILD_PULL) == yes ]]; then pull=(--pull); fi
  IMAGE_TAG=$tag-next act compose build --quiet ${pull[@]+"${pull[@]}"} "${services[@]}" ||
    fail 'The images cannot be built (see above; a full disk?). The version before still serves.'
  detail "built $RELEASE_VERSION"
}

pull_images() {
  local service name image
  for name in BACKEND_IMAGE FRONTEND_IMAGE; do
    [[ -n $(value_of "$name") ]] || fail "$EXIT_CONFIG" "$name is missing: give both images, or none to build them here."
  done
  for service in "${services[@]}"; do
    image=$(value_of "${service^^}_IMAGE")
    act docker pull --quiet "$image" || fail "$image cannot be pulled. The version before still serves."
    act docker tag "$image" "$(image_of "$service" "$tag-next")"
  done
}

# --rollback: what was built already.
choose_former() {
  local service
  for service in "${services[@]}"; do
    [[ -n $(image_id "$(image_of "$service" "$tag-previous")") ]] || fail 'There is no former release to go back to. Nothing was changed.'
    act docker tag "$(image_of "$service" "$tag-previous")" "$(image_of "$service" "$tag-next")"
  done
  supply_mounted_proxy
  detail "going back to $(describe_release "$(image_of backend "$tag-previous")")"
}

# The server's own check, on the values and secrets as it will get them.
check_configuration() {
  local code=0
  IMAGE_TAG=$tag-next act compose run --rm --no-deps -T --label "$RUN_LABEL" migrate gatehouse config check || code=$?
  if ((code == EXIT_CONFIG)); then fail "$EXIT_CONFIG" 'The configuration is not valid (see above). The version before still serves.'; fi
  if ((code != 0)); then fail 'The configuration cannot be checked (see above; does another network use SUBNET?). The version before still serves.'; fi
}

has_new_images() {
  local service
  for service in ${rolled[@]+"${rolled[@]}"}; do
    [[ ${former_image[$service]:-} == "$(image_id "$(image_of "$service" "$tag")")" ]] || return 0
  done
  return 1
}

# The release that ran until now becomes the one to go back to. With new settings only, it is still the same one.
record_release() {
  if [[ -z $dry_run ]] && ! has_new_images; then return; fi
  local service previous
  for service in "${services[@]}"; do
    previous=$(image_of "$service" "$tag-previous")
    if [[ -z ${former_image[$service]:-} ]]; then continue; fi
    if [[ -n $(image_id "$previous") ]]; then act docker tag "$previous" "$previous-2"; fi
    act docker tag "${former_image[$service]}" "$previous"
  done
}

# What was gone back from is nothing to go back to.
record_rollback() {
  local service previous
  for service in "${services[@]}"; do
    previous=$(image_of "$service" "$tag-previous")
    act quietly docker rmi "$previous"
    if [[ -n $(image_id "$previous-2") ]]; then
      act docker tag "$previous-2" "$previous"
      act quietly docker rmi "$previous-2"
    fi
  done
}

# Those that have lost their last name: the three releases have one.
remove_old_images() {
  local service title
  for service in "${services[@]}"; do
    if [[ -n $(image_id "$(image_of "$service" "$tag-next")") ]]; then
      act quietly docker rmi "$(image_of "$service" "$tag-next")"
    fi
  done
  for title in 'Gatehouse server' 'Gatehouse pages'; do
    act quietly docker image prune --force --filter "label=org.opencontainers.image.title=$title"
  done
}
