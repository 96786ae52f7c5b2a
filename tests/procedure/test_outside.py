"""What people outside of the district are told: no student, no choice of a family, no protection, and the law by which."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from case_builder import CaseBuilder, a_case, a_portrait
from case_strategies import random_cases
from laws import Raw, decision_on, law, with_student

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.clauses import CLAUSES, VOICES, outside_of, reason, remedy
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.exception_row import MissingCell
from dam_plugin.procedure.order_day import LIFT_FIRST, STAYED, told_and_waits
from dam_plugin.procedure.outside import OutsideReason, outside_of_case, outside_reasons, tell_outside
from dam_plugin.procedure.outside_words import LANGUAGES, MissingOutside, Outside
from dam_plugin.procedure.read_cases import read_case

CASES = sorted((Path(__file__).resolve().parent / "cases").rglob("*.yaml"))
LAW = re.compile(r"(RSMo|CFR|U\.S\.C\.) \d")
# What is said of somebody, and not of the law: in either language.
TELLS_OF_SOMEBODY = re.compile(
    r"opted|opt-out|protected student|\border against|discipline|closed by|adjudicat|589|99\.37\(a\)\(2\)|99\.32",
    re.IGNORECASE,
)
LONG_AGO = {"since": "0001-01-01", "ended": None, "purposes": None}
ANY_STUDENT = re.compile(r"[SG]-[0-9A-Z]{4,}")


def told(case: Case) -> tuple[OutsideReason, ...]:
    return outside_of_case(case, decide(case))


def without_a_trace(case: Case, reasons: tuple[OutsideReason, ...]) -> None:
    """Nothing of a case is in what is told, and each sentence names its provision."""
    ids = {each.id for each in case.students} | {one for each in case.students for one in each.guardians}
    for each in reasons:
        assert LAW.search(each.provision), each
        assert not ANY_STUDENT.search(each.text + each.provision), each
        assert not [one for one in ids if re.search(rf"\b{re.escape(one)}\b", each.text)], each
        assert not re.search(r"\d", re.sub(r"\b18\b", "", each.text)), each
        assert not TELLS_OF_SOMEBODY.search(each.text + each.provision), each


# Every clause


@pytest.mark.parametrize("clause", sorted({**CLAUSES, **VOICES}))
def test_a_clause_is_told_outside_in_two_languages_with_its_provision(clause: str) -> None:
    words = outside_of(clause)
    assert words.en != words.es
    assert LAW.search(words.provision)
    assert not TELLS_OF_SOMEBODY.search(words.en + words.provision)
    assert "Procedure" not in words.provision


@pytest.mark.parametrize("clause", sorted(each for each in CLAUSES if outside_of(each).withholds))
def test_what_withholds_cites_chapter_610_and_not_the_procedures_own_words(clause: str) -> None:
    provision = outside_of(clause).provision
    assert "RSMo 610.0" in provision
    assert not re.search(r"[a-z]{4,}", provision.replace("RSMo", ""))


def test_a_clause_without_its_words_for_the_outside_is_refused() -> None:
    with pytest.raises(MissingCell, match=r"^CLOSED: the cell 'outside' is missing"):
        replace(CLAUSES["CLOSED"], outside=None)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("No full stop", "Sin punto.", "34 CFR 99.3"), "full stop"),
        (("A sentence.", "", "34 CFR 99.3"), "full stop"),
        (("Of {students}.", "De {students}.", "34 CFR 99.3"), "fills in nothing"),
        (("A sentence.", "Una frase.", "Procedure JO-1-AP(2)"), "names a provision"),
    ],
)
def test_words_for_the_outside_that_say_too_much_or_too_little_are_refused(
    words: tuple[str, str, str], why: str
) -> None:
    with pytest.raises(MissingOutside, match=why):
        Outside(*words)


# Every case


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_told_case_is_told_outside_without_a_trace_of_its_students(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"), as_json=False, name=path.name)
    decision = decide(case)
    reasons = outside_of_case(case, decision)
    assert bool(reasons) == bool(decision.reasons)
    without_a_trace(case, reasons)
    without_a_trace(case, outside_reasons(decision, language="es"))


def test_no_decision_tells_anything_of_a_case() -> None:
    for raw in random_cases(4_000, seed=16):
        case = parse_case(raw)
        without_a_trace(case, told(case))


# Who is protected is told as who opted out


@law
def test_a_protected_student_cannot_be_told_from_one_who_opted_out(raw: Raw, chance: random.Random) -> None:
    """A student whom the recording is about, without a consent: the answer and all that is told are the same."""
    about = [each["student"] for each in raw["asset"]["appearances"] if is_focus(each)]
    about = [each for each in about if each not in [one["student"] for one in raw["consents"]]]
    if not about:
        return
    student = chance.choice(about)
    opted_out = with_student(raw, student, opted_out=LONG_AGO, protected=False)
    protected = with_student(raw, student, opted_out=None, protected=True)
    assert decision_on(opted_out).outcome == decision_on(protected).outcome
    assert told(parse_case(opted_out)) == told(parse_case(protected))


def is_focus(appearance: Raw) -> bool:
    return bool(appearance["identifiable"]) and appearance["prominence"] in ("focus", "unknown")


def test_a_protection_an_opt_out_and_a_missing_consent_have_the_same_words() -> None:
    said = [outside_reasons(denial(each)) for each in ("PROTECTED", "EX4-OPTOUT", "EX3-MISSING", "CONSENT-DOUBTFUL")]
    assert len(set(said)) == 1
    assert outside_reasons(denial("PROTECTED", "EX3-MISSING")) == said[0]


def test_two_provisions_with_one_sentence_are_told_together() -> None:
    (told,) = outside_reasons(denial("EX2", "EX2-DEPENDENT"))
    assert told.provision == "34 CFR 99.10, 99.12; 34 CFR 99.31(a)(8); RSMo 610.021(14)"


def denial(*clauses: str) -> Decision:
    return Decision(
        Outcome.DENY, reasons=tuple(reason(each, ("S-067YHCRQJZQR",), purpose="news", why="x") for each in clauses)
    )


def test_an_opt_out_in_the_background_is_told_as_an_open_record() -> None:
    crowd = a_case().student("s1").shows("s1", "incidental")
    before = told(parse_case(crowd.raw()))
    assert told(parse_case(crowd.opted_out("s1").raw())) == before
    assert crowd.clauses() == ["OPEN-UNRELATED", "EX4-CROWD"]


# What is told of who asks


def test_who_asks_by_name_is_told_nothing_of_the_student() -> None:
    case = a_portrait().by("custodian").share(kind="request", names=["s1"]).to("public").opted_out("s1")
    (only,) = told(parse_case(case.raw()))
    assert "does not let us say whether there are any" in only.text


@pytest.mark.parametrize(
    "case",
    [
        a_portrait().to("court"),
        a_portrait().to("public").evidence(order={"kind": "subpoena", "verified": False}),
        a_portrait().to("law_enforcement"),
        a_portrait().to("juvenile_office"),
    ],
    ids=["a court without an order", "an unverified subpoena", "the police", "the juvenile office"],
)
def test_a_stranger_hears_of_no_paper_that_is_wanting_since_that_tells_of_a_recording(case: CaseBuilder) -> None:
    by_name = case.by("custodian").share(kind="request", names=["s1"]).opted_out("s1")
    assert [each.provision for each in told(parse_case(by_name.raw()))] == ["34 CFR 99.3; RSMo 610.021(14)"]


def test_a_school_official_who_may_know_of_the_record_is_told_what_is_lacking() -> None:
    case = a_portrait().by("custodian").share(kind="request", names=["s1"]).to("school_official").opted_out("s1")
    assert "34 CFR 99.31(a)(1)" in " ".join(each.provision for each in told(parse_case(case.raw())))


# An order of which nobody is told


def test_what_is_told_under_a_secret_order_does_not_speak_of_one() -> None:
    for notice in (True, False):
        case = a_portrait().by("custodian").share(kind="request").to("public").opted_out("s1")
        case = case.evidence(order={"kind": "subpoena", "verified": False, "notice_required": notice})
        without = a_portrait().by("custodian").share(kind="request").to("public").opted_out("s1")
        same = told(parse_case(case.raw())) == told(parse_case(without.raw()))
        assert same is not notice


def test_an_order_alone_is_told_as_a_missing_consent() -> None:
    assert tell_outside([("EX7-NOTICE", "")], secret_order=True) == tell_outside([("EX3-MISSING", "")])


def test_an_order_that_a_court_stayed_is_told_as_suspended_without_a_day() -> None:
    english, spanish = (tell_outside([("EX7-NOTICE", STAYED)], language=each)[0].text for each in LANGUAGES)
    assert english.startswith("A court has suspended the order that asks for this recording.")
    assert spanish.startswith("Un tribunal suspendió la orden")
    assert remedy("EX7-NOTICE", said=STAYED) == LIFT_FIRST


def test_once_every_family_was_told_of_an_order_the_day_is_told_and_no_order_that_is_secret() -> None:
    reason = ("EX7-NOTICE", told_and_waits(date(2026, 12, 5), date(2026, 12, 5)))
    english, spanish = (tell_outside([reason], language=each)[0].text for each in LANGUAGES)
    assert english.endswith("until the day on which the order is answered (December 5, 2026).")
    assert spanish.endswith("hasta el día en que se conteste la orden (5 de diciembre de 2026).")
    (untold,) = tell_outside([("EX7-NOTICE", "Not every parent was told by 2026-12-05.")])
    # Some families may have been told, and their page has this sentence, too.
    assert "We answer once all of them were told" in untold.text
    assert tell_outside([reason], secret_order=True) == tell_outside([("EX3-MISSING", "")])


def test_a_release_under_a_secret_order_says_only_that_it_may_be_given_out() -> None:
    (said,) = tell_outside([("EX7", "")], secret_order=True)
    assert not re.search(r"order|subpoena|court|99\.31\(a\)\(9\)", said.text + said.provision)


# What a reason's own text adds


def test_a_closed_record_cites_the_subdivision_that_was_named_and_nothing_else() -> None:
    (said,) = tell_outside([("CLOSED", "The recording is a closed record: RSMo 610.021(3), Jordan's dismissal.")])
    assert (said.provision, "Jordan" in said.text) == ("RSMo 610.021(3)", False)


def test_another_plugins_voice_is_not_passed_on() -> None:
    (said,) = tell_outside([("REVIEW", "Jordan said no")])
    assert "Jordan" not in said.text
