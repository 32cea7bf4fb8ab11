"""Many shops with numbers of their own against one ruleset over the same rows."""
