"""Students who have the very name and birth date of another one on file: nearly always one child, in the roster twice.

What is said of one of them holds for that one alone, and a recording shows the one by whose number it was tagged. So whoever
answers for one is told of the other, and a request in words is not closed past the recordings of the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dam_plugin.custodian.asked_by_name import AskedByName
from dam_plugin.custodian.named_recordings import gone_since_asked, words_of_keys
from dam_plugin.custodian.requests import Closed
from dam_plugin.errors import InputError
from dam_plugin.services import Services
from dam_plugin.store import StoredRequest, Unit

# What is said of a student's recordings by these is said of the child, in whichever row they are.
_OF_RECORDINGS = ("granted", "partly", "denied", "no-such-record", "referred-elsewhere")
_MOST_TOLD = 5


def namesakes_told(student: str, namesakes: Sequence[str]) -> str:
    """Return the sentence that names the others who may be a student; "" where there are none."""
    if not namesakes:
        return ""
    have = "have" if len(namesakes) > 1 else "has"
    return (
        f"{' and '.join(namesakes)} {have} the very name and birth date of {student}. Where it is one child, on file twice, "
        "what is said of one holds for that one alone: say it of both, and name both in a request."
    )


def record_told(student: str, namesakes: Sequence[str]) -> str:
    """Return `namesakes_told` for whoever reads or hands out a student's record of disclosures (34 CFR 99.32(c))."""
    records = " and ".join(f"`dam-plugin ledger student {each}`" for each in namesakes)
    told = namesakes_told(student, namesakes)
    return told and f"{told} What went out under the other is not in this record: {records}."


def namesakes_asked(unit: Unit, request: StoredRequest) -> dict[str, tuple[str, ...]]:
    """Return, of each student whom a request names or asks about in words, the namesakes whom it is not about, too."""
    asked = unit.requests.asked_students(request).union(request.students)
    found = unit.people.namesakes(sorted(asked))
    others = {student: tuple(each for each in alike if each not in asked) for student, alike in found.items()}
    return {student: alike for student, alike in others.items() if alike}


def about_asked(services: Services, unit: Unit, request: StoredRequest, not_about: Iterable[str]) -> list[str]:
    """Return what a request is said not to be about, but for namesakes and what shows these: other checks know neither."""
    said = list(not_about)
    if not said or not request.asks_in_words:
        return said
    namesakes = {each for alike in namesakes_asked(unit, request).values() for each in alike}
    theirs = _keys_showing(unit, namesakes)
    if theirs:
        # What it may be about otherwise, the other checks are told.
        theirs -= _keys_showing(unit, unit.requests.asked_students(request)).union(
            words_of_keys(request.described or "")
        )
        theirs -= {each.key for each in gone_since_asked(services, unit, request)}
    left_out = namesakes.union(map(services.pseudonyms.outside, theirs))
    return [each for each in said if each not in left_out]


def _keys_showing(unit: Unit, students: Iterable[str]) -> set[str]:
    return {each.asset.key for student in students for each in unit.assets.of_student(student)}


def check_namesakes_answered(
    services: Services,
    unit: Unit,
    request: StoredRequest,
    what: Closed,
    answered: Collection[str],
    by_name: AskedByName,
) -> None:
    """Raise InputError where recordings show a namesake of whom a request in words is about, and nothing answers them.

    Not of a student, a namesake or one of those recordings (`R-…`) that the custodian says it is not about, nor of students
    whose rights passed to them. Who asks for a child's record is answered for all of it (34 CFR 99.10(a)). To a stranger it is
    closed the same whether there is a record or none.
    """
    if what.outcome not in _OF_RECORDINGS or not request.asks_in_words or what.record_shown or by_name.is_strangers:
        return
    left_out = by_name.passed.union(what.not_about)
    for student, alike in namesakes_asked(unit, request).items():
        for other in alike if student not in left_out else ():
            if other not in left_out and (left := _unanswered(services, unit, other, answered, what.not_about)):
                raise InputError(_unanswered_told(request, student, other, left))


def _unanswered(
    services: Services, unit: Unit, student: str, answered: Collection[str], not_about: Collection[str]
) -> list[str]:
    keys = (each.asset.key for each in unit.assets.of_student(student))
    called = {services.pseudonyms.outside(key): None for key in keys if key not in answered}
    return [each for each in called if each not in not_about]


def _unanswered_told(request: StoredRequest, student: str, other: str, left: Sequence[str]) -> str:
    shown, more = left[:_MOST_TOLD], len(left) - _MOST_TOLD
    return (
        f"{other} has the very name and birth date of {student}, whom {request.id} is about, and nothing on record answers "
        f"{len(left):,} recording(s) that show or mention {other}: {', '.join(shown)}"
        f"{f' and {more:,} more' if more > 0 else ''}. Where it is one child, on file twice, answer them too: `dam-plugin "
        f"student recordings {other} --request {request.id}` lists them with their keys, `share KEY … --request "
        f"{request.id}`; where you looked and it is another child, say so: --not-about {other}"
    )
