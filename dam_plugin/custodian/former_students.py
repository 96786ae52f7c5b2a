"""A former student whom no roster has, added by hand: a recording outlives the rosters (34 CFR 99.3, 99.5, 99.37(b)).

She may be tagged, inspects her own record, and what is given out stands on it. The next roster leaves her as she is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from dam_plugin.custodian.choices import Imported, check_custodian, import_roster
from dam_plugin.errors import InputError
from dam_plugin.model import Actor, StudentRecord
from dam_plugin.people.doubts import may_be_the_same
from dam_plugin.people.roster import RosterImport, Source
from dam_plugin.services import Services
from dam_plugin.store import Unit


@dataclass(frozen=True, slots=True)
class FormerStudent:
    """Who it was: the district's number of then, the two parts of the name, and the birth date (null = not known)."""

    number: str
    given: str
    family: str
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """The pseudonym of a student who was added, and the effect of it on the recordings."""

    student: str
    imported: Imported


def add_former_student(
    services: Services, who: FormerStudent, seen: str, by: Actor, *, paper: str | None = None, another: bool = False
) -> Added:
    """Put a student who has left, and whom no roster has, on file; tag recordings again that may name them.

    `seen` is what showed that it was a student of the district, `paper` the digest of a copy. `another`: it is another person
    than whoever on file is called nearly the same. Raises InputError for anybody but the custodian or a designee, for a name or
    number that is missing, for a birth date of a day to come, for a number that is on file, and for such a name.
    """
    check_custodian(by, "adds a former student")
    record = _record_of(services, who, seen)

    def checked_and_recorded(unit: Unit) -> None:
        _check_new(unit, record, another=another)
        details = {"by": asdict(by), "seen": seen.strip(), "paper": paper}
        services.ledger.append(
            unit, at=services.now(), kind="former-student", subject=record.id, details=details, students=[record.id]
        )

    roster = RosterImport((record,), tells_guardians=False, whole=False, format="a former student, added by hand")
    source = Source("a person")
    done = import_roster(services, roster, by, source=source, without_choices=True, within=checked_and_recorded)
    return Added(record.id, done)


def _record_of(services: Services, who: FormerStudent, seen: str) -> StudentRecord:
    number, given, family = (" ".join(each.split()) for each in (who.number, who.given, who.family))
    if not (number and given and family):
        raise InputError(
            "give the number, the given name and the family name of the student: --number, --given and --family"
        )
    if not seen.strip():
        raise InputError("say what shows that it was a student of the district: --seen")
    if who.born is not None and who.born >= services.now().date():
        raise InputError("the birth date lies ahead: correct it, or leave --born out where it is not known")
    return StudentRecord(
        id=services.pseudonyms.student(number),
        roster_id=number,
        names=(f"{given} {family}",),
        born=who.born,
        active=False,
        given=given,
        family=family,
    )


def _check_new(unit: Unit, record: StudentRecord, *, another: bool) -> None:
    if unit.people.student(record.id) is not None:
        raise InputError(f"a student is on file under this number already: `dam-plugin student show {record.id}`")
    alike = [each.id for each in unit.people.students() if may_be_the_same(record, each)]
    if alike and not another:
        raise InputError(
            f"{len(alike)} student(s) on file may be the same, by name and birth date: tag that one (`dam-plugin student find "
            "NAME`), or say that it is another person with --another"
        )
