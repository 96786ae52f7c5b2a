"""What a roster may have that its standard does not: it is told in a note, and refused only where it could do harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from command_line import call
from district import District
from made_exports import Adult, Pupil, clever, sync_1, sync_21
from made_rosters import DEMOGRAPHICS, USERS_11, manifest, table, user, write

from dam_plugin.errors import RosterError
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("k" * 32)
RUTH = PSEUDONYMS.guardian("g1")
FAMILY = (
    user("s1", "student", "Ada", agentSourcedIds="g1"),
    user("s2", "student", "Ben"),
    user("g1", "guardian", "Ruth"),
)
FILES = {
    "manifest.csv": manifest(users="bulk", demographics="bulk"),
    "users.csv": table(USERS_11, FAMILY),
    "demographics.csv": table(DEMOGRAPHICS, [{"sourcedId": "s1", "birthDate": "2013-03-01"}]),
}


def read(folder: Path, files: dict[str, str | bytes]) -> RosterImport:
    return RosterReader(PSEUDONYMS, {}, date(2026, 11, 25)).read(write(folder, files))


def with_users(change: Callable[[str], str | bytes]) -> dict[str, str | bytes]:
    return {**FILES, "users.csv": change(FILES["users.csv"])}


STATUS = "the status is none of OneRoster's: a student stays, and nobody holds rights by such a row"
ROLE = "role is none that we know: neither student nor staff, until `roles` in the mapping says so"
NOTED = {
    "unknown column": (
        with_users(
            lambda text: "\n".join(f"{line},{'41' if n else 'shoe size'}" for n, line in enumerate(text.splitlines()))
        ),
        "users.csv: nothing is read from the column(s) 'shoe size'",
    ),
    "userId": (
        with_users(lambda text: text.replace("userIds", "userId")),
        "users.csv: the column 'userid' was read as userIds",
    ),
    "agents spelt otherwise": (
        with_users(lambda text: text.replace("agentSourcedIds", "agent_sourced_id")),
        "users.csv: the column 'agent_sourced_id' was read as agentSourcedIds",
    ),
    "optional file": (
        {**FILES, "manifest.csv": manifest(users="bulk", demographics="bulk", orgs="bulk")},
        "the manifest says that orgs.csv is there, and it is not",
    ),
    "status": (
        {**FILES, "users.csv": table(USERS_11, (*FAMILY[:1], {**FAMILY[1], "status": "Enabled"}, FAMILY[2]))},
        f"users.csv: {STATUS} (1 row(s): line 3)",
    ),
    "control character": (
        with_users(lambda text: text.replace("Ada", "A\x07da")),
        "users.csv: a control character in givenName was read as a blank (1 row(s): line 2)",
    ),
    "role of nobody's": (
        {**FILES, "users.csv": table(USERS_11, (*FAMILY, user("x", "zookeeper", "Zoe")))},
        f"users.csv: {ROLE} (1 row(s): line 5)",
    ),
}


@pytest.mark.parametrize(("files", "note"), NOTED.values(), ids=NOTED)
def test_what_does_no_harm_is_told_in_a_note(tmp_path: Path, files: dict[str, str | bytes], note: str) -> None:
    roster = read(tmp_path, files)
    assert roster.notes == (note,)
    assert [each.guardians for each in roster.students] == [(RUTH,), ()]


def test_whose_status_is_unknown_holds_no_rights_by_that_row(tmp_path: Path) -> None:
    users = (*FAMILY[:2], {**FAMILY[2], "status": "revoked"})
    roster = read(tmp_path, {**FILES, "users.csv": table(USERS_11, users)})
    assert roster.students[0].guardians == ()
    assert [(each.person, each.why) for each in roster.unlinked] == [
        (RUTH, "the status of the row is none of OneRoster's")
    ]


def test_without_the_column_of_agents_guardians_on_file_stay(tmp_path: Path) -> None:
    rows = [{name: value for name, value in each.items() if name != "agentSourcedIds"} for each in FAMILY]
    header = USERS_11.replace("agentSourcedIds,", "")
    assert not read(tmp_path, {**FILES, "users.csv": table(header, rows)}).tells_guardians


def refusal(folder: Path, files: dict[str, str | bytes]) -> str:
    with pytest.raises(RosterError) as caught:
        read(folder, files)
    return str(caught.value)


def test_a_control_character_within_an_id_is_refused(tmp_path: Path) -> None:
    assert "sourcedId holds control characters" in refusal(
        tmp_path, with_users(lambda text: text.replace("\ns1", "\ns\x071"))
    )


PUPILS = (Pupil("1001", "Ada", "Quill", beside=(("p1", "parent"),)),)
ADULTS = (Adult("p1", "Ruth", "Quill"),)


@pytest.mark.parametrize("make", [sync_1, sync_21, clever])
def test_a_control_character_in_a_name_is_a_blank_in_every_format(
    tmp_path: Path, make: Callable[..., dict[str, str]]
) -> None:
    files = {name: text.replace("Ada", "Ada\x0bMay") for name, text in make(PUPILS, ADULTS).items()}
    roster = read(tmp_path, dict(files))
    assert roster.students[0].names == ("Ada May Quill",)
    assert sum("a control character in" in note for note in roster.notes) == 1


# Text as Excel writes it

NAMES = ("José Nuñez", "Zoë O\u2019Brien", "MARÍA PEÑA")
ENCODINGS = {
    "UTF-8": ("utf-8", ""),
    "with a mark": ("utf-8-sig", ""),
    "UTF-16": ("utf-16", "is UTF-16"),
    "Windows": ("cp1252", "Windows-1252"),
    "Mac": ("mac_roman", "Mac Roman"),
}


@pytest.mark.parametrize(("encoding", "note"), ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_names_are_read_as_excel_wrote_them(
    tmp_path: Path, encoding: str, note: str, ends: str, delimiter: str
) -> None:
    lines = ["student_id,given_name", *(f"{n},{name}" for n, name in enumerate(NAMES, 1))]
    text = ends.join(line.replace(",", delimiter) for line in lines) + ends
    roster = read(tmp_path, {"students.csv": text.encode(encoding)})
    assert tuple(each.names[0] for each in roster.students) == NAMES
    assert [note in each for each in roster.notes] == ([True] if note else [])
    assert not any(part in each for each in roster.notes for part in ("Jos", "Zo", "MAR"))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("GARCÍA", "cp1252"), ("Иванов", "cp1251"), ("Łukasz", "cp1250"), ("田中", "shift_jis"), ("Ad\x81", "latin-1")],
)
def test_text_that_could_be_several_is_refused_with_the_remedy(tmp_path: Path, name: str, encoding: str) -> None:
    told = refusal(tmp_path, {"students.csv": f"student_id,given_name\n1,{name}\n".encode(encoding)})
    assert told.startswith("students.csv:2: is not UTF-8 text, and no code page is sure: save the file as CSV UTF-8")
    assert name not in told


# Changes and their age


def test_a_delta_older_than_the_last_whole_roster_is_to_be_confirmed(district: District, tmp_path: Path) -> None:
    for day, is_refused in (("2020-01-15T08:00:00.000Z", True), ("2099-01-15T08:00:00.000Z", False)):
        row = user("104230", "student", "Caleb", "Brandt", status="active", dateLastModified=day)
        files = {"manifest.csv": manifest(users="delta"), "users.csv": table(USERS_11, [row])}
        source = write(tmp_path / day[:4], dict(files))
        ended = call("roster", "import", str(source), "--dry-run")
        assert ("its newest change is of 2020-01-15" in " ".join(ended.text.split())) is is_refused
        assert (call("roster", "import", str(source)).code != 0) is is_refused
    assert call("roster", "import", str(tmp_path / "2020"), "--confirm").code == 0


def test_that_many_guardians_would_go_is_to_be_confirmed(district: District, tmp_path: Path) -> None:
    source = tmp_path / "roster"
    text = (source / "guardians.csv").read_text()
    (source / "guardians.csv").write_text("\n".join(text.splitlines()[:3]) + "\n")
    ended = call("roster", "import", str(source), "--sample-dates")
    assert "guardians would not be linked any more, which is more than a tenth" in " ".join(ended.text.split())
    assert ended.code != 0
