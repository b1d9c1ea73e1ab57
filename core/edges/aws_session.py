"""The one door to AWS: a session, its clients, and every exception told as a Problem.

botocore makes sessions and clients in ways that are not safe in several threads at once, so one lock guards that;
the clients themselves may be shared. When a sign-in ends, the session is dropped: the next call makes a new
one, which sees a fresh `aws sso login`, a changed file, or asks for a new MFA code.
"""

import asyncio
import difflib
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from core import __version__
from core.edges.aws_errors import Doing, of_error, of_silence
from core.edges.calls import log, watch
from core.edges.credentials import login_profile, odd_files, prompter
from core.edges.settings import is_loopback
from core.edges.threads import in_thread
from core.problems import NotSignedIn, Problem
from core.redaction import know
from core.values import Region
from core.world import AwsKeys, Secret, Settings

if TYPE_CHECKING:
    import boto3
    from botocore.loaders import Loader
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_sts import STSClient

T = TypeVar("T")
Service = Literal["ec2", "iam", "route53", "sts"]

ANY_REGION = "us-east-1"
"""Asked when no region is known: it is enabled in every account."""

_READING = {"retries": {"mode": "standard", "total_max_attempts": 4}, "connect_timeout": 5, "read_timeout": 20}
_CHANGING = {"retries": {"mode": "standard", "total_max_attempts": 1}, "connect_timeout": 5, "read_timeout": 40}
"""A change is never sent again by the library: who sent it looks first."""

_ASIDE = {"retries": {"mode": "standard", "total_max_attempts": 2}, "connect_timeout": 3, "read_timeout": 10}
"""For what only tells more."""

_SIGNING = Doing("the AWS sign-in")


def _answered(use: Callable[[Any], T], client: Any) -> T:
    """`use(client)`. What a proxy's page leads the library or our reading of it to is told as what it is."""
    try:
        return use(client)
    except (AttributeError, LookupError, TypeError, ValueError) as odd:
        from botocore.exceptions import BotoCoreError
        from botocore.parsers import ResponseParserError

        if isinstance(odd, BotoCoreError | ResponseParserError):
            raise
        told = type(odd).__name__
    raise ResponseParserError(told)


@cache
def _models(data_path: str | None) -> "Loader":
    """The library's descriptions of AWS's services, read once: those of EC2 take a fifth of a second."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


class AwsDoor:
    """Calls to EC2, STS, IAM and Route 53 with one sign-in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = threading.RLock()
        self._signing = asyncio.Lock()
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._retired: list[Any] = []
        self._code_was_given = False

    @property
    def home_region(self) -> Region:
        return Region(self._settings.region or ANY_REGION)

    async def ec2(self, doing: Doing, use: "Callable[[EC2Client], T]", limit: float | None = None) -> T:
        """`use(client)` in a thread. `limit`: seconds, after which a change is Unclear."""
        return await self._call("ec2", doing, use, limit)

    async def sts(self, doing: Doing, use: "Callable[[STSClient], T]") -> T:
        return await self._call("sts", doing, use, None)

    async def iam(self, doing: Doing, use: Callable[[Any], T]) -> T:
        """IAM is looked at beside the rest, and a network that leads to EC2 may not lead to it: no long patience."""
        return await self._call("iam", doing, use, None)

    async def route53(self, doing: Doing, use: Callable[[Any], T]) -> T:
        """As IAM."""
        return await self._call("route53", doing, use, None)

    async def sign_in(self) -> None:
        """Make sure of credentials, one caller at a time: a profile may ask for a code, and should ask once."""
        async with self._signing:
            await in_thread(lambda: self._told(self._credentials, _SIGNING))

    async def keys(self) -> AwsKeys | None:
        """The keys of this sign-in when a code was given for it, which no other process could ask for."""
        await self.sign_in()
        return await in_thread(lambda: self._told(self._frozen, _SIGNING)) if self._code_was_given else None

    async def close(self) -> None:
        for client in [*self._clients.values(), *self._retired]:
            client.close()
        self._clients.clear()
        self._retired.clear()
        self._session = None

    async def _call(self, service: Service, doing: Doing, use: Callable[[Any], T], limit: float | None) -> T:
        # Signing in and making the client come apart from the call: what takes time there never makes a change unclear,
        # and no thread whose caller has given up is still on its way to sending one.
        await self.sign_in()
        client = await in_thread(lambda: self._told(lambda: self._client(service, doing), doing))
        try:
            return await in_thread(lambda: self._told(lambda: _answered(use, client), doing), limit)
        except TimeoutError:
            problem = of_silence(doing)
        raise problem

    def _told(self, call: Callable[[], T], doing: Doing) -> T:
        """`call()`, its exceptions told. Raised outside the handler: the originals hold requests, those hold tokens."""
        try:
            return call()
        except Problem as told:
            problem = told
        except Exception as error:  # noqa: BLE001 - credential providers and the library raise anything
            problem = self._problem(error, doing)
        log.debug("aws %s problem=%s", doing.action, problem.code)
        if isinstance(problem, NotSignedIn) or doing is _SIGNING:
            self._drop()
        raise problem.with_traceback(None)

    def _problem(self, error: Exception, doing: Doing) -> Problem:
        profile = self._settings.profile or os.environ.get("AWS_PROFILE", "")
        doing = replace(doing, profile=profile, login=login_profile(profile))
        return of_error(error, doing, hint=self._region_hint(doing.region), files=odd_files())

    def _region_hint(self, region: str) -> str:
        """Whether the library has never heard of a region, and what it may have been meant to be."""
        known = self._session.get_available_regions("ec2") if self._session and region else []
        if not known or region in known:
            return ""
        near = difflib.get_close_matches(region, known, 1)
        return f"No region {region} is known{f'; {near[0]} is' if near else ''}."

    def _frozen(self) -> AwsKeys | None:
        with self._making:
            found = self._boto().get_credentials()
        if found is None:
            return None
        keys = found.get_frozen_credentials()
        return AwsKeys(keys.access_key or "", Secret(keys.secret_key or ""), Secret(keys.token or ""))

    def _code(self, device: str) -> str:
        self._code_was_given = True
        return self._settings.ask_code(device) if self._settings.ask_code else ""

    def _credentials(self) -> None:
        with self._making:
            found = self._boto().get_credentials()
        if found is None:
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError
        keys = found.get_frozen_credentials()  # renews what runs out, asks for a code where the profile wants one
        know(*filter(None, (keys.secret_key, keys.token)))

    def _boto(self) -> "boto3.Session":
        if self._session is None:
            import boto3
            from botocore.session import get_session

            own = get_session()
            if self._settings.profile:
                own.set_config_variable("profile", self._settings.profile)
            own.register_component("data_loader", _models(own.get_config_variable("data_path")))
            session = boto3.Session(botocore_session=own)
            provider = session._session.get_component("credential_provider").get_provider("assume-role")
            provider._prompter = prompter(
                self._code if self._settings.ask_code else None
            )  # it would be getpass otherwise
            if (keys := self._settings.aws_keys) is not None:
                session._session.set_credentials(keys.id, keys.secret.reveal(), keys.token.reveal() or None)
            watch(session.events)
            self._session = session
        return self._session

    def _client(self, service: Service, doing: Doing) -> Any:
        region = doing.region or self.home_region
        key = (service, region, doing.changes)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, region, doing.changes)
            return self._clients[key]

    def _new_client(self, service: Service, region: str, changes: bool) -> Any:
        from botocore.config import Config

        reading = _ASIDE if service in ("iam", "route53") else _READING
        options: dict[str, Any] = dict(_CHANGING if changes else reading)
        if is_loopback(urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname or ""):
            options["proxies"] = {}  # a proxy elsewhere cannot reach this machine's own addresses
        config = Config(
            user_agent_extra=f"skysql-privatelink/{__version__}", max_pool_connections=16, **cast("Any", options)
        )
        return self._boto().client(service, region_name=region, config=config)

    def _drop(self) -> None:
        with self._making:
            self._session = None
            self._retired.extend(self._clients.values())  # another thread may be using one
            self._clients.clear()
