"""The finished plan: complete, valid, and a TOML file that people keep beside their other infrastructure files."""

from dataclasses import dataclass

from core.values import AccountId, GroupId, Region, Source, SubnetId, VpcId

MAX_GROUPS = 5
"""Security groups that a network interface takes, unless AWS has raised the quota."""


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A security group to be made: every port admits every source."""

    name: str
    description: str
    ports: tuple[str, ...]  # purposes, as the SkySQL API names them: readwrite, readonly
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ExistingGroups:
    """One to five groups that are there already; their rules stay as they are."""

    ids: tuple[GroupId, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to stand at the end. Nothing secret."""

    service: str  # SkySQL service id, or a name that is unique
    accounts: tuple[AccountId, ...]  # the complete allowlist after the change
    region: Region
    vpc: VpcId
    subnets: tuple[SubnetId, ...]  # at most one per availability zone
    group: NewGroup | ExistingGroups
    endpoint_name: str
    private_dns: bool = True
    enable_vpc_dns: bool = False  # switch the VPC's two DNS attributes on where they are off
    tags: tuple[tuple[str, str], ...] = ()


def parse_plan(text: str) -> Plan:
    """The plan of a TOML file's text. Raises `core.problems.Usage` (code plan-invalid) telling all that is wrong."""
    from core import plan_file  # pydantic is slow to import, and most of the program never reads a file

    return plan_file.parse(text)


def dump_plan(plan: Plan) -> str:
    """The plan as TOML, with comments for the person who opens the file; `parse_plan` reads back the same plan."""
    from core import plan_file

    return plan_file.dump(plan)
