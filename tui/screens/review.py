"""Page 7: what will be created, changed and interrupted; the point of no return."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from core.checks.findings import Finding, blocks
from core.checks.remedies import Remedy, remedy
from core.choices.review import agreement, changes, cost, marks, typed_to_agree, usual_interruption
from core.draft import Draft, Unanswered, finish, with_plan
from core.facts import Situation
from core.plan import Plan, dump_plan
from core.problems import Problem
from core.text import clean, count
from core.values import Invalid
from core.work.judging import judged
from core.work.survey import survey
from tui.page import Page
from tui.widgets.changes import Changes
from tui.widgets.dialogs import Ask, Confirm
from tui.widgets.findings import FindingList, Told
from tui.widgets.saving import file_name, save


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan, both sides as they were just now, and what the checks say of the two."""

    plan: Plan
    situation: Situation
    findings: tuple[Finding, ...]
    remedies: tuple[Remedy | None, ...]  # to each of them


class ReviewPage(Page):
    """What will be created, changed and interrupted; the point of no return."""

    page = "review"
    rail = "Review"
    question = "This is what will be done"
    lead = "Nothing is changed yet.  + new  ~ changed  ! cuts connections  = stands"
    next_label = "Start"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Start", tooltip="Agree to the plan and carry it out; asks once more"),
        Binding("ctrl+s", "save", "Save", tooltip="Write the plan to a file, to keep it or to run it elsewhere"),
        Binding("a", "apply", "Apply", tooltip="Apply what the finding under the cursor offers, and judge again"),
        Binding("up", "scroll_plan(-1)", "Up", show=False),
        Binding("down", "scroll_plan(1)", "Down", show=False),
        Binding("pageup", "scroll_plan(-8)", "Page up", show=False),
        Binding("pagedown", "scroll_plan(8)", "Page down", show=False),
    ]
    help = """
Up to here nothing has been changed, neither at SkySQL nor in AWS. Both sides have just been read again, and this page
compares them with your answers: what is listed is what a run would do, in its order.

  +  something new is made
  ~  something that is there is changed
  !  connections are interrupted
  =  it stands already and is left alone
  $  what AWS charges for it, at list price

The line to think about is "!". A database service has one way of being reached. Switching it from its public address to
PrivateLink takes the public one away at once: every connection drops, and nobody can connect until the last step is
done. The list of allowed IP addresses belongs to the public address and is cleared with it. The run's journal keeps a
copy, so that the way back is known.

Below are the checks. What blocks (✗) has to be put right first: Enter goes to the page where that is done. What only
warns (▲) is yours to judge. Tab leads to them, the arrow keys through them. Where a line says a:, the a key does just
that to your answers and reads both sides again; it changes nothing in AWS or at SkySQL. Where it says c:, the c key
copies a policy for whoever manages the AWS account (through the terminal, OSC 52).

The plan holds no password and no key. Saved to a file, it can be carried out later without questions:
skysql-privatelink apply FILE
"""

    def __init__(self) -> None:
        super().__init__()
        self._judged: Judged | None = None
        self._findings: tuple[Finding, ...] = ()
        self._applied = ""  # what a remedy has just done, to be told when both sides have been judged again

    def body(self) -> ComposeResult:
        yield Changes(can_focus=False)
        with Vertical(id="checks"):
            yield FindingList(id="findings")

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        self._judged = None
        self.query_one("#checks").display = False
        self.query_one("#findings", FindingList).show(())
        self.query_one("#next", Button).focus()
        try:
            plan = finish(self.draft)
        except Unanswered as why:
            missing = Finding("unanswered", "blocker", why.what, remedy=why.remedy, page=why.page)
            self._tell_checks((missing,), (None,))
            return
        self.says.busy("Reading both sides afresh, and checking the plan against them")
        situation = await survey(self.wizard.signed_in.world, plan)
        findings = await judged(plan, situation, self.wizard.entry.runs_folder)
        remedies = await asyncio.to_thread(lambda: tuple(remedy(finding, plan, situation) for finding in findings))
        self._judged = Judged(plan, situation, findings, remedies)
        self.says.quiet()
        await self._show(self._judged)
        if self._applied:
            self.says.note(self._applied)
            self._applied = ""

    async def _show(self, told: Judged) -> None:
        found = changes(told.plan, told.situation)
        self.query_one("#question", Static).update(Content(f"{self.question}: {marks(found)}"))
        await self.query_one(Changes).show(found, [("$", cost(told.plan))])
        self._tell_checks(told.findings, told.remedies)

    def _tell_checks(self, findings: tuple[Finding, ...], remedies: tuple[Remedy | None, ...]) -> None:
        self._findings = findings
        places = {page.page: page.rail for page in self.wizard.pages}
        rows = [Told(each, places.get(each.page, ""), offer) for each, offer in zip(findings, remedies, strict=True)]
        notable = [row for level in ("blocker", "warning") for row in rows if row.finding.level == level]
        checks = self.query_one("#checks")
        checks.display = True
        checks.set_class(blocks(findings), "-blocked")
        checks.border_title = _counted(findings)
        listed = self.query_one("#findings", FindingList)
        listed.show(notable)
        self.refresh_bindings()
        if blocks(findings):
            listed.focus()

    # ------------------------------------------------------------------------------ keys

    def action_scroll_plan(self, lines: int) -> None:
        self.query_one(Changes).scroll_relative(y=lines, animate=False)

    @on(FindingList.OptionSelected)
    def _put_right(self, chosen: FindingList.OptionSelected) -> None:
        finding = self.query_one("#findings", FindingList).rows[chosen.option_index].finding
        if finding.page and finding.page != self.page:
            self.wizard.go_to(finding.page)
        else:
            self.says.note(f"{finding.title} No page of the wizard can change that. {finding.remedy}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is offered that no finding has."""
        if action in ("apply", "copy_policy") and any(_has(row, action) for row in self._in_reach()):
            return True
        return False if action == "apply" else super().check_action(action, parameters)

    def _in_reach(self) -> tuple[Told, ...]:
        """The finding under the cursor; while no cursor is to be seen, all of them."""
        for listed in self.query(FindingList):  # keys are asked about before it is there
            return (listed.current,) if listed.has_focus and listed.current else listed.rows
        return ()

    def _pointed_at(self, action: str, key: str) -> Told | None:
        """What a key is for: the finding under the cursor. Without one to be seen, it goes to the first that has it."""
        listed = self.query_one("#findings", FindingList)
        if listed.has_focus:
            return listed.current
        self.says.note(f"The first finding with {key}: is marked now. Press {key} once more for it.")
        listed.highlighted = next(place for place, row in enumerate(listed.rows) if _has(row, action))
        listed.focus()
        self.call_after_refresh(listed.scroll_to_highlight)  # the note has taken a line of it
        return None

    @on(FindingList.OptionHighlighted)
    def _other_keys(self) -> None:
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def action_apply(self) -> None:
        row, told = self._pointed_at("apply", "a"), self._judged
        if row is None or row.remedy is None or told is None:
            return
        service, network = told.situation.service, told.situation.network
        self.wizard.draft = with_plan(self.wizard.draft, told.plan, row.remedy.plan, service, network)
        self._applied = row.remedy.done
        self.reload()

    def action_copy_policy(self) -> None:
        if self.way_out.paste:  # what is wrong goes before what may be
            super().action_copy_policy()
            return
        row = self._pointed_at("copy_policy", "c")
        if row is not None and row.finding.paste:
            self.copy_policy(row.finding.paste)

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        try:
            plan = finish(self.draft)
            path = await save(self, "Save the plan", dump_plan(plan), f"{file_name(self.draft.service_name)}.toml")
        except (Invalid, Problem) as why:
            self.trouble(why)
            return
        if path is not None:
            self.says.note(f"Saved to {path}. Carry it out later with: skysql-privatelink apply {path.name}")

    # ------------------------------------------------------------------------------ answering

    async def answer(self, draft: Draft) -> Draft:
        told = self._judged
        if blocks(self._findings):
            self.query_one("#findings", FindingList).focus()
            number = sum(finding.level == "blocker" for finding in self._findings)
            raise Invalid(
                f"{count(number, 'check blocks', 'checks block')} the start.",
                "Put right what is marked ✗: Enter on it goes to its page.",
            )
        if told is None:
            raise Invalid("Both sides have not been read yet.", "Wait for it, or press ctrl+r to read them again.")
        if not await self._agreed(told):
            raise Invalid("Nothing was started, and nothing has been changed.", "Start again when you are ready.")
        self.wizard.start_run(told.plan)
        return draft

    async def _agreed(self, told: Judged) -> bool:
        name = clean(told.situation.service.name, 100)
        if agreement(told.situation) == "type-name":
            wanted = typed_to_agree(told.situation.service)
            text = _cut(told.situation, name, wanted)
            typed = await self.app.push_screen_wait(
                Ask(f"Interrupt {name} and start?", text, ok="Start", expected=wanted)
            )
            return typed is not None
        summary = marks(changes(told.plan, told.situation))
        text = f"{summary[:1].upper()}{summary[1:]}. No connection is interrupted."
        return await self.app.push_screen_wait(Confirm("Start?", text, yes="Start", no="Not yet"))


def _cut(situation: Situation, name: str, wanted: str) -> str:
    """What is cut, for how long, and how to undo it."""
    entries = sum(len(endpoint.allow_list) for endpoint in situation.service.endpoints)
    cleared = f" Its IP allowlist ({count(entries, 'entry', 'entries')}) is cleared." if entries else ""
    return (
        f"Every connection to {name} drops, and nobody can connect until the link is up. "
        f"{usual_interruption()}{cleared}\n\n"
        "Undo (ctrl+u on the Run page) switches it back to its public address, which interrupts it again, and fills "
        "its allowlist from the copy in the run's journal.\n\n"
        f"Type the service's {'name' if wanted == name else 'id'} to start: {wanted}"
    )


def _has(row: Told, action: str) -> bool:
    return row.remedy is not None if action == "apply" else bool(row.finding.paste)


def _counted(findings: tuple[Finding, ...]) -> str:
    levels = Counter(finding.level for finding in findings)
    told = [
        f"✗ {count(levels['blocker'], 'blocker')}" if levels["blocker"] else "",
        f"▲ {count(levels['warning'], 'warning')}" if levels["warning"] else "",
        f"✓ {levels['ok']} passed" if levels["ok"] else "",
    ]
    return f"Checks:  {'   '.join(part for part in told if part)}"
