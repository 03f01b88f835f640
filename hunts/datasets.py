"""The dataset files of the public attack_data project (https://github.com/splunk/attack_data).

Today's layout names each data file with its `path`, `source` and `sourcetype` (its schema is
bin/dataset_schema.json there); the older one has a list of URLs and a list of sourcetypes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml


class DatasetError(Exception):
    """A file is no dataset; the message says why."""


@dataclass(frozen=True)
class Dataset:
    """One data file with the identity that attack_data's replay gives its events."""

    path: Path
    source: str | None = None
    sourcetype: str | None = None
    host: str | None = None


def load(path: Path, problem: Callable[[str], object]) -> list[Dataset]:
    """Return the data files that the dataset file `path` names; nothing is downloaded.

    `problem` hears of each data file that is not there. Raises DatasetError where the file itself
    cannot be read.
    """
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise DatasetError(error.strerror or str(error)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise DatasetError(f"not YAML: {error.problem}{where}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"not YAML: {str(error).splitlines()[0]}") from error
    entries = list(_entries(content)) if isinstance(content, Mapping) else []
    if not entries:
        raise DatasetError("is no attack_data dataset: it has neither `datasets` nor `dataset`")
    found = []
    for place, source, sourcetype in entries:
        file = _find(place, path.absolute().parent)
        if file is None:
            problem(_missing(place))
        else:
            found.append(Dataset(file, source, sourcetype, host=_text(content.get("id"))))
    return found


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    datasets = content.get("datasets")
    for entry in datasets if isinstance(datasets, list) else ():
        if isinstance(entry, Mapping) and (place := _text(entry.get("path"))):
            yield place, _text(entry.get("source")), _text(entry.get("sourcetype"))
    urls, sourcetypes = content.get("dataset"), content.get("sourcetypes")
    # Which of several sourcetypes is whose is not written anywhere.
    only = sourcetypes[0] if isinstance(sourcetypes, list) and len(sourcetypes) == 1 else None
    for url in urls if isinstance(urls, list) else ():
        if place := _text(url):
            yield place, None, _text(only)


def _find(place: str, folder: Path) -> Path | None:
    """Find a data file: from the root of the repository, or beside the dataset file.

    Replay sends bytes as they are, so a file kept compressed is named without its `.gz`.
    """
    inside = _path_of(place).lstrip("/")
    candidates = [folder / inside, folder / Path(inside).name]
    candidates += [root / inside for root in folder.parents if (root / "datasets").is_dir()]
    for candidate in candidates:
        for file in (candidate, candidate.with_name(candidate.name + ".gz")):
            if file.is_file():
                return file
    return None


def _path_of(place: str) -> str:
    if not _is_url(place):
        return place
    path = unquote(urlsplit(place).path)
    _, datasets, rest = path.partition("/datasets/")
    return datasets + rest if datasets else path


def _missing(place: str) -> str:
    if _is_url(place):
        inside = _path_of(place).lstrip("/")
        return (
            f"{place} is not on this disk, and nothing is downloaded; in a clone of attack_data "
            f"get it with: git lfs pull --include={inside}"
        )
    return f"the data file {place} is not there"


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
