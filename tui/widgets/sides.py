"""Both sides at once: what SkySQL said last, and what AWS said last."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from core.work.progress import LastSeen
from tui.widgets.times import local
from tui.widgets.told import Told


class Sides(Vertical):
    """One line a side."""

    def compose(self) -> ComposeResult:
        yield Told(id="side-skysql", classes="side")
        yield Told(id="side-aws", classes="side")

    def show(self, skysql: LastSeen | None, aws: LastSeen | None) -> None:
        self.query_one("#side-skysql", Told).tell(_side("SkySQL", skysql))
        self.query_one("#side-aws", Told).tell(_side("AWS", aws))


def _side(name: str, seen: LastSeen | None) -> Content:
    label = (f"{name:<8}", "bold")
    if seen is None:
        return Content.assemble(label, ("not looked at yet", "dim"))
    return Content.assemble(label, (f"{local(seen.at)}  ", "dim"), (seen.state, "bold"), (f"  {seen.detail}", ""))
