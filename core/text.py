"""Text from outside is data: it is cleaned once, where it enters, and is plain from then on.

Names and tags may hold escape bytes, C1 controls or bidirectional overrides; all of them would reach the
terminal through every widget, log and export.
"""

import unicodedata
from collections.abc import Sequence

_SPACES = frozenset("\t\n\r\v\f\x85\u2028\u2029")


def clean(text: str, limit: int = 1000) -> str:
    """`text` on one line, without control, format, bidi, private-use or surrogate characters, at most `limit` long."""
    kept = (" " if c in _SPACES else c for c in text[: limit * 4] if c in _SPACES or unicodedata.category(c)[0] != "C")
    plain = " ".join("".join(kept).split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def is_plain(text: str) -> bool:
    """Whether `text` can be shown as it stands: one line, nothing invisible in it."""
    return not any(c in _SPACES or unicodedata.category(c)[0] == "C" for c in text)


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 subnet`, `3 subnets`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def holds(words: Sequence[str], *told: str) -> bool:
    """Whether every one of `words` (casefolded) stands somewhere in what is `told`: how lists are narrowed."""
    if not words:
        return True
    text = "\n".join(told).casefold()
    return all(word in text for word in words)


def duration(seconds: float) -> str:
    """Seconds as people read them while waiting: `8 s`, `2 min 05 s`, `1 h 03 min`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
