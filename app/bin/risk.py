"""The arithmetic and the risk fields of `riskscore`, importable without the Splunk SDK.

The fields are those of the risk framework of Splunk Enterprise Security: `risk_score`,
`risk_object`, `risk_object_type`, `threat_object`, `threat_object_type`, `risk_message`.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache
from typing import Callable, Dict, Iterator, List, Mapping, Union

Value = Union[str, List[str]]
"""A field's value: a text, or the members of a multivalue field."""

Record = Dict[str, Value]

OBJECT_TYPES = ("user", "system", "other")

# The types that contentctl, which builds Enterprise Security's content, lets a detection name.
THREAT_OBJECT_TYPES = (
    "certificate_common_name",
    "certificate_organization",
    "certificate_serial",
    "certificate_unit",
    "command",
    "domain",
    "email_address",
    "email_subject",
    "file_hash",
    "file_name",
    "file_path",
    "http_user_agent",
    "ip_address",
    "parent_process",
    "parent_process_name",
    "process",
    "process_hash",
    "process_name",
    "registry_path",
    "registry_value_name",
    "registry_value_text",
    "service",
    "signature",
    "system",
    "tls_hash",
    "url",
)

USAGE = {
    "impact": "impact=70, or impact=<field>",
    "confidence": "confidence=70, or confidence=<field>",
    "object": "object=<field>",
    "object_type": "object_type=" + "|".join(OBJECT_TYPES),
    "threat_object": "threat_object=<field>",
    "threat_object_type": "threat_object_type=" + "|".join(THREAT_OBJECT_TYPES),
    "message": 'message="text with $field$"',
}
"""How each option is written, by its name."""

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER = 40  # characters; a longer one in a log would only cost time and memory
_EXACT = Context(prec=3 * _LONGEST_NUMBER)

_FIELD_NAME = re.compile(r"[^\W\d][\w.{}:@/ -]*")
_NOT_A_NUMBER = ("nan", "inf", "infinity")
_TOKEN = re.compile(r"\$([^\W\d][^$]*)?\$")


def _number(text: str) -> Decimal | None:
    return _short_number(text.strip()) if len(text) <= _LONGEST_NUMBER else None


@lru_cache(maxsize=4096)
def _short_number(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number.copy_abs() if 0 <= number <= 100 else None


def percentage(value: Value) -> Decimal | None:
    """Read an impact or a confidence, a number from 0 to 100.

    A multivalue counts as its largest member. Returns None for an empty value and for one of
    which any member is not a number from 0 to 100, so that no bad value hides behind a good one.
    """
    if isinstance(value, str):
        return _number(value)
    numbers = [number for number in map(_number, value) if number is not None]
    return max(numbers) if numbers and len(numbers) == len(value) else None


@lru_cache(maxsize=4096)
def _product(impact: Decimal, confidence: Decimal) -> str:
    score = _EXACT.multiply(_EXACT.multiply(impact, confidence), Decimal("0.01"))
    return format(_EXACT.normalize(score), "f")


def risk_score(impact: Value, confidence: Value) -> str:
    """Return impact × confidence / 100, exactly: "49", "10.89"; "" where either is unusable.

    Impact and confidence are texts or multivalues as `percentage` reads them.
    """
    left, right = percentage(impact), percentage(confidence)
    return "" if left is None or right is None else _product(left, right)


def problems(options: Mapping[str, str | None]) -> Iterator[str]:
    """Yield what is wrong with the options (text by name), each with what to write instead."""
    for name in ("impact", "confidence"):
        text = options.get(name)
        if text is None:
            yield f"{name} is missing: write {USAGE[name]}"
        elif text.strip() and percentage(text) is None and not _is_field_name(text):
            yield f"{name}={text} is not a number from 0 to 100 or a field: write {USAGE[name]}"
    for name, text in options.items():
        if text is not None and not text.strip():
            yield f"{name} is empty: write {USAGE[name]}"
    for name, types in (("object", OBJECT_TYPES), ("threat_object", THREAT_OBJECT_TYPES)):
        kind = options.get(f"{name}_type")
        if not kind or kind.isspace():
            continue
        if kind not in types:
            yield f"{name}_type={kind} is unknown: write one of {', '.join(types)}"
        if options.get(name) is None:
            yield f"{name}_type={kind} is the type of nothing: write {USAGE[name]} too"


def _is_field_name(text: str) -> bool:
    return bool(_FIELD_NAME.fullmatch(text)) and text.lower() not in _NOT_A_NUMBER


class RiskFields:
    """The risk fields that one use of `riskscore` adds to each record.

    Takes the options in which `problems` finds nothing. A risk object without `object_type` is
    of type "other"; a threat object without `threat_object_type` has no type.
    """

    def __init__(self, options: Mapping[str, str | None]) -> None:
        self._impact = _operand(options["impact"] or "")
        self._confidence = _operand(options["confidence"] or "")
        self._copies: Dict[str, str] = {}
        self._constants: Record = {}
        if field := options.get("object"):
            self._copies["risk_object"] = field
            self._constants["risk_object_type"] = options.get("object_type") or "other"
        if field := options.get("threat_object"):
            self._copies["threat_object"] = field
        if threat_object_type := options.get("threat_object_type"):
            self._constants["threat_object_type"] = threat_object_type
        self._message = options.get("message")

    def add(self, record: Record) -> bool:
        """Set the risk fields of a record; return whether it has a score."""
        score = risk_score(self._impact(record), self._confidence(record))
        copied = {target: record.get(field, "") for target, field in self._copies.items()}
        record.update(copied, risk_score=score, **self._constants)
        if self._message is not None:
            record["risk_message"] = expand(self._message, record)
        return bool(score)


def _operand(text: str) -> Callable[[Record], Value]:
    """Return what reads an impact or confidence from a record: a literal, or the field it names."""
    if percentage(text) is not None:
        return lambda record: text
    return lambda record: record.get(text, "")


def expand(message: str, record: Record) -> str:
    """Fill the `$field$` tokens of a message from a record; `$$` is a dollar sign.

    A field that the record lacks is empty, as `$result.field$` is in Splunk's alert actions; the
    members of a multivalue are joined with ", ". A value is never searched for tokens.
    """

    def text(token: re.Match[str]) -> str:
        if token[1] is None:
            return "$"
        value = record.get(token[1], "")
        return value if isinstance(value, str) else ", ".join(value)

    return _TOKEN.sub(text, message)
