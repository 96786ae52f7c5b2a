"""The secrecy of an order is lifted after it was answered: an ordinary line of the record, and the notice is due."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import AS, BEN, by_order, claimed, paper
from district import SCIENCE_LAB, District
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.store import SystemUser

FBI = "law_enforcement:fbi-221"


@pytest.fixture
def lab(district: District) -> str:
    """A student of the recording that the FBI asks for."""
    district.upload(SCIENCE_LAB)
    appearances = call("tags", SCIENCE_LAB, "--json").object()["appearances"]
    return str(appearances[0]["student"])


def lifts(referral: str, user: SystemUser, by: tuple[str, ...] = AS) -> Called:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: user)
        return call("queue", "lift", referral, "--why", "the court unsealed it", *by, "--json")


def lifted(referral: str) -> Any:
    assert lifts(referral, SystemUser("1000", "ada")).object()["waits"] is True
    done = lifts(referral, BEN, ("--as", "designee:principal"))
    assert done.code == 0, done.text
    return done.object()


def lines(student: str) -> list[Any]:
    told = call("ledger", "student", student, "--json").objects()
    return [each for each in told if each["who"] == FBI]


def test_it_is_an_ordinary_line_from_then_on_and_the_families_are_to_be_told(district: District, lab: str) -> None:
    referral = by_order()["referral"]["id"]
    assert lines(lab) == []
    notice = lifted(referral)["notice"]
    assert [(each["outcome"], each["required"]) for each in lines(lab) if each["what"] == "asked"][-1] == (
        "allow",
        True,
    )
    assert "show this line to nobody" not in str(lines(lab))
    waiting = {each["id"]: each["kind"] for each in call("queue", "list", "--json").objects()}
    assert waiting[notice["id"]] == "notice_owed"
    assert lab in notice["students"]
    shown = call("queue", "show", notice["id"], *AS)
    assert "tell each family of the order" in " ".join(shown.out.split())
    notify = ("letter", "write", "subpoena-notice", "--referral", notice["id"], "--student", lab, *AS)
    text = " ".join(call(*notify, "--json").object()["text"].split())
    assert "It did not let us tell you before, and it does so now." in text
    assert f"The day on which we handed them over: {day_in_words(TODAY, 'en')} - Who got them: the police" in text
    assert not any(each in text for each in ("before we do", "we will answer", "on that day", "comes late"))
    assert "No nos permitía avisarle antes, y ahora sí." in call(*notify, "--lang", "es", "--json").object()["text"]
    later = call(*notify, "--answer-on", "2099-01-01")
    assert (later.code, "was answered on" in " ".join(later.err.split())) == (1, True)
    closed = call("queue", "close", notice["id"], "--why", "certified mail of today to both families", *AS)
    assert closed.code == 0, closed.text
    assert call("queue", "list", "--sealed", "--all", *AS, "--json").objects() == []
    assert ledger_holds(district.services)


def test_one_person_lifts_nothing(district: District, lab: str) -> None:
    referral = by_order()["referral"]["id"]
    ada = SystemUser("1000", "ada")
    assert lifts(referral, ada).object()["waits"] is True
    again = lifts(referral, ada)
    assert (again.code, "two people" in again.err, lines(lab)) == (1, True, [])
    assert lifts(referral, BEN, ("--as", "media_staff:desk")).code == 1


def test_an_order_that_waits_for_its_answer_is_not_lifted(district: District, lab: str) -> None:
    referral = claimed().object()["referrals"][0]["id"]
    refused = lifts(referral, BEN)
    assert (refused.code, "is not answered yet" in refused.err) == (1, True)


def test_what_is_lifted_is_not_lifted_again(district: District, lab: str) -> None:
    referral = by_order()["referral"]["id"]
    lifted(referral)
    again = lifts(referral, BEN)
    assert (again.code, "is not sealed" in again.err) == (1, True)


def test_the_request_of_the_register_that_it_answered_is_back_too(district: District, lab: str) -> None:
    came = ("--received", district.services.now().date().isoformat(), "--channel", "letter")
    words = ("request", "add", SCIENCE_LAB, "--from", FBI, "--purpose", "legal request", *came)
    request = str(call(*words, *AS, "--json").object()["id"])
    seal = ("request", "seal", request, "--secret-by", "grand_jury")
    assert call(*seal, "--file", str(paper()), *AS).code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: BEN)
        assert call(*seal, "--as", "designee:principal").code == 0
    referral = by_order(SCIENCE_LAB, "--request", request)["referral"]["id"]
    closed = ("request", "close", request, "--outcome", "granted", "--why", "sent by link", *AS)
    assert call(*closed).code == 0
    assert call("request", "list", "--all", "--json").objects() == []
    lifted(referral)
    assert [each["id"] for each in call("request", "list", "--all", "--json").objects()] == [request]
    assert call("request", "show", request, "--json").object()["state"] == "granted"
    assert ledger_holds(district.services)
