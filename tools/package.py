"""Writes the Splunk app as an archive that is the same, byte for byte, on every build of a commit.

Two builds agree when they use the same zlib: Python's own copy on Windows and macOS and the
distributions' have compressed alike for years, but zlib-ng, which some distributions put in its
place, packs the same content into other bytes.
"""

import configparser
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
APP_ID = "kubernetes_hunts"

SDK_VERSION = "2.1.1"
SDK_SHA256 = "46300d52f09e0aed7e5962ce2ba08ef54421ffb3a538c6af6164dcbf9f075faa"
# Nothing that a search command imports; results.py would also need a package that Splunk lacks.
SDK_LEFT_OUT = ("splunklib/modularinput/", "splunklib/results.py", "splunklib/six.py")


class PackageError(Exception):
    """The package cannot be built; the message says what to do."""


def app_version(root: Path = ROOT) -> str:
    """Return the version, `X.Y.Z`, that all places agree on.

    Raises PackageError where they do not: AppInspect wants one version in app.conf's `[id]` and
    `[launcher]` and in app.manifest, and the command line reports that of pyproject.toml.
    """
    app_conf = configparser.ConfigParser(interpolation=None)
    app_conf.read(root / "app/default/app.conf", encoding="utf-8")
    manifest = json.loads((root / "app/app.manifest").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    versions = {
        "pyproject.toml": project["project"]["version"],
        "app/default/app.conf [id]": app_conf["id"]["version"],
        "app/default/app.conf [launcher]": app_conf["launcher"]["version"],
        "app/app.manifest": manifest["info"]["id"]["version"],
    }
    if len(set(versions.values())) > 1:
        listed = ", ".join(f"{place} has {version}" for place, version in versions.items())
        raise PackageError(f"the versions differ: {listed}; make them one")
    return str(versions["pyproject.toml"])


def refusal(path: PurePosixPath) -> str | None:
    """Say why Splunk's vetting would reject this path inside the app; None where it would not."""
    if any(part.startswith(".") for part in path.parts):
        return "names that begin with a dot are rejected"
    if path.parts[0] == "local" or path.name == "local.meta":
        return "local settings belong to the installation"
    if path.suffix in {".pyc", ".pyo"} or "__pycache__" in path.parts:
        return "compiled Python does not ship"
    if path.parts[0] == "lib":
        return "lib/ is filled from the Splunk SDK"
    return None


def app_files(root: Path = ROOT) -> dict[str, bytes]:
    """Return the app's own files, by their path inside the app: those that git tracks.

    Raises PackageError for a file that must not ship or that is gone, and outside a git checkout.
    """
    files = {"LICENSE": (root / "LICENSE").read_bytes()}
    for name in filter(None, _git(root, "ls-files", "-z", "--", "app").split("\0")):
        source = root / name
        inside = PurePosixPath(name).relative_to("app")
        if reason := refusal(inside):
            raise PackageError(f"{name} cannot be packaged: {reason}")
        if source.is_symlink() or not source.is_file():
            raise PackageError(f"{name} is tracked by git but is no regular file here")
        files[str(inside)] = source.read_bytes()
    return files


def fetch_sdk(cache: Path) -> Path:
    """Return the pinned source archive of splunk-sdk, downloaded by pip unless `cache` has it.

    Raises PackageError when it can be had neither way, or is not the pinned file.
    """
    kept = cache / f"splunk-sdk-{SDK_VERSION}.tar.gz"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet"]
            command += ["--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
            command += ["--no-binary", ":all:", "--dest", folder, f"splunk-sdk=={SDK_VERSION}"]
            # Its output goes to standard error: standard output carries the archive's path.
            if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
                raise PackageError(
                    f"pip could not download splunk-sdk {SDK_VERSION}; its message is above. "
                    f"With no network, put the file into {kept.parent}/ yourself: {kept.name}"
                )
            # A rename, so that a build beside this one never reads half a file.
            os.replace(Path(folder, kept.name), kept)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    if found != SDK_SHA256:
        raise PackageError(
            f"{kept} is not the pinned splunk-sdk {SDK_VERSION}: its SHA-256 is {found}, "
            f"expected {SDK_SHA256}. Delete it and run this again"
        )
    return kept


def sdk_files(sdk: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path below lib/ and content of the SDK's unmodified files that the app needs.

    One changed byte would take a file off AppInspect's list of trusted libraries.
    """
    top = f"splunk-sdk-{SDK_VERSION}/"
    with tarfile.open(sdk) as archive:
        for member in archive:
            inside = member.name.removeprefix(top)
            if not inside.startswith("splunklib/") or inside.startswith(SDK_LEFT_OUT):
                continue
            if content := archive.extractfile(member):
                yield inside, content.read()


def write_archive(path: Path, files: Mapping[str, bytes], top: str, mtime: int) -> None:
    """Write `files` (path below `top` to content) to `path` as a gzipped tar.

    `mtime` is in epoch seconds; with it, equal files give equal bytes.
    """
    folders = {str(folder) for name in files for folder in PurePosixPath(top, name).parents}
    contents = {str(PurePosixPath(top, name)): content for name, content in files.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted((folders - {"."}) | contents.keys()):
            member = tarfile.TarInfo(name)
            member.mtime = mtime
            if name in contents:
                member.size = len(contents[name])
                member.mode = 0o644
                archive.addfile(member, io.BytesIO(contents[name]))
            else:
                member.type = tarfile.DIRTYPE
                member.mode = 0o755
                archive.addfile(member)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not gzip.compress: what it writes as the operating system differs between Python versions.
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as zipped,
    ):
        zipped.write(packed.getvalue())


def build(root: Path = ROOT, destination: Path | None = None) -> Path:
    """Build the app's archive in `destination` (default: dist/) and return its path.

    Raises PackageError with what to do.
    """
    version = app_version(root)
    files = app_files(root)
    sdk = fetch_sdk(root / "build/sdk")
    files |= {f"lib/{name}": content for name, content in sdk_files(sdk)}
    # The SDK is under the same licence, and its source archive holds no copy of the text.
    files["lib/LICENSE"] = files["LICENSE"]
    path = (destination or root / "dist") / f"{APP_ID}-{version}.spl"
    write_archive(path, files, APP_ID, _source_date(root))
    return path


def _source_date(root: Path) -> int:
    stated = os.environ.get("SOURCE_DATE_EPOCH")
    if stated is None:
        return int(_git(root, "log", "-1", "--format=%ct"))
    if not stated.isdecimal():
        raise PackageError(f"SOURCE_DATE_EPOCH must be whole seconds, not {stated!r}")
    return int(stated)


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise PackageError("packaging needs git on the PATH") from None
    if done.returncode != 0:
        raise PackageError(f"packaging needs a git checkout: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Build the archive and print its path; the exit code is 1 where it cannot be built."""
    try:
        path = build()
        if _git(ROOT, "status", "--porcelain", "--", "app"):
            print("package: app/ has changes that are in no commit", file=sys.stderr)
    except PackageError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
