"""Every sentence the product says about a mistake, in one table, reviewed in one sitting.

It is long because it is one table: a sentence is compared with its neighbours, and a code is looked
up in one place. There is no logic in it to divide.

Codes are stable and never reused: K1 text and YAML, K2 formulas, K3 rulesets, K4 data and runs,
K5 ruleset tests and the command line, K6 files over files, K7 the rules themselves. A new code gets
its meaning in `meanings`, a fixture in tests/diagnostics (a ruleset that holds the mistake, or
under `told` a page with the command or program that finds it), and `make docs` writes its page.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """The severity and the sentences of one code; facts stand in braces."""

    severity: Literal["error", "warning", "note"]
    text: str
    help: str | None = None


MESSAGES: dict[str, Message] = {
    # K1: text and YAML
    "K101": Message("error", "`{name}` cannot be read: {reason}", "check the path and its rights"),
    "K102": Message("error", "`{name}` is a directory, a file was expected"),
    "K103": Message(
        "error",
        "byte {byte} (0x{value:02X}) is not UTF-8 text",
        "{guess}save the file as UTF-8",
    ),
    "K104": Message(
        "error",
        "the file holds {size} bytes, at most {limit} were expected",
        "split the ruleset into layers",
    ),
    "K105": Message(
        "error",
        "{character} is an invisible character, visible text was expected",
        'delete it, or write it as `{escape}` inside `"`',
    ),
    "K106": Message(
        "error",
        "{character} ends a line for YAML and not for most editors, a line feed was expected",
        "save the file with line feeds only, or delete the character",
    ),
    "K107": Message(
        "error",
        "a tab stands in the indentation, spaces were expected",
        "replace every tab at the start of the line with spaces",
    ),
    "K108": Message("error", "the file is empty, lines like `key: value` were expected"),
    "K109": Message(
        "error", "the file holds {found} at its top level, lines like `key: value` were expected"
    ),
    "K110": Message(
        "error",
        "`{word}` is a YAML alias, the value itself was expected",
        "write the value out, or quote a text that starts with `*`",
    ),
    "K111": Message(
        "error",
        "`{word}` is a YAML anchor, a plain value was expected",
        "delete it, or quote a text that starts with `&`",
    ),
    "K112": Message(
        "error",
        "`{word}` is a YAML tag, a plain value was expected",
        "delete it, or quote a text that starts with `!`",
    ),
    "K113": Message(
        "error",
        "`<<` is a YAML merge key, a key of its own was expected",
        "write the keys out, or put what is shared into a layer",
    ),
    "K114": Message(
        "error",
        "a second document starts here, one document in a file was expected",
        "delete the `---`, or put the second document into a file of its own",
    ),
    "K115": Message(
        "error",
        "the key `{key}` stands here again, it is already on line {line}",
        "delete one of the two, or give it another name",
    ),
    "K116": Message(
        "error", "this is nested {depth} levels deep, at most {limit} levels were expected"
    ),
    "K117": Message(
        "error",
        "{found} stands where a key was expected",
        "write the key as text, and quote a formula that starts with `[` or `{{`",
    ),
    "K118": Message("error", "nothing stands before the `:`, a key was expected"),
    "K119": Message(
        "error",
        "unquoted `{word}` is {meaning} to YAML 1.1 and text to others, one reading was expected",
        "write `{meaning}`, or quote the text: `'{word}'`",
    ),
    "K120": Message(
        "error",
        "the key `{word}` is {meaning} to YAML and no text, a text was expected",
        "quote the key: `'{word}'`",
    ),
    "K121": Message(
        "error",
        "the leading 0 makes `{word}` an octal number to YAML 1.1, one reading was expected",
        "write the number without the leading 0, or quote the text: `'{word}'`",
    ),
    "K122": Message(
        "error",
        "YAML 1.1 drops the `_` from `{word}`, one reading was expected",
        "write the number without `_`, or quote the text: `'{word}'`",
    ),
    "K123": Message(
        "error",
        "`{word}` is a number in base {base} to YAML, a decimal number was expected",
        "write the number in decimals, or quote the text: `'{word}'`",
    ),
    "K124": Message(
        "error",
        "unquoted `{word}` is a number in base 60 to YAML 1.1, one reading was expected",
        "quote the time: `'{word}'`",
    ),
    "K125": Message(
        "error",
        "a comma ended this formula, since a comma ends every unquoted value inside `{brackets}`",
        "quote the formula or put it on its own line after |",
    ),
    "K126": Message(
        "error",
        "`{header}` opens a block of lines and none follows, a value was expected",
        "quote a formula that starts with `>` or `|`",
    ),
    "K130": Message(
        "error",
        "an unquoted value cannot start with `{start}`",
        "quote the formula or put it on its own line after |",
    ),
    "K131": Message(
        "error",
        "a second `: ` stands in this unquoted value, at most one on a line was expected",
        "quote the formula or put it on its own line after |",
    ),
    "K132": Message(
        "error",
        "the quote opened here is not closed on its line",
        "close it with `{quote}`, and write `{doubled}` for a quote inside the text",
    ),
    "K133": Message(
        "error",
        "the `{opener}` opened here is not closed: `,` or `{closer}` was expected, {found} found",
        "close it with `{closer}`, or quote a formula that starts with `{opener}`",
    ),
    "K134": Message(
        "error",
        "{found} cannot follow this value, `,` or `{closer}` was expected",
        "quote the formula or put it on its own line after |",
    ),
    "K135": Message(
        "error",
        "this line is indented unlike the lines it belongs to",
        "start it in the same column as the keys beside it",
    ),
    "K136": Message(
        "error", "this line has no `:`, a key, a colon and a space were expected: `key: value`"
    ),
    "K137": Message(
        "error",
        "no space follows the `:`, a key, a colon and a space were expected: `key: value`",
    ),
    "K138": Message(
        "error",
        "a full-width colon `\uff1a` ends no key, `:` and a space were expected",
        "write `:` and a space",
    ),
    "K139": Message(
        "error",
        "YAML knows no such escape after a backslash inside double quotes",
        "write `\\\\` for a backslash, or quote the text with `'`",
    ),
    "K140": Message(
        "error",
        "`{start}` at the start of a value opens a block of lines and nothing else may follow it",
        "quote the formula or put it on its own line after |",
    ),
    "K141": Message(
        "error",
        "text follows a value that ended at its closing `{closer}`",
        "quote the formula or put it on its own line after |",
    ),
    "K142": Message(
        "error",
        "YAML cannot go on here, a key in the column of its neighbours was expected",
        "look for an open quote or bracket, a comment or an indentation on the line above",
    ),
    "K143": Message("error", "more than {limit} mistakes, the rest of the file was not read"),
    # K150 to K159: comments that ignore findings
    "K150": Message(
        "error",
        "`{text}` says nothing that is understood, a comment that ignores a finding was expected",
        "write it like `# kpi: ignore K386 until 2026-12-31: agreed with the shop`",
    ),
    "K151": Message(
        "error",
        "this comment ignores a finding without a reason, one was expected behind a `:`",
        "write it like `# kpi: ignore K386: agreed with the shop`",
    ),
    "K152": Message(
        "warning",
        "this comment has ignored `{text}` until {until}, and does so no more",
        "correct what it ignored, or agree on a later day",
    ),
    "K153": Message(
        "warning",
        "this comment ignores `{text}`, and nothing of it is found on line {line}",
        "delete the comment, or move it to the line that is meant",
    ),
    # K2: formulas
    "K201": Message("error", "the formula is empty, a value was expected"),
    "K202": Message(
        "error",
        "the formula has more than {limit} {measure}, fewer were expected",
        "give a part of it a name of its own, and use the name",
    ),
    "K203": Message("error", "`{found}` has no meaning here", "write `{instead}`"),
    "K204": Message(
        "error", "`{found}` stands here, a dot was expected only between two names: `prefix.name`"
    ),
    "K205": Message(
        "error",
        "`{found}` has no partner, `{partner}` was expected",
        "set the missing bracket; between the braces of YAML, quote a formula that has a comma",
    ),
    "K206": Message("error", "`{found}` stands here, a value was expected", "write `{instead}`"),
    "K207": Message("error", "the formula ends after `{after}`, a value was expected"),
    "K208": Message(
        "error",
        "this `if` has no `else`, both outcomes were expected",
        "write `a if condition else b`, where b may be `unknown`",
    ),
    "K209": Message(
        "error",
        "`{found}` follows `{after}`, an operator or the end was expected",
        "write `{instead}`",
    ),
    "K210": Message(
        "error",
        "`{found}` follows a comparison, `and`, `or` or the end was expected",
        "join two comparisons with `and`, or put one in brackets",
    ),
    "K211": Message(
        "error", "`{found}` follows `is`, `known` or `unknown` was expected", "write `{instead}`"
    ),
    "K212": Message(
        "error",
        "`{found}` follows a number, an operator or a unit was expected: `%`, `s`, `min`, `h`, "
        "`days` or a currency such as `CNY`",
        "did you mean `{instead}`?",
    ),
    "K213": Message("error", "`{found}` is a second unit after `{number}`, one was expected"),
    "K214": Message(
        "error",
        "the text opened here is not closed on its line, `{quote}` was expected",
        "write `{quote}{quote}` for a quote inside the text",
    ),
    "K215": Message(
        "error",
        "`{found}` cannot be read as a number, plain digits were expected: at most 15, and after a "
        "point at most 18",
        "write `{instead}`",
    ),
    "K216": Message(
        "error",
        "`{found}` is no day of the calendar, a day like `2024-09-01` was expected",
        "set spaces around `-` to subtract",
    ),
    "K217": Message(
        "error",
        "`{found}` is no span of hours, hours like `08:00-23:00` were expected",
        "the end does not belong to them; a whole day is `00:00-24:00`",
    ),
    "K218": Message(
        "error",
        "`{found}` stands after `in`, hours or a list of texts like `['a', 'b']` was expected",
        "write `{instead}`",
    ),
    "K219": Message(
        "error",
        "`{found}` is no case of a scale, one like `from 90`, `up to 25 s`, `86 to 90`, `at 90%`, "
        "`is A`, `top 30%` or `else` was expected",
        "write `{instead}`",
    ),
    # K220 to K259: what a formula means
    "K220": Message("error", "unknown name `{name}`", "did you mean `{near}`?"),
    "K221": Message(
        "error",
        "this condition can be unknown, and unknown never decides",
        "say what unknown means: `default(…, false)`, or keep such rows out with `… is known`",
    ),
    "K222": Message(
        "error",
        "an amount in {found}, amounts in {currency} were expected: one currency a ruleset",
        "write the amount in {currency}",
    ),
    "K223": Message(
        "error",
        "nothing called `{prefix}` can be looked into from here",
        "did you mean `{near}`?",
    ),
    "K224": Message(
        "error",
        "`{name}` is a scale and turns one value into another, that value in brackets was expected",
        "write `{name}(…)`, or `slices({name}, …)` for each slice at its own rate",
    ),
    "K225": Message("error", "`{name}` is a function, a value was expected", "write `{name}(…)`"),
    "K226": Message("error", "`-` stands before {kind}, a number or an amount was expected"),
    "K227": Message(
        "error",
        "`{operator}` between {left} and {right}, two values of one unit were expected",
        "did you mean `{instead}`?",
    ),
    "K228": Message(
        "error",
        "{left} cannot be multiplied by {right}, a plain number on one side was expected",
    ),
    "K229": Message(
        "error",
        "{left} cannot be divided by {right}, one unit on both sides or a plain divisor was "
        "expected",
    ),
    "K230": Message("error", "division by 0, a divisor other than 0 was expected"),
    "K231": Message(
        "error",
        "`{name}` is one row's value, one value for all rows was expected as beside it",
        "gather it first: `{instead}`",
    ),
    "K232": Message(
        "error",
        "`{operator}` with `unknown` is never true nor false, `is` was expected",
        "write `x is unknown` or `x is known`",
    ),
    "K233": Message(
        "error",
        "{left} is compared with {right}, two values of one unit were expected",
        "did you mean `{instead}`?",
    ),
    "K234": Message(
        "error", "`{operator}` asks for an order, and {kind} has none", "use `==` or `!=`"
    ),
    "K235": Message("error", "hours stand where a value was expected, they stand only after `in`"),
    "K236": Message(
        "error",
        "a ratio is compared with {number}, and ratios run from 0% to 100%",
        "did you mean `{number}%`?",
    ),
    "K237": Message("error", "`{label}` is none of the labels {labels}", "did you mean `{near}`?"),
    "K238": Message("error", "{kind} before `in […]`, a text was expected"),
    "K239": Message("error", "{kind} after `in`, hours or a list of texts were expected"),
    "K240": Message("error", "{kind} before `in` hours, a time was expected"),
    "K241": Message(
        "error",
        "{kind} where a condition was expected",
        "compare it with something, such as `> 0`",
    ),
    "K242": Message(
        "error",
        "one choice is {left} and the other {right}, one kind was expected",
        "did you mean `{instead}`?",
    ),
    "K243": Message("error", "unknown function `{name}`", "did you mean `{near}`?"),
    "K244": Message("error", "`{name}` with {count} in its brackets, `{signature}` was expected"),
    "K245": Message("error", "`{name}` of {kind}, {expected} was expected"),
    "K246": Message(
        "error",
        "`slices` needs the name of a scale of rates: cases `from` or `up to`, and `else`",
        "write `slices(rates, amount)`",
    ),
    "K247": Message(
        "error",
        "`{name}` gathers rows, and there are no rows here",
        "make it a metric of its own with `from: table`, and read that",
    ),
    "K248": Message(
        "error",
        "`{name}` of a value that is the same on every row, a column was expected",
        "count rows with `count()`",
    ),
    "K249": Message(
        "error",
        "`{name}` of {kind}, a condition was expected",
        "compare it with something, such as `> 0`, or count all rows with `count()`",
    ),
    "K250": Message("error", "`{name}` of {kind}, a number, an amount or a duration was expected"),
    "K251": Message("error", "`{name}` of {kind}, a day or time was expected"),
    "K252": Message(
        "error",
        "`{name}` of {left} and {right}, one kind was expected",
        "did you mean `{instead}`?",
    ),
    "K253": Message(
        "error", "the step of `{name}` is {found}, a number above 0 written out was expected"
    ),
    "K254": Message(
        "error",
        "this can grow too large to be computed exactly: {bits} bits, at most 124 were expected",
        "make a part of it a metric of its own: there money is rounded to its minor unit, other "
        "numbers to 10^-9; or say how large a part can be: `at_least(at_most(days, 31), 0)`",
    ),
    "K255": Message(
        "error",
        "a quotient of two columns cannot be kept or gathered exactly, a rounded one was expected",
        "round it first, such as `round(x / y, 0.01)`",
    ),
    "K256": Message(
        "error",
        "`{name}` changes by the day, and a row without a day reads it here",
        "date the table: `dated:` with the column of a time or day",
    ),
    "K257": Message(
        "error",
        "`{name}` changes by the day, and `{function}` over rows read by different rules has no "
        "meaning",
        "compare with one value, or count the rows that pass",
    ),
    "K258": Message(
        "error",
        "`{name}` is read by the day, without brackets",
        "write `{name}` alone",
    ),
    "K259": Message(
        "error",
        "`{table}` is looked up by {keys}, and there is no {missing} here to look with",
        "carry {missing} along, or gather `{table}` by what is here",
    ),
    # K260 to K268: groups of subjects
    "K260": Message(
        "error",
        "`{text}` is no group, `{name}` with so many values wants one as its last",
        "did you mean `{near}`?",
    ),
    "K261": Message(
        "error",
        "`{name}` over a group gathers subjects, and here are rows",
        "gather the rows in a metric, then the subjects in one of its own",
    ),
    "K262": Message(
        "error",
        "`{name}` over a group needs a value that is final, and this one still runs",
        "read a metric, or move the rule behind the last step",
    ),
    "K263": Message(
        "error",
        "`{name}` compares subjects of one period, and `{group}` holds earlier ones too",
        "use a group whose key has `period`",
    ),
    "K264": Message(
        "error",
        "`longest_run` follows one subject through her months, and `{group}` does not",
        "use a group whose key is the subject's key, without `period`",
    ),
    "K265": Message(
        "error",
        "results of earlier months do not tell `{name}`, only metrics, the score and the pay",
        "make it a metric of its own",
    ),
    "K266": Message("error", "a pool is {kind}, an amount of money was expected"),
    "K267": Message(
        "error",
        "`{name}` differs by subject, and a pool is one amount for all of `{group}`",
        "measure it over the group: `{group}.…`, or `sum(…, {group})`",
    ),
    "K268": Message(
        "error",
        "the weight in a pool {found}, a known number was expected",
        "say what counts where it is unknown: `default(…, 0)`",
    ),
    "K269": Message(
        "error",
        "`{group}.{name}` measures rows again, and `{name}` reads more than metrics from rows",
        "gather it over the subjects: `mean({name}, {group})`",
    ),
    "K270": Message(
        "error",
        "`{name}` asks the same of every month of `{group}`, a metric or the score was expected",
        "ask for a value of the month: `count(score >= 0, {group})` counts those with a score",
    ),
    "K271": Message(
        "error",
        "`{name}` reads the score, and `{ruleset}` has none",
        "write a `score` with the items that make it up",
    ),
    "K272": Message(
        "note",
        "`{name}` reads the score: it is computed in files that extend this one and have a score",
    ),
    # K3: rulesets
    # K301 to K309: the shape of the file
    "K301": Message("error", "unknown key `{key}`", "did you mean `{near}`?"),
    "K302": Message("error", "the key `{key}` is missing", "add `{key}: …`"),
    "K303": Message("error", "`{key}`: {problem}"),
    "K304": Message("error", "`{key}` is {found}, one of {expected} was expected"),
    "K305": Message(
        "error",
        "this is no ruleset, the key `ruleset` was expected",
        "add `ruleset:` with its name",
    ),
    "K306": Message(
        "error",
        "`{name}` is no time zone, one like `Asia/Shanghai` was expected",
        "did you mean `{near}`?",
    ),
    "K307": Message(
        "error",
        "`{name}` is no currency, three letters like `CNY` were expected",
        "did you mean `{near}`?",
    ),
    "K308": Message("error", "`{text}` is not a time of day, `hh:mm` was expected"),
    "K309": Message("error", "`{text}` is no number of rows, a whole number above 0 was expected"),
    # K310 to K319: layers and params
    "K310": Message(
        "error",
        "the parent `{name}` is neither beside this file nor among the shipped rulesets",
        "did you mean `{near}`?",
    ),
    "K311": Message("error", "`{name}` extends itself by way of its parents"),
    "K312": Message(
        "error", "the param `{name}` is {found}, a value written out or a scale was expected"
    ),
    "K313": Message(
        "error",
        "`{name}` names {kind} and {other}, and a formula could mean either",
        "give one of them another name",
    ),
    "K314": Message(
        "error", "the param `{name}` is named like a function, another name was expected"
    ),
    "K315": Message("error", "unknown param `{name}`", "did you mean `{near}`?"),
    "K316": Message(
        "error",
        "the param `{name}` is still `required`, a value was expected",
        "give it under `params`",
    ),
    "K317": Message("error", "`{text}` is no day, a day like `2024-09-01` was expected"),
    "K318": Message(
        "error",
        "the param `{name}` is {number}, and a ratio is measured against it: ratios run from 0% "
        "to 100%",
        "did you mean `{number}%`?",
    ),
    "K319": Message(
        "error",
        "`better` speaks of `{name}`, which no formula reads",
        "did you mean `{near}`?",
    ),
    # K330 to K349: scales
    # K321 to K329: groups of subjects
    "K321": Message(
        "error",
        "`{name}` is no column of the roster `{table}`, and neither `period` nor `year`",
        "did you mean `{near}`?",
    ),
    "K322": Message(
        "error",
        "`{name}` can be unknown, and a group needs to know where everybody belongs",
        "give the column a default: `{name}: text = 'none'`",
    ),
    "K323": Message(
        "error",
        "results of earlier months do not tell `{name}`, only the subject's key",
        "add `period` to the key, or leave `{name}` out",
    ),
    "K324": Message(
        "error",
        "`{key}` beside `period` says nothing more: a period lies in one year",
        "leave one of them out",
    ),
    "K325": Message("error", "`{text}` is no window of months, `3 months` was expected"),
    "K326": Message(
        "error",
        "`{metric}` cannot be measured over `{group}`: `{table}` has no column `{key}`",
        "bring it to the rows: `add: {{{key}: …}}`",
    ),
    "K327": Message("error", "unknown group `{name}`", "did you mean `{near}`?"),
    "K328": Message("error", "`top` needs the group in which places are counted", "add `over: …`"),
    "K329": Message(
        "error",
        "`top` {found}",
        "count places (`top 3`) or share seats (`top 30%`), each case once",
    ),
    "K330": Message("error", "the bound of this case is {found}, {expected} was expected"),
    "K331": Message("error", "this scale has no case, at least one was expected beside `else`"),
    "K332": Message(
        "error",
        "{forms} stand in one scale, one form was expected",
        "`from`, `up to`, `a to b` or `is` go with `else`; `at` stands alone",
    ),
    "K333": Message("error", "`{case}` can never be reached: `{other}` is the same case"),
    "K334": Message("error", "a line through one point, at least two points were expected"),
    "K335": Message("error", "`{case}` can never be reached: no value can lie there"),
    "K336": Message(
        "error",
        "a param's scale has no group in which places are counted",
        "apply it on the spot: `{{of: …, over: …, top 3: …}}`",
    ),
    "K337": Message(
        "error", "values {side} `{case}` are in no case", "add `else: …`, or a case for them"
    ),
    "K338": Message("error", "`{case}` ends before it begins", "write the lower bound first"),
    "K339": Message(
        "error",
        "`{case}` overlaps `{other}`, and a value in both has no one result",
        "write the lower bounds alone: `from …`",
    ),
    "K340": Message(
        "error",
        "values between `{other}` and `{case}`{such} are in no case",
        "write the lower bounds alone: `from …`",
    ),
    "K341": Message(
        "warning",
        "values between `{other}` and `{case}`{such} fall to `else`",
        "write the lower bounds alone: `from …`",
    ),
    "K342": Message(
        "error",
        "one case is {left} and another {right}, one kind was expected",
        "did you mean `{instead}`?",
    ),
    "K343": Message(
        "error", "the value at a point of a line is computed, one written out was expected"
    ),
    "K344": Message(
        "error",
        "`{name}` has `per` and `match`, one of them was expected",
        "make two tables, one `from` the other",
    ),
    "K345": Message(
        "error", "`{name}` stands in `{key}` already", "delete it here, or name another column"
    ),
    # K350 to K369: tables
    "K346": Message(
        "error", "`{text}` is no preference, one like `highest x` or `lowest x` was expected"
    ),
    "K347": Message("error", "`{text}` is {found}, a value that can be put in order was expected"),
    "K348": Message(
        "error",
        "`{name}` of `{table}` is optional: a row without it has no place in the order",
        "keep the rows that have it: `where: {name} is known`",
    ),
    "K349": Message(
        "error",
        "`{name}` before a dot could be {kind} or {other}, a name of its own was expected",
        "give one of them another name",
    ),
    "K350": Message("error", "unknown table `{name}`", "did you mean `{near}`?"),
    "K351": Message("error", "unknown column `{name}` of `{table}`", "did you mean `{near}`?"),
    "K352": Message(
        "error",
        "`{text}` is no kind of column, `text`, `int`, `number`, `bool`, `money`, `date`, "
        "`datetime`, "
        "`month` or labels like `a | b` were expected",
        "did you mean `{near}`?",
    ),
    "K353": Message(
        "error",
        "`{name}` has both `columns` and `from`, one was expected: an input is read by its "
        "columns, "
        "a derived table is made `from` another",
    ),
    "K354": Message(
        "error",
        "`{name}` has neither `columns` nor `from`",
        "declare the columns of an input, or the table it is made `from`",
    ),
    "K355": Message(
        "error",
        "the input table `{name}` has no `key`, the columns that tell its rows apart were expected",
        "add `key: …`",
    ),
    "K356": Message("error", "`{key}` stands in {found}, it belongs to {expected}"),
    "K357": Message("error", "{names} computed from {each}, an end of the circle was expected"),
    "K358": Message("error", "the default `{text}` is {found}, {expected} was expected"),
    "K359": Message("error", "`dated: {name}` is {found}, a time, a day or a month was expected"),
    "K360": Message("error", "`valid` names {count}, two columns were expected: from and to"),
    "K361": Message(
        "error", "`{name}` is {left} in `{table}` and {right} in `{other}`, the same was expected"
    ),
    "K362": Message(
        "error",
        "this is {found}, a condition was expected",
        "compare it with something, such as `> 0`",
    ),
    "K363": Message("error", "`{name}` is a column of `{table}` already", "give it another name"),
    "K364": Message(
        "error",
        "this gathers nothing: under `per` a column comes from the key, from another one, or from "
        "an aggregate such as `count()`",
    ),
    "K365": Message(
        "error", "the roster `{name}` is made `from` another table, an input table was expected"
    ),
    "K366": Message(
        "error", "`{name}` reads `{table}`, which has no column `{key}` to tell whose row it is"
    ),
    "K367": Message(
        "error", "`{name}` is optional, and what tells the subjects apart is always known"
    ),
    "K368": Message("error", "the names of a `long` table are in `{name}`, which is {found}"),
    "K369": Message("error", "`recorded_at` is {found}, a time was expected"),
    # K370 to K379: metrics
    "K370": Message(
        "error",
        "`{name}` without `from` reads metrics, and `{key}` is about rows",
        "add `from: table`",
    ),
    "K371": Message("error", "a metric is {found}, a value of its own was expected"),
    "K372": Message(
        "error",
        "`{name}` is one row's value, one value a subject was expected",
        "gather it, for example `sum(…)` or `share(…)`",
    ),
    "K373": Message("error", "{names} computed from {each}, an end of the circle was expected"),
    "K374": Message(
        "error",
        "`{name}` has `from` and gathers no row, an aggregate such as `count()` was expected",
    ),
    "K320": Message(
        "error", "`latest: {text}` is no amount of rows, one like `25%` or `10 rows` was expected"
    ),
    "K375": Message(
        "error", "`{key}: {text}` is no span of time, one like {expected} was expected"
    ),
    "K376": Message(
        "error", "`whose: {name}` is {found}, and subjects are told apart by {expected}"
    ),
    "K377": Message(
        "error",
        "`{key}` is about days, and `{table}` has {found}",
        "date the table: `dated:` with the column of a time or day",
    ),
    "K378": Message("error", "`valid` names `{name}`, which is {found}, a day was expected"),
    "K379": Message(
        "error",
        "a drop is named `{name}`, as the accounting calls what a metric's own `{name}` keeps out",
        "give the drop the name of what it drops",
    ),
    # K380 to K399: score and pay
    "K380": Message("error", "an item has {found}, either `points` or `items` was expected"),
    "K381": Message(
        "error",
        "points are {found}, a plain number from 0 to 100 was expected",
        "write `{instead}`",
    ),
    "K382": Message("error", "points of {number}, points from 0 to 100 were expected"),
    "K383": Message(
        "error",
        "these points can be unknown, and nothing says what that means",
        "add `empty: skip`, `empty: stop`, or `empty:` with the points to give",
    ),
    "K384": Message(
        "error", "the weights of `{block}` add up to {total}, {expected} was expected{hint}"
    ),
    "K385": Message(
        "error",
        "{count} weights of `{block}` are missing, at most one can be inferred",
        "give them, or leave out all: equal weights, or those of `order`",
    ),
    "K386": Message("note", "the weight of `{name}` is inferred: {weight}"),
    "K387": Message("error", "the weight {name} is {weight}, a number above 0 was expected"),
    "K388": Message("error", "the weights break the order `{left} {sign} {right}`: {weights}"),
    "K389": Message("error", "`{text}` is no order, one like `a > b = c` was expected"),
    "K390": Message("error", "`order` names `{name}`, which is no item", "did you mean `{near}`?"),
    "K391": Message("error", "`order` leaves out the item `{name}`"),
    "K392": Message("error", "`order` names `{name}` twice"),
    "K393": Message(
        "note",
        "the weights of `{block}` add up to {total} and are rescaled to {expected}: {reason}",
    ),
    "K394": Message("error", "a part of the pay is {found}, an amount of money was expected"),
    "K395": Message(
        "error",
        "`{name}` is the name of a line already, a name of its own was expected",
        "give one of them another name",
    ),
    "K396": Message("error", "a step of the score is {found}, a plain number was expected"),
    "K397": Message(
        "error",
        "`needs` is `{text}`, a share above 0% and at most 100% was expected",
        "did you mean `{near}`?",
    ),
    "K398": Message("error", "the weight of `{name}` is {found}, a plain number was expected"),
    "K399": Message(
        "error", "this ruleset has no metrics, no score and no pay: there is nothing to compute"
    ),
    # K4: data and runs
    "K401": Message(
        "error",
        "there is no folder `{folder}`, the folder of the tables' files was expected",
        "check the path",
    ),
    "K402": Message(
        "error",
        "`{folder}` holds no file of the table `{table}`, `{names}` was expected",
        "rename `{near}`, or name it in the ruleset: `file: {near}`",
    ),
    "K403": Message(
        "error",
        "unknown table `{name}`, an input table of the ruleset was expected",
        "did you mean `{near}`?",
    ),
    "K404": Message(
        "error",
        "the table `{table}` was not given, every input table that the ruleset reads was expected",
        "`{near}` was given; did you mean this table?",
    ),
    "K405": Message(
        "error",
        "`{file}`, given as the table `{table}`, cannot be read: {reason}",
        "check the path and its rights",
    ),
    "K406": Message(
        "error",
        "`{file}`, given as the table `{table}`, ends in neither `.parquet` nor `.csv`",
        "save the table as Parquet or CSV, or give it as a frame",
    ),
    "K407": Message(
        "error",
        "the table `{table}` was given as `{found}`, a path or a frame was expected",
        "give a path, a Polars frame, or an object with `__arrow_c_stream__`",
    ),
    "K408": Message(
        "error",
        "the frame given as the table `{table}` cannot be read: {reason}",
        "collect it yourself to see where it fails",
    ),
    "K409": Message(
        "error",
        "`{file}` cannot be read as what its name says: {reason}",
        "write the file anew, it may be damaged or cut off",
    ),
    "K410": Message(
        "error",
        "byte {byte} (0x{value:02X}) of `{file}`, on line {line}, is not UTF-8 text",
        "{guess}save the file as UTF-8",
    ),
    "K411": Message(
        "error",
        "`{file}` is empty, a header with the names of its columns was expected",
        "write the header even where there are no rows",
    ),
    "K412": Message(
        "error",
        "the header of `{file}` is separated by {found}, commas were expected",
        "save the file with commas between the values",
    ),
    "K413": Message(
        "error",
        "the header of `{file}` has `{name}` more than once, different names were expected",
        "rename or delete one of the columns",
    ),
    "K414": Message(
        "error",
        "line {line} of `{file}` has {found} values, {expected} were expected as in the header",
        "quote values that hold commas; lines like it: {count}",
    ),
    "K415": Message(
        "error",
        "a quote on line {line} of `{file}` is never closed",
        'close it, and write `""` for a quote inside a quoted value',
    ),
    "K416": Message(
        "error",
        "a quote stands inside a value on line {line} of `{file}`, quotes around it were expected",
        'quote the whole value, and write `""` for a quote inside it',
    ),
    "K420": Message(
        "error",
        "the table `{table}` has no column `{column}` in {place}",
        "did you mean `{near}`? rename it, or declare `column: {near}`",
    ),
    "K421": Message(
        "error",
        "the column `{column}` of the table `{table}` holds {found}, {expected} expected",
        "{fix}",
    ),
    "K422": Message(
        "note",
        "no row of the table `{table}` has `{name}` as its `{column}`, and the ruleset reads it",
        "did you mean `{near}`?",
    ),
    "K430": Message(
        "error",
        "the roster `{table}` has nobody in {period}, at least one subject was expected",
        "{fix}",
    ),
    "K431": Message(
        "error",
        "no table has a row in {period}, at least one row was expected",
        "the rows found are of {found}; run one of these periods or give its tables",
    ),
    "K432": Message(
        "error",
        "the roster `{table}` has {count} rows of the subject {subject}, one was expected",
        "{fix}",
    ),
    "K434": Message(
        "error",
        "`{found}` is no period, a year and a month were expected",
        "write it like `2026-10`",
    ),
    "K435": Message(
        "error",
        "`{found}` is neither a day nor a time with a zone, when the run looks at the data was "
        "expected",
        "write it like `2026-11-05` or `2026-11-05T09:00:00+08:00`",
    ),
    "K436": Message(
        "note",
        "the table `{table}` has no row in {period}",
        "rows recorded at or after {as_of}: {late}",
    ),
    "K437": Message(
        "warning",
        "rows of the roster `{table}` were rejected ({count}): their subjects may be missing",
        "correct the rows; `rejects` names them with the reason",
    ),
    "K438": Message(
        "error",
        "the rows in {period} were all recorded at or after {as_of}, earlier ones were expected",
        "look at the data at a later moment: `as_of`",
    ),
    "K439": Message(
        "note",
        "provisional as of {as_of}, since rows may still come in: `{names}`",
        "final in a run as of {day} or later",
    ),
    "K440": Message(
        "error",
        "the facts have no column `{column}`, {columns} were expected",
    ),
    "K441": Message(
        "error",
        "the column `{column}` of the facts holds {found}, {expected} was expected",
    ),
    "K442": Message(
        "error",
        "unknown metric `{name}` in the facts, a metric gathered from rows was expected",
        "did you mean `{near}`?",
    ),
    "K443": Message(
        "error",
        "the facts of {period} have no `{metric}` of some subjects ({count}), such as {subject}",
        "every subject needs every metric that is gathered from rows, `no_rows` included",
    ),
    "K444": Message(
        "error",
        "the facts of {period} have `{metric}` of the subject {subject} {count} times, "
        "once was expected",
    ),
    "K445": Message(
        "error",
        "the fact `{metric}` of the subject {subject} is {found}, {expected} was expected",
    ),
    "K446": Message(
        "error",
        "the facts hold nobody in {period}, at least one subject was expected",
        "the facts are of {found}",
    ),
    "K447": Message(
        "error",
        "the ruleset reads `{names}` of the roster `{table}`, which was not given",
        "give `tables` with the roster",
    ),
    "K448": Message(
        "error",
        "the ruleset looks up `{names}` for subjects, which {verb} not given",
        "give {them} in `tables`, beside the roster",
    ),
    "K449": Message(
        "note",
        "`{name}` changes on {days}: subjects have its value of {last}",
        "rows have that of their own day: read it in a formula over rows",
    ),
    "K450": Message(
        "error",
        "`{folder}` exists and holds no earlier result, a free name was expected",
        "choose another folder, or move what stands there",
    ),
    "K451": Message(
        "error",
        "`{folder}` cannot be written: {reason}",
        "check the path and its rights",
    ),
    "K452": Message(
        "error",
        "`{folder}` holds no result of a run: {reason}",
        "give the folder that was given to `--out`",
    ),
    "K453": Message(
        "error",
        "the result in `{folder}` is not the one that was written: its hash is {found}, the "
        "receipt says {expected}",
        "run the period again",
    ),
    "K454": Message("error", "the facts cannot be handed on: {reason}"),
    "K455": Message(
        "error",
        "the key `{file}` cannot be used: {reason}",
        "name a file that is not there, and a key is made",
    ),
    "K456": Message(
        "error",
        "the facts cannot be handed on without event rows: formulas about subjects read `{table}`, "
        "which is made from them",
        "measure it in a metric, which facts hold",
    ),
    "K457": Message(
        "error",
        "the column `{column}` of `{table}` is {found}, a text was expected to have pseudonyms",
        "declare it as text, or leave out the key",
    ),
    "K458": Message(
        "error",
        "the column `{column}` of `{table}` has values of `{key}`, which would be handed on as "
        "they are",
        "write no formula about subjects that reads it, or name its labels",
    ),
    "K459": Message(
        "error",
        "from what was to be handed on other results would follow than those of the run: {reason}",
        "rules that speak of somebody's name, or divide by its order, know no pseudonyms",
    ),
    "K460": Message(
        "error",
        "a sum over the table `{table}` for {names} is beyond {limit}, a smaller one was expected",
        "look for wrong amounts in the table, or sum a smaller unit",
    ),
    "K461": Message(
        "error",
        "a value of `{name}` does not fit 64 bits, a smaller one was expected",
        "look for wrong amounts in the tables",
    ),
    "K462": Message(
        "error",
        "a value of `{name}` lies where none can, a fact of this ruleset was expected",
        "gather the facts with the ruleset that reads them",
    ),
    "K463": Message(
        "error",
        "{count} subjects and months of theirs are more than groups can gather, {limit} at most",
        "run fewer shops at once",
    ),
    "K470": Message(
        "error",
        "`{ledger}` is no ledger of kpi_engine: {reason}",
        "give the file that `close` has written, or a new name",
    ),
    "K471": Message(
        "error",
        "the ledger `{ledger}` cannot be used: {reason}",
        "check the path and its rights, and that no other program holds the file",
    ),
    "K472": Message(
        "error",
        "the result in `{folder}` has no pay, pay lines to close were expected",
        "close a result of a ruleset with `pay`",
    ),
    "K473": Message(
        "error",
        "the result of `{ruleset}` is in {found}, its lines in the ledger are in {expected}, one "
        "currency was expected",
        "close it into another ledger",
    ),
    "K474": Message(
        "warning",
        "the pay of {count} is held back: not closed",
        "find out what is unknown, run again and close again",
    ),
    "K475": Message(
        "error",
        "several shops have a ruleset of the name `{ruleset}`, and a ledger knows pay by that "
        "name: {names}",
        "give each of them a name of its own, such as by `S1: {{extends: …}}` in the fleet's file, "
        "and run again",
    ),
    "K476": Message(
        "warning",
        "{shops} not run, not closed: {names}",
        "mend their rulesets, run again and close again",
    ),
    "K477": Message("note", "{shops} without pay, nothing to close: {names}"),
    "K478": Message("note", "nobody was on the roster of {shops}, nothing to close: {names}"),
    "K480": Message(
        "error",
        "the layer `{name}` is not the one of the receipt: its hash is {found}, {expected} was "
        "expected",
        "bring back the text that was run, or run it anew",
    ),
    "K481": Message(
        "error",
        "the file of the table `{table}`, `{file}`, is not the one of the receipt: its hash is "
        "{found}, {expected} was expected",
        "give the folder of the files that were run: `--data`",
    ),
    "K482": Message(
        "error",
        "the table `{table}` was run as a frame, of which the receipt keeps nothing",
        "give it again: by name in `tables`, or as a file in the folder of `--data`",
    ),
    "K483": Message(
        "note",
        "whether the rows of the table `{table}` are those of the receipt cannot be checked: "
        "{reason}",
    ),
    "K484": Message("note", "the receipt is of {name} {expected}, and this is {name} {found}"),
    "K485": Message(
        "error",
        "the run gives another result: its hash is {found}, {expected} was expected",
        "{differences}",
    ),
    "K486": Message(
        "error",
        "the result was scored from facts, which the receipt does not hold, a result of event rows "
        "was expected",
        "score the facts again and compare `result_hash`",
    ),
    "K487": Message(
        "error",
        "`{folder}` holds no file of the table `{table}`, `{names}` was expected",
        "give the folder of the files that were run",
    ),
    "K488": Message(
        "error",
        "the layers are now `{found}`, those of the receipt were expected: `{expected}`",
        "a file of the same name may stand in the way",
    ),
    "K489": Message(
        "error",
        "the earlier result of {period} has the hash {found}, {expected} was expected",
        "give the results that were read then",
    ),
    # K490 to K499: earlier results
    "K490": Message(
        "error", "`{name}` reads no earlier month, and history was given", "leave it out"
    ),
    "K491": Message(
        "error",
        "`{folder}` holds no result of `{name}`, what it holds is of {found}",
        "give the folder that holds the earlier `--out` folders",
    ),
    "K492": Message(
        "error",
        "two different results of {period} were given as history",
        "keep the one that was paid",
    ),
    "K493": Message("note", "results of {periods} do not tell `{name}`: it is unknown there"),
    "K494": Message(
        "error", "the history has no column `{column}`, it needs {columns}", "add the column"
    ),
    "K495": Message("error", "the column `{column}` of the history is {found}, and holds {kind}"),
    "K496": Message(
        "error", "the history has {subject} twice in {period}", "keep one row a subject and month"
    ),
    "K497": Message("error", "the history has a `{name}` beyond what a ruleset can reckon with"),
    "K498": Message(
        "note", "there is no earlier result of {periods}: what formulas ask of it is unknown"
    ),
    "K499": Message(
        "error",
        "the history of {period} was given as a frame, which a receipt does not keep",
        "give the history too",
    ),
    # K5: ruleset tests and the command line
    # K501 to K509: test files
    "K501": Message(
        "error",
        "`{name}` holds no ruleset and no ruleset test, at least one was expected",
        "a ruleset says `ruleset: name` at its top level, a test `test: name`",
    ),
    "K502": Message(
        "error",
        "`{name}` holds no test case, at least one was expected",
        "write cases into a file `name.test.yaml` beside the ruleset",
    ),
    "K503": Message(
        "note", "neither `ruleset` nor `test` stands at the top level of `{name}`: not checked"
    ),
    "K504": Message("error", "`{key}` holds {found}, {expected} was expected"),
    "K505": Message(
        "error",
        "this case checks nothing, `table`, `expect` or `rows` was expected",
    ),
    "K506": Message(
        "error",
        "`{key}` stands beside `table`, and rows of given values are not run over tables",
        "make it a case of its own",
    ),
    "K507": Message("error", "the table has no row, at least one was expected"),
    "K508": Message("error", "the ruleset `{name}` was not found", "did you mean `{near}`?"),
    "K509": Message(
        "error",
        "`{name}` is not a ruleset test: the key `test` is missing",
        "add `test: name`, the name of the ruleset that is tested",
    ),
    # K510 to K519: tables with `|` between the cells
    "K510": Message(
        "error", "the table is empty, a line with the names of its columns was expected"
    ),
    "K511": Message(
        "error",
        "{count} cells, {expected} were expected: one for each name in the first line",
        "a cell may be empty: its value is unknown",
    ),
    "K512": Message("error", "a column without a name"),
    "K513": Message("error", "`{name}` stands twice in the first line of the table"),
    "K514": Message(
        "error",
        "YAML joins these lines into one, and the rows of a table were expected",
        "put `|` behind the key, and the table on the lines below",
    ),
    "K515": Message(
        "error",
        "`{name}` is made from other rows, an input table was expected",
        "give rows of `{origin}`",
    ),
    "K516": Message(
        "error",
        "the column `{column}` of `{table}` is missing, and it is neither optional nor has a "
        "default",
    ),
    "K517": Message(
        "error",
        "this row of `{table}` is rejected for its `{column}`: {reason}",
        "correct it, or expect it: `rows: {{{table}: {{rejected: 1}}}}`",
    ),
    # K520 to K529: names and values of cases
    "K520": Message(
        "error",
        "`{name}` is no metric, line, step or item that could be expected",
        "did you mean `{near}`?",
    ),
    "K521": Message(
        "error",
        "`{name}` cannot be given; metrics, `score` and columns of the roster can",
        "did you mean `{near}`?",
    ),
    "K522": Message(
        "error",
        "every column of the table is {found}, given values and expected ones were expected",
        "put `=>` between the given columns and the expected ones",
    ),
    "K523": Message(
        "error",
        "the accounting knows no `{name}`: tables, and metrics gathered from rows, are counted",
        "did you mean `{near}`?",
    ),
    "K524": Message(
        "error", "`{word}` is not counted, one of {words} was expected", "did you mean `{near}`?"
    ),
    "K525": Message("error", "`{text}` is {found}, {expected} was expected"),
    "K526": Message("error", "`{text}` cannot be kept as `{name}`: {reason}"),
    "K527": Message("error", "no subject `{name}` on the roster", "did you mean `{near}`?"),
    "K528": Message("error", "`{name}` names {count} subjects, one was expected", "write {names}"),
    "K529": Message(
        "error",
        "the rules read `{name}`, which is always known, and the table does not give it",
        "give it in a column, or say with `for` whose it is",
    ),
    # K530 to K539: cases that fail
    "K530": Message(
        "error",
        "case `{case}`: `{name}` of {subject} is {found}, {expected} was expected",
        "{reason}",
    ),
    "K531": Message(
        "error", "case `{case}`: `{word}` of `{name}` is {found}, {expected} was expected"
    ),
    "K532": Message("error", "case `{case}` cannot run: {reason}", "{fix}"),
    "K533": Message(
        "error", "case `{case}`: the table `{name}` is read by no metric and not counted"
    ),
    "K534": Message("error", "the ruleset reads no earlier `{name}`", "did you mean `{near}`?"),
    # K540 to K549: the command line
    "K540": Message(
        "error",
        "the result has no subject {name}",
        "did you mean {near}?",
    ),
    "K541": Message(
        "error",
        "{name} stands for {count} subjects, one was expected",
        "write {names}",
    ),
    "K542": Message(
        "error",
        "`{name}` is no key column of the subjects, {names} was expected",
        "write `column=value`, several with commas between them",
    ),
    "K546": Message(
        "error",
        "the roster `{table}` has no subject {name} in {period}",
        "did you mean {near}?",
    ),
    "K547": Message("error", "unknown metric `{name}`", "did you mean `{near}`?"),
    "K548": Message(
        "error",
        "the metric `{name}` comes from no rows but from `{rule}`, one gathered from rows was "
        "expected",
        "ask for {names}",
    ),
    "K549": Message(
        "error",
        "`{file}` is neither a Parquet nor a CSV file, the name of one was expected",
        "end the name in `.parquet` or `.csv`",
    ),
    # K550 to K559: what a check is asked
    "K550": Message(
        "error",
        "`{pattern}` matches no file, at least one was expected",
        "check the path; `**` stands for folders in folders",
    ),
    "K551": Message(
        "error", "`{text}` is no code, one like `K220` was expected", "did you mean `{near}`?"
    ),
    "K552": Message(
        "error",
        "`{text}` stands for an error, and only warnings and notes can be ignored",
        "correct what it says: a ruleset with an error pays nobody",
    ),
    "K553": Message(
        "error",
        "what has changed cannot be told: {reason}",
        "`--changed-since` needs a repository of git, and the history back to the revision",
    ),
    # K560 to K569: files that are given their layout
    "K560": Message(
        "error",
        "not formatted: on its new line this comment would speak of other values",
        "put the comment above a value that stands on one line",
    ),
    "K561": Message(
        "error",
        "not formatted: in the new layout {what} would be others",
        "this is a mistake of kpi_engine, and worth a report",
    ),
    # K6: files over files
    # K601 to K609: what a file says beside its parents
    "K601": Message(
        "error", "no parent has `{name}`, which this removes", "did you mean `{near}`?"
    ),
    "K602": Message(
        "error",
        "the param `{name}` is new here and nothing reads it, a param of a parent was expected",
        "did you mean `{near}`?",
    ),
    "K603": Message(
        "warning",
        "`{name}` is new here, and a parent has `{near}`, which stays in force beside it",
        "write `{near}` to change that one",
    ),
    "K604": Message(
        "error",
        "the param `{name}` is {found} here, `{text}`, {expected} like `{old}` was expected",
        "did you mean `{near}`?",
    ),
    # K610 to K619: files to start from
    "K610": Message(
        "error",
        "`{name}` is no name of a ruleset, letters, digits, `_` and `-` with `/` between the "
        "parts were expected",
        "write it like `maple/presales`",
    ),
    "K611": Message("error", "`{file}` exists already, a free name was expected"),
    # K620 to K629: pinned parents
    "K620": Message(
        "error",
        "`{name}` has no version `{version}`: {found}",
        "pin a version that is there",
    ),
    "K621": Message(
        "warning",
        "`{name}` is pinned to `{version}` and not locked: it may change under the same version",
        "`kpi-engine lock {file}` keeps a copy beside the file",
    ),
    "K622": Message(
        "error",
        "`{name}` has changed since its version `{version}` was locked: `{file}` is another text",
        "`kpi-engine lock --update {shop}` shows what would change",
    ),
    "K623": Message(
        "error",
        "the lock cannot be used, `{file}`: {reason}",
        "bring it back, or lock the base anew: `kpi-engine lock --update`",
    ),
    "K624": Message(
        "error",
        "`{file}` pins no parent, one like `extends: taobao/presales@1` was expected",
    ),
    # K630 to K639: the periods that files govern
    "K630": Message(
        "error",
        "two files govern `{name}` {days}, one was expected",
        "let one end where the other begins: `effective: {{from: …, to: …}}`",
    ),
    "K631": Message(
        "error",
        "no file governs `{name}` {days}, and one does before and after",
        "let one end where the other begins: `effective: {{from: …, to: …}}`",
    ),
    "K632": Message(
        "error", "`effective` begins on {start} and ends on {end}, a later end was expected"
    ),
    # K640 to K649: what is shown of a ruleset
    "K640": Message(
        "error",
        "`{name}` has nothing under `{part}`, a part like `params` or `score.items` was expected",
        "did you mean `{near}`?",
    ),
    "K641": Message(
        "error",
        "no ruleset of the list reads `{name}`, the name of an input table was expected",
        "did you mean `{near}`?",
    ),
    "K642": Message("error", "the ruleset of a revision cannot be read: {reason}"),
    "K643": Message(
        "note", "facts do not show what rules that read rows change: {rules}", "measure over rows"
    ),
    "K644": Message("error", "the effect of the change cannot be measured: {reason}"),
    "K645": Message(
        "error", "this limit is not understood: {reason}", "write `total > 2% or any > 300 CNY`"
    ),
    # K650 to K669: fleets
    "K650": Message("error", "`{name}` lists no shops, at least one was expected"),
    "K651": Message(
        "error",
        "`{name}` assesses by {key}, in a fleet the column of texts `{shop}` was expected there",
        "add it to the key of the subject, or name the fleet's column: `shop: …`",
    ),
    "K652": Message("error", "shop `{name}` is listed twice, once was expected"),
    "K653": Message(
        "error", "no file `{name}` was found beside the fleet or shipped", "did you mean `{near}`?"
    ),
    "K654": Message("error", "`{name}` is no folder with rulesets, one was expected"),
    "K655": Message("error", "`{name}` is no table of params: {reason}"),
    "K656": Message("error", "a row has no `{shop}`, the name of a shop was expected"),
    "K657": Message(
        "error",
        "this is a fleet, a ruleset was expected",
        "name the file of one of its shops; `run` takes the whole fleet",
    ),
    "K658": Message(
        "error",
        "`{name}` is {left} in `{first}` and {right} in `{other}`, one kind was expected",
        "give one of the two another name: their values stand in one column",
    ),
    "K660": Message("note", "nobody is on the roster of {shops} in {period}: {names}"),
    "K661": Message("note", "no shop that is run is named by {rows} of `{table}`: left out"),
    "K662": Message("note", "{shops} computed alone: {reason}"),
    "K664": Message(
        "error",
        "`{folder}` holds the results of the fleet `{name}`, those of one ruleset were expected",
        "name a shop of it",
    ),
    "K665": Message(
        "error", "`{folder}` holds the results of one ruleset, those of a fleet were expected"
    ),
    "K666": Message("error", "the fleet has no shop `{name}`", "did you mean `{near}`?"),
    "K667": Message("error", "shop `{name}` was not run: {reason}"),
    "K668": Message(
        "error",
        "`{subject}` names no shop, one of the fleet was expected",
        "write `{shop}=…,` and the rest of the key",
    ),
    "K669": Message("error", "nobody of the shop `{name}` was on the roster in {period}"),
    # K670 to K679: fleets run again
    "K670": Message(
        "error",
        "of {shops} the layer `{name}` is not the one of the receipt: its hash is {found}, "
        "{expected} was expected",
        "bring back the text that was run, or run it anew",
    ),
    "K671": Message(
        "error", "of {shops} the {what} `{name}` is {found}, the receipt says {expected}"
    ),
    "K672": Message(
        "error",
        "of {shops} the layers are now `{found}`, those of the receipt were expected: `{expected}`",
        "a file of the same name may stand in the way",
    ),
    "K673": Message("error", "not run now, and in the receipt: {shops}"),
    "K674": Message("error", "in the fleet now, and not in the receipt: {shops}"),
    "K675": Message("error", "the run gives other results of {shops}", "{differences}"),
    "K676": Message(
        "warning",
        "several shops have a ruleset of the name `{ruleset}`: {names}",
        "give each of them a name of its own: their pay cannot be closed so",
    ),
    # K7: the rules themselves
    # K701 to K709: what no run needs
    "K701": Message(
        "warning",
        "nothing reads the param `{name}`{children}",
        "delete it, or read it",
    ),
    "K702": Message(
        "warning",
        "nothing reads the metric `{name}`{children}",
        "delete it, read it in the score or the pay, or say that it is there to be shown: "
        "`shown: true`",
    ),
    "K703": Message(
        "warning",
        "`{name}` and `{other}` have the same meaning",
        "keep one of them, and where two names are wanted write `{name}: {other}`",
    ),
    "K704": Message(
        "warning",
        "`{text}` always holds: {reason}",
        "correct the bound; to ask whether a value is there at all, write `… is known`",
    ),
    "K705": Message("warning", "`{text}` never holds: {reason}", "correct the bound"),
    "K706": Message(
        "warning",
        "`{case}` can never be reached: {reason}",
        "correct the bound, or delete the case",
    ),
    "K707": Message(
        "warning",
        "`'{text}'` is a text that reads like {kind}, and nothing computes with it",
        "write it without the quotes: `{instead}`",
    ),
    # K710 to K719: what a step more of a value brings or costs
    "K710": Message(
        "note",
        "the {what} `{name}` has {count}: {places}",
        "where no step is meant: a scale with `at` has none, and `slices` none between its rates",
    ),
    "K711": Message(
        "note",
        "the {what} `{name}` falls while {variables} {verb}: {places}",
        "what is better lower says so: `better: lower`",
    ),
    "K712": Message(
        "note",
        "whether the {what} `{name}` has cliffs is not decided: {parts} hangs on several values at "
        "once, or is no straight line",
    ),
    "K713": Message(
        "note",
        "whether the {what} `{name}` falls while {variables} {verb} is not decided",
    ),
}

RELATED: dict[str, str] = {
    "overrides": "it overrides `{text}` here",
    "overridden": "`{name}` is `{text}` here, it overrides `{old}` in {place}",
    "removed": "`{name}` is removed here",
    "column": "the column `{name}` is here",
    "order": "the order is here",
    "weights": "the other weights begin here",
    "weight": "the weight of `{name}` is here",
    "likely": "`{name}` is here",
    "reads": "`{name}` is read here",
    "governs": "this file governs {days}",
    "ends": "the file before ends here",
    "twin": "`{name}` is here",
}
"""What is said of another place beside a finding."""
