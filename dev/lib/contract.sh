# shellcheck shell=bash
# Sourced by scripts that compare the contract with that of the last release.
# shellcheck source=dev/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The contract of the last release as a file, for checkouts without tags.
baselines="proto/baseline"

# Prints the newest release tag among the ancestors of this commit, or nothing.
last_tag() {
  git describe --tags --abbrev=0 --match '[0-9]*' --match 'v[0-9]*' 2>/dev/null || true
}

# Writes the contract of the last release into a folder, and prints where it is from.
unpack_contract() {
  local tag files
  tag=$(last_tag)
  if [ -n "$tag" ]; then
    git archive --format=tar "$tag" buf.yaml proto | tar --extract --directory "$1"
    say "the tag $tag"
  else
    mapfile -t files < <(find "$baselines" -name '*.tar.gz')
    [ ${#files[@]} -eq 1 ] || fail "$baselines holds ${#files[@]} contracts, expected one"
    tar --extract --gzip --file "${files[0]}" --directory "$1"
    say "${files[0]}"
  fi
}

# Prints the reasons, warnings and words of enums that the comments of a contract name.
# shellcheck disable=SC2016
names() {
  grep -rhoE --include='*.proto' '`[A-Z][A-Z0-9]*(_[A-Z0-9]+)+`' "$1/proto/patron" |
    tr -d '`' | LC_ALL=C sort -u
}

# Fails and names every change since the last release that breaks a client: what buf finds, unless
# buf.yaml exempts it, and names that the comments have lost. To be called in the repository's root,
# in which it runs as a process of its own.
compare_contract() (
  old=$(mktemp -d)
  trap 'rm -rf "$old"' EXIT
  release=$(unpack_contract "$old")
  "$tools/venv/bin/buf" breaking --against "$old"
  lost=$(LC_ALL=C comm -23 <(names "$old") <(names .))
  [ -z "$lost" ] || fail "the contract names no more, as $release did:"$'\n'"$lost"
  say "clients of $release lose nothing"
)
