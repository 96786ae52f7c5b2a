"""Who comes in a roster under another number is on file: the id stays, and with it all that is stated of the person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import Called, call
from court_orders import revoking
from district import CUSTODIAN, HALLWAY, HANNAH, HANNAH_MOTHER, INES, INES_MOTHER, PORTRAIT, District
from use_cases import kept, ledger_holds, looked

from dam_plugin.custodian import choices
from dam_plugin.errors import InputError
from dam_plugin.people.roster import RosterImport

AS = ("--as", "custodian:records-office")
ORDER = ("--seen", "order of the circuit court")
NEW, NEW_MOTHER = "990001", "G-9901"
INES_FATHER = "G-2112"


def files(district: District) -> list[Path]:
    return sorted((district.folder / "roster").glob("*.csv"))


def changed(district: District, **numbers: str) -> None:
    """Write other words into the roster's cells, as `{old: new}` with the letters and digits of the old."""
    for path in files(district):
        lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
        cells = [[numbers.get(cell.replace("-", "_").replace(" ", "_"), cell) for cell in line] for line in lines]
        path.write_text("\n".join(map(",".join, cells)) + "\n", "utf-8")


def without(district: District, number: str) -> None:
    for path in files(district):
        lines = path.read_text("utf-8").splitlines()
        path.write_text("\n".join(each for each in lines if not each.startswith(number)) + "\n", "utf-8")


def imported(*more: str) -> Called:
    return call("roster", "import", "roster", *more, *AS)


def shown(student: str) -> dict[str, object]:
    found = call("student", "show", student, *AS, "--json")
    assert found.code == 0, found.text
    return dict(found.object())


def limit(student: str, person: str) -> None:
    done = call("student", "guardian", "limit", student, person, *ORDER, *revoking(), *AS)
    assert done.code == 0, done.text


def of_an_order(district: District) -> tuple[str, str]:
    """Let a court order limit the father of a student who is in a recording; return both."""
    ines, father = district.student(INES), district.guardian(INES_FATHER)
    district.upload(HALLWAY)
    looked(district, HALLWAY, unidentified=0)
    assert call("tag", HALLWAY, "--person", ines, *AS).code == 0
    limit(ines, father)
    return ines, father


def asks(person: str, key: str = PORTRAIT) -> str:
    told = ("--to", f"parent:{person}", "--purpose", "inspection", *AS, "--json")
    return str(call("share", key, *told).object()["outcome"])


@pytest.mark.parametrize("leaves_between", [False, True])
def test_a_child_who_comes_back_under_a_new_number_is_the_same(district: District, *, leaves_between: bool) -> None:
    ines, father = district.student(INES), district.guardian(INES_FATHER)
    district.upload(HALLWAY)
    looked(district, HALLWAY, unidentified=0)
    assert call("tag", HALLWAY, "--person", ines, "--directory", "eligible", *AS).code == 0
    limit(ines, father)
    if leaves_between:
        before = {path: path.read_text("utf-8") for path in files(district)}
        without(district, INES)
        assert imported().code == 0
        assert shown(ines)["active"] is False
        for path, text in before.items():
            path.write_text(text, "utf-8")
    changed(district, **{f"{INES}": NEW, "G_2111": NEW_MOTHER})
    again = imported()
    assert (again.code, "1 student(s) come under a new number and are on file" in again.text) == (0, True), again.text
    assert "1 guardian(s) come under a new number" in again.text
    (found,) = call("student", "find", "Inés", *AS, "--json").objects()
    assert found["id"] == ines
    assert call("student", "show", district.student(NEW), *AS).code == 1
    # Her mother under her new number is the mother of before; the father whom the order limits stays so.
    assert asks(district.guardian(INES_MOTHER), HALLWAY) == "redact"
    assert asks(father, HALLWAY) != "allow"
    assert call("student", "opt-out", ines, "--by", district.guardian(INES_MOTHER), *AS).code == 0
    told = ("--to", "public:webmaster", "--purpose", "website", "--kind", "publication", "--json")
    assert call("share", HALLWAY, *told).object()["outcome"] != "allow"
    assert imported("--json").object()["changed"] == 0
    assert ledger_holds(district.services)


def test_a_child_whose_no_is_on_file_keeps_it_under_a_new_number(district: District) -> None:
    hannah = district.student(HANNAH)
    changed(district, **{HANNAH: NEW})
    assert imported().code == 0
    assert shown(hannah)["opt_outs"] != []
    assert kept(district.services, district.upload(PORTRAIT).asset.key).tagging.students == {hannah}


def test_a_district_that_gives_everybody_a_new_number_keeps_everybody(district: District) -> None:
    with district.services.store.reading() as unit:
        before = {each.id: each.names for each in unit.people.students(active_only=True)}
        numbers = {each.roster_id: f"7{each.roster_id}" for each in unit.people.students(active_only=True)}
    guardians = {f"G_{each}": f"N-{each}" for each in map(str, range(2000, 2999))}
    changed(district, **numbers, **guardians)
    done = imported("--json")
    assert done.code == 0, done.text
    assert (done.object()["added"], done.object()["left"]) == (0, 0)
    with district.services.store.reading() as unit:
        assert {each.id: each.names for each in unit.people.students(active_only=True)} == before
    assert district.guardian(HANNAH_MOTHER) in shown(district.student(HANNAH))["guardians"]


def test_a_file_that_has_the_old_number_still_shows_the_student(district: District) -> None:
    ines = district.student(INES)
    with district.services.store.reading() as unit:
        before = {student: numbers for student, _, numbers in unit.people.persons()}
    changed(district, **{INES: NEW})
    assert imported().code == 0
    with district.services.store.reading() as unit:
        after = {student: numbers for student, _, numbers in unit.people.persons()}
    assert (before[ines], after[ines]) == ((INES,), (NEW, INES))


def test_the_old_number_of_a_student_may_be_given_to_somebody_else(district: District) -> None:
    ines = district.student(INES)
    changed(district, **{INES: NEW})
    assert imported().code == 0
    path = district.folder / "roster" / "students.csv"
    path.write_text(path.read_text("utf-8") + f"{INES},Zelda,Sommer,,2012-01-02,no,07\n", "utf-8")
    refused = imported()
    assert (refused.code, "1 student number(s) were another student's" in refused.err) == (1, True)
    assert imported("--confirm", "--json").object()["added"] == 1
    (zelda,) = call("student", "find", "Zelda", *AS, "--json").objects()
    assert (zelda["id"] == ines, "Muñoz" in str(shown(ines)["names"])) == (False, True)
    # The next import is about the same two.
    assert imported("--json").object()["changed"] == 0
    assert [each["id"] for each in call("student", "find", "Zelda", *AS, "--json").objects()] == [zelda["id"]]


@pytest.mark.parametrize("same", ["{new}={old}", "all"])
def test_who_has_name_and_birth_date_of_somebody_who_left_is_asked_about(district: District, same: str) -> None:
    ines = district.student(INES)
    changed(
        district, **{INES: NEW, "G_2111": "G-1", "G_2112": "G-2", "Rosa_Muñoz": "Ada Fox", "Javier_Muñoz": "Bo Fox"}
    )
    refused = imported()
    assert (refused.code, f"{district.student(NEW)} may be {ines}" in refused.err) == (1, True), refused.text
    assert imported("--same", same.format(new=district.student(NEW), old=ines), "--confirm").code == 0
    assert shown(ines)["active"] is True


def test_another_child_of_the_same_name_and_day_is_another(district: District) -> None:
    ines = district.student(INES)
    changed(
        district, **{INES: NEW, "G_2111": "G-1", "G_2112": "G-2", "Rosa_Muñoz": "Ada Fox", "Javier_Muñoz": "Bo Fox"}
    )
    assert imported("--confirm").code == 0
    new = district.student(NEW)
    assert (shown(ines)["active"], shown(new)["active"]) == (False, True)
    for told in (call("student", "opt-out", new, *AS), call("student", "show", new, *AS)):
        assert f"{ines} has the very name and birth date of {new}" in " ".join(told.out.split())
    assert shown(district.student(HANNAH))["namesakes"] == []
    assert imported().code == 0


def test_a_contact_typed_over_with_somebody_else_is_asked_about(district: District) -> None:
    ines, father = of_an_order(district)
    changed(district, Javier_Muñoz="Peter Novak")
    refused = imported()
    assert (refused.code, f"{father} of {ines}" in refused.err) == (1, True), refused.text
    assert imported("--another", father).code == 0
    people = {name: person for person, name in _guardians(district, ines)}
    peter = people["Peter Novak"]
    # He came when the one of the order went: somebody looks at a paper first.
    assert (peter == father, asks(peter, HALLWAY)) == (False, "deny")
    paper = ("--seen", "driver's licence", "--another-person")
    assert call("student", "guardian", "verify", ines, peter, *paper, *AS).code == 0
    assert asks(peter, HALLWAY) == "redact"
    # A week later the father is there again, on a row of his own.
    path = district.folder / "roster" / "guardians.csv"
    path.write_text(path.read_text("utf-8") + f"{INES},G-77,Javier Muñoz\n", "utf-8")
    assert imported().code == 0
    assert asks(district.guardian("G-77"), HALLWAY) != "allow"
    assert asks(father, HALLWAY) != "allow"


def test_a_parent_with_an_order_who_only_changed_the_name_is_confirmed(district: District) -> None:
    _, father = of_an_order(district)
    changed(district, Javier_Muñoz="Javier Fox")
    assert imported().code == 1
    assert imported("--confirm").code == 0
    assert asks(father, HALLWAY) != "allow"


@pytest.mark.parametrize("old_row_stays", [False, True])
def test_a_child_entered_again_under_another_name_has_the_order_of_before(
    district: District, *, old_row_stays: bool
) -> None:
    ines, father, new = district.student(INES), district.guardian(INES_FATHER), district.student(NEW)
    limit(ines, father)
    folder = district.folder / "roster"
    born = next(line for line in (folder / "students.csv").read_text("utf-8").splitlines() if INES in line).split(",")[
        4
    ]
    if not old_row_stays:
        without(district, INES)
    for name, rows in (
        ("students.csv", f"{NEW},Inés,Fox,,{born},no,10\n"),
        ("guardians.csv", f"{NEW},{INES_MOTHER},Rosa Muñoz\n{NEW},{INES_FATHER},Javier Muñoz\n"),
    ):
        (folder / name).write_text((folder / name).read_text("utf-8") + rows, "utf-8")
    refused = imported()
    assert (refused.code, f"{new} may be {ines}" in refused.err, "court order" in refused.err) == (1, True, True)
    if old_row_stays:
        assert imported("--carry-opt-outs", "--confirm").code == 0
        assert father not in shown(new)["guardians_today"]
    else:
        assert imported("--same", f"{new}={ines}").code == 0
    assert father not in shown(ines)["guardians_today"]
    assert district.guardian(INES_MOTHER) in shown(ines)["guardians_today"]
    assert imported().code == 0
    assert ledger_holds(district.services)


def test_whose_contact_goes_while_a_request_waits_is_named_and_may_be_said_to_be_the_same(district: District) -> None:
    ines, mother = district.student(INES), district.guardian(INES_MOTHER)
    asked = ("--from", f"parent:{mother}", "--purpose", "inspection", "--described", "all pictures of my daughter")
    assert call("request", "add", *asked, "--received", "2026-09-01", "--channel", "telephone", *AS).code == 0
    changed(district, G_2111=NEW_MOTHER, Rosa_Muñoz="Rosa Fox")
    done = imported()
    assert (done.code, f"RQ-000001 waits, and came from {mother}" in done.text) == (0, True), done.text
    assert f"--same {district.guardian(NEW_MOTHER)}={mother}" in " ".join(done.text.split())
    assert mother not in shown(ines)["guardians_today"]
    again = imported("--same", f"{district.guardian(NEW_MOTHER)}={mother}")
    assert (again.code, "RQ-000001" in again.text) == (0, False), again.text
    assert mother in shown(ines)["guardians_today"]
    assert imported("--json").object()["changed"] == 0


def test_changes_of_some_students_ask_about_a_court_order_too(district: District) -> None:
    ines, father, new = district.student(INES), district.guardian(INES_FATHER), district.student(NEW)
    limit(ines, father)
    with district.services.store.reading() as unit:
        before = unit.people.need(ines)
    record = replace(before, id=new, roster_id=NEW, names=("Inés Fox",), guardianships=(), opt_outs=())
    with pytest.raises(InputError, match=f"{new} may be {ines}"):
        choices.import_roster(district.services, RosterImport((record,), whole=False), CUSTODIAN)


def _guardians(district: District, student: str) -> tuple[tuple[str, str], ...]:
    with district.services.store.reading() as unit:
        return unit.people.need(student).named_guardians


@pytest.mark.parametrize(
    "written", ["S-1", "S-000000000001", "S-000000000001=G-000000000001", "S-000000000001=S-000000000001", "a=b"]
)
def test_what_is_no_pair_of_ids_is_refused(district: District, written: str) -> None:
    refused = imported("--same", written)
    assert (refused.code, "--same takes NEW=OLD" in refused.err) == (1, True), refused.text


def test_nobody_is_made_one_with_who_is_not_there(district: District) -> None:
    hannah, ines = district.student(HANNAH), district.student(INES)
    for pair, told in (
        (f"{district.student(NEW)}={ines}", "nobody's id in this roster"),
        (f"{hannah}={ines}", "under the old number, too"),
        (f"{district.guardian(HANNAH_MOTHER)}={district.guardian('G-0')}", "no student on file has or had"),
    ):
        refused = imported("--same", pair)
        assert (refused.code, told in refused.err) == (1, True), refused.text
    refused = imported("--another", district.guardian("G-0"))
    assert (refused.code, "no guardian in this roster" in refused.err) == (1, True)
