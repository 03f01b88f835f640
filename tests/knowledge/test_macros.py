"""Search macros.

https://docs.splunk.com/Documentation/Splunk/9.4.0/Admin/Macrosconf
https://docs.splunk.com/Documentation/Splunk/9.4.0/Knowledge/Definesearchmacros
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spl import Engine, SplError
from spl.knowledge import App
from tests.knowledge.conftest import WriteApp

MACROS = r"""
[plain]
definition = verb=get
[empty]
definition =
[args-ignored]
definition = x=1
args = a
[by(1)]
args = field
definition = stats count by $field$
[two(2)]
args = a, b-c
definition = a=$a$ b=$b-c$
[two]
definition = none
[in_quotes(1)]
args = x
definition = y="<$x$ $$x$ $y$>"
[outer(1)]
args = x
definition = `plain` | `by($x$)`
[swap(2)]
args = a, b
definition = $b$ $a$
[made(1)]
args = n
definition = if($n$ > 1, "many=$n$", "one=$n$")
iseval = 1
[number]
definition = 1+1
iseval = true
[checked(1)]
args = n
definition = n=$n$
validation = isnum($n$)
errormsg = n is a number
[checked_silently(1)]
args = n
definition = n=$n$
validation = $n$ > 0
[says(1)]
args = n
definition = n=$n$
validation = if($n$ > 0, null(), "n is above 0, not $n$")
[validated(1)]
args = n
definition = n=$n$
validation = validate($n$ > 0, "too small", $n$ < 9, "too large")
[silent(1)]
args = n
definition = n=$n$
validation = case($n$ < 0, "negative")
[circle_a]
definition = `circle_b`
[circle_b]
definition = `circle_a`
[bad_call]
definition = x `plain(1)`
[bad_call_outer]
definition = y=1 `bad_call`
[bad_command]
definition = stat count
[bad_command_outer(1)]
args = x
definition = fields $x$ | `bad_command`
[open_ended]
definition = where x >
[comment]
definition = a ```see `nothing` here``` b
[d0]
definition = x
"""


@pytest.fixture
def engine(app: WriteApp) -> Engine:
    chain = "".join(f"[d{n}]\ndefinition = `d{n - 1}` `d{n - 1}`\n" for n in range(1, 30))
    return app(macros=MACROS + chain)


@pytest.mark.parametrize(
    ("search", "expanded"),
    [
        ("`plain`", "verb=get"),
        ("a ` plain ` b", "a verb=get b"),
        ("a`empty`b", "ab"),
        ("`args-ignored`", "x=1"),
        ("`two`", "none"),
        ("`two(1, 2)`", "a=1 b=2"),
        ("`two(b-c=1, a=2)`", "a=2 b=1"),
        ('`two("1, 2", (3, 4))`', "a=1, 2 b=(3, 4)"),
        (r'`two("say \"x\"", x)`', 'a=say "x" b=x'),
        ("`two(1 2,)`", "a=1 2 b="),
        ("`in_quotes(v)`", 'y="<v $v $y$>"'),
        ("`outer(user)`", "verb=get | stats count by user"),
        ("`swap($b$, x)`", "x $b$"),
        ("`made(2)` `made(1)`", "many=2 one=1"),
        ("`checked(5)`", "n=5"),
        ("`says(1)` `validated(1)` `silent(1)`", "n=1 n=1 n=1"),
        ('"`plain`" `plain`', '"`plain`" verb=get'),
        (r'"a \" `plain`"', r'"a \" `plain`"'),
        ("```a `plain` b``` `plain`", "```a `plain` b``` verb=get"),
        ("`comment`", "a ```see `nothing` here``` b"),
    ],
)
def test_expansion(engine: Engine, search: str, expanded: str) -> None:
    assert engine.expand(search).text == expanded


ERRORS = {
    "`plian`": ("unknown macro 'plian': did you mean 'plain'?", "`plian`", "`plian`"),
    "x `two(1)`": ("macro 'two' does not take 1 arguments; there is two, two(2)", "", "`two(1)`"),
    "`checked(x)`": ("macro 'checked(1)': n is a number", "", "`checked(x)`"),
    "`checked_silently(0)`": ("macro 'checked_silently(1)': its arguments are not valid", "", ""),
    "`checked_silently(x)`": ("macro 'checked_silently(1)': its arguments are not valid", "", ""),
    "`says(0)`": ("macro 'says(1)': n is above 0, not 0", "", ""),
    "`validated(9)`": ("macro 'validated(1)': too large", "", ""),
    "`silent(-1)`": ("macro 'silent(1)': negative", "", ""),
    "`number`": ("macro 'number' is an eval macro, but its result is no text", "", ""),
    "`circle_a`": (
        "the macros refer to themselves: circle_a → circle_b → circle_a "
        "(in macro `circle_b` of `circle_a`)",
        "`circle_a`",
        "",
    ),
    "a `plain": ("this ` has no closing `", "a `plain", "`"),
    "`plain | x`": ("'plain | x' in backticks is not a macro reference", "", ""),
    "z=1 `bad_call_outer`": (
        "macro 'plain' does not take 1 arguments; there is plain "
        "(in macro `bad_call` of `bad_call_outer`)",
        "x `plain(1)`",
        "`plain(1)`",
    ),
    "x | `bad_command`": (
        "unknown command 'stat': did you mean 'stats'? (in macro `bad_command`)",
        "x | stat count",
        "stat",
    ),
    "x | `bad_command_outer(y)` | head": (
        "unknown command 'stat': did you mean 'stats'? "
        "(in macro `bad_command` of `bad_command_outer(1)`)",
        "x | fields y | stat count | head",
        "stat",
    ),
    "x | `open_ended`": ("", "x | where x >", ""),
    "`plain` | hed": ("unknown command 'hed': did you mean 'head'?", "verb=get | hed", "hed"),
    "`d29`": ("the search uses more than 10000 macros", "", ""),
}


@pytest.mark.parametrize(("search", "expected"), ERRORS.items(), ids=ERRORS)
def test_errors(engine: Engine, search: str, expected: tuple[str, str, str]) -> None:
    message, text, place = expected
    with pytest.raises(SplError) as raised:
        engine.parse(search)
    error = raised.value
    assert error.text is not None
    assert error.message.startswith(message)
    if message and "(in macro" not in message and "10000" not in message:
        assert "(in macro" not in error.message
    assert text in ("", error.text)
    assert place in ("", error.text[error.start : error.end])


def test_an_error_at_the_end_names_the_last_macro(engine: Engine) -> None:
    with pytest.raises(SplError, match=r"found the end of the search \(in macro `open_ended`\)"):
        engine.parse("x | `open_ended`")


@pytest.mark.parametrize(
    ("stanza", "words"),
    [
        ("[m(2)]\nargs = a\ndefinition = x", "[m(2)] has 1 args"),
        ("[m(1)]\ndefinition = x", "[m(1)] has 0 args"),
        ("[m(2)]\nargs = a, a\ndefinition = x", "[m(2)] names one of its args twice"),
        ("[m(1)]\nargs = a b\ndefinition = x", "'a b' is no name of an argument"),
        ("[m]\ndescription = x", "[m] has no definition"),
    ],
)
def test_a_wrong_macro_is_a_problem(app: WriteApp, stanza: str, words: str) -> None:
    engine = app(macros=stanza)
    with pytest.raises(SplError, match="unknown macro 'm'"):
        engine.parse("`m`" if "[m]" in stanza else "`m(1,2)`" if "(2)" in stanza else "`m(1)`")
    (problem,) = engine.app.problems
    assert problem.startswith("macros.conf: ")
    assert words in problem


def test_local_and_given_macros_win(app: WriteApp) -> None:
    engine = app(
        macros="[a]\ndefinition = 1\n[b]\ndefinition = 1\n", local_macros="[a]\ndefinition = 2\n"
    )
    assert engine.expand("`a` `b`").text == "2 1"
    other = Engine(App.open(engine.app.path, {"b": "3"}))
    assert other.expand("`a` `b`").text == "2 3"


APP = App.open(Path(__file__).parents[2] / "app", {"a": "x `b(1)`", "b(1)": "[$n$]"})
ENGINE = Engine(APP)


@given(st.text(alphabet='`"ab(),=$\\ |', max_size=30))
def test_nothing_but_a_spl_error(text: str) -> None:
    try:
        expansion = ENGINE.expand(text)
    except SplError as error:
        str(error)
        return
    for start, end, name in expansion.origins:
        assert name in ("a", "b(1)")
        assert 0 <= start <= end <= len(expansion.text)
    if "`" not in text:
        assert expansion.text == text
