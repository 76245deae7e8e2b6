#!/usr/bin/env bash
# The job's result, after reports are where they can be.
set -euo pipefail

if [ "$UPLOAD" = failure ]; then
  echo '::warning title=nhiscan::code scanning took no upload (a fork, or no "security-events: write"); the findings are in the job summary and the artifact nhiscan-sarif'
fi
if [ "$CODE" = 1 ]; then
  echo "::error title=nhiscan::findings at or above the level $FAIL_ON; the job summary lists them"
  exit 1
fi
