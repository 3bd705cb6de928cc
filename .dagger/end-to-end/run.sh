#!/bin/sh
# Creates a platform, deploys an environment on it, upgrades it, and removes both; fails when anything of them is left.
# PLATFORMCTL is the program, PLATFORM_CLUSTER embedded or kind.
set -eux
"$PLATFORMCTL" create-local-platform --output json
trap '"$PLATFORMCTL" destroy-local-platform' EXIT

if [ "$PLATFORM_CLUSTER" = kind ]; then
  for version in 1.0.0 1.1.0; do
    image=localhost:5001/end-to-end/hello:$version
    docker tag registry:3 "$image"
    docker push --quiet "$image"
    docker rmi "$image"
  done
fi

claim() {
  echo "{\"environment_name\": \"hello\", \"environment_type\": \"dev\", \"services\": {\"hello\": \"$1\"}}"
}

"$PLATFORMCTL" plan-environment --payload "$(claim 1.0.0)"
"$PLATFORMCTL" deploy-environment --payload "$(claim 1.0.0)" --output json
"$PLATFORMCTL" deploy-environment --payload "$(claim 1.1.0)" --output json
"$PLATFORMCTL" platform-status --output json
"$PLATFORMCTL" destroy-environment hello

trap - EXIT
"$PLATFORMCTL" destroy-local-platform --verify
