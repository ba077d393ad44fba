# shellcheck shell=bash
# Sourced by the scripts in dev/: the path of the repository, and their output functions.

# The repository's root, independent of the current directory.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Development tools that are not Debian packages; ignored by git.
# shellcheck disable=SC2034
tools="$root/.build-tools"

# Colours on terminals only, and not if NO_COLOR is set.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' green='' red='' plain=''
fi

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s\n' "$*"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
good() { printf '%s%s%s\n' "$green" "$*" "$plain"; }
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# Runs a step under a heading and prints its duration. The command is not tested by `||`, which
# would disable errexit inside it: the exit trap names the failed step.
# usage: step TITLE COMMAND [ARGUMENT]...
step() {
  local title=$1 begun=$SECONDS
  shift
  heading "$title"
  # shellcheck disable=SC2064
  trap "printf '%s\n' '${red}error:${plain} this step failed: $title' >&2" EXIT
  "$@"
  trap - EXIT
  note "$title took $((SECONDS - begun)) s"
}
