"""A copy for anybody goes out while a court order, a subpoena or a certificate waits: it never answers that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import call
from court_orders import AS, paper
from district import INES, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.sharing.due_dates import SUNSHINE, due_day

RETURN_ON = TODAY + timedelta(days=10)
LATER = TODAY + timedelta(days=9)
STAFF = ("--as", "media_staff:desk-2")
VERIFIED = f"{{kind: subpoena, verified: true, notice_required: true, return_on: {RETURN_ON}}}"
UNVERIFIED = VERIFIED.replace("verified: true", "verified: false")
BY_LAW = str(due_day(SUNSHINE, TODAY, ()).day)
Asks = tuple[str, str]
COUNSEL: Asks = ("public:plaintiff-counsel", "subpoena")
COURT: Asks = ("court:circuit", "lawsuit")
POLICE: Asks = ("law_enforcement:county-pd", "legal request")
OFFICE: Asks = ("juvenile_office:county", "investigation")


@pytest.fixture
def team(district: District) -> list[str]:
    """A picture of the team, of whom one student's family said no; all who are in it."""
    district.upload(TEAM)
    return sorted(kept(district.services, TEAM).tagging.students)


def shared(asks: Asks, text: str | None = None, *more: str, role: tuple[str, ...] = AS) -> Any:
    """Ask for the picture of the team, with this block of evidence; return the answer."""
    if text is not None:
        Path("paper.yaml").write_text(f"{text}\n", "utf-8")
        more = ("--evidence", "paper.yaml", *more)
    return call("share", TEAM, "--to", asks[0], "--purpose", asks[1], *more, *role, "--json").object()


def stated(referral: str, text: str) -> Any:
    """State evidence for a referral, with its paper; return the answer."""
    Path("paper.yaml").write_text(f"{text}\n", "utf-8")
    words = ("--evidence", "paper.yaml", "--file", str(paper()))
    return call("queue", "finding", referral, "evidence", *words, *AS, "--json").object()["answer"]


def waiting() -> dict[str, str]:
    """Return what waits in the queue, each with the day on which it is due."""
    return {each["id"]: each["due"] for each in call("queue", "list", *AS, "--json").objects()}


def only(answer: Any) -> str:
    (referral,) = answer["referrals"]
    return str(referral["id"])


@pytest.mark.parametrize("asks", [COUNSEL, COURT, POLICE], ids=["counsel", "a court", "the police"])
def test_a_verified_order_waits_by_its_return_date_whatever_copy_goes_out(team: list[str], asks: Asks) -> None:
    referral = only(shared(asks, role=STAFF))
    answer = stated(referral, f"order: {VERIFIED}")
    assert (answer["outcome"], bool(answer["token"])) == ("redact", True)
    assert "EX7-NOTICE" in [each["clause"] for each in answer["reasons"]]
    assert waiting() == {referral: str(RETURN_ON)}
    assert answer["more"].startswith("This copy does not answer the order, which still waits")
    assert f"{referral}, due on {RETURN_ON}" in answer["more"]
    again = shared(asks, f"order: {VERIFIED}")
    assert (again["outcome"], only(again), waiting()) == ("redact", referral, {referral: str(RETURN_ON)})


@pytest.mark.parametrize("asks", [COUNSEL, COURT, POLICE], ids=["counsel", "a court", "the police"])
def test_without_a_referral_before_it_the_order_leaves_one(team: list[str], asks: Asks) -> None:
    answer = shared(asks, f"order: {VERIFIED}")
    assert (answer["outcome"], waiting()) == ("redact", {only(answer): str(RETURN_ON)})


def test_once_all_were_told_and_the_day_has_come_the_whole_recording_answers_the_order(
    district: District, team: list[str]
) -> None:
    referral = only(shared(COUNSEL, f"order: {VERIFIED}"))
    for student in team:
        about = ("--referral", referral, "--student", student, "--what", "a letter", "--answer-on", str(LATER))
        made = call("letter", "effort", *about, "--evidence", "told.yaml", *AS)
        assert made.code == 0, made.text
    told = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS, "--json").object()["answer"]
    assert (told["outcome"], [*waiting()]) == ("redact", [referral])
    # The paper's return day is the later one: nothing goes out on it before that day comes.
    assert str(RETURN_ON) in " ".join(each["text"] for each in told["reasons"])
    with pytest.MonkeyPatch.context() as patch:
        on_day(patch, 9)
        assert call("queue", "finding", referral, "reviewed", *AS, "--json").object()["answer"]["outcome"] == "redact"
        on_day(patch, 10)
        done = call("queue", "finding", referral, "reviewed", *AS, "--json").object()["answer"]
        assert (done["outcome"], {*done["basis"].values()}, waiting()) == ("allow", {"EX7"}, {})
    assert ledger_holds(district.services)


def test_a_request_of_the_register_stays_open_with_its_order(team: list[str]) -> None:
    words = (TEAM, "--from", COUNSEL[0], "--purpose", "subpoena", "--received", str(TODAY), "--channel", "letter")
    request = call("request", "add", *words, *AS, "--json").object()["id"]
    referral = only(shared(COUNSEL, f"order: {VERIFIED}", "--request", request))
    told = call("request", "show", request, *AS, "--json").object()
    assert (referral in told["parts"], [*waiting()]) == (True, [referral])


@pytest.mark.parametrize("asks", [COUNSEL, COURT, POLICE], ids=["counsel", "a court", "the police"])
def test_a_copy_without_the_order_does_not_settle_it(team: list[str], asks: Asks) -> None:
    referral = only(shared(asks, f"order: {VERIFIED}"))
    answer = shared(asks)
    assert (answer["outcome"], only(answer), waiting()) == ("redact", referral, {referral: str(RETURN_ON)})
    assert "the recording goes out on it" in answer["more"]


def test_a_copy_settles_no_order_that_staff_passed_on_and_nobody_has_looked_at(team: list[str]) -> None:
    referral = only(shared(COUNSEL, f"order: {UNVERIFIED}", role=STAFF))
    assert shared(COUNSEL)["outcome"] == "redact"
    assert [*waiting()] == [referral]


@pytest.mark.parametrize("asks", [COUNSEL, COURT, POLICE], ids=["counsel", "a court", "the police"])
def test_an_order_that_counsel_has_not_verified_waits_until_it_is(team: list[str], asks: Asks) -> None:
    referral = only(shared(asks, role=STAFF))
    answer = stated(referral, f"order: {UNVERIFIED}")
    # The days of the law run until then: an unverified paper puts nothing off.
    assert (answer["outcome"], waiting()) == ("redact", {referral: BY_LAW})
    assert "counsel has not verified it" in answer["more"]
    assert stated(referral, f"order: {VERIFIED}")["outcome"] == "redact"
    assert waiting() == {referral: str(RETURN_ON)}


def test_a_denial_does_not_settle_an_order_that_is_to_be_verified(team: list[str]) -> None:
    assert call("tag", TEAM, "--directory", "not_eligible", *AS).code == 0
    assert call("custodian", "meaning", TEAM, "destroyed", "--why", "nobody is left in it", *AS).code == 0
    answer = shared(COUNSEL, f"order: {UNVERIFIED}")
    assert (answer["outcome"], waiting()) == ("deny", {only(answer): BY_LAW})


def test_an_order_for_another_recording_leaves_nothing(team: list[str]) -> None:
    other = VERIFIED.replace("}", ", assets: [another]}")
    answer = shared(COUNSEL, f"order: {other}")
    assert (answer["outcome"], answer["referrals"], answer["more"], waiting()) == ("redact", [], None, {})


@pytest.mark.parametrize("asks", [POLICE, OFFICE], ids=["the police", "the juvenile office"])
def test_whom_the_juvenile_authorities_serve_waits_for_their_certificate(
    district: District, team: list[str], asks: Asks
) -> None:
    served = f"students: [{district.student(INES)}]"
    referral = only(shared(asks, role=STAFF))
    answer = stated(referral, f"pre_adjudication: {{{served}, certified: false}}")
    assert (answer["outcome"], [*waiting()]) == ("redact", [referral])
    assert "PREADJ-CERTIFICATION" in [each["clause"] for each in answer["reasons"]]
    assert "whose request still waits for their written certification" in answer["more"]
    stated(referral, f"pre_adjudication: {{{served}, certified: true}}")
    assert waiting() == {}
