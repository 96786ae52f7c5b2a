"""A student died: age stops on that day, as the custodian states it by hand, and the parents of a minor keep the rights."""

from __future__ import annotations

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
SEEN = ("--seen", "death certificate")
WHY = ("--why", "it was another student of that name")


def day(ago: int) -> str:
    return str(TODAY - timedelta(days=ago))


def stated(student: str, on: str, *more: str) -> Called:
    return call("student", "died", student, "--on", on, *SEEN, *more, *AS)


def alive(student: str, *more: str) -> Called:
    return call("student", "alive", student, *WHY, *more, *AS)


def asks(to: str) -> Any:
    return call("share", PORTRAIT, "--to", to, "--purpose", "inspection", *AS, "--json").object()


def clauses(answer: Any) -> list[str]:
    return [each["clause"] for each in answer["reasons"]]


def shown(student: str) -> Any:
    return call("student", "show", student, *AS, "--json").object()


def told(ended: Called) -> str:
    return " ".join(ended.text.split())


def after_18(patch: pytest.MonkeyPatch, student: str) -> None:
    """Let the clock stand a month behind the day on which the student would turn 18."""
    born = date.fromisoformat(shown(student)["born"])
    on_day(patch, (born.replace(year=born.year + 18) - TODAY).days + 30)


def imported(**changes: str) -> Called:
    """Import the roster with the student told otherwise."""
    change_students(Path("roster"), changes, HANNAH, columns=["died"])
    return call("roster", "import", "roster", "--confirm", *AS)


def asked(who: str, student: str) -> str:
    words = ("--described", "all recordings", "--student", student, "--from", who, "--purpose", "inspection")
    added = call("request", "add", *words, "--received", str(TODAY), "--channel", "letter", *AS, "--json")
    assert added.code == 0, added.text
    return str(added.object()["id"])


def test_her_mother_keeps_the_rights_behind_the_day_on_which_she_would_have_turned_18(
    district: District, hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = told(stated(hannah, day(5)))
    assert "the parents hold the rights, and go on holding them" in said
    assert f"Died on {day(5)}, as stated by hand; the roster does not say so" in told(
        call("student", "show", hannah, *AS)
    )
    after_18(monkeypatch, hannah)
    assert asks(f"parent:{mother}")["basis"] == {hannah: "EX2"}
    request = asked(f"parent:{mother}", hannah)
    close = ("--outcome", "rights-passed", "--why", "she is 18")
    assert call("request", "close", request, *close, *AS).code == 1
    assert call("letter", "write", "rights-passed", "--request", request, *AS).code == 1
    assert "guardianship" in entries_about(district.services, hannah)
    assert ledger_holds(district.services)


def test_without_it_the_custodian_reads_how_it_is_said(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_18(monkeypatch, hannah)
    (reason,) = [each for each in asks(f"parent:{mother}")["reasons"] if each["clause"] == "RIGHTS-TRANSFERRED"]
    assert "`dam-plugin student died S-… --on DAY --seen TEXT`" in reason["remedy"]


def test_it_is_taken_back_and_names_what_waits(hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(f"parent:{mother}", hannah)
    own = asked(f"eligible_student:{hannah}", hannah)
    done = stated(hannah, day(5), "--json").object()
    assert {each["id"] for each in done["requests"]} == {request, own}
    assert f"{own} waits (of the student's own" in told(stated(hannah, day(5)))
    assert alive(hannah).code == 0
    after_18(monkeypatch, hannah)
    assert "RIGHTS-TRANSFERRED" in clauses(asks(f"parent:{mother}"))
    again = alive(hannah)
    assert (again.code, "nobody stated by hand that" in again.err) == (1, True)
    assert shown(hannah)["died"] is None


def test_links_that_are_refused_now_close(hannah: str, monkeypatch: pytest.MonkeyPatch) -> None:
    after_18(monkeypatch, hannah)
    link = asks(f"eligible_student:{hannah}")["link"]
    done = stated(hannah, day(5), "--json").object()
    assert (link in done["closed"], done["held_rights"]) == (True, False)


def test_an_import_keeps_it_and_holds_behind_it(hannah: str) -> None:
    stated(hannah, day(9))
    assert "died, as was stated by hand, and not by this roster" in told(imported(grade="12"))
    assert shown(hannah)["died"] == day(9)
    differs = told(imported(died=day(3)))
    assert f"{hannah}: this roster says another day of death than was stated by hand" in differs
    assert shown(hannah)["died"] == day(9)
    assert f"The roster says {day(3)}: what was stated holds" in told(stated(hannah, day(9)))
    assert f"the roster says {day(3)}" in told(call("student", "show", hannah, *AS))
    back = alive(hannah)
    assert (back.code, "The roster says still that the student died" in told(back)) == (0, True)
    assert shown(hannah)["died"] == day(3)
    by_roster = alive(hannah)
    assert (by_roster.code, "the roster says that this student died" in by_roster.err) == (1, True)
    assert "died, as was stated" not in told(imported(died=""))
    assert shown(hannah)["died"] is None


def test_of_two_days_the_later_word_holds(hannah: str) -> None:
    first = stated(hannah, day(9), "--json").object()["statement"]["id"]
    assert stated(hannah, day(9), "--json").object()["statement"]["id"] == first
    second = stated(hannah, day(8), "--json").object()["statement"]["id"]
    assert (shown(hannah)["died"], second == first) == (day(8), False)
    assert stated(hannah, day(10)).code == 0
    assert shown(hannah)["died"] == day(10)
    assert alive(hannah).code == 0
    assert shown(hannah)["died"] is None


@pytest.mark.parametrize(
    ("on", "words", "says"),
    [
        (str(TODAY + timedelta(days=1)), (), "still to come"),
        ("1990-01-01", (), "before {student} was born"),
        (day(1), ("--seen", " "), "say what was seen"),
        (day(1), ("--as", "media_staff:desk-2"), "only the records custodian or a designee"),
    ],
    ids=["to come", "before birth", "nothing seen", "other staff"],
)
def test_what_cannot_be_so_is_refused(hannah: str, on: str, words: tuple[str, ...], says: str) -> None:
    refused = call("student", "died", hannah, "--on", on, *SEEN, *AS, *words)
    assert refused.code == 1
    assert says.format(student=hannah) in told(refused)
    assert shown(hannah)["guardianships"] == []
    assert call("student", "alive", hannah, "--why", " ", *AS).code == 1


def test_the_rights_of_who_held_them_end_and_nobody_signs(district: District) -> None:
    sofia = district.student(SOFIA)
    done = stated(sofia, day(2))
    assert "held the rights by" in told(done)
    assert "nobody: the student held them, and has died" in told(call("student", "show", sofia, *AS))
    words = ("--purpose", "website", "--signed-by", sofia, "--signed-on", day(3), "--party", "public", "--proof", "b4")
    assert "has died, so nobody can sign" in told(call("consent", "add", sofia, *words, *AS))


def test_on_a_recording_for_two_people_it_gives_her_mother_hers_once_two_state_it(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("tag", PORTRAIT, "--official", f"discipline:{hannah}", *AS).code == 0
    after_18(monkeypatch, hannah)
    assert "until another user runs the same command" in told(stated(hannah, day(5)))
    assert "RIGHTS-TRANSFERRED" in clauses(asks(f"parent:{mother}"))
    assert "EX2" not in asks(f"eligible_student:{hannah}")["basis"].values()
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    assert "until another user" not in told(stated(hannah, day(5)))
    assert "RIGHTS-TRANSFERRED" not in clauses(asks(f"parent:{mother}"))


def test_it_ends_by_its_id_as_anything_stated_by_hand(hannah: str) -> None:
    kept = stated(hannah, day(5), "--json").object()["statement"]
    assert call("student", "guardian", "end", kept["id"], *WHY, *AS).code == 0
    assert shown(hannah)["died"] is None


def test_the_paper_is_kept(hannah: str) -> None:
    Path("certificate.pdf").write_bytes(b"%PDF-1.7 died")
    kept = stated(hannah, day(5), "--file", "certificate.pdf", "--json").object()["statement"]
    assert len(kept["paper"]) == 64
