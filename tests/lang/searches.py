"""Hypothesis strategies that make searches: valid ones from the grammar, and texts near them."""

from __future__ import annotations

from hypothesis import strategies as st

from spl.functions.registry import eval_functions
from spl.lang.reader import quote

NAMES = st.sampled_from(
    ["a", "user.username", "sourceIPs{}", "x_1", "annotations.k8s.io/decision", "AND", "by", "in"]
)
TEXTS = st.text(alphabet="ab *\"\\|[]()'`$=<>!,\n€\t", max_size=8)
PLAIN = st.sampled_from(["a", "b1", "x_y"])


def parenthesised(text: str) -> str:
    return f"({text})"


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    name = quote(draw(NAMES))
    operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    return f"{name}{operator}{quote(draw(TEXTS))}"


@st.composite
def in_lists(draw: st.DrawFn) -> str:
    values = draw(st.lists(TEXTS.map(quote), min_size=1, max_size=3))
    return f"{quote(draw(NAMES))} IN ({', '.join(values)})"


TERMS = st.one_of(
    comparisons(),
    in_lists(),
    TEXTS.map(quote),
    st.sampled_from(["word", "fail*", "10.0.0.1", "TERM(127.0.0.1)", "CASE(Error)", "x::y"]),
)
SEARCH_EXPRESSIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(" AND ".join),
        st.tuples(inner, inner).map(" OR ".join),
        inner.map(lambda text: f"NOT ({text})"),
        inner.map(parenthesised),
    ),
    max_leaves=8,
)

ATOMS = st.one_of(
    PLAIN,
    NAMES.map(lambda name: f"'{name}'"),
    TEXTS.map(quote),
    st.integers(0, 10**20).map(str),
    st.sampled_from(["1.50", ".5", "2e3", "true()", "null()"]),
)
FUNCTIONS = st.sampled_from(
    sorted(name for name, f in eval_functions().items() if f.least <= 2 and (f.most or 2) >= 2)
)
OPERATORS = st.sampled_from([*"+-*/%.", "=", "!=", "<", "AND", "or", "XOR"])
EVAL_EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from([*"+-*/%.", "=", "!=", "<", "AND", "or", "XOR"]), inner
        ).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda text: f"(NOT {text})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(FUNCTIONS, inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} IN ({p[1]}))"),
        inner.map(parenthesised),
    ),
    max_leaves=8,
)

# {f} and {g} are fields, {t} is a text.
TEMPLATES = st.sampled_from(
    r"""
accum {f} AS {g}
addtotals fieldname={f} {g}
addcoltotals labelfield={f} label={t} {g}
append [search {f}={t} | head 1]
appendcols override=true [search {f}=1]
appendpipe [stats count by {f}]
autoregress {f} AS {g} p=2
bin span=5 {f} AS {g}
chart count over {f} by {g}
delta {f} AS {g} p=2
eventstats dc({f}) AS {g} by {f}
extract pairdelim={t} kvdelim="="
fieldsummary maxvals=3 {f} {g}
filldown {f} {g}
fillnull value={t} {f} {g}
foreach {f} [eval <<FIELD>>=1]
fromjson {f} prefix={t}
makemv delim={t} {f}
makemv tokenizer="(a)" {f}
mvcombine delim={t} {f}
mvexpand {f} limit=2
nomv {f}
top 3 {f} by {g}
rare limit=2 countfield={f} {g}
replace {t} WITH {t} IN {f}
strcat {f} {t} {g}
streamstats window=3 sum({f}) AS {g} by {f}
timechart span=1h count by {f}
timechart dc({f}) AS {g}
transaction {f} maxspan=5m startswith="x"
transpose 3 header_field={f}
untable {f} {g} a
xyseries {f} {g} a
regex {f}="x|y"
tojson str({f}) output_field={g}
outputlookup key_field={f} a.csv
inputlookup append=true a.csv WHERE {f}={t}
lookup a.csv {f} AS {g} OUTPUT {f} AS {g}
convert ctime({f}) AS {g}
collect index=a marker={t}
dedup 2 {f} {g} sortby -{f}
sort - {f}, + {g}
iplocation prefix={t} {f}
spath input={f} output={g} path={t}
rex field={f} max_match=2 "(?<x>y)"
join type=left {f} {g} [search x]
head (isnull(a)) null=true
union [search a] [search b]
return 3 {f}
fields {f} {g}
table {f} {g}
""".strip().splitlines()
)
ANY_NAMES = st.one_of(NAMES, st.sampled_from(["-", "+a", "x y"])).map(quote)


@st.composite
def filled_templates(draw: st.DrawFn) -> str:
    text = draw(TEXTS.filter(bool).map(quote))
    return draw(TEMPLATES).format(f=draw(ANY_NAMES), g=draw(ANY_NAMES), t=text)


COMMANDS = st.one_of(
    filled_templates(),
    SEARCH_EXPRESSIONS.map("search {}".format),
    EVAL_EXPRESSIONS.map("where {}".format),
    st.tuples(NAMES.map(quote), EVAL_EXPRESSIONS).map(lambda p: f"eval {p[0]}=if({p[1]}, 1, 2)"),
    st.lists(NAMES.map(quote), min_size=1, max_size=3).map(lambda n: "table " + " ".join(n)),
    st.lists(NAMES.map(quote), min_size=1, max_size=3).map(lambda n: "fields - " + ", ".join(n)),
    st.tuples(NAMES.map(quote), NAMES.map(quote)).map(lambda p: f"rename {p[0]} AS {p[1]}"),
    st.tuples(NAMES.map(quote), NAMES.map(quote)).map(
        lambda p: f"stats count, dc({p[0]}) AS {p[1]} values(a), sum(eval(b*2)) BY {p[1]}, {p[0]}"
    ),
    st.sampled_from(
        [
            "stats count",
            "stats p95(x) count(eval(code=403)) as c by user.groups{} dedup_splitvals=true",
            "sort 0 -count, +num(x) desc",
            "head 5",
            "head (x > 1) null=true",
            "dedup 2 a b keepempty=true sortby -x",
            'convert timeformat="%Y" ctime(t*) AS u*',
            'fillnull value="a b" x y',
            "fillnull",
            'spath input=p "a{}.b"',
            "iplocation prefix=s_ sourceIPs{}",
        ]
    ),
)
PIPELINES = st.tuples(SEARCH_EXPRESSIONS, st.lists(COMMANDS, max_size=4)).map(
    lambda parts: " | ".join([parts[0], *parts[1]])
)
FRAGMENTS = st.sampled_from(
    [
        "|",
        "[",
        "]",
        "(",
        ")",
        '"',
        "'",
        "`",
        "```",
        "=",
        "!=",
        "\\",
        ",",
        " ",
        "\n",
        "*",
        "search",
        "stats",
        "count",
        "by",
        "eval",
        "x",
        "x=1",
        "NOT",
        "AND",
        "OR",
        "IN (",
        "where",
        "rex",
        '"(?<a>b',
        "sort",
        "-",
        "head",
        "1",
        "0.5e",
        "$a$",
        "as",
        "lookup",
        "join",
        "\x00",
        "é",
    ]
)
NEARLY_SEARCHES = st.lists(st.one_of(FRAGMENTS, COMMANDS), max_size=12).map(" ".join)
