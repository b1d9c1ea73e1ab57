"""How this machine may sign in to AWS: the profiles there are, and the code that some of them ask for.

Reads the files the AWS CLI reads, through botocore, so that every way of signing in it knows is told by name.
Blocking (botocore's first import takes a third of a second): a page calls these through `asyncio.to_thread`.
"""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.edges.aws_errors import Doing, of_error
from core.facts import Profile
from core.problems import CodeNeeded, NotSignedIn, Problem
from core.redaction import know
from core.text import clean

FROM_ENVIRONMENT = ""
"""The name of the profile that is none: what the environment itself offers."""

_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("role_arn", "mfa_serial"), "role {role} with MFA"),
    (("role_arn", "web_identity_token_file"), "role {role} by web identity"),
    (("role_arn", "source_profile"), "role {role} from {source_profile}"),
    (("role_arn", "credential_source"), "role {role} from {credential_source}"),
    (("role_arn",), "role {role}"),
    (("sso_session",), "SSO session {sso_session}"),
    (("sso_start_url",), "SSO (legacy)"),
    (("aws_access_key_id",), "keys"),
    (("login_session",), "aws login"),
    (("credential_process",), "credential_process"),
)
"""Settings a profile has → how it signs in, first match, in the order botocore tries them."""

_ENVIRONMENT: tuple[tuple[str, str], ...] = (
    ("AWS_ACCESS_KEY_ID", "environment variables"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "web identity of this environment"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "role of this container"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "role of this container"),
)

_SECRETS = ("aws_secret_access_key", "aws_session_token")
_FILES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))


def profiles(environ: Mapping[str, str] = os.environ) -> tuple[Profile, ...]:
    """Every profile with its way of signing in; first what the environment offers (name ""), then by name.

    NotSignedIn when a configuration file cannot be read or parsed.
    """
    offered = next((Profile(FROM_ENVIRONMENT, kind) for variable, kind in _ENVIRONMENT if environ.get(variable)), None)
    found = tuple(_profile(name, section) for name, section in sorted(_sections().items()))
    return ((offered,) if offered else ()) + found


def current_profile(environ: Mapping[str, str] = os.environ) -> str:
    """The name AWS's own tools would use now: "" is the environment itself, which wins over AWS_PROFILE."""
    if environ.get("AWS_ACCESS_KEY_ID"):
        return FROM_ENVIRONMENT
    named = environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE")
    if named:
        return named
    if any(environ.get(variable) for variable, _ in _ENVIRONMENT):
        return FROM_ENVIRONMENT
    return "default" if "default" in _sections() else FROM_ENVIRONMENT


def login_profile(name: str) -> str:
    """The profile whose login feeds `name`: the end of its chain of source profiles. Never fails."""
    try:
        sections = _sections()
    except Problem:
        return name
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        source = sections.get(name or "default", {}).get("source_profile")
        name = source if isinstance(source, str) else name
    return name


def odd_files(environ: Mapping[str, str] = os.environ) -> str:
    """Which configuration file botocore silently passes over, and why; empty when there is none."""
    return " ".join(filter(None, (_odd(Path(environ.get(key) or home).expanduser()) for key, home in _FILES)))


def _odd(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return f"{path} is a pipe, which AWS's library does not read: make it a plain file."
    if stat.S_ISDIR(mode):
        return f"{path} is a folder."
    return "" if os.access(path, os.R_OK) else f"{path} may not be read by this user."


def _sections() -> dict[str, dict[str, Any]]:
    problem: Problem | None = None
    try:
        import botocore.session

        # No profile is asked for: AWS_PROFILE naming a missing one must not hide the others.
        found: dict[str, dict[str, Any]] = botocore.session.Session().full_config["profiles"]
    except Exception as error:  # noqa: BLE001 - configuration files hold anything
        problem = of_error(error, Doing("the AWS configuration"))
    else:
        know(*(str(section.get(key, "")) for section in found.values() for key in _SECRETS))
        return found
    raise problem


def _profile(name: str, section: dict[str, Any]) -> Profile:
    words = {key: clean(str(value), 80) for key, value in section.items()}
    words["role"] = words.get("role_arn", "").rpartition("/")[2]
    kind = next((kind for keys, kind in _KINDS if all(words.get(key) for key in keys)), "settings only")
    return Profile(clean(name, 128), kind.format_map(words), words.get("region", ""))


def prompter(ask: Callable[[str], str] | None) -> Callable[[str], str]:
    """What botocore calls for an MFA code, instead of its own prompt that would fight for the terminal.

    `ask` is given the device's ARN and returns six digits, or nothing when the person thinks better of it.
    """

    def asked(prompt: str) -> str:
        device = clean(prompt.partition(" for ")[2].strip().rstrip(":"), 200)
        if ask is None:
            raise CodeNeeded(
                "aws.code-needed",
                "This AWS profile asks for an MFA code.",
                cause=f"The device is {device}.",
                remedy="Sign in through the wizard, which asks for it, or use a profile that is signed in already.",
                page="sign_in",
            )
        code = ask(device).replace(" ", "")
        know(code)
        if len(code) == 6 and code.isascii() and code.isdigit():
            return code
        raise NotSignedIn(
            "aws.WrongCode" if code else "aws.code-cancelled",
            "That is not an MFA code." if code else "No MFA code was given.",
            cause=f"The profile signs in with the device {device}.",
            remedy="Try again with the six digits it shows, or choose another profile.",
            page="sign_in",
        )

    return asked
