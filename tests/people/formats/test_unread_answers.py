"""A column that nothing reads is refused where answers of families may stand in it, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from district import District
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.people.formats.unread_answers import with_answers

AS = ("--as", "custodian:records-office")
MAPPING = "students: {student_id: Nr, given_name: First, family_name: Last}\n"
NAMELESS = ["Dir Info", "Internet", "Bild erlaubt", "PR", "AUP", "Parent Response", "Wish", "Comments", "Flag", "Q7"]


@pytest.mark.parametrize("column", NAMELESS)
@pytest.mark.parametrize("answers", ["Y,N", "yes,", "x,", "Nein,Ja", "1,0", "opt-out,opt-in", ",no photos please"])
def test_a_column_with_answers_is_refused_until_it_is_ignored(district: District, column: str, answers: str) -> None:
    one, other = answers.split(",")
    rows = ["1001,Ada,Quill,9," + one, "1002,Ben,Roe,10," + other]
    Path("list.csv").write_text("\n".join([f"Nr,First,Last,Grade,{column}", *rows]) + "\n", "utf-8")
    Path("map.yaml").write_text(MAPPING, "utf-8")
    command = ("roster", "import", "list.csv", "--confirm", "--without-choices", "--mapping", "map.yaml", *AS)
    refused = call(*command)
    told = " ".join(refused.err.split())
    assert (refused.code, f"the column {column.casefold()!r} may hold families' answers" in told) == (1, True), told
    Path("map.yaml").write_text(f"{MAPPING}ignore: [{column}]\n", "utf-8")
    assert "may hold families' answers" not in call(*command).text


@pytest.mark.parametrize("column", ["metadata.dirInfo", "metadata.internet", "metadata.q7", "Bild erlaubt"])
@pytest.mark.parametrize("format_of", ["oneroster", "sds", "clever"])
def test_a_district_s_own_column_of_a_known_format_is_refused_too(
    district: District, column: str, format_of: str
) -> None:
    folder = Path("export")
    folder.mkdir()
    if format_of == "oneroster":
        head, row = (
            "sourcedId,status,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName",
            "u1,,true,o,student,a,,Ada,Quill",
        )
        (folder / "manifest.csv").write_text(
            "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,bulk\n", "utf-8"
        )
        name = "users.csv"
    elif format_of == "sds":
        head, row, name = "SIS ID,First Name,Last Name,ELL Status", "1001,Ada,Quill,no", "Student.csv"
    else:
        head, row, name = "Student_id,First_name,Last_name,Ell_status,IEP_status", "1001,Ada,Quill,N,Y", "students.csv"
    (folder / name).write_text(f"{head},{column}\n{row},N\n", "utf-8")
    command = ("roster", "import", "export", "--confirm", "--without-choices", *AS)
    refused = call(*command)
    told = " ".join(refused.err.split())
    assert (refused.code, f"the column {column.casefold()!r} may hold families' answers" in told) == (1, True), told
    assert told.count("may hold families' answers") == 1
    Path("map.yaml").write_text(f"ignore: [{column}]\n", "utf-8")
    assert "may hold families' answers" not in call(*command, "--mapping", "map.yaml").text


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        (["Y", "", "n"], True),
        (["Yes.", "NO!"], True),
        (["\u2713", ""], True),
        (["mother says do not publish", "peanut allergy"], True),
        (["photo: no", "bus 7"], True),
        (["9", "10", "11"], False),
        (["Red", "Blue"], False),
        (["", " "], False),
        (["bus 7", "bus 9", "walks"], False),
        (["Smith", "No"], False),
        (["He has no allergy", "likes photos"], False),
    ],
)
def test_answers_are_told_by_what_stands_there(values: list[str], holds: bool) -> None:
    assert list(with_answers([{"c": each} for each in values])) == (["c"] if holds else [])


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=30)), max_size=30))
def test_it_names_only_columns_that_are_there(rows: list[dict[str, str]]) -> None:
    assert set(with_answers(rows)) <= {name for row in rows for name in row}


@pytest.mark.parametrize(("field", "example"), [("born", "{column: DOB"), ("protected", "{column: Safe at Home}")])
def test_a_column_that_is_written_alone_is_told_how_to_write_it(district: District, field: str, example: str) -> None:
    Path("list.csv").write_text("Nr,First,Last,DOB\n1001,Ada,Quill,2012-01-01\n", "utf-8")
    Path("map.yaml").write_text(MAPPING.replace("}", f", {field}: DOB}}"), "utf-8")
    refused = call("roster", "import", "list.csv", "--mapping", "map.yaml", *AS)
    assert (refused.code, f"students.{field}: must be a mapping of fields: write {example}" in refused.err) == (1, True)
