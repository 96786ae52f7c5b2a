"""Corrects a line of a student's record of disclosures that was entered for the wrong student (34 CFR 99.20(a), 99.21(b)(1)).

Nothing is taken back: the entry stays in the chain and on the page, and the correction stands beside it, with who said so and
why. It takes two people, and closes nothing. A student for whom a request was entered by mistake counts no longer as asked for
by name in it (`sharing/targeted.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from dam_plugin.custodian.findings import require_custodian
from dam_plugin.custodian.request_register import note_wrong_student
from dam_plugin.custodian.requests import StudentCorrected
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.intake import two_people
from dam_plugin.ledger.student import CORRECTED, CORRECTION, STANDS
from dam_plugin.model import Actor, LettingGo
from dam_plugin.pseudonyms import REQUEST
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit

_ASKED = "asked"
_LONGEST = 500
_OF_ANOTHER = "{0} was not recorded for {1}: `dam-plugin ledger student {1}` lists what was"
_NOT_BY_HAND = (
    "only what was recorded by hand can have been entered for the wrong student: {0} was decided by the plugin. Where the tags "
    "are wrong, correct them: `dam-plugin tag`"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of one student's line of a share, or of a request of the register.

    `waits`: a first person stated it, and another one has to agree.
    """

    share: str
    student: str
    stands: bool
    waits: bool


def correct_line(
    services: Services, share: str, student: str, why: str, by: Actor, user: SystemUser, *, stands: bool = False
) -> Correction:
    """State that what was recorded by hand was entered for the wrong student, or agree with another person that it was.

    `stands`: that the line was right after all, of one that was corrected. Raises InputError for a role that is not the
    custodian or a designee, without a reason, for what was not recorded by hand for this student, for what is so already, and
    where one person says it twice; UnknownThing.
    """
    require_custodian(by)
    if not why.strip() or not why.isprintable() or len(why) > _LONGEST:
        raise InputError(f"say what shows it, in one line of at most {_LONGEST} characters: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        _check_by_hand(services, unit, share, student)
        wish, first = LettingGo(by, user.id, user.name, services.now(), why), None
        is_corrected = False
        for _, details in services.ledger.about(unit, CORRECTION, [share]):
            if details is None or details.get("student") != student:
                continue
            if details["done"] == _ASKED:
                first = details if details["stands"] == stands else None
            else:
                is_corrected, first = details["done"] == CORRECTED, None
        if is_corrected != stands:
            raise InputError(
                "no correction stands beside this line: leave --stands out"
                if stands
                else "this line is corrected already; where it was right after all, add --stands"
            )
        told = {"student": student, "stands": stands, "by": asdict(by), "system_user": asdict(user), "why": why}
        if first is None:
            _record(services, unit, share, student, {"done": _ASKED, **told})
            return Correction(share, student, stands, waits=True)
        asked = LettingGo(
            Actor(**first["by"]),
            first["system_user"]["id"],
            first["system_user"]["name"],
            datetime.fromisoformat(str(first["at"])),
            first["why"],
        )
        two_people.check_another(asked, wish, user)
        both = {"first": {name: first[name] for name in ("by", "system_user", "why")}}
        _record(services, unit, share, student, {"done": STANDS if stands else CORRECTED, **told, **both})
        if share.startswith(REQUEST):
            note_wrong_student(services, unit, share, StudentCorrected(student, stands), by, user)
    return Correction(share, student, stands, waits=False)


def _check_by_hand(services: Services, unit: Unit, share: str, student: str) -> None:
    """Raise InputError unless the share, or request, was recorded by hand for this student; UnknownThing for an unknown id."""
    unit.people.need(student)
    if share.startswith(REQUEST):
        return _check_request(services, unit, share, student)
    found = [details for _, details in services.ledger.about(unit, "share", [share]) if details is not None]
    if not found:
        raise UnknownThing(
            "no share of this id is on record: `dam-plugin ledger student S-… --json` gives it, as `share`"
        )
    (details,) = found
    if (details.get("in_person") or {}).get("what") != "handed over":
        raise InputError(_NOT_BY_HAND.format(share))
    if student not in ((details.get("decision") or {}).get("basis") or {}):
        raise InputError(_OF_ANOTHER.format(share, student))
    return None


def _check_request(services: Services, unit: Unit, request: str, student: str) -> None:
    """Raise InputError unless a request of the register was entered for this student; UnknownThing where there is none."""
    entries = [entry.seq for entry, _ in services.ledger.about(unit, "request", [request])]
    if not entries:
        raise UnknownThing("no request of the register has this id: `dam-plugin request list` lists them")
    if not any(student in students for students in unit.entries.students_of(entries).values()):
        raise InputError(_OF_ANOTHER.format(request, student))


def _record(services: Services, unit: Unit, share: str, student: str, details: dict[str, object]) -> None:
    now = services.now()
    services.ledger.append(
        unit, at=now, kind=CORRECTION, subject=share, details={**details, "at": now}, students=[student]
    )
