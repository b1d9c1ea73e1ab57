"""One page a file, its style beside it; `PAGES` lists the walk in order, `BESIDE` the pages one is led aside to."""

from tui.page import Page
from tui.screens.access import AccessPage
from tui.screens.accounts import AccountsPage
from tui.screens.doctor import DoctorPage
from tui.screens.done import DonePage
from tui.screens.endpoint import EndpointPage
from tui.screens.network import NetworkPage
from tui.screens.review import ReviewPage
from tui.screens.run import RunPage
from tui.screens.service import ServicePage
from tui.screens.sign_in import SignInPage
from tui.screens.undo import UndoPage
from tui.screens.unfinished import UnfinishedPage

PAGES: tuple[type[Page], ...] = (
    SignInPage,
    ServicePage,
    AccountsPage,
    NetworkPage,
    AccessPage,
    EndpointPage,
    ReviewPage,
    RunPage,
    DonePage,
)

BESIDE: tuple[type[Page], ...] = (UnfinishedPage, UndoPage, DoctorPage)
