"""What is told of an order that waits: for the day of its answer, once every family was told, or for a court's stay. Pure.

The reason is still `EX7-NOTICE` (34 CFR 99.31(a)(9)(ii)): until that day a family can object, and a court may stay the order.
Its text names the day or the stay, and by that its remedy and its sentence for the outside are known.
"""

from __future__ import annotations

import re
from datetime import date

from dam_plugin.procedure.outside_words import Outside, kept_back

NOTICE = "EX7-NOTICE"
_SENTENCE = (
    "Every family was told that the order is answered on {0}: until that day they can object, and it waits for nothing "
    "else."
)
_MOVED = (
    "Every family was told of the order, and nothing goes out on it before {0}, the day on which it is to be answered: it "
    "waits for nothing else."
)
_REMEDY = (
    "Every family was told: wait until {0}, since they can object until then. On that day state "
    "`dam-plugin queue finding ID reviewed`, or share it again for the same recipient id and purpose."
)
STAYED = (
    "A court has stayed this order: nothing goes out on it while the stay stands, whatever day the families were told."
)
LIFT_FIRST = (
    "Nothing goes out while the stay stands. Once the court lifts it, enter that, `dam-plugin queue finding ID stay lifted "
    "--why TEXT`; then share it again."
)
UNCONFIRMED = (
    "A verified order is on file, and a second person has not confirmed yet that every family was told: nothing goes out on "
    "it until then."
)
CONFIRM_FIRST = (
    "Have a second person confirm it: `dam-plugin queue show ID` names the finding that waits, and the second person states "
    "`dam-plugin queue approve ID`. Where none waits, state `dam-plugin queue finding ID reviewed` first."
)
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
WAITS_FOR_COURT = Outside(
    "A court has suspended the order that asks for this recording. While it is suspended, nothing is given out on it.",
    "Un tribunal suspendió la orden que pide esta grabación. Mientras esté suspendida, no se entrega nada por ella.",
    kept_back("34 CFR 99.31(a)(9)"),
)
# The day follows it.
WAITS_FOR_DAY = Outside(
    "The families have been told, as the law asks. They can go to court until the day on which the order is answered.",
    "Ya se avisó a las familias, como pide la ley. Pueden acudir al tribunal hasta el día en que se conteste la orden.",
    kept_back("34 CFR 99.31(a)(9)(ii)"),
)


def told_and_waits(day: date, told: date | None) -> str:
    """Return the text of the reason that an order waits for a day, since all families were told.

    `told` is the day that they were told; null where they were told none.
    """
    return (_SENTENCE if told == day else _MOVED).format(day)


def day_waited_for(clause: str, text: str) -> date | None:
    """Return the day for which a reason says that an order waits; None where it says that families were not told."""
    found = _DAY.search(text) if clause == NOTICE else None
    day = date.fromisoformat(found[0]) if found else None
    return day if day is not None and text in (told_and_waits(day, day), told_and_waits(day, None)) else None


def is_stayed(clause: str, text: str) -> bool:
    """Whether a reason says that a court stayed the order."""
    return (clause, text) == (NOTICE, STAYED)


def is_unconfirmed(clause: str, text: str) -> bool:
    """Whether a reason says that a second person has not confirmed yet that the families were told."""
    return (clause, text) == (NOTICE, UNCONFIRMED)


def remedy_until(day: date) -> str:
    """Return what staff can do about it."""
    return _REMEDY.format(day)
