"""Page 3: the allowlist of AWS accounts."""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from core.choices import accounts as choices
from core.draft import Draft
from core.text import count, listed
from core.values import AccountId, Invalid
from tui.page import Page
from tui.widgets.field import Field
from tui.widgets.paste import AddField, PasteField
from tui.widgets.rows import Column, Row, Rows

MOST_TYPED = 50_000
"""Characters in the field: more than three thousand account ids, read in less than a twentieth of a second."""
_TOLD = 3
"""Wrong words, or repeated ids, told by name; the others are counted."""


class AccountRows(Rows):
    """The list, with the keys that change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "delete,backspace,space",
            "screen.flip",
            "Remove or put back",
            tooltip="Take the account off the list, or put it back",
        )
    ]


class AccountsPage(Page):
    """The allowlist of AWS accounts."""

    page = "accounts"
    rail = "Accounts"
    question = "Which AWS accounts may connect?"
    lead = "To an account that is not on this list, the service does not exist in AWS."
    help = """
An AWS account id is a number of twelve digits. SkySQL keeps a list of the accounts that may make a private link to
this service. To any other account the service does not exist: AWS does not even tell that it is there.

Your own account, the one you signed in with, is on the list already: the endpoint will be made in it. Add others only
if they will make links of their own. Clients need no entry here: who may connect within your network is decided on
the Access page.

Type ids, or paste many at once: spaces, commas, line ends, quotes, whole ARNs and 1234-5678-9012 are all understood.
Enter adds them. What is not an account id stays in the field, with the reason.

Delete takes an account off the list. Links which exist stay up: removing an account only keeps it from making new
ones. Nothing is sent before you agree on the Review page, and until then Delete puts the account back, too.
"""

    def __init__(self) -> None:
        super().__init__()
        self._accounts: tuple[AccountId, ...] = ()

    @property
    def _own(self) -> AccountId:
        return self.wizard.signed_in.identity.account

    def body(self) -> ComposeResult:
        answered = self.draft.accounts
        service = self.wizard.chosen_service
        self._accounts = choices.proposed(service, self._own) if answered is None else answered
        with Horizontal(classes="row"):
            yield Static(Content("Add accounts"), classes="label")
            yield AddField(
                self.draft.accounts_typed,
                id="ids",
                placeholder="type or paste account ids, in any form; Enter adds them",
                max_length=MOST_TYPED,
            )
        yield AccountRows(Column(" "), Column("Account"), Column("What becomes of it"), id="accounts")
        yield Static("", id="summary", classes="hint", markup=False)

    async def load(self) -> None:
        self.query_one("#ids", Field).focus()
        self._show()
        await self._read_service()
        self._show()

    async def _read_service(self) -> None:
        """The list as it is now: somebody else may have changed it since the service was chosen."""
        chosen = self.wizard.chosen_service
        found = {service.id: service for service in await self.wizard.readings.services()}
        service = found.get(chosen.id, chosen)
        self._accounts = choices.renewed(self._accounts, chosen, service, self._own)
        self.wizard.service = service

    def _show(self, keep: str = "") -> None:
        service = self.wizard.chosen_service
        rows = [_row(row) for row in choices.rows(self._accounts, service, self._own)]
        listing = self.query_one("#accounts", Rows)
        listing.fill(rows, keep=keep or listing.current or "")
        self.query_one("#summary", Static).update(Content(choices.summary(self._accounts, service)))

    # ------------------------------------------------------------------------------ adding

    @on(Field.Submitted, "#ids")
    def _add(self) -> None:
        self.says.quiet()
        if not self.query_one("#ids", Field).value.strip():
            self.action_next()
            return
        added = self._take()
        if added.wrong:
            self.trouble(_refused(added))
        else:
            self.says.note(_told(added))

    def _take(self) -> choices.Added:
        """Add what stands in the field; what is wrong stays there."""
        field = self.query_one("#ids", Field)
        added = choices.add(self._accounts, field.value)
        self._accounts = added.accounts
        field.value = added.left
        field.cursor_position = len(added.left)
        self._show(keep=added.added[0] if added.added else "")
        return added

    @on(PasteField.TooLong)
    def _too_long(self, event: PasteField.TooLong) -> None:
        self.trouble(event.why)

    # ------------------------------------------------------------------------------ removing

    def action_flip(self) -> None:
        current = self.query_one("#accounts", Rows).current
        if current is None:
            return
        account = AccountId(current)
        self.says.quiet()
        if account in self._accounts:
            self._remove(account)
        else:
            self._accounts = (*self._accounts, account)
            self._show(keep=account)

    def _remove(self, account: AccountId) -> None:
        if why := choices.why_kept(account, self._own):
            self.trouble(why)
            return
        self._accounts = choices.remove(self._accounts, account)
        self._show()
        if account not in choices.standing(self.wizard.chosen_service):
            self.says.note(f"{account} is off the list again. Nothing was sent.")

    # ------------------------------------------------------------------------------ answering

    def collect(self, draft: Draft) -> Draft:
        return replace(draft, accounts=self._accounts, accounts_typed=self.query_one("#ids", Field).value)

    async def answer(self, draft: Draft) -> Draft:
        if self.query_one("#ids", Field).value.strip():
            added = self._take()
            if added.wrong:
                raise _refused(added)
        if why := choices.refusal(self._accounts, self._own):
            raise why
        return self.collect(draft)


def _row(row: choices.Row) -> Row:
    mark = "-" if not row.kept else "+" if row.is_new else " "
    return Row(row.account, (mark, row.account, row.note), dim=not row.kept)


def _told(added: choices.Added) -> str:
    parts = [f"Added {count(len(added.added), 'account')}."] if added.added else []
    if added.repeated:
        parts.append(f"On the list already: {_some(added.repeated)}.")
    return " ".join(parts)


def _refused(added: choices.Added) -> Invalid:
    """All that was wrong as one sentence, and what was done all the same."""
    first = " ".join(why.what for why in added.wrong[:_TOLD])
    more = len(added.wrong) - _TOLD
    what = f"{first} {count(more, 'other')} cannot be read either." if more > 0 else first
    remedies = {why.remedy for why in added.wrong}
    remedy = remedies.pop() if len(remedies) == 1 else "An account id is twelve digits and nothing else."
    put_right = "Put right what is left in the field." if added.left else ""
    return Invalid(what, " ".join(part for part in (remedy, put_right, _told(added)) if part))


def _some(accounts: tuple[AccountId, ...]) -> str:
    more = len(accounts) - _TOLD
    return listed([*accounts[:_TOLD], *([f"{more:,} more"] if more > 0 else [])])
