"""Where the SkySQL key is found, and the system's own key store when it may be kept there. Never a file.

Blocking, up to `LIMIT` seconds: a key store may wait for a person to unlock it. Pages call these through
`asyncio.to_thread`. `keyring` is imported only when a key store is asked.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.edges.settings import KEY_VARIABLES, api_url_in, key_in, origin
from core.problems import Failed, NotSignedIn
from core.values import Invalid, parse_key
from core.world import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "skysql-privatelink"
"""The key store's entry: this service, and the API's origin as its user name."""

LIMIT = 10.0
"""Seconds a key store is waited for."""

_IN_FILES = ("keyrings.alt", "sagecipher", "keyrings.cryptfile")
"""Backends that write into a file, plain or under a password that is stored beside it."""

_FAILING = ("keyring.backends.fail", "keyring.backends.null")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and where it was, in words."""

    key: Secret
    source: str


@dataclass(frozen=True, slots=True)
class KeyringState:
    """Whether the system's key store can hold the key; `why` not, as a sentence."""

    works: bool
    why: str = ""
    name: str = ""


class _NoStore(Exception):
    """There is no key store that may be used. The message is a sentence for people."""


def find_key(environ: Mapping[str, str]) -> FoundKey | None:
    """The environment's key, else what the key store holds for the API in force.

    A key store that fails is one without the key. Usage when the API's address cannot be used.
    """
    key, variable = key_in(environ)
    if key:
        return FoundKey(key, f"the environment ({variable})")
    user = _user(environ)
    try:
        kept = _ask(lambda store: store.get_password(SERVICE, user))
        return FoundKey(Secret(parse_key(kept)), "this system's key store") if kept else None
    except (_NoStore, Invalid):
        return None


def required_key(environ: Mapping[str, str]) -> Secret:
    """The key for work without questions; NotSignedIn when there is none."""
    found = find_key(environ)
    if found is None:
        raise NotSignedIn(
            "skysql.no-key",
            "There is no SkySQL API key.",
            cause=f"Neither {KEY_VARIABLES[0]} nor this system's key store has one.",
            remedy=f"Make one at app.skysql.com under your profile, API keys, and set {KEY_VARIABLES[0]}.",
            page="sign_in",
        )
    return found.key


def keyring_state() -> KeyringState:
    """Found out by reading: a key store that is there may still be locked or broken."""
    try:
        name = _ask(_tried)
    except _NoStore as why:
        return KeyringState(False, str(why))
    return KeyringState(True, name=name)


def _tried(store: "KeyringBackend") -> str:
    store.get_password(SERVICE, "https://api.skysql.com")
    return str(getattr(store, "name", "") or type(store).__name__)


def keep_key(key: Secret, environ: Mapping[str, str]) -> None:
    """Keep it for the API's origin, and no other. Failed when it cannot be kept; it is then nowhere."""
    user = _user(environ)
    try:
        _ask(lambda store: store.set_password(SERVICE, user, key.reveal()))
        return
    except _NoStore as why:
        cause = str(why)
    # Outside the handler: the problem carries nothing of what went wrong in the key store.
    raise Failed("keyring", "The key was not kept.", cause=cause, remedy="Set SKYSQL_API_KEY, or give it each time.")


def _user(environ: Mapping[str, str]) -> str:
    return origin(api_url_in(environ))


def _ask(use: "Callable[[KeyringBackend], T]") -> T:
    """`use` on a store that is safe, in a thread that may be left behind. _NoStore holds nothing of the key."""
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, use(_safe_store())))
        except _NoStore as why:
            answers.put((False, str(why)))
        except BaseException as error:  # noqa: BLE001 - backends are plug-ins and raise anything
            answers.put((False, f"This system's key store does not work ({type(error).__name__})."))

    threading.Thread(target=run, name="key store", daemon=True).start()
    try:
        went_well, answer = answers.get(timeout=LIMIT)
    except queue.Empty:
        went_well, answer = False, "This system's key store does not answer; perhaps it waits to be unlocked."
    if not went_well:
        raise _NoStore(answer)
    return answer  # type: ignore[no-any-return]


def _safe_store() -> "KeyringBackend":
    """The first backend that encrypts; a chain is looked into, for it writes to the first that takes it."""
    import keyring

    chosen = keyring.get_keyring()
    links = list(getattr(chosen, "backends", None) or [])
    found = [store for store in links or [chosen] if not _of(store, _FAILING) and not _is_empty_chain(store)]
    if not found:
        raise _NoStore("This system has no key store (Secret Service, KWallet, Keychain).")
    safe = [store for store in found if not _of(store, _IN_FILES)]
    if not safe:
        raise _NoStore("This system's key store is a plain file, which is not safe for a key.")
    store: KeyringBackend = safe[0]
    return store


def _of(store: object, modules: tuple[str, ...]) -> bool:
    return any(cls.__module__.startswith(modules) for cls in type(store).__mro__)


def _is_empty_chain(store: object) -> bool:
    return type(store).__module__.startswith("keyring.backends.chainer")
