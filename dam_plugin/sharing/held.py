"""Finds the reasons that forbid destroying a recording, and holds the one check before every deletion.

A recording is held by the holds of the custodian (`custodian/holds.py`), and by each open referral about it: "The
educational agency or institution shall not destroy any education records if there is an outstanding request to inspect
and review the records" (34 CFR 99.10(e)). A hold does not prevent closing a link, and opens nothing.

INVARIANT: code that deletes a recording, its versions, a copy of it or records about it calls `check_not_held` first. If
it deletes rows, the check is in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from dam_plugin.errors import Held
from dam_plugin.model import HoldKind
from dam_plugin.store import Hold, Unit

# How each kind is called, the weightiest first: it is the one that a refusal names.
HOLD_KINDS: dict[HoldKind, str] = {
    "litigation": "litigation",
    "subpoena": "a subpoena",
    "request": "a pending request",
}
_WEIGHT = {kind: place for place, kind in enumerate(HOLD_KINDS)}


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing that forbids to destroy a recording: a hold (`hd-…`) or an open referral (`rf-…`), and since when.

    `until` is its last day (null: until somebody ends it), `how` the command that says how it ends.
    """

    id: str
    kind: HoldKind
    at: datetime
    until: date | None
    how: str

    def __str__(self) -> str:
        """Return it in words, without a name: the matter of a hold may be called after a student."""
        what = "the referral" if self.id.startswith("rf-") else "the hold"
        day = f" until {self.until}" if self.until else ""
        return f"{what} {self.id} ({HOLD_KINDS[self.kind]}){day}"


def holdings_on(unit: Unit, key: str, today: date) -> tuple[Holding, ...]:
    """Return what forbids to destroy a recording today, the weightiest first."""
    return holdings_of(unit, [key], today).get(key, ())


def holdings_of(unit: Unit, keys: Collection[str], today: date) -> dict[str, tuple[Holding, ...]]:
    """Return what forbids to destroy each of these recordings today; those that nothing holds are left out."""
    holds = [hold for hold in unit.holds.over(keys) if hold.is_in_force(today)]
    on_key: dict[str, list[Holding]] = {}
    for hold in holds:
        if not hold.is_folder:
            on_key.setdefault(hold.key, []).append(_of_hold(hold))
    for referral in unit.referrals.waiting_for(keys):
        how = f"dam-plugin queue show {referral.id}"
        on_key.setdefault(referral.asset_key, []).append(Holding(referral.id, "request", referral.opened_at, None, how))
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
    """Raise Held, which names the hold, where anything forbids to destroy one of these recordings today.

    `what` says in words what is not done. A deletion of rows asks this in its own transaction.
    """
    for holdings in holdings_of(unit, keys, today).values():
        raise Held(refusal(holdings, what))


def refusal(holdings: Collection[Holding], what: str) -> str:
    """Return the one sentence of a refusal; it names no recording, since its key may name a student."""
    first, *others = holdings
    more = f" and {len(others)} more" if others else ""
    return f"{what}: {first}{more} forbids it; see `{first.how}`"


def _of_hold(hold: Hold) -> Holding:
    return Holding(hold.id, hold.kind, hold.at, hold.until, f"dam-plugin hold show {hold.id}")
