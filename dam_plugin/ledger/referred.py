"""What became of the requests that waited for the custodian: 34 CFR 99.32 asks to record them however they ended.

Computed from the ledger's entries of the work, from the work, and from the register; so that what an earlier version kept is
judged in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from dam_plugin.ledger.chain import Ledger
from dam_plugin.ledger.corrected import ByTwo, gone_to_others, of_nobody, replaced_by, true_recipients, went_astray
from dam_plugin.ledger.request_key import request_key
from dam_plugin.ledger.same_order import of_same_order
from dam_plugin.model import NOT_ASKED_FOR, Referral
from dam_plugin.pseudonyms import SHARE
from dam_plugin.store import RequestEvent, Unit
from dam_plugin.store.ledger_subjects import ShareTrace
from dam_plugin.store.requests import not_reached

_RELEASED = ("allow", "redact")
# The ledger's words for work that a share ended, or in which something was handed over.
_GIVEN = ("settled", "closed", "disclosed")

HowEnded = Literal[
    "waiting",
    "given",
    "refused",
    "not-reached",
    "withdrawn",
    "no-such-record",
    "lost",
    "rights-passed",
    "referred-elsewhere",
]
# How the register closed what was neither given nor refused; by its other outcomes it is refused what nothing was given of.
_AS_CLOSED: tuple[HowEnded, ...] = ("withdrawn", "no-such-record", "lost", "rights-passed", "referred-elsewhere")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a request that waited for the custodian ended, and on which day of the district; null while it waits.

    `by` are the shares that answered it, by id.
    """

    how: HowEnded = "waiting"
    day: date | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closing:
    """How the register closed a request: the outcome, and the day on which it was."""

    outcome: str
    on: datetime

    @property
    def how(self) -> HowEnded:
        """How it ended for a recording of which nothing was given."""
        return next((each for each in _AS_CLOSED if each == self.outcome), "refused")


def closing_of(events: Iterable[RequestEvent]) -> Closing | None:
    """Return how a request was closed last; None where it is open."""
    found: Closing | None = None
    for each in events:
        if each.kind == "closed":
            found = Closing(str(each.content.get("outcome")), each.on)
        elif each.kind == "reopened":
            found = None
    return found


def refused_before(events: Iterable[RequestEvent]) -> tuple[date, date] | None:
    """Return on which day a request was denied last before it was reopened, and on which it was; None where it was not."""
    denied: date | None = None
    found: tuple[date, date] | None = None
    for each in events:
        if each.kind == "closed":
            denied = each.on.astimezone().date() if each.content.get("outcome") == "denied" else None
        elif each.kind == "reopened" and denied is not None:
            found, denied = (denied, each.on.astimezone().date()), None
    return found


def waited(share: ShareTrace) -> bool:
    """Whether a share is a request that was referred to the custodian."""
    return share.share.kind == "request" and share.outcome == "refer"


def ends_of(unit: Unit, ledger: Ledger, shares: Mapping[str, ShareTrace], *, secret: bool = False) -> dict[str, Ended]:
    """Return how each of these requests, which waited for the custodian, ended, by the id of its share.

    `secret`: what is under an order that forbids telling counts, too.
    """
    keys = {each: _keys(row) for each, row in shares.items()}
    known = [
        each
        for each in unit.referrals.of_requests({key for theirs in keys.values() for key in theirs}, shares)
        if each.kind not in NOT_ASKED_FOR and (secret or not each.secret)
    ]
    given = given_in(unit, ledger, known, secret=secret)
    answers = unit.entries.subjects.shares(ids={each for ids in given.values() for each in ids})
    corrects, received = replaced_by(unit, ledger, answers), true_recipients(unit, ledger, answers, secret=True)
    nobodys = of_nobody(unit, ledger, answers)
    found = {}
    for share_id, row in shares.items():
        work = [each for each in known if _is_of(each, row, keys[share_id])]
        work = of_same_order(unit, row.share, work) if len(work) > 1 or row.share.answers else work
        by = {each: answers[each] for one in work for each in given.get(one.id, ()) if each in answers}
        astray = _astray(row, by, corrects, received) | (by.keys() & nobodys)
        if astray:
            by = {each: by[each] for each in by.keys() - astray} | _given_instead(
                unit, ledger, row, work, secret=secret
            )
        found[share_id] = Ended() if astray and not by else _ended(unit, row, work, by, secret=secret)
    return found


def _astray(
    row: ShareTrace, by: Mapping[str, ShareTrace], corrects: Mapping[str, str], received: Mapping[str, ByTwo]
) -> set[str]:
    """Return what went to somebody else than whoever asked, as was corrected, of what was entered as the answer.

    What was entered wrongly stays an answer where the entry that corrects it last names whoever asked.
    """
    last = {each: each for each in by}
    for each in by:
        while corrects.get(last[each]) in by:
            last[each] = corrects[last[each]]
    moved = {each for former, each in last.items() if each != former and not _is_for(by[each], row)}
    others = (by.keys() & gone_to_others(received, row.share.recipient)) - corrects.keys()
    return others | {each for each in by if last[each] in moved}


def _is_for(answer: ShareTrace, asked: ShareTrace) -> bool:
    return answer.share.recipient.who == asked.share.recipient.who


def _given_instead(
    unit: Unit, ledger: Ledger, row: ShareTrace, work: Iterable[Referral], *, secret: bool
) -> dict[str, ShareTrace]:
    """Return what answered the same request of the register on the same recording, where an answer had gone astray."""
    requests = unit.requests.answered_by([row.share.id, *(each.id for each in work)])
    parts = {each for one in requests for each in unit.requests.parts(one) if each.startswith(SHARE)}
    parts -= went_astray(unit, ledger, parts, row.share.recipient)
    shares = unit.entries.subjects.shares(ids=parts)
    return {
        share_id: each
        for share_id, each in shares.items()
        if each.share.asset_key == row.share.asset_key and each.outcome != "refer" and (secret or not each.secret)
    }


def is_exempt(ended: Ended, answers: Mapping[str, bool]) -> bool:
    """Whether a request ended in a release that 34 CFR 99.32(d) exempts, as directory information or with a consent.

    `answers` says of each share that is about the student whether it is recorded; what is not about them exempts nothing.
    """
    released = [answers[each] for each in ended.by if each in answers]
    return ended.how == "given" and bool(released) and not any(released)


def _keys(row: ShareTrace) -> frozenset[str]:
    """Return by what the same request is known, whether it was sealed then or since."""
    day = row.at.astimezone().date()
    return frozenset(request_key(replace(row.share, secret=secret), day) for secret in (False, True))


def _is_of(referral: Referral, row: ShareTrace, keys: Collection[str]) -> bool:
    """Whether work is about a request: it asked for it, or for the same while that waited."""
    if row.share.id == referral.share_id or row.share.referral == referral.id:
        return True
    was_open = referral.opened_at <= row.at and (referral.closed_at is None or row.at <= referral.closed_at)
    return referral.request_key in keys and was_open


def given_in(unit: Unit, ledger: Ledger, work: Iterable[Referral], *, secret: bool) -> dict[str, list[str]]:
    """Return the shares that answered work, by the work's id."""
    found: dict[str, list[str]] = {}
    for entry, details in ledger.about(unit, "queue", [each.id for each in work], secret=secret):
        if details and details.get("done") in _GIVEN and details.get("share"):
            found.setdefault(entry.subject, []).append(str(details["share"]))
    return found


def _ended(
    unit: Unit, row: ShareTrace, work: Collection[Referral], by: Mapping[str, ShareTrace], *, secret: bool
) -> Ended:
    if any(each.is_open for each in work):
        return Ended()
    released = {each: row for each, row in by.items() if row.outcome in _RELEASED}
    if released:
        return Ended("given", max(row.at for row in released.values()).astimezone().date(), tuple(released))
    denied = [row.at for row in by.values() if row.outcome == "deny"]
    if denied:
        return Ended("refused", max(denied).astimezone().date(), tuple(by))
    found = _ended_in_register(unit, row, work, secret=secret)
    if found is not None:
        return found
    closed = [each.closed_at for each in work if each.closed_at is not None]
    return Ended("refused", max(closed).astimezone().date()) if closed else Ended()


def _ended_in_register(unit: Unit, row: ShareTrace, work: Iterable[Referral], *, secret: bool) -> Ended | None:
    """Return how the requests of the register ended that asked for it; None where none did."""
    asked = unit.requests.requests_of(unit.requests.answered_by([row.share.id, *(each.id for each in work)]))
    ids = [each.id for each in asked.values() if secret or not each.secret]
    events = unit.requests.events_of(ids)
    struck = [not_reached(events.get(each, ())).get(row.share.asset_key) for each in ids]
    if ids and all(struck):
        return Ended("not-reached", max(filter(None, struck)).astimezone().date())
    closings = [closing_of(events.get(each, ())) for each in ids]
    if None in closings:
        return Ended()
    last = max(filter(None, closings), key=lambda each: each.on, default=None)
    return None if last is None else Ended(last.how, last.on.astimezone().date())
