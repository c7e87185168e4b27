#!/usr/bin/env bash
# Takes threads out of Threadstore and puts them where a local Codex finds them, so that `codex resume ID` picks them up.
#
#   examples/codex-export.sh ID...
#   CODEX_HOME=~/.codex                          where to
#   THREADSTORE=http://localhost:8080            where Threadstore is
#
# A thread whose file is there is left alone. It ends with 1 if that file is another than Threadstore's, or if a thread could not be had.
# Needs curl 7.73 or later.
set -uo pipefail
home=${CODEX_HOME:-$HOME/.codex}
api=${THREADSTORE:-http://localhost:8080}/v1/threads
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for id in "$@"; do
  rm -f "$work"/*
  if ! curl -sS --fail -OJ --output-dir "$work" "$api/$id/rollout?include_archived=true"; then
    failed=1
    continue
  fi
  file=$(find "$work" -type f)
  name=$(basename "$file")
  # Codex names files by the local time, so the thread's own file may have another name
  there=$(find "$home/sessions" "$home/archived_sessions" -name "rollout-*-$id.jsonl*" 2>/dev/null | head -n 1)
  if [[ -n $there ]]; then
    echo "$there is there already"
    cmp -s "$file" "$there" || failed=1
    continue
  fi
  if curl -sS --fail -o /dev/null "$api/$id" 2>/dev/null; then
    # rollout-YYYY-MM-DDThh-mm-ss-ID.jsonl
    folder=$home/sessions/${name:8:4}/${name:13:2}/${name:16:2}
  else
    folder=$home/archived_sessions
  fi
  if mkdir -p "$folder" && mv "$file" "$folder/$name"; then
    echo "$folder/$name"
  else
    failed=1
  fi
done
exit $failed
