"""What the custodian states by hand of a student who died: age stops on that day, whatever a roster says later.

So the parents of a minor who died hold the rights for good (the district's ruling `age-at-death`), and those of a student who
held them end (34 CFR 99.3, 99.5). It survives every roster, and holds before a roster's day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from dam_plugin.custodian.choices import check_custodian, with_sets
from dam_plugin.custodian.college import given_to_parents, take_effect
from dam_plugin.custodian.guardianships import approved, end_stated, keep_stated
from dam_plugin.custodian.opt_outs_again import Effect, after_effect
from dam_plugin.custodian.request_register import MOST_LISTED, Asked, list_requests
from dam_plugin.custodian.turned_away import TurnedAway, turned_away
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.model import Actor, Guardianship, StudentRecord
from dam_plugin.procedure.terms import comes_of_age, has_rights
from dam_plugin.services import Services
from dam_plugin.store import StoredRequest, SystemUser


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request that waits for an answer, asked for under a role, with the day on which its next clock ends (null: none)."""

    id: str
    role: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Death:
    """The statement as it is kept now, and what else it changes.

    `roster`: the day on which the roster says that the student died (null: it does not). `held`: the student held the rights
    on that day, so that they ended; else the parents hold them. `requests` wait, of the student, or of the family about
    them; so do the referrals of these. `notices` are referrals by which a family is to be told in writing of a recording that
    shows the student. `consents` are the ids of those that count no more. `turned_away`
    is as for `College`; `given_after`: where it is taken back, so many recordings went to a parent after the 18th birthday.
    """

    statement: Guardianship
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    roster: date | None = None
    held: bool = False
    consents: tuple[str, ...] = ()
    requests: tuple[WaitingRequest, ...] = ()
    referrals: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    turned_away: tuple[TurnedAway, ...] = ()
    given_after: int = 0


def state_death(
    services: Services,
    student: str,
    on: date,
    seen: str,
    by: Actor,
    user: SystemUser,
    *,
    paper: str | None = None,
) -> Death:
    """Keep that a student died on a day; close the links that are refused now.

    Stated again with another day, the later word holds. The same by another person is approved by two from then on.
    Raises InputError for a role that is not the custodian or a designee, where it is not said what was seen, and for a day to
    come or before the birth; UnknownThing.
    """
    check_custodian(by, "says that a student died")
    if not seen.strip():
        raise InputError("say what was seen: --seen 'death certificate', --seen 'obituary in the Riverbend Post'")
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        before = unit.people.need(student)
        _check_day(before, on, today)
        stated = Guardianship(
            student=student,
            guardian=student,
            what="died",
            since=on,
            seen=seen,
            by=by,
            paper=paper,
            system_id=user.id,
            system_name=user.name,
        )
        known = _stated(before)
        same = tuple(each for each in known if each.since == on)
        for each in known if not same else ():
            end_stated(services, unit, each, each.since, by, user, "stated anew with another day")
        on_file = approved(unit, same, stated, user, today) or (same[0].id if same else None)
        stated = keep_stated(services, unit, stated, on_file, by, user)
        effect, consents = take_effect(services, unit, before, by)
    return _told(services, before, stated, effect, consents)


def take_back_death(services: Services, student: str, why: str, by: Actor, user: SystemUser) -> Death:
    """End what was stated by hand of a student's death, as if it had never been said; close the links that are refused now.

    Raises InputError for a role that is not the custodian or a designee, without a reason, and where nobody stated it by hand;
    UnknownThing.
    """
    check_custodian(by, "says that a student is alive")
    if not why.strip():
        raise InputError("say how the mistake came about, and what was seen: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        before = unit.people.need(student)
        ending = _stated(before)
        if not ending:
            raise InputError((_BY_ROSTER if before.died is not None else _NOTHING_STATED).format(student))
        # From its day on, so that it never was.
        ended, *_ = [end_stated(services, unit, each, each.since, by, user, why) for each in ending]
        effect, consents = take_effect(services, unit, before, by)
        birthday = comes_of_age(before.student)
        given = given_to_parents(services, unit, before, birthday) if birthday is not None else 0
    return _told(services, before, ended, effect, consents, given)


_NOTHING_STATED = (
    "nobody stated by hand that {0} died: `dam-plugin student show {0}` lists what was stated, and `dam-plugin student find` "
    "finds another student"
)
_BY_ROSTER = (
    "the roster says that this student died, and nobody stated it by hand: it ends when the roster no longer says so, by "
    "`dam-plugin roster import`"
)


def _stated(record: StudentRecord) -> list[Guardianship]:
    return [each for each in record.guardianships if each.what == "died" and each.ended is None]


def _check_day(record: StudentRecord, on: date, today: date) -> None:
    """Raise InputError for a day on which nobody can be known to have died."""
    if on > today:
        raise InputError(f"{on} is still to come: look at the day again (--on)")
    if record.born is not None and on < record.born:
        raise InputError(f"{on} is before {record.id} was born: look at the day again (--on)")


def _told(
    services: Services,
    before: StudentRecord,
    stated: Guardianship,
    effect: Effect,
    consents: tuple[str, ...],
    given: int = 0,
) -> Death:
    closed = after_effect(services, effect, before.id)
    closed = with_sets(services, closed, [before.id])
    with services.store.reading() as unit:
        after = unit.people.need(before.id)
        shown = {each.asset.key for each in unit.assets.of_student(before.id)}
        open_referrals = unit.referrals.listed()
        shares = unit.shares.stored_of(each.share_id for each in open_referrals)
        asking = {each.share.id: each.share.recipient.id for each in shares}
    family = {before.id, *before.ever_guardians}
    requests = tuple(_waiting(services, before, family))
    return Death(
        stated,
        closed,
        before.died,
        has_rights(after, stated.since, services.rulings),
        consents,
        requests,
        tuple(r.id for r in open_referrals if r.asset_key in shown and asking.get(r.share_id) in family),
        tuple(r.id for r in open_referrals if r.asset_key in shown and r.kind in _LETTERS),
        turned_away(services, before.id),
        given,
    )


# What waits for a letter to the families of those whom a recording shows.
_LETTERS = ("notice_owed", "statement_owed", "offer")


def _waiting(services: Services, record: StudentRecord, family: set[str]) -> Iterator[WaitingRequest]:
    """Yield the requests that wait: of the student, and of the family about the student or in words that name nobody."""
    after: str | None = None
    while True:
        page = list_requests(services, Asked(limit=MOST_LISTED, after=after))
        for each in page.requests:
            if each.status.is_open and _is_about(each.request, record.id, family):
                due = each.status.next.due.day if each.status.next else None
                yield WaitingRequest(each.request.id, each.request.recipient.role, due)
        if page.after is None:
            return
        after = page.after


def _is_about(request: StoredRequest, student: str, family: set[str]) -> bool:
    return student in request.students or (request.recipient.id in family and not request.students)
