"""The one door out: everything that leaves the process is built here."""

import logging
from typing import TYPE_CHECKING

from core.edges.clock import SystemClock
from core.edges.threads import in_thread
from core.facts import Identity
from core.text import clean
from core.values import AccountId, Region
from core.world import Aws, AwsKeys, Clock, Prober, Rights, Secret, Settings, SkySQL, World

# The clients are imported when a world is opened, not here: `--help` and the first page need none of them.
if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_sts import STSClient

    from core.edges.aws_session import AwsDoor
    from core.edges.skysql import SkySQLApi


async def open_world(settings: Settings) -> World:
    """Build the clients; ask nobody anything yet. Close the world when done."""
    return await in_thread(lambda: _build(settings))


def _build(settings: Settings) -> "_OpenWorld":
    from core.edges.aws_session import AwsDoor
    from core.edges.skysql import SkySQLApi

    _hush()
    return _OpenWorld(SkySQLApi(settings), AwsDoor(settings), SystemClock())


def _hush() -> None:
    """The libraries' own logs tell what is told here as Problems, and at DEBUG they hold signed requests and tokens."""
    for name in ("botocore", "boto3", "urllib3", "httpcore", "keyring"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _OpenWorld:
    def __init__(self, skysql: "SkySQLApi", door: "AwsDoor", clock: Clock) -> None:
        self._skysql = skysql
        self._door = door
        self._clock = clock

    @property
    def skysql(self) -> SkySQL:
        return self._skysql

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def prober(self) -> Prober:
        from core.edges.database import Database

        return Database()

    async def identity(self) -> Identity:
        from core.edges.aws_errors import Doing

        doing = Doing("sts:GetCallerIdentity", self._door.home_region)
        return await self._door.sts(doing, _identity)

    async def regions(self) -> frozenset[Region]:
        from core.edges.aws_errors import Doing

        # Without AllRegions: those that are enabled for the account.
        doing = Doing("ec2:DescribeRegions", self._door.home_region)
        return await self._door.ec2(doing, _regions)

    async def aws(self, region: Region) -> Aws:
        from core.edges.aws import Ec2

        return Ec2(self._door, region)

    async def rights(self, region: Region) -> Rights:
        from core.edges.aws_rights import AwsRights

        return AwsRights(self._door, region)

    async def use_key(self, key: Secret, organization: str) -> None:
        self._skysql.use_key(key, organization)

    async def aws_keys(self) -> AwsKeys | None:
        return await self._door.keys()

    async def close(self) -> None:
        await self._skysql.close()
        await self._door.close()


def _identity(sts: "STSClient") -> Identity:
    answer = sts.get_caller_identity()
    return Identity(AccountId(clean(answer["Account"])), clean(answer["Arn"]))


def _regions(ec2: "EC2Client") -> frozenset[Region]:
    answer = ec2.describe_regions()
    return frozenset(Region(each["RegionName"]) for each in answer["Regions"] if each.get("RegionName"))
