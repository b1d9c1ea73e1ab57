"""A login that ends in the middle of a run: it waits at a safe point, and goes on once signed in again."""

from collections.abc import Iterator, Mapping

import pytest

from core.plan import parse_plan
from core.sandbox.serve import Happening
from tests.conftest import Environment
from tests.forked import ForkedSandbox
from tests.plans import plan_text
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, screen_text, until
from tui.screens import PAGES


@pytest.fixture(params=["expired-login", "key-revoked"])
def own_sandbox(request: pytest.FixtureRequest) -> Iterator[Environment]:
    """A world of that story, instead of one where nothing happens."""
    with ForkedSandbox() as child:
        yield child.start(0, Happening(request.param))


async def test_the_run_waits_and_goes_on_after_signing_in_again(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    plan = plan_text(own_sandbox)
    wizard = await standing_at(own_wizards(), plan, PAGES)
    answered = wizard.draft
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        wizard.start_run(parse_plan(plan))
        wizard.go_to("run")
        await at(pilot, "run")
        await until(pilot, lambda: wizard.result is not None, "the run waits")
        stopped = wizard.result
        assert stopped is not None
        assert (stopped.status, stopped.exit_code) == ("waiting", 4)
        await until(pilot, lambda: "Not finished yet: the run waits" in screen_text(pilot))
        assert "Or sign in here (ctrl+l)" in " ".join(screen_text(pilot).split())
        await pilot.press("ctrl+l")
        await at(pilot, "sign_in")
        await pilot.press("escape")
        await at(pilot, "run")
        assert wizard.result is stopped, "only a sign-in goes on"
        await pilot.press("ctrl+l")
        await at(pilot, "sign_in")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "run", "back on the run page")
        await until(pilot, lambda: wizard.result not in (None, stopped), "the run ends")
        assert wizard.result is not None
        assert (wizard.result.status, wizard.result.run) == ("done", stopped.run)
        assert wizard.draft == answered
