"""Where the key is found and kept, with key stores made up for the test: none, broken, hanging, unsafe, good."""

import sys
import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null

from core.edges import keys
from core.edges.keys import SERVICE, find_key, keep_key, keyring_state, required_key
from core.problems import Failed, NotSignedIn
from core.world import Secret

KEY = Secret("canary-key-4711")
USER = "https://api.skysql.com"


class Memory(KeyringBackend):
    """A key store as it should be."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Broken(Memory):
    """Raises what no key store should, with the key in it."""

    def get_password(self, *_: str) -> str | None:
        raise SystemError(KEY.reveal())

    set_password = get_password  # type: ignore[assignment]


class Hanging(Memory):
    """Waits for somebody to unlock it."""

    def get_password(self, *_: str) -> str | None:
        threading.Event().wait(30)
        return None


class PlaintextKeyring(Memory):
    """What keyrings.alt has: a file anybody can read."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


@pytest.fixture(autouse=True)
def _none_of_the_machines_own(home: object) -> Iterator[None]:
    before = keyring.core._keyring_backend
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.core._keyring_backend = before


def use(store: KeyringBackend) -> KeyringBackend:
    keyring.set_keyring(store)
    return store


@pytest.mark.parametrize(
    ("environ", "key", "source"),
    [
        ({"SKYSQL_API_KEY": "a", "TF_SKYSQL_API_KEY": "b"}, "a", "SKYSQL_API_KEY"),
        ({"TF_SKYSQL_API_KEY": "b"}, "b", "TF_SKYSQL_API_KEY"),
        ({"SKYSQL_API_KEY": "  ", "TF_SKYSQL_API_KEY": "b"}, "b", "TF_SKYSQL_API_KEY"),
        ({"SKYSQL_API_KEY": ' "a"\n'}, "a", "SKYSQL_API_KEY"),
    ],
)
def test_a_key_of_the_environment_comes_first(environ: dict[str, str], key: str, source: str) -> None:
    use(Memory()).set_password(SERVICE, USER, "kept")
    found = find_key(environ)
    assert found is not None
    assert found.key == Secret(key)
    assert source in found.source
    assert key not in repr(found.key)


def test_no_key_anywhere() -> None:
    assert find_key({}) is None
    with pytest.raises(NotSignedIn, match="SKYSQL_API_KEY"):
        required_key({})


def test_a_key_is_kept_and_found() -> None:
    store = Memory()
    use(store)
    keep_key(KEY, {})
    assert store.kept == {(SERVICE, USER): KEY.reveal()}
    found = find_key({})
    assert found is not None
    assert found.key == KEY
    assert "key store" in found.source


def test_a_key_belongs_to_one_address() -> None:
    use(Memory())
    keep_key(KEY, {"SKYSQL_API_URL": "https://API.test.skysql.com/v1/"})
    assert find_key({}) is None
    assert find_key({"SKYSQL_API_URL": "https://api.test.skysql.com"}) is not None
    assert find_key({"SKYSQL_API_URL": "https://other.test"}) is None


@pytest.mark.parametrize(
    ("store", "why"),
    [
        (fail.Keyring, "no key store"),
        (null.Keyring, "no key store"),
        (chainer.ChainerBackend, "no key store"),
        (PlaintextKeyring, "plain file"),
        (Broken, "SystemError"),
        (Hanging, "does not answer"),
    ],
)
def test_a_key_store_that_cannot_be_used(
    store: type[KeyringBackend], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store is Hanging:
        monkeypatch.setattr(keys, "LIMIT", 0.2)
    monkeypatch.setattr(chainer.ChainerBackend, "backends", ())
    use(store())
    state = keyring_state()
    assert not state.works
    assert why in state.why
    assert KEY.reveal() not in state.why
    assert find_key({}) is None


@pytest.mark.parametrize("store", [fail.Keyring, null.Keyring, PlaintextKeyring, Broken])
def test_a_key_that_cannot_be_kept_is_told_and_shown_nowhere(store: type[KeyringBackend]) -> None:
    made = use(store())
    with pytest.raises(Failed) as caught:
        keep_key(KEY, {})
    assert caught.value.remedy
    assert KEY.reveal() not in repr(vars(caught.value))
    assert not getattr(made, "kept", {})


def test_a_chain_is_used_for_its_first_safe_link(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, good = PlaintextKeyring(), Memory()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", (plain, good))
    use(chainer.ChainerBackend())  # type: ignore[no-untyped-call]
    assert keyring_state().works
    keep_key(KEY, {})
    assert good.kept
    assert not plain.kept


def test_a_configuration_of_keyring_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.module.Keyring")
    assert not keyring_state().works


def test_a_kept_key_that_is_none() -> None:
    use(Memory()).set_password(SERVICE, USER, "two words")
    assert find_key({}) is None


def test_keyring_is_not_loaded_for_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # an import of it would fail
    assert find_key({"SKYSQL_API_KEY": "a"}) is not None
