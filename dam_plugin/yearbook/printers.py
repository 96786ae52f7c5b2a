"""Who can be said to print a set: somebody, and not the form that it is written in; and no student of the roster."""

from __future__ import annotations

from collections.abc import Iterable

from dam_plugin.errors import InputError
from dam_plugin.model import StudentRecord
from dam_plugin.procedure.redisclosure import names_a_student
from dam_tagging.names.written_names import MOST_PARTS, orders, parts

FORMS = ("pspa", "plain")
"""The shipped profiles whose names are those of a form: the others are called as their publisher is."""


def is_form(recipient: str) -> bool:
    """Whether what stands for whom a set goes to is only the name of the form that it is written in."""
    return recipient.casefold() in FORMS


def check_printer(recipient: str) -> None:
    """Raise InputError where a set would be locked for the name of a form, which is nobody's."""
    if is_form(recipient):
        raise InputError(
            f"'{recipient.casefold()}' is a form and prints nothing: say with --to who prints it: the disclosure is recorded "
            "for them"
        )


def check_no_student(recipient: str, students: Iterable[StudentRecord]) -> None:
    """Raise InputError where whom a set goes to is a student by pseudonym, number or whole name, in whichever order.

    A part of a name is none: publishers are called Jones, too. What was given is not repeated.
    """
    runs = _runs(parts(recipient))
    if names_a_student(recipient, ()) or any(not runs.isdisjoint(_called(each)) for each in students):
        raise InputError("whom the set goes to is called as a student is: give the publisher's name with --to")


def _runs(words: tuple[str, ...]) -> set[str]:
    """Return all of these words, and each run of several, written together."""
    several = {
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 2, min(len(words), start + MOST_PARTS) + 1)
    }
    return {*several, "".join(words)} - {""}


def _called(student: StudentRecord) -> set[str]:
    names = {"".join(words) for name in student.names for words in orders(parts(name))}
    return {*names, "".join(parts(student.roster_id))}
