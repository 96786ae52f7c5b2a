"""An order that asks in words alone, or is closed unanswered: what it asks for is not destroyed unnoticed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY, now
from command_line import Called, call, said
from court_orders import BEN, paper
from destroyed_while_asked import RULES, library_by
from district import HANNAH, PORTRAIT, TEAM, District
from use_cases import ledger_holds

from dam_plugin.cli import context

AS = ("--as", "custodian:records-office")
SECOND = ("--as", "designee:principal")
RETURN = TODAY + timedelta(days=14)
PAPER = ("--paper", "subpoena", "--return", str(RETURN))
WORDS = ("--described", "every photo of the fall games")
SCHEDULE = ("--why", "the schedule")
CLOSINGS = {"no-such-record": (), "denied": ("--provision", "RSMo 610.021(1)")}


@pytest.fixture
def library(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    return library_by(RULES, district, monkeypatch)


def added(*words: str, days: int = 0, to: str = "court:circuit", purpose: str = "legal request") -> Called:
    came = ("--received", str(TODAY + timedelta(days=days)), "--channel", "letter")
    return call("request", "add", *words, "--from", to, "--purpose", purpose, *came, *AS, "--json")


def asked(*words: str, days: int = 0) -> str:
    made = added(*words, days=days)
    assert made.code == 0, made.text
    return str(made.object()["id"])


def destroys(key: str = TEAM, *more: str, by: tuple[str, ...] = AS) -> Called:
    return call("retention", "destroy", key, *SCHEDULE, *more, *by, "--json")


def destroyed(key: str = TEAM) -> str:
    done = destroys(key)
    assert (done.code, done.object()["state"]) == (0, "done"), done.text
    return str(done.object()["id"])


def holds(request: str, place: str, *more: str) -> None:
    texts = ("--matter", request, "--why", "it is asked for", "--source", "the paper")
    assert call("hold", "add", place, "--kind", "subpoena", *texts, *more, *AS).code == 0


def closed(request: str, outcome: str, *more: str, why: str = "looked for") -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", why, *CLOSINGS.get(outcome, ()), *more, *AS)


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=days))


def as_ben(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: BEN)


# What is said


@pytest.mark.parametrize(("words", "kind"), [(PAPER, "subpoena"), ((), "request")])
def test_who_enters_words_alone_is_told_that_they_hold_nothing(
    library: District, words: tuple[str, ...], kind: str
) -> None:
    made = added(*WORDS, *words)
    request = made.object()["id"]
    note = f"note: Nothing is held for {request}, which asks in words"
    assert note in made.err
    assert f"dam-plugin hold add FOLDER/ --kind {kind} --matter {request} --why TEXT --source TEXT --as" in made.err
    assert note in call("request", "show", request).err
    told = call("request", "show", request, "--json").object()
    assert told["holds_nothing"] is True
    noted = call("request", "order", request, *PAPER, *AS)
    assert note in noted.err
    holds(request, "events/")
    shown = call("request", "show", request, "--json")
    assert (note in shown.err, shown.object()["holds_nothing"]) == (False, False)


def test_what_names_a_key_or_a_student_is_held_and_nothing_is_said(library: District) -> None:
    of_student = added(*WORDS, *PAPER, "--student", library.student(HANNAH))
    assert "Nothing is held" not in added(TEAM, *PAPER).err + of_student.err


# What is destroyed


def test_no_recording_is_destroyed_while_an_order_in_words_holds_nothing(library: District) -> None:
    request = asked(*WORDS, *PAPER)
    refused = destroys()
    assert refused.code == 1
    assert f"the recording is not destroyed: {request} asks in words for recordings" in said(refused)
    assert "hold what it asks for" in said(refused)
    assert f"--not-asked-for {request}, which takes two people" in said(refused)
    holds(request, "events/")
    assert "held by the hold" in said(destroys())
    destroyed(PORTRAIT)


def test_two_people_say_that_a_recording_is_not_what_is_asked_for(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(*WORDS, *PAPER)
    others = ("--not-asked-for", request.lower())
    first = call("retention", "destroy", TEAM, *SCHEDULE, *others, *AS)
    assert (first.code, "is said not to be what is asked for and is not destroyed yet" in said(first)) == (0, True)
    assert f"--why … --not-asked-for {request} --as designee:NAME" in said(first)
    assert "it takes two people" in said(destroys(TEAM, *others))
    as_ben(monkeypatch)
    assert destroys(TEAM, by=SECOND).code == 1
    done = destroys(TEAM, *others, by=SECOND)
    assert (done.code, done.object()["state"]) == (0, "done")
    shown = call("request", "show", request, *AS)
    assert f"by the schedule ({done.object()['id']})" in said(shown)
    assert closed(request, "no-such-record").code == 0
    assert ledger_holds(library.services)


def test_of_what_is_no_open_order_in_words_nobody_says_that_it_is_not_asked_for(library: District) -> None:
    request = asked(TEAM, *PAPER)
    assert f"leave --not-asked-for {request} out" in said(destroys(PORTRAIT, "--not-asked-for", request))


def test_an_order_in_words_stops_what_a_court_orders_to_be_destroyed_too(library: District) -> None:
    request = asked(*WORDS, *PAPER)
    court = ("--order", "24JU-CV00117", "--ordered", str(TODAY), "--file", str(paper()))
    assert f"--not-asked-for {request}" in said(destroys(TEAM, *court))


def test_a_sealed_order_in_words_is_not_named(library: District, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(*WORDS, *PAPER)
    seal = ("request", "seal", request, "--secret-by", "grand_jury")
    assert call(*seal, "--file", str(paper()), *AS).code == 0
    shown = call("request", "show", request, "--sealed", *AS)
    assert f"--matter {request} --why TEXT --source TEXT --sealed --ground GROUND --file COPY" in said(shown)
    refused = destroys()
    assert "the recording is not destroyed: it is held; ask the records custodian" in said(refused)
    assert request not in refused.text
    assert destroys(TEAM, "--not-asked-for", request).code == 0
    as_ben(monkeypatch)
    assert destroys(TEAM, "--not-asked-for", request, by=SECOND).object()["state"] == "done"
    assert request not in call("ledger", "show", *AS, "--json").out
    assert ledger_holds(library.services)


def test_what_is_asked_no_more_stops_nothing(library: District) -> None:
    assert closed(asked(*WORDS, *PAPER), "withdrawn").code == 0
    destroyed()


def test_what_is_no_order_after_all_is_a_request_of_which_one_person_says_it(library: District) -> None:
    request = asked(*WORDS, *PAPER)
    assert call("request", "order", request, "--paper", "none", "--why", "no clerk signed it", *AS).code == 0
    refused = destroys()
    assert (f"--not-asked-for {request}" in said(refused), "two people" in said(refused)) == (True, False)
    assert destroys(TEAM, "--not-asked-for", request).object()["state"] == "done"


def test_an_order_in_words_that_is_denied_before_its_return_day_stops_it_until_then(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(*WORDS, *PAPER)
    assert closed(request, "denied", why="counsel moved to quash").code == 0
    later(monkeypatch, 14)
    assert f"--not-asked-for {request}" in said(destroys())
    assert "Nothing is held" in call("request", "show", request).err
    later(monkeypatch, 15)
    assert "Nothing is held" not in call("request", "show", request).err
    destroyed()


# What was destroyed


@pytest.mark.parametrize("outcome", CLOSINGS)
@pytest.mark.parametrize("days", [-3, 0])
def test_what_was_destroyed_since_an_order_in_words_came_is_not_passed_over(
    library: District, days: int, outcome: str
) -> None:
    done = destroyed()
    request = asked(*WORDS, *PAPER, days=days)
    shown = said(call("request", "show", request, *AS))
    assert f"Destroyed on {TODAY} by the schedule ({done}): events; the district's own schedule" in shown
    refused = closed(request, outcome)
    assert (refused.code, f"{done} on {TODAY}. '{outcome}' would pass" in said(refused)) == (1, True), refused.text
    assert "tell whoever asked what was destroyed and when" in said(refused)
    assert closed(request, outcome, why=f"the court was told of {done}").code == 0


def test_no_letter_says_that_there_is_none_while_nobody_has_said_what_was_destroyed(library: District) -> None:
    done = destroyed()
    request = asked(*WORDS, *PAPER)
    write = ("letter", "write", "no-such-record", "--request", request)
    assert done in said(call(*write, *AS))
    assert "destroyed" not in call(*write, "--not-about", done, *AS, "--json").object()["text"]
    assert closed(request, "no-such-record", why=f"told of {done}").code == 0
    for language, word in (("en", "was destroyed on"), ("es", "Se destruyó el")):
        written = call(*write, "--lang", language, *AS, "--json")
        assert word in " ".join(written.object()["text"].split())


def test_what_was_destroyed_and_not_asked_for_is_left_out(library: District) -> None:
    done = destroyed()
    request = asked(*WORDS, *PAPER)
    ended = closed(request, "no-such-record", "--not-about", done)
    assert (ended.code, f"Not about: {done}" in ended.out) == (0, True), ended.text


def test_what_was_destroyed_before_or_beside_what_is_held_is_not_told(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = destroyed()
    later(monkeypatch, 1)
    request = asked(*WORDS, *PAPER, days=1)
    library.upload("events/another.jpg", b"another file")
    holds(request, "events/")
    beside = destroyed(PORTRAIT)
    shown = call("request", "show", request, *AS).text
    assert (before in shown, beside in shown) == (False, False)
    assert closed(request, "no-such-record").code == 0


# Closed and not answered


@pytest.mark.parametrize("outcome", ["denied", "referred-elsewhere"])
def test_an_order_that_is_closed_unanswered_holds_what_it_names_until_its_return_day(
    library: District, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(TEAM, *PAPER)
    more = ("--not-about", TEAM) if outcome == "referred-elsewhere" else ()
    ended = closed(request, outcome, *more, why="counsel moved to quash")
    assert (ended.code, f"What it names is held until {RETURN}, its return day" in said(ended)) == (0, True), ended.text
    (row,) = call("hold", "list", "--json").objects()
    assert (row["id"], row["held_by"], row["until"], row["ends"]) == (request, "return", str(RETURN), "after that day")
    assert "whose return day is not over" in said(call("hold", "list"))
    later(monkeypatch, 14)
    refused = destroys()
    assert f"held by the request {request} (an order that was closed and not answered" in said(refused)
    assert "it ends after that day" in said(call("hold", "show", TEAM))
    later(monkeypatch, 15)
    destroyed()


@pytest.mark.parametrize("end", ["withdrawn", "none"])
def test_what_was_withdrawn_or_is_no_order_holds_nothing_more(library: District, end: str) -> None:
    request = asked(TEAM, *PAPER)
    if end == "none":
        assert call("request", "order", request, "--paper", "none", "--why", "no clerk signed it", *AS).code == 0
    assert closed(request, "denied" if end == "none" else end).code == 0
    destroyed()
