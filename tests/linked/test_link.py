"""The link of the tests is a real one: what they break is broken, and nothing else."""

import pytest

from tests.linked.link import PORT, Linked, together

pytestmark = together


def connects(linked: Linked, address: str) -> int:
    """0, or 1 when it is refused, or 124 when nobody answers."""
    reading = ["timeout", "2", "bash", "-c", f"head -c 5 </dev/tcp/{address}/{PORT} >/dev/null"]
    return linked.app.run(*reading, check=False).returncode


def test_the_default_user_signs_in_by_the_services_name(linked: Linked) -> None:
    user = linked.name.partition(".")[0]
    login = [f"--host={linked.name}", f"--user={user}", f"--password=made-up-{user}", "--ssl-verify-server-cert"]
    query = [f"--ssl-ca={linked.env['SSL_CERT_FILE']}", "--skip-column-names", "--execute", "SELECT USER()"]
    done = linked.app.run("mariadb", "--no-defaults", *login, *query)
    assert done.stdout == f"{user}@{linked.own}\n"


def test_what_is_dropped_is_not_answered_and_the_other_zones_are(linked: Linked) -> None:
    with linked.dropped(linked.addresses[0]):
        assert [connects(linked, each) for each in linked.addresses] == [124, 0, 0]
    assert connects(linked, linked.addresses[0]) == 0


def test_what_refuses_does_so_at_once(linked: Linked) -> None:
    with linked.refusing():
        assert connects(linked, linked.addresses[0]) == 1
    assert connects(linked, linked.addresses[0]) == 0


@pytest.mark.parametrize("elsewhere", [("203.0.113.9",), ()], ids=["a public address", "nowhere"])
def test_the_name_leads_where_it_is_told_to(linked: Linked, elsewhere: tuple[str, ...]) -> None:
    with linked.leading(*elsewhere):
        found = linked.app.run("getent", "hosts", linked.name, check=False).stdout.split()
    assert [word for word in found if word != linked.name] == list(elsewhere)
    assert linked.app.run("getent", "ahosts", linked.name).stdout.startswith("10.20.")
