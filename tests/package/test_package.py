"""The archive that Splunk installs: what is in it, and that a commit gives one and only one."""

import configparser
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tools.package import (
    ROOT,
    SDK_VERSION,
    PackageError,
    app_files,
    app_version,
    build,
    fetch_sdk,
    write_archive,
)

TOP = "kubernetes_hunts"

PROJECT = '[project]\nversion = "1.2.3"\n'
APP_CONF = "[id]\nversion = {}\n\n[launcher]\nversion = {}\n"
MANIFEST = '{"info": {"id": {"version": "1.2.3"}}}\n'


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


def commit(checkout: Path, *paths: str) -> None:
    git(checkout, "add", "--force", "--", *paths)
    git(checkout, "commit", "--quiet", "--message", "Change")


@pytest.fixture
def checkout(tmp_path: Path, sdk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository of one commit, with all that a package needs."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    root = tmp_path / "a checkout"
    (root / "app/default").mkdir(parents=True)
    (root / "app/bin").mkdir()
    (root / "app/bin/command.py").write_text("print()\n")
    (root / "app/bin/command.py").chmod(0o755)
    (root / "app/default/app.conf").write_text(APP_CONF.format("1.2.3", "1.2.3"))
    (root / "app/app.manifest").write_text(MANIFEST)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "LICENSE").write_text("Apache-2.0\n")
    git(root.parent, "init", "--quiet", str(root))
    commit(root, ".")
    with_sdk(root, sdk)
    return root


def with_sdk(checkout: Path, sdk: Path) -> None:
    (checkout / "build/sdk").mkdir(parents=True)
    shutil.copy(sdk, checkout / "build/sdk")


def test_two_checkouts_of_a_commit_give_the_same_bytes(
    checkout: Path, sdk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = checkout.parent / "elsewhere"
    before = os.umask(0o077)
    try:
        git(checkout, "clone", "--quiet", ".", str(elsewhere))
    finally:
        os.umask(before)
    with_sdk(elsewhere, sdk)
    (elsewhere / "app/left-over.txt").write_text("not tracked")
    first = build(checkout)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    second = build(elsewhere)
    assert first.name == second.name == f"{TOP}-1.2.3.spl"
    assert first.read_bytes() == second.read_bytes()


def test_the_archive_does_not_depend_on_the_order_of_its_files(tmp_path: Path) -> None:
    files = {"b/two": b"2", "a": b"1", "b/one": b"1"}
    for name, given in (("x", files), ("y", dict(reversed(files.items())))):
        write_archive(tmp_path / name, given, TOP, mtime=1)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


@pytest.mark.parametrize(
    ("stated", "expected"), [("1700000000", 1_700_000_000), (None, 1_600_000_000)]
)
def test_the_time_is_that_of_the_commit_unless_stated(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, stated: str | None, expected: int
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1600000000 +0200")
    git(checkout, "commit", "--quiet", "--amend", "--no-edit")
    if stated:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    with tarfile.open(build(checkout)) as archive:
        assert {member.mtime for member in archive} == {expected}


def test_a_stated_time_that_is_no_number_is_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(PackageError, match=r"SOURCE_DATE_EPOCH must be .*yesterday"):
        build(checkout)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("app/.gitignore", "begin with a dot"),
        ("app/default/.DS_Store", "begin with a dot"),
        ("app/local/macros.conf", "local settings"),
        ("app/metadata/local.meta", "local settings"),
        ("app/bin/command.pyc", "compiled Python"),
        ("app/bin/__pycache__/x", "compiled Python"),
        ("app/lib/splunklib/__init__.py", "filled from the Splunk SDK"),
    ],
)
def test_a_file_that_must_not_ship_is_refused(checkout: Path, path: str, reason: str) -> None:
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text("x")
    commit(checkout, path)
    with pytest.raises(PackageError, match=f"{path} cannot be packaged: .*{reason}"):
        app_files(checkout)


def test_a_tracked_file_that_is_gone_is_named(checkout: Path) -> None:
    (checkout / "app/bin/command.py").unlink()
    with pytest.raises(PackageError, match=r"app/bin/command\.py is tracked by git but"):
        app_files(checkout)


def test_a_symbolic_link_is_refused(checkout: Path) -> None:
    (checkout / "app/link").symlink_to(checkout / "LICENSE")
    commit(checkout, "app/link")
    with pytest.raises(PackageError, match="app/link is tracked by git but is no regular file"):
        app_files(checkout)


def test_without_a_git_checkout_the_message_says_so(checkout: Path) -> None:
    shutil.rmtree(checkout / ".git")
    with pytest.raises(PackageError, match="needs a git checkout: "):
        build(checkout)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pyproject.toml", PROJECT.replace("1.2.3", "1.2.4")),
        ("app/app.manifest", MANIFEST.replace("1.2.3", "1.2.4")),
        ("app/default/app.conf", APP_CONF.format("1.2.4", "1.2.3")),
        ("app/default/app.conf", APP_CONF.format("1.2.3", "1.2.4")),
    ],
)
def test_versions_that_differ_are_refused(checkout: Path, path: str, content: str) -> None:
    assert app_version(checkout) == "1.2.3"
    (checkout / path).write_text(content)
    with pytest.raises(PackageError, match=rf"{path}.* has 1\.2\.4"):
        build(checkout)


def test_an_sdk_that_is_not_the_pinned_one_is_refused(checkout: Path) -> None:
    kept = checkout / f"build/sdk/splunk-sdk-{SDK_VERSION}.tar.gz"
    kept.write_bytes(kept.read_bytes() + b"\0")
    with pytest.raises(PackageError, match="is not the pinned splunk-sdk"):
        build(checkout)


def test_without_network_or_cache_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(PackageError, match=r"could not download.*put the file into .*\.tar\.gz"):
        fetch_sdk(tmp_path / "sdk")


def test_the_tests_run_the_sdk_that_ships() -> None:
    pinned = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8").splitlines()
    assert f"splunk-sdk=={SDK_VERSION}" in pinned


def test_the_package_is_one_folder_of_plain_files(package: tarfile.TarFile) -> None:
    members = package.getmembers()
    assert [member.name for member in members] == sorted({member.name for member in members})
    assert {member.name.split("/")[0] for member in members} == {TOP}
    assert {(member.isdir(), member.mode) for member in members} == {(True, 0o755), (False, 0o644)}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {
        (0, 0, "", "")
    }
    assert all(member.isdir() or member.isreg() for member in members)


def test_the_package_holds_the_tracked_app_the_licences_and_the_sdk(
    package: tarfile.TarFile,
) -> None:
    listed = subprocess.run(
        ["git", "-C", str(ROOT / "app"), "ls-files"], capture_output=True, text=True, check=True
    )
    files = {member.name.removeprefix(f"{TOP}/") for member in package if member.isreg()}
    outside_the_sdk = {name for name in files if not name.startswith("lib/splunklib/")}
    assert outside_the_sdk == {*listed.stdout.split("\n")[:-1], "LICENSE", "lib/LICENSE"}
    assert {"bin/riskscore.py", "default/savedsearches.conf", "static/appIcon.png"} <= files


def test_the_sdk_in_the_package_is_unmodified(package: tarfile.TarFile, sdk: Path) -> None:
    prefix = f"{TOP}/lib/"
    with tarfile.open(sdk) as released:
        shipped = [m for m in package if m.isreg() and m.name.startswith(f"{prefix}splunklib/")]
        assert len(shipped) == 16
        for member in shipped:
            original = f"splunk-sdk-{SDK_VERSION}/{member.name.removeprefix(prefix)}"
            ours, theirs = package.extractfile(member), released.extractfile(original)
            assert ours is not None
            assert theirs is not None
            assert ours.read() == theirs.read(), member.name


@pytest.mark.parametrize("name", [sys.executable, "python3.9", "python3.13"])
def test_the_part_of_the_sdk_that_ships_is_enough(
    package: tarfile.TarFile, tmp_path: Path, name: str
) -> None:
    import_it = "import sys; sys.path.insert(0, sys.argv[1]); import splunklib.searchcommands"
    # Neither the environment's packages nor the user's may help.
    interpreter = [name, "-I", "-S"]
    if not shutil.which(name) or subprocess.run([*interpreter, "-c", ""], check=False).returncode:
        pytest.skip(f"this machine has no {name}")
    package.extractall(tmp_path, filter="data")
    subprocess.run([*interpreter, "-c", import_it, str(tmp_path / TOP / "lib")], check=True)


@pytest.mark.parametrize(
    ("name", "side"),
    [("appIcon", 36), ("appIcon_2x", 72), ("appIconAlt", 36), ("appIconAlt_2x", 72)],
)
def test_icons_have_the_sizes_that_splunk_web_wants(name: str, side: int) -> None:
    header = (ROOT / f"app/static/{name}.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:24]) == (side, side)


def test_what_other_apps_see() -> None:
    meta = configparser.ConfigParser(interpolation=None, default_section="no default", strict=True)
    text = (ROOT / "app/metadata/default.meta").read_text(encoding="utf-8")
    meta.read_string(text.replace("[]", "[everything]"))
    assert meta["everything"]["access"] == "read : [ * ], write : [ admin, sc_admin ]"
    exported = {name for name in meta.sections() if meta[name]["export"] == "system"}
    # Other macros and the stories would collide with Enterprise Security Content Update's.
    risk_index = "macros/kubernetes_hunts_risk_index"
    assert exported == {"commands", "searchbnf", "savedsearches", risk_index}
