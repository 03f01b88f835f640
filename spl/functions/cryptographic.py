"""Cryptographic functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/cryptographic-functions
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from spl.functions.registry import EvalValue, as_text, each_value, eval_function


def _register(algorithm: str) -> None:
    def digest(value: EvalValue) -> EvalValue:
        text = as_text(value)
        if text is None:
            return None
        # Text read from bytes that are not UTF-8 may hold lone surrogates.
        return hashlib.new(
            algorithm, text.encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).hexdigest()

    run: Callable[..., EvalValue] = each_value(digest)
    eval_function(algorithm, arguments=1)(run)


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _register(_algorithm)
