"""Who comes in a roster under another number, and is on file: pure, with records made by hand and drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import Actor, Consent, Guardianship, StudentRecord
from dam_plugin.people.renumbered import given_anew, guardians_anew, only_pairs, returned, typed_over, with_ids
from dam_plugin.people.roster import RosterImport

BORN, DAY = date(2012, 3, 4), date(2026, 10, 5)
MOTHER = (("G-1", "Rosa Quill"),)


def student(number: str, name: str = "Ada Quill", **more: object) -> StudentRecord:
    told = {"born": BORN, "guardians": ("G-1",), "guardian_names": MOTHER, **more}
    return StudentRecord(f"S-{number}", number, (name,), **told)  # type: ignore[arg-type]  # each fits its field


def came(*records: StudentRecord, **more: object) -> RosterImport:
    return RosterImport(records, **more)  # type: ignore[arg-type]  # each fits its field


NOBODY = {"guardians": (), "guardian_names": ()}
OTHERS = {"guardians": ("G-9",), "guardian_names": (("G-9", "Bo Fox"),)}
SAME_NAME = {"guardians": ("G-9",), "guardian_names": (("G-9", "Quill, Rosa"),)}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, "same"),
        ({}, SAME_NAME, "same"),
        (NOBODY, NOBODY, "same"),
        ({"born": None}, {}, "same"),
        ({}, OTHERS, "unsure"),
        ({}, NOBODY, "unsure"),
        (NOBODY, {}, "unsure"),
        ({"born": None}, OTHERS, "nobody"),
        ({"born": None, **NOBODY}, {"born": None, **NOBODY}, "nobody"),
        ({}, {"born": date(2013, 3, 4)}, "nobody"),
        ({}, {"name": "Eva Quill"}, "nobody"),
        ({"former_names": ("Ada Fox",)}, {"name": "Ada Fox"}, "same"),
        ({"name": "Ada"}, {"name": "Ada"}, "nobody"),
    ],
)
@pytest.mark.parametrize("is_active", [True, False])
def test_who_left_is_known_again_by_name_day_and_guardian(
    before: dict[str, object], now: dict[str, object], expected: str, *, is_active: bool
) -> None:
    old, new = student("1", **before, active=is_active), student("2", **now)  # type: ignore[arg-type]  # as above
    found = returned({old.id: old}, came(new))
    told = {"same": ({new.id: old.id}, ()), "unsure": ({}, ((new.id, old.id),)), "nobody": ({}, ())}
    assert (found.same, found.unsure) == told[expected]


def test_who_is_still_there_is_nobody_who_left() -> None:
    old, new = student("1"), student("2")
    assert returned({old.id: old}, came(old, new)) == returned({}, came(new))
    # Changes tell who left; who is not among them stays.
    assert returned({old.id: old}, came(new, whole=False)).same == {}
    assert returned({old.id: old}, came(new, whole=False, gone=(old.id,))).same == {new.id: old.id}


def test_where_two_may_be_meant_nobody_is() -> None:
    one, two, new = student("1"), student("2"), student("3")
    assert returned({each.id: each for each in (one, two)}, came(new)).same == {}
    assert returned({one.id: one}, came(two, new)).same == {}


def test_a_number_that_somebody_else_has_now_is_found() -> None:
    moved = replace(student("1"), roster_id="7")
    # By its number the new child has the id of the one who moved to another number.
    other = StudentRecord(moved.id, "1", ("Zelda Sommer",), born=date(2014, 1, 2))
    assert list(given_anew({moved.id: moved}, came(other))) == ["1"]
    assert list(given_anew({moved.id: moved}, came(moved, replace(moved, roster_id="1")))) == ["1"]
    assert given_anew({moved.id: moved}, came(replace(moved, roster_id="1"))) == {}


@pytest.mark.parametrize(
    ("guardians", "names", "expected"),
    [
        (("G-2",), (("G-2", "Rosa Quill"),), {"G-2": "G-1"}),
        (("G-2",), (("G-2", "Quill, Rosa"),), {"G-2": "G-1"}),
        (("G-2",), (("G-2", "Rosa Fox"),), {}),
        (("G-2",), (("G-2", "Rosa"),), {}),
        (("G-1", "G-2"), (("G-1", "Rosa Quill"), ("G-2", "Rosa Quill")), {}),
        (("G-2", "G-3"), (("G-2", "Rosa Quill"), ("G-3", "Rosa Quill")), {}),
    ],
)
def test_a_guardian_is_known_again_by_student_and_whole_name(
    guardians: tuple[str, ...], names: tuple[tuple[str, str], ...], expected: dict[str, str]
) -> None:
    old = student("1")
    new = replace(old, guardians=guardians, guardian_names=names)
    assert guardians_anew({old.id: old}, [new], lambda _: ()) == expected
    assert guardians_anew({old.id: old}, [new], lambda asked: asked) == {}


@pytest.mark.parametrize(("ended", "asks"), [(None, True), (DAY, False)])
def test_a_contact_with_something_stated_is_asked_about_under_another_name(*, ended: date | None, asks: bool) -> None:
    said = Guardianship("S-1", "G-1", "limited", date(2026, 1, 1), "an order", Actor("custodian", "c"), ended=ended)
    old = student("1", guardianships=(said,))
    same, other = (
        replace(old, guardian_names=(("G-1", "Quill, Rosa"),)),
        replace(old, guardian_names=(("G-1", "B Fox"),)),
    )
    assert typed_over({old.id: old}, [same], DAY) == {}
    assert typed_over({old.id: old}, [other], DAY) == ({"G-1": "S-1"} if asks else {})
    assert typed_over({old.id: replace(old, guardianships=())}, [other], DAY) == {}


IDS = st.dictionaries(st.sampled_from(["S-2", "S-3", "G-2", "G-3"]), st.sampled_from(["S-1", "G-1"]))


@given(IDS)
def test_a_roster_names_everybody_by_the_id_on_file(ids: dict[str, str]) -> None:
    ids = {new: old for new, old in ids.items() if new[0] == old[0]}
    record = student("2", guardians=("G-2", "G-3"), guardian_names=(("G-2", "A B"), ("G-3", "C D")))
    roster = came(
        record,
        consents=(Consent("S-2", signed_by="G-2"), Consent("S-3", signed_by=None)),
        gone=("S-3",),
        settled=("S-2",),
        answered={"S-2": DAY},
    )
    now = with_ids(roster, ids)
    (told,) = now.students
    assert told.id == ids.get("S-2", "S-2")
    assert told.guardians == tuple(dict.fromkeys(ids.get(each, each) for each in ("G-2", "G-3")))
    assert {each for each, _ in told.guardian_names} == set(told.guardians)
    assert [(each.student, each.signed_by) for each in now.consents] == [
        (ids.get("S-2", "S-2"), ids.get("G-2", "G-2")),
        (ids.get("S-3", "S-3"), None),
    ]
    assert (now.gone, now.settled) == ((ids.get("S-3", "S-3"),), (ids.get("S-2", "S-2"),))
    assert set(now.answered) == {ids.get("S-2", "S-2")}
    assert with_ids(now, ids) == now


def test_only_pairs_without_a_doubt_are_left() -> None:
    assert list(only_pairs([("a", "x"), ("b", "y"), ("c", "y"), ("d", "z"), ("d", "w")])) == [("a", "x")]
