"""The days on which a subpoena or a court's order is answered: by the paper, by the register, and as its families were told.

They may differ, since a court moves a day: nothing goes out before the latest of them (34 CFR 99.31(a)(9)(ii)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class OrderDays:
    """The return day of the `paper` on file, those that open requests of the register note, and the day families were told."""

    paper: date | None = None
    registered: Mapping[str, date] = field(default_factory=dict)
    told: date | None = None

    @property
    def returned(self) -> date | None:
        """The latest return day that is noted, null where none is."""
        return latest([self.paper, *self.registered.values()])

    @property
    def moved(self) -> date | None:
        """The return day to which the register moves the paper's, null where it does not, or notes several."""
        days = {*self.registered.values()}
        return days.pop() if self.paper is not None and len(days) == 1 else None

    @property
    def answered(self) -> date | None:
        """The day before which nothing goes out, null where none is on file."""
        return latest([self.returned, self.told])

    def apart(self) -> Iterator[str]:
        """Yield what staff are told where these days differ."""
        for request, day in self.registered.items():
            if self.paper not in (None, day):
                yield (
                    f"{request} says that the order is to be answered on {day}, the paper on file says {self.paper}: nothing "
                    "goes out on it before the later day. Where the paper has another day now, state it anew, `dam-plugin "
                    "queue finding ID evidence --evidence FILE`."
                )
        if self.told is not None and self.returned is not None and self.told < self.returned:
            yield f"The families were told that it is answered on {self.told}: tell each family of the new day."
        soonest = min((each for each in (self.paper, *self.registered.values()) if each is not None), default=None)
        if self.told is not None and soonest is not None and soonest < self.told:
            yield (
                f"The families were told that it is answered on {self.told}, and it is to be answered on {soonest}: nothing "
                "goes out before the day that they were told. Tell each family of the new day before it comes, `dam-plugin "
                f"letter effort … --answer-on {soonest} --evidence FILE`, and state that file; where there is no time left for "
                "it, ask counsel to have the court wait."
            )


def latest(days: Iterable[date | None]) -> date | None:
    """Return the latest of these days, None where there is none."""
    return max((each for each in days if each is not None), default=None)
