"""Hypothesis profiles; `HYPOTHESIS_PROFILE` chooses one.

`dev` draws new examples on every run, `ci` always the same and fewer, `thorough` many.
"""

import os

from hypothesis import HealthCheck, settings

# Limits of time fail on a busy machine and say nothing about the code.
settings.register_profile(
    "dev", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=40, derandomize=True, database=None
)
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
