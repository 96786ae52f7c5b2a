"""What the custodian states by hand of a student who attends a college: the student holds the rights before 18.

34 CFR 99.3, "eligible student"; 99.5(a). It survives every roster, and counts beside a roster's `postsecondary`, which counts
for every day. The district's ruling `postsecondary = by-age` leaves either without effect (`terms.seen_as_ruled`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from dam_plugin.custodian.choices import cannot_sign, check_custodian, with_sets
from dam_plugin.custodian.guardianships import approved, end_stated, keep_stated
from dam_plugin.custodian.opt_outs_again import Effect, after_effect, take_effect_on_choices
from dam_plugin.custodian.turned_away import TurnedAway, turned_away
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.ledger.student import WITHOUT_RIGHT, record_of
from dam_plugin.model import Actor, Guardianship, StudentRecord
from dam_plugin.procedure.terms import comes_of_age
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit

# A letter comes months before the first term; a later day is taken for a mistyped year.
_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class College:
    """The statements as they are kept now, and what else they change.

    `marked`: the roster says so of the student besides, for every day. `by_age`: the district ruled that only the age of 18
    counts, so that this changes nothing. `consents` are the ids of those that count no more, since another holds the rights.
    `given_before`: so many recordings went to a parent since the first day, before it was entered. `turned_away`: a parent's
    requests that were closed since the rights were the student's, where by what is on file now they were not.
    """

    statements: tuple[Guardianship, ...]
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    marked: bool = False
    by_age: bool = False
    consents: tuple[str, ...] = ()
    given_before: int = 0
    turned_away: tuple[TurnedAway, ...] = ()


def state_college(  # noqa: PLR0913 - a statement says as much
    services: Services,
    student: str,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    since: date | None = None,
    until: date | None = None,
    paper: str | None = None,
) -> College:
    """Keep that a student attends a college from a day on (null: as on file, else today) through another; close links.

    Stated again with another last day, the later word holds. The same by another person is approved by two from then on.
    Raises InputError for a role that is not the custodian or a designee, where it is not said what was seen, for days that
    cannot be meant, and for a student who is 18 by the first day; UnknownThing.
    """
    check_custodian(by, "says that a student attends a college")
    if not seen.strip():
        raise InputError("say what was seen: --seen 'enrolment letter of the community college, 12 August'")
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        before = unit.people.need(student)
        known = _stated(before)
        begins = since or next((each.since for each in known if each.is_open(today)), today)
        _check_days(before, begins, until, today)
        stated = Guardianship(
            student=student,
            guardian=student,
            what="college",
            since=begins,
            seen=seen,
            by=by,
            until=until,
            paper=paper,
            system_id=user.id,
            system_name=user.name,
        )
        same = tuple(each for each in known if (each.since, each.until) == (begins, until))
        for each in known if not same else ():
            _replace(services, unit, each, stated, by, user)
        on_file = approved(unit, same, stated, user, today) or (same[0].id if same else None)
        stated = keep_stated(services, unit, stated, on_file, by, user)
        effect, consents = take_effect(services, unit, before, by)
        given = given_to_parents(services, unit, before, begins) if not same else 0
    return _told(services, before, (stated,), effect, consents, begins, given)


def end_college(
    services: Services, student: str, why: str, by: Actor, user: SystemUser, on: date | None = None
) -> College:
    """End what was stated by hand: from a day on (null: today) the student attends no college; close links.

    With the day on which it began, it was never so. Raises InputError for a role that is not the custodian or a designee,
    without a reason, for a day to come or before it began, and where nothing was stated by hand; UnknownThing.
    """
    check_custodian(by, "says that a student has left a college")
    if not why.strip():
        raise InputError("say why it ends, and what was seen: --why")
    today = services.now().date()
    day = on or today
    if day > today:
        raise InputError(
            f"{day} is still to come: state the last day in its place, `dam-plugin student college --until`"
        )
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        before = unit.people.need(student)
        ending = [each for each in _stated(before) if each.is_open(day)]
        if not ending:
            raise InputError(_NOTHING_BY_ROSTER if before.postsecondary else _NOTHING_STATED.format(student))
        first = min(each.since for each in ending)
        if on is not None and day < first:
            raise InputError(f"it began on {first} ({ending[0].id}): give that day to say that it was never so")
        ended = tuple(end_stated(services, unit, each, max(day, each.since), by, user, why) for each in ending)
        effect, consents = take_effect(services, unit, before, by)
    return _told(services, before, ended, effect, consents, day)


_NOTHING_STATED = (
    "nobody stated by hand that {0} attends a college on that day: `dam-plugin student show {0}` lists what was stated"
)
_NOTHING_BY_ROSTER = (
    "the roster says that this student attends a college, and nobody stated it by hand: it ends when the roster no longer "
    "says so, by `dam-plugin roster import`"
)


def _stated(record: StudentRecord) -> list[Guardianship]:
    """Return what was stated of a student and has not been taken back whole, by its first day."""
    found = (each for each in record.guardianships if each.what == "college" and each.is_in_force(each.since))
    return sorted(found, key=lambda each: (each.since, each.id))


def _check_days(record: StudentRecord, begins: date, until: date | None, today: date) -> None:
    """Raise InputError for days on which nobody attends a college, or that change nothing."""
    if begins > today + _AHEAD:
        raise InputError(f"{begins} is more than a year ahead, and changes nothing until then: is the year right?")
    if until is not None and until < begins:
        raise InputError(f"it would end on {until}, before it begins on {begins}: look at the two days again")
    if record.born is not None and begins < record.born:
        raise InputError(f"{begins} is before {record.id} was born: look at the day again (--since)")
    if record.has_died(begins):
        raise InputError(f"{record.id} had died by {begins}: look at the day again (--since)")
    birthday = comes_of_age(record.student)
    if birthday is not None and begins >= birthday:
        raise InputError(
            f"{record.id} is 18 {'since' if birthday <= today else 'on'} {birthday} and holds the rights from then on, in "
            "college or not (34 CFR 99.5(a)): there is nothing to state"
        )


def _replace(
    services: Services, unit: Unit, known: Guardianship, new: Guardianship, by: Actor, user: SystemUser
) -> None:
    """End what was stated of the same time in other words, in the caller's transaction: the later word holds.

    Raises InputError for a first day within a time on file, which would say nothing new.
    """
    ends_before = known.until is not None and known.until < new.since
    if ends_before or not known.is_open(new.since) or (new.until is not None and new.until < known.since):
        return
    if new.since > known.since:
        raise InputError(
            f"{new.student} is on file as in college since {known.since} ({known.id}): leave --since out to say until when; "
            f"where that day is wrong, first `dam-plugin student left-college {new.student} --on {known.since} --why TEXT`"
        )
    end_stated(services, unit, known, known.since, by, user, "stated anew with other days")


def take_effect(services: Services, unit: Unit, before: StudentRecord, by: Actor) -> tuple[Effect, tuple[str, ...]]:
    """Close in the caller's transaction what is refused now; return that, and the consents that count no more.

    What was ended by who did not hold the rights holds again first.
    """
    effect = take_effect_on_choices(services, unit, before.id, by)
    today, after = services.now().date(), unit.people.need(before.id)
    consents = unit.people.consents([before.id])
    lost = (
        consent_id
        for consent_id, consent in consents
        if consent.is_in_force(today)
        and cannot_sign(services, consent, before, today) is None
        and cannot_sign(services, consent, after, today) is not None
    )
    return effect, tuple(lost)


def given_to_parents(services: Services, unit: Unit, record: StudentRecord, since: date) -> int:
    """Return how many recordings a parent had or was let have from a day on, as who held the rights (`EX2`)."""
    today = services.now().date()
    if since >= today or services.rulings.rights_by_age:
        return 0
    zone = services.now().tzinfo
    return sum(
        each.what in _GIVEN
        and each.outcome in ("allow", "redact")
        and (each.who or "").startswith("parent:")
        and (not {"EX2", "EX2-MULTI"}.isdisjoint(each.clauses) or WITHOUT_RIGHT in (each.remark or ""))
        and each.at.astimezone(zone).date() >= since
        for each in record_of(unit, services.ledger, record.id, rulings=services.rulings)
    )


_GIVEN = ("asked", "viewed", "handed over")


def _told(
    services: Services,
    before: StudentRecord,
    statements: Iterable[Guardianship],
    effect: Effect,
    consents: tuple[str, ...],
    day: date,
    given: int = 0,
) -> College:
    closed = after_effect(services, effect, before.id)
    closed = with_sets(services, closed, [before.id], day)
    return College(
        tuple(statements),
        closed,
        before.postsecondary,
        services.rulings.rights_by_age,
        consents,
        given,
        turned_away(services, before.id),
    )
