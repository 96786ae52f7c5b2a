"""Letters on a choice that has ended: a consent that was taken back, and a parent's no that somebody else ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import CALEB, CALEB_FATHER, GRADUATION, SOFIA, District
from protected_students import protect, verify_not_against
from roster_files import change_students
from two_guardians import FATHER, MOTHER, student_of_two
from use_cases import ledger_holds

from dam_plugin.custodian.letter_words import day_in_words

AS = ("--as", "custodian:records-office")
WEBSITE = ("--purpose", "website")
ON = day_in_words(TODAY, "en")


@pytest.fixture
def student(district: District) -> str:
    """A student without an opt-out, with two guardians of whom the custodian knows."""
    student = student_of_two(district)
    # What the roster brought.
    ran("student", "opt-in", student, "--why", "a letter", *AS)
    return student


def ran(*words: str) -> str:
    done = call(*words)
    assert done.code == 0, done.text
    return " ".join(done.text.split())


def written(kind: str, *options: str) -> str:
    made = call("letter", "write", kind, *options, *AS, "--json")
    assert made.code == 0, made.text
    return " ".join(made.object()["text"].split())


def refused(kind: str, *options: str) -> str:
    done = call("letter", "write", kind, *options, *AS)
    assert done.code == 1, done.text
    assert call("letter", "list", "--json").objects() == []
    return " ".join(done.err.split())


def opts_out(student: str, by: str = MOTHER, *more: str) -> None:
    ran("student", "opt-out", student, "--since", str(TODAY - timedelta(9)), "--by", by, *more, *AS)


def opts_in(student: str, *more: str) -> str:
    return ran("student", "opt-in", student, "--why", "a letter", *more, *AS)


def limit(student: str) -> None:
    said = ("--seen", "a judgment", "--other-person", FATHER, *revoking())
    ran("student", "guardian", "limit", student, MOTHER, *said, *AS)


def to(student: str, who: str = MOTHER) -> tuple[str, ...]:
    return ("--opt-out", student, "--guardian", who)


# A parent's no


def test_a_parent_is_told_that_the_other_one_ended_their_no(district: District, student: str) -> None:
    opts_out(student)
    told = opts_in(student, "--by", FATHER)
    assert f"dam-plugin letter write opt-out-ended --opt-out {student} --guardian {MOTHER}" in told
    text = written("opt-out-ended", *to(student))
    assert f"for every purpose. It ended on {ON}." in text
    assert f"Your no from {day_in_words(TODAY - timedelta(9), 'en')} on" in text
    assert "Each parent holds the rights over these records in full" in text
    assert "(34 CFR 99.4)" in text
    assert "You may say no again at any time." in text
    assert not any(each in text for each in (FATHER, MOTHER, student, "still on file"))
    spanish = written("opt-out-ended", *to(student), "--lang", "es")
    assert f"para cualquier fin. Terminó el {day_in_words(TODAY, 'es')}." in spanish
    assert ledger_holds(district.services)


def test_of_what_ended_in_part_the_rest_is_said_to_be_on_file(student: str) -> None:
    opts_out(student, MOTHER, *WEBSITE, "--purpose", "news")
    opts_in(student, "--by", FATHER, *WEBSITE)
    text = written("opt-out-ended", *to(student))
    assert f"for: website. It ended on {ON}." in text
    assert "This is still on file, and still counts: - A no from" in text
    assert "for: news" in text


@pytest.mark.parametrize("case", ["her own word", "on file again", "not hers", "still on file", "of nobody"])
def test_who_has_nothing_to_be_told_gets_no_letter(student: str, case: str) -> None:
    opts_out(student, FATHER if case == "not hers" else MOTHER)
    if case != "still on file":
        opts_in(student, "--by", MOTHER if case == "her own word" else FATHER)
    if case == "on file again":
        opts_out(student)
    if case == "of nobody":
        assert "--guardian G-…" in refused("opt-out-ended", "--opt-out", student)
        return
    assert f"no opt-out that {MOTHER} stated" in refused("opt-out-ended", *to(student))


def test_a_parent_whom_an_order_limits_since_is_not_told(student: str) -> None:
    opts_out(student)
    opts_in(student, "--by", FATHER)
    limit(student)
    assert f"no opt-out-ended goes to '{MOTHER}'" in refused("opt-out-ended", *to(student))


def test_opt_in_names_nobody_whom_an_order_limits(student: str) -> None:
    opts_out(student)
    limit(student)
    assert MOTHER not in opts_in(student, "--by", FATHER)


def test_of_a_protected_student_only_a_guardian_is_told_whom_it_is_not_against(
    district: District, student: str
) -> None:
    opts_out(student)
    opts_in(student, "--by", FATHER)
    (roster_id,) = [each.roster_id for each in _students(district) if each.id == student]
    protect(district, roster_id)
    assert f"no opt-out-ended goes to '{MOTHER}'" in refused("opt-out-ended", *to(student))


def _students(district: District) -> Any:
    with district.services.store.reading() as unit:
        return unit.people.students()


def test_the_parent_of_a_student_who_is_18_by_now_is_not_told(district: District) -> None:
    caleb, father = district.student(CALEB), district.guardian(CALEB_FATHER)
    ran("student", "opt-out", caleb, "--since", str(TODAY), "--by", father, *AS)
    opts_in(caleb)
    assert "It ended on" in written("opt-out-ended", *to(caleb, father))
    born = TODAY.replace(year=TODAY.year - 18, day=1).isoformat()
    change_students(district.folder / "roster", {"born": born}, CALEB)
    ran("roster", "import", "roster", *AS)
    again = call("letter", "write", "opt-out-ended", *to(caleb, father), *AS)
    assert (again.code, "holds the rights now" in " ".join(again.err.split())) == (1, True)


# A consent


def consent(student: str, by: str, *, purpose: str = "website") -> str:
    signed = ("--signed-by", by, "--signed-on", str(TODAY - timedelta(3)), "--party", "public", "--proof", "binder 4")
    added = call("consent", "add", student, "--purpose", purpose, *signed, *AS, "--json")
    assert added.code == 0, added.text
    return str(added.object()["consent"])


def test_a_revoked_consent_is_confirmed_with_what_it_ends(district: District, student: str) -> None:
    given = consent(student, MOTHER)
    assert f"`dam-plugin consent revoke {given}`" in refused("consent-ended", "--consent", given)
    told = ran("consent", "revoke", given, "--by", MOTHER, *AS)
    assert f"dam-plugin letter write consent-ended --consent {given}" in told
    text = written("consent-ended", "--consent", given)
    assert "What for: website" in text
    assert f"Taken back: from {ON} on" in text
    assert "we give out nothing more because of this consent" in text
    assert "We cannot take back what others printed or downloaded before." in text
    assert not any(each in text for each in ("Another written consent", "our own publications", MOTHER, student))
    assert f"Retirado a partir del {day_in_words(TODAY, 'es')}" in written(
        "consent-ended", "--consent", given, "--lang", "es"
    )
    confirmed = call("letter", "write", "consent-confirmed", "--consent", given, *AS)
    assert f"letter write consent-ended --consent {given}" in " ".join(confirmed.err.split())
    assert ledger_holds(district.services)


def test_the_other_parents_consent_for_the_same_is_said_not_to_have_ended(student: str) -> None:
    given = consent(student, MOTHER)
    consent(student, FATHER, purpose="yearbook")
    ran("consent", "revoke", given, *AS)
    another = "Another written consent for the same purpose is on file. It has not ended."
    assert another not in written("consent-ended", "--consent", given)
    consent(student, FATHER)
    assert another in written("consent-ended", "--consent", given)


@pytest.mark.parametrize("kind", ["consent-confirmed", "consent-ended"])
@pytest.mark.parametrize(
    ("language", "shown", "refused"),
    [
        ("en", "are directory information.", "We do not do so for: website. A no to that is on file."),
        ("es", "son información del directorio.", "Hay registrada una negativa para eso."),
    ],
)
def test_what_a_no_is_on_file_to_is_not_offered_as_directory_information(
    student: str, kind: str, language: str, shown: str, refused: str
) -> None:
    given = consent(student, MOTHER)
    if kind == "consent-ended":
        ran("consent", "revoke", given, *AS)
    about = (kind, "--consent", given, "--lang", language)
    told = written(*about)
    assert (shown in told, refused in told) == (True, False)
    ran("student", "opt-out", student, *WEBSITE, "--by", MOTHER, *AS)
    told = written(*about)
    assert (shown in told, refused in told) == (True, True)
    opts_out(student)
    told = written(*about)
    assert (shown in told, refused in told) == (False, False)


def test_of_a_protected_student_nothing_is_offered_as_directory_information(district: District, student: str) -> None:
    about = ("consent-confirmed", "--consent", consent(student, MOTHER), "--guardian", MOTHER)
    assert "are directory information." in written(*about)
    with district.services.store.writing() as unit:
        unit.people.mark_protected(student, "other", district.services.now())
    verify_not_against(student, MOTHER)
    assert "directory information" not in written(*about)


def test_where_a_no_reaches_all_that_the_district_shows_nothing_is_offered(
    student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__DIRECTORY_LIMITED_TO", '["website"]')
    given = consent(student, MOTHER)
    assert "are directory information." in written("consent-confirmed", "--consent", given)
    ran("student", "opt-out", student, *WEBSITE, "--by", MOTHER, *AS)
    assert "directory information" not in written("consent-confirmed", "--consent", given)


def test_what_the_district_published_may_be_seen_until_it_is_taken_down(district: District) -> None:
    district.upload(GRADUATION)
    sofia = district.student(SOFIA)
    ran("share", GRADUATION, "--kind", "publication", *WEBSITE, "--to", "public:webmaster", *AS)
    given = consent(sofia, sofia)
    ran("consent", "revoke", given, "--by", sofia, *AS)
    assert "our own publications" not in written("consent-ended", "--consent", given)
    ran("student", "opt-out", sofia, *WEBSITE, *AS)
    text = written("consent-ended", "--consent", given)
    assert "recordings of you for our own publications: website." in text
    assert "Until that is done, it may still be seen." in text


def test_nobody_whom_an_order_limits_is_told_that_a_consent_ended(student: str) -> None:
    given = consent(student, MOTHER)
    ran("consent", "revoke", given, *AS)
    limit(student)
    assert "say whom the consent-ended goes to" in refused("consent-ended", "--consent", given)
    assert "no consent-ended goes to" in refused("consent-ended", "--consent", given, "--guardian", MOTHER)
    assert "Taken back:" in written("consent-ended", "--consent", given, "--guardian", FATHER)
