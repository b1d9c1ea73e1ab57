"""The company that lives in the sandbox, as a client finds it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from core.sandbox.child import Sandbox
from core.sandbox.environment import EUROPE
from tests.sandbox.stage import US, Stage, staged

SERVICES = [  # id, name, provider, region, status, mechanism, purposes
    ("dbpgf00000001", "orders-prod", "aws", "us-east-2", "ready", "nlb", ["readwrite", "readonly"]),
    ("dbpgf00000002", "billing", "aws", "us-east-2", "ready", "nlb", ["readwrite"]),
    ("dbpgf00000003", "ledger-prod", "aws", "us-east-2", "ready", "privateconnect", ["readwrite"]),
    ("dbpgf00000004", "analytics", "gcp", "us-central1", "ready", "nlb", ["readwrite"]),
    ("dbpgf00000005", "reports-archive", "aws", "us-east-2", "stopped", "nlb", ["readwrite"]),
    ("dbpgf00000006", "crm-eu", "aws", "eu-west-1", "ready", "nlb", ["readwrite", "readonly"]),
    ("dbpgf00000007", "staging", "aws", "us-east-2", "pending_modifying", "nlb", ["readwrite"]),
    ("dbpgf00000008", "import-test", "aws", "us-east-2", "failed", "nlb", ["readwrite"]),
]


@pytest.fixture(scope="module")
def stage(sandbox: Mapping[str, str]) -> Iterator[Stage]:
    """The sandbox in which nobody changes anything."""
    with staged(sandbox) as made:
        yield made


@pytest.mark.parametrize("row", SERVICES, ids=[row[1] for row in SERVICES])
def test_services(stage: Stage, row: tuple[str, str, str, str, str, str, list[str]]) -> None:
    service_id, name, provider, region, status, mechanism, purposes = row
    found = stage.service(service_id)
    endpoint = found["endpoints"][0]
    assert (found["name"], found["provider"], found["region"]) == (name, provider, region)
    assert (found["status"], endpoint["mechanism"]) == (status, mechanism)
    assert found["fqdn"] == f"{service_id}.sysp0000.db1.skysql.com"
    assert [port["purpose"] for port in endpoint["ports"]] == purposes
    assert found in stage.http.get("/provisioning/v1/services").json()


IN_EUROPE = {"X-MDB-Org": EUROPE}
IN_EUROPE_TOO = [  # id, name, status, fqdn, endpoints, accounts of the primary one
    ("dbpgf00000101", "shop-eu", "ready", True, ["primary public"], None),
    ("dbpgf00000102", "ledger-eu", "ready", True, ["public public", "primary private"], [US]),
    ("dbpgf00000103", "reports-eu", "ready", True, ["primary private", "public public"], [US]),
    ("dbpgf00000104", "vault-eu", "ready", True, ["primary private"], None),
    ("dbpgf00000105", "stock-eu", "pending_scaling", True, ["primary private"], [US]),
    ("dbpgf00000106", "archive-eu", "retired", True, ["primary private"], [US]),
    ("dbpgf00000107", "mail-eu", "degraded", True, ["primary private"], [US]),
    ("dbpgf00000108", "fresh-eu", "pending_create", False, [], None),
]


@pytest.mark.parametrize("row", IN_EUROPE_TOO, ids=[row[1] for row in IN_EUROPE_TOO])
def test_services_of_the_other_organization(stage: Stage, row: tuple[str, str, str, bool, list[str], Any]) -> None:
    service_id, name, status, reachable, endpoints, accounts = row
    found = stage.http.get(f"/provisioning/v1/services/{service_id}", headers=IN_EUROPE).json()
    told = {endpoint["name"]: endpoint for endpoint in found["endpoints"] or []}
    assert (found["name"], found["region"], found["status"]) == (name, "eu-west-1", status)
    assert bool(found["fqdn"]) is reachable
    assert [f"{name} {endpoint['visibility']}" for name, endpoint in told.items()] == endpoints
    assert not told or told["primary"]["allowed_accounts"] == accounts
    assert found in stage.http.get("/provisioning/v1/services", headers=IN_EUROPE).json()


def test_what_is_empty_is_null_or_left_out_in_the_older_api(stage: Stage) -> None:
    fresh, ledger = (
        stage.http.get(f"/provisioning/v1/services/{service}", headers=IN_EUROPE).json()
        for service in ("dbpgf00000108", "dbpgf00000102")
    )
    public, private = ledger["endpoints"]
    assert (fresh["endpoints"], fresh["outbound_ips"]) == (None, None)
    assert (public["allowed_accounts"], private["allow_list"]) == (None, None)
    assert "endpoint_service" not in public


def test_each_organization_sees_its_own_services(stage: Stage) -> None:
    def seen(headers: dict[str, str]) -> list[str]:
        return [service["id"] for service in stage.http.get("/provisioning/v1/services", headers=headers).json()]

    assert seen({}) == [row[0] for row in SERVICES]
    assert seen(IN_EUROPE) == [row[0] for row in IN_EUROPE_TOO]


def test_the_endpoint_services_of_an_own_account_are_in_that_account(stage: Stage) -> None:
    ledger = stage.http.get("/provisioning/v1/services/dbpgf00000102", headers=IN_EUROPE).json()
    with stage.client("ec2", region="eu-west-1") as europe:
        found = europe.describe_vpc_endpoint_services(ServiceNames=[ledger["endpoints"][1]["endpoint_service"]])
    assert found["ServiceDetails"][0]["Owner"] == "567890123456"


def test_orders_admits_two_offices_and_ledger_this_account(stage: Stage) -> None:
    orders, ledger = (stage.service(f"dbpgf0000000{number}")["endpoints"][0] for number in (1, 3))
    assert len(orders["allow_list"]) == 2
    assert (orders["allowed_accounts"], ledger["allowed_accounts"]) == (None, [US])


VPCS = [  # name, owner, hostnames, subnets
    ("prod-core", US, True, 7),
    ("legacy", US, False, 2),
    ("shared-network", "345678901234", True, 2),
    ("sandbox-empty", US, True, 0),
]


@pytest.mark.parametrize(("name", "owner", "hostnames", "count"), VPCS, ids=[row[0] for row in VPCS])
def test_vpcs(stage: Stage, name: str, owner: str, count: int, *, hostnames: bool) -> None:
    vpc = stage.vpc(name)
    filters: Any = [{"Name": "vpc-id", "Values": [vpc]}]
    answer = stage.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert stage.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["OwnerId"] == owner
    assert answer["EnableDnsHostnames"]["Value"] is hostnames
    assert len(stage.ec2.describe_subnets(Filters=filters)["Subnets"]) == count


def test_prod_has_a_public_and_a_private_subnet_in_every_zone(stage: Stage) -> None:
    vpc = stage.vpc("prod-core")
    filters: Any = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = stage.ec2.describe_route_tables(Filters=filters)["RouteTables"]
    outward = [one for one in tables if any(route.get("GatewayId", "").startswith("igw-") for route in one["Routes"])]
    public = {one["SubnetId"] for table in outward for one in table["Associations"] if "SubnetId" in one}
    subnets = stage.ec2.describe_subnets(Filters=filters)["Subnets"]
    zones = {"us-east-2a", "us-east-2b", "us-east-2c"}
    assert {one["AvailabilityZone"] for one in subnets if one["SubnetId"] in public} == zones
    assert {one["AvailabilityZone"] for one in subnets if one["SubnetId"] not in public} == zones
    assert min(one["AvailableIpAddressCount"] for one in subnets) == 1


def test_the_default_vpcs_are_there(stage: Stage) -> None:
    filters: Any = [{"Name": "is-default", "Values": ["true"]}]
    assert [one["CidrBlock"] for one in stage.ec2.describe_vpcs(Filters=filters)["Vpcs"]] == ["172.31.0.0/16"]
    with stage.client("ec2", region="eu-west-1") as europe:
        assert len(europe.describe_vpcs()["Vpcs"]) == 2


@pytest.mark.parametrize(
    ("vpc", "expected"),
    [
        ("prod-core", {"app-1": "app-servers", "app-2": "app-servers", "batch": "app-servers", "jump": "bastion"}),
        ("legacy", {"old-crm": "default", "old-batch": "default"}),
    ],
)
def test_instances_run(stage: Stage, vpc: str, expected: dict[str, str]) -> None:
    filters: Any = [
        {"Name": "vpc-id", "Values": [stage.vpc(vpc)]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    reservations = stage.ec2.describe_instances(Filters=filters)["Reservations"]
    found = {
        tag["Value"]: instance["SecurityGroups"][0]["GroupName"]
        for reservation in reservations
        for instance in reservation["Instances"]
        for tag in instance["Tags"]
    }
    assert found == expected


def test_a_network_acl_keeps_databases_out_of_one_legacy_subnet(stage: Stage) -> None:
    filters: Any = [{"Name": "vpc-id", "Values": [stage.vpc("legacy")]}]
    (acl,) = [one for one in stage.ec2.describe_network_acls(Filters=filters)["NetworkAcls"] if not one["IsDefault"]]
    (association,) = acl["Associations"]
    subnet = stage.ec2.describe_subnets(SubnetIds=[association["SubnetId"]])["Subnets"][0]
    denied = [entry for entry in acl["Entries"] if entry["RuleAction"] == "deny" and "PortRange" in entry]
    assert {tag["Value"] for tag in subnet["Tags"]} == {"legacy-b"}
    assert [(entry["Egress"], entry["PortRange"]["From"]) for entry in denied] == [(False, 3306)]


def test_db_clients_admits_the_application_servers(stage: Stage) -> None:
    filters: Any = [{"Name": "group-name", "Values": ["db-clients"]}]
    permission = stage.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["IpPermissions"][0]
    servers: Any = [{"Name": "group-name", "Values": ["app-servers"]}]
    app = stage.ec2.describe_security_groups(Filters=servers)["SecurityGroups"][0]["GroupId"]
    assert (permission["FromPort"], permission["UserIdGroupPairs"][0]["GroupId"]) == (3306, app)


def ids(stage: Stage) -> list[str]:
    """Every id of the seed that a client can see."""
    texts = [
        str(stage.loose.describe_vpcs()["Vpcs"]),
        str(stage.loose.describe_subnets()["Subnets"]),
        str(stage.loose.describe_security_groups()["SecurityGroups"]),
        str(stage.loose.describe_route_tables()["RouteTables"]),
        str(stage.loose.describe_instances()["Reservations"]),
        str(stage.loose.describe_network_acls()["NetworkAcls"]),
        str(stage.loose.describe_managed_prefix_lists()["PrefixLists"]),
        str(stage.http.get("/provisioning/v1/services").json()),
        str(stage.http.get("/provisioning/v1/services", headers=IN_EUROPE).json()),
    ]
    return re.findall(r"\b(?:vpc|subnet|sg|rtb|igw|i|acl|pl|vpce-svc|dbpgf)-?[0-9a-f]{8,17}\b", " ".join(texts))


def answers(stage: Stage) -> list[tuple[int, str, object]]:
    """What SkySQL says to a few requests, trace ids and all but the time of a refusal."""
    asked = ["services", "services/dbpgf99999999", "versions?page_size=2", "regions", "services/dbpgf00000003"]
    told = [stage.http.get(f"/provisioning/v1/{path}") for path in asked]
    bodies = [json.loads(one.text, object_hook=lambda entry: {**entry, "timestamp": 0}) for one in told]
    return [(one.status_code, one.headers["X-Request-Id"], body) for one, body in zip(told, bodies, strict=True)]


def test_two_sandboxes_agree_on_every_id_whatever_is_looked_at_first() -> None:
    with (
        Sandbox() as first,
        Sandbox() as second,
        staged(first.start(speed=0)) as one,
        staged(second.start(speed=0)) as two,
    ):
        with two.client("ec2", region="eu-west-3") as elsewhere:
            elsewhere.describe_vpcs()
        seen = ids(one)
        assert seen == ids(two)
        assert answers(one) == answers(two)
    assert len(set(seen)) > 40
    assert all(re.fullmatch(r"[a-z-]+-[0-9a-f]{17}|dbpgf\d{8}", one) for one in seen)
