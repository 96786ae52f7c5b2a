"""A student younger than 18 who attends a college holds the rights, as the custodian states it (34 CFR 99.3, 99.5(a))."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, PORTRAIT, SOFIA, District
from roster_files import change_students
from use_cases import entries_about, ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
SEEN = ("--seen", "enrolment letter of the community college")
WHY = ("--why", "her letter of withdrawal")
BY_AGE = '[postsecondary]\nruled = "by-age"\nby = "district counsel"\non = 2025-11-02\nwhy = "so"\n'


def day(ago: int) -> str:
    return str(TODAY - timedelta(days=ago))


def stated(student: str, *more: str) -> Called:
    return call("student", "college", student, *SEEN, *more, *AS)


def left(student: str, *more: str) -> Called:
    return call("student", "left-college", student, *WHY, *more, *AS)


def asks(to: str) -> Any:
    return call("share", PORTRAIT, "--to", to, "--purpose", "inspection", *AS, "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def shown(student: str) -> Any:
    return call("student", "show", student, *AS, "--json").object()


def imported(roster_id: str = HANNAH, **changes: str) -> Called:
    """Import the roster with one student told otherwise."""
    change_students(Path("roster"), changes, roster_id, columns=["died"])
    return call("roster", "import", "roster", "--confirm", *AS)


def told(ended: Called) -> str:
    return " ".join(ended.text.split())


def test_she_asks_herself_and_what_her_mother_could_open_closes(district: District, hannah: str, mother: str) -> None:
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"
    link = asks(f"parent:{mother}")["link"]
    done = stated(hannah, "--json").object()
    assert link in done["closed"]
    assert asks(f"eligible_student:{hannah}")["basis"] == {hannah: "EX2"}
    assert "RIGHTS-TRANSFERRED" in clauses(asks(f"parent:{mother}"))
    assert f"In college since {TODAY}, as stated by hand; the roster does not say so" in told(
        call("student", "show", hannah, *AS)
    )
    assert "guardianship" in entries_about(district.services, hannah)
    assert ledger_holds(district.services)


def test_it_ends_and_her_own_link_closes(hannah: str, mother: str) -> None:
    stated(hannah)
    link = asks(f"eligible_student:{hannah}")["link"]
    done = call("student", "left-college", hannah, *WHY, *AS, "--json").object()
    assert link in done["closed"]
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"
    assert asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}
    again = left(hannah)
    assert (again.code, "nobody stated by hand that" in again.err) == (1, True)


def test_an_import_keeps_it_and_who_imports_is_told_that_the_roster_says_no(hannah: str) -> None:
    stated(hannah)
    made = imported(grade="12")
    assert f"{hannah}: in college as was stated by hand, and not by this roster" in told(made)
    assert f"{hannah}: in college" in told(call("roster", "import", "roster", "--dry-run", *AS))
    assert asks(f"eligible_student:{hannah}")["basis"] == {hannah: "EX2"}
    assert "in college as was stated" not in told(imported(postsecondary="yes"))


def test_a_roster_that_says_so_holds_beside_what_was_stated(hannah: str, mother: str) -> None:
    assert imported(postsecondary="yes").code == 0
    by_roster = left(hannah)
    assert (by_roster.code, "the roster says that this student attends" in by_roster.err) == (1, True)
    assert "The roster says so of the student already" in told(stated(hannah))
    assert "The roster says so of the student still" in told(left(hannah))
    assert "RIGHTS-TRANSFERRED" in clauses(asks(f"parent:{mother}"))
    assert imported(postsecondary="no").code == 0
    assert asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}


def test_a_roster_without_the_column_leaves_what_one_with_it_said(hannah: str) -> None:
    assert imported(postsecondary="yes").code == 0
    path = Path("roster") / "students.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{name: cell for name, cell in row.items() if name != "postsecondary"} for row in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert call("roster", "import", "roster", *AS).code == 0
    assert shown(hannah)["postsecondary"]


def test_the_ruling_by_age_leaves_it_without_effect_and_says_so(hannah: str, mother: str) -> None:
    stated(hannah)
    assert [each for each in asks(f"parent:{mother}")["notes"] if "left-college" in each]
    Path("rulings.toml").write_text(BY_AGE, "utf-8")
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"
    answer = asks(f"parent:{mother}")
    assert (answer["basis"], [each for each in answer["notes"] if "college" in each]) == ({hannah: "EX2"}, [])
    assert "changes nothing while that stands" in told(stated(hannah))


def consent(student: str, signer: str, signed: str) -> Called:
    words = ("--purpose", "website", "--signed-by", signer, "--signed-on", signed, "--party", "public", "--proof", "b4")
    return call("consent", "add", student, *words, *AS)


def published() -> Any:
    words = ("--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")
    return call("share", PORTRAIT, *words).object()


def test_her_mothers_consent_counts_no_more_and_hers_counts_from_the_first_day_on(
    district: District, hannah: str, mother: str
) -> None:
    assert consent(hannah, mother, day(30)).code == 0
    assert published()["basis"] == {hannah: "EX3"}
    done = stated(hannah, "--since", day(10), "--json").object()
    assert len(done["consents_lost"]) == 1
    assert len(done["closed"]) == 1
    assert "EX3-FORM" in clauses(published())
    early = consent(hannah, hannah, day(11))
    assert (early.code, "before turning 18 or attending a college" in told(early)) == (1, True)
    assert consent(hannah, hannah, day(10)).code == 0
    assert published()["basis"] == {hannah: "EX3"}
    assert "1 consent(s) count no more" in told(left(hannah))


def test_what_she_signed_before_the_first_day_that_was_stated_does_not_count(hannah: str) -> None:
    stated(hannah, "--since", day(20))
    assert consent(hannah, hannah, day(15)).code == 0
    assert published()["basis"] == {hannah: "EX3"}
    assert left(hannah, "--on", day(20)).code == 0
    stated(hannah, "--since", day(10))
    answer = published()
    assert "EX3-FORM" in clauses(answer)
    assert answer["link"] is None


def test_what_her_mother_states_since_is_no_choice_of_hers_and_what_she_was_given_is_counted(
    hannah: str, mother: str
) -> None:
    assert asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}
    assert call("student", "opt-out", hannah, "--by", mother, *AS).code == 0
    done = stated(hannah, "--since", day(5))
    assert "1 recording(s) went to a parent since" in told(done)
    assert f"{mother} stated an opt-out for {hannah}, who holds the rights" in told(done)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", str(TODAY + timedelta(days=400))), "more than a year ahead"),
        (("--since", "2001-01-01"), "before {student} was born"),
        (("--since", day(0), "--until", day(1)), "before it begins"),
        (("--seen", " "), "say what was seen"),
        (("--as", "media_staff:desk-2"), "only the records custodian or a designee"),
    ],
    ids=["years ahead", "before birth", "ends first", "nothing seen", "other staff"],
)
def test_what_cannot_be_so_is_refused(hannah: str, words: tuple[str, ...], says: str) -> None:
    refused = call("student", "college", hannah, *SEEN, *AS, *words)
    assert refused.code == 1
    assert says.format(student=hannah) in told(refused)
    assert shown(hannah)["guardianships"] == []


def test_of_who_is_18_by_then_there_is_nothing_to_state(district: District, hannah: str) -> None:
    sofia = district.student(SOFIA)
    born = date.fromisoformat(shown(sofia)["born"])
    birthday = born.replace(year=born.year + 18)
    refused = stated(sofia)
    assert (refused.code, f"is 18 since {birthday}" in told(refused)) == (1, True)
    before = stated(sofia, "--since", str(birthday - timedelta(days=90)))
    assert before.code == 0, "she could sign from then on"
    assert consent(sofia, sofia, str(birthday - timedelta(days=30))).code == 0


def test_of_who_had_died_by_then_there_is_nothing_to_state(hannah: str) -> None:
    assert imported(died=day(3)).code == 0
    refused = stated(hannah)
    assert (refused.code, "had died by" in told(refused)) == (1, True)
    assert stated(hannah, "--since", day(9)).code == 0


def test_of_a_former_student_whose_age_is_not_known_it_can_be_stated(district: District) -> None:
    added = ("--number", "90004", "--given", "Jane", "--family", "Rowantree", "--seen", "her transcript", *AS, "--json")
    jane = call("student", "add", *added).object()["id"]
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--person", jane, "--only", "--directory", "not_eligible", *AS).code == 0
    assert clauses(asks(f"eligible_student:{jane}"))[-1] == "RIGHTS-PARENTS"
    assert stated(jane, "--since", "2004-09-01").code == 0
    assert asks(f"eligible_student:{jane}")["basis"] == {jane: "EX2"}


def test_a_first_day_to_come_takes_effect_by_itself_and_so_does_the_last(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = ("--since", str(TODAY + timedelta(days=9)), "--until", str(TODAY + timedelta(days=19)))
    assert stated(hannah, *days).code == 0
    assert asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}
    for ahead, is_hers in ((8, False), (9, True), (19, True), (20, False)):
        on_day(monkeypatch, ahead)
        assert (asks(f"eligible_student:{hannah}")["basis"] == {hannah: "EX2"}) is is_hers
        assert (asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}) is not is_hers


def test_of_two_statements_the_later_word_on_the_last_day_holds(hannah: str) -> None:
    stated(hannah, "--since", day(30))
    twice = stated(hannah, "--since", day(30), "--json").object()["statements"]
    assert [each["id"] for each in shown(hannah)["guardianships"]] == [each["id"] for each in twice]
    ended = stated(hannah, "--until", day(2), "--json").object()["statements"][0]
    assert (ended["since"], ended["until"]) == (day(30), day(2))
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"
    assert stated(hannah, "--since", day(1)).code == 0
    assert asks(f"eligible_student:{hannah}")["basis"] == {hannah: "EX2"}


def test_a_first_day_within_a_time_on_file_is_asked_about(hannah: str) -> None:
    stated(hannah, "--since", day(30))
    within = stated(hannah, "--since", day(10))
    assert (within.code, f"left-college {hannah} --on {day(30)}" in told(within)) == (1, True)
    assert stated(hannah, "--since", day(40)).code == 0
    assert f"In college since {day(40)}," in told(call("student", "show", hannah, *AS))
    early = left(hannah, "--on", day(50))
    assert (early.code, f"it began on {day(40)}" in told(early)) == (1, True)
    later = left(hannah, "--on", str(TODAY + timedelta(days=2)))
    assert (later.code, "still to come" in told(later)) == (1, True)


def test_what_was_never_so_gives_no_signature_of_then(hannah: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stated(hannah, "--since", day(20))
    assert consent(hannah, hannah, day(15)).code == 0
    assert left(hannah, "--on", day(20)).code == 0
    on_day(monkeypatch, 365 * 2)
    assert "EX3-FORM" in clauses(published()), "18 by now, and a minor when she signed"


def test_on_a_recording_for_two_people_it_gives_her_hers_once_two_state_it(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("tag", PORTRAIT, "--official", f"discipline:{hannah}", *AS).code == 0
    assert "once another user runs the same command" in told(stated(hannah))
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"
    assert "RIGHTS-TRANSFERRED" in clauses(asks(f"parent:{mother}"))
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    assert "once another user" not in told(stated(hannah))
    assert "RIGHTS-PARENTS" not in clauses(asks(f"eligible_student:{hannah}"))


def test_it_ends_by_its_id_as_anything_stated_by_hand(hannah: str) -> None:
    (kept,) = stated(hannah, "--json").object()["statements"]
    assert call("student", "guardian", "end", kept["id"], *WHY, *AS).code == 0
    assert clauses(asks(f"eligible_student:{hannah}"))[-1] == "RIGHTS-PARENTS"


def test_the_paper_is_kept(hannah: str) -> None:
    Path("letter.pdf").write_bytes(b"%PDF-1.7 enrolled")
    (kept,) = stated(hannah, "--file", "letter.pdf", "--json").object()["statements"]
    assert len(kept["paper"]) == 64
