"""Tokens read into parse trees by precedence climbing."""

from typing import Literal

from kpi_engine.language.accidents import (
    too_big,
    without_partner,
    wrong_list,
    wrong_name,
    wrong_number,
    wrong_operator,
    wrong_state,
    wrong_value,
)
from kpi_engine.language.literals import (
    compose_name,
    read_day,
    read_hours,
    read_number,
    read_text,
)
from kpi_engine.language.mistakes import Mistake
from kpi_engine.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Day,
    Expr,
    Hours,
    IsKnown,
    Logic,
    Membership,
    Name,
    Negative,
    Not,
    Number,
    Place,
    Relation,
    Text,
    Truth,
    Unknown,
)
from kpi_engine.language.tokens import tokenize

MAX_DEPTH = 60

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT = range(1, 7)
_STRENGTH_BY_KIND = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "is"), _COMPARE),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
}
_RELATION_BY_KIND: dict[str, Relation] = {
    "==": "==",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_ARITHMETIC_BY_KIND: dict[str, Literal["+", "-", "*", "/"]] = {
    "+": "+",
    "-": "-",
    "*": "*",
    "/": "/",
}
_LOGIC_BY_KIND: dict[str, Literal["and", "or"]] = {"and": "and", "or": "or"}


class MistakeError(Exception):
    """Ends the reading of a formula; the parser returns the mistake as a value."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.code)
        self.mistake = mistake


class Reader:
    """A reader of tokens, by precedence climbing; a method begins at ``index`` and moves it on.

    ``depth`` is the level of the tree that a method reads, ``brackets`` how many are open. Both are
    limited while reading, so that the recursion is, whatever the text.
    """

    __slots__ = ("brackets", "ends", "index", "kinds", "starts", "texts", "tokens")

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text)
        self.kinds = self.tokens.kinds
        self.texts = self.tokens.texts
        self.starts = self.tokens.starts
        self.ends = self.tokens.ends
        self.index = 0
        self.brackets = 0

    def formula(self, depth: int) -> Expr:
        """Return the longest formula from here on."""
        start = self.starts[self.index]
        value = self._operation(0, depth)
        if self.kinds[self.index] != "if":
            return value
        asked = self.index
        self.index += 1
        condition = self._operation(0, depth + 1)
        if self.kinds[self.index] != "else":
            if self.kinds[self.index] in {"end", ")", ","}:
                place = Place(self.starts[asked], self.ends[self.index - 1])
                raise MistakeError(Mistake("K208", place, ()))
            raise MistakeError(wrong_operator(self.tokens, self.index))
        self.index += 1
        otherwise = self.formula(depth + 1)
        return Conditional(value, condition, otherwise, self.since(start))

    def _operation(self, weaker: int, depth: int) -> Expr:
        """Return the longest operation whose operators all bind stronger than ``weaker``."""
        if depth > MAX_DEPTH:
            raise MistakeError(too_big("levels inside one another", MAX_DEPTH, self._here()))
        kinds, ends, index = self.kinds, self.ends, self.index
        start = self.starts[index]
        kind = kinds[index]
        left: Expr
        if kind == "not" and weaker < _NOT:
            self.index = index + 1
            operand = self._operation(_NOT, depth + 1)
            left = Not(operand, Place(start, ends[self.index - 1]))
        elif kind == "-":
            self.index = index + 1
            operand = self.value(depth + 1)
            left = Negative(operand, Place(start, ends[self.index - 1]))
        else:
            left = self.value(depth)
        while True:
            kind = kinds[self.index]
            strength = _STRENGTH_BY_KIND.get(kind, 0)
            if strength <= weaker:
                return left
            if strength > _COMPARE:
                self.index += 1
                right = self._operation(strength, depth + 1)
                place = Place(start, ends[self.index - 1])
                left = Arithmetic(_ARITHMETIC_BY_KIND[kind], left, right, place)
            elif strength == _COMPARE:
                left = self._condition(left, start, depth)
            else:
                left = self._logic(left, start, depth)

    def _logic(self, first: Expr, start: int, depth: int) -> Expr:
        kind = self.kinds[self.index]
        operands = [first]
        while self.kinds[self.index] == kind:
            self.index += 1
            operands.append(self._operation(_STRENGTH_BY_KIND[kind], depth + 1))
        return Logic(_LOGIC_BY_KIND[kind], tuple(operands), self.since(start))

    def _condition(self, first: Expr, start: int, depth: int) -> Expr:
        kinds = self.kinds
        kind = kinds[self.index]
        condition: Expr
        if kind == "is":
            state = kinds[self.index + 1]
            if state not in {"known", "unknown"}:
                raise MistakeError(wrong_state(self.tokens, self.index + 1))
            self.index += 2
            condition = IsKnown(first, state == "known", self.since(start))
        elif kind == "in":
            self.index += 1
            options = self._options()
            condition = Membership(first, options, self.since(start))
        else:
            operands = [first]
            relations = []
            while (relation := _RELATION_BY_KIND.get(kinds[self.index])) is not None:
                self.index += 1
                relations.append(relation)
                operands.append(self._operation(_COMPARE, depth + 1))
            condition = Comparison(tuple(operands), tuple(relations), self.since(start))
        if _STRENGTH_BY_KIND.get(kinds[self.index], 0) >= _COMPARE:
            found = self.texts[self.index]
            raise MistakeError(Mistake("K210", self._here(), (("found", found),)))
        return condition

    def _options(self) -> tuple[Text, ...] | Expr:
        kinds = self.kinds
        kind = kinds[self.index]
        if kind in {"hours", "name", "field"} and kinds[self.index + 1] != "(":
            return self.value(0)
        opening = self.index
        if kind == "end":
            raise MistakeError(wrong_value(self.tokens, self.index))
        if kind != "[":
            raise MistakeError(wrong_list(self.tokens, self.index))
        texts: list[Text] = []
        while not texts or kinds[self.index] == ",":
            self.index += 1
            if kinds[self.index] != "text":
                break
            texts.append(Text(read_text(self.texts[self.index]), self._here()))
            self.index += 1
        if kinds[self.index] == "end":
            raise MistakeError(without_partner(self.tokens, opening))
        if kinds[self.index] != "]" or kinds[self.index - 1] != "text":
            raise MistakeError(wrong_list(self.tokens, self.index))
        self.index += 1
        return tuple(texts)

    def value(self, depth: int) -> Expr:
        """Return a literal, a name, a call, or a formula in brackets."""
        index = self.index
        kind = self.kinds[index]
        self.index = index + 1
        if kind == "(":
            return self._group(depth)
        if kind == "name" and self.kinds[index + 1] == "(":
            return self._call(depth)
        place = Place(self.starts[index], self.ends[index])
        if kind == "name":
            return Name(self._name(index), None, place)
        if kind == "number":
            number = read_number(self.texts[index])
            if number is None:
                raise MistakeError(wrong_number(self.tokens.text, place.start))
            return Number(number[0], number[1], place)
        if kind == "field":
            prefix, name = self._name(index).split(".")
            end = place.start + self.texts[index].index(".")
            return Name(name, prefix, place, Place(place.start, end))
        return self._literal(index, place)

    def _literal(self, index: int, place: Place) -> Expr:
        text = self.texts[index]
        match self.kinds[index]:
            case "text":
                return Text(read_text(text), place)
            case "true" | "false":
                return Truth(text == "true", place)
            case "unknown":
                return Unknown(place)
            case "day":
                day = read_day(text)
                if day is None:
                    raise MistakeError(Mistake("K216", place, (("found", text),)))
                return Day(day, place)
            case "hours":
                hours = read_hours(text)
                if hours is None:
                    raise MistakeError(Mistake("K217", place, (("found", text),)))
                return Hours(hours[0], hours[1], place)
            case _:
                raise MistakeError(wrong_value(self.tokens, index))

    def _name(self, index: int) -> str:
        text = self.texts[index]
        if text.isascii():
            return text
        composed = compose_name(text)
        if composed is None:
            raise MistakeError(wrong_name(self.tokens.text, self.starts[index], self.ends[index]))
        return composed

    def _call(self, depth: int) -> Expr:
        index = self.index - 1
        function = self._name(index)
        start, end = self.starts[index], self.ends[index]
        self._open()
        arguments: list[Expr] = []
        if self.kinds[self.index] != ")":
            arguments.append(self.formula(depth + 1))
            while self.kinds[self.index] == ",":
                self.index += 1
                arguments.append(self.formula(depth + 1))
        self._close(index + 1)
        return Call(function, tuple(arguments), self.since(start), Place(start, end))

    def _group(self, depth: int) -> Expr:
        opening = self.index - 1
        self.index = opening
        self._open()
        expr = self.formula(depth)
        self._close(opening)
        return expr

    def _open(self) -> None:
        self.brackets += 1
        if self.brackets > MAX_DEPTH:
            raise MistakeError(too_big("levels inside one another", MAX_DEPTH, self._here()))
        self.index += 1

    def _close(self, opening: int) -> None:
        kind = self.kinds[self.index]
        if kind == "end":
            raise MistakeError(without_partner(self.tokens, opening))
        if kind != ")":
            raise MistakeError(wrong_operator(self.tokens, self.index))
        self.brackets -= 1
        self.index += 1

    def _here(self) -> Place:
        return Place(self.starts[self.index], self.ends[self.index])

    def since(self, start: int) -> Place:
        """Return the place from a start up to the token last read."""
        return Place(start, self.ends[self.index - 1])
