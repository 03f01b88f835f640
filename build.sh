#!/usr/bin/env bash
# The one entry to hunting, testing and packaging; each command brings what it needs.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
venv=$root/.venv
# AppInspect's own pins are too narrow to share an environment with anything else.
appinspect_venv=$root/.venv-appinspect

usage() {
  cat <<'USAGE'
usage: ./build.sh COMMAND

  hunt [ARGS…]  hunt in audit logs: ARGS are those of `hunts run`; without any, hunt in the
                bundled recordings and write report.html
  test          check the code, build and inspect the package, run the tests
  package       write dist/kubernetes_hunts-<version>.spl
  inspect       build the package and run Splunk AppInspect over it
  bench [ARGS…] measure speed and memory beside grep, jq and DuckDB: --help says how
USAGE
}

die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

heading() {
  printf '== %s\n' "$*"
}

find_python() {
  local candidate without_venv='' candidates=(python3.13 python3.12 python3.11 python3)
  if [[ -n ${PYTHON:-} ]]; then
    candidates=("$PYTHON")
  fi
  for candidate in "${candidates[@]}"; do
    # Run it: a version manager's shim exists for Pythons that are not active.
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
    without_venv=$candidate
  done
  if [[ -n $without_venv ]]; then
    local version
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    die "$without_venv cannot make virtual environments;" \
      "on Debian and Ubuntu: apt-get install python$version-venv"
  fi
  die "needs Python 3.11 or newer; tried: ${candidates[*]}." \
    "Install one, or name it: PYTHON=/path/to/python3.12 ./build.sh …"
}

# pins VENV NAME: everything that, when it changes, makes the installed set stale.
pins() {
  "$1/bin/python" -V 2>/dev/null || true
  printf '%s\n' "$root"
  cat -- "$root/requirements/build.txt" "$root/requirements/$2.txt" "$root/pyproject.toml"
}

# install VENV NAME [PIP-ARGS…]: brings VENV to requirements/NAME.txt; returns at once if it is.
install() {
  local target=$1 name=$2 stamp=$1/installed-$2 python
  shift 2
  if [[ -f $stamp && $(<"$stamp") == "$(pins "$target" "$name")" ]]; then
    return
  fi
  if ! "$target/bin/python" -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    "$python" -m venv --clear "$target" || die "cannot make the virtual environment $target"
  fi
  printf 'Installing requirements/%s.txt into %s …\n' "$name" "${target##*/}" >&2
  # Not isolated: an isolated build would fetch unpinned build tools.
  "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation \
    -r "$root/requirements/$name.txt" "$@" >&2 ||
    die "pip could not install requirements/$name.txt; its message is above. It needs the" \
      "network, or PIP_FIND_LINKS naming a folder of wheels. Then run the same command again."
  pins "$target" "$name" >"$stamp"
}

install_runtime() {
  install "$venv" build
  install "$venv" runtime --editable "$root"
  # Where Python must not keep byte code, it would compile all of ours at each start.
  if [[ -n ${PYTHONDONTWRITEBYTECODE:-} ]]; then
    "$venv/bin/python" -m compileall -qq "$root/spl" "$root/hunts" || true
  fi
}

install_appinspect() {
  install "$appinspect_venv" build
  install "$appinspect_venv" appinspect
  (cd -- "$root" && "$appinspect_venv/bin/python" -m tools.appinspect_gate --check-libmagic)
}

hunt() {
  install_runtime
  if (($# == 0)); then
    set -- "$root/tests/datasets" --html "$root/report.html"
  fi
  # -P: a folder of evidence may hold a json.py, which must not be imported.
  exec "$venv/bin/python" -P -m hunts run "$@"
}

package() {
  (cd -- "$root" && "$venv/bin/python" -m tools.package)
}

inspect() {
  local archive
  archive=$(package)
  (cd -- "$root" && "$appinspect_venv/bin/python" -m tools.appinspect_gate "$archive")
}

run_tests() {
  cd -- "$root"
  local python=$venv/bin/python
  heading "ruff"
  "$python" -m ruff check
  "$python" -m ruff format --check
  heading "mypy"
  "$python" -m mypy spl hunts tools bench tests
  # The app runs on Splunk's own Python.
  "$python" -m mypy app/bin
  heading "shellcheck"
  "$venv/bin/shellcheck" build.sh .ci/run
  heading "AppInspect"
  inspect
  heading "pytest"
  exec "$python" -m pytest -n 2
}

command=${1:-}
shift || true
case $command in
hunt)
  hunt "$@"
  ;;
test)
  install_runtime
  install "$venv" test
  install_appinspect
  run_tests
  ;;
package)
  install "$venv" build
  package
  ;;
inspect)
  install "$venv" build
  install_appinspect
  inspect
  ;;
bench)
  install_runtime
  install "$venv" bench
  cd -- "$root"
  exec "$venv/bin/python" -m bench.run "$@"
  ;;
-h | --help | help)
  usage
  ;;
*)
  usage >&2
  exit 2
  ;;
esac
