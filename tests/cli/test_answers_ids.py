"""A file of families' answers that names students by another id than the import does: from delta to delta."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from command_line import Called, call
from district import District
from made_rosters import USERS_11, Row, manifest, table, user, write

MAPPING = """
opt_outs:
  file: out.csv
  student_id: Nr
  matches: identifier
  not_listed: permitted
  columns:
    - {column: Release, opted_out: [N], permitted: [Y], purposes: [website]}
"""
ADA = user("s1", "student", "Ada", identifier="1001")
BEN = user("s2", "student", "Ben", "Roe", identifier="1002")
CY = user("s3", "student", "Cy", "Poe", identifier="1003")
Import = Callable[..., Called]


@pytest.fixture
def take(district: District) -> Import:
    """Return the import of rows with a file of answers; a row with a status makes a delta."""
    (district.folder / "map.yaml").write_text(MAPPING)

    def taken(rows: tuple[Row, ...], answers: str, *options: str) -> Called:
        how = "delta" if any(each.get("status") for each in rows) else "bulk"
        write(district.folder / "export", {"manifest.csv": manifest(users=how), "users.csv": table(USERS_11, rows)})
        (district.folder / "out.csv").write_text(f"Nr,Release\n{answers}")
        return call("roster", "import", "export", "--mapping", "map.yaml", *options)

    assert taken((ADA, BEN), "1001,Y\n1002,Y\n", "--confirm").code == 0
    return taken


def now(row: Row, **more: str) -> Row:
    return {**row, "status": "active", **more}


def opt_outs(district: District, name: str) -> int:
    (found,) = call("student", "find", name, "--json").objects()
    return len(call("student", "show", str(found["id"]), "--json").object()["opt_outs"])


def test_a_delta_with_everybodys_answers_is_taken_without_a_question(district: District, take: Import) -> None:
    ended = take((now(CY),), "1001,N\n1002,Y\n1003,Y\n")
    assert (ended.code, [opt_outs(district, each) for each in ("Ada", "Ben", "Cy")]) == (0, [1, 0, 0])
    assert "about nobody" not in ended.text
    assert take((now(CY),), "1001,N\n1002,N\n1003,N\n").code == 0
    assert [opt_outs(district, each) for each in ("Ada", "Ben", "Cy")] == [1, 1, 1]


def test_an_id_that_nobody_had_waits_for_a_person(district: District, take: Import) -> None:
    refused = take((now(CY),), "1001,N\n9999,N\n1003,Y\n")
    assert refused.code == 1
    assert "1 row(s) opt out and are about nobody on the roster or on file (line 3)" in refused.err
    assert "import a whole roster with this mapping once" in refused.err
    assert "9999" not in refused.text
    assert opt_outs(district, "Ada") == 0


def test_an_id_that_another_student_has_now_waits_for_a_person(district: District, take: Import) -> None:
    reused = now(CY, identifier="1001")
    refused = take((reused,), "1001,N\n1002,Y\n")
    assert refused.code == 1
    assert "1 student(s) have an id in the file of opt-outs that was another student's" in refused.err
    assert take((reused,), "1001,N\n1002,Y\n", "--confirm").code == 0
    assert [opt_outs(district, each) for each in ("Ada", "Ben", "Cy")] == [0, 0, 1]
    assert take((now(BEN),), "1001,N\n1002,N\n").code == 0, "it is Cy's alone from now on"


def test_an_id_that_went_round_is_nobodys_but_the_rosters(district: District, take: Import) -> None:
    refused = take((now(ADA, identifier="1002"), now(BEN, identifier="1001")), "1001,N\n1002,Y\n")
    assert "2 student(s) have an id in the file of opt-outs that was another student's" in refused.err


def test_the_old_id_of_a_student_who_has_a_new_one_is_nobodys(district: District, take: Import) -> None:
    refused = take((now(ADA, identifier="2001"),), "1001,N\n1002,Y\n")
    assert "1 row(s) opt out and are about nobody" in refused.err
    assert take((now(ADA, identifier="2001"),), "2001,N\n1002,Y\n").code == 0
    assert "about nobody" in take((now(CY),), "1001,N\n2001,N\n").err, "nor later"


@pytest.mark.parametrize("whole", [True, False])
def test_an_id_that_two_students_have_is_nobodys(district: District, take: Import, whole: bool) -> None:
    twice = (now(ADA), now(CY, identifier="1001"))
    rows = (ADA, BEN, {**CY, "identifier": "1001"}) if whole else twice
    refused = take(rows, "1001,N\n1002,Y\n")
    assert (refused.code, "1 row(s) opt out and are about nobody" in refused.err) == (1, True)
    assert take(rows, "1002,Y\n", "--confirm").code == 0
    assert "about nobody" in take((now(BEN),), "1001,N\n1002,Y\n").err, "nor is it one's alone later"


def test_a_student_under_a_new_number_keeps_the_id(district: District, take: Import) -> None:
    again = ({**ADA, "sourcedId": "n1"}, BEN, CY)
    assert "another student's" not in take(again, "1001,Y\n1002,Y\n1003,Y\n", "--confirm").text
    assert take((now(CY),), "1001,N\n1002,Y\n1003,Y\n").code == 0
    found = {str(each["id"]) for each in call("student", "find", "Ada", "--json").objects()}
    shown = [call("student", "show", each, "--json").object() for each in found]
    assert [(each["active"], len(each["opt_outs"])) for each in sorted(shown, key=lambda each: each["active"])] == [
        (False, 0),
        (True, 1),
    ]


def test_a_roster_without_answers_tells_the_ids_all_the_same(district: District, take: Import) -> None:
    moved = (user("s1", "student", "Ada", identifier="2001"), BEN, {**CY, "identifier": "1001"})
    write(district.folder / "export", {"manifest.csv": manifest(users="bulk"), "users.csv": table(USERS_11, moved)})
    assert call("roster", "import", "export", "--without-choices", "--confirm").code == 0
    assert take((now(BEN),), "1001,N\n1002,Y\n2001,Y\n").code == 0
    assert [opt_outs(district, each) for each in ("Ada", "Ben", "Cy")] == [0, 0, 1]


def test_no_answer_of_the_program_has_the_id(district: District, take: Import) -> None:
    (found,) = call("student", "find", "Ada", "--json").objects()
    assert "1001" not in call("student", "show", str(found["id"]), "--json").text
    dry = take((now(ADA, identifier="2001"),), "2001,Y\n1002,Y\n", "--dry-run", "--json")
    (only,) = dry.object()["students"]
    assert (only["fields"], "2001" in dry.text) == (["id in the file of opt-outs"], False)
