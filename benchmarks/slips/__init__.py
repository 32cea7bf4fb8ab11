"""From facts to pay, against the same rules in floats: `python -m benchmarks.slips`."""
