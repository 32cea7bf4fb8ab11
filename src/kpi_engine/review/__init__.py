"""Questions about a ruleset or a result: do its tests pass, and why is this number what it is?"""
