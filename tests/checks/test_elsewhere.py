"""What another machine's run has made is recognised by its tags, and told apart from what this machine made."""

from dataclasses import replace

from core.checks.elsewhere import made_elsewhere
from core.facts import SecurityGroup, Situation, VpcEndpoint
from core.values import RUN_TAG, GroupId, RunId
from tests.work.fake import LINKED, PLAN, network, our_endpoint, our_group, situation


def of_run(made: SecurityGroup | VpcEndpoint, run: str) -> tuple[tuple[str, str], ...]:
    return (*((key, value) for key, value in made.tags if key != RUN_TAG), (RUN_TAG, run))


def with_(*groups: SecurityGroup, endpoint: VpcEndpoint | None = None) -> Situation:
    there = network(groups=groups, endpoints=(endpoint,) if endpoint else ())
    return situation(service=LINKED, network=there)


GROUP = replace(our_group(), tags=of_run(our_group(), "20261122-120000-aaaa"))
ENDPOINT = our_endpoint(tags=of_run(our_endpoint(), "20261122-120000-aaaa"))


def test_what_is_adopted_is_told_by_run() -> None:
    (finding,) = made_elsewhere(PLAN, with_(GROUP, endpoint=ENDPOINT), frozenset())
    assert (finding.id, finding.level) == ("made-elsewhere", "warning")
    assert "Run 20261122-120000-aaaa" in finding.title
    for made in (GROUP.id, ENDPOINT.id):
        assert made in finding.detail
    assert "uses it instead of making another" in finding.detail


def test_runs_of_this_machine_are_not_told() -> None:
    assert not list(made_elsewhere(PLAN, with_(GROUP, endpoint=ENDPOINT), {RunId("20261122-120000-aaaa")}))


def test_what_the_plan_has_no_use_for_stays_and_is_told_so() -> None:
    other = replace(GROUP, id=GroupId("sg-999"), name="another-name")
    (finding,) = made_elsewhere(PLAN, with_(other), frozenset())
    assert "The plan has no use for security group sg-999" in finding.detail


def test_an_endpoint_that_cannot_be_revived_is_not_said_to_be_used() -> None:
    (finding,) = made_elsewhere(PLAN, with_(GROUP, endpoint=replace(ENDPOINT, state="rejected")), frozenset())
    assert f"uses it instead of making another: security group {GROUP.id}" in finding.detail
    assert f"The plan has no use for VPC endpoint {ENDPOINT.id} (rejected)" in finding.detail


def test_what_is_being_deleted_is_not_told() -> None:
    assert not list(made_elsewhere(PLAN, with_(endpoint=replace(ENDPOINT, state="deleting")), frozenset()))


def test_without_a_network_there_is_nothing_to_tell() -> None:
    assert not list(made_elsewhere(PLAN, situation(network=None), frozenset()))
