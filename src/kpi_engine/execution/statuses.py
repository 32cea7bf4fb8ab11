"""What is said of a value that is known or not: the words of the ``status`` columns.

They are public.
"""

FACT_STATUSES = ("ok", "no_rows", "below_min_rows", "unknown")
"""What can be said of what was gathered from rows, and of what follows from it."""

METRIC_STATUSES = (*FACT_STATUSES, "provisional")
"""The same in a result, where a value may also be known and not final."""

SCORE_STATUSES = ("ok", "out_of_range", "stopped", "no_points", "needs", "unknown")

PAY_STATUSES = ("ok", "held", "below_zero")
