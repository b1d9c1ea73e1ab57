"""The last line of defence: what this program holds as secret is blotted out of every text before it is written.

Errors of both sides, logs, tracebacks and what goes to support pass through `redact`. Nothing is meant to be left for
it to do: but an API, a proxy or a library may repeat in its words what it was sent.
"""

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

MARK: Final = "…"
SHORTEST: Final = 6
"""Characters. What is shorter cannot be told from ordinary words, and is no secret that keeps anybody out."""

_BEGINNING: Final = 8  # so many characters of a secret betray it where the rest was cut off
_CUT: Final = ("", "…", ".")  # what may follow where it was

_known: frozenset[str] = frozenset()
_lock = threading.Lock()

_NAMED = re.compile(
    r"((^|_)(KEY|PASS)|.+_PWD|APIKEY|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?)$", re.IGNORECASE
)
"""Variables whose value is a secret: AWS_SESSION_TOKEN, MYSQL_PWD. PWD alone is the shell's own."""
_ESCAPE = re.compile("%[0-9A-F]{2}")
_URL_SAFE = str.maketrans("+/", "-_")
_PASSWORD_IN_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@")

_NAMES = (
    r"api[_-]?key|x-amz-signature|secret_?access_?key|client[_-]?secret|passw(?:or)?d|\bpwd"
    r"|(?:access|auth|id|metadata|refresh|security|session)[_-]?token"
)
_WORDS = r"(?:yes|no|true|false|null|none)\b"  # using password: YES


@dataclass(frozen=True, slots=True)
class _Shape:
    hints: tuple[str, ...]  # in lower case; a line without any is not looked at any closer
    pattern: re.Pattern[str]
    instead: str

    def without(self, line: str, lower: str) -> str:
        return self.pattern.sub(self.instead, line) if any(hint in lower for hint in self.hints) else line


_SHAPES: Final = (
    _Shape(("://",), re.compile(r"(://)[^/\s@“”\"'<>]+@"), rf"\1{MARK}@"),  # a URL's user and password
    _Shape(("authorization",), re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*).+"), rf"\1{MARK}"),
    _Shape(("bearer",), re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}"), rf"\1{MARK}"),
    _Shape(
        ("key", "signature", "secret", "passw", "pwd", "token"),
        re.compile(rf"(?i)((?:{_NAMES})[\"']?\s*[:=]\s*[\"']?)(?!{_WORDS})[^\s\"'&,;<>“”()\[\]{{}}]+"),
        rf"\1{MARK}",
    ),
    _Shape(("akia", "asia"), re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), rf"\1{MARK}"),
    _Shape(("eyj",), re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), MARK),  # a JSON web token
)
"""How secrets look that this program never held: another's, or one of which a library alone knows."""


def know(*secrets: str) -> None:
    """From now on `redact` blots them out. Whatever becomes a `Secret` is known by itself."""
    global _known  # noqa: PLW0603 - one program, one set of secrets: whoever writes must not have to be handed them
    with _lock:
        _known |= frozenset(filter(_long_enough, map(str.strip, secrets)))


def _long_enough(secret: str) -> bool:
    return len(secret) >= SHORTEST


def redact(text: str) -> str:
    """`text` without any secret this program knows of."""
    return blotted(text, _known)


def blotted(text: str, secrets: Iterable[str]) -> str:
    """`text` with `secrets` blotted out, plain, encoded or cut short, and what looks like a secret too."""
    forms = _forms(frozenset(secrets))
    while True:  # what is left on both sides of a blot may make up another
        before, text = text, "\n".join(map(_shapeless, _without(text, forms).split("\n")))
        if text == before:
            return text


def _shapeless(line: str) -> str:
    lower = line.lower()
    for shape in _SHAPES:
        line = shape.without(line, lower)
    return line


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables that are named as secrets are, and the passwords in addresses (HTTPS_PROXY)."""
    return tuple(filter(None, (_secret(name, value) for name, value in environ.items())))


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment may be handed to a program that needs no secret."""
    return {name: value for name, value in environ.items() if not _secret(name, value)}


def _secret(name: str, value: str) -> str:
    """The secret that a variable holds; empty when it holds none."""
    if _NAMED.search(name):
        return value
    found = _PASSWORD_IN_URL.match(value)
    return found[1] if found else ""


@lru_cache(maxsize=8)
def _forms(secrets: frozenset[str]) -> tuple[str, ...]:
    """Each secret as it is, and as addresses, JSON, Python, HTML and base64 write it."""
    found: set[str] = set()
    for secret in filter(_long_enough, secrets):
        found |= {secret, html.escape(secret), *_in_addresses(secret), *_in_base64(secret)}
        found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return tuple(found)


def _in_addresses(secret: str) -> Iterator[str]:
    """Also one that is no proper text, as a variable may be."""
    for safe in ("/", ""):
        for write in (quote, quote_plus):
            escaped = write(secret, safe, errors="surrogatepass")
            yield escaped
            yield _ESCAPE.sub(lambda found: found[0].lower(), escaped)


def _in_base64(secret: str) -> Iterator[str]:
    """The letters that are its alone, at each place where it may begin: behind a user and a colon, say."""
    raw = secret.encode(errors="surrogatepass")
    for before, shared in ((0, 0), (1, 2), (2, 3)):  # bytes before it in its group of three, letters they have part in
        whole = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        letters = whole[shared : len(whole) - bool((before + len(raw)) % 3)]
        if len(letters) >= SHORTEST:
            yield letters
            yield letters.translate(_URL_SAFE)


def _without(text: str, forms: Iterable[str]) -> str:
    blots: list[list[int]] = []
    for start, end in sorted(span for form in forms for span in _spans(text, form)):
        if blots and start <= blots[-1][1]:
            blots[-1][1] = max(end, blots[-1][1])
        else:
            blots.append([start, end])
    for start, end in reversed(blots):
        text = f"{text[:start]}{MARK}{text[end:]}"
    return text


def _spans(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Where `form` stands in `text`, whole or cut short."""
    beginning = form[:_BEGINNING]
    at = text.find(beginning)
    while at >= 0:
        end = at + _common(text[at : at + len(form)], form)
        if _betrays(text, at, end, form):
            yield at, end
        at = text.find(beginning, at + 1)


def _common(text: str, form: str) -> int:
    """How many characters both begin with."""
    pairs = zip(text, form, strict=False)
    return next((n for n, (there, wanted) in enumerate(pairs) if there != wanted), min(len(text), len(form)))


def _betrays(text: str, start: int, end: int, form: str) -> bool:
    if end - start < len(form):
        return end - start >= _BEGINNING and text[end : end + 1] in _CUT
    if form.isdigit() and len(form) <= _BEGINNING:  # a code: only where it is no part of a longer number
        return not (text[start - 1 : start].isdigit() or text[end : end + 1].isdigit())
    return True
