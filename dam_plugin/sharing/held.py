"""Says whether a recording is held, and checks before every deletion that it is not.

Four things hold a recording: holds (`custodian/holds.py`, `sharing/order_hold.py`), open referrals in which somebody waits
for it, requests of the register that name it, while they are open, an appeal or a complaint is not over, or a meeting is
ahead before which a family has to see it (34 CFR 300.613(a)), or the return day of an order that was not answered, and a
family's own link that nobody has opened. "The
educational agency or institution shall not destroy any education records if there is an outstanding request to inspect
and review the records" (34 CFR 99.10(e)). A hold does not stop
anybody from closing a link.

INVARIANT: every deletion of a recording, its versions, its copies or the records about it calls `check_not_held` first.
A deletion of rows calls it in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from dam_plugin.errors import Held
from dam_plugin.model import HoldKind, Referral
from dam_plugin.pseudonyms import REFERRAL, REQUEST
from dam_plugin.store import Hold, Unit
from dam_plugin.store.requests import NamedRecording
from dam_plugin.store.shares import NotSeen

# The kinds in words. A refusal names the first of these.
HOLD_KINDS: dict[HoldKind, str] = {
    "litigation": "litigation",
    "subpoena": "a subpoena",
    "request": "a pending request",
}
APPEAL = "an appeal, a complaint or a hearing that is not over"
BEFORE_MEETING = "a family's meeting or hearing is ahead, or it may still ask for one"
BEFORE_RETURN = "an order that was closed and not answered, whose return day is not over"
NOT_SEEN = "a family was given it and has not opened it"
# Stands for a sealed hold, and for a referral or request about an order that forbids telling: it holds the recording, and
# nothing says what it is.
CUSTODIAN = "custodian"
ASK = "held; ask the records custodian"
_CALLED = {REFERRAL: "the referral", REQUEST: "the request", "l-": "the link"}
_WEIGHT = {kind: place for place, kind in enumerate(HOLD_KINDS)}


@dataclass(frozen=True, slots=True)
class Holding:
    """A hold (`hd-…`), an open referral (`rf-…`), a request (`RQ-…`) or a family's link (`l-…`) that holds a recording.

    `until` is its last day (null: until it is released or closed). `how` is the command that shows it. `called`: why it
    holds, where the kind does not say it.
    """

    id: str
    kind: HoldKind
    at: datetime
    until: date | None
    how: str
    called: str | None = None

    @property
    def is_sealed(self) -> bool:
        """Whether nothing says what it is."""
        return self.id == CUSTODIAN

    def __str__(self) -> str:
        """Return it in words, without a name: the matter of a hold may be called after a student."""
        if self.is_sealed:
            return "the records custodian"
        what = next((called for begin, called in _CALLED.items() if self.id.startswith(begin)), "the hold")
        day = f" until {self.until}" if self.until else ""
        return f"{what} {self.id} ({self.called or HOLD_KINDS[self.kind]}){day}"


def holdings_on(unit: Unit, key: str, today: date) -> tuple[Holding, ...]:
    """Return what holds a recording today, litigation first."""
    return holdings_of(unit, [key], today).get(key, ())


def holdings_of(unit: Unit, keys: Collection[str], today: date) -> dict[str, tuple[Holding, ...]]:
    """Return what holds each of these recordings today; recordings that are not held are left out."""
    holds = [hold for hold in unit.holds.over(keys) if hold.is_in_force(today)]
    on_key: dict[str, list[Holding]] = {}
    for hold in holds:
        if not hold.is_folder:
            on_key.setdefault(hold.key, []).append(_of_hold(hold))
    for referral in unit.referrals.waiting_for(keys):
        on_key.setdefault(referral.asset_key, []).append(_of_referral(referral))
    for named in unit.requests.naming(keys, today):
        on_key.setdefault(named.key, []).append(_of_request(named))
    for unseen in unit.shares.not_seen_by_family(keys, today):
        on_key.setdefault(unseen.key, []).append(_of_link(unseen))
    folders = [(hold, _of_hold(hold)) for hold in holds if hold.is_folder]
    found = {}
    for key in keys:
        theirs = [*on_key.get(key, ()), *(holding for hold, holding in folders if hold.covers(key))]
        if theirs:
            found[key] = tuple(sorted(theirs, key=lambda each: (_WEIGHT[each.kind], each.at, each.id)))
    return found


def check_not_held(
    unit: Unit, keys: Collection[str], today: date, *, what: str = "the recording is not deleted"
) -> None:
    """Raise Held if one of these recordings is held today; the error names the hold.

    `what` is the beginning of the sentence: the action that is refused.
    """
    for holdings in holdings_of(unit, keys, today).values():
        raise Held(refusal(holdings, what))


def refusal(holdings: Collection[Holding], what: str) -> str:
    """Return the sentence of a refusal. It does not name the recording: the key may contain a student's name."""
    return f"{what}: it is {held_by(holdings)}"


def held_by(holdings: Collection[Holding]) -> str:
    """Return the holds of a recording in words: `held by …; see …`. A sealed one is not told of, nor counted, beside others.

    Sealed ones alone have the same words each, whatever they are for.
    """
    first, *others = shown(holdings)
    if first.is_sealed:
        return ASK
    more = f" and {len(others)} more" if others else ""
    return f"held by {first}{more}; see `{first.how}`"


def shown(holdings: Collection[Holding]) -> list[Holding]:
    """Return the holds of a recording that may be told of: those that are not sealed, else one that says nothing."""
    return [each for each in holdings if not each.is_sealed] or list(holdings)[:1]


def _of_referral(referral: Referral) -> Holding:
    name = CUSTODIAN if referral.secret else referral.id
    return Holding(name, "request", referral.opened_at, None, f"dam-plugin queue show {referral.id}")


def _of_request(named: NamedRecording) -> Holding:
    name = CUSTODIAN if named.secret else named.request_id
    how = f"dam-plugin request show {named.request_id}"
    if named.until is not None and not named.secret:
        called = BEFORE_RETURN if named.by_return else BEFORE_MEETING
        return Holding(name, "request", named.received_at, named.until, how, called=called)
    return Holding(name, "request", named.received_at, None, how, called=None if named.is_open else APPEAL)


def _of_link(unseen: NotSeen) -> Holding:
    name, how = (CUSTODIAN, "") if unseen.secret else (unseen.link, "dam-plugin links --open")
    return Holding(name, "request", unseen.since, unseen.until.date(), how, called=NOT_SEEN)


def _of_hold(hold: Hold) -> Holding:
    if hold.secret:
        return Holding(CUSTODIAN, hold.kind, hold.at, None, "")
    return Holding(hold.id, hold.kind, hold.at, hold.until, f"dam-plugin hold show {hold.id}")
