"""What people write in formulas by the habit of other languages, and what the language has."""

from kpi_engine.language.tokens import UNIT_BY_SPELLING

INSTEAD_BY_SIGN: dict[str, str] = {
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not",
    "~": "not",
    "%": "x - floor(x, y)",
    "//": "floor(x / y, 1)",
    "**": "x * x",
    "^": "x * x",
    "?": "a if condition else b",
    "“": "'",
    "”": "'",
    "‘": "'",
    "’": "'",
    "「": "'",
    "」": "'",
    "`": "'",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
    "＝": "==",
    "！": "not",
    "＆": "and",
    "｜": "or",
    "？": "a if condition else b",
    "＂": "'",
    "¥": "500 CNY",
    "￥": "500 CNY",
    "$": "500 USD",
    "€": "500 EUR",
    "£": "500 GBP",
}
"""What to write instead of a sign that has no meaning here."""

_SPELLINGS_BY_UNIT = {
    "%": ("percent", "pct", "per"),
    "s": ("sec", "secs", "second", "seconds", "秒", "秒钟"),
    "min": ("mins", "minute", "minutes", "m", "分", "分钟"),
    "h": ("hr", "hrs", "hour", "hours", "小时", "时"),
    "days": ("d", "天", "日"),
    "CNY": ("RMB", "CNH", "yuan", "Yuan", "元整", "块", "块钱", "人民币"),
}
UNIT_BY_OTHER_SPELLING: dict[str, str] = {
    **{code.lower(): unit for code, unit in UNIT_BY_SPELLING.items()},
    **{word: unit for unit, words in _SPELLINGS_BY_UNIT.items() for word in words},
}
"""The unit that was probably meant by a word after a number."""
