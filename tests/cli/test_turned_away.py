"""A parent was turned away by a mistake: whoever mends it reads which request that was, and until when it is due (99.10(b))."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import BEN, revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from roster_files import change_students

AS = ("--as", "custodian:records-office")
WHY = ("--why", "it was dual credit")


@pytest.fixture
def mother(district: District) -> str:
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def asked(who: str, *words: str) -> str:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    added = call("request", "add", *words, "--from", who, *came, *AS, "--json")
    assert added.code == 0, added.text
    return str(added.object()["id"])


def closed(request: str, outcome: str = "rights-passed", *more: str) -> None:
    done = call("request", "close", request, "--outcome", outcome, "--why", "she is in college", *more, *AS)
    assert done.code == 0, done.text


def told(ended: Called) -> str:
    return " ".join(ended.text.split())


def in_college(student: str) -> None:
    assert call("student", "college", student, "--seen", "a course list", *AS).code == 0


def left(student: str, *more: str) -> Called:
    return call("student", "left-college", student, *WHY, *more, *AS)


def requests_check() -> Any:
    checks = call("doctor", "--json").objects()
    (found,) = [each for each in checks if each["check"] == "requests"]
    return found


def test_the_mother_who_was_refused_by_mistake_is_named_with_her_old_days_until_she_is_heard_again(
    hannah: str, mother: str
) -> None:
    in_college(hannah)
    request = asked(mother, "--described", "all recordings", "--student", hannah)
    closed(request)
    assert requests_check()["state"] == "ok"
    (found,) = left(hannah, "--on", str(TODAY), "--json").object()["turned_away"]
    assert (found["id"], found["students"], found["closed"]) == (request, [hannah], str(TODAY))
    assert found["remedy"] == f"dam-plugin request reopen {request} --why TEXT"
    assert found["due"]["inspection"] == str(TODAY + timedelta(days=45))
    told_by_doctor = requests_check()
    assert (told_by_doctor["state"], request in told_by_doctor["detail"]) == ("warning", True)
    assert call("request", "reopen", request, "--why", "it was a mistake", *AS).code == 0
    assert requests_check()["state"] == "ok"
    shown = call("request", "show", request, "--json").object()
    assert {each["clock"]: each["due"] for each in shown["clocks"]}["inspection"] == found["due"]["inspection"]


def test_people_read_it_as_a_sentence(hannah: str, mother: str) -> None:
    in_college(hannah)
    request = asked(mother, "--described", "all recordings", "--student", hannah)
    closed(request)
    said = told(left(hannah, "--on", str(TODAY)))
    assert f"inspection due {TODAY + timedelta(days=45)}" in said
    assert f"`dam-plugin request reopen {request} --why TEXT`" in said


def test_who_was_turned_away_while_it_was_so_is_not_named(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_college(hannah)
    closed(asked(mother, "--described", "all recordings", "--student", hannah))
    on_day(monkeypatch, 20)
    assert left(hannah, "--json").object()["turned_away"] == []
    assert requests_check()["state"] == "ok"


def test_a_refusal_in_the_queue_and_the_request_that_it_answered_are_named(hannah: str, mother: str) -> None:
    in_college(hannah)
    request = asked(mother, PORTRAIT, "--student", hannah)
    ask = ("--to", mother, "--purpose", "inspection", *AS, "--json")
    answered = call("share", PORTRAIT, *ask, "--request", request).object()["referrals"][0]["id"]
    assert call("queue", "close", answered, "--why", "the rights are hers", *AS).code == 0
    closed(request, "denied", "--provision", "34 CFR 99.5")
    (found,) = left(hannah, "--on", str(TODAY), "--json").object()["turned_away"]
    assert found["id"] == request


def test_a_refusal_that_answers_no_request_is_named_by_itself(hannah: str, mother: str) -> None:
    in_college(hannah)
    ask = ("--to", mother, "--purpose", "inspection", *AS, "--json")
    referral = call("share", PORTRAIT, *ask).object()["referrals"][0]["id"]
    assert call("queue", "close", referral, "--why", "the rights are hers", *AS).code == 0
    (found,) = left(hannah, "--on", str(TODAY), "--json").object()["turned_away"]
    assert (found["id"], found["due"]) == (referral, {})


def test_a_death_that_becomes_known_later_names_her_and_so_does_a_corrected_birthday(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = date.fromisoformat(call("student", "show", hannah, *AS, "--json").object()["born"])
    on_day(monkeypatch, (born.replace(year=born.year + 18) - TODAY).days + 30)
    request = asked(mother, "--described", "all recordings", "--student", hannah)
    closed(request)
    died = ("--on", str(TODAY), "--seen", "death certificate")
    done = call("student", "died", hannah, *died, *AS, "--json").object()
    assert [each["id"] for each in done["turned_away"]] == [request]
    assert call("student", "alive", hannah, *WHY, *AS, "--json").object()["turned_away"] == []
    change_students(Path("roster"), {"born": str(born.replace(year=born.year + 1))}, HANNAH)
    assert request in told(call("roster", "import", "roster", "--confirm", *AS))
    assert request in requests_check()["detail"]


def test_what_went_to_a_mother_by_a_mistaken_death_is_counted(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = date.fromisoformat(call("student", "show", hannah, *AS, "--json").object()["born"])
    assert call("student", "died", hannah, "--on", str(TODAY), "--seen", "obituary", *AS).code == 0
    on_day(monkeypatch, (born.replace(year=born.year + 18) - TODAY).days + 30)
    ask = ("--to", mother, "--purpose", "inspection", *AS, "--json")
    assert call("share", PORTRAIT, *ask).object()["basis"] == {hannah: "EX2"}
    back = call("student", "alive", hannah, *WHY, *AS, "--json").object()
    assert back["given_after"] == 1
    assert len(back["closed"]) == 1


def test_what_was_denied_in_words_while_an_order_stood_is_named_too(
    district: District, hannah: str, mother: str
) -> None:
    district.upload(PORTRAIT)
    order = ("--seen", "order of the circuit court", *revoking())
    limit = call("student", "guardian", "limit", hannah, mother.removeprefix("parent:"), *order, *AS, "--json").object()
    words = ("--from", mother, "--described", "everything of my daughter", "--purpose", "inspection")
    came = ("--received", str(TODAY), "--channel", "email", *AS, "--json")
    request = str(call("request", "add", *words, *came).object()["id"])
    closed(request, "denied", "--provision", "34 CFR 99.4")
    ending = ("student", "guardian", "end", limit["id"], "--why", "set aside")
    assert call(*ending, *AS).code == 0
    with pytest.MonkeyPatch.context() as another:
        another.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
        ended = call(*ending, "--as", "designee:principal")
    assert f"`dam-plugin request reopen {request} --why TEXT`" in told(ended)


def test_who_ends_an_order_that_was_entered_by_mistake_reads_which_request_was_denied_by_it(
    district: District, hannah: str, mother: str
) -> None:
    district.upload(PORTRAIT)
    order = ("--seen", "order of the circuit court", *revoking())
    limit = call("student", "guardian", "limit", hannah, mother.removeprefix("parent:"), *order, *AS, "--json").object()
    request = asked(mother, PORTRAIT)
    waits = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    for each in waits.object()["referrals"]:
        assert call("queue", "close", each["id"], "--why", "a court's order", *AS).code == 0
    closed(request, "denied", "--provision", "34 CFR 99.4")
    due = TODAY + timedelta(days=45)

    ending = ("student", "guardian", "end", limit["id"], "--why", "the order is about another family")
    assert request not in told(call(*ending, *AS))
    with pytest.MonkeyPatch.context() as another:
        another.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
        ended = call(*ending, "--as", "designee:principal")
    assert f"{request} (answer due" in told(ended)
    assert f"inspection due {due}) was closed on {TODAY} while the order about {hannah}" in told(ended)
    assert f"`dam-plugin request reopen {request} --why TEXT`" in told(ended)

    assert call("request", "reopen", request, "--why", "the order was not about her", *AS).code == 0
    again = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS)
    assert again.code == 0, again.text
