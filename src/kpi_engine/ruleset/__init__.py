"""The ruleset: its document, its layers, and the check that makes it a checked ruleset."""
