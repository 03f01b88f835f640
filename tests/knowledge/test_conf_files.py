"""Conf files are read as Splunk reads them, and oddities are named by file and line.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Howtoeditaconfigurationfile
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spl.conf import Conf, fill_defaults, read_conf, read_layers

CASES: dict[str, tuple[bytes, Conf]] = {
    "comments and blank lines": (b"# c\n\n[a]\n  # c\nx = 1 # kept\n", {"a": {"x": "1 # kept"}}),
    "no blanks": (b"[a]\nx=1\n", {"a": {"x": "1"}}),
    "an empty value": (b"[a]\nx =\n", {"a": {"x": ""}}),
    "an equals sign in the value": (b"[a]\nx = a=b\n", {"a": {"x": "a=b"}}),
    "an equals sign in a stanza": (b"[host=a b]\nx = enabled\n", {"host=a b": {"x": "enabled"}}),
    "a bracket in a stanza": (b"[a[0]]\nx = 1\n[b]c]\n", {"a[0]": {"x": "1"}, "b]c": {}}),
    "a value of two lines": (b"[a]\nx = 1 \\\n  2\ny = 3", {"a": {"x": "1 \n  2", "y": "3"}}),
    "a comment sign in a value": (b"[a]\nx = 1\\\n# 2\n", {"a": {"x": "1\n# 2"}}),
    "a mark and Windows lines": (b"\xef\xbb\xbf[a]\r\nx = 1\\\r\n2\r\n", {"a": {"x": "1\n2"}}),
    "above the first stanza": (b"x = 1\n[a]\ny = 2\n", {"default": {"x": "1"}, "a": {"y": "2"}}),
    "a line separator in a value": (
        "[a]\nx = 1\u20282\x0b3\n".encode(),
        {"a": {"x": "1\u20282\x0b3"}},
    ),
    "keys differ by case": (b"[a]\nx = 1\nX = 2\n", {"a": {"x": "1", "X": "2"}}),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_a_file_is_read(data: bytes, expected: Conf, tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_bytes(data)
    warnings: list[str] = []
    assert read_conf(path, warnings.append) == expected
    assert warnings == []


@pytest.mark.parametrize(
    ("data", "expected", "line", "words"),
    [
        (b"[a]\nx = 1\nx = 2\n", {"a": {"x": "2"}}, 3, "set at line 2 already"),
        (b"[a]\nx = 1\n[b]\n[a]\ny = 2\n", {"a": {"x": "1", "y": "2"}, "b": {}}, 4, "line 1"),
        (b"[a]\nx 1\n", {"a": {}}, 2, "neither a stanza nor a setting"),
        (b"[a]\n= 1\n", {"a": {}}, 2, "neither a stanza nor a setting"),
        (b"[a\nx = 1\n", {"a": {"x": "1"}}, 1, "does not end in ]"),
        (b"[a] # why\nx = 1\n", {"a": {"x": "1"}}, 1, "does not end in ]"),
        (b"[a]\nx = 1 \\ \ny = 2\n", {"a": {"x": "1 \\", "y": "2"}}, 2, "a blank follows"),
        (b"[a]\nx = 1\\\n2\\\t\n", {"a": {"x": "1\n2\\"}}, 3, "a blank follows"),
        (b"[a]\nx = 1 \\", {"a": {"x": "1 \\"}}, 2, "the file ends there"),
        (b"[a]\nx = \xff\n", {"a": {"x": "\ufffd"}}, 2, "not UTF-8"),
    ],
)
def test_an_oddity_is_named(
    data: bytes, expected: Conf, line: int, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.conf"
    path.write_bytes(data)
    warnings: list[str] = []
    assert read_conf(path, warnings.append) == expected
    (warning,) = warnings
    assert warning.startswith(f"{path}:{line}: ")
    assert words in warning


LINE = st.text(
    st.characters(exclude_characters="\r\n\\", exclude_categories=["Cs"]), max_size=8
).map(str.strip)
NAME = LINE.filter(lambda text: text and text[0] not in "[#" and "=" not in text)


@given(st.dictionaries(LINE, st.dictionaries(NAME, st.lists(LINE, min_size=1, max_size=3))))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, conf: object) -> None:
    assert isinstance(conf, dict)
    written = "".join(
        f"[{stanza}]\n" + "".join(f"{k} = " + "\\\n".join(v) + "\n" for k, v in settings.items())
        for stanza, settings in conf.items()
    )
    path = tmp_path_factory.mktemp("conf") / "x.conf"
    path.write_text(written, encoding="utf-8", newline="")
    warnings: list[str] = []
    assert read_conf(path, warnings.append) == {
        stanza: {key: "\n".join(lines).strip() for key, lines in settings.items()}
        for stanza, settings in conf.items()
    }
    assert warnings == []


def test_local_wins_over_default_setting_by_setting(tmp_path: Path) -> None:
    for layer, text in {
        "default": "[default]\nz = 0\n[a]\nx = 1\ny = 1\n[b]\nx = 1\n",
        "local": "[a]\ny = 2\n[c]\nz = 3\n",
    }.items():
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "x.conf").write_text(text)
    conf = read_layers(tmp_path, "x")
    assert conf["a"] == {"x": "1", "y": "2"}
    assert fill_defaults(conf) == {
        "a": {"x": "1", "y": "2", "z": "0"},
        "b": {"x": "1", "z": "0"},
        "c": {"z": "3"},
    }
