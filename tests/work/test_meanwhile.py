"""What another machine finds, and what somebody else has changed: taken over, or told; never fought over in silence."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.facts import Rule, VpcDns
from core.plan import NewGroup
from core.values import AccountId, Source
from core.work.events import ErrorTold, Event, RunEnded, Seen, StepChanged
from core.work.steps import STEPS
from tests.work.fake import LINKED, PLAN, PRIVATE, READY, SERVICE, VISIBLE, FakeWorld, our_endpoint, our_group
from tests.work.office import Office

OTHER = AccountId("210987654321")
TWO_SOURCES = replace(
    PLAN, group=NewGroup("orders-prod-pl", "Clients", ("readwrite",), (Source("10.0.0.0/16"), Source("10.9.0.0/16")))
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "runs")


async def stopped_at(office: Office, step: str) -> RunEnded:
    def hear(event: Event) -> None:
        if isinstance(event, StepChanged) and (event.step, event.state) == (step, "running"):
            office.stop.set()

    office.on_event = hear
    ended = await office.apply()
    assert ended.status == "interrupted"
    office.on_event = lambda _: None
    return ended


def one_of_each(office: Office) -> None:
    (group,), (endpoint,) = office.world.group_list, office.world.endpoint_list
    assert (endpoint.state, endpoint.private_dns) == ("available", True)
    assert len(group.rules) == len({(rule.first, rule.source) for rule in group.rules})
    assert office.world.count("switch") == 1


# ------------------------------------------------------------------------------------------ another machine


@pytest.mark.parametrize("step", [step.id for step in STEPS if step.id not in ("vpc_dns", "group")])
async def test_another_machine_takes_over_what_stands(office: Office, tmp_path: Path, step: str) -> None:
    first = await stopped_at(office, step)
    office.folder = tmp_path / "elsewhere"
    office.world.clock.elapsed += 600
    ended = await office.apply()
    assert ended.status == "done", ended.detail
    assert ended.run != first.run
    one_of_each(office)
    switched = step not in ("rules", "switch")
    assert (ended.downtime_seconds is None) == switched, "since when it was out is not known there"


STANDING: list[tuple[str, Callable[[FakeWorld], None]]] = [
    ("a group without rules", lambda world: world.group_list.append(our_group(rules=()))),
    ("half the rules", lambda world: world.group_list.append(our_group())),
    ("rules by hand as well", lambda world: world.group_list.append(
        our_group(rules=(*our_group().rules, Rule("tcp", 22, 22, Source("10.0.0.0/8"))))
    )),
]  # fmt: skip


@pytest.mark.parametrize(("what", "arrange"), STANDING, ids=[what for what, _ in STANDING])
async def test_a_group_is_completed_and_loses_nothing(
    office: Office, what: str, arrange: Callable[[FakeWorld], None]
) -> None:
    arrange(office.world)
    before = set(office.world.group_list[0].rules)
    assert (await office.apply(TWO_SOURCES)).status == "done", what
    (group,) = office.world.group_list
    assert before <= set(group.rules)
    assert {"10.0.0.0/16", "10.9.0.0/16"} <= {rule.source for rule in group.rules if rule.first == 3306}


@pytest.mark.parametrize("state", ["pendingacceptance", "pending", "partial"])
async def test_an_endpoint_on_its_way_is_waited_for(office: Office, state: str) -> None:
    office.world = FakeWorld(LINKED)
    office.world.visible, office.world.group_list = VISIBLE, [our_group()]
    office.world.endpoint_list = [our_endpoint(state)]
    available = [our_endpoint(private_dns=True)]
    office.world.later(30, lambda: setattr(office.world, "endpoint_list", available))
    ended = await office.apply()
    assert (ended.status, ended.downtime_seconds) == ("done", None)
    assert office.world.count("create_endpoint") == 0


async def test_a_switch_in_flight_is_waited_for(office: Office) -> None:
    office.world = FakeWorld(
        replace(LINKED, status="pending_modifying", endpoints=(replace(PRIVATE, endpoint_service=None),))
    )
    office.world.later(60, lambda: office.world.all.update({SERVICE: LINKED}))
    office.world.visible, office.world.group_list = VISIBLE, [our_group()]
    ended = await office.apply()
    assert (ended.status, ended.downtime_seconds) == ("done", None)
    assert office.world.count("switch") == 0


# ------------------------------------------------------------------------------------------ somebody else, in between


def rules_removed(world: FakeWorld) -> None:
    world.group_list = [replace(group, rules=()) for group in world.group_list]


async def test_a_group_that_somebody_deleted_is_not_made_again(office: Office) -> None:
    await stopped_at(office, "visible")
    office.world.group_list = []
    ended = await office.apply()
    assert (ended.status, office.told(ErrorTold)[0].code) == ("failed", "taken-back")
    assert office.world.count("create_group") == 1
    assert (await office.apply()).status == "done"


def endpoint_deleted(world: FakeWorld) -> None:
    world.endpoint_list = []


def account_added(world: FakeWorld) -> None:
    service = world.all[SERVICE]
    world.all[SERVICE] = replace(service, endpoints=(replace(PRIVATE, accounts=(*PRIVATE.accounts, OTHER)),))


def account_removed(world: FakeWorld) -> None:
    world.all[SERVICE] = replace(world.all[SERVICE], endpoints=(replace(PRIVATE, accounts=(OTHER,)),))


def switched_back(world: FakeWorld) -> None:
    world.all[SERVICE] = READY


def dns_switched_off(world: FakeWorld) -> None:
    world.vpc_dns_state = VpcDns(True, False)


@pytest.mark.parametrize(
    ("interfere", "step"),
    [
        (rules_removed, "rules"),
        (endpoint_deleted, "endpoint"),
        (account_added, "switch"),
        (account_removed, "switch"),
        (switched_back, "switch"),
    ],
)
async def test_what_a_run_did_and_somebody_took_back_is_told_and_not_done_again(
    office: Office, interfere: Callable[[FakeWorld], None], step: str
) -> None:
    first = await stopped_at(office, "private_dns")
    office.world.clock.elapsed += 600
    interfere(office.world)
    office.world.calls.clear()
    second = await office.apply()
    assert (second.status, second.exit_code, second.run) == ("failed", 1, first.run)
    (error,) = office.told(ErrorTold)
    assert error.code == "taken-back"
    assert error.message.startswith(f"“{next(each.title for each in STEPS if each.id == step)}” stood earlier")
    assert not {"create_group", "authorize", "switch", "create_endpoint"} & set(office.world.calls)
    third = await office.apply()
    assert (third.status, third.run != first.run) == ("done", True), "run again, it is a new decision"


@pytest.mark.parametrize("interfere", [rules_removed, account_added, endpoint_deleted, switched_back])
async def test_after_a_run_that_is_done_the_plan_decides_what_stands(
    office: Office, interfere: Callable[[FakeWorld], None]
) -> None:
    await office.apply()
    office.world.clock.elapsed += 600
    interfere(office.world)
    assert (await office.apply()).status == "done"
    assert len(office.world.endpoint_list) == len(office.world.group_list) == 1
    assert office.world.group_list[0].rules
    private = office.world.all[SERVICE].private
    assert private is not None
    assert private.accounts == PLAN.accounts


# ------------------------------------------------------------------------------------------ somebody else, meanwhile


async def test_an_account_taken_off_each_time_is_put_back_once_and_no_more(office: Office) -> None:
    office.world = FakeWorld(replace(LINKED, endpoints=(replace(PRIVATE, accounts=(OTHER,)),)))
    office.world.visible = VISIBLE
    office.world.at_call["service"] = lambda: account_removed(office.world)
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("failed", 1)
    assert office.told(ErrorTold)[0].code == "never-shown"
    assert office.world.count("switch") == 2


@pytest.mark.parametrize(
    ("interfere", "step", "words"),
    [
        (endpoint_deleted, "available", "deleted it"),
        (switched_back, "ready", "switched it back"),
        (dns_switched_off, "available", "DNS attributes off"),
    ],
)
async def test_what_changes_under_a_run_ends_it_with_words(
    office: Office, interfere: Callable[[FakeWorld], None], step: str, words: str
) -> None:
    def hear(event: Event) -> None:
        if isinstance(event, Seen) and event.step == step:
            office.world.at_call |= {look: lambda: interfere(office.world) for look in ("service", "endpoints")}

    office.on_event = hear
    ended = await office.apply()
    assert ended.status in ("waiting", "failed")
    (error,) = office.told(ErrorTold)
    assert words in f"{error.message} {error.cause} {error.remedy}"
    assert office.world.count("switch") == 1
    assert office.world.count("create_endpoint") <= 1
