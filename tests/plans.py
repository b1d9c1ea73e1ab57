"""Plan files for the sandbox, made from what a boto3 client of the tests' own reads there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.loaders import create_loader
from botocore.session import get_session

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REGION = "us-east-2"


_models = create_loader()


def session() -> boto3.Session:
    """One that no other test left behind. Only AWS's descriptions of its services are kept: they take long to read."""
    own = get_session()
    own.register_component("data_loader", _models)
    return boto3.Session(botocore_session=own)


@contextmanager
def ec2(env: Mapping[str, str], region: str = REGION) -> "Iterator[EC2Client]":
    """An EC2 client that shares nothing with the program's."""
    with _client("ec2", env, region) as client:
        yield client


@contextmanager
def iam(env: Mapping[str, str]) -> Iterator[Any]:
    """The same of IAM."""
    with _client("iam", env, REGION) as client:
        yield client


@contextmanager
def _client(kind: Any, env: Mapping[str, str], region: str) -> Iterator[Any]:
    client = session().client(
        kind,
        region_name=region,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=env.get("AWS_SESSION_TOKEN"),
    )
    try:
        yield client
    finally:
        client.close()


def vpc_named(client: "EC2Client", name: str) -> str:
    return client.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"][0]["VpcId"]


def one_subnet_a_zone(client: "EC2Client", vpc: str) -> dict[str, str]:
    """The first private subnet, by name, of each zone."""
    subnets = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    chosen: dict[str, str] = {}
    for subnet in subnets:
        name = next((tag["Value"] for tag in subnet.get("Tags", []) if tag["Key"] == "Name"), "")
        if "private" in name:
            chosen.setdefault(subnet["AvailabilityZoneId"], subnet["SubnetId"])
    return chosen


def plan_text(env: Mapping[str, str], service: str = "orders-prod", vpc_name: str = "prod-core") -> str:
    """A plan that links `service` into the seeded VPC `vpc_name`."""
    with ec2(env) as client:
        vpc = vpc_named(client, vpc_name)
        subnets = ", ".join(f'"{subnet}"' for subnet in one_subnet_a_zone(client, vpc).values())
    return f"""\
version = 1

[skysql]
service = "{service}"
allowed_accounts = ["123456789012"]

[aws]
region = "{REGION}"
vpc = "{vpc}"
subnets = [{subnets}]

[security_group]
name = "{service}-privatelink"
description = "Clients of {service} over PrivateLink"
ports = ["readwrite"]
sources = ["10.20.0.0/16"]

[endpoint]
name = "{service}"
private_dns = true
tags = {{ team = "payments" }}
"""
