#!/usr/bin/env bash
# One scan, every report from it. Reports are renamed into place when they are whole, and their paths
# become outputs only after a run that ended well: a crash has no report that could pass for clean.
set -uo pipefail

out=$(mktemp -d "${RUNNER_TEMP:-/tmp}/nhiscan.XXXXXX")
args=(scan --no-progress --min-level "$MIN_LEVEL" --fail-on "$FAIL_ON"
  --format text --output "sarif=$out/nhiscan.sarif" --output "json=$out/nhiscan.json" --output "markdown=$out/summary.md")
[ -z "$BASELINE" ] || args+=(--baseline "$BASELINE")

# The base of a pull request: the first parent of the merge commit that the event checks out, which is
# exactly what the change is merged into; where something else is checked out, the point where it left
# the event's base, as far as that is there.
base=$DIFF_BASE
if [ -z "$base" ] && { [ "$EVENT" = pull_request ] || [ "$EVENT" = pull_request_target ]; }; then
  head=$(git rev-parse HEAD 2> /dev/null)
  if [ "$EVENT" = pull_request ] && [ "$head" = "$GITHUB_SHA" ] && git rev-parse --quiet --verify 'HEAD^2' > /dev/null; then
    base='HEAD^1'
  elif [ -n "$BASE_SHA" ]; then
    base=$(git merge-base "$BASE_SHA" HEAD 2> /dev/null)
    # The base itself is checked out: a diff against it would be empty and look clean.
    [ "$base" != "$head" ] || base=''
  fi
  if [ -z "$base" ]; then
    echo '::warning title=nhiscan::the base of this pull request is not in the checkout, so the whole tree was judged; set fetch-depth: 2 for actions/checkout'
  fi
fi
[ -z "$base" ] || args+=(--diff "$base")

paths=()
while IFS= read -r path; do
  [ -z "$path" ] || paths+=("$path")
done <<< "$PATHS"

code=0
"$BINARY" "${args[@]}" -- "${paths[@]}" || code=$?
printf 'exit-code=%s\n' "$code" >> "$GITHUB_OUTPUT"
case $code in
  0 | 1) ;;
  *)
    echo "::error title=nhiscan::nhiscan failed with exit code $code and judged nothing"
    exit "$code"
    ;;
esac
for report in nhiscan.sarif nhiscan.json summary.md; do
  [ -s "$out/$report" ] && continue
  echo "::error title=nhiscan::nhiscan ended with $code but wrote no $report"
  exit 2
done
printf 'sarif-file=%s\njson-file=%s\n' "$out/nhiscan.sarif" "$out/nhiscan.json" >> "$GITHUB_OUTPUT"
cat "$out/summary.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
