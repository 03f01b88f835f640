"""What is put away comes back, from a disk that is full and from another process, too."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hunts import parallel
from hunts.parallel import Workers
from spl import spill

THINGS = [["a", "b"], {"x": [1, None]}, "é", list(range(1_000))]


def open_files() -> set[str]:
    return {os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


def test_it_comes_back() -> None:
    kept = [*map(spill.keep, THINGS)]
    assert [one.read() for one in reversed(kept)] == THINGS[::-1]
    assert [one.read() for one in kept] == THINGS


def test_it_comes_back_where_no_place_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pread", raising=False)
    monkeypatch.delattr(os, "pwrite", raising=False)
    kept = [*map(spill.keep, THINGS)]
    assert [one.read() for one in reversed(kept)] == THINGS[::-1]
    assert spill.keep("more").read() == "more"
    assert [one.read() for one in kept] == THINGS


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be listed here")
def test_the_file_goes_with_the_last_thing_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def files_there() -> int:
        return sum(name.startswith(str(tmp_path)) for name in open_files())

    first, second = spill.keep("first"), spill.keep("second")
    assert files_there() == 1
    assert not [*tmp_path.iterdir()]
    del first
    assert (second.read(), files_there()) == ("second", 1)
    del second
    assert files_there() == 0


@pytest.mark.parametrize("written", [0, 3, None])
def test_a_disk_may_be_full(written: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spill.keep("before")
    write = os.pwrite

    def full(number: int, data: bytes, start: int) -> int:
        if written is None:
            raise OSError(28, "No space left on device")
        return write(number, data[:written], start)

    monkeypatch.setattr(os, "pwrite", full)
    kept = [*map(spill.keep, THINGS)]
    monkeypatch.undo()
    after = spill.keep("after")
    assert [one.read() for one in (before, *kept, after)] == ["before", *THINGS, "after"]


def test_there_may_be_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    gc.collect()
    monkeypatch.setattr(spill, "TemporaryFile", no_folder)
    kept = [*map(spill.keep, THINGS)]
    assert [one.read() for one in kept] == THINGS
    if parallel.available_cores() > 1:
        keeps_in_another_process()


@pytest.mark.skipif(parallel.available_cores() == 1, reason="processes cannot be forked here")
def test_another_process_keeps_it() -> None:
    keeps_in_another_process()


def keeps_in_another_process() -> None:
    here = spill.keep("here")

    def work(share: int, _progress: object) -> Iterator[tuple[int, spill.Kept, str]]:
        for number in range(100):
            yield share, spill.keep([share, number]), here.read()

    with Workers([1, 2], work, print) as workers:
        later = [spill.keep(number) for number in range(100)]
        found = [*workers.results()]
    assert [kept.read() for _, kept, _ in found] == [[s, n] for s in (1, 2) for n in range(100)]
    assert {seen for _, _, seen in found} == {"here"}
    assert [kept.read() for kept in later] == [*range(100)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_forked_process_does_not_write_here() -> None:
    before = spill.keep("before")
    if (child := os.fork()) == 0:
        spill.keep("x" * 10_000)
        os._exit(0)
    os.waitpid(child, 0)
    after = spill.keep("after")
    assert (before.read(), after.read()) == ("before", "after")
