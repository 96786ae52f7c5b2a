"""The mark of a set: the same exactly as long as the set would be decided as it was."""

from __future__ import annotations

from district import CUSTODIAN, GRADUATION, HANNAH, NOAH, TEAM, District
from sets_on_file import made_set, on_file
from use_cases import TODAY, looked

from dam_plugin.custodian import choices
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.model import OptOut
from dam_plugin.yearbook.mark import Mark, mark_of


def mark(district: District, set_id: str) -> Mark:
    with district.services.store.reading() as unit:
        return mark_of(unit, set_id)


def test_it_stays_as_long_as_nothing_changes_and_says_what_did(district: District) -> None:
    on_file(district, TEAM, GRADUATION)
    set_id = made_set(district).id
    first = mark(district, set_id)
    assert mark(district, set_id) == first
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    second = mark(district, set_id)
    assert (second.people == first.people, second.recordings == first.recordings) == (False, True)
    looked(district, TEAM, HANNAH)
    third = mark(district, set_id)
    assert (third.people == second.people, third.recordings == second.recordings) == (True, False)
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    assert mark(district, set_id).recordings != third.recordings


def test_opening_a_link_or_another_recording_leaves_it(district: District) -> None:
    on_file(district, TEAM)
    set_id = made_set(district).id
    first = mark(district, set_id)
    on_file(district, GRADUATION)
    district.share(GRADUATION)
    assert mark(district, set_id) == first


def test_what_was_found_of_a_coding_leaves_it(district: District) -> None:
    on_file(district, TEAM)
    set_id = made_set(district).id
    first = mark(district, set_id)
    with district.services.store.writing() as unit:
        unit.assets.keep_codings({unit.assets.need(TEAM).asset.id: "p-1"})
    assert mark(district, set_id) == first
