"""What the custodian states by hand of a protected student: it must not become known where the student is.

It survives every roster. Links that show the student close at once, and by the day on which it begins or ends each decision
is another without a command. To lift it takes two people, as to lift a court order's limit (`guardianships.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date

from dam_plugin.custodian.choices import record_protection, with_sets
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks, after_closing_for_third_parties, close_refused_links
from dam_plugin.intake import two_people
from dam_plugin.intake.search_again import search_and_close
from dam_plugin.intake.take_down import after_filing, file_take_downs
from dam_plugin.model import CUSTODIANS, Actor, LettingGo, Protection, ProtectionKind, StudentRecord
from dam_plugin.people.doubts import SOON
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import check_until
from dam_plugin.store import SystemUser, Unit


@dataclass(frozen=True, slots=True)
class Protected:
    """The protections as they are kept now, and the links that closed. `waits`: a first person wants them to end.

    `marked`: the roster marks the student besides, which only an import ends. `answered` are the guardians of
    whom two people said before that no protection is against them, and who are answered as before.
    """

    protections: tuple[Protection, ...]
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    waits: bool = False
    marked: bool = False
    answered: tuple[str, ...] = ()


def protect(  # noqa: PLR0913 - a protection says as much
    services: Services,
    student: str,
    kind: ProtectionKind,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    since: date | None = None,
    until: date | None = None,
    paper: str | None = None,
) -> Protected:
    """Protect a student from a day on; return it with the closed links and the yearbook sets that show the student.

    Raises InputError for a role that is not the custodian or a designee, where it is not said what was seen, and for days
    that cannot be meant; UnknownThing.
    """
    _require_custodian(by)
    if not seen.strip():
        raise InputError(
            "say what was seen: --seen 'card of the Safe at Home program', --seen 'order of the circuit court'"
        )
    today = services.now().date()
    begins = since or today
    if begins > today + SOON:
        raise InputError(
            f"this protection would begin on {begins} and hold back nothing until then: correct the day, or leave it out, and "
            "it holds from today"
        )
    check_until(until, max(begins, today))
    stated = Protection(
        student=student,
        kind=kind,
        since=begins,
        seen=seen,
        by=by,
        until=until,
        paper=paper,
        system_id=user.id,
        system_name=user.name,
    )
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        kept = unit.people.add_protection(stated, services.now())
        record = unit.people.need(student)
        (stated,) = (each for each in record.protections if each.id == kept)
        _record(services, unit, stated, "stated", by, user)
        fell = search_and_close(services, unit, student)
        filed = file_take_downs(services, unit, [student])
    closed = after_filing(services, after_closing_for_third_parties(services, fell, student=student), filed)
    day = max(begins, today)
    answered = tuple(each for each in record.guardians_on(day) if not record.is_to_be_looked_at(each, day))
    closed = with_sets(services, closed, [student], begins)
    return Protected((stated,), closed, marked=record.marked is not None, answered=answered)


def unprotect(
    services: Services, student: str, why: str, by: Actor, user: SystemUser, kind: ProtectionKind | None = None
) -> Protected:
    """Keep a first person's wish to end what was stated by hand, or end it where a second one agrees.

    A host's key is no person: its wish is kept, and it still takes two people.
    Raises InputError for a role that is not the custodian or a designee, without a reason, where nothing was stated by hand,
    where several kinds were and none is named, and where the same person wants it twice; UnknownThing.
    """
    _require_custodian(by)
    if not why.strip():
        raise InputError("say why the protection ends, and what was seen: --why")
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        record = unit.people.need(student)
        ending = _to_end(record, kind, today)
        wish = LettingGo(by, user.id, user.name, services.now(), why)
        # Whoever says yes last says it to everything that stands, also to what was stated since the first one asked.
        waits = two_people.is_key(user) or any(_wished(each) is None for each in ending)
        for each in ending:
            if waits:
                unit.people.wish_to_lift_protection(each, _wished(each) or wish)
            else:
                two_people.check_another(_wished(each) or wish, wish, user)
                unit.people.end_protection(each, today)
            _record(services, unit, each, "asked to end" if waits else "ended", by, user, why)
        kept = {each.id for each in ending}
        now = tuple(each for each in unit.people.need(student).protections if each.id in kept)
        fell = close_refused_links(services, unit, student=student)
    closed = after_closing_for_third_parties(services, fell, student=student)
    return Protected(now, closed, waits, record.marked is not None)


def never_protected(
    services: Services, student: str, why: str, by: Actor, user: SystemUser, kind: ProtectionKind | None = None
) -> Protected:
    """Keep a first person's word that a student never was protected, or let it hold where a second one says the same.

    It was another student's, such as a twin's: also where it ended already. What was published meanwhile is no mistake then.
    Raises InputError as `unprotect`; UnknownThing.
    """
    _require_custodian(by)
    if not why.strip():
        raise InputError("say how the mistake came about, and what shows it: --why")
    two_people.require_person(user, "says of no student that they never were protected", _NEVER_SO.format(student))
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        record = unit.people.need(student)
        meant = _never_meant(record, kind)
        firsts = [each.lifting if each.lifting and each.lifting.never == "asked" else None for each in meant]
        waits = any(each is None for each in firsts)
        wish = LettingGo(by, user.id, user.name, services.now(), why, "asked" if waits else "so")
        for each, first in zip(meant, firsts, strict=True):
            if not waits and first is not None:
                two_people.check_another(first, wish, user)
            unit.people.wish_to_lift_protection(each, first if waits and first is not None else wish)
            if not waits:
                unit.people.end_protection(each, today)
            _record(services, unit, each, "said never so" if waits else "never so", by, user, why)
        kept = {each.id for each in meant}
        now = tuple(each for each in unit.people.need(student).protections if each.id in kept)
        fell = close_refused_links(services, unit, student=student)
    closed = after_closing_for_third_parties(services, fell, student=student)
    return Protected(now, closed, waits, record.marked is not None)


def _never_meant(record: StudentRecord, kind: ProtectionKind | None) -> list[Protection]:
    found = [each for each in record.protections if kind in (None, each.kind) and not each.never_was_so]
    if not found:
        raise InputError("nobody stated this of the student by hand: `dam-plugin student show` lists what was")
    if len({each.kind for each in found}) > 1:
        told = ", ".join(sorted({f"--kind {each.kind}" for each in found}))
        raise InputError(f"the student was protected for several reasons: say which of them never was so, {told}")
    return found


def _wished(stated: Protection) -> LettingGo | None:
    """Return a first person's wish that it ends; that of a host's key is nobody's."""
    wish = stated.lifting if stated.lifting is not None and stated.lifting.never is None else None
    is_nobodys = wish is not None and two_people.is_key(SystemUser(wish.user_id, wish.user_name))
    return None if is_nobodys else wish


def _to_end(record: StudentRecord, kind: ProtectionKind | None, today: date) -> list[Protection]:
    there = [each for each in record.protections if each.is_open(today)]
    found = [each for each in there if kind in (None, each.kind)]
    if not found and not there and record.marked is not None:
        raise InputError(
            "the roster marks this student, and nobody stated it by hand: it ends when the roster no longer does, by "
            "`dam-plugin roster import … --confirm`"
        )
    if not found:
        raise InputError("nobody stated this of the student by hand: `dam-plugin student show` lists what was")
    if len({each.kind for each in found}) > 1:
        told = ", ".join(sorted({f"--kind {each.kind}" for each in found}))
        raise InputError(f"the student is protected for several reasons: say which of them ends, {told}")
    return found


def _require_custodian(by: Actor) -> None:
    if by.role not in CUSTODIANS:
        raise InputError("only the records custodian or a designee says who is protected: add --as custodian:NAME")


def _record(
    services: Services, unit: Unit, stated: Protection, done: str, by: Actor, user: SystemUser, why: str | None = None
) -> None:
    told = {name: value for name, value in asdict(replace(stated, lifting=None)).items() if name not in _NOT_TOLD}
    more = {"why": why} if why else {}
    details = {**told, "done": done, "protection": stated.id, "system_user": asdict(user), **more}
    record_protection(services, unit, stated.student, by, details)


_NEVER_SO = "dam-plugin student unprotect {} --never-so --why TEXT"
_NOT_TOLD = ("id", "by", "system_id", "system_name", "lifting", "ended", "student")
