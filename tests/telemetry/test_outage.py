"""A trouble that lasts is told when it begins and when it is over."""

from __future__ import annotations

import logging

import pytest

from dam_plugin.telemetry.outage import Outage

log = logging.getLogger("dam_plugin.test_outage")


def test_many_failures_are_told_in_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(log, "it is tried again")
    for _ in range(1000):
        outage.met("no answer")
    assert outage.lasts()
    outage.over()
    outage.over()
    assert not outage.lasts()
    assert caplog.messages == ["it is tried again: no answer", "it is tried again: over, after 1000 failures"]


def test_another_reason_and_another_outage_are_told_again(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(log, "it is tried again")
    for why in ("no answer", "no space", "no space"):
        outage.met(why)
    outage.over()
    outage.met("no space")
    # A single failure needs no second line.
    outage.over()
    assert caplog.messages == [
        "it is tried again: no answer",
        "it is tried again: no space",
        "it is tried again: over, after 3 failures",
        "it is tried again: no space",
    ]
