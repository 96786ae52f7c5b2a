"""Opt-outs of a student who holds the rights: the student's own word counts alone (34 CFR 99.5, 99.37)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import GRADUATION, NOAH, SOFIA, SOFIA_MOTHER, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
PUBLISHED = ("share", GRADUATION, "--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")


@pytest.fixture
def sofia(district: District) -> str:
    district.upload(GRADUATION)
    sofia, noah = district.student(SOFIA), district.student(NOAH)
    made = call("tag", GRADUATION, "--person", f"{sofia}@0.1,0.1,0.2,0.2", "--person", noah, "--unidentified", "0", *AS)
    assert made.code == 0, made.text
    return sofia


def ends(student: str, *more: str) -> Called:
    return call("student", "opt-in", student, "--why", "the mother's letter: I permit", *more, *AS)


def opts_out(student: str, by: str, *more: str) -> Called:
    return call("student", "opt-out", student, "--by", by, *more, "--as", "media_staff:desk-2")


def published() -> Any:
    return call(*PUBLISHED).object()


def warned() -> str:
    return " ".join(call("doctor", "--json").text.split())


def test_who_ends_a_grown_students_opt_out_has_to_be_said_and_no_parent_is_spoken_of(
    district: District, sofia: str
) -> None:
    assert opts_out(sofia, sofia).code == 0
    refused = ends(sofia)
    assert (refused.code, "34 CFR 99.5" in refused.err, f"--by {sofia}" in refused.text) == (1, True, True)
    assert "99.4)" not in refused.text
    ended = ends(sofia, "--by", sofia)
    assert (ended.code, "1 opt-out(s) ended" in ended.text) == (0, True)
    assert "parent" not in ended.text.casefold()


def test_a_grown_student_who_ends_the_parents_opt_out_from_before_hears_nothing_of_parents(
    district: District, sofia: str
) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    said = opts_out(sofia, mother, "--since", str(TODAY - timedelta(days=365 * 3)))
    assert (said.code, "holds the rights" in said.text) == (0, False), "she was a minor: it outlives the birthday"
    assert published()["outcome"] != "allow"
    ended = ends(sofia, "--by", sofia)
    assert (ended.code, "parent" in ended.text.casefold()) == (0, False)
    assert published()["outcome"] == "allow"


def test_a_parents_opt_out_for_a_grown_student_is_said_at_once_and_kept_until_the_custodian_looks(
    district: District, sofia: str
) -> None:
    mother = district.guardian(SOFIA_MOTHER)
    assert "opted out by somebody else" not in warned()
    said = opts_out(sofia, mother)
    told = " ".join(said.text.split())
    assert (said.code, f"{mother} stated an opt-out for {sofia}, who holds the rights" in told) == (0, True)
    assert published()["outcome"] != "allow", "it is the stricter"
    assert f"{sofia} by {mother}" in warned()
    assert ends(sofia, "--without-right").code == 0
    assert published()["outcome"] == "allow"
    assert "opted out by somebody else" not in warned()
    assert ledger_holds(district.services)


def test_a_parents_opt_out_makes_no_consent_of_a_grown_student_doubtful(district: District, sofia: str) -> None:
    words = ("--purpose", "website", "--signed-by", sofia, "--signed-on", str(TODAY), "--party", "public")
    assert call("consent", "add", sofia, *words, "--proof", "binder 4", *AS).code == 0
    told = " ".join(opts_out(sofia, district.guardian(SOFIA_MOTHER)).text.split())
    assert "makes no consent of the student doubtful" in told
    answer = published()
    assert (answer["outcome"], answer["basis"][sofia]) == ("allow", "EX3")
    assert answer["other_parent"] == []
    assert "a consent on file allows it on the website" in " ".join(
        call("student", "opt-out", sofia, "--by", district.guardian(SOFIA_MOTHER), *AS).text.split()
    )
    assert opts_out(sofia, sofia).code == 0
    assert published()["outcome"] != "allow", "her own no makes it doubtful"


def test_the_custodian_ends_what_a_parent_stated_and_the_students_own_no_stays(district: District, sofia: str) -> None:
    assert opts_out(sofia, district.guardian(SOFIA_MOTHER)).code == 0
    assert opts_out(sofia, sofia).code == 0
    assert ends(sofia, "--without-right").code == 0
    assert published()["outcome"] != "allow"
    none_left = ends(sofia, "--without-right")
    assert (none_left.code, "no open opt-out" in none_left.err) == (1, True)
