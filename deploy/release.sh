#!/usr/bin/env bash
# Written by `vastify generate` from vastify.config: change that, not this.
#
# pm2 deploy runs it on each host, in the folder of the new release: it installs, builds and tries the release, and
# replaces what runs. When any of this fails, the release before comes back, and the last lines say why.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# Modules are replaced only when they have changed: what runs may load some of them later.
put_in_place() {
  if ! cmp -s package-lock.json node_modules/.installed-from; then
    npm ci || return
    mkdir -p node_modules && cp package-lock.json node_modules/.installed-from || return
  fi
  npm run build || return
  PATH="$PWD/node_modules/.bin:$PATH" vastify release deploy/ecosystem.config.js --env "$1"
}

# pm2 deploy lists a release before this script runs; one that was refused must not be gone back to.
strike_from_list() {
  sed -i '$ d' ../.deploys
  tail -n 1 ../.deploys
}

# In braces, as going back replaces this file while it is read.
{
  environment=${1:-production}
  release=$(git rev-parse --short HEAD)
  put_in_place "$environment" && exit 0
  previous=$(strike_from_list)
  if [ -z "$previous" ]; then
    echo "release $release is refused, for the reason above; there is none before it to go back to"
    exit 1
  fi
  echo "release $release is refused, for the reason above; going back to $previous"
  git reset --quiet --hard "$previous"
  if put_in_place "$environment"; then
    echo "release $release was refused, for the reason above; $previous runs"
  else
    echo "going back to $previous failed too: this host needs somebody's attention"
  fi
  exit 1
}
