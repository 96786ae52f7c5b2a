"""`student opt-in --never-said`: an opt-out that the office noted by mistake, such as for a sister of whom the form was not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import Called, call
from district import PORTRAIT, SOFIA, District
from two_guardians import FATHER, MOTHER, student_of_two
from use_cases import entries_about, ledger_holds

from dam_plugin.cli import context
from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.store import SystemUser

AS, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
WHY = ("--never-said", "--why", "the form is her sister's")
FOR_WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


@pytest.fixture
def student(district: District) -> str:
    """A student with two guardians, for whom the mother's no was noted."""
    student = student_of_two(district)
    ran("student", "opt-in", student, "--why", "a letter", *AS)
    ran("student", "opt-out", student, "--since", day(9), "--by", MOTHER, *AS)
    return student


def day(ago: int) -> str:
    return str(TODAY - timedelta(ago))


def ran(*words: str) -> str:
    done = call(*words)
    assert done.code == 0, done.text
    return " ".join(done.text.split())


def refused(*words: str, code: int = 1) -> str:
    done = call(*words)
    assert done.code == code, done.text
    return " ".join(done.err.split())


def take_back(student: str, *more: str, as_: tuple[str, ...] = AS) -> Called:
    return call("student", "opt-in", student, *WHY, *more, *as_)


def taken_back(monkeypatch: pytest.MonkeyPatch, student: str, *more: str) -> str:
    first = take_back(student, *more)
    assert (first.code, "another person says the same" in " ".join(first.out.split())) == (0, True)
    run_as(monkeypatch, "1001", "ben")
    second = take_back(student, *more, as_=COUNSEL)
    assert second.code == 0, second.text
    return " ".join(second.text.split())


def letter(student: str, *more: str) -> str:
    made = call("letter", "write", "opt-out-ended", "--opt-out", student, *more, *AS, "--json")
    assert made.code == 0, made.text
    return " ".join(made.object()["text"].split())


def outcome() -> str:
    return str(call("share", PORTRAIT, *FOR_WEBSITE, *AS, "--json").object()["outcome"])


def test_two_people_take_back_what_nobody_said_and_the_letter_says_so(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = taken_back(monkeypatch, student)
    assert "1 opt-out(s) taken back: it was never so" in told
    assert f"dam-plugin letter write opt-out-ended --opt-out {student} --guardian {MOTHER}" in told
    text = letter(student, "--guardian", MOTHER)
    assert "We had noted a no by mistake" in text
    assert "It was never your word. We have taken it back:" in text
    since, today = (day_in_words(each, "en") for each in (TODAY - timedelta(9), TODAY))
    assert f"A no from {since} on, for every purpose. Taken back on {today}." in text
    assert "Nothing else is changed." in text
    assert not any(each in text for each in ("You had told us", "Your no", MOTHER, student))
    spanish = letter(student, "--guardian", MOTHER, "--lang", "es")
    assert "Anotamos una negativa por error" in spanish
    assert "Usted nos había pedido" not in spanish
    (shown,) = [
        each for each in call("student", "show", student, *AS, "--json").object()["opt_outs"] if each["since"] == day(9)
    ]
    assert shown["ended"] == shown["since"]
    about = entries_about(district.services, student)
    assert (about.count("opt-out"), about.count("opt-out-mistake")) == (1, 2)
    assert ledger_holds(district.services)


def test_one_person_alone_takes_nothing_back(student: str) -> None:
    assert outcome() != "allow"
    told = call("student", "opt-in", student, *WHY, *AS, "--json").object()
    assert (told["taken_back"], told["waits"]) == (0, True)
    assert "takes two people, and you said yes already" in refused("student", "opt-in", student, *WHY, *COUNSEL)
    assert outcome() != "allow"


@pytest.mark.parametrize(
    ("more", "said", "code"),
    [
        (("--as", "media_staff:jo"), "only the records custodian or a designee", 1),
        (("--since", day(3), *AS), "no such opt-out of", 1),
        (("--by", FATHER, *AS), "no such opt-out of", 1),
        (("--purpose", "website", *AS), "no such opt-out of", 1),
        (("--without-right", *AS), "give one", 2),
    ],
)
def test_what_fits_nothing_is_refused(student: str, more: tuple[str, ...], said: str, code: int) -> None:
    assert said in refused("student", "opt-in", student, *WHY, *more, code=code)


def test_since_is_for_mistakes_alone(student: str) -> None:
    words = ("student", "opt-in", student, "--why", "a letter", "--since", day(9), *AS)
    assert "belongs to --never-said" in refused(*words, code=2)


def test_of_several_it_is_said_which_and_the_other_stays(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran("student", "opt-out", student, "--since", day(4), "--by", FATHER, "--purpose", "website", *AS)
    assert "say which one was noted by mistake" in refused("student", "opt-in", student, *WHY, *AS)
    taken_back(monkeypatch, student, "--by", MOTHER)
    assert outcome() != "allow"
    text = letter(student, "--guardian", MOTHER)
    assert "This is still on file, and still counts:" in text


@pytest.fixture
def alike(student: str) -> str:
    """A student of whom several opt-outs were noted from one day on, which differ in one word each."""
    for more in (("--by", MOTHER, "--purpose", "yearbook"), (), ("--purpose", "yearbook")):
        ran("student", "opt-out", student, "--since", day(9), *more, *AS)
    return student


@pytest.mark.parametrize("by", [MOTHER, "unknown"])
@pytest.mark.parametrize("purpose", ["everything", "yearbook"])
def test_of_several_of_one_day_each_can_be_named(
    district: District, alike: str, monkeypatch: pytest.MonkeyPatch, purpose: str, by: str
) -> None:
    since = ("--since", day(9))
    for more in ((), ("--by", by), ("--purpose", purpose)):
        told = refused("student", "opt-in", alike, *WHY, *since, *more, *AS)
        assert ("--purpose everything" in told, "--by unknown" in told) == (True, True)
    assert "1 opt-out(s) taken back" in taken_back(monkeypatch, alike, *since, "--purpose", purpose, "--by", by)
    with district.services.store.reading() as unit:
        (gone,) = [each for each in unit.people.kept_opt_outs(alike) if str(each.opt_out.ended) == day(9)]
    assert gone.opt_out.purposes == (None if purpose == "everything" else ("yearbook",))
    assert gone.stated_by == (MOTHER if by == MOTHER else None)


def test_what_was_entered_in_another_order_is_entered_alike(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (("website", "yearbook"), ("yearbook", "website")):
        ran("student", "opt-out", student, "--purpose", words[0], "--purpose", words[1], "--by", FATHER, *AS)
    both = ("--purpose", "website", "--purpose", "yearbook")
    assert "2 opt-out(s) taken back" in taken_back(monkeypatch, student, *both)


def test_everything_is_no_purpose_beside_another_and_none_of_an_opt_out_that_ends(student: str) -> None:
    both = ("--purpose", "everything", "--purpose", "website")
    assert "no such opt-out of" in refused("student", "opt-in", student, *WHY, *both, *AS)
    ends = ("student", "opt-in", student, "--why", "a letter", "--purpose", "everything", *AS)
    assert "is no single purpose" in refused(*ends)


def test_what_was_ended_already_is_taken_back_too(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran("student", "opt-in", student, "--by", FATHER, "--why", "a letter", *AS)
    assert "You had told us" in letter(student, "--guardian", MOTHER)
    taken_back(monkeypatch, student, "--since", day(9))
    assert "You had told us" not in letter(student, "--guardian", MOTHER)
    assert "no such opt-out of" in refused("student", "opt-in", student, *WHY, "--since", day(9), *AS)


def test_what_is_taken_back_does_not_count_for_the_past(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = ("--signed-by", MOTHER, "--signed-on", day(20), "--party", "public", "--proof", "binder 4")
    added = call("consent", "add", student, "--purpose", "website", *signed, *AS, "--json").object()["consent"]
    confirmed = ("letter", "write", "consent-confirmed", "--consent", added, *AS, "--json")
    assert "does not count now" in " ".join(call(*confirmed).object()["text"].split())
    taken_back(monkeypatch, student)
    assert "does not count now" not in " ".join(call(*confirmed).object()["text"].split())
    assert outcome() == "allow"
    assert "no opt-out of this student is in force" in refused(
        "letter", "write", "opt-out-confirmed", "--opt-out", student, *AS
    )


def test_a_student_of_age_is_told_and_no_parent(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    sofia = district.student(SOFIA)
    ran("student", "opt-out", sofia, "--since", day(2), "--by", sofia, *AS)
    told = taken_back(monkeypatch, sofia, "--since", day(2))
    assert f"`dam-plugin letter write opt-out-ended --opt-out {sofia}`" in told
    text = letter(sofia)
    assert "recordings of you as directory information" in text
    assert "The rights over these records are yours" in text
    mother = ("letter", "write", "opt-out-ended", "--opt-out", sofia, "--guardian", MOTHER, *AS)
    assert "holds the rights now" in refused(*mother)
