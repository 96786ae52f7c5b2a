"""What goes wrong where nobody waits is logged in one sentence, and no text that might name somebody."""

from __future__ import annotations

import logging

import pytest

from dam_plugin.admin.rounds import RoundsThread, tried
from dam_plugin.errors import InputError, StoreError

log = logging.getLogger("dam_plugin.of_this_test")


def raising(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("the database is busy"), "it comes again: the database is busy"),
        (
            InputError("no recording is called 'Ines Muñoz.jpg'"),
            "jobs: something could not be done at all (InputError)",
        ),
        (ValueError("Ines Muñoz"), "jobs: this is a bug (ValueError at test_rounds.py:"),
    ],
    ids=["store", "typed in", "bug"],
)
def test_what_went_wrong_is_logged_without_what_was_typed_in(
    caplog: pytest.LogCaptureFixture, error: Exception, told: str
) -> None:
    assert tried(log, lambda: raising(error), "jobs", "it comes again") is False
    (line,) = caplog.messages
    assert line.startswith(told)
    assert "Ines" not in caplog.text


def test_what_went_well_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert tried(log, lambda: None, "jobs", "it comes again") is True
    assert caplog.messages == []


def test_a_thread_of_rounds_logs_the_same(caplog: pytest.LogCaptureFixture) -> None:
    thread = RoundsThread("jobs", log, every=1.0, longest=1.0)
    assert thread._tried(lambda: raising(InputError("Ines Muñoz")), "a job is gone on with later") is False
    assert caplog.messages == ["jobs: something could not be done at all (InputError)"]
