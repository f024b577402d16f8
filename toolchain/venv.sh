#!/bin/sh
# Makes the Python environment: `venv.sh STAMP PYTHON...` takes the first of the Pythons that is new enough.
set -eu
stamp=$1
shift
for python in "$@"; do
  if command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$python
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "Python 3.11 or later is missing. Everything here is written in it. Install it (on Debian and Ubuntu:" \
    "\`sudo apt-get install python3 python3-venv\`), and run make again." >&2
  exit 1
fi
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "Python's venv module is missing. It keeps what is installed here apart from the rest of the machine." \
    "Install it (on Debian and Ubuntu: \`sudo apt-get install python3-venv\`), and run make again." >&2
  exit 1
fi
echo "Installing the packages that requirements-dev.txt names into .venv (about 30 s) ..." >&2
"$found" -m venv --clear .venv # else packages that are not required any more would stay
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
rm -f .venv/*.stamp
touch "$stamp"
