"""The rules that every road follows, in numbers, and the month whose facts are asked for.

They are those of ``rulesets/taobao``. Times are whole microseconds, and instants count from the
epoch in UTC. Shanghai keeps no summer time, so its days begin at one fixed offset.
"""

SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND
DAY = 24 * HOUR

SHANGHAI = 8 * HOUR
OCTOBER = (1_790_784_000 * SECOND, 1_793_462_400 * SECOND)  # 2026-10, from and until, half-open
EVER = (0, 4_102_444_800 * SECOND)

OPENS, CLOSES = 8 * HOUR, 23 * HOUR
REPLY_LIMIT = 3 * MINUTE
SILENCE = 10 * MINUTE
CREDIT_WINDOW = 2 * DAY
INQUIRY_WINDOW = 2 * DAY
AFTERSALES = 21 * DAY
SETTLED = 4 * DAY
SATISFIED_FROM = 4

REPLIES = ("agent", "bot_assist")
SPOKEN = ("buyer", "bot_auto", *REPLIES)  # what a day of a buyer and an account is made of
