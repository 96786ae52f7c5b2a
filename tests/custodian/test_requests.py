"""A request by the law, without a store: clocks, fees, and what may happen next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.custodian import requests
from dam_plugin.custodian.requests import (
    Appealed,
    AppealOver,
    Assigned,
    Calendar,
    Closed,
    Delayed,
    DepositAsked,
    Estimated,
    FamiliesTold,
    FeeBasis,
    FeeWaived,
    Happening,
    Joined,
    MeetingSet,
    OrderNoted,
    Paid,
    ReasonsAsked,
    ReasonsGiven,
    ReasonsNotWanted,
    Received,
    Reopened,
    RequestStatus,
    Told,
    check_happening,
    check_request,
    clocks_at_first,
    dollars,
    estimate_fee,
    plain_content,
    status_of,
)
from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Recipient
from dam_plugin.settings import Fees
from dam_plugin.sharing.finding_kinds import EvidenceFile
from dam_plugin.store import RequestEvent, StoredRequest

CHICAGO = ZoneInfo("America/Chicago")
THANKSGIVING = frozenset({date(2026, 11, 26), date(2026, 11, 27)})
CALENDAR = Calendar(CHICAGO, THANKSGIVING)
# The Monday before Thanksgiving, late in the evening: in UTC it is Tuesday.
CAME = datetime(2026, 11, 23, 21, 30, tzinfo=CHICAGO)
ADA = Actor("custodian", "ada")
RATES = Fees(page_cents=10, copying_cents_an_hour=1650, research_cents_an_hour=2000)


def asked(role: str = "public", **more: Any) -> StoredRequest:
    request = StoredRequest("RQ-000001", CAME, Recipient(role, "x"), "email", "copy", "news", described="the game")
    return replace(request, **more)


def day(number: int, hour: int = 10) -> datetime:
    """So many days after the request came."""
    return (CAME + timedelta(days=number)).replace(hour=hour, minute=0)


def course(request: StoredRequest, *happened: tuple[int, Happening]) -> RequestStatus:
    """Where a request stands after these things happened, each so many days after it came."""
    events = [
        RequestEvent(request.id, number, each.kind, day(after), day(after), ADA, None, plain_content(each))
        for number, (after, each) in enumerate(happened, start=1)
    ]
    return status_of(request, events, CALENDAR)


def refused(request: StoredRequest, status: RequestStatus, what: Happening, after: int, now: int = 400) -> str:
    with pytest.raises(InputError) as error:
        check_happening(request, status, Told(day(after), ADA, what), day(now), CALENDAR)
    return str(error.value)


def allowed(request: StoredRequest, status: RequestStatus, what: Happening, after: int) -> None:
    check_happening(request, status, Told(day(after), ADA, what), day(400), CALENDAR)


def due(status: RequestStatus) -> dict[str, date]:
    return {each.name: each.due.day for each in status.running}


DELAY = Delayed("two people have to look", "the records office", day(8))


# Clocks


def test_a_day_is_the_districts_and_a_holiday_that_falls_on_it_moves_it() -> None:
    # Tuesday, Wednesday, then Thanksgiving, the day after it, and a weekend.
    assert due(course(asked())) == {"answer": date(2026, 11, 30)}
    without = status_of(asked(), [], Calendar(CHICAGO, ()))
    assert due(without) == {"answer": date(2026, 11, 26)}
    assert due(status_of(asked(), [], Calendar(UTC, ()))) == {"answer": date(2026, 11, 27)}


@pytest.mark.parametrize("role", ["parent", "eligible_student"])
def test_a_family_has_45_days_too_and_a_meeting_hurries_it(role: str) -> None:
    assert due(course(asked(role))) == {"answer": date(2026, 11, 30), "inspection": date(2027, 1, 7)}
    soon = course(asked(role, meeting=date(2026, 11, 30)))
    assert due(soon) == {"answer": date(2026, 11, 30), "inspection": date(2027, 1, 7), "meeting": date(2026, 11, 25)}
    assert soon.next is not None
    assert soon.next.name == "meeting"


def test_agencies_and_the_public_have_the_same_clock() -> None:
    assert due(course(asked("law_enforcement"))) == due(course(asked("public")))


def test_a_holiday_that_is_added_later_moves_the_day_and_the_first_one_is_told() -> None:
    told = Received(clocks_at_first(asked("parent"), Calendar(CHICAGO, ())))
    status = course(asked("parent"), (0, told))
    answer, inspection = status.running
    assert (answer.due.day, answer.was_told) == (date(2026, 11, 30), date(2026, 11, 26))
    assert answer.sentence.endswith("It was Thursday 2026-11-26 at first: the calendar changed.")
    assert inspection.was_told is None


def test_an_explained_delay_stops_the_first_clock_and_its_day_is_the_next() -> None:
    status = course(asked("parent"), (1, DELAY))
    assert status.state == "delayed"
    assert due(status) == {"availability": date(2026, 12, 1), "inspection": date(2027, 1, 7)}
    (stopped,) = [each for each in status.clocks if each.stopped]
    assert (stopped.name, stopped.stopped, stopped.is_late(date(2027, 1, 1))) == ("answer", date(2026, 11, 24), False)
    again = course(asked("parent"), (1, DELAY), (8, replace(DELAY, earliest=day(10))))
    assert due(again)["availability"] == date(2026, 12, 3)


def test_an_answer_stops_every_clock_and_a_late_one_stays_late() -> None:
    status = course(asked("parent", meeting=date(2026, 11, 25)), (9, Closed("granted", "seen")))
    assert (status.state, status.is_open, status.running, status.is_overdue(day(99).date())) == (
        "granted",
        False,
        (),
        False,
    )
    late = {each.name: each.is_late(day(99).date()) for each in status.clocks}
    assert late == {"answer": True, "inspection": False, "meeting": True}


def test_a_hearing_needs_five_business_days_and_a_meeting_one() -> None:
    hearing = (1, MeetingSet("hearing", date(2026, 12, 9)))
    status = course(asked("parent"), hearing, (1, MeetingSet("resolution", date(2026, 12, 7))))
    assert (due(status)["hearing"], due(status)["meeting"]) == (date(2026, 12, 2), date(2026, 12, 4))
    assert due(course(asked("parent", meeting=date(2026, 12, 9), meeting_kind="hearing")))["hearing"] == date(
        2026, 12, 2
    )
    again = course(asked("parent"), hearing, (2, Closed("granted", "seen")), (3, Reopened("one was missing")))
    assert due(again)["hearing"] == date(2026, 12, 2)


# A subpoena or a court's order (34 CFR 99.31(a)(9))

SUBPOENA = OrderNoted("subpoena", date(2026, 12, 14))


def test_an_order_is_due_on_its_return_day_and_the_families_are_told_before() -> None:
    status = course(asked(), (1, SUBPOENA))
    assert due(status) == {"return": date(2026, 12, 14), "notice": date(2026, 12, 11)}
    assert not status.is_overdue(date(2026, 12, 1))
    told = course(asked(), (1, SUBPOENA), (3, FamiliesTold("certified mail")))
    assert due(told) == {"return": date(2026, 12, 14)}
    answered = course(asked(), (1, SUBPOENA), (3, FamiliesTold("certified mail")), (20, Closed("granted", "sent")))
    assert [(each.name, each.met, each.is_late(day(99).date())) for each in answered.clocks] == [
        ("notice", True, False),
        ("return", True, False),
    ]


def test_a_later_return_day_moves_the_order_and_families_once_told_stay_told() -> None:
    moved = replace(SUBPOENA, return_day=date(2026, 12, 21))
    status = course(asked(), (1, SUBPOENA), (3, FamiliesTold("certified mail")), (4, moved))
    assert due(status) == {"return": date(2026, 12, 21)}
    assert due(course(asked(), (1, SUBPOENA), (4, moved)))["notice"] == date(2026, 12, 18)


def test_nobody_is_told_of_an_order_that_is_sealed_or_needs_no_notice() -> None:
    assert due(course(asked("court", secret=True), (1, SUBPOENA))) == {"return": date(2026, 12, 14)}
    no_notice = replace(SUBPOENA, paper="judicial_order", no_notice="the parent is a party to 25JU-JV00117")
    assert due(course(asked("court"), (1, no_notice))) == {"return": date(2026, 12, 14)}


def test_a_family_that_serves_a_subpoena_keeps_its_45_days() -> None:
    assert due(course(asked("parent"), (1, SUBPOENA)))["inspection"] == date(2027, 1, 7)


def test_an_order_that_leaves_no_day_for_the_notice_has_it_at_once() -> None:
    status = course(asked(), (1, replace(SUBPOENA, return_day=date(2026, 11, 25))), (2, Assigned("ben")))
    notice = next(each for each in status.running if each.name == "notice")
    assert notice.due.day == date(2026, 11, 24)
    assert "1 business day before Wednesday 2026-11-25" in notice.sentence
    at_once = course(asked(), (2, replace(SUBPOENA, return_day=date(2026, 11, 25))))
    assert "at once, for no such day is left before Wednesday 2026-11-25" in at_once.running[0].sentence


def test_no_explanation_puts_off_an_order_and_no_return_day_is_before_it_came() -> None:
    assert "no explanation puts off" in refused(asked(), course(asked(), (1, SUBPOENA)), DELAY, 2)
    early = replace(SUBPOENA, return_day=date(2026, 11, 20))
    assert "before the request was received" in refused(asked(), course(asked()), early, 1)
    assert "note first what it is" in refused(asked(), course(asked()), FamiliesTold("by mail"), 1)


def test_the_written_reasons_run_after_the_denial_from_the_day_they_are_asked_for() -> None:
    request, denied = asked(), (1, Closed("denied", "no", ("34 CFR 99.30; RSMo 610.021(14)",)))
    status = course(request, denied, (2, ReasonsAsked()))
    assert due(status) == {"reasons": date(2026, 12, 2)}
    assert status.state == "denied"
    given_them = course(request, denied, (2, ReasonsAsked()), (7, ReasonsGiven(("34 CFR 99.30; RSMo 610.021(14)",))))
    assert given_them.running == ()
    assert given_them.reasons is not None


def test_reasons_that_the_request_asks_for_already_run_from_its_denial() -> None:
    request, denied = asked(), Closed("denied", "no", ("34 CFR 99.30; RSMo 610.021(14)",))
    waits = course(request, (0, ReasonsAsked()))
    assert (due(waits).keys(), waits.reasons_wanted is not None) == ({"answer"}, True)
    assert "asked for already" in refused(request, waits, ReasonsAsked(), 1)
    amends = course(asked("parent"), (0, requests.AmendmentAsked("the caption")))
    assert "was not denied" in refused(asked("parent"), amends, ReasonsAsked(), 1)
    assert "not denied yet" in refused(request, waits, ReasonsGiven(("34 CFR 99.30",)), 1)
    after = course(request, (2, denied), (2, ReasonsAsked()))
    assert due(course(request, (0, ReasonsAsked()), (2, denied))) == due(after)
    # The letter of the first day is entered after the denial.
    assert due(course(request, (2, denied), (0, ReasonsAsked()))) == due(after)


def test_reasons_that_are_asked_for_already_are_owed_of_a_denial_alone_and_while_they_are_wanted() -> None:
    request, denied = asked(), Closed("denied", "no", ("34 CFR 99.30; RSMo 610.021(14)",))
    granted = course(request, (0, ReasonsAsked()), (1, Closed("granted", "sent")))
    assert (granted.running, granted.reasons_wanted is not None) == ((), True)
    reopened = ((0, ReasonsAsked()), (1, Closed("granted", "sent")), (2, Reopened("not all")))
    assert due(course(request, *reopened, (3, denied))).keys() == {"reasons"}
    assert due(course(request, (0, ReasonsAsked()), (1, ReasonsNotWanted("she called")), (2, denied))) == {}
    assert course(request, (0, ReasonsAsked()), (1, Closed("withdrawn", "a call"))).reasons_wanted is None


def test_of_a_request_that_was_reopened_the_reasons_are_owed_of_the_denial_that_was() -> None:
    request, denied = asked(), Closed("denied", "no", ("34 CFR 99.30; RSMo 610.021(14)",))
    reopened = ((1, denied), (2, Reopened("a mistake")))
    assert (
        due(course(request, *reopened, (3, ReasonsAsked())))["reasons"]
        == due(course(request, (1, denied), (3, ReasonsAsked())))["reasons"]
    )
    first_letter = course(request, *reopened, (0, ReasonsAsked()))
    assert ("reasons" in due(first_letter), first_letter.reasons_wanted is not None) == (False, True)
    given = ((1, denied), (1, ReasonsAsked()), (2, ReasonsGiven(("34 CFR 99.30",))), (3, Reopened("new")))
    assert "reasons" not in due(course(request, *given, (4, ReasonsAsked())))


def test_reopening_keeps_the_days_that_the_request_had() -> None:
    """34 CFR 99.10(b): 45 days "after it has received the request", whatever the office closed meanwhile."""
    status = course(asked("parent"), (1, Closed("denied", "a mistake")), (14, Reopened("nobody withdrew it")))
    assert status.is_open
    assert status.outcome is None
    assert due(status) == due(course(asked("parent")))
    assert [each for each in status.clocks if each.stopped] == []


def test_who_asks_anew_begins_the_clocks_anew() -> None:
    again = Reopened("she asks again", asked_again=day(13).date())
    status = course(asked("parent"), (1, Closed("withdrawn", "she called")), (14, again))
    assert due(status) == {"answer": date(2026, 12, 9), "inspection": date(2027, 1, 20)}
    assert status.asked_again == date(2026, 12, 6)
    mistake = course(
        asked("parent"),
        (1, Closed("withdrawn", "x")),
        (14, again),
        (15, Closed("denied", "x")),
        (16, Reopened("a mistake")),
    )
    assert due(mistake) == due(status)


def test_a_delay_that_was_explained_still_stands_once_a_request_is_reopened() -> None:
    explained = course(asked(), (2, DELAY))
    status = course(asked(), (2, DELAY), (3, Closed("denied", "x")), (20, Reopened("a mistake")))
    assert (status.state, due(status), status.delay) == (explained.state, due(explained), explained.delay)


def test_what_was_given_in_time_stays_so_while_the_rest_is_seen() -> None:
    status = course(
        asked("parent"),
        (1, Joined(("sh-1",))),
        (2, Closed("partly", "a copy", ("34 CFR 99.30",))),
        (20, Reopened("it is not enough")),
    )
    assert due(status) == {"inspection": date(2027, 1, 7)}
    assert [(each.name, each.met) for each in status.clocks if each.stopped] == [("answer", True)]


def test_nobody_asks_anew_while_the_request_is_open_or_after_it_is_reopened() -> None:
    closed = course(asked(), (5, Closed("denied", "no")))
    assert "the days from before stand" in refused(asked(), closed, Reopened("x", asked_again=day(4).date()), 6)
    assert "is after the day" in refused(asked(), closed, Reopened("x", asked_again=day(7).date()), 6)
    allowed(asked(), closed, Reopened("x", asked_again=day(5).date()), 6)


def test_a_request_is_overdue_the_day_after_its_next_clock_ended() -> None:
    status = course(asked())
    assert [status.is_overdue(date(2026, 11, each)) for each in (29, 30)] == [False, False]
    assert status.is_overdue(date(2026, 12, 1))


# What may happen


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"received_at": day(401)}, "which is not yet"),
        ({"described": None}, "say what is asked for"),
        ({"described": "two\nlines"}, "the description is one line"),
        ({"contact": " "}, "the contact is one line"),
        ({"meeting": date(2026, 12, 9)}, "hurries a family's request alone"),
    ],
)
def test_a_request_that_cannot_have_come_in_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        check_request(asked(**changes), day(400), CALENDAR)


def test_a_meeting_before_the_request_is_refused_and_one_on_its_day_is_not() -> None:
    check_request(asked("parent", meeting=CAME.date()), day(1), CALENDAR)
    with pytest.raises(InputError, match="was before the request came"):
        check_request(asked("parent", meeting=CAME.date() - timedelta(days=1)), day(1), CALENDAR)


def test_nothing_happens_before_the_request_came_nor_in_the_future() -> None:
    for what in (DELAY, Closed("granted", "sent"), Appealed("board", "why?"), FeeWaived("public interest")):
        assert "is before the request was received (2026-11-23)" in refused(asked(), course(asked()), what, -1)
        assert "which is not yet" in refused(asked(), course(asked()), what, 3, now=2)


def test_a_delay_is_explained_in_time_or_kept_as_late() -> None:
    request, status = asked(), course(asked())
    allowed(request, status, DELAY, 7)
    told = refused(request, status, DELAY, 8)
    assert told.startswith("the delay had to be explained by 2026-11-30 (RSMo 610.023.3)")
    assert "--late" in told
    allowed(request, status, replace(DELAY, late=True), 8)
    assert "is before the delay was explained" in refused(request, status, replace(DELAY, earliest=day(1)), 2)
    delayed = course(request, (1, DELAY))
    assert "had to be explained by 2026-12-01" in refused(request, delayed, replace(DELAY, earliest=day(20)), 9)
    assert "before the last explanation" in refused(request, delayed, replace(DELAY, earliest=day(20)), 0)


@pytest.mark.parametrize("changes", [{}, {"meeting": date(2026, 12, 1)}], ids=["45 days", "a meeting"])
def test_nothing_extends_a_familys_days(changes: dict[str, Any]) -> None:
    request = asked("parent", **changes)
    last = 45 if not changes else 7
    allowed(request, course(request), replace(DELAY, earliest=day(last)), 1)
    late = replace(DELAY, earliest=day(last + 1))
    assert "nothing extends 34 CFR" in refused(request, course(request), late, 1)


def test_a_request_is_closed_once_and_its_closing_says_who() -> None:
    status = course(asked(), (1, Closed("granted", "sent")))
    told = refused(asked(), status, Closed("denied", "no", ("RSMo 610.021(1)",)), 2)
    assert told.startswith("RQ-000001 was closed as 'granted' by ada on 2026-11-24")
    for what in (DELAY, Estimated(()), DepositAsked(5)):
        assert "was closed as" in refused(asked(), status, what, 2)
    # What comes in after it has its days, and whoever closed it may be away.
    allowed(asked(), status, Assigned("ben"), 2)
    assert "before the closing" in refused(asked(), status, Reopened("again"), 0)
    assert "is open" in refused(asked(), course(asked()), Reopened("again"), 2)


@pytest.mark.parametrize("outcome", ["partly", "denied"])
def test_what_is_withheld_is_withheld_by_a_provision(outcome: Any) -> None:
    assert "by a provision of law" in refused(asked(), course(asked()), Closed(outcome, "no"), 1)
    allowed(asked(), course(asked()), Closed(outcome, "no", ("34 CFR 99.30; RSMo 610.021(14)",)), 1)


@pytest.mark.parametrize(
    ("provisions", "is_refused"),
    [
        (("RSMo 610.021(14)",), True),
        (("RSMo 610.021(14)", "RSMo 610.021(1)"), True),
        (("RSMo 610.021(14), RSMo 210.150",), False),
        (("RSMo 610.021(14)", "34 CFR 99.30"), False),
        (("RSMo 610.021(14)", "Missouri Constitution, article I, section 32"), False),
        (("RSMo 610.021(18)",), False),
    ],
)
def test_that_another_law_protects_it_is_cited_with_that_law(provisions: tuple[str, ...], is_refused: bool) -> None:
    denial = (1, Closed("denied", "no", ("RSMo 610.021(18)",)))
    for before, new, day in (
        ((), Closed("denied", "no", provisions), 1),
        ((denial, (2, ReasonsAsked())), ReasonsGiven(provisions), 3),
    ):
        request, status = asked(), course(asked(), *before)
        if is_refused:
            assert "name that law beside it" in refused(request, status, new, day)
        else:
            allowed(request, status, new, day)


def test_written_reasons_are_of_a_denial_and_asked_for_once() -> None:
    request = asked()
    denial = (1, Closed("denied", "no", ("34 CFR 99.30; RSMo 610.021(14)",)))
    assert "was not denied" in refused(request, course(request, (1, Closed("granted", "yes"))), ReasonsAsked(), 2)
    assert "nobody waits" in refused(
        request, course(request, denial), ReasonsGiven(("34 CFR 99.30; RSMo 610.021(14)",)), 2
    )
    waiting = course(request, denial, (2, ReasonsAsked()))
    assert "asked for already" in refused(request, waiting, ReasonsAsked(), 3)
    assert "cite the provision" in refused(request, waiting, ReasonsGiven(()), 3)


# Fees


@given(
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sampled_from(["view", "copy"]),
)
def test_a_family_never_pays_for_a_search_and_never_more_than_others(
    copying: int, research: int, pages: int, media: int, wanted: str
) -> None:
    basis = FeeBasis(copying, research, pages, media)
    family = estimate_fee(basis, RATES, family=True, wanted=wanted)
    others = estimate_fee(basis, RATES, family=False, wanted=wanted)
    assert all(isinstance(each.cents, int) for each in others.lines)
    assert family.cents <= others.cents
    assert not any(each.cents for each in family.lines if "research" in each.what)
    if wanted == "view":
        assert family.cents == 0


def test_parts_of_a_cent_are_dropped() -> None:
    estimate = estimate_fee(FeeBasis(1, 1, 3, 250), RATES, family=False, wanted="copy")
    assert [each.cents for each in estimate.lines] == [27, 33, 30, 250]
    assert dollars(estimate.cents) == "$3.40"
    assert dollars(123_456) == "$1,234.56"


def test_time_without_a_rate_is_not_charged_and_says_why() -> None:
    (line,) = estimate_fee(FeeBasis(copying_minutes=60), Fees(), family=False, wanted="copy").lines
    assert line.cents == 0
    assert "[fees]" in line.why


@pytest.mark.parametrize("field", ["copying_minutes", "research_minutes", "pages", "media"])
@pytest.mark.parametrize("number", [-1, 10**12])
def test_numbers_that_cannot_be_are_refused(field: str, number: int) -> None:
    with pytest.raises(InputError, match="is not"):
        estimate_fee(FeeBasis(**{field: number}), RATES, family=False, wanted="copy")


def test_a_deposit_is_asked_for_on_an_estimate_and_a_payment_is_owed() -> None:
    request = asked()
    assert "request fee" in refused(request, course(request), DepositAsked(100), 1)
    estimate = estimate_fee(FeeBasis(pages=30), RATES, family=False, wanted="copy")
    estimated = course(request, (1, estimate))
    assert "more than what the estimate leaves: $3.00" in refused(request, estimated, DepositAsked(301), 1)
    allowed(request, estimated, DepositAsked(300), 1)
    for cents in (0, -5):
        assert "more than nothing" in refused(request, estimated, DepositAsked(cents), 1)
        assert "more than nothing" in refused(request, estimated, Paid(cents), 1)
    part = course(request, (1, estimate), (1, DepositAsked(200)), (2, Paid(200)))
    assert (part.fee.deposit, part.fee.paid, part.fee.owed) == (200, 200, 100)
    assert "more than what is owed: $1.00" in refused(request, part, Paid(101), 3)
    waived = course(request, (1, estimate), (2, FeeWaived("public interest")))
    assert waived.fee.owed == 0
    assert "is waived" in refused(request, waived, DepositAsked(1), 3)


def test_the_law_limits_a_page_to_ten_cents() -> None:
    with pytest.raises(ValueError, match="less than or equal to 10"):
        Fees(page_cents=11)


# The rows


def test_everything_that_can_happen_is_read_back_as_it_was() -> None:
    samples: list[Happening] = [
        Received({"answer": date(2026, 11, 30)}),
        Assigned("ben"),
        requests.Joined(("sh-1", "rf-1")),
        DELAY,
        estimate_fee(FeeBasis(5, 5, 5, 5), RATES, family=True, wanted="copy"),
        DepositAsked(5),
        Paid(5),
        FeeWaived("public interest"),
        ReasonsAsked({"reasons": date(2026, 11, 30)}),
        ReasonsGiven(("34 CFR 99.30; RSMo 610.021(14)",)),
        requests.ReasonsNotWanted("she called"),
        Appealed("court", "text"),
        requests.AppealOverAsked("it was dismissed"),
        AppealOver("it was dismissed"),
        MeetingSet("hearing", date(2026, 12, 9), {"hearing": date(2026, 12, 2)}),
        OrderNoted("subpoena", date(2026, 12, 9), "sealed by the court", {"return": date(2026, 12, 9)}),
        requests.OrderVerified("counsel called the clerk"),
        requests.OrderEnded("no clerk has signed it", {"answer": date(2026, 11, 30)}),
        requests.OrderNarrowed(
            ("cam4.jpg",), "the court struck it", EvidenceFile("ab", "evidence/ab.pdf", None, "application/pdf", 5)
        ),
        requests.OrderWidened(("cam4.jpg",), "the court put it in again"),
        requests.FamiliesTold("certified mail", ("S-000000000001",)),
        requests.FamiliesLeft(),
        requests.ReceivedAsked(datetime(2026, 11, 20, 9, tzinfo=UTC), "the stamp"),
        requests.ReceivedCorrected(
            datetime(2026, 11, 20, 9, tzinfo=UTC),
            "the stamp",
            datetime(2026, 11, 23, 9, tzinfo=UTC),
            {"answer": date(2026, 11, 25)},
        ),
        requests.StudentCorrected("S-000000000001"),
        requests.AskedToo("the caption is wrong", "RQ-000002"),
        requests.AskedToo(entered_as="RQ-000002"),
        requests.AmendmentAsked("the caption is wrong", {"amendment": date(2027, 1, 7)}),
        requests.HearingAsked({"amendment-hearing": date(2027, 1, 7)}),
        requests.HearingSet(CAME, "the board room"),
        requests.HearingTold("certified mail"),
        requests.HearingNotWanted("she called"),
        requests.HearingDecided("not-amended", "three witnesses; the caption is right"),
        Closed("partly", "why", ("34 CFR 99.30; RSMo 610.021(14)",)),
        Closed("granted", "why", record_shown=True),
        Reopened("why", {"answer": date(2026, 11, 30)}),
        requests.FoundLater(("S-000000000001",), "R-AAAAAAAA", {"found-later": date(2026, 12, 1)}),
        requests.FoundSettled("they asked for a video", ("R-AAAAAAAA",)),
        requests.SealClaimed("grand_jury", EvidenceFile("ab", "evidence/ab.pdf", None, "application/pdf", 5)),
        requests.SealConfirmed("grand_jury"),
        requests.UnsealAsked("the jury rose"),
        requests.Unsealed("a wrong number"),
    ]
    assert {each.kind for each in samples} == set(requests.HAPPENINGS)
    for number, each in enumerate(samples):
        event = RequestEvent("RQ-000001", number, each.kind, CAME, CAME, ADA, None, plain_content(each))
        assert requests.content_of(event) == each


def test_every_state_and_outcome_has_its_words() -> None:
    assert set(requests.STATE_WORDS) == set(requests.STATES)
    assert set(requests.OUTCOMES) == set(requests.STATES) - {"open", "delayed"}
