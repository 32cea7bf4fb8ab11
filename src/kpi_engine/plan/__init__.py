"""From a checked ruleset to exact, vectorized steps of Polars."""
