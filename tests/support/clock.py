"""One day for a whole run: today is asked once, and a run over midnight stays on the day on which it began.

The product asks `services.local_now` what time it is; here that clock goes as the real one, but keeps the first day. Tests
ask this module, and never `date.today`. `RUN_BEGAN_DAYS_AGO=1` runs the tests as if midnight had passed since they began. A
command in a process of its own has the real clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

import pytest

from dam_plugin import services

_AGO = timedelta(days=int(os.environ.get("RUN_BEGAN_DAYS_AGO", "0")))
TODAY: date = datetime.now().astimezone().date() - _AGO
"""The district's day, for the whole run."""


class Clock(datetime):
    """The real time of day, on the day on which the run began."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # it gives a plain datetime
        """Return the moment, as `datetime.now` does."""
        real = datetime.now().astimezone()
        moment = real - (real.date() - TODAY)
        return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)


def now(tz: tzinfo | None = None) -> datetime:
    """Return the moment as the product's clock has it."""
    return Clock.now(tz)


@pytest.fixture(scope="session", autouse=True)
def one_day() -> Iterator[None]:
    """Let the product's clock stay on the first day of the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "datetime", Clock)
        yield


def on_day(patch: pytest.MonkeyPatch, days: int) -> None:
    """Let the product's clock stay on another day, so many after the first."""

    class Later(Clock):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # it gives a plain datetime
            return Clock.now(tz) + timedelta(days=days)

    patch.setattr(services, "datetime", Later)
