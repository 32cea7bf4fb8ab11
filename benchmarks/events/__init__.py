"""From raw events to facts: the rules of a Taobao shop written by hand, and timed, in four ways."""
