"""CreateTags and DeleteTags on endpoints and groups."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import Scene
from tests.sandbox.conformance.test_modifying import NO_ENDPOINT

CREATE = at.api("CreateTags")
RESERVED = "InvalidTagKey.Malformed|InvalidParameterValue"


def tagging(says: str, source: str, tags: dict[str, str], code: str) -> Refuses:
    shown = [{"Key": key, "Value": value} for key, value in tags.items()]
    return Refuses(says, source, "create_tags", lambda s: {"Resources": [s.here.group], "Tags": shown}, code)


REFUSED = [
    Refuses("no such endpoint", at.ERRORS, "create_tags",
            {"Resources": [NO_ENDPOINT], "Tags": [{"Key": "team", "Value": "pay"}]},
            "InvalidVpcEndpointId.NotFound|InvalidID", words=NO_ENDPOINT),
    tagging("a key of AWS's own", at.TAGS, {"aws:team": "pay"}, RESERVED),
    tagging("a key of AWS's own in capitals", at.TAGS, {"AWS:team": "pay"}, RESERVED),
    tagging("a key of 129 characters", at.TAGS, {"k" * 129: "pay"}, RESERVED),
    tagging("a value of 257 characters", at.TAGS, {"team": "v" * 257}, RESERVED),
    tagging("fifty-one tags", at.TAGS, {f"k{number}": "x" for number in range(51)}, "TagLimitExceeded"),
]  # fmt: skip


def tagged(s: Scene, resource: str, *moves: Any) -> dict[str, str]:
    for move, tag in moves:
        move(Resources=[resource], Tags=[tag])
    found = s.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def later(s: Scene) -> dict[str, str]:
    return tagged(s, s.create()["VpcEndpointId"], (s.ec2.create_tags, {"Key": "team", "Value": "pay"}))


def again(s: Scene) -> dict[str, str]:
    first, second = {"Key": "team", "Value": "pay"}, {"Key": "team", "Value": "core"}
    return tagged(s, s.group(), (s.ec2.create_tags, first), (s.ec2.create_tags, second))


def away(s: Scene) -> dict[str, str]:
    return tagged(s, s.group(), (s.ec2.create_tags, {"Key": "team", "Value": "pay"}),
                  (s.ec2.delete_tags, {"Key": "team"}))  # fmt: skip


def on_the_endpoint(s: Scene) -> Any:
    endpoint = s.create()["VpcEndpointId"]
    s.ec2.create_tags(Resources=[endpoint], Tags=[{"Key": "team", "Value": "pay"}])
    return s.described(endpoint)["Tags"]


TAGGED = [
    Shows("a tag that comes later", CREATE, later, {"team": "pay"}),
    Shows("it on the endpoint", at.api("VpcEndpoint"), on_the_endpoint, [{"Key": "team", "Value": "pay"}]),
    Shows("a key's last value", CREATE, again, {"team": "core"}),
    Shows("a tag gone again", at.api("DeleteTags"), away, {}),
]  # fmt: skip


@cases([*REFUSED, *TAGGED])
def test_tags(case: Case, scene: Scene) -> None:
    show(case, scene)
