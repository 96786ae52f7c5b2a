"""`roster import` from every kind of source, its dry run, what must be confirmed; `consent import`; the roster's age."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from command_line import call
from databases import run_sql
from district import HANNAH, INES, INES_MOTHER, District
from made_rosters import USERS_11, manifest, of_a_district, table, user, write, zipped

from dam_plugin.cli import people
from dam_plugin.model import Consent, StudentRecord


def students(district: District) -> Path:
    return district.folder / "roster" / "students.csv"


def shortened(district: District, by: int) -> None:
    """Take the last students out of the roster, and what it tells of them."""
    lines = students(district).read_text(encoding="utf-8").splitlines()
    gone = {line.split(",")[0] for line in lines[-by:]}
    for path in (district.folder / "roster").glob("*.csv"):
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if line.split(",")[0] not in gone]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def test_a_drop_of_more_than_a_tenth_is_refused_until_it_is_confirmed(district: District) -> None:
    shortened(district, 2)
    refused = call("roster", "import", "roster")
    assert (refused.code, refused.out) == (1, "")
    assert "2 of 13 students would leave, which is more than a tenth" in refused.err
    assert "--confirm" in refused.err
    told = call("roster", "import", "roster", "--dry-run")
    assert "to be confirmed with --confirm: 2 of 13 students would leave" in told.out
    assert call("roster", "import", "roster", "--confirm", "--json").object()["left"] == 2
    assert call("roster", "import", "roster", "--json").object()["left"] == 0


def test_a_roster_whose_opt_outs_have_gone_is_refused(district: District) -> None:
    (district.folder / "roster" / "opt_outs.csv").unlink()
    refused = call("roster", "import", "roster")
    assert "opt-outs that were imported before are not in it any more" in refused.err
    assert call("roster", "import", "roster", "--confirm").code == 0
    opt_outs = call("student", "show", district.student(HANNAH), "--json").object()["opt_outs"]
    assert [each["ended"] for each in opt_outs] == [None]


def test_a_number_given_to_another_person_is_refused(district: District) -> None:
    text = students(district).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(INES))
    students(district).write_text(text.replace(row, f"{INES},Zelda,Secret,,2009-01-01,no,10"), encoding="utf-8")
    refused = call("roster", "import", "roster")
    assert "1 student number(s) have another name and another birth date" in refused.err
    assert "Zelda" not in refused.err
    assert call("roster", "import", "roster", "--confirm", "--json").object()["changed"] == 1


def test_a_dry_run_shows_people_and_names_only_when_asked(district: District) -> None:
    students(district).write_text(
        students(district).read_text("utf-8").replace("Lindqvist", "=Lind|\x1bqvist"), "utf-8"
    )
    shown = call("roster", "import", "roster", "--dry-run", "--names")
    assert (shown.code, "\x1b[" in shown.text, "\x1bq" in shown.text) == (0, False, False)
    students(district).write_text(students(district).read_text("utf-8").replace("\x1b", ""), "utf-8")
    out = call("roster", "import", "roster", "--dry-run").out
    assert district.student(HANNAH) in out
    assert "names" in out
    assert "Lind" not in out
    assert "=Lind|qvist" in call("roster", "import", "roster", "--dry-run", "--names").out
    (only,) = call("roster", "import", "roster", "--dry-run", "--json").object()["students"]
    assert only == {"id": district.student(HANNAH), "what": "changed", "fields": ["names", "former names"]}
    (named,) = call("roster", "import", "roster", "--dry-run", "--json", "--names").object()["students"]
    assert named["name"] == "Hannah =Lind|qvist"


def test_a_long_table_is_cut_and_json_has_all(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_STUDENTS", 2)
    zipped(district.folder / "export.zip", of_a_district(6))
    assert "and 17 more: --json has them all" in call("roster", "import", "export.zip", "--dry-run").out
    assert len(call("roster", "import", "export.zip", "--dry-run", "--json").object()["students"]) == 19


def test_a_oneroster_zip_is_imported_and_again_with_no_change(district: District) -> None:
    zipped(district.folder / "export.zip", of_a_district(40))
    first = call("roster", "import", "export.zip", "--confirm", "--json").object()
    assert (first["added"], first["left"]) == (40, 13)
    again = call("roster", "import", "export.zip", "--json").object()
    assert (again["added"], again["changed"], again["unchanged"], again["left"]) == (0, 0, 40, 0)


def test_a_bad_row_is_named_and_nothing_is_half_imported(district: District) -> None:
    files = of_a_district(5)
    files["users.csv"] += "s9,,,,,student\n"
    zipped(district.folder / "export.zip", files)
    ended = call("roster", "import", "export.zip", "--confirm")
    assert (ended.code, ended.out) == (1, "")
    assert "users.csv:13: has 6 cells where the header has 18" in ended.err
    assert call("student", "find", "Given", "--json").objects() == []


def test_a_bomb_is_an_error_and_no_roster(district: District) -> None:
    with zipfile.ZipFile(district.folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", b"0" * 20_000_000)
    ended = call("roster", "import", "bomb.zip")
    assert (ended.code, "bomb.zip: would unpack to more than" in ended.err) == (1, True)


MAPPING = """
students: {student_id: Nr, name: Name, born: {column: Born, format: MM/DD/YYYY}}
opt_outs:
  file: out.csv
  student_id: Nr
  not_listed: permitted
  columns:
    - {column: Release, opted_out: [N], permitted: [Y], purposes: [website]}
"""


def test_a_mapped_csv_gives_opt_outs_that_outlive_leaving_and_end_by_another_answer(district: District) -> None:
    (district.folder / "map.yaml").write_text(MAPPING)
    plain, out = district.folder / "plain.csv", district.folder / "out.csv"
    both = 'Nr,Name,Born\n7001,"Poe, Cy",02/03/2012\n7002,Di Roe,\n'
    plain.write_text(both)
    out.write_text("Nr,Release\n7001,N\n7002,what\n")
    arguments = ("roster", "import", "plain.csv", "--mapping", "map.yaml", "--confirm", "--json")
    first = call(*arguments).object()
    assert (first["added"], first["opt_outs"]) == (2, 2)
    assert "column 'Release' has an answer that the mapping does not name" in first["notes"][0]
    cy = district.student("7001")
    plain.write_text(both.replace('7001,"Poe, Cy",02/03/2012\n', ""))
    out.write_text("Nr,Release\n7002,Y\n")
    second = call(*arguments).object()
    assert (second["left"], second["ended"]) == (1, 1)
    shown = call("student", "show", cy, "--json").object()
    assert (shown["active"], [each["ended"] for each in shown["opt_outs"]]) == (False, [None])
    plain.write_text(both)
    call(*arguments)
    shown = call("student", "show", cy, "--json").object()
    assert (shown["active"], [each["ended"] for each in shown["opt_outs"]]) == (True, [None])


LOST = {
    "finds nobody": ("07001,N\n", "out.csv: 1 row(s) opt out and are about nobody"),
    "no row": ("", "out.csv: has no row"),
}


@pytest.mark.parametrize(("rows", "told"), LOST.values(), ids=LOST)
def test_opt_outs_that_would_be_lost_are_refused_until_confirmed(district: District, rows: str, told: str) -> None:
    (district.folder / "map.yaml").write_text(MAPPING)
    everyone = [f"{each.roster_id},{each.names[0]},\n" for each in known_students(district)]
    (district.folder / "plain.csv").write_text("Nr,Name,Born\n" + "".join(everyone) + "7001,Cy Poe,\n")
    (district.folder / "out.csv").write_text(f"Nr,Release\n{rows}")
    arguments = ("roster", "import", "plain.csv", "--mapping", "map.yaml")
    refused = call(*arguments)
    assert (refused.code, refused.out) == (1, "")
    assert told in refused.err
    assert told in call(*arguments, "--dry-run").out.replace("\n", " ")
    assert call(*arguments, "--confirm").code == 0


@pytest.mark.parametrize("option", ["--dry-run", "--confirm"])
def test_a_mapping_with_a_purpose_that_is_none_of_the_districts_is_told_with_its_place(
    district: District, option: str
) -> None:
    (district.folder / "map.yaml").write_text(MAPPING.replace("website", "webste"))
    ended = call("roster", "import", "plain.csv", "--mapping", "map.yaml", option)
    assert (ended.code, ended.out) == (1, "")
    place = "map.yaml:8:68: opt_outs.columns[0].purposes[0]: "
    assert f"{place}is not a purpose of this district; did you mean 'website'?" in ended.err


def known_students(district: District) -> list[StudentRecord]:
    with district.services.store.reading() as unit:
        return unit.people.students()


def test_a_mapping_with_mistakes_is_told_with_places(district: District) -> None:
    (district.folder / "map.yaml").write_text(MAPPING.replace("opted_out", "optedout").replace("MM/DD/YYYY", "US"))
    ended = call("roster", "import", "plain.csv", "--mapping", "map.yaml")
    assert ended.code == 1
    assert "map.yaml:2:" in ended.err
    assert "map.yaml:8:25: opt_outs.columns[0].optedout: is not known here; did you mean 'opted_out'?" in ended.err


def test_an_index_tells_whose_portraits_images_are(district: District) -> None:
    volume = district.folder / "VOL1"
    volume.mkdir()
    (volume / "INDEX.TXT").write_text("VOL1\tPHOTOS\t0417.JPG\t\tLindqvist\tHannah\t12\n")
    ended = call("roster", "import", "VOL1")
    assert (ended.code, ended.err) == (0, "")
    assert "portraits that were told to be somebody's: 1" in ended.out
    with district.services.store.reading() as unit:
        assert unit.people.pictured_in("portraits/VOL1/PHOTOS/0417.jpg") == district.student(HANNAH)


def test_doctor_raises_the_alarm_for_an_old_roster(district: District) -> None:
    def roster() -> tuple[str, str]:
        (found,) = [each for each in call("doctor", "--json").objects() if each["check"] == "roster"]
        return found["state"], found["detail"]

    assert roster()[0] == "ok"
    run_sql(district.services.store, "UPDATE roster_imports SET at = '2020-01-01 00:00:00.000000'")
    assert roster()[0] == "failed"
    assert "last imported on 2020-01-01 from" in roster()[1]
    assert "directory shares are referred" in roster()[1]


CONSENTS = "student_id,signed_by,signed_on,signature,purpose,parties,proof,revoked_on\n"


def test_consents_are_imported_with_what_proves_them_and_revoked(district: District) -> None:
    file = district.folder / "signed.csv"
    file.write_text(f"{CONSENTS}{INES},{INES_MOTHER},2026-09-01,ink,website,public,folder 7,\n")
    told = call("consent", "import", "signed.csv", "--json").object()
    assert (told["consents"], told["closed"]) == (1, [])
    assert call("consent", "import", "signed.csv").out.startswith("0 consent(s) recorded or revoked")
    file.write_text(f"{CONSENTS}{INES},{INES_MOTHER},2026-09-01,ink,website,public,folder 7,2026-10-01\n")
    assert call("consent", "import", "signed.csv", "--json").object()["consents"] == 1
    consents = call("student", "show", district.student(INES), "--json").object()["consents"]
    assert [each["revoked_on"] for each in consents if each["signed_on"] == "2026-09-01"] == ["2026-10-01"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"{INES},G-STRANGER,2026-09-01,ink,website,public,folder 7,", "no guardian with rights"),
        (f"{INES},{INES_MOTHER},2026-09-01,ink,website,public,folder 7,2026-08-31", "it was revoked on 2026-08-31"),
        (f"{INES},{INES_MOTHER},2099-09-01,ink,website,public,folder 7,", "still to come"),
    ],
)
def test_a_file_with_a_consent_that_can_never_count_is_refused_as_a_whole(
    district: District, row: str, told: str
) -> None:
    good = f"{INES},{INES_MOTHER},2026-09-01,ink,news,public,folder 7,\n"
    (district.folder / "signed.csv").write_text(f"{CONSENTS}{good}{row}\n")
    before = call("student", "show", district.student(INES), "--json").object()["consents"]
    ended = call("consent", "import", "signed.csv")
    assert (ended.code, told in ended.err) == (1, True), ended.err
    assert INES_MOTHER not in ended.err
    assert call("student", "show", district.student(INES), "--json").object()["consents"] == before


def test_what_is_on_file_is_revoked_though_its_signer_is_no_guardian_any_more(district: District) -> None:
    consent = Consent(district.student(INES), "G-GONE", date(2026, 9, 1), "ink", purpose="website", parties=("public",))
    gone = district.services.pseudonyms.guardian("G-GONE")
    with district.services.store.writing() as unit:
        unit.people.add_consent(replace(consent, signed_by=gone), None, district.services.now())
    row = f"{INES},G-GONE,2026-09-01,ink,website,public,,2026-09-01\n"
    (district.folder / "signed.csv").write_text(f"{CONSENTS}{row}")
    assert call("consent", "import", "signed.csv", "--json").object()["consents"] == 1


def test_a_consent_of_nobody_on_the_roster_is_named_with_its_line(district: District) -> None:
    (district.folder / "signed.csv").write_text(f"{CONSENTS}999,G,2026-09-01,ink,website,public,,\n")
    ended = call("consent", "import", "signed.csv")
    assert (ended.code, "signed.csv:2: is about a student who is not on the roster" in ended.err) == (1, True)


def test_a_user_who_has_no_role_stops_the_import(district: District) -> None:
    users = table(USERS_11, [user("s1", "student", "Ada"), user("s2", "", "Ben")])
    zipped(district.folder / "export.zip", {"manifest.csv": manifest(users="bulk"), "users.csv": users})
    assert "users.csv:3: has no role" in call("roster", "import", "export.zip", "--confirm").err


def of_changes(district: District, *rows: dict[str, str]) -> str:
    files = {"manifest.csv": manifest(users="delta"), "users.csv": table(USERS_11, rows)}
    return str(zipped(district.folder / "changes.zip", files))


def test_changes_by_another_key_are_refused(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = of_changes(district, user(HANNAH, "student", "Hannah", status="active"))
    monkeypatch.setenv("DAM_PLUGIN_PSEUDONYM_KEY", "another key, by which every pseudonym differs")
    refused = call("roster", "import", changes)
    assert (refused.code, "is not the key this roster was imported with before" in refused.err) == (1, True)


def test_changes_with_a_new_student_who_may_be_one_that_left_and_said_no_wait_for_a_person(district: District) -> None:
    record = district.student(HANNAH)
    names = call("student", "show", record, "--json").object()["names"][0].split()
    assert (
        call(
            "roster", "import", of_changes(district, user(HANNAH, "student", names[0], names[-1], status="tobedeleted"))
        ).code
        == 0
    )
    again = of_changes(district, user("900001", "student", names[0], names[-1], status="active"))
    assert "may be somebody who left and whose family said no" in call("roster", "import", again).err
    carried = call("roster", "import", again, "--carry-opt-outs", "--json").object()
    assert carried["added"] == 1
    assert call("student", "show", district.student("900001"), "--json").object()["opt_outs"]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-16", "utf-8-sig"])
def test_what_excel_saved_on_windows_and_on_a_mac_is_imported(district: District, encoding: str) -> None:
    names = ("José Ñandú", "Zoë Quill", "André Roe")
    rows = "".join(f"90{number},{name.replace(' ', ',')}\n" for number, name in enumerate(names))
    write(district.folder / "saved", {"students.csv": f"student_id,given_name,family_name\n{rows}".encode(encoding)})
    assert call("roster", "import", "saved", "--confirm", "--json").object()["added"] == len(names)
    assert [call("student", "find", name, "--json").object()["names"] for name in names] == [[name] for name in names]


def test_an_opt_out_of_nobody_on_the_roster_is_named_with_its_line(district: District) -> None:
    files = {"students.csv": "student_id,given_name\n1,Ada\n", "opt_outs.csv": "student_id,since\n99,2026-08-20\n"}
    write(district.folder / "saved", files)
    refused = call("roster", "import", "saved")
    assert (refused.code, "opt_outs.csv:2: is about a student who is not in students.csv" in refused.err) == (1, True)
