from __future__ import annotations

import hashlib

import pytest

from tests.functions import evaluate


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_digest_of_utf8(algorithm: str) -> None:
    """https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/cryptographic-functions"""
    expected = hashlib.new(algorithm, "grüße".encode()).hexdigest()
    assert evaluate(f"{algorithm}(x)", x="grüße") == expected
    assert evaluate(f"{algorithm}(x)") is None


def test_known_digests() -> None:
    assert evaluate('md5("hello")') == "5d41402abc4b2a76b9719d911017c592"
    assert evaluate('sha1("")') == "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    assert evaluate("md5(12)") == evaluate('md5("12")')


def test_text_that_was_no_utf8() -> None:
    assert len(str(evaluate("sha256(x)", x="\udcff"))) == 64
