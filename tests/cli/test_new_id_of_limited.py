"""A parent whom an order limits comes back by a roster under a new id: the order binds the person (34 CFR 99.4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import INES, INES_MOTHER, TEAM, District
from sqlalchemy import create_engine, text
from use_cases import ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
SEEN = ("--seen", "order of the circuit court")
GUARDIANS = Path("roster/guardians.csv")
OLD, NEW, FATHER = "G-2112", "G-6991", "Javier Muñoz"


@pytest.fixture
def ines(district: District) -> str:
    return district.student(INES)


@pytest.fixture
def before(district: District) -> str:
    """The roster with the father's old id."""
    return GUARDIANS.read_text("utf-8")


def limit(student: str, person: str, *words: str) -> Called:
    paper = () if "whereabouts" in words else revoking()
    return call("student", "guardian", "limit", student, person, *SEEN, *paper, *words, *AS)


def verify(student: str, person: str, *words: str) -> Called:
    return call("student", "guardian", "verify", student, person, "--seen", "a passport", *words, *AS)


def imports(rows: str, *by: str) -> Called:
    GUARDIANS.write_text(rows, "utf-8")
    done = call("roster", "import", "roster", *(by or AS))
    assert done.code == 0, done.text
    return done


def renumbered(rows: str, name: str = FATHER, number: str = NEW) -> str:
    return rows.replace(f"{OLD},{FATHER}", f"{number},{name}")


def added(rows: str, name: str, number: str = NEW) -> str:
    return f"{rows.rstrip()}\n{INES},{number},{name}\n"


def holders(student: str) -> list[str]:
    found: list[str] = call("student", "show", student, *AS, "--json").object()["guardians_today"]
    return found


def asks(person: str, *by: str, key: str = TEAM) -> Any:
    return call("share", key, "--to", f"parent:{person}", "--purpose", "inspection", *(by or AS), "--json").object()


def words_of(called: Called) -> str:
    return " ".join(called.text.split())


def signs(student: str, person: str) -> Called:
    words = ("--purpose", "website", "--signed-on", str(TODAY), "--party", "public", "--proof", "binder 3")
    return call("consent", "add", student, "--signed-by", person, *words, *AS)


# The id of the limited parent has left the roster


@pytest.mark.parametrize(
    "name",
    [
        FATHER,
        "Javier A. Muñoz",
        "J. Muñoz",
        "Munoz, Javier",
        "MUÑOZ JAVIER",
        "Javiér Muñoz",
        "Xavier Muñoz",
        "Javi M.",
        "",
    ],
)
def test_whoever_comes_when_the_limited_id_has_gone_holds_no_rights(
    district: District, ines: str, before: str, name: str
) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    said = imports(renumbered(before, f'"{name}"'))
    new, mother = district.guardian(NEW), district.guardian(INES_MOTHER)
    assert f"'{new}' may be that person under a new id" in words_of(said)
    assert f"student guardian limit {ines} {new} --seen TEXT --file COPY" in words_of(said)
    assert f"student guardian verify {ines} {new} --seen TEXT --another-person" in words_of(said)
    assert holders(ines) == [mother]
    assert call("student", "opt-out", ines, "--by", mother, *AS).code == 0
    refused = call("student", "opt-in", ines, "--why", "a letter", "--by", new, *AS)
    assert (refused.code, "a court order on file limits the rights of" in refused.err) == (1, True)
    assert (signs(ines, new).code, signs(ines, mother).code) == (1, 0)
    assert f"'{new}' may be that person under a new id" in words_of(call("student", "show", ines, *AS))
    doctor = words_of(call("doctor"))
    assert f"{ines}: the records custodian has to say who a guardian of the roster is" in doctor
    assert "order" not in words_of(call("student", "show", ines, *STAFF))
    assert ledger_holds(district.services)


def test_it_stays_so_by_the_same_roster_and_later_ones_and_staff_are_told_nothing_of_an_order(
    district: District, ines: str, before: str
) -> None:
    old, new, mother = (district.guardian(each) for each in (OLD, NEW, INES_MOTHER))
    assert limit(ines, old).code == 0
    staff = words_of(imports(renumbered(before), *STAFF))
    assert (f"{ines}: the records custodian has to say" in staff, "order" in staff, new in staff) == (
        True,
        False,
        False,
    )
    again = call("roster", "import", "roster", *AS, "--json").object()
    assert again["changed"] == 0
    imports(renumbered(before).replace("Rosa Muñoz", "Rosa Muñoz Vega"))
    assert holders(ines) == [mother]
    for by in ((), STAFF):
        assert "may be that person" not in call("student", "show", ines, *by).text
        shown = call("student", "show", ines, *by, "--json").object()
        named = [each for each, _ in shown["guardian_names"]]
        assert (named, shown["guardianships"]) == ([mother, new], [])


def test_a_request_of_the_new_id_is_answered_as_anybodys_and_its_notes_say_how_to_settle_it(
    district: District, ines: str, before: str
) -> None:
    district.upload(TEAM)
    assert limit(ines, district.guardian(OLD)).code == 0
    imports(renumbered(before))
    new = district.guardian(NEW)
    told = asks(new)
    assert "EX2" not in told["basis"].values()
    (note,) = [each for each in told["notes"] if "may be that person under a new id" in each]
    assert f"verify {ines} {new} --seen TEXT --another-person" in note
    assert not asks(new, *STAFF)["notes"]
    refused = call("ledger", "student", ines, "--page", "record.html", "--for", new, *AS)
    assert (refused.code, "a court order limits this guardian's rights" in refused.err) == (1, True)
    letter = ("letter", "write", "opt-out-confirmed", "--opt-out", ines, "--guardian", new, *AS)
    call("student", "opt-out", ines, *AS)
    assert "goes to" in call(*letter).err


def test_it_is_settled_by_one_statement_that_it_is_somebody_else(district: District, ines: str, before: str) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    imports(renumbered(before, "Marta Ruiz"))
    new, mother = district.guardian(NEW), district.guardian(INES_MOTHER)
    refused = verify(ines, new)
    assert (refused.code, "--another-person" in refused.err) == (1, True)
    assert verify(ines, new, "--another-person").code == 0
    assert holders(ines) == [mother, new]
    assert "may be that person" not in call("student", "show", ines, *AS).text
    assert "has to say who" not in call("doctor").text
    assert "may be that person" not in imports(f"{renumbered(before, 'Marta Ruiz')}\n").text
    assert holders(ines) == [mother, new]


def test_it_is_settled_by_one_statement_that_it_is_the_same_person(district: District, ines: str, before: str) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    imports(renumbered(before))
    new, mother = district.guardian(NEW), district.guardian(INES_MOTHER)
    assert limit(ines, new).code == 0
    assert "may be that person" not in call("student", "show", ines, *AS).text
    assert "has to say who" not in call("doctor").text
    assert holders(ines) == [mother]
    # And so on, however often the id changes.
    imports(renumbered(before, "J. M.", "G-7777"))
    assert holders(ines) == [mother]


def test_who_was_on_the_roster_before_keeps_their_rights_and_who_comes_after_the_id_went_is_asked_about(
    district: District, ines: str, before: str
) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    without = before.replace(f"{INES},{OLD},{FATHER}\n", "")
    assert "may be that person" not in imports(without).text
    mother = district.guardian(INES_MOTHER)
    assert holders(ines) == [mother]
    assert "may be that person" in words_of(imports(added(without, "Somebody Else")))
    assert holders(ines) == [mother]


def test_the_old_roster_back_is_as_it_was(district: District, ines: str, before: str) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    imports(renumbered(before))
    assert "may be that person" not in imports(before).text
    assert holders(ines) == [district.guardian(INES_MOTHER)]
    assert "has to say who" not in call("doctor").text
    assert "may be that person" in words_of(imports(renumbered(before, "Quite Otherwise", "G-7777")))


def test_where_no_order_is_on_file_the_same_person_keeps_the_id_and_another_is_a_guardian_as_ever(
    district: District, ines: str, before: str
) -> None:
    imports(renumbered(before))
    assert holders(ines) == [district.guardian(INES_MOTHER), district.guardian(OLD)]
    imports(renumbered(before, "Quite Otherwise", "G-7777"))
    assert holders(ines) == [district.guardian(INES_MOTHER), district.guardian("G-7777")]


def test_the_place_is_kept_from_the_new_id_too(district: District, ines: str, before: str) -> None:
    assert limit(ines, district.guardian(OLD), "--only", "whereabouts").code == 0
    said = words_of(imports(renumbered(before)))
    new = district.guardian(NEW)
    assert f"limit {ines} {new} --seen TEXT --only whereabouts" in said
    district.upload(TEAM)
    assert asks(new)["outcome"] == "refer"
    assert verify(ines, new, "--another-person").code == 0
    assert asks(new)["basis"][ines] == "EX2"


# While the limited id is still on the roster


@pytest.mark.parametrize("name", [FATHER, "J. Muñoz", "Muñoz Javier", "Javier Antonio Muñoz"])
def test_a_second_id_of_a_like_name_beside_the_limited_one_holds_no_rights(
    district: District, ines: str, before: str, name: str
) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    assert "may be that person" in words_of(imports(added(before, name)))
    assert holders(ines) == [district.guardian(INES_MOTHER)]


def test_a_stepmother_beside_the_limited_one_is_not_asked_about(district: District, ines: str, before: str) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    assert "may be that person" not in imports(added(before, "Marta Ruiz")).text
    assert holders(ines) == [district.guardian(INES_MOTHER), district.guardian(NEW)]


def test_who_was_told_apart_when_the_order_was_entered_stays_so(district: District, ines: str, before: str) -> None:
    imports(added(before, "J. Muñoz"))
    old, new = district.guardian(OLD), district.guardian(NEW)
    assert "--other-person" in limit(ines, old).err
    assert limit(ines, old, "--other-person", new).code == 0
    assert holders(ines) == [district.guardian(INES_MOTHER), new]
    assert call("student", "show", ines, *STAFF, "--json").object()["guardianships"] == []
    imports(added(before.replace(f"{INES},{OLD},{FATHER}\n", ""), "J. Muñoz"))
    assert holders(ines) == [district.guardian(INES_MOTHER), new]


# What an earlier version imported


def test_where_nothing_is_kept_of_the_limited_id_every_guardian_is_asked_about(
    district: District, ines: str, before: str
) -> None:
    assert limit(ines, district.guardian(OLD)).code == 0
    imports(renumbered(before))
    mother, new = district.guardian(INES_MOTHER), district.guardian(NEW)
    # An earlier version kept the names of the last roster alone.
    with district.services.store.writing() as unit:
        record = unit.people.need(ines)
        kept = json.dumps([[each, name] for each, name in record.guardian_names if each in record.guardians])
    engine = create_engine(f"sqlite:///{district.folder}/dam-plugin.sqlite3")
    with engine.begin() as connection:
        told = {"kept": kept, "id": ines}
        connection.execute(text("UPDATE students SET guardian_names = :kept WHERE id = :id"), told)
    assert holders(ines) == []
    assert "has to say who" in words_of(call("doctor"))
    assert verify(ines, mother, "--another-person").code == 0
    assert holders(ines) == [mother]
    assert verify(ines, new, "--another-person").code == 0
    assert holders(ines) == [mother, new]
