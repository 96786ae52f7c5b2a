"""What went to somebody else answers no request: it is open again with its days (34 CFR 99.10(b), RSMo 610.023.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import BEN, revoking
from district import CALEB_FATHER, HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District, paged
from use_cases import ledger_holds

from dam_plugin.cli import ledger as cli
from dam_plugin.custodian.corrections import correct_recipient
from dam_plugin.model import Actor, Recipient
from dam_plugin.store import SystemUser

AS, COUNSEL = ("--as", "custodian:lopez"), ("--as", "designee:principal")


def asked(sender: str, *what: str) -> str:
    came = ("--received", str(TODAY), "--channel", "letter", "--want", "view", *AS, "--json")
    made = call("request", "add", *what, "--from", sender, "--purpose", "inspection", *came)
    assert made.code == 0, made.text
    return str(made.object()["id"])


def given(key: str, to: str, request: str) -> str:
    """Share a recording in answer to a request, and let somebody open the link; the share's id."""
    done = call("share", key, "--to", to, "--purpose", "inspection", "--request", request, *AS, "--json").object()
    assert call("open", done["token"]).code == 0
    return str(done["share"])


def closed(request: str, outcome: str = "granted", *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "sent", *more, *AS)


def went_to(share: str, to: str, *more: str, by: tuple[str, ...] = AS, user: SystemUser | None = None) -> Called:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "system_user", lambda: user or SystemUser("1000", "ada"))
        done = call("ledger", "correct", share, "--went-to", to, "--why", "the wrong envelope", *more, *by)
    assert done.code == 0, done.text
    return done


def agreed(share: str, to: str, *more: str) -> Called:
    """Two people say who received it; what the second one is answered."""
    went_to(share, to, *(each for each in more if each != "--json"))
    return went_to(share, to, *more, by=COUNSEL, user=BEN)


def shown(request: str) -> Any:
    return call("request", "show", request, "--json").object()


def answers(request: str) -> dict[str, str | None]:
    return {each["key"]: each["answer"] for each in shown(request)["answers"]}


@pytest.fixture
def mother(district: District) -> str:
    district.upload(PORTRAIT)
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


@pytest.fixture
def father(district: District) -> str:
    """Of another family."""
    return f"parent:{district.guardian(CALEB_FATHER)}"


def test_a_request_whose_answer_went_to_another_family_is_open_again_with_its_days(
    district: District, mother: str, father: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(mother, PORTRAIT)
    before = {each["clock"]: each["due"] for each in shown(request)["clocks"]}
    share = given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    on_day(monkeypatch, 60)
    first = went_to(share, father)
    assert (shown(request)["state"], "is open again" in first.text) == ("granted", False)
    second = went_to(share, father, by=COUNSEL, user=BEN)
    assert f"{request} is open again, with its old days" in " ".join(second.text.split())
    now = shown(request)
    assert (now["state"], {each["clock"]: each["due"] for each in now["clocks"]}) == ("open", before)
    assert share in str(now["events"][-1])
    told = " ".join(call("request", "show", request).text.split())
    assert ("in time" in told, f"share {PORTRAIT}" in told) == (False, True)
    assert request in call("request", "list", "--overdue").text
    assert answers(request) == {PORTRAIT: None}
    refused = closed(request)
    assert (refused.code, "nothing on record answers" in refused.err) == (1, True)
    assert closed(request, "partly", "--provision", "RSMo 610.021(14)").code == 1
    given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    assert [each["late"] for each in shown(request)["clocks"]] == [True, True]
    assert ledger_holds(district.services)


def test_whose_the_request_is_is_told(district: District, mother: str, father: str) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    told = paged(district)
    went_to(share, father)
    to, by = Recipient("parent", father.partition(":")[2]), Actor("designee", "principal")
    done = correct_recipient(district.services, share, to, "I heard the call", by, BEN)
    assert done.reopened == (request,)
    ((person, message),) = told
    assert (person, f"The request {request}: it is reopened, due on" in message) == ("lopez", True)


def test_the_recording_is_held_while_the_request_is_open_again(district: District, mother: str, father: str) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    assert request not in call("hold", "list").text
    agreed(share, father)
    assert request in call("hold", "list").text


def test_a_share_that_is_found_to_stand_answers_again_with_its_day(
    district: District, mother: str, father: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    on_day(monkeypatch, 60)
    agreed(share, father)
    taken_back = agreed(share, father, "--stands", "--json")
    assert (taken_back.object()["reopened"], shown(request)["state"]) == ([], "open")
    assert answers(request) == {PORTRAIT: "allow"}
    assert closed(request).code == 0
    assert [each["late"] for each in shown(request)["clocks"]] == [False, False]


def test_an_open_request_has_no_answer_by_what_went_to_somebody_else(mother: str, father: str) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    assert agreed(share, father, "--json").object()["reopened"] == []
    assert answers(request) == {PORTRAIT: None}
    assert closed(request).code == 1
    letter = call("letter", "write", "redacted-release", "--request", request, *AS)
    assert letter.code == 1, letter.text


def test_a_request_in_words_has_no_answer_by_it_either(district: District, mother: str, father: str) -> None:
    request = asked(mother, "--described", "all of my child")
    share = given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    agreed(share, father)
    assert shown(request)["state"] == "open"
    listed = call("student", "recordings", district.student(HANNAH), "--request", request, *AS, "--json").objects()
    assert [each["answer"] for each in listed] == [None]
    assert closed(request).code == 1
    assert closed(request, "no-such-record").code == 1


def test_what_another_answer_gave_by_then_was_given(district: District, mother: str, father: str) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    given(PORTRAIT, mother, request)
    assert closed(request).code == 0
    assert agreed(share, father, "--json").object()["reopened"] == []
    assert shown(request)["state"] == "granted"


def test_each_of_several_recordings_needs_an_answer(district: District, mother: str, father: str) -> None:
    district.upload(TEAM)
    request = asked(mother, PORTRAIT, TEAM)
    shares = [given(key, mother, request) for key in (PORTRAIT, TEAM)]
    assert closed(request).code == 0
    assert agreed(shares[1], father, "--json").object()["reopened"] == [request]
    assert answers(request)[PORTRAIT] == "allow"
    assert answers(request)[TEAM] is None


def test_whoever_received_it_is_answered_where_it_was_joined_to_their_request(mother: str, father: str) -> None:
    hers, his = asked(mother, PORTRAIT), asked(father, PORTRAIT)
    share = given(PORTRAIT, mother, hers)
    assert call("request", "join", his, share, *AS).code == 0
    agreed(share, father)
    assert (answers(hers)[PORTRAIT], answers(his)[PORTRAIT]) == (None, "allow")


def test_a_request_that_was_withdrawn_stays_so(mother: str, father: str) -> None:
    request = asked(mother, PORTRAIT)
    share = given(PORTRAIT, mother, request)
    assert call("request", "withdraw", request, "--why", "by telephone", *AS).code == 0
    assert agreed(share, father, "--json").object()["reopened"] == []
    assert shown(request)["state"] == "withdrawn"


ANSWERED = f"answered on {TODAY}"
HIGH, MIDDLE = "other_school:lincoln-high", "other_school:lincoln-middle"


@dataclass(frozen=True)
class ByHand:
    """A school's request that was closed with a disc for the school, and the work in the queue."""

    request: str
    referral: str
    student: str
    share: str

    def corrected(self, share: str, to: str) -> Any:
        """Enter again what was handed over; what it is answered."""
        said = ("--corrects", share, "--why", "it was entered wrongly")
        done = call("queue", "disclosed", self.referral, "--to", to, *handed_over(self.student), *said, *AS, "--json")
        assert done.code == 0, done.text
        return done.object()

    def asked_line(self) -> Any:
        lines = call("ledger", "student", self.student, *AS, "--json").objects()
        (line,) = (each for each in lines if each["what"] == "asked" and each["share"].startswith("sh-"))
        return line


def handed_over(student: str) -> tuple[str, ...]:
    enrolled = ("--enrolled", "the registrar, called back")
    return ("--basis", "TRANSFER", "--students", student, *enrolled, "--how", "a disc")


@pytest.fixture
def disc(district: District) -> ByHand:
    district.upload(PORTRAIT)
    student, transfer = district.student(HANNAH), ("--purpose", "transfer", *AS, "--json")
    came = ("--from", HIGH, "--received", str(TODAY), "--channel", "letter")
    request = str(call("request", "add", PORTRAIT, *came, *transfer).object()["id"])
    shared = call("share", PORTRAIT, "--to", HIGH, "--request", request, *transfer).object()
    referral = str(shared["referrals"][0]["id"])
    ended = call(
        *("queue", "close", referral, "--disclosed-to", HIGH, *handed_over(student), "--why", "sent", *AS, "--json")
    ).object()
    assert closed(request).code == 0
    return ByHand(request, referral, student, str(ended["disclosed"]["share"]))


def test_what_was_handed_to_another_than_was_entered_answers_nothing(district: District, disc: ByHand) -> None:
    assert ANSWERED in disc.asked_line()["remark"]
    other = disc.corrected(disc.share, MIDDLE)
    assert other["corrects"][0]["reopened"] == [disc.request]
    assert (shown(disc.request)["state"], answers(disc.request)) == ("open", {PORTRAIT: None})
    for outcome in ("granted", "partly"):
        assert closed(disc.request, outcome, "--provision", "34 CFR 99.30").code == 1
    assert disc.asked_line()["remark"] is None, "whoever asked still waits"
    back = disc.corrected(other["share"], HIGH)
    assert (back["corrects"][0]["reopened"], shown(disc.request)["state"]) == ([], "open")
    assert closed(disc.request).code == 0
    assert ANSWERED in disc.asked_line()["remark"]
    assert ledger_holds(district.services)


def test_what_was_in_truth_handed_over_later_answered_nothing_by_then(
    disc: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 60)
    day = str(TODAY + timedelta(days=59))
    said = ("--corrects", disc.share, "--why", "it went later", "--on", day)
    done = call("queue", "disclosed", disc.referral, "--to", HIGH, *handed_over(disc.student), *said, *AS, "--json")
    assert done.code == 0, done.text
    assert done.object()["corrects"][0]["reopened"] == [disc.request]
    assert shown(disc.request)["state"] == "open"
    assert closed(disc.request).code == 0
    assert any(each["late"] for each in shown(disc.request)["clocks"])


def test_what_was_entered_with_another_mistake_is_the_answer_still(disc: ByHand) -> None:
    assert disc.corrected(disc.share, HIGH)["corrects"][0]["reopened"] == []
    assert shown(disc.request)["state"] == "granted"


def test_a_new_answer_is_told_in_the_record_in_the_place_of_what_went_astray(disc: ByHand) -> None:
    disc.corrected(disc.share, MIDDLE)
    transfer = ("--to", HIGH, "--purpose", "transfer", "--request", disc.request, *AS, "--json")
    again = str(call("share", PORTRAIT, *transfer).object()["referrals"][0]["id"])
    words = ("--disclosed-to", HIGH, *handed_over(disc.student), "--why", "sent", *AS, "--json")
    assert call("queue", "close", again, *words).code == 0
    assert closed(disc.request).code == 0
    lines = call("ledger", "student", disc.student, *AS, "--json").objects()
    told = [each for each in lines if each["what"] == "asked" and each["share"].startswith("sh-")]
    assert {(each["outcome"], each["remark"]) for each in told} == {("refer", ANSWERED)}


def test_a_request_whose_answer_was_another_childs_recording_is_open_again(district: District, mother: str) -> None:
    request, hannah = asked(mother, PORTRAIT), district.student(HANNAH)
    assert call("custodian", "close", PORTRAIT, "--subdivision", "610.021(3)", "--why", "personnel", *AS).code == 0
    asks = ("--to", mother, "--purpose", "inspection", "--request", request)
    (work,) = call("share", PORTRAIT, *asks, *AS, "--json").object()["referrals"]
    by_hand = ("--disclosed-to", mother, "--basis", "EX2", "--students", hannah, "--how", "a disc", "--why", "fetched")
    handed = call("queue", "close", work["id"], *by_hand, *AS, "--json")
    assert handed.code == 0, handed.text
    assert closed(request).code == 0
    share = str(handed.object()["disclosed"]["share"])
    wrong = ("ledger", "correct", share, "--student", hannah, "--why", "another child's picture was shown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "system_user", lambda: SystemUser("1000", "ada"))
        first = call(*wrong, *AS)
    assert first.code == 0, first.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "system_user", lambda: BEN)
        done = call(*wrong, *COUNSEL)
    assert (done.code, f"{request} is open again" in done.text) == (0, True), done.text
    assert closed(request).code == 1
    # It gave nothing of hers: that her mother had no right on that day makes no mistake of it.
    since = ("--since", str(TODAY - timedelta(days=5)), "--seen", "order of the circuit court", *revoking())
    limited = call("student", "guardian", "limit", hannah, mother.removeprefix("parent:"), *since, *AS)
    assert limited.code == 0, limited.text
    (line,) = [
        each
        for each in call("ledger", "student", hannah, *AS, "--json").objects()
        if each["share"] == share and each["what"] == "handed over"
    ]
    assert ("by mistake" in line["why"], "entered for the wrong student" in line["remark"]) == (False, True)
    assert ledger_holds(district.services)
