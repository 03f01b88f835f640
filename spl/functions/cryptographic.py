"""Cryptographic functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/cryptographic-functions
"""

from __future__ import annotations

from spl.functions.registry import EvalValue, eval_function, one_text


def _register(algorithm: str) -> None:
    @eval_function(algorithm, arguments=1)
    def digest(value: EvalValue) -> EvalValue:
        text = one_text(value)
        if text is None:
            return None
        import hashlib

        # Text read from bytes that are not UTF-8 may hold lone surrogates.
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _register(_algorithm)
