"""What a family hears, and by when, where an office would easily answer it as a stranger or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import (
    CALEB,
    CALEB_FATHER,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    PORTRAIT,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    District,
)
from use_cases import entries, ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:ada")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def done(ended: Called, code: int = 0) -> Called:
    assert ended.code == code, ended.text
    return ended


def add(*words: str, days_ago: int = 0) -> str:
    came = str(TODAY - timedelta(days=days_ago))
    ended = call("request", "add", *words, "--received", came, "--channel", "letter", *AS, "--json")
    return str(done(ended).object()["id"])


def show(kind: str, thing: str, *words: str) -> Any:
    return done(call(kind, "show", thing, *words, *AS, "--json")).object()


def letter(kind: str, request: str) -> Called:
    return call("letter", "preview", kind, "--request", request)


def words(ended: Called) -> str:
    return " ".join(ended.text.split())


# Who names another child beside their own


@pytest.fixture
def named(district: District) -> dict[str, Any]:
    """A father asks for the hallway video 'of my son and' the other boy."""
    district.upload(HALLWAY)
    with district.services.store.reading() as unit:
        shown = unit.assets.need(HALLWAY).tagging.students
    son, father = district.student(CALEB), district.guardian(CALEB_FATHER)
    (other,) = [each for each in shown if each != son][:1]
    request = add(HALLWAY, "--from", f"parent:{father}", "--purpose", "inspection", "--described", f"{son} and {other}")
    asked = (
        "--to",
        f"parent:{father}",
        "--purpose",
        "inspection",
        "--name",
        son,
        "--name",
        other,
        "--request",
        request,
    )
    answer = done(call("share", HALLWAY, *asked, *AS, "--json"), 4).object()
    return {"request": request, "answer": answer, "referral": answer["referrals"][0]["id"]}


def test_a_parent_who_names_another_child_is_told_of_the_right_to_their_own(named: dict[str, Any]) -> None:
    (reason,) = [each for each in named["answer"]["reasons"] if each["clause"] == "REDACT-NAMED"]
    assert "beside a student of their own" in reason["text"]
    assert "means none" in reason["remedy"]
    outside = " ".join(each["text"] for each in named["answer"]["outside"])
    assert "The law lets you see what is about your own child" in outside
    assert "does not let us say" not in outside


def test_no_letter_says_that_something_is_given_while_nothing_is(named: dict[str, Any]) -> None:
    refused = letter("redacted-release", named["request"])
    assert (refused.code, "waits in the queue" in words(refused)) == (1, True)


def test_where_the_other_can_neither_be_hidden_nor_left_out_each_family_has_the_recording(
    named: dict[str, Any],
) -> None:
    why = ("--why", "they struggle in each frame", "--inspection-offered", "telephone, today")
    found = call("queue", "finding", named["referral"], "means", "none", *why, *AS)
    assert "another user of this system runs" in done(found).text
    pending = show("queue", named["referral"])["findings"][-1]["id"]
    context.system_user = lambda: SystemUser("1001", "ben")  # the fixture puts it back
    done(call("queue", "approve", pending, "--as", "designee:ben"))
    assert show("queue", named["referral"])["closed_at"] is not None
    assert done(call("request", "close", named["request"], "--outcome", "granted", "--why", "seen", *AS)).code == 0


# Work that was there before its letter


@pytest.mark.parametrize("how", ["a share", "the entry"])
def test_work_that_waits_is_due_as_the_letter_that_came_before_it(district: District, how: str) -> None:
    district.upload(HALLWAY)
    asked = ("--to", "public:gazette", "--purpose", "news")
    first = done(call("share", HALLWAY, *asked, "--as", "media_staff:desk", "--json"), 4).object()["referrals"][0]
    joined = ("--referral", first["id"]) if how == "the entry" else ()
    request = add(HALLWAY, "--from", "public:gazette", "--purpose", "news", *joined, days_ago=9)
    if how == "a share":
        done(call("share", HALLWAY, *asked, "--request", request, "--as", "media_staff:desk"), 4)
    (clock,) = [each for each in show("request", request)["clocks"] if each["clock"] == "answer"]
    assert show("queue", first["id"])["due"] == clock["due"] < first["due"]


# A record that is not amended


def test_a_contested_record_is_held_until_the_hearing_and_what_may_follow_are_over(district: District) -> None:
    district.upload(PORTRAIT)
    student, mother = district.student(HANNAH), f"parent:{district.guardian(HANNAH_MOTHER)}"
    wrong = (
        "--student",
        student,
        "--amend",
        "the caption names another club",
        "--from",
        mother,
        "--purpose",
        "inspection",
    )
    request = add(PORTRAIT, *wrong)
    done(call("request", "close", request, "--outcome", "not-amended", "--why", "it is right", *AS))
    held = done(call("hold", "list", "--key", PORTRAIT, "--json")).out
    assert request in held
    assert "it may still ask for one" in held or "meeting" in held
    done(call("request", "hearing", request, "--asked", *AS))
    destroyed = call("retention", "destroy", PORTRAIT, "--why", "the schedule", *AS)
    assert destroyed.code == 1
    assert "hearing that is not over" in words(call("hold", "list", "--key", PORTRAIT))
    day = str(TODAY + timedelta(days=5))
    at = ("--set", f"{day} 16:00", "--place", "board room", "--officer", "Grace Tomlin")
    done(call("request", "hearing", request, *at, *AS))
    assert request in done(call("hold", "list", "--key", PORTRAIT, "--json")).out


# A student who holds no rights yet


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_minor_who_asks_is_promised_an_answer_and_told_whose_right_it_is(district: District, language: str) -> None:
    district.upload(TEAM)
    who = ("--from", f"eligible_student:{district.student(INES)}", "--purpose", "inspection")
    request = add(TEAM, *who)
    told = words(call("letter", "preview", "acknowledgement", "--request", request, "--lang", language))
    assert ("we have to answer you" if language == "en" else "tenemos que responderle") in told
    assert ("A parent may ask to see them" if language == "en" else "Su padre o su madre puede pedir verlos") in told
    assert "let you see it" not in told
    assert "It is not owed now: a student asks who holds no rights yet" in words(call("request", "show", request, *AS))


def test_a_minor_who_is_denied_is_not_sent_to_complain_by_a_right_of_the_parents(district: District) -> None:
    district.upload(TEAM)
    who = ("--from", f"eligible_student:{district.student(INES)}", "--purpose", "inspection")
    request = add(TEAM, *who)
    told = words(call("letter", "preview", "denial", "--request", request, "--provision", "34 CFR 99.5(a)"))
    assert "The rights over your school records are your parents'" in told
    assert "Student Privacy Policy Office" not in told


# A link that nobody opened


def test_a_family_whose_link_another_familys_no_closed_waits_again_by_its_own_day(district: District) -> None:
    district.upload(TEAM)
    parents = {INES: "G-2111"}
    father = f"parent:{district.guardian(parents[INES])}"
    request = add(TEAM, "--from", father, "--purpose", "inspection", days_ago=3)
    done(call("share", TEAM, "--to", father, "--purpose", "inspection", "--request", request, *AS))
    done(call("request", "close", request, "--outcome", "granted", "--why", "sent by link", *AS))
    others = [each for each in _shown(district) if each != district.student(INES)]
    for each in others:
        done(call("student", "opt-out", each, *AS))
    waits = [each for each in done(call("queue", "list", *AS, "--json")).objects() if each["kind"] == "inspection"]
    assert len(waits) == 1
    (clock,) = [each for each in show("request", request)["clocks"] if each["clock"] == "inspection"]
    assert waits[0]["due"] == clock["due"]
    assert "closed before anybody opened it" in words(call("queue", "show", waits[0]["id"], *AS))
    assert waits[0]["id"] in done(call("hold", "list", "--key", TEAM, "--json")).out
    again = call("queue", "finding", waits[0]["id"], "reviewed", *AS)
    assert again.code == 0, again.text
    assert done(call("queue", "list", *AS, "--json")).objects() == []
    assert ledger_holds(district.services)
    assert entries(district.services, "close")


def _shown(district: District) -> frozenset[str]:
    with district.services.store.reading() as unit:
        return frozenset(unit.assets.need(TEAM).tagging.students)


def test_a_link_that_was_opened_or_taken_back_leaves_no_work(district: District) -> None:
    district.upload(TEAM)
    father = f"parent:{district.guardian('G-2111')}"
    link = done(call("share", TEAM, "--to", father, "--purpose", "inspection", *AS, "--json")).object()["link"]
    done(call("revoke", link, *AS))
    assert [each["kind"] for each in done(call("queue", "list", *AS, "--json")).objects()] == []


# A hearing that is moved, and a parent whose child holds the rights


def test_a_hearing_is_not_moved_past_the_day_by_which_it_is_held(district: District) -> None:
    district.upload(PORTRAIT)
    student, mother = district.student(HANNAH), f"parent:{district.guardian(HANNAH_MOTHER)}"
    wrong = ("--student", student, "--amend", "the caption is wrong", "--from", mother, "--purpose", "inspection")
    request = add(PORTRAIT, *wrong)
    done(call("request", "close", request, "--outcome", "not-amended", "--why", "it is right", *AS))
    done(call("request", "hearing", request, "--asked", *AS))

    def put(days: int) -> Called:
        at = f"{TODAY + timedelta(days=days)} 16:00"
        return call(
            "request", "hearing", request, "--set", at, "--place", "board room", "--officer", "Grace Tomlin", *AS
        )

    done(put(10))
    done(put(20))
    assert "within a reasonable time after it was asked for" in words(done(put(120), 1))


def test_letters_to_a_parent_of_a_grown_student_list_and_promise_nothing(district: District) -> None:
    district.upload(GRADUATION)
    student, mother = district.student(SOFIA), f"parent:{district.guardian(SOFIA_MOTHER)}"
    about = ("--described", f"everything on {student}", "--student", student)
    request = add("--from", mother, "--purpose", "inspection", *about)
    call(
        "share", GRADUATION, "--to", mother, "--purpose", "inspection", "--request", request, "--as", "media_staff:desk"
    )
    for kind, more in (("acknowledgement", ()), ("extension", ("--earliest", str(TODAY + timedelta(days=3))))):
        told = words(done(call("letter", "preview", kind, "--request", request, *more)))
        assert "recording R-" not in told
        assert "have the records" not in told
        assert "give you the records" not in told
        assert "answer you" in told
