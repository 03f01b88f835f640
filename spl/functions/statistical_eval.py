"""Statistical eval functions.

https://help.splunk.com/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/statistical-eval-functions
"""

from __future__ import annotations

import random as randomness

from spl.functions.registry import EvalValue, eval_function

_RANDOM = randomness.Random()
_MAX_RANDOM = 2**31 - 1


@eval_function("random", arguments=0)
def random() -> EvalValue:
    """`random()`: a whole number from 0 to 2^31-1."""
    return _RANDOM.randint(0, _MAX_RANDOM)
