"""Small texts that cost a careless reader minutes or gigabytes, made here and nowhere kept."""

from typing import Final

LIMIT: Final = 1 << 20
SOUND: Final = """\
ruleset: bomb
zone: Asia/Shanghai
currency: CNY
subject: {from: agents, key: agent_id}
tables:
  agents: {key: agent_id, columns: {agent_id: text, wage: money}}
"""
METRIC: Final = f"{SOUND}metrics:\n  m: "
ROOM: Final = LIMIT - len(METRIC) - 100


def made_bombs() -> dict[str, tuple[str, frozenset[str]]]:
    """Return texts by name, each with the codes it is refused with; none is above the limit."""
    laughs = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"]
    for name, below in zip("bcdefghi", "abcdefgh", strict=True):
        laughs.append(f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n")
    keys = ", ".join("a: 1" for _ in range(ROOM // 6))
    names = "".join(f"  m{index}: n{index}\n" for index in range(1_000))
    circle = "".join(f"  m{index}: m{(index + 1) % 10_000}\n" for index in range(10_000))
    said = {
        "a billion laughs": ("".join(laughs), "K110 K111"),
        "nested lists": ("[" * LIMIT, "K116"),
        "nested mappings": ("{a: " * (LIMIT // 4), "K116"),
        "nested brackets of a formula": (f"{METRIC}{'(' * (ROOM // 2)}1", "K202"),
        "a formula of one long name": (f"{METRIC}{'a' * ROOM}", "K202"),
        "a formula of many terms": (f"{METRIC}{'1 + ' * (ROOM // 4)}1", "K202"),
        "a number of many digits": (f"{METRIC}{'9' * ROOM}", "K202"),
        "an open quote": (f"{METRIC}'{'a' * ROOM}", "K132"),
        "a wide list": (f"{METRIC}wage\nparams: [{'a, ' * (ROOM // 3)}a]\n", "K303"),
        "one key many times": (f"{METRIC}wage\nparams: {{{keys}}}\n", "K115 K143"),
        "invisible characters": (f"{SOUND}# {chr(0x200B) * (ROOM // 3)}\n", "K105 K143"),
        "tabs before a key": (f"{SOUND}{chr(9) * ROOM}a: 1\n", "K107"),
        "unknown names": (f"{SOUND}metrics:\n{names}", "K220"),
        "a circle of metrics": (f"{SOUND}metrics:\n{circle}", "K373"),
        "a text above the limit": (f"{METRIC}{'a' * LIMIT}", "K104"),
    }
    return {name: (text, frozenset(codes.split())) for name, (text, codes) in said.items()}
