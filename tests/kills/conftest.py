"""Tells at the end of the tests how many instants were tried."""

from __future__ import annotations

import pytest

KILL_POINTS = "kill points"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each test of this folder records its number, under whichever worker it ran."""
    told = [
        (report.nodeid.rpartition("::")[2], value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == KILL_POINTS
    ]
    if told:
        terminalreporter.section("kill points")
        for test, number in told:
            terminalreporter.line(f"{number:5} {test}")
        terminalreporter.line(f"{sum(int(str(number)) for _, number in told):5} in all, each enumerated")
