import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.package import ROOT, build, fetch_sdk


@pytest.fixture(scope="session")
def sdk() -> Path:
    return fetch_sdk(ROOT / "build/sdk")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tarfile.TarFile]:
    """The package that this checkout gives, opened."""
    with tarfile.open(build(ROOT, tmp_path_factory.mktemp("dist"))) as opened:
        yield opened
