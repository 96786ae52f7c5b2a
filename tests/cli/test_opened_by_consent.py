"""Letters on an opt-out and on a consent where both are on file: they say what is decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import call
from district import PORTRAIT, District
from two_guardians import FATHER, MOTHER, student_of_two
from use_cases import ledger_holds

from dam_plugin.custodian.letter_words import day_in_words

AS = ("--as", "custodian:records-office")
FOR_NEWS = ("--kind", "publication", "--purpose", "news", "--to", "public")
LATER, SPANISH = "What a later consent allows", "Qué permite un consentimiento posterior"
UNSETTLED = "So your consent does not count now: we give out nothing because of it."


@pytest.fixture
def student(district: District) -> str:
    """A student whose father said no to everything six days ago, with two guardians of whom the custodian knows."""
    student = student_of_two(district)
    ran("student", "opt-in", student, "--why", "a letter", *AS)
    ran("student", "opt-out", student, "--since", day(6), "--by", FATHER, *AS)
    return student


def day(ago: int) -> str:
    return str(TODAY - timedelta(ago))


def ran(*words: str) -> str:
    done = call(*words)
    assert done.code == 0, done.text
    return " ".join(done.text.split())


def consents(student: str, *more: str, ago: int = 3, purpose: str = "news", party: str = "public") -> str:
    signed = ("--signed-by", MOTHER, "--signed-on", day(ago), "--party", party, "--proof", "binder 4")
    added = call("consent", "add", student, "--purpose", purpose, *signed, *more, *AS, "--json")
    assert added.code == 0, added.text
    return str(added.object()["consent"])


def written(kind: str, *options: str) -> str:
    made = call("letter", "write", kind, *options, *AS, "--json")
    assert made.code == 0, made.text
    return " ".join(made.object()["text"].split())


def confirmed(student: str, *more: str) -> str:
    return written("opt-out-confirmed", "--opt-out", student, *more)


def is_allowed(*words: str) -> bool:
    return bool(call("share", PORTRAIT, *(words or FOR_NEWS), *AS, "--json").object()["outcome"] == "allow")


def test_the_father_is_told_what_the_mothers_later_consent_opens(district: District, student: str) -> None:
    assert LATER not in confirmed(student)
    consents(student)
    assert is_allowed()
    text = confirmed(student)
    assert "for every purpose It does not reach what a later consent allows: news. See below." in text
    signed = day_in_words(TODAY - timedelta(3), "en")
    assert f"A parent signed or confirmed a written consent on {signed}, for: news. It is later than the no." in text
    assert "So recordings may be shown or given out for that, to: anybody. This has no last day." in text
    assert "(34 CFR 99.4). The later word counts. You may say no to this again at any time." in text
    assert not any(each in text for each in (MOTHER, FATHER, student))
    spanish = confirmed(student, "--lang", "es")
    assert "No alcanza a lo que permite un consentimiento posterior:" in spanish
    assert SPANISH in spanish
    assert ledger_holds(district.services)


def test_once_he_says_no_again_nothing_is_opened_any_more(student: str) -> None:
    consents(student)
    ran("student", "opt-out", student, "--by", FATHER, *AS)
    assert not is_allowed()
    assert LATER not in confirmed(student)


@pytest.mark.parametrize("case", ["doubtful", "of the day", "of last year", "revoked", "expired"])
def test_a_consent_that_does_not_count_opens_nothing(student: str, case: str) -> None:
    ago = {"doubtful": 9, "of the day": 6, "of last year": 400}.get(case, 3)
    given = consents(student, *(("--expires", day(1)) if case == "expired" else ()), ago=ago)
    if case == "revoked":
        ran("consent", "revoke", given, *AS)
    assert not is_allowed()
    assert LATER not in confirmed(student)


def test_a_consent_to_what_he_did_not_refuse_is_none_of_it(student: str) -> None:
    ran("student", "opt-in", student, "--by", FATHER, "--why", "a letter", *AS)
    ran("student", "opt-out", student, "--since", day(6), "--purpose", "website", "--by", FATHER, *AS)
    consents(student)
    assert LATER not in confirmed(student)
    consents(student, purpose="website")
    assert "for: website. It is later" in confirmed(student)


def test_a_consent_for_one_party_is_told_with_it_and_its_last_day(student: str) -> None:
    last = TODAY + timedelta(30)
    consents(student, "--expires", str(last), party="school_official")
    text = confirmed(student)
    assert f"to: school officials. This holds through {day_in_words(last, 'en')}." in text


def test_what_the_family_confirmed_after_the_no_is_told(student: str) -> None:
    consents(student, ago=9)
    asked = call("share", PORTRAIT, *FOR_NEWS, *AS, "--json").object()["referrals"][0]["id"]
    finding = ("queue", "finding", asked, "asked_family", "stands", "--student", student, "--how", "her letter")
    ran(*finding, *AS)
    assert is_allowed()
    assert f"signed or confirmed a written consent on {day_in_words(TODAY, 'en')}, for: news." in confirmed(student)


def test_from_whom_the_place_is_soon_kept_no_party_is_named_to_them(student: str) -> None:
    consents(student, party="Elm Street Gazette")
    assert "to: Elm Street Gazette." in confirmed(student, "--guardian", FATHER)
    said = ("--seen", "a judgment", "--other-person", MOTHER, "--only", "whereabouts")
    soon = ("--since", str(TODAY + timedelta(3)))
    ran("student", "guardian", "limit", student, FATHER, *said, *soon, *AS)
    text = confirmed(student, "--guardian", FATHER)
    assert "to: whoever the consent names." in text
    assert "Elm Street" not in text


def test_the_letter_on_an_ended_no_says_it_of_the_no_that_stays(student: str) -> None:
    ran("student", "opt-in", student, "--by", FATHER, "--why", "a letter", *AS)
    for purpose, who in (("website", MOTHER), ("news", FATHER)):
        ran("student", "opt-out", student, "--since", day(6), "--purpose", purpose, "--by", who, *AS)
    ran("student", "opt-in", student, "--purpose", "website", "--by", FATHER, "--why", "a letter", *AS)
    consents(student)
    about = ("--opt-out", student, "--guardian", MOTHER)
    assert "This is still on file" in written("opt-out-ended", *about)
    assert LATER in written("opt-out-ended", *about)


# The other way round


@pytest.mark.parametrize("ago", [9, 6])
def test_a_doubtful_consent_is_said_not_to_count_until_it_is_confirmed(student: str, ago: int) -> None:
    given = consents(student, ago=ago)
    made = call("letter", "write", "consent-confirmed", "--consent", given, *AS, "--json").object()
    assert UNSETTLED in " ".join(made["text"].split())
    (caution,) = made["cautions"]
    assert f"asked_family stands|revoked --student {student}" in caution
    spanish = written("consent-confirmed", "--consent", given, "--lang", "es")
    assert "Por eso su consentimiento no vale por ahora" in spanish
    asked = call("share", PORTRAIT, *FOR_NEWS, *AS, "--json").object()["referrals"][0]["id"]
    ran("queue", "finding", asked, "asked_family", "stands", "--student", student, "--how", "her letter", *AS)
    assert UNSETTLED not in written("consent-confirmed", "--consent", given)


def test_a_consent_that_counts_is_confirmed_as_such(student: str) -> None:
    assert UNSETTLED not in written("consent-confirmed", "--consent", consents(student))
    on_the_day = consents(student, "--after-opt-out", "the slip says 2:15 p.m.", ago=6)
    assert UNSETTLED not in written("consent-confirmed", "--consent", on_the_day)
