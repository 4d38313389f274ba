# shellcheck shell=bash disable=SC2034,SC2154 # variables of deploy.sh and of its other parts
# The database: started, backed up, migrated. Part of deploy.sh.

start_databases() {
  local parts=(redis)
  if has_postgres; then parts+=(postgres); fi
  # Those that run are left alone: a deploy must not interrupt them.
  act compose up --detach --no-recreate --wait --wait-timeout 120 "${parts[@]}" ||
    fail "The databases do not start: docker logs of ${parts[*]} say why. The version before still serves."
}

changes_backend() { [[ " ${changed[*]} " == *' backend '* ]]; }

# Before the first release there is nothing to lose.
back_up_database() {
  if ! changes_backend || [[ -z ${former_image[backend]:-} ]]; then
    detail 'nothing to do'
    return
  fi
  local folder=backups/$environment file
  file=$folder/$(date -u +%Y-%m-%dT%H-%M-%SZ).dump
  if [[ -n $dry_run ]]; then
    detail "would write $file"
    return
  fi
  unfinished_backup=$file.part
  write_backup "$folder" "$unfinished_backup" ||
    fail 'The database cannot be backed up (see above; a full disk?). Nothing was migrated, the version before still serves.'
  mv "$unfinished_backup" "$file"
  unfinished_backup=
  detail "$file ($(du -h "$file" | cut -f 1))"
  run_backup_hook "$file"
  remove_old_backups "$folder"
}

write_backup() {
  (umask 077 && mkdir -p "$1" && compose run --rm --no-deps -T --label "$RUN_LABEL" backup >"$2") || return 1
  [[ $(head -c 5 "$2") == PGDMP ]]
}

run_backup_hook() {
  local hook
  hook=$(value_of BACKUP_HOOK)
  if [[ -z $hook ]]; then return; fi
  BACKUP_FILE=$PWD/$1 bash -c "$hook" 9<&- ||
    fail 'BACKUP_HOOK failed: the backup is on this machine only. Nothing was migrated, the version before still serves.'
}

remove_old_backups() {
  local keep file
  keep=$(value_of BACKUP_KEEP)
  # Their names sort by time.
  find "$1" -name '*.dump' | sort -r | tail -n "+$((${keep:-10} + 1))" | while read -r file; do rm -f "$file"; done
}

# Expand and contract: the version before keeps serving on the new tables.
migrate_database() {
  if ! changes_backend; then
    detail 'nothing to do'
    return
  fi
  IMAGE_TAG=$tag-next act compose run --rm --no-deps -T --label "$RUN_LABEL" migrate ||
    fail 'The database cannot be migrated (see above). The version before still serves; a migration that was interrupted can be repeated.'
}
