"""Who may have a record amended on a day: the parents, or the student once the rights are the student's. It writes nothing.

34 CFR 99.3 ("eligible student", "parent"), 99.5(a), 99.20(a), 99.21. A parent of a dependent may be shown a record (34 CFR
99.31(a)(8)), and amends none. What a parent began while the right was theirs goes on with the student.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dam_plugin.custodian.requests import (
    AMENDED_AS,
    Closed,
    Happening,
    HearingAsked,
    HearingDecided,
    HearingNotWanted,
    HearingSet,
    HearingTold,
    Outcome,
    RequestStatus,
    with_hearing_untold,
)
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.sharing.same_person import told_who_holds
from dam_plugin.store import StoredRequest, Unit

OF_AMENDMENT = ("amendment-refused", "hearing-notice", "hearing-decision")
NO_RIGHT = "no-right-to-amend"
# Why a person may not have a record amended; `passed`: the student alone may, since the rights are theirs.
Lack = Literal["passed", "minor", "limited", "ward", "died", "unknown"]
_WORDS: dict[Lack, str] = {
    "passed": "{student} is 18 or in college, and alone holds the right to have the record amended (34 CFR 99.5(a), 99.20(a)): "
    "a parent, also of a dependent, may at most be shown it (34 CFR 99.31(a)(8))",
    "minor": "{student} is a minor, whose parents hold the right to have the record amended (34 CFR 99.3, 99.20(a)): a parent "
    "may ask for it",
    "limited": "a court order on file limits the rights of {person} over the record of {student} (34 CFR 99.4)",
    "ward": "a court appointed {guardians} as guardian of {student}, who holds the right to have the record amended (RSMo 475)",
    "died": "{student} has died, and the rights passed to nobody: ask the district's attorney",
    "unknown": "{person} is on file neither as {student} nor as a parent who holds the rights: settle first who asks (34 CFR "
    "99.31(c))",
}
# What whoever is not the custodian reads: not what is on file of a family.
_ASK_CUSTODIAN = (
    "The records custodian has to look whether whoever asks may have this record amended (34 CFR 99.20(a)): `dam-plugin "
    "request show {} --as custodian:NAME`"
)


def why_not(record: StudentRecord, who: Recipient, day: date, rulings: Rulings) -> Lack | None:
    """Return why a person may not have a student's record amended on a day; None: they may, or act for whoever may."""
    grown = has_rights(record, day, rulings)
    if who.id == record.id:
        return _why_not_student(record, day, grown=grown)
    return _why_not_parent(record, who.id or "", day, grown=grown) if who.role == "parent" else "unknown"


def _why_not_student(record: StudentRecord, day: date, *, grown: bool) -> Lack | None:
    if record.has_died(day):
        return "unknown"
    if record.appointed_on(day):
        # RSMo 475.080: the letters of a court's guardianship may leave the student the right to their own record.
        return None if record.retains_on(day, by_two=True) else "ward"
    return None if grown else "minor"


def _why_not_parent(record: StudentRecord, person: str, day: date, *, grown: bool) -> Lack | None:
    acting = record.own_representatives_on(day) if grown else record.representatives_on(day)
    if person in record.guardians_on(day):
        lack: Lack | None = None if not grown else "died" if record.has_died(day) else "passed"
    elif person in acting:
        lack = "died" if grown and record.has_died(day) else None
    elif person in record.stated_on(day, "limited"):
        lack = "limited"
    else:
        lack = "ward" if record.appointed_on(day) and person in record.ever_guardians else "unknown"
    return lack


def why_not_person(record: StudentRecord, person: str, day: date, rulings: Rulings) -> str | None:
    """Return in a sentence why the person of an id may not have a student's record amended on a day; None: they may."""
    who = Recipient("eligible_student" if person == record.id else "parent", person)
    lack = why_not(record, who, day, rulings)
    return _words(record, person, day, lack) if lack is not None else None


@dataclass(frozen=True, slots=True)
class AmendmentRight:
    """Whether whoever asks to amend a record may have it amended on a day.

    `students` are those whose record it is, as far as that is known; `lacks` says of whom the right is not theirs, and why,
    `reasons` the same in sentences for the custodian. `held_at_first`: it was theirs when the request came. `is_open`: it waits
    for an answer.
    """

    request_id: str
    students: tuple[str, ...]
    lacks: tuple[Lack, ...] = ()
    reasons: tuple[str, ...] = ()
    held_at_first: bool = True
    is_open: bool = True

    @property
    def holds(self) -> bool:
        """Whether the right is theirs, of every student whom it is about."""
        return not self.lacks

    @property
    def has_passed(self) -> bool:
        """Whether the right is the students' own, and a parent asks."""
        return set(self.lacks) == {"passed"} and len(self.lacks) == len(self.students)

    @property
    def goes_on(self) -> bool:
        """Whether it was begun while the right was the parent's, and goes on with the student, whose it is now."""
        return self.has_passed and self.held_at_first

    @property
    def letters(self) -> tuple[str, ...]:
        """The kinds of letters that answer it."""
        if self.has_passed:
            return (*OF_AMENDMENT, "rights-passed") if self.goes_on else ("rights-passed",)
        return OF_AMENDMENT if self.holds else () if self._is_mixed else (NO_RIGHT,)

    @property
    def why(self) -> str:
        """Why the right is not theirs, and what the custodian does, in one text; "" where it is."""
        return "" if self.holds else f"{'; '.join(self.reasons)}. {self._way_on}"

    @property
    def why_for_anybody(self) -> str:
        """The same for whoever is not the custodian, without an order or a court's guardian; "" where the right is theirs."""
        return self.why if {*self.lacks} <= {"passed", "minor"} else _ASK_CUSTODIAN.format(self.request_id)

    @property
    def _is_mixed(self) -> bool:
        return 0 < len(self.lacks) < len(self.students)

    @property
    def _way_on(self) -> str:
        number = self.request_id
        reopen = "" if self.is_open else f"`dam-plugin request reopen {number} --why TEXT`, then "
        if self.goes_on:
            return (
                f"{number} came while the right was the parent's, and goes on with the student: its letters go to "
                f"{', '.join(self.students)}, in the student's own name; `dam-plugin letter write rights-passed --request "
                f"{number}` tells the parent"
            )
        if self.has_passed:
            return (
                f"Close it so, {reopen}`dam-plugin request close {number} --outcome rights-passed --why TEXT`, and tell the "
                f"parent, `dam-plugin letter write rights-passed --request {number}`. The student may ask: `dam-plugin request "
                "add … --amend TEXT --from eligible_student:S-…`"
            )
        if self._is_mixed:
            return (
                "Enter a request of its own for each student (`dam-plugin request add … --student S-… --amend TEXT`), and "
                f"close this one with --outcome referred-elsewhere ({number})"
            )
        return (
            f"Where what is on file is right: {reopen}`dam-plugin request close {number} --outcome denied --why TEXT`, then "
            f"`dam-plugin letter write {NO_RIGHT} --request {number}`"
        )


def right_to_amend(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, shown: Collection[str], day: date
) -> AmendmentRight:
    """Return whether whoever asks to amend a record may have it amended on a day.

    It is the record of the students whom the request names; else of those of theirs who are `shown` in its recordings, or of
    all of theirs, as far as the right to one is theirs.
    """
    who, rulings = request.recipient, services.rulings
    named = [each for each in request.students if each not in status.wrong_students]
    if named:
        records = [record for each in named if (record := unit.people.student(each)) is not None]
    else:
        related = unit.people.related_to(who.id) if who.id else []
        theirs = [each for each in related if each.id in shown] or related
        records = [each for each in theirs if why_not(each, who, day, rulings) is None] or theirs
    lacking = [(each, lack) for each in records if (lack := why_not(each, who, day, rulings)) is not None]
    began = status.asked_again or request.received_at.astimezone(services.now().tzinfo).date()
    held = bool(records) and all(why_not(each, who, began, rulings) is None for each in records)
    students = tuple(each.id for each in records)
    if not records:
        reason = f"it is not known whose record {request.id} is about: settle first who asks (34 CFR 99.31(c))"
        return AmendmentRight(request.id, (), ("unknown",), (reason,), held_at_first=False, is_open=status.is_open)
    reasons = tuple(_words(each, who.id or "whoever asks", day, lack) for each, lack in lacking)
    return AmendmentRight(request.id, students, tuple(lack for _, lack in lacking), reasons, held, status.is_open)


def hearing_now(
    services: Services, unit: Unit, request: StoredRequest, status: RequestStatus, shown: Collection[str]
) -> RequestStatus:
    """Return where a request to amend stands by who holds the right today, or held it on the day of its hearing.

    A notice to a parent tells no student whose hearing it is by then (34 CFR 99.5(a), 99.22(b)). `shown` is as for
    `right_to_amend`.
    """
    held, told = status.hearing_set, status.hearing_told
    is_ahead = any(each.name == "amendment-decision" for each in status.running)
    if held is None or told is None or not is_ahead:
        return status
    day = min(services.now().date(), held.at.astimezone(told.on.tzinfo).date())
    right = right_to_amend(services, unit, request, status, shown, day)
    records = [unit.people.need(each) for each in right.students] if right.has_passed else []
    told_on = told.on.date()
    untold = tuple(each.id for each in records if not told_who_holds(each, told_on, day, services.rulings))
    return with_hearing_untold(status, untold) if untold else status


def check_may_amend(
    right: AmendmentRight,
    at_hearing: AmendmentRight | None,
    what: Happening,
    untold: Collection[str],
    records: Collection[StudentRecord],
    day: date,
    rulings: Rulings,
) -> None:
    """Raise InputError where this cannot happen on a day with a request to amend, by whose right that is.

    `right` is that of the day, `at_hearing` that of the day of its hearing, which is decided though the right was lost since.
    `untold` are the students who have to be told of the hearing after the parent was, `records` those of the students whom the
    request is about.
    """
    may = right.holds or right.goes_on
    match what:
        case Closed(outcome=outcome):
            _check_closing(right, outcome)
        case HearingAsked(asker=asker) | HearingNotWanted(asker=asker):
            _check_asker(right, what, asker, records, day, rulings)
        case HearingDecided():
            may = may or (at_hearing is not None and at_hearing.holds)
        case HearingSet():
            pass
        case HearingTold() if untold and not right.has_passed:
            raise InputError(
                f"on {day} the right was not yet that of {' and '.join(untold)}, whose hearing it is now (34 CFR 99.5(a)): "
                "give the day on which the student was told, --on DAY"
            )
        case _:
            return
    if isinstance(what, HearingSet | HearingDecided) and not may:
        raise InputError(f"whoever made {right.request_id} has no right to a hearing: {right.why}")


def _check_closing(right: AmendmentRight, outcome: Outcome) -> None:
    number, as_amended = right.request_id, " or ".join(AMENDED_AS)
    if outcome in AMENDED_AS and not (right.holds or right.goes_on):
        raise InputError(f"'{outcome}' is no answer to whoever made {number}: {right.why}")
    if outcome == "rights-passed" and right.goes_on:
        raise InputError(
            f"{right.why}. Close it as {as_amended}; where the student does not want it, `dam-plugin request withdraw {number}`"
        )
    if outcome == "denied" and NO_RIGHT not in right.letters:
        raise InputError(right.why or f"{number} asks to amend a record: close it as {as_amended}")


def _check_asker(
    right: AmendmentRight,
    what: HearingAsked | HearingNotWanted,
    asker: str,
    records: Collection[StudentRecord],
    day: date,
    rulings: Rulings,
) -> None:
    if asker:
        for each in records:
            if (why := why_not_person(each, person_id(asker), day, rulings)) is not None:
                raise InputError(f"{why}. A hearing is asked for, or given up, by whoever holds the right: --by ID")
        return
    if right.goes_on:
        raise InputError(
            f"{right.why}. Whether there is a hearing is the student's to say now: where the student said it, add --by "
            f"{right.students[0]}"
        )
    if isinstance(what, HearingAsked) and not right.holds:
        raise InputError(f"no hearing follows for whoever made {right.request_id}: {right.why}")


def amendment_told(status: RequestStatus, right: AmendmentRight, *, custodian: bool) -> Iterator[str]:
    """Yield what is next with a request to amend a record, and whose the right is, in a sentence each.

    What is on file of a family the `custodian` alone reads. Who held the right when a hearing was decided is asked no more.
    """
    is_at_rest = not (status.is_open or status.running)
    if is_at_rest and status.state != "not-amended":
        return
    if status.hearing_decision is not None and is_at_rest:
        whose = "The student" if right.has_passed else "The family"
        yield (
            f"{whose} gets the decision in writing (34 CFR 99.21(b), 99.22(f)): `dam-plugin letter write hearing-decision "
            f"--request {right.request_id}`"
        )
        yield (
            f"{whose} may place a statement in the record (34 CFR 99.21(b)(2)): `dam-plugin custodian statement KEY --student "
            "S-… --by S-…|G-… --text TEXT`"
        )
        return
    if not right.holds:
        yield right.why if custodian else right.why_for_anybody
    if is_at_rest and (right.holds or right.goes_on):
        whose, by = ("The student", f" --by {right.students[0]}") if right.goes_on else ("The family", "")
        yield (
            f"{whose} is told of the refusal and of the right to a hearing (34 CFR 99.20(c)): `dam-plugin letter write "
            f"amendment-refused --request {right.request_id}`"
        )
        yield (
            f"{whose} may ask for a hearing (34 CFR 99.21(a)): `dam-plugin request hearing {right.request_id} --asked{by}`"
        )


def _words(record: StudentRecord, person: str, day: date, lack: Lack) -> str:
    guardians = " and ".join(record.appointed_on(day))
    return _WORDS[lack].format(student=record.id, person=person, guardians=guardians)
