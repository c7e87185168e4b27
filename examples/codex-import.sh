#!/usr/bin/env bash
# Brings the sessions of a local Codex into Threadstore: rollout files, packed ones too, whether they are archived, and their names.
# It may be run again and again: what is there is passed over, what has grown is continued, and what was changed in Threadstore
# since (another name, taken out of the archive) stays so unless the file has grown. Needs curl 7.76 or later.
#
#   examples/codex-import.sh [CODEX_HOME]        default: ~/.codex
#   THREADSTORE=http://localhost:8080            where Threadstore is
#
# It prints a line per file (the HTTP status, the thread) and ends with 1 if any was refused.
set -uo pipefail
home=${1:-${CODEX_HOME:-$HOME/.codex}}
api=${THREADSTORE:-http://localhost:8080}/v1/threads
failed=0
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# The JSON text of a string member, with its quotes; the last one where there are several.
member() { sed -nE 's/.*"'"$1"'":("([^"\\]|\\.)*").*/\1/p' | tail -n 1; }

while IFS= read -r file; do
  id=$(basename "$file" | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') || continue
  encoding=identity
  [[ $file == *.zst ]] && encoding=zstd
  status=$(curl -sS -o "$answer" -w '%{http_code}' -X PUT -H 'Content-Type: application/x-ndjson' \
    -H "Content-Encoding: $encoding" --data-binary @"$file" "$api/$id/rollout")
  echo "$status $id"
  if [[ $status != 20? ]]; then
    cat "$answer"; echo
    failed=1
    continue
  fi
  grep -q '"appended":0[,}]' "$answer" && continue
  name=$(grep -hF "\"$id\"" "$home/session_index.jsonl" 2>/dev/null | member thread_name)
  if [[ -n $name && $name != "$(curl -sS "$api/$id?include_archived=true" | member name)" ]]; then
    curl -sS -o /dev/null --fail-with-body -X PATCH -H 'Content-Type: application/merge-patch+json' \
      --data-binary "{\"name\":$name}" "$api/$id?include_archived=true" || failed=1
  fi
  if [[ $file == */archived_sessions/* ]]; then
    curl -sS -o /dev/null --fail-with-body -X POST "$api/$id/archive" || failed=1
  fi
done < <(find "$home/sessions" "$home/archived_sessions" \( -name 'rollout-*.jsonl' -o -name 'rollout-*.jsonl.zst' \) 2>/dev/null | sort)
exit $failed
