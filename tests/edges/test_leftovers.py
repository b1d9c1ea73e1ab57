"""DeleteVpcEndpoints answers 200 whatever happened: what failed stands inside, and is told like any other refusal."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from core.edges.aws_errors import Doing, of_error
from core.edges.aws_leftovers import delete_endpoint
from core.problems import Busy, Failed, NotAllowed, NotFound, Problem
from core.values import EndpointId
from tests.plans import session

ENDPOINT = EndpointId("vpce-0123456789abcdef0")


@pytest.fixture
def ec2() -> Iterator[Any]:
    client = session().client("ec2", region_name="us-east-2", aws_access_key_id="AKIA", aws_secret_access_key="made up")
    yield client
    client.close()


def unsuccessful(code: str) -> list[dict[str, Any]]:
    return [{"ResourceId": ENDPOINT, "Error": {"Code": code, "Message": "AWS's own words."}}]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidVpcEndpoint.NotFound", NotFound),
        ("InvalidVpcEndpointId.NotFound", NotFound),
        ("UnauthorizedOperation", NotAllowed),
        ("OperationInProgress", Busy),
        ("SomethingNew", Failed),
    ],
)
def test_a_failure_inside_the_answer_is_told(ec2: Any, code: str, kind: type[Problem]) -> None:
    with Stubber(ec2) as stubbed:
        stubbed.add_response(
            "delete_vpc_endpoints", {"Unsuccessful": unsuccessful(code)}, {"VpcEndpointIds": [ENDPOINT]}
        )
        with pytest.raises(ClientError) as caught:
            delete_endpoint(ec2, ENDPOINT)
    problem = of_error(caught.value, Doing("ec2:DeleteVpcEndpoints", "us-east-2", changes=True))
    assert type(problem) is kind
    assert problem.code == f"aws.{code}"


def test_an_answer_without_failures_is_a_yes(ec2: Any) -> None:
    with Stubber(ec2) as stubbed:
        stubbed.add_response("delete_vpc_endpoints", {"Unsuccessful": []}, {"VpcEndpointIds": [ENDPOINT]})
        delete_endpoint(ec2, ENDPOINT)
        stubbed.assert_no_pending_responses()
