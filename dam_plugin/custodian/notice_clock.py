"""Whether every family of the order that a request of the register is was told, as of now: the clock `notice`.

It is counted anew whenever it is asked. What counts are the efforts on file (34 CFR 99.31(a)(9)(ii)), by the same rule as for
the decision (`order_notice.notice_state`), and what the custodian said by hand of the students who were known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dam_plugin.custodian.order_notice import notice_state, order_on_file, students_to_tell
from dam_plugin.custodian.requests import FamiliesLeft, FamiliesTold, OrderNoted, RequestStatus
from dam_plugin.errors import InputError
from dam_plugin.model import NOT_ASKED_FOR, Referral
from dam_plugin.services import Services
from dam_plugin.sharing.same_person import told_who_holds
from dam_plugin.store import NoticeEffort


@dataclass(frozen=True, slots=True)
class OrderWork:
    """What a request's order asks for: the work in the queue, and who is tagged in each recording that nothing answers."""

    referrals: tuple[Referral, ...]
    unanswered: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class NoticeNow:
    """Whom the recordings of a request's order show (`shown`), and whose families are `left` to be told of it.

    `is_unknown`: of a recording nobody knows yet whom it is about. `how` says by what the others were told, `last` when that
    was done last, and `all_on` since when each of them counts as told; null where nothing is on file.
    """

    shown: frozenset[str]
    left: tuple[str, ...]
    is_unknown: bool
    how: str
    last: date | None
    all_on: date | None

    def change(self, status: RequestStatus) -> tuple[FamiliesTold | FamiliesLeft, date | None] | None:
        """Return what the register does not have yet: that every family was told, and on which day, or that one is left."""
        told = status.families_told
        is_told = self.last is not None and not (self.left or self.is_unknown)
        if told is None:
            return (FamiliesTold(self.how), self.last) if is_told else None
        # Of a recording that nobody knew, the custodian may have told by hand; efforts are to tell of whom it is about.
        is_by_efforts = isinstance(told.what, FamiliesTold) and told.what.students is None
        if self.left or (self.is_unknown and is_by_efforts):
            return FamiliesLeft(), None
        # Somebody was found since, and told since.
        is_later = self.all_on is not None and self.all_on > told.on.date()
        return (FamiliesTold(self.how), self.all_on) if is_told and is_later else None


@dataclass
class _Counting:
    shown: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    about: list[str] = field(default_factory=list)
    efforts: list[NoticeEffort] = field(default_factory=list)
    days: dict[str, list[date]] = field(default_factory=dict)
    is_unknown: bool = False

    def add_days(self, days: Mapping[str, date]) -> None:
        for student in self.shown.intersection(days):
            self.days.setdefault(student, []).append(days[student])


def notice_now(services: Services, status: RequestStatus, work: OrderWork) -> NoticeNow:
    """Return who is left to be told of a request's order, as the recordings and the rights are today.

    Nor were they told of an order that is answered before the day that they were told, on its return day.
    """
    counting = _Counting()
    for each in work.referrals:
        if each.kind not in NOT_ASKED_FOR and not each.secret:
            _count(services, each, status, counting)
    for students in work.unanswered.values():
        counting.shown |= students
        counting.left |= students
        counting.is_unknown |= not students
    by_hand = _told_by_hand(services, status)
    counting.add_days(by_hand)
    ids = ", ".join(each.id for each in counting.efforts)
    first = (min(each) for each in counting.days.values())
    return NoticeNow(
        frozenset(counting.shown),
        tuple(sorted(counting.left.difference(by_hand))),
        counting.is_unknown,
        f"each family of {', '.join(counting.about)}, as recorded: {ids}"
        if ids
        else "each family, as was noted before",
        max((*(each.on for each in counting.efforts), *by_hand.values()), default=None),
        max(first, default=None),
    )


def _count(services: Services, referral: Referral, status: RequestStatus, counting: _Counting) -> None:
    """Count who is told and who is left of one work in the queue."""
    with services.store.reading() as unit:
        order = order_on_file(unit, referral)
    if order is not None and order.is_secret:
        return
    try:
        students = students_to_tell(services, referral)
        state = notice_state(services, referral.id) if order is not None else None
    except InputError:
        counting.is_unknown |= referral.is_open
        return
    counting.shown |= students
    if state is None:
        counting.left |= students
        return
    returned = _return_day(status)
    is_sooner = returned is not None and state.told_day is not None and state.told_day > returned
    counting.left |= students if is_sooner and status.families_told is None else {*state.left}
    counting.about.append(referral.id)
    counting.efforts += state.efforts
    counting.add_days(state.days)


def _told_by_hand(services: Services, status: RequestStatus) -> dict[str, date]:
    """Return when whose families were told by the custodian's word, where that was who holds the rights."""
    day = max(filter(None, (services.now().date(), _return_day(status))))
    with services.store.reading() as unit:
        records = unit.people.students_of(status.told_by_hand)
    held = {
        each: [on for on in status.told_by_hand[each] if told_who_holds(record, on, day, services.rulings)]
        for each, record in records.items()
    }
    return {each: min(days) for each, days in held.items() if days}


def _return_day(status: RequestStatus) -> date | None:
    order = status.order.what if status.order is not None else None
    return order.return_day if isinstance(order, OrderNoted) else None
