#!/bin/sh
# Makes the two virtual environments that hold the clients of the tests: .venv-tests (boto3 and pytest)
# and .venv-awscli (the AWS CLI). Two, because the CLI brings a botocore of its own.
#
# An environment is made again when its pinned list, or the Python that made it, has changed.
set -eu
cd "$(dirname "$0")/.."

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "the tests need Python 3.11 or later; python3 here is $(python3 -V 2>&1)" >&2
  exit 1
}

venv() { # FOLDER LIST
  want="$(python3 -V) $(cksum <"$2")"
  if [ -f "$1/made-from" ] && [ "$(cat "$1/made-from")" = "$want" ]; then return; fi
  rm -rf "$1"
  python3 -m venv "$1"
  # Networks fail; a second try is cheaper than a red run.
  try "$1" "$2" || { sleep 5; try "$1" "$2"; }
  printf '%s' "$want" >"$1/made-from"
}
try() {
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$2"
}

venv .venv-tests tests/clients/boto3.txt
venv .venv-awscli tests/clients/awscli.txt
.venv-tests/bin/python -c '
import boto3, botocore, pytest
print("boto3", boto3.__version__, "botocore", botocore.__version__, "pytest", pytest.__version__)'
.venv-awscli/bin/aws --version
