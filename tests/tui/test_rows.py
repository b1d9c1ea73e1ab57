"""The list that draws only what is in view."""

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tui.widgets.picker import matching
from tui.widgets.rows import Column, Row, Rows

COLUMNS = (Column("Name", flexible=True), Column("Id", optional=True), Column("Free", right=True))


class Listing(App[None]):
    def __init__(self, *columns: Column) -> None:
        super().__init__()
        self.columns = columns or COLUMNS

    def compose(self) -> ComposeResult:
        yield Rows(*self.columns)


def lines(pilot: Pilot[None]) -> list[str]:
    rows = pilot.app.query_one(Rows)
    return [rows.render_line(y).text.rstrip() for y in range(rows.size.height)]


def row(number: int, name: str = "") -> Row:
    return Row(str(number), (name or f"row-{number}", f"id-{number:04}", f"{number:,}"))


async def test_the_last_of_ten_thousand_comes_into_view() -> None:
    async with Listing().run_test(size=(60, 10)) as pilot:
        pilot.app.query_one(Rows).fill([row(number) for number in range(10_000)])
        await pilot.press("end")
        assert lines(pilot)[0].split() == ["Name", "Id", "Free"]
        assert lines(pilot)[-1].split() == ["▸", "row-9999", "id-9999", "9,999"]


async def test_where_room_is_short_optional_columns_go_and_flexible_ones_are_cut() -> None:
    async with Listing().run_test(size=(30, 10)) as pilot:
        pilot.app.query_one(Rows).fill([row(7, "a-name-that-is-long-enough-to-be-cut")])
        assert lines(pilot)[1] == "▸ a-name-that-is-long-…     7"


async def test_a_column_may_be_cut_before_the_others() -> None:
    columns = (Column("Name", flexible=True), Column("Note", flexible=True, first=True))
    async with Listing(*columns).run_test(size=(31, 10)) as pilot:
        pilot.app.query_one(Rows).fill([Row("1", ("a-name-of-20-letters", "shared by another account"))])
        assert lines(pilot)[1] == "▸ a-name-of-20-letters  share…"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("payments-prod-private-us-east-2a", "paymen…ast-2a"),
        ("short", "short"),
        ("東京東京東京東京東京", "東京東…京東京"),
    ],
)
async def test_a_name_is_cut_in_the_middle(name: str, shown: str) -> None:
    async with Listing(Column("Name", flexible=True, names=True), Column("Id")).run_test(size=(22, 10)) as pilot:
        pilot.app.query_one(Rows).fill([Row("1", (name, "1234"))])
        assert lines(pilot)[1].split(maxsplit=1)[1].rsplit(maxsplit=1)[0] == shown
        assert lines(pilot)[1].endswith("1234")


async def test_wide_characters_keep_the_columns() -> None:
    async with Listing().run_test(size=(60, 10)) as pilot:
        pilot.app.query_one(Rows).fill([row(1, "東京"), row(2, "tokyo")])
        assert [line.index("id-") for line in lines(pilot)[1:3]] == [7, 9]  # two characters, four cells


async def test_markup_is_shown_as_it_stands() -> None:
    async with Listing().run_test(size=(60, 10)) as pilot:
        pilot.app.query_one(Rows).fill([row(1, "[red]x[/foo]")])
        assert "[red]x[/foo]" in lines(pilot)[1]


async def test_the_cursor_stays_on_its_row_when_the_list_is_filled_again() -> None:
    async with Listing().run_test(size=(60, 10)) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.fill([row(number) for number in range(5)])
        await pilot.press("down", "down")
        rows.fill([row(2), row(3)], keep="2")
        assert rows.current == "2"
        rows.fill([row(7), row(8)], keep="2")
        assert rows.current == "7"


def test_every_word_typed_must_be_in_the_row() -> None:
    rows = [row(1, "prod-core"), row(2, "Prod-edge")]
    assert [each.key for each in matching(rows, "PROD")] == ["1", "2"]
    assert [each.key for each in matching(rows, "prod id-0002")] == ["2"]
    assert matching(rows, "staging") == ()
