"""Reads a flag as an application does: OpenFeature, with flagd's own provider in the process.

Asks on standard input: the key of a flag and a number. Answers on standard output: for how many of
so many users it is on, the value for a user without a name, and the reason for the first. What is
in the file is followed by the provider itself.
"""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

path = sys.argv[1]
provider = FlagdProvider(
    resolver_type=ResolverType.FILE,
    offline_flag_source_path=path,
    deadline_ms=50,
)
api.set_provider_and_wait(provider)
client = api.get_client()

for line in sys.stdin:
    key, users = line.split()
    users = [EvaluationContext(f"user-{n}") for n in range(int(users))]
    found = [client.get_boolean_details(key, False, user) for user in users]
    errors = sorted({str(one.error_code) for one in found if one.error_code})
    answer = {
        "on": sum(one.value for one in found),
        "nameless": client.get_boolean_value(key, False, EvaluationContext()),
        "reason": str(found[0].reason),
        "errors": errors,
    }
    print(json.dumps(answer), flush=True)
