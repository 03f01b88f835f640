"""An event that matches a search always holds one of the literals that the search needs."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spl import Event
from spl.lang.reader import Reader
from spl.lang.search_expression import parse_search_expression
from spl.literals import ANYTHING, EXCEPTIONS, NOTHING, Cover, Origin, cover, known
from spl.matching import compile_search
from spl.scan import Scanner, occurrences

LONG_S = "\N{LATIN SMALL LETTER LONG S}"
DOTTED, DOTLESS = "\u0130", "\u0131"
ORIGIN = Origin(
    {"sourcetype": "kube", "source": "a/b.log"},
    lambda name: name not in {"computed", "sourcetype", "source"} and not name.startswith("_"),
)
WORDS = ["system:anonymous", "KUBECTL", "kubectl/v1.2", "/api/v1/pods", "403", "a&b", 'q"uote', "é"]
VALUES = st.one_of(
    st.sampled_from([*WORDS, f"{LONG_S}ystem:anonymous", "system:anonymouS"]),
    st.text(f"abAB:\N{KELVIN SIGN}k{LONG_S}/éiI{DOTTED}{DOTLESS}", max_size=6),
)
LINES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("fgh"), st.one_of(VALUES, st.lists(VALUES)), max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
FIELDS = st.sampled_from(["f", "g", "h", "f{}", "computed", "sourcetype", "_raw"])
PATTERNS = st.one_of(VALUES, st.sampled_from(["*", "kube*", "*ANON*", "system:*", "10.0.0.0/8"]))
ATOMS = st.one_of(
    st.tuples(FIELDS, st.sampled_from(["=", "!=", "<"]), PATTERNS).map(
        lambda p: f"{p[0]}{p[1]}{json.dumps(p[2], ensure_ascii=False)}"
    ),
    PATTERNS.map(lambda p: json.dumps(p, ensure_ascii=False)),
    st.tuples(FIELDS, PATTERNS, PATTERNS).map(
        lambda p: (
            f"{p[0]} IN ({json.dumps(p[1], ensure_ascii=False)}, "
            f"{json.dumps(p[2], ensure_ascii=False)})"
        )
    ),
)
SEARCHES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} OR {p[1]})"),
        inner.map(lambda s: f"NOT ({s})"),
    ),
    max_leaves=5,
)


def cheapest(literal: bytes) -> float:
    return 1 / len(literal)


@pytest.mark.parametrize("fast", [True, False])
@given(SEARCHES, LINES)
@example('f="system:anonymous"', [({"f": "SYSTEM:anonymous"}, True)])
@example('f="kube*"', [({"f": "\u212aUBECTL"}, False)])
@example('"system:anonymous"', [({"f": f"{LONG_S}ystem:anonymous"}, False)])
@example('"list"', [({"f": f"l{DOTLESS}st"}, False), ({"f": f"l{DOTTED}st"}, False)])
@example('"list"', [({"f": f"l{DOTLESS}st"}, True), ({"f": f"l{DOTTED}st"}, True)])
@example('f="*lis*"', [({"f": f"L{DOTTED}ST"}, False), ({"f": f"L{DOTTED}ST"}, True)])
@example('f="/api/v1/pods"', [({"f": "/api/v1/pods"}, True)])
def test_no_matching_line_is_missed(
    fast: bool, search: str, lines: list[tuple[dict[str, object], bool]]
) -> None:
    expression = parse_search_expression(Reader(search))
    texts = [json.dumps(value, ensure_ascii=escape).encode() for value, escape in lines]
    matches = compile_search(expression)
    matched = [text for text in texts if matches(Event(text, sourcetype="kube", source="a/b.log"))]
    literals = cover(expression, ORIGIN, cheapest).literals
    if literals is not None:
        data = b"\n".join(texts)
        scanner = Scanner(dict.fromkeys(literals, 1), EXCEPTIONS, fast=fast)
        found = [data[start:end] for start, end, bits in scanner.lines(data) if bits]
        assert not set(matched) - set(found)


@given(st.lists(st.sampled_from([b"abc", b"xAbCx", b"\\u003a", b"\\u0026", b"", b"zz", b"defabc"])))
def test_the_fast_and_the_plain_scanner_find_the_same(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    wanted = {b"abc": 1, b"def": 2}
    fast, plain = (list(Scanner(wanted, EXCEPTIONS, fast=f).lines(data)) for f in (True, False))
    assert fast == plain


@pytest.mark.parametrize(
    ("search", "literals"),
    [
        ('f="system:anonymous"', {b"system:anonymous"}),
        ("f=kubectl*", {b"kubectl"}),
        ("f=abc OR g=def", {b"abc", b"def"}),
        ("f=abc g=longer", {b"longer"}),
        ("f=abc NOT g=longer", {b"abc"}),
        ("NOT f=abc", None),
        ("f!=abc", None),
        ("f=ab", None),
        ("computed=longer", None),
        ("f=10.0.0.0/8", None),
        ('f="/api/v1/pods"', {b"pods"}),
        ("sourcetype=kube f=abc", {b"abc"}),
        ("sourcetype=other f=abc", set()),
        ("(sourcetype=other f=abc) OR f=def", {b"def"}),
        ("sourcetype=kube", None),
        ("*", None),
        ("earliest=-1d f=abc", {b"abc"}),
        ('"Some Phrase"', {b"some phrase"}),
    ],
)
def test_the_cheapest_literals_are_chosen(search: str, literals: set[bytes] | None) -> None:
    expression = parse_search_expression(Reader(search))
    wanted = None if literals is None else frozenset(literals)
    assert cover(expression, ORIGIN, cheapest) == Cover(wanted)


@pytest.mark.parametrize(
    ("search", "truth"),
    [
        ("sourcetype=kube", True),
        ("sourcetype=k* source=*.log", True),
        ("NOT sourcetype=kube", False),
        ("sourcetype=kube OR f=1", True),
        ("sourcetype=kube f=1", None),
        ("sourcetype=other f=1", False),
        ("f=1", None),
    ],
)
def test_metadata_alone_may_decide(search: str, truth: bool | None) -> None:
    assert known(parse_search_expression(Reader(search)), ORIGIN.metadata) is truth


def test_anything_and_nothing_unite() -> None:
    assert (ANYTHING | NOTHING) == ANYTHING
    assert (NOTHING | Cover(frozenset({b"x"}))) == Cover(frozenset({b"x"}))


@given(
    st.lists(st.sampled_from([b"\n", b"}\n{", b"a", b"aa", b"x" * 70])),
    st.sampled_from([b"\n", b"}\n{", b"aa"]),
)
def test_literals_are_counted_as_python_counts_them(parts: list[bytes], literal: bytes) -> None:
    text = b"".join(parts)
    assert occurrences(text, literal) == text.count(literal)
