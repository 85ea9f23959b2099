#!/bin/sh
# Puts a node into standby and shows what that would do first: standby.sh NODE
# With SYSTOLE_ACCESS=FILE it asks a cluster elsewhere, with what `systole token create` wrote there.
set -eu
node=$1

# Settings for curl, which others would see on its command line: the token is a secret.
way() {
  if [ -n "${SYSTOLE_ACCESS:-}" ]; then
    field() { sed -n 's/.*"'"$1"'": "\(.*\)".*/\1/p' "$SYSTOLE_ACCESS"; }
    address=$(sed -n '/"addresses"/{n;s/.*"\(.*\)".*/\1/p;}' "$SYSTOLE_ACCESS")
    # Who issued the certificate does not matter, whose key it is does.
    printf 'insecure\npinnedpubkey = "%s"\n' "$(field pin)"
    printf 'header = "Authorization: Bearer %s"\nurl = "https://%s/v1"\n' "$(field token)" "$address"
  else
    printf 'unix-socket = "%s/api.sock"\nurl = "http://localhost/v1"\n' "${SYSTOLE_RUN:-/run/systole}"
  fi
}

ask() {
  way | curl --silent --show-error --fail --config - \
    --header 'Content-Type: application/json' --data "$1"
}

change='{"request": "node-attribute", "node": "'$node'", "name": "standby", "value": "on"}'
ask '{"request": "preview", "change": '"$change"'}'
echo
ask "$change"
echo
