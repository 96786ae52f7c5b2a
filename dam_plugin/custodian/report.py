"""Counts of shares, of how long requests waited, and of causes to remove so that fewer wait. It names no one. Pure."""

from __future__ import annotations

import hashlib
import math
import re
import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dam_plugin.model import CUSTODIANS, NOT_ASKED_FOR, Referral
from dam_plugin.procedure.clauses import CLAUSES, VOICES, remedy
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.store.ledger_subjects import ShareTold

_RELEASED = ("allow", "redact")
# How a referral is closed by the share that answers it.
_ANSWERED = re.compile(r"answered: (\w+) \(([^()]+)\)(?: by hand: .*)?", re.DOTALL)
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Decided:
    """How many shares ended in an outcome by a clause, which is their first reason."""

    outcome: str
    clause: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Waited:
    """How long the custodian took for one kind of work, in hours from opening to closing; `p90` by the nearest rank.

    `late` were closed after the day they were due, or are open still after it; hours are null if nothing was closed.
    """

    kind: str
    closed: int
    open: int
    late: int
    median_hours: float | None
    p90_hours: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why people waited or were refused: the clause, how often, how many wait still, and what mends it."""

    clause: str
    title: str
    waited: int
    waiting: int
    denied: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Links:
    """The counts of links: openings, openings refused, and links closed."""

    opened: int = 0
    refused: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report: `shares` counts all shares, `at_once` those that were answered without a wait for the custodian.

    `overturned_referrals` were released by the custodian in the end, `overturned_denials` once the same was asked again.
    """

    shares: int
    at_once: int
    decided: tuple[Decided, ...]
    waited: tuple[Waited, ...]
    causes: tuple[Cause, ...]
    overturned_referrals: int
    overturned_denials: int
    links: Links


def report(
    shares: Iterable[ShareTold],
    referrals: Sequence[Referral],
    links: Links,
    now: datetime,
    answers: Mapping[str, str] | None = None,
    *,
    in_full: bool = True,
) -> Report:
    """Return the counts of these shares (oldest first), of this work of the custodian, and of links.

    `now` decides what is late, in its own zone. `answers` are shares that answered work of the custodian, each with its
    actor's role, where they or that work are not among those given. `in_full`: else who is protected is counted among those
    who opted out.
    """
    if not in_full:
        shares = (replace(each, decision=plain_for_staff(each.decision)) for each in shares)
        referrals = [replace(each, missing=plain_for_staff(each.missing)) for each in referrals]
    by_share = answers_of(referrals)
    tally = _Tally({*by_share, *(answers or ())})
    for each in shares:
        tally.add(each)
    roles = {**(answers or {}), **tally.roles}
    return Report(
        shares=tally.shares,
        at_once=tally.at_once,
        decided=tuple(_decided(tally.by_clause)),
        waited=tuple(_waited(referrals, now)),
        causes=tuple(_causes(referrals, tally.denied_for)),
        overturned_referrals=sum(
            word in _RELEASED and roles.get(share) in CUSTODIANS for share, word in by_share.items()
        ),
        overturned_denials=tally.overturned,
        links=links,
    )


def answers_of(referrals: Iterable[Referral]) -> dict[str, str]:
    """Return the shares that answered what somebody waited for, each with its outcome."""
    asked = (each.closing or "" for each in referrals if each.kind not in NOT_ASKED_FOR)
    answered = (_ANSWERED.fullmatch(each) for each in asked)
    return {found[2]: found[1] for found in answered if found}


class _Tally:
    """The counts while shares pass by; a denied share's request is remembered, as a digest."""

    def __init__(self, answering: Collection[str]) -> None:
        self.shares = 0
        self.at_once = 0
        self.roles: dict[str, str] = {}
        """In which role somebody asked for those shares that answered what waited."""
        self._answering = answering
        self.by_clause: Counter[tuple[str, str]] = Counter()
        self.denied_for: Counter[str] = Counter()
        self.overturned = 0
        self._denied: set[bytes] = set()

    def add(self, told: ShareTold) -> None:
        reasons = told.decision.get("reasons") or ({"clause": ""},)
        self.shares += 1
        if told.id in self._answering:
            self.roles[told.id] = (told.share.get("actor") or {}).get("role", "")
        else:
            # What the custodian decides again has waited, and is no answer at once.
            self.at_once += told.outcome != "refer" and not told.share.get("referral")
        self.by_clause[told.outcome, reasons[0]["clause"]] += 1
        if told.outcome == "deny":
            self.denied_for.update({each["clause"] for each in reasons})
        if told.is_forgotten:
            # The request is no longer on record, and would be the same for all of these.
            return
        if told.outcome == "deny":
            self._denied.add(_request(told.share))
        elif self._denied and told.outcome in _RELEASED:
            request = _request(told.share)
            self.overturned += request in self._denied
            self._denied.discard(request)


def _request(share: Mapping[str, Any]) -> bytes:
    """Return the digest by which the same request is known."""
    asked = [share.get(name) for name in ("asset_key", "kind", "purpose", "recipient", "names")]
    # Kept values are canonical, so that equal ones are written alike.
    return hashlib.sha256(repr(asked).encode("utf-8", "surrogatepass")).digest()


def _decided(by_clause: Mapping[tuple[str, str], int]) -> Iterable[Decided]:
    order = {"allow": 0, "redact": 1, "refer": 2, "deny": 3}
    for (outcome, clause), count in sorted(
        by_clause.items(), key=lambda each: (order.get(each[0][0], 4), -each[1], each[0])
    ):
        yield Decided(outcome, clause, title_of(clause), count)


def _waited(referrals: Sequence[Referral], now: datetime) -> Iterable[Waited]:
    for kind in sorted({each.kind for each in referrals}):
        theirs = [each for each in referrals if each.kind == kind]
        hours = sorted(_hours(each.opened_at, each.closed_at) for each in theirs if each.closed_at is not None)
        late = sum((each.closed_at or now).astimezone(now.tzinfo).date() > each.due for each in theirs)
        p90 = hours[math.ceil(len(hours) * 0.9) - 1] if hours else None
        yield Waited(kind, len(hours), len(theirs) - len(hours), late, statistics.median(hours) if hours else None, p90)


def _hours(begun: datetime, ended: datetime) -> float:
    return max((ended - begun).total_seconds() / _HOUR, 0.0)


def _causes(referrals: Sequence[Referral], denied_for: Mapping[str, int]) -> Iterable[Cause]:
    """Yield the causes of waiting, the most frequent first; of a denial only the causes that somebody can mend."""
    waited = Counter(clause for each in referrals for clause in set(each.missing))
    waiting = Counter(clause for each in referrals if each.is_open for clause in set(each.missing))
    made = [
        Cause(clause, title_of(clause), waited[clause], waiting[clause], denied_for.get(clause, 0), remedy(clause))
        for clause in {*waited, *denied_for}
    ]
    yield from sorted(
        (each for each in made if each.remedy), key=lambda each: (-each.waited, -each.denied, each.clause)
    )


def title_of(clause: str) -> str:
    """Return a clause's title; the id itself where it is not one of this version's."""
    known = CLAUSES.get(clause) or VOICES.get(clause)
    return known.title if known else clause or "no reason kept"
