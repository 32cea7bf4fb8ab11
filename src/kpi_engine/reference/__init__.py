"""The same ruleset on plain Python rows with exact fractions: the judge of the plan."""
