"""JSON functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/json-functions
A field holds JSON as text. As a value, such a text is the array or the object that it spells; a
text in double quotes stays a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn

import orjson

from spl.errors import SplSyntaxError
from spl.functions.registry import (
    EvalValue,
    JsonBoolean,
    Literal,
    as_list,
    eval_function,
    from_list,
    is_true,
    one_text,
)
from spl.keeping import kept_of_short
from spl.lang.eval_expression import EvalExpression
from spl.values import Number, number_text, to_number

Json = Any
INVALID: Final = object()
"""What is read from a text that is no JSON."""
Step = str | int | None
"""One step of a path: a key, an index, or None for all members of an array."""
_MAX_INTEGER = 2**63
_FEW = 20
_STEP = re.compile(r"\.?([^.{}]+)|\{(\d{0,9})\}", re.ASCII)


def read_json(value: EvalValue) -> Json:
    """Return the JSON that a value's text spells, or INVALID. It must not be changed."""
    text = one_text(value)
    return INVALID if text is None else _parsed(text)


def _read_to_change(value: EvalValue) -> Json:
    text = one_text(value)
    return INVALID if text is None else _parse(text)


def _parse(text: str) -> Json:
    try:
        return json.loads(text, parse_float=_number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return INVALID


def _parse_quickly(text: str) -> Json:
    """Do so where only what is neither a number with a fraction nor 0 will be looked at."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse(text)


# Several fields are taken of one text.
_parsed = kept_of_short(16, 100_000)(_parse)
_parsed_quickly = kept_of_short(16, 100_000)(_parse_quickly)


def write_json(value: Json) -> str | None:
    """Write JSON as Splunk does, without blanks; None where it is nested too deeply."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return None


def as_json(value: EvalValue) -> Json:
    """Return the JSON of an expression's value."""
    if isinstance(value, list):
        return [as_json(member) for member in value]
    if isinstance(value, JsonBoolean):
        return value == "true"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _plain(value) if math.isfinite(value) else None
    if not isinstance(value, str):
        return value
    if isinstance(value, Literal):
        return str(value)
    if value[:1] in ("{", "["):
        parsed = _read_to_change(value)
        return str(value) if parsed is INVALID else parsed
    number = to_number(value)
    # 007 and 1.50 are no numbers of JSON that would come back as they were.
    return str(value) if number is None or number_text(number) != value else number


def from_json(value: Json) -> EvalValue:
    """Return what Splunk calls the native type: arrays and objects stay JSON text."""
    if isinstance(value, bool):
        return JsonBoolean("true" if value else "false")
    if isinstance(value, (list, dict)):
        return write_json(value)
    if isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        return str(value)
    result: EvalValue = value
    return result


def infer_json(text: str) -> Json:
    """Return the JSON that a value of a multivalue spells; what is none is null."""
    parsed = read_json(text)
    return None if parsed is INVALID else parsed


@eval_function("json_object", arguments=(0, None), verify=lambda a: _check_pairs("json_object", a))
def json_object(*members: EvalValue) -> EvalValue:
    """`json_object(<key>, <value>, …)`."""
    return write_json(
        {
            one_text(key) or "": as_json(value)
            for key, value in zip(members[::2], members[1::2], strict=True)
        }
    )


@eval_function("json", arguments=1)
def json_(value: EvalValue) -> EvalValue:
    """`json(<value>)`: the value where it is JSON, else null."""
    return None if read_json(value) is INVALID else value


@eval_function("json_array", arguments=(0, None))
def json_array(*values: EvalValue) -> EvalValue:
    """`json_array(<values>)`."""
    return write_json([as_json(value) for value in values])


@eval_function("json_valid", arguments=1, boolean=True)
def json_valid(value: EvalValue) -> EvalValue:
    """`json_valid(<json>)`."""
    return None if value is None else read_json(value) is not INVALID


@eval_function("json_keys", arguments=1)
def json_keys(value: EvalValue) -> EvalValue:
    """`json_keys(<json>)`: the keys of an object as a JSON array."""
    parsed = read_json(value)
    return write_json(list(parsed)) if isinstance(parsed, dict) else None


@eval_function("json_entries", arguments=1)
def json_entries(value: EvalValue) -> EvalValue:
    """`json_entries(<value>)`: an array of objects with `key` and `value`."""
    parsed = read_json(value)
    if not isinstance(parsed, dict):
        return None
    return write_json([{"key": key, "value": member} for key, member in parsed.items()])


@eval_function("json_has_key_exact", arguments=2, boolean=True)
def json_has_key_exact(value: EvalValue, key: EvalValue) -> EvalValue:
    """`json_has_key_exact(<object>, <key>)`."""
    parsed, name = read_json(value), one_text(key)
    if not isinstance(parsed, dict) or name is None:
        return None
    return name in parsed


@eval_function("json_extract", arguments=(1, None))
def json_extract(value: EvalValue, *paths: EvalValue) -> EvalValue:
    """`json_extract(<json>, <paths>)`: the value at a path; of several paths, a JSON array.

    A path with `{}` yields an array of all that it leads to. As in the documentation's examples,
    `{…}` in an object leads into the array that is its only member, and `{}` alone is the object.
    """
    return _extract(value, paths, _at_path)


@eval_function("json_extract_exact", arguments=(1, None))
def json_extract_exact(value: EvalValue, *keys: EvalValue) -> EvalValue:
    """`json_extract_exact(<json>, <keys>)`: the value of a key, which may hold any character."""
    return _extract(
        value, keys, lambda parsed, key: parsed.get(key) if isinstance(parsed, dict) else None
    )


@eval_function("json_set", arguments=(3, None), verify=lambda a: _check_pairs("json_set", a[1:]))
def json_set(value: EvalValue, *pairs: EvalValue) -> EvalValue:
    """`json_set(<json>, <path>, <value>, …)`: keys that do not exist are made.

    Where a path does not fit the JSON, nothing is changed.
    """
    return _update_pairs(value, pairs, lambda _, new: new, create=True)


@eval_function(
    "json_set_exact", arguments=(3, None), verify=lambda a: _check_pairs("json_set_exact", a[1:])
)
def json_set_exact(value: EvalValue, *pairs: EvalValue) -> EvalValue:
    """`json_set_exact(<json>, <key>, <value>, …)`: a key may hold any character."""
    parsed = _read_to_change(value)
    if not isinstance(parsed, dict):
        return None
    for key, new in zip(pairs[::2], pairs[1::2], strict=True):
        parsed[one_text(key) or ""] = as_json(new)
    return write_json(parsed)


@eval_function(
    "json_append", arguments=(3, None), verify=lambda a: _check_pairs("json_append", a[1:])
)
def json_append(value: EvalValue, *pairs: EvalValue) -> EvalValue:
    """`json_append(<json>, <path>, <value>, …)`: what is no array becomes one first."""
    return _update_pairs(value, pairs, lambda old, new: [*_wrap(old), new])


@eval_function(
    "json_extend", arguments=(3, None), verify=lambda a: _check_pairs("json_extend", a[1:])
)
def json_extend(value: EvalValue, *pairs: EvalValue) -> EvalValue:
    """`json_extend(<json>, <path>, <array>, …)`: appends the members of arrays one by one."""
    return _update_pairs(value, pairs, lambda old, new: [*_wrap(old), *_wrap(new)])


@eval_function("json_delete", arguments=(2, None))
def json_delete(value: EvalValue, *keys: EvalValue) -> EvalValue:
    """`json_delete(<object>, <keys>)`: keys of nested objects are joined by `.`.

    Several keys are arguments, or one array.
    """
    parsed = _read_to_change(value)
    if not isinstance(parsed, dict):
        return None
    for key in keys:
        names = as_json(key)
        for name in names if isinstance(names, list) else [one_text(key)]:
            *above, last = str(name).split(".")
            node: Json = parsed
            for step in above:
                node = node.get(step) if isinstance(node, dict) else None
            if isinstance(node, dict):
                node.pop(last, None)
    return write_json(parsed)


@eval_function("json_array_to_mv", arguments=(1, 2))
def json_array_to_mv(value: EvalValue, quoted: EvalValue = False) -> EvalValue:
    """`json_array_to_mv(<json_array>, <boolean>)`: true keeps the quotes of texts."""
    parsed = read_json(value)
    if not isinstance(parsed, list):
        return None
    keep = is_true(quoted)
    texts = [
        member if isinstance(member, str) and not keep else write_json(member) for member in parsed
    ]
    return from_list([text for text in texts if text is not None])


@eval_function("mv_to_json_array", arguments=(1, 2))
def mv_to_json_array(value: EvalValue, infer: EvalValue = False) -> EvalValue:
    """`mv_to_json_array(<field>, <infer_types>)`: true reads each value as JSON, or null.

    https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/multivalue-eval-functions
    """
    if value is None:
        return None
    texts = as_list(value)
    return write_json([infer_json(text) for text in texts] if is_true(infer) else texts)


def _check_pairs(name: str, arguments: Sequence[EvalExpression]) -> None:
    if len(arguments) % 2:
        raise SplSyntaxError(f"{name}(): the last argument has no value")


def _number(text: str) -> Number:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return _plain(number)


def _plain(number: Number) -> Number:
    """Splunk writes whole numbers without decimals."""
    return int(number) if number == int(number) else number


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


@lru_cache(maxsize=1_000)
def _steps(path: str) -> tuple[Step, ...] | None:
    """Return the steps of `a.b{}.c{0}`; None where it is no path."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            return None
        key, index = found.groups()
        steps.append(key if key is not None else int(index) if index else None)
        position = found.end()
    return tuple(steps)


def _extract(
    value: EvalValue, names: Sequence[EvalValue], find: Callable[[Json, str], Json]
) -> EvalValue:
    text = one_text(value)
    if text is not None and len(names) == 1:
        parsed = _parsed_quickly(text)
        alone = None if parsed is INVALID else find(parsed, one_text(names[0]) or "")
        if _is_exact(alone):
            return from_json(alone)
    parsed = read_json(text)
    if parsed is INVALID:
        return None
    found = [find(parsed, one_text(name) or "") for name in names]
    if len(found) > 1:
        return write_json(found)
    return from_json(found[0] if found else parsed)


def _is_exact(value: Json, levels: int = 2) -> bool:
    """Tell whether both ways to parse JSON surely read the same; not of what is large or deep."""
    if isinstance(value, (dict, list)):
        members = value.values() if isinstance(value, dict) else value
        return (
            levels > 0 and len(members) <= _FEW and all(_is_exact(m, levels - 1) for m in members)
        )
    return value is None or type(value) in (str, bool) or (type(value) is int and value != 0)


def _at_path(parsed: Json, path: str) -> Json:
    steps = _steps(path)
    if steps is None:
        return None
    if isinstance(parsed, dict) and steps and not isinstance(steps[0], str):
        if steps == (None,):
            return parsed
        members = list(parsed.values())
        parsed = members[0] if len(members) == 1 else None
    for place, step in enumerate(steps):
        if not isinstance(step, str):
            return _at_steps(parsed, steps[place:])
        if not isinstance(parsed, dict) or step not in parsed:
            return None
        parsed = parsed[step]
    return parsed


def _at_steps(parsed: Json, steps: Sequence[Step]) -> Json:
    found = [parsed]
    for step in steps:
        found = [member for node in found for member in _members(node, step)]
    if None in steps:
        return found or None
    return found[0] if found else None


def _members(node: Json, step: Step) -> Iterable[Json]:
    if isinstance(step, str):
        return [node[step]] if isinstance(node, dict) and step in node else []
    if not isinstance(node, list):
        return []
    return node if step is None else node[step : step + 1]


def _wrap(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _update_pairs(
    value: EvalValue,
    pairs: Sequence[EvalValue],
    change: Callable[[Json, Json], Json],
    *,
    create: bool = False,
) -> EvalValue:
    parsed = _read_to_change(value)
    if parsed is INVALID:
        return None
    holder = [parsed]
    for path, new in zip(pairs[::2], pairs[1::2], strict=True):
        steps = _steps(one_text(path) or "")
        if steps is not None:
            _update(holder, (0, *steps), change, as_json(new), create=create)
    return write_json(holder[0])


def _update(
    node: Json,
    steps: Sequence[Step],
    change: Callable[[Json, Json], Json],
    new: Json,
    *,
    create: bool,
) -> None:
    step, rest = steps[0], steps[1:]
    places: Iterable[Any]
    if isinstance(step, str):
        if not isinstance(node, dict):
            return
        if step not in node:
            if not create or not all(isinstance(later, str) for later in rest):
                return
            node[step] = {} if rest else None
        places = [step]
    elif isinstance(node, list):
        places = range(len(node)) if step is None else range(len(node))[step : step + 1]
    else:
        return
    for place in places:
        if rest:
            _update(node[place], rest, change, new, create=create)
        else:
            node[place] = change(node[place], new)
