"""`consent revoke --never-given`: a consent that the office entered by mistake, such as a brother's for his sister."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import BEN
from district import HANNAH_MOTHER, PORTRAIT, District
from two_guardians import FATHER, MOTHER, student_of_two
from use_cases import entries_about, ledger_holds

from dam_plugin.cli import context
from dam_plugin.custodian.letter_words import day_in_words
from dam_plugin.store import SystemUser

AS, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
WHY = ("--never-given", "--why", "it is her brother's paper")
MISTAKE = "by mistake: the law did not permit it (34 CFR 99.30)"
WEBSITE = ("--to", "public:webmaster", "--purpose", "website", "--kind", "publication")
NEWS = ("--to", "public:gazette", "--purpose", "news")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, SystemUser("1000", "ada"))


def run_as(monkeypatch: pytest.MonkeyPatch, user: SystemUser) -> None:
    monkeypatch.setattr(context, "system_user", lambda: user)


@pytest.fixture
def student(district: District) -> str:
    """A student of two guardians, whose father said no."""
    student = student_of_two(district)
    ran("student", "opt-in", student, "--why", "a letter", *AS)
    ran("student", "opt-out", student, "--since", day(9), "--by", FATHER, *AS)
    return student


def day(ago: int) -> str:
    return str(TODAY - timedelta(ago))


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def said(*words: str) -> str:
    return " ".join(ran(*words).text.split())


def refused(*words: str, code: int = 1) -> str:
    done = call(*words)
    assert done.code == code, done.text
    return " ".join(done.err.split())


def consent(student: str, *more: str, purpose: str = "website", by: str = MOTHER, signed: str | None = None) -> str:
    paper = ("--signed-by", by, "--signed-on", signed or day(5), "--party", "public", "--proof", "binder 1")
    added = ran("consent", "add", student, "--purpose", purpose, *paper, *more, *AS, "--json")
    return str(added.object()["consent"])


def shared(*words: str) -> Any:
    return call("share", PORTRAIT, *words, *AS, "--json").object()


def never(consent_id: str, *as_: str) -> Called:
    return call("consent", "revoke", consent_id, *WHY, *(as_ or AS))


def never_by_two(monkeypatch: pytest.MonkeyPatch, consent_id: str) -> str:
    assert never(consent_id).code == 0
    run_as(monkeypatch, BEN)
    second = never(consent_id, *COUNSEL)
    assert second.code == 0, second.text
    run_as(monkeypatch, SystemUser("1000", "ada"))
    return " ".join(second.text.split())


def lines(student: str, *more: str) -> list[dict[str, Any]]:
    found = call("ledger", "student", student, *more, *AS, "--json").objects()
    return [each for each in found if each["what"] in ("published", "viewed") and each["outcome"] == "allow"]


def page(student: str, *more: str) -> str:
    ran("ledger", "student", student, "--page", "record.html", *more, *AS)
    return " ".join(Path("record.html").read_text("utf-8").split())


def letter(consent_id: str, *more: str) -> str:
    made = ran("letter", "write", "consent-ended", "--consent", consent_id, "--guardian", MOTHER, *more, *AS, "--json")
    return " ".join(str(made.object()["text"]).split())


def test_the_first_word_ends_it_and_two_put_it_on_record_as_given_by_mistake(
    district: District, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = consent(student)
    link = shared(*WEBSITE)["link"]
    assert lines(student, "--required") == []
    first = ran("consent", "revoke", entered, *WHY, *AS, "--json").object()
    assert (first["waits"], first["closed"]) == (True, [link])
    (work,) = first["still_published"]
    assert (work["student"], work["purpose"]) == (student, "website")
    assert shared(*WEBSITE)["outcome"] != "allow"
    assert lines(student, "--required") == []
    waits = refused("letter", "write", "consent-ended", "--consent", entered, "--guardian", MOTHER, *AS)
    assert f"consent revoke {entered} --never-given" in waits
    assert "takes two people, and you said yes already" in " ".join(never(entered, *COUNSEL).err.split())
    run_as(monkeypatch, BEN)
    told = " ".join(never(entered, *COUNSEL).text.split())
    assert f"dam-plugin letter write consent-ended --consent {entered}" in told
    (line,) = lines(student, "--required")
    assert (MISTAKE in line["why"], "nobody had given" in line["happened"]) == (True, True)
    assert "for whom we have written consent" not in page(student)
    assert "que nadie dio" in page(student, "--language", "es")
    assert "already that nobody ever gave" in " ".join(never(entered).err.split())
    assert "there is nothing to take back" in refused("consent", "revoke", entered, *AS)
    about = entries_about(district.services, student)
    assert (about.count("consent-mistake"), about.count("consent-revoked")) == (2, 0)
    assert ledger_holds(district.services)


def test_what_was_shown_in_the_office_was_given_by_mistake_and_each_consent_is_for_itself(
    student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, true = consent(student, purpose="news"), consent(student)
    ran("view", PORTRAIT, "--in-office", "--for", "public:gazette", "--purpose", "news", "--minutes", "5", *AS)
    assert shared(*WEBSITE)["outcome"] == "allow"
    never_by_two(monkeypatch, entered)
    (line,) = lines(student, "--required")
    assert (line["what"], MISTAKE in line["why"]) == ("viewed", True)
    shown = {
        each["id"]: each["never_given"] for each in ran("student", "show", student, *AS, "--json").object()["consents"]
    }
    assert shown == {entered: True, true: False}


@pytest.mark.parametrize("other", ["another parent's", "the same paper", "directory information"])
def test_what_was_permitted_otherwise_on_that_day_is_no_mistake(
    student: str, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    if other == "directory information":
        ran("student", "opt-in", student, "--by", FATHER, "--why", "a letter", *AS)
    entered = consent(student)
    assert shared(*WEBSITE)["outcome"] == "allow"
    never_by_two(monkeypatch, entered)
    if other == "another parent's":
        consent(student, by=FATHER, signed=day(4))
    if other == "the same paper":
        paper = ("--signed-by", MOTHER, "--signed-on", day(5), "--party", "public", "--proof", "binder 1")
        told = refused("consent", "add", student, "--purpose", "website", *paper, *AS)
        assert ("nobody had ever given it" in told, "--after-revocation" in told) == (True, True)
        consent(student, "--after-revocation", "it is her own, binder 2")
    assert lines(student, "--required") == []
    assert MISTAKE not in page(student)


def test_of_another_day_the_same_parent_may_give_one(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    never_by_two(monkeypatch, consent(student))
    consent(student, signed=day(7))
    assert shared(*WEBSITE)["outcome"] == "allow"


def test_the_letter_says_that_it_was_our_mistake(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = consent(student)
    shared(*WEBSITE)
    never_by_two(monkeypatch, entered)
    text = letter(entered)
    assert "We had noted a consent by mistake" in text
    assert "It was never given, and nobody took anything back." in text
    assert f"Found to be a mistake on {day_in_words(TODAY, 'en')}" in text
    assert "our own publications: website" in text
    assert not any(each in text for each in ("was taken back", "Taken back:", MOTHER, student))
    spanish = letter(entered, "--lang", "es")
    assert ("nadie retiró nada" in spanish, "Se retiró" in spanish) == (True, False)


def test_a_revocation_after_something_went_out_names_the_way(student: str) -> None:
    entered = consent(student)
    shared(*WEBSITE)
    told = said("consent", "revoke", entered, "--on", day(5), *AS)
    assert f"`dam-plugin consent revoke {entered} --never-given --why TEXT`" in told
    assert "--never-given" not in said("consent", "revoke", consent(student, purpose="news"), "--on", day(5), *AS)


def test_what_was_revoked_was_never_given_either(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = consent(student)
    shared(*WEBSITE)
    ran("consent", "revoke", entered, *AS)
    never_by_two(monkeypatch, entered)
    assert len(lines(student, "--required")) == 1
    assert "nobody took anything back" in letter(entered)


def test_no_import_brings_it_back(district: District, student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with district.services.store.reading() as unit:
        number = unit.people.need(student).roster_id
    row = f"{number},{HANNAH_MOTHER},{day(5)},ink,website,public,binder 1"
    Path("consents.csv").write_text(
        f"student_id,signed_by,signed_on,signature,purpose,parties,proof\n{row}\n", encoding="utf-8"
    )
    assert ran("consent", "import", "consents.csv", *AS, "--json").object()["consents"] == 1
    (entered,) = ran("student", "show", student, *AS, "--json").object()["consents"]
    assert shared(*WEBSITE)["outcome"] == "allow"
    never_by_two(monkeypatch, entered["id"])
    assert ran("consent", "import", "consents.csv", *AS, "--json").object()["consents"] == 0
    assert shared(*WEBSITE)["outcome"] != "allow"
    assert len(lines(student, "--required")) == 1


def test_forgetting_keeps_what_was_given_by_mistake(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = consent(student)
    shared(*WEBSITE)
    never_by_two(monkeypatch, entered)
    before = lines(student, "--required")
    ran("ledger", "forget", "--student", student, "--why", "left the district", *AS)
    assert lines(student, "--required") == before


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        ((*WHY, "--as", "media_staff:jo"), "only the records custodian or a designee", 1),
        (("--never-given", *AS), "--why", 1),
        ((*WHY, "--on", day(3), *AS), "give one", 2),
        ((*WHY, "--by", MOTHER, *AS), "give one", 2),
        (("--why", "a slip", *AS), "belongs to --never-given", 2),
    ],
)
def test_what_does_not_fit_is_refused(student: str, words: tuple[str, ...], told: str, code: int) -> None:
    entered = consent(student)
    assert told in refused("consent", "revoke", entered, *words, code=code)
    assert shared(*WEBSITE)["outcome"] == "allow"
