"""An older file of families' answers ends no opt-out, and a column of answers is read or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import District
from made_exports import Adult, Pupil, sync_1
from made_rosters import write

AS = ("--as", "custodian:records-office")
MAPPING = """\
students: {student_id: Nr, name: Name}
opt_outs:
  file: answers.csv
  student_id: Nr
  not_listed: permitted
  columns: [{column: Photo, opted_out: [N], permitted: [Y]}]
"""
DATED = MAPPING + "  since: {column: Answered, format: MM/DD/YYYY}\n"


def imported(answers: str, *more: str, mapping: str = DATED) -> Called:
    """Import a list of twenty students with their families' answers."""
    Path("map.yaml").write_text(mapping, "utf-8")
    pupils = "".join(f"{number},Pupil{number} Roe{number}\n" for number in range(1001, 1021))
    Path("list.csv").write_text(f"Nr,Name\n{pupils}", "utf-8")
    others = "".join(f"{number},N,08/20/2026\n" for number in range(1002, 1021))
    Path("answers.csv").write_text(f"Nr,Photo,Answered\n1001,{answers}\n{others}", "utf-8")
    done = call("roster", "import", "list.csv", "--mapping", "map.yaml", *more, *AS)
    assert done.code == 0, done.text
    return done


def opted_out(roster_id: str = "1001") -> bool:
    (student,) = call("student", "find", roster_id, "--json").objects()
    return any(each["ended"] is None for each in student["opt_outs"])


@pytest.fixture(autouse=True)
def first(district: District) -> None:
    imported("N,10/25/2026", "--confirm")
    assert opted_out()


def test_an_answer_of_a_day_before_ends_no_opt_out(district: District) -> None:
    told = imported("Y,08/25/2026").out
    assert opted_out()
    assert "an older yes: 1" in told
    assert "--confirm" in told


def test_an_answer_of_a_day_before_ends_none_by_a_confirmation_of_something_else(district: District) -> None:
    imported("Y,08/25/2026", "--confirm")
    assert opted_out()


def test_of_a_no_without_a_day_the_day_of_its_import_counts(district: District) -> None:
    imported("Y,11/02/2026")
    imported("N,13/13/2026")
    imported("Y,11/03/2026")
    assert opted_out()


def test_an_answer_of_a_day_after_ends_it(district: District) -> None:
    imported("Y,11/02/2026")
    assert not opted_out()


@pytest.mark.parametrize("answered", ["", "10/25/2026", "yesterday"], ids=["blank", "the same day", "no day"])
def test_an_answer_that_nothing_shows_to_be_newer_ends_it_once_somebody_confirms(
    district: District, answered: str
) -> None:
    imported(f"Y,{answered}")
    assert opted_out()
    imported(f"Y,{answered}", "--confirm")
    assert not opted_out()


def test_a_file_without_days_ends_none_by_itself(district: District) -> None:
    undated = MAPPING + "  ignore: [Answered]\n"
    imported("Y,", "--confirm", mapping=undated)
    imported("N,", mapping=undated)
    assert opted_out()
    imported("Y,", mapping=undated)
    assert opted_out()


def test_a_no_to_more_takes_the_place_of_the_one_before(district: District) -> None:
    assert "that stay," not in imported("N,11/02/2026").out
    (student,) = call("student", "find", "1001", "--json").objects()
    assert [each["since"] for each in student["opt_outs"] if each["ended"] is None] == ["2026-11-02"]


COLUMNS = [
    "Photo OptOut",
    "Photo OK",
    "No Pics",
    "Media Release",
    "Web OK",
    "DNP",
    "Permiso",
    "FERPA",
    "metadata.directoryInformation",
    "Safe at Home",
    "SAH",
    "Privacy Flag",
    "Custody",
]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_answers_that_nothing_reads_is_refused_until_it_is_ignored(district: District, column: str) -> None:
    files = sync_1([Pupil("1001", "Ada", "Quill", beside=(("p1", "parent"),))], [Adult("p1", "Ruth", "Quill")])
    head, *rows = files["Student.csv"].splitlines()
    folder = write(
        Path("sync"), {**files, "Student.csv": "\n".join([f"{head},{column}", *(f"{each},Y" for each in rows)])}
    )
    command = ("roster", "import", str(folder), "--confirm", "--without-choices", *AS)
    refused = call(*command)
    assert refused.code == 1
    assert f"the column {column.casefold()!r} may hold families' answers, and nothing reads it" in " ".join(
        refused.err.split()
    )
    Path("ignoring.yaml").write_text(f"ignore: [{column}]\n", "utf-8")
    assert "may hold families' answers" not in call(*command, "--mapping", "ignoring.yaml").text
    written = folder / "Student.csv"
    picture = written.read_text("utf-8").replace(column, "Photo URL").replace(",Y\n", ",https://x/1.jpg\n")
    written.write_text(picture.removesuffix(",Y") + (",https://x/1.jpg" if picture.endswith(",Y") else ""), "utf-8")
    assert "may hold families' answers" not in call(*command).text


OWN = {
    "students.csv": "student_id,given_name,family_name,aliases,born,postsecondary,grade\n2001,{name},Roe,,{born},no,9\n",
    "guardians.csv": "student_id,guardian_id,name\n2001,g1,Ruth Roe\n",
    "opt_outs.csv": "student_id,since,ended,purposes\n",
}


def own(name: str, born: str = "") -> dict[str, Any]:
    """Import a roster of the plugin's own format with one student; return the student."""
    folder = write(Path("own"), {each: text.format(name=name, born=born) for each, text in OWN.items()})
    done = call("roster", "import", str(folder), "--confirm", "--without-choices", *AS)
    done = done if done.code == 0 else call("roster", "import", str(folder), "--confirm", *AS)
    assert done.code == 0, done.text
    (found,) = call("student", "find", "2001", "--json").objects()
    student: dict[str, Any] = call("student", "show", found["id"], "--json").object()
    return student


def test_a_number_that_is_another_students_now_begins_anew(district: District) -> None:
    """Nothing that the one before answered, or signed, is the other's."""
    ben = own("Ben")
    answered = call("student", "answered", ben["id"], "--why", "the form", *AS)
    assert answered.code == 0, answered.text
    signed = ("--signed-by", ben["guardians"][0], "--signed-on", "2026-09-01", "--proof", "binder 4")
    assert call("consent", "add", ben["id"], "--purpose", "website", "--party", "public", *signed, *AS).code == 0
    assert own("Ben")["may_answer_until"] is None
    tim = own("Tim")
    assert tim["may_answer_until"] is not None
    assert [each["revoked_on"] for each in tim["consents"]] == [str(TODAY)]
    kinds = [each["kind"] for each in call("ledger", "show", "--json").objects()]
    assert (kinds.count("consent-revoked"), call("ledger", "verify").code) == (1, 0)


def test_a_blank_birth_date_makes_nobody_a_minor_again(district: District) -> None:
    own("Ben", "2005-01-01")
    assert own("Ben")["born"] == "2005-01-01"
