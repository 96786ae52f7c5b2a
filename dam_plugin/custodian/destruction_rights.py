"""Who may have a recording destroyed before it is due: the parents, or the student once the rights are the student's.

"The information must be destroyed at the request of the parents" (34 CFR 300.624(b)); the parents' rights pass to the student
at 18 (34 CFR 300.625(b), 99.5(a)). It cannot be undone, so the right is held both on the day of the request and today. Who
represents a parent inspects (34 CFR 300.613(b)(3)), and has nothing destroyed. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

from dam_plugin.custodian.amendment_rights import Lack, why_not
from dam_plugin.custodian.family_grounds import PARENT, STUDENT
from dam_plugin.custodian.own_record import KEEPS_THE_RIGHT
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, StudentRecord
from dam_plugin.services import Services
from dam_plugin.store import Unit

_LAW = "34 CFR 300.624(b)"
_KEPT = f"a recording is destroyed before it is due at the word of who holds the rights alone ({_LAW})"
_WORDS: dict[Lack | Literal["acts"], str] = {
    "passed": "{student} is 18 or in college and holds the rights alone (34 CFR 99.5(a), 300.625(b)), and no parent asks: "
    "ask the student, and where the student asks, --asked-by eligible_student:{student}",
    "minor": "{student} does not hold the rights yet, the parents do (34 CFR 99.3, 300.624(b)): where a parent asks, "
    "--asked-by parent:G-…",
    "limited": "a court order on file limits the rights of {person} over the record of {student} (34 CFR 99.4; RSMo 452.375, "
    "452.376): nothing is destroyed at their word, and whoever else holds the rights may ask",
    "ward": "a court appointed {guardians} as guardian of {student}, who holds the rights (RSMo 475): where the guardian asks, "
    "--asked-by parent:G-…",
    "died": "{student} has died, and the rights passed to nobody: ask the district's attorney",
    "acts": "{person} represents somebody who holds the rights over the record of {student}, and so may inspect it, not have "
    "it destroyed (34 CFR 300.613(b)(3)): have the one who holds the rights ask, and give them as --asked-by",
    "unknown": "{person} is on file neither as {student} with the rights nor as a parent who holds them (34 CFR 99.3, 99.4): "
    "settle first who asks, `dam-plugin student show {student} --as custodian:NAME`",
}


def check_family(who: Recipient) -> None:
    """Raise InputError for who is neither a parent nor a student, or has no id."""
    if not who.is_family or who.id is None:
        raise InputError(
            f"{_KEPT}: give the parent, --asked-by parent:G-…, or the student with the rights, --asked-by eligible_student:S-…"
        )


def check_may_ask(services: Services, unit: Unit, who: Recipient, students: Collection[str], asked: date) -> None:
    """Raise InputError unless somebody holds the rights over each of these students, on the day of the request and today."""
    if not students:
        raise InputError(
            f"{_KEPT}, and no student of this recording is known, so nobody can be seen to hold them: say who is in it "
            "(`dam-plugin review next`), or keep it until it is due and leave --parents-asked out"
        )
    found, today = unit.people.students_of(students), services.now().date()
    for student in sorted(students):
        record = found.get(student)
        for day in (today, asked):
            lack = "unknown" if record is None else _lack(services, record, who, day)
            if lack is not None:
                raise InputError(
                    f"{_words(unit, student, record, who, day, lack, is_past=day != today)}. Until then it is kept"
                )


def holds_today(services: Services, unit: Unit, who: Recipient, students: Collection[str]) -> bool:
    """Whether somebody holds the rights over each of these students today."""
    found, today = unit.people.students_of(students), services.now().date()
    return all(each in found and _lack(services, found[each], who, today) is None for each in students)


def other_holders(services: Services, unit: Unit, who: Recipient, students: Collection[str]) -> tuple[str, ...]:
    """Return the parents who hold the rights today beside a parent who asks, each in full (34 CFR 99.4); of a student none."""
    if who.role != PARENT:
        return ()
    today, found = services.now().date(), unit.people.students_of(students).values()
    held = dict.fromkeys(each for record in found for each in record.guardians_on(today))
    return tuple(each for each in held if each != who.id)


def _lack(services: Services, record: StudentRecord, who: Recipient, day: date) -> Lack | Literal["acts"] | None:
    """Return why the right is not a person's on a day, as for an amendment; None: it is theirs."""
    if (who.role == STUDENT) is not (who.id == record.id):
        return "unknown"
    lack = why_not(record, who, day, services.rulings)
    acts = lack is None and who.role == PARENT and who.id not in record.guardians_on(day)
    return "acts" if acts else lack


def _words(
    unit: Unit,
    student: str,
    record: StudentRecord | None,
    who: Recipient,
    day: date,
    lack: Lack | Literal["acts"],
    *,
    is_past: bool,
) -> str:
    """Return why it is not destroyed at a person's word, and what to do instead, for the custodian."""
    person = who.id or ""
    if is_past:
        return (
            f"{person} held no right to have the record of {student} destroyed on {day}, the day of the request ({_LAW}, 99.4, "
            "99.5): where they hold it now, ask them again, and give the day of their answer as --parents-asked"
        )
    is_parent = lack == "unknown" and who.role == PARENT
    if record and is_parent and (person in record.ever_guardians or student in unit.people.once_guardian_of(person)):
        return f"{KEEPS_THE_RIGHT.format(person, student)}; today nothing is destroyed at their word ({_LAW})"
    guardians = ", ".join(record.appointed_on(day)) if record else ""
    return f"{_WORDS[lack].format(person=person, student=student, guardians=guardians)} ({_LAW})"
