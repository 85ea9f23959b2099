#!/bin/sh
# Puts a node into standby and shows what that would do first: standby.sh NODE
set -eu
node=$1
socket=${SYSTOLE_RUN:-/run/systole}/api.sock

ask() {
  curl --silent --show-error --fail --unix-socket "$socket" \
    --header 'Content-Type: application/json' --data "$1" http://localhost/v1
}

change='{"request": "node-attribute", "node": "'$node'", "name": "standby", "value": "on"}'
ask '{"request": "preview", "change": '"$change"'}'
echo
ask "$change"
echo
