"""What a family reads of a release whose ground fell: no danger, no parent's right, evidence that never held (34 CFR 99.32)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import BEN, revoking
from district import HALLWAY, HANNAH, HANNAH_MOTHER, INES, INES_MOTHER, NOAH, PORTRAIT, UNTITLED, District
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, NIGHTS = ("--as", "custodian:records-office"), ("--as", "media_staff:nights")
POLICE = "law_enforcement:officer-7"
CLAIMED = "a child is missing"


def as_user(monkeypatch: pytest.MonkeyPatch, user: SystemUser) -> None:
    monkeypatch.setattr(context, "system_user", lambda: user)


def lines(student: str, *more: str) -> list[dict[str, Any]]:
    given = ("asked", "opened", "handed over")
    found = call("ledger", "student", student, *more, *AS, "--json").objects()
    return [each for each in found if each["what"] in given and each["outcome"] in ("allow", "redact")]


def page(student: str, *more: str) -> str:
    made = call("ledger", "student", student, "--page", "record.html", *more, *AS)
    assert made.code == 0, made.text
    return " ".join(Path("record.html").read_text("utf-8").split())


def released(monkeypatch: pytest.MonkeyPatch, shown: Sequence[str], *, by_hand: bool = False) -> str:
    """Release a recording to the police in an emergency; the review of it, which another system user states."""
    as_user(monkeypatch, BEN)
    if by_hand:
        asked = call("share", HALLWAY, "--to", POLICE, "--purpose", "emergency", *NIGHTS, "--json").object()
        students = ",".join(sorted(shown))
        given = ("--disclosed-to", POLICE, "--basis", "EX9", "--threat", CLAIMED, "--students", students)
        closed = call(
            "queue", "close", asked["referrals"][0]["id"], *given, "--why", "he took it", "--as", "custodian:nights"
        )
        assert closed.code == 0, closed.text
    else:
        assert call("break-glass", HALLWAY, "--to", POLICE, "--threat", CLAIMED, *NIGHTS).code == 0
    as_user(monkeypatch, SystemUser("1000", "ada"))
    return next(each["id"] for each in call("queue", "list", "--json").objects() if each["kind"] == "review")


@pytest.fixture
def hallway(district: District) -> list[str]:
    """The students in a camera's recording, which is no directory information."""
    district.upload(HALLWAY)
    return sorted(kept(district.services, HALLWAY).tagging.students)


def reviewed(review: str, *flag: str) -> None:
    done = call("queue", "finding", review, "reviewed", "it was a theft", *flag, *AS)
    assert done.code == 0, done.text


@pytest.mark.parametrize("by_hand", [False, True], ids=["by link", "by hand"])
def test_an_emergency_that_was_none_was_given_by_mistake(
    district: District, hallway: list[str], monkeypatch: pytest.MonkeyPatch, *, by_hand: bool
) -> None:
    review, student = released(monkeypatch, hallway, by_hand=by_hand), hallway[0]
    assert "In an emergency the law lets us give this out" in page(student)
    reviewed(review, "--no-threat")
    (line,) = lines(student, "--required")
    assert (line["threat"], "found that there was no such danger" in line["happened"]) == (CLAIMED, True)
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]
    for told in (page(student), page(student, "--required")):
        assert f"The danger that was stated: {CLAIMED}" in told
        assert "In an emergency the law lets us" not in told
    assert "no existía tal peligro" in page(student, "--language", "es")
    assert ledger_holds(district.services)


def test_a_review_that_was_wrong_is_said_anew(
    district: District, hallway: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    review, student = released(monkeypatch, hallway), hallway[0]
    reviewed(review, "--was-threat")
    again = call("queue", "finding", review, "reviewed", "it was a theft", "--was-threat", *AS)
    assert (again.code, "says so already" in again.err) == (1, True), again.text
    closed = call("queue", "close", review, "--why", "x", *AS)
    assert (closed.code, "say it anew" in " ".join(closed.err.split())) == (1, True), closed.text
    reviewed(review, "--no-threat")
    (line,) = lines(student, "--required")
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]
    assert all(each["link"] is None for each in call("links", "--open", "--json").objects() if each["key"] == HALLWAY)
    # What the family reads as a mistake, no one person takes back.
    back = ("queue", "finding", review, "reviewed", "there was a threat", "--was-threat")
    refused = call(*back, *AS)
    assert (refused.code, "another" in refused.err) == (1, True), refused.text
    as_user(monkeypatch, SystemUser("1002", "cleo"))
    done = call(*back, "--as", "designee:principal")
    assert done.code == 0, done.text
    assert "by mistake" not in page(student)
    assert ledger_holds(district.services)


@pytest.mark.parametrize("flag", ["--no-threat", "--was-threat"])
def test_of_an_emergency_that_was_reviewed_nobody_tagged_since_reads_that_it_is_looked_at(
    district: District, hallway: list[str], monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    review = released(monkeypatch, hallway)
    noah = district.student(NOAH)
    assert call("tag", HALLWAY, "--person", noah, *AS).code == 0
    assert "looks at this afterwards" in page(noah)
    reviewed(review, flag)
    (line,) = lines(noah, "--required")
    told = page(noah)
    assert "looks at this afterwards" not in told
    assert ("by mistake: the law did not permit it" in told) is (flag == "--no-threat")
    assert ("In an emergency the law lets us" in page(hallway[0])) is (flag == "--was-threat")
    assert line["required"]


def inspected(mother: str, key: str = PORTRAIT) -> None:
    done = call("share", key, "--to", f"parent:{mother}", "--purpose", "inspection", *AS, "--json").object()
    assert done["outcome"] == "allow"


def limited(student: str, guardian: str) -> None:
    since = ("--since", str(TODAY - timedelta(days=5)), "--seen", "order of the circuit court", *revoking())
    done = call("student", "guardian", "limit", student, guardian, *since, *AS)
    assert done.code == 0, done.text


def test_what_could_go_to_anybody_on_that_day_was_no_mistake(district: District) -> None:
    district.upload(UNTITLED)
    ines, mother = district.student(INES), district.guardian(INES_MOTHER)
    tags = ("--person", ines, "--unidentified", "0", "--directory", "eligible")
    assert call("tag", UNTITLED, *tags, *AS).code == 0
    inspected(mother, UNTITLED)
    limited(ines, mother)
    assert lines(ines, "--required") == []
    (line,) = lines(ines)
    assert "did not hold the rights over the record on that day" in line["happened"]
    assert "directory information, which the district may give to anybody" in line["why"]
    assert "by mistake" not in page(ines)


@pytest.mark.parametrize("cause", ["not_eligible", "opted out", "protected since"])
def test_what_could_not_was_given_by_mistake(district: District, cause: str) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    if cause == "not_eligible":
        assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    if cause == "opted out":
        assert call("student", "opt-out", hannah, *AS).code == 0
    inspected(mother)
    if cause == "protected since":
        protect = (
            "student",
            "protect",
            hannah,
            "--kind",
            "no-contact-order",
            "--since",
            str(TODAY - timedelta(days=5)),
        )
        assert call(*protect, "--seen", "an order", *AS).code == 0
    limited(hannah, mother)
    (line,) = lines(hannah, "--required")
    assert "by mistake: the law did not permit it" in line["why"]


def published_of_ines(district: District) -> str:
    district.upload(UNTITLED)
    ines = district.student(INES)
    tags = ("--person", ines, "--unidentified", "0", "--directory", "eligible")
    assert call("tag", UNTITLED, *tags, *AS).code == 0
    post = ("share", UNTITLED, "--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")
    assert call(*post).object()["outcome"] == "allow"
    return ines


def of_publication(student: str) -> dict[str, Any]:
    found = call("ledger", "student", student, *AS, "--json").objects()
    return next(each for each in found if each["what"] == "published")


def test_what_was_published_against_a_no_that_was_entered_late_was_a_mistake(district: District) -> None:
    ines, mother = published_of_ines(district), district.guardian(INES_MOTHER)
    assert "directory information, which the district may give" in of_publication(ines)["why"]
    said = ("student", "opt-out", ines, "--by", mother, "--since", str(TODAY - timedelta(days=9)))
    assert call(*said, *AS).code == 0
    line = of_publication(ines)
    assert (line["required"], "by mistake: the law did not permit it" in line["why"]) == (True, True)
    assert "the family had said no to this by that day" in line["happened"]
    assert "directory information, which the district may give" not in page(ines)
    assert "ya había dicho que no" in page(ines, "--language", "es")


def test_a_no_that_came_on_the_same_day_after_it_makes_it_no_mistake(district: District) -> None:
    ines, mother = published_of_ines(district), district.guardian(INES_MOTHER)
    assert call("student", "opt-out", ines, "--by", mother, *AS).code == 0
    line = of_publication(ines)
    assert (line["required"], "by mistake" in line["why"]) == (False, False)


def test_what_was_seen_in_the_office_says_that_the_student_was_not_in_it(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    seen = ("view", PORTRAIT, "--in-office", "--for", f"parent:{mother}", "--minutes", "5", *AS)
    assert call(*seen).code == 0
    noah = ("--person", district.student(NOAH), "--only", "--unidentified", "0", "--why", "it is he")
    assert call("custodian", "people", PORTRAIT, *noah, *AS).code == 0
    (line,) = [each for each in call("ledger", "student", hannah, *AS, "--json").objects() if each["what"] == "viewed"]
    assert "is not in it" in line["happened"]


def signed(student: str, by: str, purpose: str = "news", days: int = 9) -> str:
    on = str(TODAY - timedelta(days=days))
    paper = ("--signed-by", by, "--signed-on", on, "--party", "public", "--proof", "binder 1")
    return str(call("consent", "add", student, "--purpose", purpose, *paper, *AS, "--json").object()["consent"])


def shown_to_press(key: str = PORTRAIT) -> None:
    done = call("view", key, "--for", "public:reporter-7", "--purpose", "news", "--in-office", "--minutes", "5", *AS)
    assert done.code == 0, done.text


@pytest.fixture
def portrait(district: District) -> str:
    """A picture that is no directory information, of a student whose mother signed for the news."""
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    return district.student(HANNAH)


def of_press(student: str, *more: str) -> list[dict[str, Any]]:
    found = call("ledger", "student", student, *more, *AS, "--json").objects()
    return [each for each in found if each["what"] == "viewed" and each["outcome"] == "allow"]


def test_another_childs_consent_is_none_for_who_was_found_later(district: District, portrait: str) -> None:
    signed(portrait, district.guardian(HANNAH_MOTHER))
    shown_to_press()
    noah = district.student(NOAH)
    only = ("--person", noah, "--only", "--unidentified", "0", "--why", "it is he")
    assert call("custodian", "people", PORTRAIT, *only, *AS).code == 0
    (line,) = of_press(noah, "--required")
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]
    assert "by mistake" in page(noah)
    call("ledger", "forget", "--entry", str(line["entry"]), "--why", "asked for", *AS)
    assert [each["who"] for each in of_press(noah, "--required")] == ["public:reporter-7"]


def test_a_consent_that_was_taken_back_before_it_went_out_was_none(
    district: District, portrait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = signed(portrait, district.guardian(HANNAH_MOTHER))
    on_day(monkeypatch, 2)
    shown_to_press()
    assert of_press(portrait, "--required") == []
    on_day(monkeypatch, 4)
    late = ("consent", "revoke", consent, "--on", str(TODAY), "--by", district.guardian(HANNAH_MOTHER), *AS)
    told = call(*late)
    assert "1 recording(s) went out on it after" in " ".join(told.text.split()), told.text
    (line,) = of_press(portrait, "--required")
    assert "had been taken back before that day" in line["happened"]
    assert "by mistake" in page(portrait)


def test_a_consent_of_before_that_was_taken_back_takes_nothing_from_the_one_in_force(
    district: District, portrait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    former = signed(portrait, mother, days=20)
    assert call("consent", "revoke", former, "--on", str(TODAY - timedelta(days=15)), "--by", mother, *AS).code == 0
    signed(portrait, mother, days=5)
    on_day(monkeypatch, 2)
    shown_to_press()
    assert of_press(portrait, "--required") == []


def test_a_consent_that_is_taken_back_later_or_on_that_day_was_one(district: District, portrait: str) -> None:
    consent = signed(portrait, district.guardian(HANNAH_MOTHER))
    shown_to_press()
    told = call("consent", "revoke", consent, *AS)
    assert (told.code, "went out on it" in told.text) == (0, False), told.text
    assert of_press(portrait, "--required") == []


def test_a_student_whose_rights_were_still_the_parents_signed_nothing(
    district: District, portrait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    college = (
        "student",
        "college",
        portrait,
        "--since",
        str(TODAY - timedelta(days=20)),
        "--seen",
        "the college's list",
    )
    assert call(*college, *AS).code == 0
    signed(portrait, portrait)
    on_day(monkeypatch, 1)
    shown_to_press()
    assert of_press(portrait, "--required") == []
    on_day(monkeypatch, 3)
    left = ("student", "left-college", portrait, "--why", "it was his sister", "--on", str(TODAY - timedelta(days=20)))
    assert call(*left, *AS).code == 0
    (line,) = of_press(portrait, "--required")
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]


def unprotects(student: str, *more: str, user: SystemUser | None = None) -> Called:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "system_user", lambda: user or SystemUser("1000", "ada"))
        by = ("--as", "designee:principal") if user else AS
        return call("student", "unprotect", student, "--why", "it was the twin", *more, *by)


@pytest.mark.parametrize("ended", [False, True], ids=["stands", "ended"])
def test_a_protection_of_the_other_twin_makes_no_mistake_of_what_was_published(
    district: District, monkeypatch: pytest.MonkeyPatch, *, ended: bool
) -> None:
    ines = published_of_ines(district)
    on_day(monkeypatch, 2)
    since = ("--since", str(TODAY - timedelta(days=9)), "--kind", "no-contact-order", "--seen", "the order")
    assert call("student", "protect", ines, *since, *AS).code == 0
    published = [
        each for each in call("ledger", "student", ines, *AS, "--json").objects() if each["what"] == "published"
    ]
    assert published[0]["required"]
    on_day(monkeypatch, 4)
    if ended:
        assert (unprotects(ines).code, unprotects(ines, user=BEN).code) == (0, 0)
    first = unprotects(ines, "--never-so")
    assert (first.code, unprotects(ines, "--never-so").code) == (0, 1), first.text
    second = unprotects(ines, "--never-so", user=BEN)
    assert second.code == 0, second.text
    (line,) = [each for each in call("ledger", "student", ines, *AS, "--json").objects() if each["what"] == "published"]
    assert (line["required"], "by mistake" in line["why"]) == (False, False)
    assert unprotects(ines, "--never-so").code == 1
