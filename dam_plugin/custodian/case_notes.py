"""What the custodian alone is told beside an answer: a court order, a protection, other requests that wait. Reads only.

None of it is in a reason, which media staff read, and none of it is told outside. The custodian sees it in the answer to a
share of their own, and in `queue show --as custodian:NAME`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from dam_plugin.model import CUSTODIANS, Actor, Recipient, Share, StudentRecord
from dam_plugin.procedure.clauses import listed
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.in_words import not_to_be_asked, sentence
from dam_plugin.procedure.terms import seen_as_ruled
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import needs_two
from dam_plugin.store import Unit

# What a family would sign, and a person whose rights an order limits cannot.
_BY_SIGNING = ("EX3-MISSING", "EX3-FORM")
_TRANSFERRED = "RIGHTS-TRANSFERRED"
_YOU_DECIDE = (
    "the records custodian decides what the family may see, and hands it over by hand (`dam-plugin queue close ID "
    "--disclosed-to parent:G-… --basis EX2 …`). Of minors in college the district's attorney may settle it for all by the "
    "switch `postsecondary = by-age`."
)
ORDER_FIRST = (
    "A court order limits this person's rights: the custodian decides what it leaves; no consent of theirs counts."
)


@dataclass(frozen=True, slots=True)
class CaseNotes:
    """Sentences for the custodian, with pseudonyms; `is_limited`: a court order limits the rights of the person who asks.

    `unasked` are the students of the recording whom nobody asks for consent, with why.
    """

    told: tuple[str, ...] = ()
    is_limited: bool = False
    unasked: Mapping[str, str] = field(default_factory=dict)

    def remedy(self, clause: str, text: str, students: Collection[str] = ()) -> str:
        """Return what can be done about a clause that is about these students, where the custodian knows more than it says.

        It is never a consent of a person whose rights an order limits, nor of a student who has died or is not to be asked.
        """
        if not text or clause not in (*_BY_SIGNING, _TRANSFERRED):
            return text
        if self.is_limited and clause in _BY_SIGNING:
            return ORDER_FIRST
        why = [self.unasked[each] for each in students if each in self.unasked]
        if not students or len(why) < len(students):
            return text
        return sentence(f"{listed(tuple(dict.fromkeys(why)))}: {_YOU_DECIDE}")


NOTHING = CaseNotes()


def notes_of(services: Services, request: Share, *, but: str | None = None) -> CaseNotes:
    """Return what the custodian is told of a request; `but` is the referral that it is read in.

    Of a recording that is in the library no more there is nothing to tell.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        stored = unit.assets.current(request.asset_key)
        if stored is None:
            return NOTHING
        records = unit.people.students_of(stored.tagging.students)
        shown = [records[each] for each in sorted(records)]
        by_two = needs_two(stored.tagging)
        told = [*_of_person(request.recipient, shown, today, by_two=by_two)]
        told += _of_others(unit, request, but)
    unasked = {
        each.id: why
        for each in shown
        if not each.is_protected(today)
        and (why := not_to_be_asked(seen_as_ruled(each.student, services.rulings), today))
    }
    return CaseNotes(tuple(told), any(_limits(request.recipient, each, today) for each in shown), unasked)


def may_read(by: Actor) -> bool:
    """Whether somebody is told these notes."""
    return by.role in CUSTODIANS


def _of_person(who: Recipient, shown: list[StudentRecord], today: date, *, by_two: bool) -> Iterator[str]:
    if who.role not in FAMILY or who.id is None:
        return
    for record in shown:
        yield from _limits(who, record, today)
        kept_from_nobody = record.is_protected(today) and not _limits(who, record, today)
        if kept_from_nobody and record.is_to_be_looked_at(who.id, today, by_two=by_two):
            yield (
                f"{record.id} is protected, and this person may be the one from whom it is kept where they are. Ask the family "
                "with whom the student lives, not this person. If it is not this person, state `parent_verified`, or "
                f"`dam-plugin student guardian verify {record.id} {who.id} --seen TEXT`; if it is, state `rights_limited`."
            )


def _limits(who: Recipient, record: StudentRecord, today: date) -> list[str]:
    found = []
    for each in record.limits_on(today, who.id) if who.id is not None else ():
        over = f"A court order limits this person's rights over {record.id} ({each.id})"
        if each.what == "limited":
            found.append(f"{over}: they are answered as anybody. What the order leaves, you decide.")
        else:
            found.append(
                f"{over}: where the student can be found is kept from them. Look at the recording for a place (a sign, a "
                "street, the number of a bus); what shows none, hand over by hand: `dam-plugin queue close ID --disclosed-to "
                f"parent:{who.id} --basis EX2 …`."
            )
    return found


def _of_others(unit: Unit, request: Share, but: str | None) -> Iterator[str]:
    """Yield the other referrals in which somebody waits for the same recording."""
    for each in unit.referrals.listed(asset_key=request.asset_key):
        asked = unit.shares.share(each.share_id)
        same = asked is not None and asked.share.recipient.who == request.recipient.who
        if each.id != but and not same:
            yield f"{each.id} waits for the same recording, due on {each.due}: `dam-plugin queue show {each.id}`."
