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

# Prints the committed contract of the last release; fails unless there is exactly one.
committed_baseline() {
  local files
  mapfile -t files < <(find "$baselines" -name '*.tar.gz')
  [ ${#files[@]} -eq 1 ] || fail "$baselines holds ${#files[@]} contracts, expected one"
  printf '%s\n' "${files[0]}"
}

# Fails and names every change since the last release that breaks a client. Exemptions stand in
# buf.yaml. To be called in the repository's root.
compare_contract() {
  local tag baseline buf="$tools/venv/bin/buf"
  tag=$(last_tag)
  if [ -n "$tag" ]; then
    git archive --format=tar "$tag" buf.yaml proto | "$buf" breaking --against '-#format=tar'
    say "nothing breaks clients of the tag $tag"
  else
    baseline=$(committed_baseline)
    "$buf" breaking --against "$baseline"
    say "nothing breaks clients of $baseline"
  fi
}
