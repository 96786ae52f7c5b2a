"""A family sees what it asks for before an IEP meeting or a hearing, wherever that is told (34 CFR 300.613(a))."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from command_line import Called, call
from district import CROWD, PORTRAIT, TEAM, District
from use_cases import kept

from dam_plugin.sharing.due_dates import BEFORE_HEARING, BEFORE_MEETING, INSPECTION, Term, due_day

ADA = ("--as", "custodian:ada")
MOTHER = "parent:G-NOT-ON-FILE"


def day(district: District, days: int) -> str:
    return (district.services.now().date() + timedelta(days=days)).isoformat()


def told(term: Term, start: str) -> str:
    """The last day that is in time for a term from `start`."""
    return due_day(term, date.fromisoformat(start), ()).day.isoformat()


def asked(key: str, *more: str, who: str = MOTHER) -> Called:
    return call("share", key, "--to", who, "--purpose", "inspection", *more)


def waiting(key: str, *more: str, who: str = MOTHER) -> dict[str, Any]:
    """The one referral that a parent's request leaves."""
    (referral,) = asked(key, *more, "--json", who=who).object()["referrals"]
    return dict(referral)


def shown(referral: str) -> Any:
    return call("queue", "show", referral, *ADA, "--json").object()


@pytest.fixture
def portrait(district: District) -> str:
    """The referral of a portrait that a mother asked to see, due by the 45 days alone."""
    for key in (PORTRAIT, TEAM, CROWD):
        district.upload(key)
    referral = waiting(PORTRAIT)
    assert referral["due"] == told(INSPECTION, day(district, 0))
    return str(referral["id"])


@pytest.mark.parametrize(("kind", "term"), [("iep", BEFORE_MEETING), ("hearing", BEFORE_HEARING)])
def test_a_meeting_that_is_told_later_moves_the_work_the_register_and_the_letter(
    district: District, portrait: str, kind: str, term: Term
) -> None:
    held = day(district, 20)
    noted = call("queue", "meeting", portrait, "--on", held, "--kind", kind, *ADA, "--json").object()
    due = told(term, held)
    assert noted["due"] == shown(portrait)["due"] == due
    (request,) = noted["requests"]
    clocks = {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}
    assert clocks["hearing" if kind == "hearing" else "meeting"] == due
    page = call("queue", "show", portrait, *ADA).out
    assert "34 CFR 300.613(a)" in page or "34 CFR 300.512(a)(3)" in page
    letter = " ".join(call("letter", "write", "acknowledgement", "--referral", portrait, *ADA).out.split())
    written = date.fromisoformat(due)
    assert f"By {written:%B} {written.day}, {written.year} we have to answer you, because of your" in letter
    # Who asks again is told the earlier day.
    assert waiting(PORTRAIT)["due"] == due


def test_a_share_tells_of_the_meeting_itself(district: District) -> None:
    district.upload(PORTRAIT)
    held = day(district, 20)
    referral = waiting(PORTRAIT, "--meeting", held)
    assert referral["due"] == shown(referral["id"])["due"] == told(BEFORE_MEETING, held)
    sooner = day(district, 15)
    assert waiting(PORTRAIT, "--meeting", sooner, "--meeting-kind", "hearing")["due"] == told(BEFORE_HEARING, sooner)


def test_no_later_meeting_puts_a_day_off(district: District, portrait: str) -> None:
    first = day(district, 20)
    for held, by in ((first, ADA), (day(district, 30), ADA), (day(district, 40), ())):
        assert call("queue", "meeting", portrait, "--on", held, "--kind", "iep", *by).code == 0
        assert shown(portrait)["due"] == told(BEFORE_MEETING, first)
    (request,) = shown(portrait)["requests"]
    # The custodian moved the meeting in the register; other staff did not.
    said = {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}
    assert said["meeting"] == told(BEFORE_MEETING, day(district, 30))


def test_what_the_same_family_asks_for_besides_is_for_that_meeting_too(district: District, portrait: str) -> None:
    held = day(district, 20)
    before, others = waiting(TEAM), waiting(CROWD, who="parent:G-ANOTHER")
    assert call("queue", "meeting", portrait, "--on", held, "--kind", "iep", *ADA).code == 0
    assert shown(before["id"])["due"] == told(BEFORE_MEETING, held)
    after = waiting(CROWD)
    assert after["due"] == told(BEFORE_MEETING, held)
    page = " ".join(call("queue", "show", after["id"], *ADA).out.split())
    assert "To let the family see it before the meeting, by RQ-000001" in page
    letter = " ".join(call("letter", "write", "acknowledgement", "--referral", after["id"], *ADA).out.split())
    assert "because of your meeting (34 CFR 300.613(a))" in letter
    assert shown(others["id"])["due"] == others["due"]


@pytest.mark.parametrize("way", ["add", "add without the referral", "join"])
def test_work_that_waits_already_is_due_before_the_meeting_of_the_request_that_it_answers(
    district: District, portrait: str, way: str
) -> None:
    held = day(district, 20)
    came = ("--from", MOTHER, "--purpose", "inspection", "--received", day(district, 0), "--channel", "letter")
    joined = ("--referral", portrait) if way == "add" else ()
    request = call("request", "add", PORTRAIT, *came, "--meeting", held, *joined, "--json").object()["id"]
    if way == "join":
        assert call("request", "join", request, portrait, *ADA).code == 0
    assert shown(portrait)["due"] == told(BEFORE_MEETING, held)


def test_staff_are_told_how_a_meeting_is_noted(district: District) -> None:
    district.upload(PORTRAIT)
    assert "`dam-plugin queue meeting rf-" in asked(PORTRAIT).out
    other = call("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news")
    assert "queue meeting" not in other.out


def test_a_family_that_is_told_of_45_days_is_told_that_a_meeting_comes_first(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    guardian = call("student", "show", student, "--json").object()["guardians"][0]
    close = ("--subdivision", "610.021(1)", "--why", "a claim against the district")
    assert call("custodian", "close", PORTRAIT, *close, *ADA).code == 0
    (reason,) = asked(PORTRAIT, *ADA, "--json", who=f"parent:{guardian}").object()["outside"]
    assert "no later than 45 days" in reason["text"]
    assert "before an IEP meeting or a hearing" in reason["text"]
    assert "300.613(a)" in reason["provision"]


@pytest.mark.parametrize(
    ("to", "days", "why"),
    [
        ("public:reporter-7", 9, "hurries a family's request alone"),
        (MOTHER, -1, "was before the request came"),
    ],
    ids=["somebody who is no family", "a meeting that is over"],
)
def test_a_meeting_that_can_hurry_nothing_is_refused_before_the_share(
    district: District, to: str, days: int, why: str
) -> None:
    district.upload(PORTRAIT)
    purpose = "inspection" if to == MOTHER else "news"
    refused = call("share", PORTRAIT, "--to", to, "--purpose", purpose, "--meeting", day(district, days))
    assert (refused.code, why in refused.err) == (1, True)
    assert call("queue", "list", "--json").objects() == []


def test_a_meeting_is_noted_for_waiting_inspections_alone(district: District, portrait: str) -> None:
    press = call("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news", "--json").object()["referrals"]
    on = ("--on", day(district, 9), "--kind", "iep", *ADA)
    assert "no family's inspection" in call("queue", "meeting", press[0]["id"], *on).err
    assert call("queue", "close", portrait, "--why", "she came by", *ADA).code == 0
    assert "is closed" in call("queue", "meeting", portrait, *on).err
