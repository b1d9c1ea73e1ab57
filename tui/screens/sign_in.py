"""Page 1: both sides signed in, each proved by a call before going on."""

import asyncio

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from core.draft import Draft
from core.edges.threads import in_thread
from core.facts import Identity, Profile
from core.problems import NotSignedIn, Problem
from core.text import clean
from core.values import Invalid, parse_key
from core.world import Secret, Settings, World
from tui.page import Page
from tui.session import Session
from tui.widgets.dialogs import Ask
from tui.widgets.field import Choice, Field
from tui.widgets.tick import Tick


class SignInPage(Page):
    """SkySQL key and AWS profile."""

    page = "sign_in"
    rail = "Sign in"
    question = "Sign in to SkySQL and to AWS"
    lead = "PrivateLink has two sides: the database at SkySQL, the network at AWS."
    help = """
AWS PrivateLink makes a service that runs in somebody else's AWS account (here: your SkySQL database) reachable by
private addresses inside your own network (VPC), without the internet in between. So two sides have to be set up, and
this program needs to be signed in to both.

SkySQL API key: made at app.skysql.com, under your user profile, API keys. It is read from SKYSQL_API_KEY or from your
system's keyring; typed here, it stays in memory unless you ask for the keyring. It is never written to a file.

Organization: only when your key belongs to several and you do not want its own.

AWS profile: as in the AWS CLI (aws configure). The account it belongs to is the one in which the endpoint is made. If a
login has expired, log in again in another terminal and press ctrl+r here: nothing you typed is lost.

Nothing is changed anywhere before the Review page has been agreed to.
"""

    def __init__(self) -> None:
        super().__init__()
        self._found: Secret | None = None
        self._profiles: tuple[Profile, ...] = ()
        self._world: World | None = None
        self._world_profile = ""
        self._identity: Identity | None = None
        self._attempt = object()  # the latest; what an earlier one finds out is of a profile no longer chosen

    @property
    def can_go_back(self) -> bool:
        """Only where one came here from another page."""
        return bool(self.wizard.before)

    def body(self) -> ComposeResult:
        with Vertical(classes="side"):
            yield Static(Content("SkySQL"), classes="heading")
            with Horizontal(classes="row"):
                yield Static(Content("API key"), classes="label")
                yield Field(password=True, id="key", placeholder="paste it here")
            with Horizontal(classes="row"):
                yield Static("", classes="label")
                yield Static(Content("looking in the environment and the keyring"), id="key-from", classes="hint")
            with Horizontal(classes="row", id="keep-row"):
                yield Static("", classes="label")
                yield Tick("Keep it in the keyring of this machine", id="keep")
            with Horizontal(classes="row"):
                yield Static(Content("Organization"), classes="label")
                yield Field(self._organization(), id="organization", placeholder="optional: empty means the key's own")
        with Vertical(classes="side"):
            yield Static(Content("AWS"), classes="heading")
            with Horizontal(classes="row"):
                yield Static(Content("Profile"), classes="label")
                yield Choice("reading the AWS configuration", id="profile")
            with Horizontal(classes="row"):
                yield Static(Content("Signs in by"), classes="label")
                yield Static("", id="kind", classes="fact", markup=False)
            with Horizontal(classes="row"):
                yield Static(Content("Account"), classes="label")
                yield Static("", id="account", classes="fact", markup=False)
            with Horizontal(classes="row"):
                yield Static(Content("Identity"), classes="label")
                yield Static("", id="arn", classes="fact", markup=False)

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        self.query_one("#key", Field).focus()
        if self.wizard.entry.prepare is not None and not self.wizard.prepared:
            self.says.busy("Starting the sandbox: a SkySQL and an AWS of its own, on this machine only.")
            await self.wizard.prepare()
            self.says.quiet()
        await asyncio.gather(self._look_for_key(), self._look_for_profiles())

    def _organization(self) -> str:
        session = self.wizard.session
        if session is not None:
            return session.organization
        environ = self.wizard.entry.environ
        return self.wizard.entry.organization or environ.get("SKYSQL_ORG_ID") or environ.get("TF_SKYSQL_ORG_ID") or ""

    async def _look_for_key(self) -> None:
        from core.edges.keys import find_key, keyring_state

        environ = self.wizard.environ
        found, keyring = await asyncio.gather(in_thread(lambda: find_key(environ)), in_thread(keyring_state))
        note = self.query_one("#key-from", Static)
        field = self.query_one("#key", Field)
        self.query_one("#keep-row").display = keyring.works
        session = self.wizard.session
        if (session or found) and field.has_focus and not field.value:
            self.query_one("#next", Button).focus()  # nothing is left to be typed
        if session is not None:
            self._found = session.key
            field.placeholder = "kept; paste another to use that instead"
            note.update(Content("The key you signed in with is kept in memory."))
        elif found is not None:
            self._found = found.key
            field.placeholder = "found; paste another to use that instead"
            note.update(Content(f"Found in {found.source}."))
        elif keyring.works:
            note.update(Content("Make one at app.skysql.com: your profile, API keys."))
        else:
            note.update(Content(f"{keyring.why} The key stays in memory only."))

    async def _look_for_profiles(self) -> None:
        from core.edges.credentials import profiles

        choice = self.query_one("#profile", Choice)
        self._profiles = await in_thread(lambda: profiles(self.wizard.environ))
        wanted = choice.chosen or await self._wanted_profile()
        options = [(profile.name or "environment variables", profile.name) for profile in self._profiles]
        with self.prevent(Choice.Changed):
            choice.offer(options, wanted)
        choice.disabled = not options
        if not options:
            raise NotSignedIn(
                "aws-no-profile",
                "No AWS profile and no AWS credentials were found on this machine.",
                cause="There is no ~/.aws/config, and no AWS_ACCESS_KEY_ID in the environment.",
                remedy="Run `aws configure` or `aws configure sso` in another terminal, then press ctrl+r here.",
            )
        await self._identify()

    async def _wanted_profile(self) -> str:
        from core.edges.credentials import current_profile

        if self.wizard.session is not None:
            return self.wizard.session.profile
        return self.wizard.entry.profile or await in_thread(lambda: current_profile(self.wizard.environ))

    @on(Choice.Changed, "#profile")
    def _profile_changed(self) -> None:
        self.run_worker(self._identify_told(), group="identity", exclusive=True)

    async def _identify_told(self) -> None:
        self.says.quiet()
        try:
            await self._identify()
        except Problem as problem:
            self.trouble(problem)

    async def _identify(self) -> None:
        """Sign in with the chosen profile and show as whom."""
        name = self.query_one("#profile", Choice).chosen
        if name is None:
            return
        kind = next((profile.kind for profile in self._profiles if profile.name == name), "")
        self.query_one("#kind", Static).update(Content(kind))
        account, arn = self.query_one("#account", Static), self.query_one("#arn", Static)
        account.update(Content("asking AWS"))
        arn.update(Content(""))
        self._identity = None
        self._attempt = attempt = object()
        world: World | None = None
        try:
            world = await self._world_of(name)
            identity = await world.identity()
        except Problem:
            if attempt is self._attempt and account.is_attached:
                account.update(Content("not signed in"))
                self._world = None
                raise
            return  # another profile was chosen meanwhile, or the page was left
        else:
            if attempt is self._attempt and account.is_attached:
                former, self._world = self._world, world
                self._world_profile, self._identity = name, identity
                account.update(Content(identity.account))
                arn.update(Content(identity.arn))
                world = former
        finally:
            await self._spare(world)

    async def _world_of(self, profile: str) -> World:
        """The one that is open with this profile, else a new one."""
        if self._world is not None and self._world_profile == profile:
            return self._world
        session = self.wizard.session
        if session is not None and session.profile == profile:
            return session.world
        return await self.wizard.entry.open_world(self._settings(profile))

    async def _spare(self, world: World | None) -> None:
        """Close what nobody uses any more."""
        session = self.wizard.session
        if world is not None and world is not self._world and (session is None or session.world is not world):
            await world.close()

    def _settings(self, profile: str) -> Settings:
        from core.edges.settings import settings_from

        return settings_from(
            self.wizard.environ, profile=profile, region=self.wizard.entry.region, ask_code=self._ask_code
        )

    def _ask_code(self, device: str) -> str:
        """Called by botocore in a thread of its own while it assumes a role with MFA."""

        text = f"The AWS profile asks for the code of {clean(device, 200)}."
        question = Ask("MFA code", text, ok="Sign in", hidden=True)
        return self.wizard.ask_from_thread(question) or ""

    # ------------------------------------------------------------------------------ answering

    @on(Field.Submitted)
    def _entered(self) -> None:
        self.action_next()

    def collect(self, draft: Draft) -> Draft:
        return draft

    async def answer(self, draft: Draft) -> Draft:
        key = self._key()
        if self._identity is None or self._world is None:
            self.says.busy("Signing in to AWS")
            await self._identify()
        if self._world is None or self._identity is None:
            raise Invalid("No AWS profile is chosen.", "Choose one, or log in and press ctrl+r.")
        self.says.busy("Trying the key at SkySQL")
        organization = clean(self.query_one("#organization", Field).value, 200)
        world = self._world
        await world.use_key(key, organization)
        await world.skysql.probe()
        await self._keep(key)
        await self.wizard.sign_in(
            Session(
                world=world, identity=self._identity, profile=self._world_profile, key=key, organization=organization
            )
        )
        self.says.quiet()
        return draft

    def go_on(self) -> None:
        """To the page that wanted a sign-in, else along the walk."""
        if not self.wizard.come_back():
            super().go_on()

    def _key(self) -> Secret:
        typed = self.query_one("#key", Field).value
        if not typed.strip() and self._found is not None:
            return self._found
        return Secret(parse_key(typed))

    async def _keep(self, key: Secret) -> None:
        from core.edges.keys import keep_key

        if self.query_one("#keep-row").display and self.query_one("#keep", Tick).value:
            await in_thread(lambda: keep_key(key, self.wizard.environ))
