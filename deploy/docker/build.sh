#!/usr/bin/env bash
# Builds an image:  deploy/docker/build.sh native|jvm [TAG]      (threadstore:VERSION, threadstore:VERSION-jvm)
# With Docker (BuildKit) or Podman. MAVEN_SETTINGS may name a settings.xml, for a Maven mirror of your own. Further arguments, such as
# --build-arg RUNTIME=...@sha256:... or --platform, come after the tag.
set -euo pipefail
kind=${1:-}
[ "$kind" = native ] || [ "$kind" = jvm ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
cd "$(dirname "$0")/../.."
version=$(sed -n 's|^  <version>\(.*\)</version>|\1|p' pom.xml | head -1)
suffix=
[ "$kind" = native ] || suffix=-jvm
tag=${2:-threadstore:$version$suffix}
engine=$(command -v docker || command -v podman) || { echo "There is neither docker nor podman."; exit 1; }
secret=()
[ -z "${MAVEN_SETTINGS:-}" ] || secret=(--secret "id=maven-settings,src=$MAVEN_SETTINGS")
exec "$engine" build --file "deploy/docker/Dockerfile.$kind" --tag "$tag" "${secret[@]}" "${@:3}" \
  --build-arg VERSION="$version" --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" .
