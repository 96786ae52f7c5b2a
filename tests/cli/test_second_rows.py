"""An import asks about a student who may be another one on the roster, whose family said no: a child who is entered twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clock import TODAY
from command_line import call
from district import District
from made_rosters import DEMOGRAPHICS, USERS_11, manifest, table, user, zipped
from roster_rows import AS, ASKED, BASE, BODIL, GRETA, HUGO, LEFT, LIV, RUNA, SIGNE, TOR, TWICE, Row, imported

from dam_plugin.custodian.choices import opt_out
from dam_plugin.model import Actor, OptOut


@pytest.fixture
def on_file(district: District) -> District:
    assert imported(district, BASE, "--confirm").code == 0
    return district


def opt_outs(district: District, number: str) -> list[object]:
    """Return the opt-outs on file; empty where there is no such student."""
    with district.services.store.reading() as unit:
        record = unit.people.student(district.student(number))
    return [] if record is None else [*record.opt_outs]


def is_on_file(district: District, number: str) -> bool:
    with district.services.store.reading() as unit:
        return unit.people.student(district.student(number)) is not None


SECOND_ROWS = {
    "spelt otherwise, same birth date and guardians": (TWICE, RUNA),
    "the same name, birth date and guardian": (replace(BODIL, number="206002", opted_out=False), BODIL),
    "a birth date off by a digit": (replace(RUNA, number="206006", born="2010-08-09", opted_out=False), RUNA),
    "day and month the other way round": (replace(BODIL, number="206002", born="2011-03-12"), BODIL),
    "the same guardian and a short form": (replace(SIGNE, number="206001", born="", opted_out=False), SIGNE),
    "the same guardian's name under another id": (
        replace(BODIL, number="206002", guardians=(("G-9", "Lars Iversen"),)),
        BODIL,
    ),
    "no guardian, the same birth date and nearly the name": (replace(TWICE, guardians=()), RUNA),
    "the same guardian and another family name": (
        replace(RUNA, number="206006", family="Lund", born="2009-01-30"),
        RUNA,
    ),
}


@pytest.mark.parametrize(("second", "first"), SECOND_ROWS.values(), ids=SECOND_ROWS)
def test_a_second_row_of_a_child_whose_family_said_no_is_asked_about(
    on_file: District, second: Row, first: Row
) -> None:
    second = replace(second, opted_out=False)
    refused = imported(on_file, (*BASE, second))
    assert (refused.code, ASKED in refused.err, "--carry-opt-outs" in refused.err) == (1, True, True), refused.text
    assert f"{on_file.student(second.number)} may be {on_file.student(first.number)}" in refused.err
    assert first.family not in refused.err
    assert not is_on_file(on_file, second.number)
    (told,) = imported(on_file, (*BASE, second), "--dry-run", "--json").object()["to_confirm"]
    assert ASKED in told


def test_the_no_is_carried_to_the_second_row(on_file: District) -> None:
    assert imported(on_file, (*BASE, TWICE), "--carry-opt-outs").code == 0
    assert opt_outs(on_file, "206006") == opt_outs(on_file, "106006") != []
    again = imported(on_file, (*BASE, TWICE), "--json")
    assert (again.code, again.object()["unchanged"]) == (0, len(BASE) + 1), again.text


def test_a_protected_child_in_a_second_row_is_asked_about_in_the_same_words(on_file: District) -> None:
    hugo = on_file.student(HUGO.number)
    protected = call("student", "protect", hugo, "--kind", "other", "--seen", "a paper", *AS)
    assert protected.code == 0, protected.text
    refused = imported(on_file, (*BASE, replace(HUGO, number="206004", given="Hugó")))
    assert (refused.code, ASKED in refused.err) == (1, True), refused.text


def test_a_new_number_with_a_birth_date_off_by_a_digit_is_asked_about(on_file: District) -> None:
    renumbered = replace(SIGNE, number="206001", born="2011-03-15", opted_out=False)
    rows = (*(each for each in BASE if each is not SIGNE), renumbered)
    refused = imported(on_file, rows)
    assert (refused.code, LEFT in refused.err) == (1, True), refused.text
    # Her line in the file of opt-outs is gone with her number.
    assert imported(on_file, rows, "--carry-opt-outs", "--confirm").code == 0
    assert opt_outs(on_file, "206001")


def swapped(first: Row, second: Row) -> tuple[Row, ...]:
    """Return the roster with two students under each other's numbers; the file of opt-outs has the numbers of before."""
    others = tuple(each for each in BASE if each.number not in (first.number, second.number))
    return (
        *others,
        replace(second, number=first.number, opted_out=first.opted_out),
        replace(first, number=second.number, opted_out=second.opted_out),
    )


def test_of_numbers_that_changed_places_it_is_said_whose_no_stays_and_how_it_is_moved(on_file: District) -> None:
    rows, greta, hugo = swapped(GRETA, HUGO), on_file.student(GRETA.number), on_file.student(HUGO.number)
    refused = imported(on_file, rows)
    assert refused.code == 1
    for said in (
        "2 student number(s) have another name and another birth date",
        f"1 of them opted out, protected or with a court order: {greta}. The no stays with the number",
        f"{hugo} may be {greta}",
        "dam-plugin student opt-in",
    ):
        assert said in refused.err, refused.text
    assert imported(on_file, rows, "--carry-opt-outs", "--confirm").code == 0
    assert opt_outs(on_file, HUGO.number)
    assert opt_outs(on_file, GRETA.number)
    assert imported(on_file, rows).code == 0


def test_of_numbers_that_are_anothers_it_is_said_that_nobody_said_no(on_file: District) -> None:
    other = replace(HUGO, given="Zelda", family="Secret", born="2012-07-30", guardians=())
    refused = imported(on_file, tuple(other if each is HUGO else each for each in BASE))
    assert "another person's (none of them is opted out, protected or has a court order)" in refused.err


ODIN = Row("206007", "Odin", "Oxenberg", "2010-08-08", (TOR, LIV))


def test_twins_are_asked_about_once(on_file: District) -> None:
    refused = imported(on_file, (*BASE, ODIN))
    assert (refused.code, ASKED in refused.err, "twins" in refused.err) == (1, True, True)
    assert imported(on_file, (*BASE, ODIN), "--confirm").code == 0
    assert opt_outs(on_file, ODIN.number) == []
    for now in (ODIN, replace(ODIN, given="Odin Lars"), replace(ODIN, guardians=(TOR,))):
        again = imported(on_file, (*BASE, now))
        assert again.code == 0, again.text


def test_twins_whose_names_change_places_are_asked_about(on_file: District) -> None:
    assert imported(on_file, (*BASE, ODIN), "--confirm").code == 0
    rows = (*BASE[1:], replace(RUNA, given="Odin"), replace(ODIN, given="Runa"))
    refused = imported(on_file, rows)
    assert (refused.code, f"{on_file.student(ODIN.number)} may be {on_file.student(RUNA.number)}" in refused.err) == (
        1,
        True,
    )


SIBLINGS = {
    "another year": replace(ODIN, born="2012-01-30"),
    "the same day of another year": replace(ODIN, born="2012-08-08"),
    "nearly the short name": replace(ODIN, given="Rune", born="2012-01-30"),
    "a double family name": replace(ODIN, family="Oxenberg Lund", born="2012-01-30"),
    "opted out, too, as a twin": replace(ODIN, opted_out=True),
    "a stranger of the same birth date": replace(ODIN, family="Lund", guardians=()),
    "a namesake of another birth date": replace(
        RUNA, number="206007", born="2012-08-08", guardians=(), opted_out=False
    ),
}


@pytest.mark.parametrize("other", SIBLINGS.values(), ids=SIBLINGS)
def test_siblings_and_strangers_are_not_asked_about(on_file: District, other: Row) -> None:
    done = imported(on_file, (*BASE, other))
    assert done.code == 0, done.text


def test_a_student_of_another_row_who_is_corrected_into_the_child_is_asked_about(on_file: District) -> None:
    stranger = Row("206006", "Ruth", "Lund", "2013-01-30")
    assert imported(on_file, (*BASE, stranger)).code == 0
    refused = imported(on_file, (*BASE, replace(TWICE, given="Ruth", family="Lund")))
    assert (refused.code, ASKED in refused.err) == (1, True), refused.text


def test_two_rows_that_come_together_are_asked_about(district: District) -> None:
    refused = imported(district, (*BASE, TWICE))
    assert (refused.code, ASKED in refused.err) == (1, True), refused.text


def test_a_delta_that_adds_the_second_row_is_asked_about(district: District) -> None:
    files = {
        "manifest.csv": manifest(users="delta", demographics="delta"),
        "users.csv": table(USERS_11, [user("106006", "student", "Runa", "Oxenberg", status="active")]),
        "demographics.csv": table(
            DEMOGRAPHICS, [{"sourcedId": "106006", "status": "active", "birthDate": "2010-08-08"}]
        ),
    }
    assert call("roster", "import", str(zipped(district.folder / "one.zip", files)), *AS).code == 0
    opt_out(district.services, district.student("106006"), OptOut(TODAY), Actor("custodian", "x"))
    files = {name: text.replace("106006", "206006").replace("Runa", "Rúna") for name, text in files.items()}
    refused = call("roster", "import", str(zipped(district.folder / "two.zip", files)), *AS)
    assert (refused.code, ASKED in refused.err) == (1, True), refused.text
