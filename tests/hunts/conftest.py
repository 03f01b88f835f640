from pathlib import Path

import pytest

from tests.hunts.recordings import APP, ROOT
from tools.package import build


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that this checkout gives."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(params=["app", "package"])
def app(request: pytest.FixtureRequest) -> Path:
    """The app as a folder, and as the package that Splunk installs."""
    if request.param == "app":
        return APP
    package: Path = request.getfixturevalue("package")
    return package
