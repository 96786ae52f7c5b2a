"""Judges one recording for a set: a publication for the yearbook on the set's day, by the same voices as any share.

Follows the procedure (`sharing`), then third parties and the roster's state (`third_parties`), which only make it stricter. The
facts behind a decision are kept under a digest that means nothing outside the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dam_plugin.model import Actor, Decision, Outcome, Reason, Share, StudentRecord
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.procedure.terms import people_of
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import CaseGatherer, students_in
from dam_plugin.sharing.make_copy import keyed_places
from dam_plugin.sharing.share import case_of_share, decide_gathered, taken_by_today
from dam_plugin.sharing.stale_tags import check_decidable
from dam_plugin.sharing.third_parties import ask_third_parties, refer_if_opt_outs_may_be_missing
from dam_plugin.store import RosterState, StoredAsset, Unit
from dam_plugin.store.codec import canonical
from dam_plugin.store.sets import PURPOSE, SetOrder

NAMING = frozenset({"EX4", "EX3"})
"""The clauses on which a set may name somebody: directory information, and a written consent."""
_NUMBERED = frozenset({"ERROR", "THIRD-PARTY-DOWN"})
"""Reasons whose sentence holds the number of an error, another one each time."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The decision on one recording: the share, the case, the decision and their digest.

    `shows` are the students who can be recognised in the released form, sorted. `may_be_named` are those of them whose
    name may stand beside it. `taken_by` is the version of procedure, rulings and settings. `details` are the case and the
    answer behind the digest, as plain data: they stay with the district.
    """

    request: Share
    case: Case
    decision: Decision
    digest: str
    shows: tuple[str, ...]
    may_be_named: tuple[str, ...]
    taken_by: Mapping[str, Any]
    details: dict[str, Any] = field(repr=False)


class Judge:
    """Judges recordings for one set within one transaction; a student who is in several of them is read once."""

    def __init__(self, services: Services, unit: Unit, order: SetOrder, by: Actor, day: date) -> None:
        """Read nothing yet.

        Third parties are asked about each decision. Do not judge inside a transaction that writes: others wait for its
        lock.
        """
        self._services = services
        self._unit = unit
        self._order = order
        self._by = by
        self._day = day
        self._gathering = CaseGatherer(unit, services.settings, day, rulings=services.rulings)
        self._roster: RosterState | None = None
        self._taken_by = taken_by_today(services)

    def read(self, recordings: Iterable[StoredAsset]) -> None:
        """Read everybody who is in these recordings in few statements, before they are judged one by one.

        Drops earlier recordings, so that judging many takes no more memory than a batch.
        """
        self._gathering = CaseGatherer(self._unit, self._services.settings, self._day, rulings=self._services.rulings)
        read = list(recordings)
        students = {student for each in read for student in students_in(each.tagging)}
        self._gathering.read(students, [each.asset.id for each in read])

    def judge(self, stored: StoredAsset, portrait_of: str | None = None) -> Judged:
        """Return the decision on a recording; `portrait_of` is the student whose portrait it would be in the set.

        Raises UnknownThing for a student who is not on file, CaseError if the facts on file make no
        case, or the recording waits to be tagged again.
        """
        check_decidable(self._unit, stored.asset.key)
        if portrait_of is not None:
            # An index may name a student who, by a person's look, is not in the picture.
            self._gathering.read([portrait_of])
        request = request_of(self._services, stored, self._order, self._by)
        case = case_of_share(self._services, self._gathering, stored, request)
        ours = decide_gathered(self._gathering, case, request, self._services.rulings)
        decision = refer_if_opt_outs_may_be_missing(
            self._services, case, ours, ask_third_parties(self._services, request, case, ours), self._roster_state
        )
        plain, made = plain_case(case), decision_object(case.id, decision)
        hidden = decision.redact
        places = keyed_places(self._services, stored, hidden) if hidden else None
        lasting = [_lasting(plain), _lasting(made), portrait_of, places, self._taken_by]
        digest = self._services.pseudonyms.decision(canonical(lasting))
        details = {
            "asset": stored.asset.id,
            "source": stored.asset.key,
            "portrait_of": portrait_of,
            # A copy that hides them is good only while they are there.
            "places": places,
            "case": plain,
            "decision": {**made, "taken_by": self._taken_by},
        }
        shows = shown(case, decision)
        named = tuple(each for each in shows if decision.basis.get(each) in NAMING)
        return Judged(request, case, decision, digest, shows, named, self._taken_by, details)

    def student(self, student: str) -> StudentRecord | None:
        """Return a student of a recording that was read or judged; None for one who is not on file."""
        return self._gathering.student(student)

    def _roster_state(self) -> RosterState:
        if self._roster is None:
            self._roster = self._unit.people.roster_state()
        return self._roster


def request_of(services: Services, stored: StoredAsset, order: SetOrder, by: Actor) -> Share:
    """Return the share that a recording in a set is. Its id is made from the recording's, and is on no record."""
    return Share(
        id=f"x-{stored.asset.id}",
        asset_key=stored.asset.key,
        kind="publication",
        purpose=PURPOSE,
        actor=by,
        recipient=order.recipient,
        at=services.now(),
    )


def shown(case: Case, decision: Decision) -> tuple[str, ...]:
    """Return the students who can be recognised in a recording after the decision's students are hidden, sorted."""
    return tuple(sorted(people_of(case.asset)[0].difference(decision.redact)))


def releasable(judged: Judged, order: SetOrder, portrait_of: str | None = None) -> tuple[Reason, ...] | None:
    """Return why a recording stays out of a set, None if it may go in.

    A portrait goes in only if its own student may be seen and named.
    """
    decision = judged.decision
    if decision.outcome > Outcome.REDACT:
        return decision.reasons
    # A portrait that hides its own student shows nothing, with or without redacted copies.
    if portrait_of is not None and portrait_of not in judged.may_be_named:
        return (reason("EXPORT-PORTRAIT", [portrait_of]),)
    if decision.outcome is Outcome.REDACT and not decision.basis:
        # A copy that hides every subject of the picture may be released, but is no picture for a book.
        return (reason("EXPORT-EMPTY", decision.redact),)
    if decision.outcome is Outcome.REDACT and not order.redact:
        return (reason("EXPORT-REDACT", decision.redact),)
    return None


def _lasting(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a case or decision without the parts that differ between equal ones: its id, and the numbers of errors."""
    lasting = {name: value for name, value in plain.items() if name != "id"}
    if "reasons" in lasting:
        lasting["reasons"] = [
            {**each, "text": ""} if each["clause"] in _NUMBERED else each for each in lasting["reasons"]
        ]
    return lasting
