"""Every whole-number operation on plain Python integers, one row at a time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400 * 10**6


def reading(instant, calendar):
    """What the clocks show, as microseconds since 1970 on the same clocks."""
    moment = EPOCH + timedelta(microseconds=instant)
    local = moment.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=UTC)
    return (local - EPOCH) // timedelta(microseconds=1)


def month(day):
    found = date(1970, 1, 1) + timedelta(days=day)
    return found.year * 12 + found.month - 1


def strict(function):
    return lambda *values: None if None in values else function(*values)


def conjunction(*values):
    return False if False in values else None if None in values else True


def disjunction(*values):
    return True if True in values else None if None in values else False


OPERATIONS = {
    "add": strict(lambda a, b: a + b),
    "sub": strict(lambda a, b: a - b),
    "mul": strict(lambda a, b: a * b),
    "neg": strict(lambda a: -a),
    "abs": strict(abs),
    "sign": strict(lambda a: (a > 0) - (a < 0)),
    "floordiv": strict(lambda a, b: a // b),
    "mod": strict(lambda a, b: a % b),
    "nonzero": strict(lambda a: a or None),
    "eq": strict(lambda a, b: a == b),
    "ne": strict(lambda a, b: a != b),
    "lt": strict(lambda a, b: a < b),
    "le": strict(lambda a, b: a <= b),
    "gt": strict(lambda a, b: a > b),
    "ge": strict(lambda a, b: a >= b),
    "and": conjunction,
    "or": disjunction,
    "not": strict(lambda a: not a),
    "known": lambda a: a is not None,
    "if": lambda condition, a, b: a if condition else b,
    "month_of_date": strict(month),
}


def evaluate(node, row, calendar):
    """The value of an operation on one row."""
    match node.op:
        case "lit":
            return node.args[0]
        case "column":
            return row[node.args[0]]
    values = [evaluate(arg, row, calendar) for arg in node.args if hasattr(arg, "op")]
    if node.op in OPERATIONS:
        return OPERATIONS[node.op](*values)
    if values[0] is None:
        return None
    shifted = 0 if node.op == "in" else reading(values[0], calendar)
    match node.op:
        case "in":
            return values[0] in node.args[1:]
        case "in_hours":
            start, end = (60 * 10**6 * minutes for minutes in node.args[1])
            time = shifted % DAY
            return start <= time < end if start < end else time >= start or time < end
        case "day_of_time":
            return (shifted - calendar.day_starts * 60 * 10**6) // DAY
        case "month_of_time":
            return month((shifted - calendar.day_starts * 60 * 10**6) // DAY)
    raise KeyError(node.op)
