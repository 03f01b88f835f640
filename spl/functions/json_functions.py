"""JSON functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/json-functions
"""

from __future__ import annotations

import json
from typing import Any

from spl.fields import parse_json, scalar_text
from spl.functions.registry import EvalValue, as_text, eval_function, from_list

Json = Any


def _write(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: Json) -> str:
    return _write(value) if isinstance(value, (dict, list)) else scalar_text(value)


@eval_function("json_array_to_mv", arguments=(1, 2))
def json_array_to_mv(value: EvalValue, _quoted: EvalValue = False) -> EvalValue:
    """`json_array_to_mv(<json_array>)`: the members as a multivalue."""
    text = as_text(value)
    members = None if text is None else parse_json(text)
    return from_list([_text(member) for member in members]) if isinstance(members, list) else None
