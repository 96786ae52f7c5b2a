"""Finds the parents who were turned away since the rights were the student's, where by what is on file now they were not.

So it is where a college or an age was entered by mistake, or a death became known later. Their days run on from the day on
which they asked (34 CFR 99.10(b)), so the request is opened again with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from dam_plugin.custodian.named_recordings import asked_about
from dam_plugin.custodian.request_register import calendar_of, shown_in
from dam_plugin.custodian.requests import status_of
from dam_plugin.model import Referral, StudentRecord
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.store import StoredRequest, Unit
from dam_plugin.store.requests import WAITING, Wanted

_CLAUSE = "RIGHTS-TRANSFERRED"
_STATE = "rights-passed"
_GIVEN = ("answered: allow", "answered: redact")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A parent's request (`RQ-…`), or a referral that answers none, closed on a day on which its students held no rights.

    `due` are the days of its clocks, by the clock, as they were before. `remedy` is the command by which it is heard again.
    """

    id: str
    students: tuple[str, ...]
    closed: date
    remedy: str
    due: Mapping[str, date] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What happened, until when it was due, and what to do."""
        due = ", ".join(f"{clock} due {day}" for clock, day in sorted(self.due.items(), key=lambda each: each[1]))
        return (
            f"{self.id}{f' ({due})' if due else ''} was closed on {self.closed} since the rights were the student's; by what "
            f"is on file now they were the parent's ({', '.join(self.students)}): `{self.remedy}`"
        )


def turned_away(services: Services, student: str | None = None) -> tuple[TurnedAway, ...]:
    """Return the parents' requests closed as `rights-passed` that a parent had the right to, those of a student or all.

    Of one student also what the queue refused by the clause RIGHTS-TRANSFERRED, and the requests that this answered.
    """
    with services.store.reading() as unit:
        found = {each.id: each for each in _closed_so(services, unit, student)}
        if student is not None:
            found |= {
                each.id: each for each in _refused(services, unit, unit.people.need(student)) if each.id not in found
            }
    return tuple(found.values())


def _closed_so(services: Services, unit: Unit, student: str | None) -> Iterator[TurnedAway]:
    ids = unit.requests.at_rest(wanted=Wanted(states=(_STATE,)), limit=_MOST)
    for request in unit.requests.requests_of(ids).values():
        yield from _of_request(services, unit, request, student)


def _of_request(services: Services, unit: Unit, request: StoredRequest, student: str | None) -> Iterator[TurnedAway]:
    calendar = calendar_of(services)
    status = status_of(request, unit.requests.events(request.id), calendar)
    if status.closing is None or request.recipient.role != "parent":
        return
    day = calendar.day(status.closing.on)
    theirs = asked_about(unit, request, shown_in(unit, request), day)
    wronged = sorted(each.id for each in theirs if not has_rights(each, day, services.rulings))
    if wronged and (student is None or student in wronged):
        due: dict[str, date] = {each.name: each.due.day for each in status.clocks}
        yield TurnedAway(request.id, tuple(wronged), day, f"dam-plugin request reopen {request.id} --why TEXT", due)


def _refused(services: Services, unit: Unit, record: StudentRecord) -> Iterator[TurnedAway]:
    """Yield the closed requests and referrals of a student's guardians that the clause held back, and nothing answered."""
    keys = {each.asset.key for each in unit.assets.of_student(record.id)}
    closed = [
        each
        for key in sorted(keys)
        for each in unit.referrals.listed(open_only=False, asset_key=key)
        if _CLAUSE in each.missing and each.closed_at is not None and not (each.closing or "").startswith(_GIVEN)
    ]
    shares = {each.share.id: each.share for each in unit.shares.stored_of(each.share_id for each in closed)}
    for each in closed:
        day, share = _day(services, each), shares.get(each.share_id)
        who = share.recipient.id if share is not None and share.recipient.role == "parent" else None
        if who is None or not record.has_guardian(who, day) or has_rights(record, day, services.rulings):
            continue
        answers = unit.requests.answered_by([each.id])
        for request in unit.requests.requests_of(answers).values():
            if unit.requests.state(request.id) not in (*WAITING, "granted", "withdrawn"):
                yield from _of_request(services, unit, request, record.id)
        if not answers:
            yield TurnedAway(each.id, (record.id,), day, f"dam-plugin queue show {each.id}")


def _day(services: Services, referral: Referral) -> date:
    closed = referral.closed_at or referral.opened_at
    return closed.astimezone(services.now().tzinfo).date()
