"""Why rows are refused: the words that stand in ``rejects``, in one table. They are public."""

from typing import Literal

Reason = Literal[
    "missing_value",
    "not_a_number",
    "not_whole",
    "too_many_decimals",
    "out_of_range",
    "not_a_condition",
    "unknown_label",
    "not_a_time",
    "nonexistent_time",
    "ambiguous_time",
    "not_a_date",
    "not_a_month",
    "duplicate_row",
    "conflicting_key",
]

REASONS: dict[Reason, str] = {
    "missing_value": "the value is missing and the column is neither optional nor has a default",
    "not_a_number": "the value is no decimal number such as `-12.50`, or it is NaN or infinite",
    "not_whole": "the number has a fraction and the column holds whole numbers",
    "too_many_decimals": "the number has more decimals than the column keeps: 6, or those of the "
    "currency's minor unit",
    "out_of_range": "the value lies beyond what is exact everywhere: 2^53 of the unit kept",
    "not_a_condition": "the value is none of the accepted spellings of true and false",
    "unknown_label": "the text is none of the labels of the column",
    "not_a_time": "the text is no time: ISO 8601, or the format of the column",
    "nonexistent_time": "the clocks of the ruleset's zone skipped this local time",
    "ambiguous_time": "the clocks of the ruleset's zone showed this local time twice",
    "not_a_date": "the value is no day: ISO 8601, or the format of the column",
    "not_a_month": "the text is no month such as `2026-10`",
    "duplicate_row": "an earlier row is equal in every declared column",
    "conflicting_key": "another row has the same key and differs: none of them can be believed",
}
"""What each reason means, as one sentence."""
