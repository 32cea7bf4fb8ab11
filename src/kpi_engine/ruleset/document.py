"""The shape of a ruleset file: which keys stand where. What the values mean is the checker's work.

Every value is still the text that was written: formulas are parsed later, where their places are
known.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError


def _words(value: object) -> object:
    texts = list(value.values()) if isinstance(value, dict) else [value]
    if texts and all(isinstance(text, str) and text for text in texts):
        return value
    raise PydanticCustomError("words", "a text was expected, or one for each language: `zh: …`")


def _rule(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        prefer = value.get("prefer", [])
        cases = [case for key, case in value.items() if key != "prefer"]
        if all(isinstance(text, str) for text in (*cases, *_listed(prefer))):
            return {**value, "prefer": _listed(prefer)} if "prefer" in value else value
    raise PydanticCustomError("rule", "a formula or a scale such as `{of: x, …}` was expected")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _scale_or_text(value: object) -> object:
    if isinstance(value, dict) and value.get("of", "day") != "day":
        raise PydanticCustomError(
            "param", "a param's scale is `of: day` or has no `of`: it is applied where it is used"
        )
    return _rule(value)


def _names(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return value
    raise PydanticCustomError("names", "a name or a list of names was expected")


Words = Annotated[str | dict[str, str], BeforeValidator(_words)]
Scale = Annotated[
    dict[str, str | list[str]],
    Field(json_schema_extra={"required": ["of"], "properties": {"of": {"type": "string"}}}),
]
DatedValues = Annotated[
    dict[str, str], Field(json_schema_extra={"properties": {"of": {"const": "day"}}})
]
RuleText = Annotated[
    str | dict[str, str | list[str]], BeforeValidator(_rule, json_schema_input_type=str | Scale)
]
ParamText = Annotated[
    str | dict[str, str], BeforeValidator(_scale_or_text, json_schema_input_type=str | DatedValues)
]
Names = Annotated[list[str], BeforeValidator(_names, json_schema_input_type=str | list[str])]


Truth = Annotated[Literal["true", "false"], WithJsonSchema({"type": "boolean"})]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class _Named(_Part):
    title: Words | None = None
    source: Words | None = None
    note: Words | None = None


class Effective(_Part):
    """The periods a file governs; ``to`` is exclusive."""

    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class SubjectDocument(_Part):
    """Who is assessed: the rows of a roster table, by key."""

    from_: str | None = Field(default=None, alias="from")
    key: Names | None = None
    where: str | None = None


class ColumnDocument(_Part):
    """The long form of a column."""

    kind: str
    column: str | None = None
    format: str | None = None
    in_: Literal["minor", "major"] = Field(default="major", alias="in")


def _column(value: object) -> object:
    if isinstance(value, str):
        return {"kind": value}
    if isinstance(value, dict):
        return value
    raise PydanticCustomError("column", "a kind such as `text` was expected, or `{kind: text, …}`")


ColumnText = Annotated[
    ColumnDocument, BeforeValidator(_column, json_schema_input_type=str | ColumnDocument)
]


class LongDocument(_Part):
    """One name per row: the column that holds it and the column of its value."""

    name: str
    value: str


class MatchDocument(_Part):
    """Rows of another table brought to every row."""

    to: str
    same: Names
    where: str | None = None
    prefer: Annotated[list[str], Field(min_length=1)] | None = None
    take: Literal["one", "every"] = "one"


class TableDocument(_Named):
    """Rows with declared columns, or rows made from rows."""

    key: Names | None = None
    columns: dict[str, ColumnText] | None = None
    dated: str | None = None
    valid: Names | None = None
    long: LongDocument | None = None
    better: dict[str, Literal["higher", "lower"]] | None = None
    file: str | None = None
    missing: Names | None = None
    from_: str | None = Field(default=None, alias="from")
    where: str | None = None
    per: Names | None = None
    in_order: Names | None = None
    starts_when: str | None = None
    match: Annotated[dict[str, MatchDocument], Field(min_length=1)] | None = None
    add: dict[str, str] | None = None
    drop: dict[str, str] | None = None


class GroupDocument(_Named):
    """Subjects that share a key, or with no ``period`` in it their earlier months too."""

    key: Names
    window: str | None = None


def _group(value: object) -> object:
    return value if isinstance(value, dict) else {"key": value}


GroupText = Annotated[
    GroupDocument, BeforeValidator(_group, json_schema_input_type=Names | GroupDocument)
]


class MetricDocument(_Named):
    """A named value per subject and period."""

    from_: str | None = Field(default=None, alias="from")
    where: str | None = None
    value: RuleText
    whose: str | None = None
    dated: str | None = None
    window: str | None = None
    latest: str | None = None
    settles: str | None = None
    min_rows: str | None = None
    better: Literal["higher", "lower"] = "higher"
    shown: Truth = "false"


class ItemDocument(_Named):
    """A part of the score."""

    weight: str | None = None
    points: RuleText | None = None
    items: Annotated[dict[str, "ItemDocument"], Field(min_length=1)] | None = None
    empty: str | None = None
    rescale: str | None = None
    printed: str | None = None


class ScoreDocument(_Named):
    """The running total of points."""

    items: dict[str, ItemDocument] = Field(min_length=1)
    order: str | None = None
    method: Literal["roc", "rank_sum", "rank_reciprocal"] = "roc"
    ties: Literal["constrained", "average"] = "constrained"
    empty: str | None = None
    needs: str | None = None
    rescale: str | None = None
    then: dict[str, str] = Field(default_factory=dict)


class WeightDocument(_Part):
    """What a shop says of an item that only weighs otherwise with it."""

    weight: str | None = None
    items: dict[str, "WeightDocument"] | None = None


class OrderDocument(_Part):
    """What a shop says of the score where only weights differ."""

    order: str | None = None
    items: dict[str, WeightDocument] = Field(default_factory=dict)


class DifferenceDocument(_Named):
    """A shop that differs from its base in params and weights alone."""

    ruleset: str
    version: str | None = None
    effective: Effective | None = None
    extends: str
    params: dict[str, ParamText] = Field(default_factory=dict)
    score: OrderDocument = Field(default_factory=OrderDocument)


class PayDocument(_Named):
    """The running total of money."""

    lines: dict[str, RuleText] = Field(min_length=1)
    below_zero: Literal["owed", "held"] = "held"
    then: dict[str, str] = Field(default_factory=dict)


class RulesetDocument(_Named):
    """A ruleset with all its layers merged."""

    ruleset: str
    version: str | None = None
    effective: Effective | None = None
    extends: str | None = None
    period: Literal["month"] = "month"
    zone: str
    day_starts: str = "00:00"
    currency: str
    subject: SubjectDocument
    params: dict[str, ParamText] = Field(default_factory=dict)
    groups: dict[str, GroupText] = Field(default_factory=dict)
    tables: dict[str, TableDocument]
    metrics: dict[str, MetricDocument] = Field(default_factory=dict)
    score: ScoreDocument | None = None
    pay: PayDocument | None = None


def words(text: str | dict[str, str] | None) -> dict[str, str]:
    """Return a text by language; a bare text is for every language, under ``""``."""
    if text is None:
        return {}
    return {"": text} if isinstance(text, str) else dict(text)
