"""The example of docs/rosters.md does what the document says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from dam_plugin.model import OptOut
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import read_mapping
from dam_plugin.pseudonyms import Pseudonyms

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "rosters.md").read_text("utf-8")
STUDENTS = """Student Number,First,Last,Nickname,DOB,Gr,Parent 1 ID,Parent 1,SAH,College,Deceased
1001,Ada,Quill,,03/01/2013,07,G1,Ruth Quill,Enrolled,Full time,
1002,Ben,Roe,,,08,,,Never,Dual credit,10/05/2026
"""


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_means_what_the_document_says(tmp_path: Path) -> None:
    (tmp_path / "choices.csv").write_text(block("csv"))
    (tmp_path / "students.csv").write_text(STUDENTS)
    mapping = read_mapping(block("yaml").encode(), "map.yaml")
    reader = RosterReader(Pseudonyms("k" * 32), {}, date(2026, 11, 25), mapping, tmp_path)
    ada, ben = reader.read(tmp_path / "students.csv").students
    assert (ada.marked, ben.marked) == ("address-confidentiality", None)
    assert (ada.died, ben.died) == (None, date(2026, 10, 5))
    assert (ada.postsecondary, ben.postsecondary) == (True, False)
    assert ada.opt_outs == (OptOut(date(2026, 8, 25), purposes=("yearbook",)),)
    assert ben.opt_outs == (OptOut(date(2026, 8, 26), purposes=("yearbook",)),)
