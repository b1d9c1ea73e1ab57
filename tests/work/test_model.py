"""Users, faults and other people act at random over one world; a simple model of it says what has to be true.

What has to be true in the middle of every run is asserted by the world itself (`wide`), and of every run's end by the
office. Here stands what follows from a run that is repeated until it ends, once nobody disturbs it any more.
"""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis.stateful import RuleBasedStateMachine, rule

from core.facts import AllowedAddress, Rule, SecurityGroup, VpcEndpoint
from core.plan import ExistingGroups, NewGroup, Plan
from core.problems import Busy, Nonsense, NotSignedIn, NotYet, Passing, Problem, Unclear
from core.standing import is_gone, is_lost, is_ours
from core.undo import covers
from core.values import AccountId, EndpointId, GroupId, Source
from core.work import journal
from core.work.events import ErrorTold, RunEnded, RunStarted
from core.work.history import unfinished
from tests.work.fake import ACCOUNT, PLAN, REGION, SERVICE, VPC, Killed, our_endpoint
from tests.work.office import Office
from tests.work.wide import CHANGES, MOST_CHANGES, WideAws, WideSkySQL, WideWorld

OTHER: Final = AccountId("210987654321")
THIRD: Final = AccountId("333333333333")
BY_HAND: Final = GroupId("sg-by-hand")
RULE_BY_HAND: Final = Rule("tcp", 22, 22, Source("192.0.2.0/24"), "by hand")
FILLED: Final = (AllowedAddress("198.51.100.0/24", "home"),)
PLANS: Final = {
    "one account": PLAN,
    "two accounts": replace(PLAN, accounts=(ACCOUNT, OTHER)),
    "no private DNS": replace(PLAN, private_dns=False),
    "their group": replace(PLAN, group=ExistingGroups((BY_HAND,))),
}
When = tuple[str, int]  # at which call, or at which change
Doing = Callable[[Office], Coroutine[Any, Any, RunEnded]]
EXITS: Final = {"done": {0}, "failed": {1, 2, 4}, "blocked": {3}, "waiting": {4, 5}, "interrupted": {130}}


class Disturbed(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patched = ExitStack()
        folder = Path(self.patched.enter_context(TemporaryDirectory()))
        self.world = WideWorld()
        self.world.meets = self.meet
        self.world.on_change = self.remember
        by_hand = SecurityGroup(BY_HAND, "by hand", "", VPC, (RULE_BY_HAND,))
        self.world.group_list.append(by_hand)
        self.world.others[BY_HAND] = by_hand
        self.offices = [Office(folder / f"machine-{number}") for number in range(2)]
        for office in self.offices:
            office.world = self.world
        self.at: Office = self.offices[0]
        self.meanwhile: list[tuple[When, str]] = []
        self.calls = self.changes = 0
        self.full = self.dead = self.torn = False
        self.logged_out = False
        self.down_until = 0.0
        self.task: asyncio.Task[Any] | None = None
        self.before: dict[Office, tuple[str, tuple[Any, ...]]] = {}  # what stood before the machine's first change
        self.really_append = journal._append
        self.patched.enter_context(patch("core.work.journal.os.fsync"))
        self.patched.enter_context(patch("core.work.journal._append", self.append))

    def teardown(self) -> None:
        try:
            self.undone_at_last()
        finally:
            self.patched.close()

    # ------------------------------------------------------------------------------------------ what may happen

    def append(self, path: Path, line: bytes) -> None:
        if self.dead:
            raise Killed
        if self.torn:
            self.torn = False
            with path.open("ab") as file:
                file.write(line[: len(line) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.really_append(path, line)
        kind = line.split(b'"kind": "')[1]
        self.world.last_written = kind[: kind.index(b'"')].decode()

    def meet(self, name: str) -> None:
        """Whatever is due at this call of the run."""
        self.calls += 1
        self.changes += name in CHANGES
        now = {("call", self.calls), *([("change", self.changes)] if name in CHANGES else [])}
        due = [what for when, what in self.meanwhile if when in now]
        for what in due:
            HAPPENINGS[what](self, name)
        if self.logged_out:
            self.fail(name, NotSignedIn("expired", "The login has ended.", remedy="Sign in again."))
        elif self.world.clock.elapsed < self.down_until:
            self.fail(name, Passing("unreachable", "It cannot be reached.", remedy="Look at the network."))

    def fail(self, name: str, problem: Problem) -> None:
        self.world.fail_before[name] = [problem]

    def unclear(self, name: str, where: dict[str, list[Problem]]) -> None:
        kind = Unclear if name in CHANGES else Passing
        where[name] = [kind("reset", "The connection broke.", remedy="Look.")]

    def kill(self, _name: str) -> None:
        self.dead = True
        raise Killed

    def kill_after(self, _name: str) -> None:
        self.dead = True
        self.world.dies_at = (len(self.world.calls) + 1, "after")

    def cancel(self, _name: str) -> None:
        assert self.task is not None
        self.task.cancel()

    # ------------------------------------------------------------------------------------------ other people

    @property
    def ours(self) -> SecurityGroup | None:
        return next((each for each in self.world.group_list if is_ours(each, SERVICE)), None)

    def regroup(self, *rules: Rule) -> None:
        if self.ours is not None:
            changed = replace(self.ours, rules=rules)
            self.world.group_list = [changed if each.id == changed.id else each for each in self.world.group_list]

    def add_rule(self) -> None:
        if self.ours is not None and RULE_BY_HAND not in self.ours.rules:
            self.regroup(*self.ours.rules, RULE_BY_HAND)

    def delete_group(self) -> None:
        ours = self.ours
        if ours is not None and all(ours.id not in each.groups for each in self.world.endpoint_list):
            self.world.group_list.remove(ours)

    def delete_endpoint(self) -> None:
        for each in self.world.endpoint_list:
            if is_ours(each, SERVICE) and not is_gone(each):
                WideAws(self.world).deleted(each.id)

    def others_endpoint(self) -> None:
        """Somebody else's, for which the plan that uses their group is fit."""
        name = self.world.service_name
        if name is None or self.world.visible is None or any(each.service == name for each in self.world.endpoint_list):
            return
        made = our_endpoint(id=EndpointId("vpce-others"), service=name, groups=frozenset({BY_HAND}), tags=())
        self.world.endpoint_list.append(made)
        self.world.others[made.id] = made

    def in_portal(self, change: Callable[[WideSkySQL], None]) -> None:
        try:
            change(self.world.skysql)
        except Problem:
            return  # refused there as here

    def fill(self) -> None:
        service = self.world.all.get(SERVICE)
        if service is not None and service.status == "ready" and service.private is None:
            self.world.allowed[SERVICE] = (*self.world.allowed[SERVICE], *FILLED)[-2:]

    def be(self, status: str, instead_of: str) -> None:
        service = self.world.all.get(SERVICE)
        if service is not None and service.status == instead_of:
            self.world.all[SERVICE] = replace(service, status=status)

    def delete_service(self) -> None:
        self.world.all.pop(SERVICE, None)
        self.world.visible = None
        self.world.reject_endpoints()

    # ------------------------------------------------------------------------------------------ the model

    def remember(self, name: str) -> None:
        """What stood when this machine first changed it."""
        service = self.world.all.get(SERVICE)
        if name != "switch" or service is None or service.status != "ready" or self.at in self.before:
            return
        private = service.private
        self.before[self.at] = ("private", private.accounts) if private else ("public", self.world.allowed[SERVICE])

    # ------------------------------------------------------------------------------------------ users

    def run(
        self, at: int, doing: Callable[[Office], Coroutine[Any, Any, RunEnded]], meanwhile: Any = ()
    ) -> RunEnded | None:
        """None when it was killed, or cancelled before it began."""
        self.at, self.meanwhile, self.dead = self.offices[at], list(meanwhile), False
        self.calls = self.changes = 0
        self.world.last_written = ""
        before = self.world.accepted

        self.at.stop = asyncio.Event()  # an event belongs to one loop

        async def whole() -> RunEnded:
            self.task = asyncio.current_task()
            return await doing(self.at)

        ended: RunEnded | None
        try:
            ended = asyncio.run(whole())
        except Killed:
            return None
        except asyncio.CancelledError:
            if not self.at.told(RunStarted):
                return None
            (ended,) = self.at.told(RunEnded)
            assert ended is not None
            assert self.at.events[-1] is ended
            assert ended.status == "interrupted"
        finally:
            self.dead, self.meanwhile = False, []
            self.world.dies_at = (-1, "")
            self.world.fail_before.clear()
            self.world.fail_after.clear()
        assert ended.exit_code in EXITS[ended.status], ended
        assert self.world.accepted - before <= MOST_CHANGES, "it goes on and on"
        return ended

    @rule(data=st.data(), at=st.integers(0, 1), plan=st.sampled_from(sorted(PLANS)))
    def apply(self, data: st.DataObject, at: int, plan: str) -> None:
        self.run(at, lambda office: office.apply(PLANS[plan]), data.draw(MEANWHILE))

    @rule(data=st.data(), at=st.integers(0, 1), wanted=st.sampled_from(("", SERVICE)))
    def undo(self, data: st.DataObject, at: int, wanted: str) -> None:
        ended = self.run(at, lambda office: office.undo(wanted, region=REGION), data.draw(MEANWHILE))
        if ended is not None and (ended.status, bool(ended.run)) == ("done", True):
            self.was_undone(at)

    @rule(data=st.data(), at=st.integers(0, 1))
    def resume(self, data: st.DataObject, at: int) -> None:
        if unfinished(self.offices[at].folder, SERVICE) is None:
            return
        ended = self.run(at, lambda office: office.resume(), data.draw(MEANWHILE))
        if ended is not None and (ended.kind, ended.status) == ("undo", "done"):
            self.was_undone(at)

    @rule(what=st.deferred(lambda: st.sampled_from(sorted(OUTSIDE))))
    def somebody(self, what: str) -> None:
        OUTSIDE[what](self)

    @rule(seconds=st.sampled_from((5.0, 100.0, 4000.0)))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.elapsed += seconds

    @rule()
    def all_well_again(self) -> None:
        self.full = self.torn = self.logged_out = False
        self.down_until = 0.0
        self.world.clock.elapsed += 100.0
        self.be("ready", "stopped")

    # ------------------------------------------------------------------------------------------ where it ends

    @rule(at=st.integers(0, 1), plan=st.sampled_from(sorted(PLANS)))
    def applied_at_last(self, at: int, plan: str) -> None:
        ended, code = self.repeated(at, lambda office: office.apply(PLANS[plan]))
        event(f"apply: {code or ended.status}")
        if ended.status == "done":
            self.link_stands(PLANS[plan])
        else:
            assert code in MAY_STOP_A_LINK, (ended, self.at.told(ErrorTold))

    @rule(at=st.integers(0, 1))
    def undone_at_last(self, at: int = 0) -> None:
        ended, code = self.repeated(at, lambda office: office.undo(SERVICE, region=REGION))
        event(f"undo: {code or ended.status}")
        if ended.status == "done":
            self.was_undone(at)
        else:
            assert code == "allow-list-unknown", (ended, self.at.told(ErrorTold))
            assert self.before.get(self.at, ("", ()))[0] != "public" or not self.before[self.at][1]

    def repeated(self, at: int, doing: Doing) -> tuple[RunEnded, str]:
        """How it ends for good, and with which problem: twice with the same."""
        self.all_well_again()
        told: list[tuple[str, int, str]] = []
        for _ in range(8):
            before = self.world.accepted
            ended = self.run(at, doing)
            assert ended is not None
            if ended.status == "done":
                return ended, ""
            (error,) = self.at.told(ErrorTold)
            assert error.message
            assert error.remedy, error
            told.append((ended.status, ended.exit_code, error.code))
            if told[-2:-1] == told[-1:]:
                assert self.world.accepted == before, f"the same end, and something changed: {error}"
                return ended, error.code
        raise AssertionError(f"it does not come to an end: {told}")

    def link_stands(self, plan: Plan) -> None:
        service = self.world.all[SERVICE]
        assert service.private is not None
        assert set(service.private.accounts) == set(plan.accounts)
        (endpoint,) = self.usable()
        assert (endpoint.state, endpoint.service) == ("available", service.private.endpoint_service)
        assert endpoint.private_dns or not plan.private_dns
        if isinstance(plan.group, NewGroup):
            assert self.ours is not None
            assert self.ours.id in endpoint.groups
            admitted = [each for each in self.ours.rules if each.admits(3306) and each.source == plan.group.sources[0]]
            assert len(admitted) == 1
        else:
            assert BY_HAND in endpoint.groups

    def usable(self) -> list[VpcEndpoint]:
        name = self.world.service_name
        return [one for one in self.world.endpoint_list if one.service == name and not (is_gone(one) or is_lost(one))]

    def was_undone(self, at: int) -> None:
        office = self.offices[at]
        assert self.ours is None
        assert not [each for each in self.world.endpoint_list if is_ours(each, SERVICE) and not is_gone(each)]
        how, what = self.before.pop(office, ("", ()))
        service = self.world.all.get(SERVICE)
        if service is None or not how:
            return
        if how == "public":
            assert service.private is None
            assert service.status == "ready"
            assert covers(self.world.allowed[SERVICE], what), (self.world.allowed[SERVICE], what)
        elif service.private is not None:
            assert set(what) <= set(service.private.accounts)


def _set(**values: Any) -> Callable[[Disturbed, str], None]:
    def happen(model: Disturbed, _name: str) -> None:
        for name, value in values.items():
            setattr(model, name, value)

    return happen


def _fails(problem: Callable[[], Problem], *only: str) -> Callable[[Disturbed, str], None]:
    return lambda model, name: model.fail(name, problem()) if not only or name in only else None


def _later(model: Disturbed, seconds: float) -> None:
    model.down_until = model.world.clock.elapsed + seconds


FAULTS: Final[dict[str, Callable[[Disturbed, str], None]]] = {
    "throttled": _fails(lambda: Passing("throttled", "Too many requests.", remedy="Wait.", wait=7.0)),
    "a 503": _fails(lambda: Passing("unavailable", "Not now.", remedy="Wait.")),
    "a page of HTML": _fails(lambda: Nonsense("nonsense", "No JSON.", remedy="Look.")),
    "busy": _fails(lambda: Busy("busy", "Another change is in flight.", remedy="Wait."), *CHANGES),
    "not usable yet": _fails(lambda: NotYet("early", "Not yet.", remedy="Wait."), "create_endpoint"),
    "reset before": lambda model, name: model.unclear(name, model.world.fail_before),
    "reset after": lambda model, name: model.unclear(name, model.world.fail_after),
    "unreachable for a while": lambda model, _: _later(model, 60.0),
    "unreachable for long": lambda model, _: _later(model, 1000.0),
    "logged out": _set(logged_out=True),
    "disk full": _set(full=True),
    "a torn line": _set(torn=True),
}
USERS: Final[dict[str, Callable[[Disturbed, str], None]]] = {
    "stop": lambda model, _: model.at.stop.set(),
    "cancel": Disturbed.cancel,
    "kill before": Disturbed.kill,
    "kill after": Disturbed.kill_after,
}
OUTSIDE: Final[dict[str, Callable[[Disturbed], None]]] = {
    "the rules removed": Disturbed.regroup,
    "a rule added": Disturbed.add_rule,
    "the group deleted": Disturbed.delete_group,
    "the endpoint deleted": Disturbed.delete_endpoint,
    "an endpoint of theirs": Disturbed.others_endpoint,
    "other accounts": lambda model: model.in_portal(lambda sky: sky.switched(SERVICE, (THIRD,))),
    "switched back": lambda model: model.in_portal(lambda sky: sky.made_public(SERVICE)),
    "the allowlist filled": Disturbed.fill,
    "stopped": lambda model: model.be("stopped", "ready"),
    "started": lambda model: model.be("ready", "stopped"),
    "deleted": Disturbed.delete_service,
}


def _outside(what: str) -> Callable[[Disturbed, str], None]:
    def happen(model: Disturbed, name: str) -> None:
        if (what, name) != ("the allowlist filled", "switch"):  # after the last look: nobody could know what it clears
            OUTSIDE[what](model)

    return happen


HAPPENINGS: Final = {**FAULTS, **USERS, **{what: _outside(what) for what in OUTSIDE}}
WHEN: Final = st.tuples(st.just("change"), st.integers(1, 6)) | st.tuples(st.just("call"), st.integers(1, 45))
MEANWHILE: Final = st.lists(st.tuples(WHEN, st.sampled_from(sorted(HAPPENINGS))), max_size=3)

MAY_STOP_A_LINK: Final = {
    "blocked",
    "unfinished-run",
    "unfinished-undo",
    "service-not-found",
}

TestDisturbed = Disturbed.TestCase
TestDisturbed.settings = settings(
    max_examples=200,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),  # whole runs, many to an example
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)
