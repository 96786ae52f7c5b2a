"""A letter that asks to see a record and to amend it: two requests, of which each has its own days (34 CFR 99.10, 99.20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District
from use_cases import ledger_holds

ADA = ("--as", "custodian:ada")
WRONG = "the caption names another day"
SIGHT = {"answer", "inspection"}
ONE = str(TODAY + timedelta(days=45))


@pytest.fixture
def letter(district: District) -> tuple[str, ...]:
    """What the clerk enters of the mother's letter about a portrait."""
    district.upload(PORTRAIT)
    who = ("--from", f"parent:{district.guardian(HANNAH_MOTHER)}", "--purpose", "inspection", "--channel", "letter")
    about = (PORTRAIT, "--student", district.student(HANNAH), "--contact", "1 Elm Street")
    return (*about, *who, "--received", str(TODAY))


def adds(letter: tuple[str, ...], *words: str) -> Called:
    return call("request", "add", *letter, *words, *ADA, "--json")


@pytest.fixture
def asked(letter: tuple[str, ...]) -> str:
    """The number of the mother's request to see the portrait."""
    made = adds(letter, "--want", "view")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def amends(request: str, *words: str, what: str = WRONG) -> Called:
    return call("request", "amend", request, "--what", what, *words, *ADA)


def closes(request: str, outcome: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "the caption is right", *ADA)


def listed() -> list[str]:
    return sorted(str(each["id"]) for each in call("request", "list", "--all", "--json").objects())


def running(request: str) -> set[str]:
    told = call("request", "show", request, "--json").object()
    return {each["clock"] for each in told["clocks"] if each["stopped"] is None}


def text(called: Called) -> str:
    return " ".join(called.text.split())


def test_what_asked_to_see_goes_on_beside_what_asks_to_amend(
    district: District, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = amends(asked, "--json").objects()
    assert (first["id"], running(asked), running(other["id"])) == (asked, SIGHT, {"amendment"})
    same = ("received_at", "recipient", "channel", "recordings", "students", "purpose")
    assert all(first[name] == other[name] for name in same)
    assert call("request", "show", other["id"], "--names", "--json").object()["contact"] == "1 Elm Street"
    assert closes(other["id"], "not-amended").code == 0
    refused = closes(asked, "not-amended")
    assert (refused.code, f"dam-plugin request amend {asked} --what TEXT" in text(refused)) == (1, True)
    on_day(monkeypatch, 61)
    late = call("request", "list", "--overdue", "--json").objects()
    assert [each["id"] for each in late] == [asked]
    assert ledger_holds(district.services)


def test_the_answer_and_the_log_say_where_each_is(asked: str) -> None:
    told = text(amends(asked))
    assert (
        "Its letter also asks to amend a record: that is RQ-000002, a request of its own; this one keeps its days"
        in told
    )
    assert f"It asks to amend a record: {WRONG}" in told
    assert f"RQ-000002: {WRONG}" in text(call("request", "log", asked))


def test_the_same_said_twice_makes_no_third_request(asked: str) -> None:
    for _ in range(2):
        assert amends(asked).code == 0
        assert listed() == [asked, "RQ-000002"]
    assert closes("RQ-000002", "amended").code == 0
    assert closes(asked, "no-such-record").code == 1
    assert (amends(asked).code, listed()) == (0, [asked, "RQ-000002"])
    assert amends(asked, what="the caption names another team").code == 0
    assert listed() == [asked, "RQ-000002", "RQ-000003"]


def test_a_letter_that_asks_both_is_entered_in_one_command(letter: tuple[str, ...]) -> None:
    first, other = adds(letter, "--want", "view", "--amend", WRONG).objects()
    assert (running(first["id"]), running(other["id"])) == (SIGHT, {"amendment"})
    assert (amends(first["id"]).code, len(listed())) == (0, 2)


def test_a_letter_that_asks_to_see_nothing_is_one_request(letter: tuple[str, ...]) -> None:
    (only,) = adds(letter, "--amend", WRONG).objects()
    assert running(only["id"]) == {"amendment"}
    again = amends(only["id"], what="another day")
    assert (again.code, "is noted as a request to amend a record already" in text(again)) == (1, True)


@pytest.mark.parametrize("words", [("--format", "MP4 on a disk"), ("--meeting", ONE)], ids=["a format", "a meeting"])
def test_what_belongs_to_seeing_says_that_it_asks_to_see(letter: tuple[str, ...], words: tuple[str, ...]) -> None:
    first, other = adds(letter, *words, "--amend", WRONG).objects()
    assert running(first["id"]) >= SIGHT
    assert running(other["id"]) == {"amendment"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--amend", "what Hannah Lindqvist wears"), "a text may name a student"),
        (("--amend", WRONG, "--from", "public:reporter-7", "--purpose", "news"), "34 CFR 99.20(a)"),
    ],
    ids=["a name", "no family"],
)
def test_what_cannot_be_asked_beside_enters_nothing(letter: tuple[str, ...], words: tuple[str, ...], why: str) -> None:
    refused = adds(letter, "--want", "view", *words)
    assert (refused.code, why in text(refused), listed()) == (1, True, [])


def test_what_asked_to_see_nothing_is_turned_where_the_custodian_says_so(asked: str) -> None:
    turned = amends(asked, "--only")
    assert (turned.code, running(asked), listed()) == (0, {"amendment"}, [asked])
    assert f"{WRONG}; it asks to see nothing" in text(call("request", "log", asked))


def test_what_was_answered_did_ask_to_see(district: District, asked: str) -> None:
    who = f"parent:{district.guardian(HANNAH_MOTHER)}"
    shared = call("share", PORTRAIT, "--to", who, "--purpose", "inspection", "--request", asked, *ADA)
    assert asked in text(call("request", "show", asked)), shared.text
    refused = amends(asked, "--only")
    assert (refused.code, "asks to see something" in text(refused), "leave --only out" in text(refused)) == (
        1,
        True,
        True,
    )
    assert running(asked) == SIGHT
    assert (amends(asked).code, running("RQ-000002")) == (0, {"amendment"})


def test_a_request_that_is_closed_takes_no_more(asked: str) -> None:
    assert call("request", "withdraw", asked, "--why", "she called", *ADA).code == 0
    refused = amends(asked)
    assert (refused.code, "dam-plugin request add" in text(refused), listed()) == (1, True, [asked])


def test_somebody_elses_request_is_theirs(asked: str) -> None:
    assert call("request", "assign", asked, "--to", "grace", *ADA).code == 0
    refused = amends(asked)
    assert (refused.code, f"{asked} is grace's" in text(refused)) == (1, True)
