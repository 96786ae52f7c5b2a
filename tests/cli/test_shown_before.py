"""An opt-out that a roster brings late, or brings back: the import says what went out before it was on file."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import GRADUATION, NOAH, OWEN, PORTRAIT, SOFIA, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
WEBSITE = ("--kind", "publication", "--purpose", "website", "--to", "public", *AS)
IMPORT = ("roster", "import", "roster", *AS)
MAPPING = """
opt_outs:
  file: answers.csv
  student_id: Number
  matches: student_id
  not_listed: permitted
  columns:
    - {column: Media, opted_out: [N], permitted: [Y], purposes: [website]}
"""


@pytest.fixture
def sofia(district: District) -> str:
    district.upload(GRADUATION)
    return district.student(SOFIA)


def answers(*rows: tuple[str, int, str], to: str = "roster/opt_outs.csv") -> None:
    """Write more opt-outs into the roster: whose, since how many days, for which purposes."""
    with Path(to).open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((who, TODAY - timedelta(days=days), "", words) for who, days, words in rows)


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def shown(*more: str) -> list[Any]:
    told: list[Any] = ran(*IMPORT, *more, "--json").object()["shown_before"]
    return told


def test_an_import_says_what_went_out_since_the_day_of_an_opt_out_that_it_brings_late(sofia: str) -> None:
    ran("share", GRADUATION, *WEBSITE)
    answers((SOFIA, 3, "website"))
    would = " ".join(ran(*IMPORT, "--dry-run").text.split())
    told = " ".join(ran(*IMPORT).text.split())
    for each in (would, told):
        assert "1 recording(s) that show 1 student(s) were published or given out as directory information" in each
        assert f"{sofia} │ {TODAY - timedelta(days=3)} │ 1" in each
    assert "1 link(s) closed" in told or "closed links: 1" in told
    assert shown() == [], "the same import again brings nothing new"


def test_the_ledger_keeps_for_the_custodian_of_whom_what_went_out(district: District, sofia: str) -> None:
    ran("share", GRADUATION, *WEBSITE)
    answers((SOFIA, 3, "website"))
    assert shown() == [{"student": sofia, "since": str(TODAY - timedelta(days=3)), "recordings": 1}]
    work = ran("ledger", "show", "--kind", "shown-before", *AS, "--json").object()["details"]
    assert (work["student"], len(work["recordings"])) == (sofia, 1)
    assert sofia not in call("ledger", "show", "--kind", "shown-before", "--json").text
    assert ledger_holds(district.services)


def test_each_student_is_told_and_a_recording_counts_once(district: District, sofia: str) -> None:
    for _ in range(2):
        ran("share", GRADUATION, *WEBSITE)
    answers((SOFIA, 3, ""), (NOAH, 3, "website"))
    assert {each["student"]: each["recordings"] for each in shown("--confirm")} == {
        sofia: 1,
        district.student(NOAH): 1,
    }


@pytest.mark.parametrize(
    "row", [(SOFIA, 0, "website"), (SOFIA, 3, "yearbook"), (OWEN, 3, "")], ids=["today", "another purpose", "not in it"]
)
def test_what_an_opt_out_does_not_reach_is_not_told(sofia: str, row: tuple[str, int, str]) -> None:
    assert sofia
    ran("share", GRADUATION, *WEBSITE)
    answers(row)
    assert shown() == []


def test_an_opt_out_that_a_wrong_export_lost_and_the_next_brings_back_counts_from_its_loss_on(
    district: District,
) -> None:
    key = PORTRAIT.replace("0417", "0420")
    (student,) = district.upload(key).tagging.students
    (number,) = [each for each in map(str, range(104203, 104300)) if district.student(each) == student]
    Path("map.yaml").write_text(MAPPING, encoding="utf-8")
    by_mapping = ("roster", "import", "roster", "--mapping", "map.yaml", "--confirm", *AS)
    Path("roster/opt_outs.csv").unlink()

    def says(answer: str) -> Any:
        Path("answers.csv").write_text(f"Number,Media\n{number},{answer}\n", encoding="utf-8")
        return ran(*by_mapping, "--json").object()

    assert says("N")["shown_before"] == []
    refused = call("share", key, *WEBSITE, "--json").object()
    assert refused["outcome"] != "allow"
    assert says("Y")["shown_before"] == [], "the wrong export"
    assert call("share", key, *WEBSITE, "--json").object()["outcome"] == "allow"
    assert says("N")["shown_before"] == [{"student": student, "since": str(TODAY), "recordings": 1}]
    assert says("N")["shown_before"] == []
