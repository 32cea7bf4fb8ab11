"""What each code means: why it is said, in a sentence or two, for its page under docs/codes.

It is long because it is one table with a row for every row of `messages`, in the same order. The
sentence of a finding says what was found; these say what is behind it.
"""

from typing import Final

MEANINGS: Final[dict[str, str]] = {
    # K1: text and YAML
    "K101": "The file is not there, or its rights do not let it be read. Nothing was checked.",
    "K102": "A folder stands where one file was asked for.",
    "K103": "Rulesets are UTF-8, so that a name is the same name on every machine. A file saved "
    "as GBK or UTF-16 would turn Chinese names into others.",
    "K104": "A ruleset is read by people; a file of this size is data. The limit also keeps a "
    "damaged file from filling the memory.",
    "K105": "Invisible characters and marks that change the direction of writing let a line show "
    "other words than it holds. Two names that look the same would be different ones.",
    "K106": "YAML counts lines at characters that most editors do not show as line ends, so that "
    "people and the engine would read different lines.",
    "K107": "How wide a tab is depends on the editor, and the indentation of YAML decides what "
    "belongs to what.",
    "K108": "A ruleset that says nothing is most likely a file that was not saved.",
    "K109": "A ruleset is a mapping: keys with values. This is a list or a bare text.",
    "K110": "An alias repeats a value that stands elsewhere, so that a reader has to look in two "
    "places. Values are written out; what is shared belongs into a layer or a param.",
    "K111": "An anchor gives a value a name for aliases, which rulesets do not have.",
    "K112": "A tag tells a YAML reader to build something other than text. Rulesets hold text "
    "only, so that opening one can never run anything.",
    "K113": "A merge key copies the keys of another mapping silently. Layers do this with a place "
    "for every value: `extends`.",
    "K114": "What stands behind `---` would be a second ruleset in the file, and which one is "
    "meant is not said.",
    "K115": "Most readers of YAML keep the last of two equal keys and say nothing. One of the two "
    "values would be lost.",
    "K116": "No ruleset needs this many levels. The limit keeps a damaged file from ending the "
    "process.",
    "K117": "Keys are names, and a list or a mapping is none. Often a formula that starts with a "
    "bracket stands without quotes.",
    "K118": "A colon ends a key, and here is none in front of it.",
    "K119": "YAML 1.1 reads words such as `no`, `on` and `yes` as true or false, newer readers as "
    "text. What a rule says must not depend on the reader.",
    "K120": "A key is a name, and readers of YAML turn this word into something else.",
    "K121": "YAML 1.1 reads a number with a leading 0 in base 8: `010` would be 8.",
    "K122": "YAML 1.1 drops underscores from numbers, newer readers keep a text.",
    "K123": "A number in base 2, 8 or 16 is hardly ever meant, and hard to review.",
    "K124": "YAML 1.1 reads `1:30` as 90, a number in base 60. A time of day is text.",
    "K125": "Inside `{ }` and `[ ]` a comma separates entries for YAML, so that `attain(x, 80)` "
    "was cut into `attain(x` and `80)`.",
    "K126": "`>` and `|` at the start of a value open a block of lines in YAML. A comparison that "
    "starts with `>` has to be quoted.",
    "K130": "YAML keeps some characters for itself at the start of a value, such as `%`, `@` and "
    "the backtick.",
    "K131": "A colon and a space make a key of what stands before them. In a formula they have to "
    "stand inside quotes.",
    "K132": "A quote that is not closed swallows the lines below it.",
    "K133": "A bracket that is not closed swallows the lines below it.",
    "K134": "Between brackets, entries are separated by commas; something else stands here.",
    "K135": "The column in which a line starts says what it belongs to, and this column fits "
    "nothing above it.",
    "K136": "Every line of a mapping is a key, a colon, a space and a value.",
    "K137": "Without the space after it, the colon is a part of the text: `key:value` is one word.",
    "K138": "The full-width colon of Chinese writing looks like a colon, and is an ordinary "
    "character to YAML.",
    "K139": "Inside double quotes a backslash starts an escape such as `\\n` or `\\u4e2d`.",
    "K140": "`>` or `|` opens a block of lines, and a formula follows it on the same line. It was "
    "most likely meant as a comparison.",
    "K141": "A quoted or bracketed value has ended, and the text behind it belongs to nothing. "
    "Readers of YAML differ in what they make of it.",
    "K142": "The YAML reader has lost its way here; the cause often stands on the line above.",
    "K143": "Beyond this many mistakes most of what is found follows from an earlier one. Correct "
    "the first ones and check again.",
    # K150 to K159: comments that ignore findings
    "K150": "Comments that begin with `kpi:` speak to the checker. One that is not understood "
    "would ignore nothing, and nobody would know.",
    "K151": "Who reads the file next year has to see why a warning was no matter. Without a "
    "reason nothing is ignored.",
    "K152": "The day up to which the finding was ignored has passed: it is reported again.",
    "K153": "What the comment ignores is not there any more, or stands on another line. Left in "
    "place it would hide the next finding.",
    # K2: formulas
    "K201": "A value is expected here, and nothing is written.",
    "K202": "A formula this large cannot be reviewed. Parts of it become metrics or columns with "
    "names of their own, which can be tested too.",
    "K203": "The character or word is known from other languages, and means nothing in formulas.",
    "K204": "A dot stands only between a prefix and a name: `order.amount`, `shop.aov`.",
    "K205": "A bracket is opened and not closed, or closed and not opened.",
    "K206": "A value is expected here, such as a name, a number or an opening bracket; what "
    "stands here can only follow a value.",
    "K207": "The formula ends where a value is still expected.",
    "K208": "A choice has two outcomes. Without `else` nothing says what holds in the other case; "
    "if nothing does, that is `unknown`, and is written so.",
    "K209": "Two values stand beside each other, with nothing between them that joins them.",
    "K210": "`a < b < c` means different things in different languages. Two comparisons are "
    "joined by `and`.",
    "K211": "`is` asks one question alone: whether a value is known.",
    "K212": "A number is followed by a word that is no unit. Units are written as in `3 min`, "
    "`90%` and `50 CNY`.",
    "K213": "A number has one unit.",
    "K214": "A text begins with a quote and ends with the same quote on the same line.",
    "K215": "Numbers are plain digits with a point before the decimals, no separators of "
    "thousands, and few enough digits to be exact.",
    "K216": "Three numbers with `-` between them are a day, and the calendar does not have this "
    "one.",
    "K217": "Hours of the day are written as a span with a beginning and an end; the end is not "
    "part of it.",
    "K218": "`in` asks whether a text is among some texts, or a time within some hours.",
    "K219": "The cases of a scale begin with `from`, `up to`, `at`, `is`, `top` or `else`, or "
    "name two bounds. Which one it is decides who belongs to the case, so that nothing is "
    "guessed.",
    # K220 to K259: what a formula means
    "K220": "Nothing that can be read from here has this name: no column, metric or param.",
    "K221": "A condition over something unknown is itself unknown, and neither branch would be "
    "right. The ruleset has to say what an unknown value means.",
    "K222": "A ruleset pays in one currency. An amount in another one would need a rate of "
    "exchange, which a rule about pay must not guess.",
    "K223": "Before the dot stands a table that is looked up, a match, or a group; this name is "
    "none of them.",
    "K224": "A scale is a function of one value: the value to be scaled has to be named.",
    "K225": "A function computes something of what stands in its brackets; its bare name is no "
    "value.",
    "K226": "Only numbers, amounts and durations can be negative.",
    "K227": "Money and minutes, or a share and an amount, cannot be added: the sum would have no "
    "unit. Most often a unit is missing on one side.",
    "K228": "An amount times an amount would be square money. One side has to be a plain number.",
    "K229": "A quotient of these two units has no meaning. Equal units give a plain number, a "
    "plain divisor keeps the unit.",
    "K230": "The divisor is 0 whatever the data.",
    "K231": "Over rows, every part of a formula is either a value of each row or one value of all "
    "rows. This mixes the two.",
    "K232": "Nothing equals `unknown`, not even another unknown value, so that the comparison "
    "would never be true.",
    "K233": "Two values of different units are never equal and have no order. Most often a unit "
    "is missing: `3` for `3 min`, `90` for `90%`.",
    "K234": "Texts and labels can be equal or different; which of them is more is not known.",
    "K235": "Hours of the day are no value: a time can lie in them, and that is all.",
    "K236": "A share of 90 per cent is 0.9. Compared with 90 the condition never holds, and "
    "nobody would get the bonus.",
    "K237": "The column has a list of labels, and this is none of them: the comparison could "
    "never be true.",
    "K238": "A list of texts can hold a text, and this is something else.",
    "K239": "Behind `in` stand hours or a list of texts.",
    "K240": "Hours of the day can hold a time, and this is something else.",
    "K241": "A condition is true or false. What stands here is a value, and when it counts as "
    "true is not said.",
    "K242": "Both outcomes of a choice become one value, and so need one kind and one unit.",
    "K243": "There is no function of this name; docs/language.md has all of them.",
    "K244": "The function takes another number of values.",
    "K245": "The function takes values of other kinds.",
    "K246": "Slices pay each slice of an amount at its own rate, as tax brackets do. That needs a "
    "scale of rates by name, whose cases are bands.",
    "K247": "Sums and counts gather the rows of a table; this formula reads none.",
    "K248": "The sum or mean of a value that is the same on every row says something about the "
    "number of rows at best.",
    "K249": "`count` and `share` count the rows for which a condition holds.",
    "K250": "Only numbers, amounts and durations can be added up.",
    "K251": "Only a day or a time has a month, a year or a weekday.",
    "K252": "The function chooses between values or joins them, and so needs one kind and one "
    "unit for all.",
    "K253": "Values are rounded to multiples of a step, and that is written out as a number above "
    "0.",
    "K254": "The engine computes with whole numbers and fractions of 128 bits and never rounds "
    "silently. Multiplied totals can outgrow them; a metric of its own is rounded once, in the "
    "open.",
    "K255": "A quotient of two columns has no end for most rows, so that a table of them could "
    "not be kept exactly. The ruleset says how it is rounded.",
    "K256": "A param with values by date is read by the day of the row, and this row has no day.",
    "K257": "Rows of different days were measured by different rules; one value over all of them "
    "would compare what cannot be compared.",
    "K258": "A param with values by date is read by the row's own day; there is nothing to put "
    "into brackets.",
    "K259": "A table is looked up by its key, and not every column of the key is at hand here.",
    # K260 to K268: groups of subjects
    "K260": "The last value of the function is the group over which it is computed, and this is "
    "none.",
    "K261": "A group gathers people, not rows. First rows are gathered to one value a person, "
    "then people to one value a group.",
    "K262": "The score is still being computed here: what others have in the end is not known yet.",
    "K263": "Who beats whom is asked among the people of one month. This group holds other months "
    "too.",
    "K264": "A run of months is one person's: the group has to be her own earlier months.",
    "K265": "An earlier month is read from its result, which holds metrics, the score and the "
    "pay, and not the columns of the roster.",
    "K266": "A pool is an amount of money that is divided without a cent lost.",
    "K267": "A pool is one amount for all who share it. This one differs from person to person.",
    "K268": "Shares of a pool are in proportion to weights. With one of them unknown nobody's "
    "share is known.",
    "K269": "A metric behind the name of a group is measured again over all its rows, and so is "
    "one computed from such metrics and params alone. This one reads something that only a subject "
    "has.",
    "K270": "The value does not change from month to month, so that asking it of every month "
    "gives the same answer each time.",
    "K271": "What a metric is computed from has to be there. A base without score and pay may hold "
    "a metric that reads the score, for those that extend it; where it is read, mentioned or paid, "
    "the ruleset needs a score.",
    "K272": "A base without score and pay offers the metric to the files that extend it. It has no "
    "score itself, so that a run of the base alone shows no such column. The formula is checked "
    "here all the same.",
    # K3: rulesets
    "K301": "The key means nothing here. Unknown keys are refused, since a misspelt key would "
    "otherwise be a rule that silently does not hold.",
    "K302": "A ruleset cannot be computed without this key.",
    "K303": "The value has another form than the key asks for: a list for a text, a mapping for a "
    "list, and the like.",
    "K304": "The key takes a few words only, and this is none of them.",
    "K305": "What makes a file a ruleset is the key `ruleset` at its top level, with its name.",
    "K306": "Days begin and end by the clock of a zone; its name is one of the time zone database.",
    "K307": "Currencies are named by their three letters of ISO 4217, which also tell how many "
    "decimals an amount has.",
    "K308": "A time of day has two digits for the hour and two for the minute.",
    "K309": "The least number of rows with which a metric counts is a whole number above 0.",
    "K310": "The parent is looked for beside the file, from the root of its rulesets, and among "
    "the shipped ones; it is in none of these places.",
    "K311": "A file cannot be its own parent, by way of others neither.",
    "K312": "A param is a value that a shop sets, so that it is written out, not computed.",
    "K313": "One name, one meaning: a formula that reads this name could mean either.",
    "K314": "A param that is named like a function could not be told from it in a formula.",
    "K315": "The ruleset has no param of this name.",
    "K316": "A base leaves this value to every shop, and nobody has given it yet.",
    "K317": "A day is written as year, month and day, with four, two and two digits.",
    "K318": "A target of 40 per cent is 0.4. Nobody ever reaches one of 40, and every point or "
    "condition that hangs on it is lost.",
    "K319": "Whether more or less of a figure is better decides what points it gives. Said of a "
    "name that nothing reads, it leaves the figure that was meant as it was.",
    "K321": "People are grouped by columns of the roster, by the month or by the year.",
    "K322": "With this column unknown, a person would belong to no group, and be missing from "
    "every comparison.",
    "K323": "Earlier results tell the subject's key and no other column of the roster, so that "
    "people of earlier months cannot be grouped by it.",
    "K324": "A month lies in one year: the year beside it groups nothing further.",
    "K325": "A group of several months is a number of months up to this one.",
    "K326": "Measured over a group, the rows need the column by which the group is made.",
    "K327": "No group of this name is declared under `groups`.",
    "K328": "The first three are the first three among somebody: the group has to be named.",
    "K329": "Cases of places count places or shares of the group, one way throughout, each once.",
    "K330": "The bounds of a scale have the unit of the value that is scaled.",
    "K331": "A scale with nothing but `else` gives everybody the same.",
    "K332": "A scale is either steps or a line. `from`, `up to`, bands and labels make steps; "
    "`at` makes a line through points.",
    "K333": "Two cases are the same, and which of them holds is not said.",
    "K334": "A line needs two points.",
    "K335": "The case is empty: other cases or the nature of the value leave nothing for it. A "
    "share is never above 100%.",
    "K336": "A param has no group in which places could be counted; scales of places stand where "
    "they are applied.",
    "K337": "Some values belong to no case, so that somebody's points or pay would be unknown.",
    "K338": "The upper bound of the band lies below the lower one: the two are swapped.",
    "K339": "A value in both bands would have two results. Bands that share a bound, as printed "
    "tables do, do not say who gets what exactly there.",
    "K340": "Between the bands lie values that belong to neither: `90 to 95` and `96 to 100` "
    "leave 95.5 out. Lower bounds alone leave no gap.",
    "K341": "Between the bands lie values that belong to neither and so fall to `else`, which is "
    "seldom meant: 95.5 would get the worst result.",
    "K342": "All cases of a scale give one kind of value in one unit.",
    "K343": "The points of a line are known before any data is, so that the line can be checked.",
    "K344": "A table is either grouped (`per`) or matched with another one (`match`).",
    "K345": "A column that is named twice changes nothing.",
    # K350 to K369: tables
    "K346": "A preference says which of several rows is taken: the highest or the lowest of "
    "something.",
    "K347": "The preference needs a value with an order: a number, an amount, a day or a time.",
    "K348": "Rows are put in order by this column, and a row without it has no place there.",
    "K349": "The name before the dot could mean two things, and a formula would not say which.",
    "K350": "No table of this name is declared under `tables`.",
    "K351": "The table has no column of this name.",
    "K352": "A column says what it holds; the kinds are few, and labels are listed with `|`.",
    "K353": "A table comes from outside, with `columns`, or is made `from` another one. It cannot "
    "be both.",
    "K354": "Nothing says where the rows of this table come from.",
    "K355": "The key tells rows apart. Without it, a row that was exported twice would be counted "
    "twice.",
    "K356": "The key belongs to tables of the other sort: those that come from outside, or those "
    "that are made from others.",
    "K357": "Each of these needs another one first, and none can be computed.",
    "K358": "The default of a column is a value of the column's own kind, with no more decimals "
    "than it has.",
    "K359": "A table is dated by a column that holds a time, a day or a month; it decides to "
    "which month a row belongs.",
    "K360": "Rows that hold for a while say from when and until when: two columns.",
    "K361": "Rows are joined by this column, and a text never equals a number.",
    "K362": "`where` keeps the rows for which a condition holds, and this is a value.",
    "K363": "The table has a column of this name, and one of the two could not be read.",
    "K364": "Under `per` many rows become one. A column has to say how: by the key, or gathered.",
    "K365": "The roster says who is assessed, with rows or without. It comes from outside, so "
    "that nobody is missing because of missing rows.",
    "K366": "The rows of the table have to say whose they are, and the column that would is not "
    "there.",
    "K367": "A subject whose key is unknown could not be told from another one.",
    "K368": "A long table has a row for each person and metric; the column with the metrics' "
    "names holds text.",
    "K369": "When a row was recorded decides which run sees it: that is a time.",
    # K370 to K379: metrics
    "K370": "A metric without `from` is computed from other metrics, and has no rows to keep or "
    "date.",
    "K371": "A metric is a value: a number, an amount, a share, a duration, a text, a time or a "
    "condition.",
    "K372": "A person has many rows, and the metric is one value: how they are gathered is "
    "missing.",
    "K373": "Each of these metrics needs another one first, and none can be computed.",
    "K374": "A metric with `from` is about rows, and this formula reads none.",
    "K320": "The newest rows are taken as a share of all or as a number of rows.",
    "K375": "A window or a waiting time is a number of days, hours or the like.",
    "K376": "`whose` names the column that says whose a row is; it has the kind of the subject's "
    "key.",
    "K377": "A window of days needs rows with a day.",
    "K378": "Rows hold from a day to a day; this column holds something else.",
    "K379": "The accounting names what each filter has taken, and this name is one of its own "
    "words.",
    # K380 to K399: score and pay
    "K380": "An item of the score has points of its own, or further items, and not both.",
    "K381": "Points are plain numbers from 0 to 100, so that weights alone say what counts how "
    "much.",
    "K382": "Points outside 0 to 100 would give an item more weight than was agreed on.",
    "K383": "Where a value is missing, an item can be skipped, stop the score or give points; "
    "which of these is a decision about pay and has to be written.",
    "K384": "Weights say which part of the score an item is. If they do not add up, somebody "
    "reads them wrongly.",
    "K385": "One missing weight follows from the others, several do not.",
    "K386": "One weight was left out and follows from the others. It is told so that it can be "
    "read and, if wanted, written.",
    "K387": "An item without weight counts for nothing, and one below 0 would reward bad work.",
    "K388": "The ruleset says in which order its items matter, and the weights say otherwise. One "
    "of them has changed and the other was forgotten.",
    "K389": "An order names the items from the most important one on, with `>` or `=` between "
    "them.",
    "K390": "The order names something that is no item of the score.",
    "K391": "An order that leaves out an item does not say how much it matters.",
    "K392": "An item has one place in the order.",
    "K393": "The weights do not add up, and the ruleset says why they may be rescaled: `rescale`. "
    "What each says of the others stays.",
    "K394": "What is paid is money. Points become money by a rate or a scale.",
    "K395": "Lines and steps of the pay stand side by side on the slip, under different names.",
    "K396": "A step changes the score, which is a plain number.",
    "K397": "`needs` says which share of the weight has to be known for a score to be given.",
    "K398": "A weight is a plain number, the same for everybody.",
    "K399": "A ruleset measures, scores or pays something; this one does nothing.",
    # K4: data and runs
    "K401": "A run reads the tables from a folder, and this path is none.",
    "K402": "Every input table that the ruleset reads is a Parquet or CSV file of its name.",
    "K403": "A table was given that the ruleset does not have; most often its name is misspelt.",
    "K404": "A table that is missing is not the same as one without rows: nobody would have sold "
    "anything.",
    "K405": "The file was found and could not be opened or read to its end.",
    "K406": "Tables are read from Parquet and CSV files, told apart by the end of their names.",
    "K407": "A table is given as the path of a file, or as a frame.",
    "K408": "The frame is lazy or comes from another library, and failed when it was collected.",
    "K409": "The content of the file is not what the end of its name promises.",
    "K410": "CSV files are UTF-8, so that names and labels are the same everywhere.",
    "K411": "A table without rows still has a header; an empty file is most likely a failed "
    "export.",
    "K412": "Values of a CSV file are separated by commas; this one was saved with something else.",
    "K413": "Two columns of one name cannot be told apart.",
    "K414": "A row with too many or too few values has shifted columns: amounts would stand in "
    "other columns than they belong to.",
    "K415": "A quote that is not closed swallows all rows below it.",
    "K416": "A quote inside an unquoted value is read differently by different programs.",
    "K420": "The ruleset declares a column that the table does not have.",
    "K421": "The column holds values of another kind than the ruleset declares, all of them.",
    "K422": "A formula compares a column with a text that no row has: most likely one of the two "
    "is misspelt.",
    "K430": "Without anybody on the roster there is nobody to assess.",
    "K431": "No table has a row in the period. Most likely another month was meant or exported.",
    "K432": "Each subject stands on the roster once, otherwise somebody would be paid twice.",
    "K434": "A period is a month of a year.",
    "K435": "A run sees the rows that were recorded before a moment; that is a day, or a time "
    "with its zone.",
    "K436": "The table has rows, and none in the period that the run may see.",
    "K437": "Rows of the roster broke their contract. Who stands on them would be missing from "
    "the pay, so that this is told apart from other rejects.",
    "K438": "All rows of the period were recorded later than the run looks at the data.",
    "K439": "A metric waits some days for late rows, and the run looks earlier than that. Its "
    "value may still change.",
    "K440": "Facts that are gathered elsewhere have the columns of docs/output.md.",
    "K441": "A column of the facts holds another kind of value than docs/output.md says.",
    "K442": "The facts name a metric that the ruleset does not gather from rows.",
    "K443": "Every person needs a fact for every metric, also to say that there were no rows: a "
    "missing fact would be guessed to be nothing.",
    "K444": "Two facts of one person and metric contradict each other or count twice.",
    "K445": "The fact cannot be what the ruleset would have gathered.",
    "K446": "The facts are of other periods.",
    "K447": "The rules read columns of the roster, and facts do not hold these.",
    "K448": "The rules look something up for each person, and facts do not hold these tables.",
    "K449": "A value changes within the period. Rows have that of their own day, people have one "
    "for the whole period: the last.",
    "K450": "A run never writes over something that it has not written itself.",
    "K451": "The folder or a file in it could not be written. Nothing is left half written.",
    "K452": "The folder was not written by a run, or a file of it is missing or damaged.",
    "K453": "The numbers in the folder were changed after the run, or are of another one. They "
    "cannot be explained or closed.",
    "K454": "Facts are handed on for others to score: all that a score needs, and no more.",
    "K455": "Pseudonyms are made with a secret of 32 bytes. Who has it can find who is who: "
    "it stays with those who know anyway, and the same file gives the same pseudonyms every month.",
    "K456": "A table that is gathered from events, or matched with others, could be handed on with "
    "its events alone. These stay where they are.",
    "K457": "A number, a day or a condition has so few values that its kind cannot hide which.",
    "K458": "The names are replaced in columns of the key alone. In this one they would be read.",
    "K459": "What was to be written was scored, and the score is not that of the run. Nothing was "
    "written.",
    "K460": "The sum does not fit 64 bits. An amount of this size is most likely a mistake in the "
    "data.",
    "K461": "The value does not fit 64 bits. A value of this size is most likely a mistake in the "
    "data.",
    "K462": "The fact lies outside what the ruleset could have gathered, so that what was proven "
    "about its formulas would not hold.",
    "K463": "Values over groups are gathered exactly as long as the group is not larger than this.",
    "K470": "The file exists and was not written as a ledger.",
    "K471": "The ledger could not be opened or written; it is as it was before.",
    "K472": "What is closed are pay lines, and this result has none.",
    "K473": "Amounts of one ruleset add up in one currency.",
    "K474": "Somebody's pay is not known yet, and was neither closed nor adjusted.",
    "K475": "What was closed of a ruleset's period is known by the ruleset's name: a shop of the "
    "same name would be taken for a correction of the other.",
    "K476": "The others were closed. What a ledger says of these shops stands as it is.",
    "K477": "Their rulesets have no `pay`.",
    "K478": "Whether a shop is closed or its roster was not delivered, nobody can tell: what a "
    "ledger says of it stands as it is.",
    "K480": "The text of a ruleset has changed since the run: the receipt speaks of another one.",
    "K481": "A file of a table has changed since the run: the receipt speaks of another one.",
    "K482": "A frame lives in memory only, and the receipt cannot find it again.",
    "K483": "The receipt has no hash of these rows to compare with.",
    "K484": "The run was made by other versions. The numbers should be the same; if they differ, "
    "this may be why.",
    "K485": "Run again, the rules and data of the receipt give other numbers than those that were "
    "written.",
    "K486": "Facts that were gathered elsewhere are not kept, so that the run cannot be repeated.",
    "K487": "The file that was run is not there any more.",
    "K488": "The parents of the ruleset are found in other places than when it was run.",
    "K489": "The earlier result that was read then is not the one that was given now.",
    # K490 to K499: earlier results
    "K490": "The rules ask nothing of earlier months: what was given would be read by nobody.",
    "K491": "The folder has results, of other rulesets.",
    "K492": "Two results of one month contradict each other, and which of them was paid is not "
    "known.",
    "K493": "An earlier result was made by rules that did not have this metric yet.",
    "K494": "A history that is given as a frame needs the columns that rules ask for.",
    "K495": "A column of the history holds another kind of value than it is read as.",
    "K496": "One person has one result a month.",
    "K497": "A value of the history is larger than any that a ruleset can compute with.",
    "K498": "Rules ask for months of which there is no result. What they ask is unknown there.",
    "K499": "A history in memory cannot be found again by its receipt.",
    # K5: ruleset tests and the command line
    # K501 to K509: test files
    "K501": "Checking nothing is no success: most likely the path is wrong.",
    "K502": "Running no test is no success: most likely the path is wrong.",
    "K503": "A YAML file in the folder is neither a ruleset nor a test, and was passed over.",
    "K504": "The key of a test file takes something of another form.",
    "K505": "A case that expects nothing cannot fail, and proves nothing.",
    "K506": "A case either runs over tables of rows, or over rows of given metrics.",
    "K507": "A table of given values without a row tests nothing.",
    "K508": "The ruleset that is tested is looked for beside the test, from the root of its "
    "rulesets, and among the shipped ones.",
    "K509": "What makes a file a test is the key `test` at its top level, with the name of the "
    "ruleset.",
    # K510 to K519: tables with `|` between the cells
    "K510": "The first line of a table names its columns.",
    "K511": "A row has a cell for each column, so that none shifts.",
    "K512": "Every column has a name.",
    "K513": "Every column has a name of its own.",
    "K514": "Without `|` behind the key YAML joins lines to one.",
    "K515": "A test gives what comes from outside; what is made from it is made as in a run.",
    "K516": "The column is needed in every row, and nothing says what it is.",
    "K517": "The row breaks the contract of its table, and a run would reject it.",
    # K520 to K529: names and values of cases
    "K520": "A case expects values of metrics, items, the score, lines, steps and the pay.",
    "K521": "A case gives values of metrics, of the score, and of the roster.",
    "K522": "Before `=>` stands what is given, behind it what is expected.",
    "K523": "Rows are counted for tables and for metrics that gather rows.",
    "K524": "The accounting has a few words for what becomes of a row, and this is none.",
    "K525": "The value has another kind or unit than what it is compared with.",
    "K526": "The value cannot be held exactly, so that the case would test another one.",
    "K527": "Nobody on the roster of the case has this key.",
    "K528": "Several on the roster have this value in one of the columns of their key.",
    "K529": "A run would always know this value, and the case does not give it.",
    # K530 to K539: cases that fail
    "K530": "The rules compute something else than the case expects. One of them is wrong.",
    "K531": "The accounting counts other rows than the case expects.",
    "K532": "The rows of the case are none that a run could start from.",
    "K533": "No metric reads the table, so that its rows are not counted.",
    "K534": "The rules ask no earlier month for this value.",
    # K540 to K549: the command line
    "K540": "The result has everybody of the roster, and this name is not among them.",
    "K541": "Several people have this value in one column of their key.",
    "K542": "People are named by the columns of the subject's key.",
    "K546": "The roster of the period has nobody of this key.",
    "K547": "The ruleset has no metric of this name.",
    "K548": "Event rows stand behind metrics that gather rows; this one is given or computed.",
    "K549": "The end of the name says in which format rows are written.",
    # K550 to K559: what a check is asked
    "K550": "Checking nothing is no success: the pattern is wrong, or the files are elsewhere.",
    "K551": "Every finding has a code, a `K` and three digits; docs/codes has all of them.",
    "K552": "A ruleset with an error cannot be used, whoever looks away. Warnings and notes can "
    "be ignored, with a reason.",
    "K553": "What a change touches is asked of git. CI services often fetch the last commit "
    "alone: then there is nothing to compare with.",
    # K560 to K569: files that are given their layout
    "K560": "A comment ignores what is found on one line. Where a value moves to another line, or "
    "others join it, `fmt` leaves the file as it is: what is ignored is for people to say.",
    "K561": "`fmt` reads again what it is about to write, and writes nothing that does not say the "
    "same.",
    # K6: files over files
    # K601 to K609: what a file says beside its parents
    "K601": "A file removes what a parent has by writing `null`. What is not there was most "
    "likely renamed in the parent, and is still in force under its new name.",
    "K602": "A file gives a param that no rule reads: misspelt, it would change nothing.",
    "K603": "The new name is close to one of a parent. If that one was meant to be changed, both "
    "are in force now.",
    "K604": "A shop sets a param of its parent in the parent's unit: a share stays a share. "
    "Without the `%` a target of 30 would never be met.",
    # K610 to K619: files to start from
    "K610": "The name of a ruleset is also the path of its file.",
    "K611": "A file to start from is never written over one that is there.",
    # K620 to K629: pinned parents
    "K620": "The file names a version of its base, and the base that was found is another one.",
    "K621": "A pinned base can still change under its version. A lock keeps a copy, so that no "
    "upgrade changes pay.",
    "K622": "The copy in the lock and the base under the same version are different texts. The "
    "copy is what holds until the lock is updated.",
    "K623": "The lock is missing files, or they are not those of its list.",
    "K624": "Only a base whose version is named can be locked.",
    # K630 to K639: the periods that files govern
    "K630": "Two files of one ruleset govern the same days, and which of them pays is not said.",
    "K631": "Between two files of one ruleset lie days that none governs: nobody would be paid by "
    "any rule.",
    "K632": "A file governs the days from its beginning up to, not including, its end.",
    # K640 to K649: what is shown of a ruleset
    "K640": "Parts of a ruleset are named as in the file, with dots between the keys.",
    "K641": "A list is held to the input tables that its rulesets read, by the names they have in "
    "the rulesets.",
    "K642": "`git:REV:path` is a file as it was at a revision of the working folder's repository, "
    "its parents too. CI services often fetch the last commit alone, and know no other.",
    "K643": "Facts were gathered by the rules of the day. What a change of a metric's rows, of a "
    "table or of a param they read does to them, only the rows can tell.",
    "K644": "An effect is the difference of two runs over the same rows or facts of one period: "
    "the same subjects, amounts in one currency.",
    "K645": "A limit compares `total`, what everybody's pay changes by together, or `any`, what "
    "anybody's does, with a share of the pay before or with an amount in the ruleset's currency.",
    # K650 to K669: fleets
    "K650": "A fleet is a list of shops, or a folder with a ruleset file for each.",
    "K651": "In a fleet each row of results belongs to a shop, so the key of who is assessed names "
    "it, as a text.",
    "K652": "A shop is assessed by one ruleset. Which of two lines is meant is not said.",
    "K653": "A shop's file is looked for like a parent: beside the fleet, then among the shipped "
    "rulesets.",
    "K654": "The line `'*'` of a fleet names a folder; each ruleset file in it is a shop.",
    "K655": "A table of params has a row for each shop and a column for each param, its cells "
    "written as in a ruleset.",
    "K656": "Without the name of its shop nobody knows whose params a row holds.",
    "K657": "A fleet lists shops. What was asked is about one ruleset: `run`, `explain`, `verify` "
    "and `close` know fleets.",
    "K658": "The results of a fleet stand in one frame: a metric is an amount there or a number, "
    "not one for some shops and the other for the rest.",
    "K660": "A shop is in the fleet, and the roster has nobody of it in the period: closed, or its "
    "roster was not delivered.",
    "K661": "Rows of shops that are not in the fleet, or are not run, count for nobody.",
    "K662": "Shops that differ in params, scales and weights alone share one plan and one pass "
    "over the rows. These could not: the results are the same, the run takes longer.",
    "K664": "What was asked is about the results of one ruleset.",
    "K665": "What was asked is about the results of a fleet.",
    "K666": "The receipt of a fleet lists its shops; this is none of them.",
    "K667": "The shop's ruleset has errors, or its tables could not be used.",
    "K668": "In a fleet two shops may have the same agent: the shop is part of her name.",
    "K669": "The shop is in the fleet, and has no results: the roster had nobody of it.",
    "K670": "A text that these shops' rules were read from has changed since the run.",
    "K671": "A shop is assessed by another number now than the one the receipt tells.",
    "K672": "The files that a shop's rules are read from are not those that were read then.",
    "K673": "These shops have left the fleet, or their rulesets cannot be used any more.",
    "K674": "The fleet has grown since the run: its results would hold these shops too.",
    "K675": "The receipt's hash stands for all shops; these are the ones that differ.",
    "K676": "Shops of one file share its name, and a ledger knows pay by that name.",
    # K7: the rules themselves
    "K701": "A param that nothing reads looks like a setting and sets nothing: whoever changes "
    "it waits for an effect that never comes. Read by the file itself or by one that extends it, "
    "and is checked together with it, it is used. Of a file without score and pay whose children "
    "are not checked with it nothing is said: it is there for others.",
    "K702": "In a ruleset with a score or a pay this metric leads to neither, nor is it read by "
    "a metric of it or of a file that extends it: most likely it was forgotten. On a shelf, a "
    "file without score and pay, it is a metric that none of the files that extend it computes. "
    "One that is there to be seen in the results says so: `shown: true`.",
    "K703": "Two names for one definition drift apart as soon as somebody changes one of them. "
    "Definitions are compared as they are meant: `a and b` is `b and a`, `x > 1` is `1 < x`, 180 "
    "s are 3 min, and a name for another metric is that metric. A metric that is nothing but the "
    "name of another is an alias, and no mistake.",
    "K704": "Shares lie between 0% and 100%, the score between 0 and 100, counts are never below "
    "0; inside an `if`, behind an `and` or in a case of a scale less is left. A condition that "
    "holds for all of that decides nothing, other than it says. Where the bound is a param of a "
    "nearer file, the finding stands there.",
    "K705": "Whatever hangs on a condition that never holds never happens: a gate that lets "
    "nobody through, a bonus that nobody can get.",
    "K706": "A scale goes by a value that lies in an interval as far as the rules tell; this "
    "case lies outside of it wherever the scale is applied. What lies outside the interval of a "
    "value that is known to begin with, such as a share, is an error already (K335).",
    "K707": "In quotes `'30 min'` is a text of six characters: it equals nothing but the same "
    "text, is neither longer nor shorter than anything and cannot be computed with. Declared "
    "labels are texts on purpose, and nothing is said of them.",
    "K710": "At a cliff one point, order or second more brings or costs a whole amount at once. "
    "That may be meant, and people will crowd before it and argue at it. Each part of the pay is "
    "followed along each value it hangs on, in exact fractions, everything else as it is; of a "
    "score that the pay reads, the items and steps too, in points of the score. What is not "
    "known when a ruleset is checked, such as a wage, stands in the amount by its name; wages "
    "and amounts from data count as not below zero.",
    "K711": "Somebody who does better is paid less for it. Better is higher, unless the metric "
    "says `better: lower`; a place in a group is better the lower it is.",
    "K712": "Where a condition or a scale goes by two values that both vary, there is no one "
    "place of a cliff; nor is there where it goes by something that is no straight line, such as "
    "a product of two values. Nothing is said of cliffs there, which does not mean that there "
    "are none.",
    "K713": "Whether the part rises or falls hangs on a value that can be above or below zero.",
}
