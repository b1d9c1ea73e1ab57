"""What environment and command line say about the outside, as Settings for the one door."""

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from core.problems import Usage
from core.text import clean
from core.values import Invalid, parse_key
from core.world import Secret, Settings

SKYSQL_URL = "https://api.skysql.com"

KEY_VARIABLES = ("SKYSQL_API_KEY", "TF_SKYSQL_API_KEY")
_URL_VARIABLES = ("SKYSQL_API_URL", "TF_SKYSQL_API_BASE_URL")
_ORGANIZATION_VARIABLES = ("SKYSQL_ORG_ID", "TF_SKYSQL_ORG_ID")
_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")  # boto3 itself passes over the first


def settings_from(
    environ: Mapping[str, str],
    *,
    key: Secret | None = None,
    organization: str = "",
    profile: str = "",
    region: str = "",
    likely_region: str = "",
    ask_code: Callable[[str], str] | None = None,
) -> Settings:
    """The environment's settings, each overridden by an argument that is not empty.

    `likely_region` is for where none is given. Usage when the API's address or the organization cannot be used.
    Without `key` it is the environment's; the key store is not asked here.
    """
    return Settings(
        skysql_url=api_url_in(environ),
        skysql_key=key if key is not None else key_in(environ)[0],
        organization=checked_organization(organization or _first(environ, _ORGANIZATION_VARIABLES)),
        profile=profile,
        region=region or _first(environ, _REGION_VARIABLES) or likely_region,
        ask_code=ask_code,
        state_folder=state_folder(environ),
    )


def key_in(environ: Mapping[str, str]) -> tuple[Secret, str]:
    """The environment's key and the variable it stands in; an empty key when there is none.

    What cannot be a key is handed on as it is: the first call says so, and the wizard asks for it again.
    """
    for variable in KEY_VARIABLES:
        if text := environ.get(variable, "").strip():
            try:
                return Secret(parse_key(text)), variable
            except Invalid:
                return Secret(text), variable
    return Secret(""), ""


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where runs are kept: `$XDG_STATE_HOME/skysql-privatelink`, else under `~/.local/state`. Not made here."""
    base = Path(environ.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():  # the XDG specification: relative ones are ignored
        base = Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return base / "skysql-privatelink"


def api_url_in(environ: Mapping[str, str]) -> str:
    """The API's address that is in force: the environment's, or SkySQL's own."""
    return checked_url(_first(environ, _URL_VARIABLES) or SKYSQL_URL)


def checked_url(text: str) -> str:
    """The SkySQL API's address, without a trailing slash: https, or http on this machine's own addresses."""
    shown = clean(text.partition("@")[2] or text, 200)
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(f"“{shown}” is not an address.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise _wrong(f"“{shown}” is not the address of an API.")
    if parts.username is not None or parts.query or parts.fragment:
        raise _wrong("The API's address holds more than an address.")
    if parts.scheme == "http" and not is_loopback(host):
        raise _wrong(f"“{shown}” is not encrypted: the API key would be readable on the way.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def origin(url: str) -> str:
    """`https://api.skysql.com` of any address under it: what a key belongs to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(what: str) -> Usage:
    return Usage("skysql.url", what, remedy=f"Set SKYSQL_API_URL or --api-url to something like {SKYSQL_URL}.")


def checked_organization(text: str) -> str:
    """An organization id that fits into a header, or nothing."""
    plain = text.strip()
    if plain and not (plain.isascii() and plain.isprintable() and len(plain) <= 200):
        raise Usage(
            "skysql.organization", "That is not an organization id.", remedy="Copy it from app.skysql.com, alone."
        )
    return plain


def _first(environ: Mapping[str, str], variables: tuple[str, ...]) -> str:
    return next((value for name in variables if (value := environ.get(name, "").strip())), "")
