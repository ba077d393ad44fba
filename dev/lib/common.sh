# shellcheck shell=bash
# Sourced by the scripts of this folder: where the repository is, and how they talk.

# The repository's root, whatever folder the script was called from.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Everything that developers need beyond Debian's packages lives here; git ignores it.
# shellcheck disable=SC2034
tools="$root/.build-tools"

# Colours only where a person looks, and not where NO_COLOR asks for none.
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

# Runs a step under a heading and prints what it took. The command is not tested by `||`,
# which would switch errexit off inside it: the exit trap names the step that failed.
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
