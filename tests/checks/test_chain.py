"""A chain is judged as far as its facts go, and no further than its first broken link."""

from core.checks.chain import ChainLink, Row, Verdict, broken, first_broken, holds, unknown, walk

NOT_YET = Row[int]("later", "Later", lambda _: None)
GOOD = Row[int]("good", "Good", lambda facts: holds(f"{facts} is fine"))
DARK = Row[int]("dark", "Dark", lambda _: unknown("Nothing is known."))
BAD = Row[int]("bad", "Bad", lambda facts: broken(f"{facts} is not", "It broke.", "Mend it."))


def states(links: tuple[ChainLink, ...]) -> list[tuple[str, str]]:
    return [(link.id, link.verdict.state) for link in links]


def never(_facts: int) -> Verdict:
    raise AssertionError("behind a broken link nothing is judged")


def test_facts_are_judged_in_order() -> None:
    assert states(walk((GOOD, GOOD), 1)) == [("good", "ok"), ("good", "ok")]


def test_it_ends_where_facts_are_still_to_come() -> None:
    assert states(walk((GOOD, NOT_YET, GOOD), 1)) == [("good", "ok")]


def test_what_nothing_is_known_of_stops_nothing() -> None:
    assert states(walk((DARK, GOOD), 1)) == [("dark", "skipped"), ("good", "ok")]


def test_behind_the_first_broken_link_all_are_skipped() -> None:
    links = walk((GOOD, BAD, Row("never", "Never", never), NOT_YET), 1)
    assert states(links) == [("good", "ok"), ("bad", "failed"), ("never", "skipped"), ("later", "skipped")]
    assert links[2].verdict.seen == ""
    assert first_broken(links) is links[1]


def test_another_table_goes_on_where_the_first_ended() -> None:
    before = walk((GOOD,), 1)
    assert states(walk((Row[str]("b", "B", holds),), "text", before)) == [("good", "ok"), ("b", "ok")]


def test_another_table_is_skipped_behind_a_broken_one() -> None:
    links = walk((Row("never", "Never", never),), 2, walk((BAD,), 1))
    assert states(links) == [("bad", "failed"), ("never", "skipped")]


def test_a_chain_that_holds_has_no_broken_link() -> None:
    assert first_broken(walk((GOOD, DARK), 1)) is None
