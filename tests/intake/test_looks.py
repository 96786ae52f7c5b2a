from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from district import CUSTODIAN, GRADUATION, MEDIA_STAFF, NOAH, PEP_RALLY, TEAM, UNTITLED, District
from hypothesis import given
from hypothesis import strategies as st
from tagging_strategies import BOX, NOW, OTHER_BOX, findings, looks, taggings
from use_cases import kept, link_of, looked, saw

from dam_plugin.errors import InputError, LookOvertaken, LookRefused
from dam_plugin.gate.close_links import ClosedLinks, recheck_links
from dam_plugin.intake.keep_look import as_seen, check_look, look_and_close
from dam_plugin.intake.looks import lasting_part, says_who, with_looks
from dam_plugin.model import (
    Actor,
    Appearance,
    Finding,
    Interval,
    Keyframe,
    Look,
    OfficialUse,
    Region,
    Tagging,
    still_said,
)
from dam_plugin.sharing.gather_case import needs_two
from dam_tagging.facts import ClosureKind, OpenWord

SAYS_NOTHING = Look(NOW, CUSTODIAN)


def seen(machine: Tagging, **said: object) -> Tagging:
    return with_looks(machine, [replace(SAYS_NOTHING, **said)])  # type: ignore[arg-type]


# Laws


@given(taggings, st.lists(looks, max_size=5))
def test_no_look_takes_back_an_official_use_a_closure_a_confidentiality_or_a_record(
    machine: Tagging, said: list[Look]
) -> None:
    before, after = machine, machine
    for count in range(1, len(said) + 1):
        after = with_looks(machine, said[:count])
        assert set(before.official_uses) <= set(after.official_uses)
        assert bool(before.closed) <= bool(after.closed)
        assert bool(before.confidential) <= bool(after.confidential)
        assert set(before.closures) <= set(after.closures)
        assert after.record_pii == machine.record_pii
        before = after


@given(taggings, st.lists(looks, max_size=5))
def test_every_restriction_that_was_ever_said_is_in_force(machine: Tagging, said: list[Look]) -> None:
    after = with_looks(machine, said)
    assert {use for each in (machine, *said) for use in each.official_uses} == set(after.official_uses)
    assert bool(after.closed) == any(each.closed for each in (machine, *said))
    assert bool(after.confidential) == any(each.confidential for each in (machine, *said))


@given(taggings, st.lists(looks, max_size=5))
def test_a_student_stands_in_a_tagging_once(machine: Tagging, said: list[Look]) -> None:
    named = [each.student for each in with_looks(machine, said).appearances]
    assert len(named) == len(set(named))


@given(taggings, st.lists(looks, max_size=4))
def test_what_sticks_brings_every_restriction_and_nobody(machine: Tagging, said: list[Look]) -> None:
    stuck = [each for each in map(lasting_part, said) if each is not None]
    whole, carried = with_looks(Tagging(), said), with_looks(Tagging(), stuck)
    assert (whole.official_uses, whole.closed, whole.confidential, whole.closures) == (
        carried.official_uses,
        carried.closed,
        carried.confidential,
        carried.closures,
    )
    assert (carried.state, carried.appearances) == ("pending", ())
    assert carried.directory_status in ("undetermined", "not_eligible")
    assert [lasting_part(each) for each in stuck] == stuck


@given(taggings, st.lists(findings, max_size=5))
def test_without_a_second_person_nothing_that_takes_two_is_loosened(machine: Tagging, said: list[Look]) -> None:
    alone = [replace(each, approved=False) for each in said]
    after = with_looks(machine, alone)
    assert after.maintained_by == "district"
    assert (bool(after.closed), bool(after.confidential)) == (bool(machine.closed), bool(machine.confidential))
    assert set(machine.closures) <= set(after.closures)
    if needs_two(machine):
        assert (after.cannot_be_redacted, after.meaning) == (False, "unreviewed")


@given(taggings, st.lists(findings, max_size=5))
def test_only_a_custodian_finds_any_of_it(machine: Tagging, said: list[Look]) -> None:
    after = with_looks(machine, [replace(each, by=MEDIA_STAFF) for each in said])
    assert (after.maintained_by, after.cannot_be_redacted, after.meaning) == ("district", False, "unreviewed")
    assert set(machine.closures) <= set(after.closures)


@given(taggings, st.lists(findings, max_size=4), findings)
def test_two_people_end_each_reason_that_they_saw_and_no_other(machine: Tagging, said: list[Look], last: Look) -> None:
    before = with_looks(machine, said)
    last = replace(last, by=CUSTODIAN, approved=True, closures=())
    after, ended = with_looks(machine, [*said, last]), {(each.kind, each.why) for each in last.reopened}
    for kind in get_args(ClosureKind):
        left = {(each.kind, each.why) for each in before.closed_by(kind)} - ended
        assert {(each.kind, each.why) for each in after.closed_by(kind)} == left


@given(taggings, st.dates())
def test_a_closure_is_over_after_its_last_day_alone(machine: Tagging, day: date) -> None:
    for kind in get_args(ClosureKind):
        stand = [each for each in machine.closures if each.kind == kind and (each.until is None or day <= each.until)]
        text = machine.closed if kind == "closed" else machine.confidential
        assert bool(machine.why_closed(kind, day)) == bool(stand or text)


@given(taggings)
def test_a_look_that_says_nothing_changes_nothing(machine: Tagging) -> None:
    assert with_looks(machine, [SAYS_NOTHING]) == machine
    assert lasting_part(SAYS_NOTHING) is None


# What a look answers


@pytest.mark.parametrize(
    ("look", "answers"),
    [
        (SAYS_NOTHING, False),
        (replace(SAYS_NOTHING, closed="security plan"), False),
        (replace(SAYS_NOTHING, directory_status="eligible"), False),
        (replace(SAYS_NOTHING, nobody=True), True),
        (replace(SAYS_NOTHING, unidentified=0), False),
        (replace(SAYS_NOTHING, unidentified=2), True),
        (replace(SAYS_NOTHING, persons=(Appearance("s1"),)), True),
    ],
    ids=["nothing", "closed", "directory", "nobody", "none unnamed", "two unnamed", "a person"],
)
def test_only_a_look_that_says_who_completes_the_tagging(look: Look, answers: bool) -> None:
    assert says_who(look) is answers
    assert (with_looks(Tagging(), [look]).state == "complete") is answers


def test_people_who_were_counted_stay_where_names_are_taken_out() -> None:
    machine = Tagging(appearances=(Appearance("s1"), Appearance("s2")), unidentified_people=1)
    after = seen(machine, persons=(Appearance("s1"),), nobody=True, unidentified=2)
    assert (after.appearances, after.unidentified_people, after.state) == ((Appearance("s1"),), 2, "complete")
    alone = seen(machine, nobody=True, unidentified=1)
    assert (alone.appearances, alone.unidentified_people) == ((), 1)
    assert [each.why for each in alone.findings if each.tag == "people"] == [
        "a member of staff looked at the recording: nobody who was named is in it"
    ]


def test_nobody_left_to_name_completes_a_recording_in_which_somebody_is_named() -> None:
    machine = Tagging(appearances=(Appearance("s1"),), unidentified_people=2)
    assert with_looks(machine, [replace(SAYS_NOTHING, unidentified=0)]).state == "complete"


def test_a_person_named_twice_keeps_the_place_and_prominence_that_a_look_leaves_open() -> None:
    machine = Tagging(appearances=(Appearance("s1", "incidental", regions=(BOX,), intervals=(Interval(0, 1),)),))
    assert seen(machine, persons=(Appearance("s1"),)).appearances == machine.appearances


def test_keyframes_and_intervals_of_several_looks_are_united_in_the_order_of_time() -> None:
    one = Appearance("s1", intervals=(Interval(30, 40),), keyframes=(Keyframe(30, BOX), Keyframe(40, BOX)))
    other = Appearance("s1", intervals=(Interval(10, 20),), keyframes=(Keyframe(10, BOX), Keyframe(20, BOX)))
    machine = seen(Tagging(), persons=(one,))
    for united in (seen(machine, persons=(other,)), seen(Tagging(), persons=(one, other))):
        assert united.appearances[0].intervals == (Interval(10, 20), Interval(30, 40))
        assert [each.at for each in united.appearances[0].keyframes] == [10, 20, 30, 40]


def test_a_keyframe_of_the_same_moment_is_a_correction() -> None:
    machine = seen(Tagging(), persons=(Appearance("s1", keyframes=(Keyframe(10, BOX), Keyframe(20, BOX))),))
    after = seen(machine, persons=(Appearance("s1", keyframes=(Keyframe(20, OTHER_BOX),)),))
    assert after.appearances[0].keyframes == (Keyframe(10, BOX), Keyframe(20, OTHER_BOX))


def test_a_box_for_the_same_stretch_is_a_correction_and_one_at_a_moment_of_it_is_not() -> None:
    machine = seen(Tagging(), persons=(Appearance("s1", keyframes=(Keyframe(10, BOX, 20),)),))
    other, moment = Keyframe(10, OTHER_BOX, 20), Keyframe(10, OTHER_BOX)
    corrected, besides = (seen(machine, persons=(Appearance("s1", keyframes=(each,)),)) for each in (other, moment))
    assert corrected.appearances[0].keyframes == (other,)
    assert set(besides.appearances[0].keyframes) == {Keyframe(10, BOX, 20), moment}


def test_what_several_looks_hear_is_united() -> None:
    one, other = (Appearance("s1", heard=(Interval(start, start + 5),)) for start in (30, 10))
    machine = seen(Tagging(), persons=(one,))
    for united in (seen(machine, persons=(other,)), seen(Tagging(), persons=(one, other))):
        assert united.appearances[0].heard == (Interval(10, 15), Interval(30, 35))


def test_a_look_may_take_back_where_and_when_its_students_were_said_to_be() -> None:
    everything = {"regions": (BOX,), "intervals": (Interval(0, 9),), "heard": (Interval(20, 30),)}
    before = tuple(Appearance(each, "focus", keyframes=(Keyframe(0, BOX, 9),), **everything) for each in ("s1", "s2"))
    anew = Appearance("s1", intervals=(Interval(1, 2),), keyframes=(Keyframe(1, OTHER_BOX, 2),))
    after = seen(Tagging(appearances=before), persons=(anew,), times_anew=True)
    assert after.appearances == (replace(anew, prominence="focus"), before[1])
    assert seen(Tagging(appearances=before), persons=(anew,)).appearances != after.appearances
    assert "said anew" in after.findings[-1].why


def test_one_look_may_mark_somebody_twice_at_one_moment() -> None:
    twice = tuple(Appearance("s1", keyframes=(Keyframe(10, box),)) for box in (BOX, OTHER_BOX))
    assert seen(Tagging(), persons=twice).appearances[0].keyframes == (Keyframe(10, BOX), Keyframe(10, OTHER_BOX))


def test_a_keyframe_says_where_somebody_is() -> None:
    assert Appearance("s1", keyframes=(Keyframe(10, BOX),)).located
    assert not Appearance("s1").located


@pytest.mark.parametrize(
    "when",
    [{"keyframes": (Keyframe(1, BOX),)}, {"intervals": (Interval(1, 2),)}, {"heard": (Interval(1, 2),)}],
    ids=str,
)
def test_a_picture_has_no_time(district: District, when: dict[str, Any]) -> None:
    picture = district.upload(UNTITLED)
    look = replace(SAYS_NOTHING, persons=(Appearance("s1", **when),))
    with pytest.raises(InputError, match="a picture has no time"):
        check_look(picture, look)
    for media_type in ("video/mp4", "audio/mpeg", "application/octet-stream"):
        check_look(replace(picture, asset=replace(picture.asset, media_type=media_type)), look)


def test_a_box_without_a_time_places_nobody_in_a_recording(district: District) -> None:
    stored = district.upload(UNTITLED)
    look = replace(SAYS_NOTHING, persons=(Appearance("s1", regions=(BOX,)),))
    for media_type in ("video/mp4", "audio/mpeg"):
        with pytest.raises(InputError, match="ID@x,y,w,h@START-END"):
            check_look(replace(stored, asset=replace(stored.asset, media_type=media_type)), look)
    for media_type in ("image/jpeg", "application/octet-stream"):
        check_look(replace(stored, asset=replace(stored.asset, media_type=media_type)), look)


def test_a_person_named_twice_is_where_the_look_says() -> None:
    machine = Tagging(appearances=(Appearance("s1", "incidental", regions=(BOX,)), Appearance("s2")))
    look = Appearance("s1", "focus", identifiable=False, regions=(OTHER_BOX,))
    assert seen(machine, persons=(look,)).appearances == (look, Appearance("s2"))


def test_nobody_takes_back_who_was_named_and_counted() -> None:
    machine = Tagging(appearances=(Appearance("s1"),), unidentified_people=4, official_uses=(OfficialUse("victim"),))
    after = seen(machine, nobody=True)
    assert (after.appearances, after.unidentified_people, after.state) == ((), 0, "complete")
    assert after.official_uses == machine.official_uses


def test_people_whom_nobody_could_name_are_counted_beside_those_named() -> None:
    after = seen(Tagging(unidentified_people=4), persons=(Appearance("s1"),), unidentified=2)
    assert (after.unidentified_people, after.state) == (2, "complete")
    assert with_looks(after, [replace(SAYS_NOTHING, persons=(Appearance("s2"),))]).unidentified_people == 2


def test_each_thing_that_a_look_says_leaves_a_finding_with_who_and_when() -> None:
    after = seen(
        Tagging(),
        persons=(Appearance("s1", "focus"),),
        nobody=True,
        unidentified=1,
        directory_status="eligible",
        official_uses=(OfficialUse("victim"),),
        closed="security plan",
        confidential="Safe at Home",
    )
    assert [each.tag for each in after.findings] == [
        "appearance",
        "people",
        "unidentified_people",
        "directory_status",
        "official_use",
        "closed",
        "confidential",
    ]
    assert {each.source for each in after.findings} == {"custodian, 2026-10-02"}


# What a look changes


def test_a_look_can_make_a_recording_shareable(district: District) -> None:
    district.upload(UNTITLED)
    assert district.share(UNTITLED).decision.reasons[0].clause == "HOLD-UNTAGGED"
    looked(district, UNTITLED, NOAH, directory_status="eligible")
    assert district.share(UNTITLED).decision.basis == {district.student(NOAH): "EX4"}


def test_a_look_changes_the_decision_of_open_links(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    look = saw(district, confidential="Safe at Home")
    _, closed = look_and_close(district.services, GRADUATION, look)
    assert [link.id for link in closed] == [answer.link and answer.link.id]
    assert link_of(district.services, answer.link).closed_at is not None


def test_a_place_that_is_taken_back_closes_the_links_of_copies_that_hide_who_was_there(district: District) -> None:
    district.upload(TEAM)
    answer = district.share(TEAM)
    assert answer.decision.redact
    hidden = Appearance(answer.decision.redact[0], regions=(BOX,))
    look = Look(district.services.now(), CUSTODIAN, (hidden,), times_anew=True)
    _, closed = look_and_close(district.services, TEAM, look)
    assert [link.id for link in closed] == [answer.link and answer.link.id]


def test_a_look_at_another_recording_closes_nothing(district: District) -> None:
    for key in (GRADUATION, PEP_RALLY):
        district.upload(key)
    answer = district.share(GRADUATION)
    looked(district, PEP_RALLY, confidential="Safe at Home")
    assert recheck_links(district.services, asset_key=PEP_RALLY) == ClosedLinks()
    assert link_of(district.services, answer.link).closed_at is None


def test_two_places_of_one_person_in_one_look_are_both_kept() -> None:
    other = Region(0.5, 0.5, 0.1, 0.1)
    look = replace(SAYS_NOTHING, persons=(Appearance("s1", regions=(BOX,)), Appearance("s1", regions=(other,))))
    assert with_looks(Tagging(), [look]).appearances[0].regions == (BOX, other)


@pytest.mark.parametrize(
    "finding", [Finding("hold", "ask first", "why", "rule"), Finding("missing_voice", "p", "", "")]
)
def test_what_is_held_is_the_custodians_to_let_go(finding: Finding) -> None:
    machine = Tagging(state="failed", findings=(finding,))
    look = replace(SAYS_NOTHING, persons=(Appearance("s1"),))
    staff, custodian = replace(look, by=Actor("media_staff")), replace(look, by=Actor("custodian"))
    assert with_looks(machine, [staff]).state == "failed"
    assert with_looks(machine, [staff, custodian]).state == "complete"


# What a look settles of what is open


SMITHS = OpenWord("Bobby Smith", "dc:title", ("S-1", "S-2"))
TEAMMATES = OpenWord("and two teammates", "dc:title")


def test_a_look_settles_the_words_that_may_be_whom_it_names() -> None:
    tagging = Tagging(state="pending", unidentified_people=1, open_words=(SMITHS,))
    after = with_looks(tagging, [Look(NOW, MEDIA_STAFF, persons=(Appearance("S-2"),))])
    assert (after.open_words, after.unidentified_people, after.state, after.ground) == ((), 0, "complete", "looked")


def test_a_word_about_others_stays_open_until_somebody_says_how_many_are_not_named() -> None:
    tagging = Tagging(state="pending", unidentified_people=1, open_words=(SMITHS, TEAMMATES))
    named = Look(NOW, MEDIA_STAFF, persons=(Appearance("S-2"),))
    after = with_looks(tagging, [named])
    assert (after.open_words, after.unidentified_people) == ((TEAMMATES,), 1)
    counted = with_looks(tagging, [named, Look(NOW, MEDIA_STAFF, unidentified=0)])
    assert (counted.open_words, counted.unidentified_people) == ((), 0)


def test_each_student_whom_a_look_names_is_one_of_the_faces_that_were_counted() -> None:
    found = Finding("unidentified_people", "3", "faces were found", "regions")
    tagging = Tagging(
        state="pending",
        appearances=(Appearance("S-1"),),
        unidentified_people=4,
        unnamed_faces=3,
        findings=(found,),
    )
    after = with_looks(tagging, [Look(NOW, MEDIA_STAFF, persons=(Appearance("S-1"), Appearance("S-2")))])
    assert (after.unidentified_people, after.unnamed_faces) == (3, 2)
    # Who is no face, such as a stranger whom a list names, is not settled by naming somebody else.
    more = [Look(NOW, MEDIA_STAFF, persons=tuple(Appearance(f"S-{n}") for n in range(2, 9)))]
    assert with_looks(tagging, more).unidentified_people == 1


# Taking back


def test_of_a_look_that_was_taken_back_only_its_uses_count() -> None:
    maria, other = Actor("media_staff", "maria"), Actor("media_staff", "other")
    kept = Look(NOW, other, unidentified=2)
    back = Look(NOW, maria, takes_back=NOW)
    assert still_said([Look(NOW, maria, nobody=True), kept, back]) == [kept]
    use = OfficialUse("discipline")
    assert still_said([Look(NOW, maria, unidentified=1, official_uses=(use,)), back]) == [
        Look(NOW, maria, official_uses=(use,))
    ]


def test_a_person_takes_back_their_own_last_look_alone(district: District) -> None:
    district.upload(UNTITLED)
    before = kept(district.services, UNTITLED).tagging
    first = saw(district, NOAH)
    look_and_close(district.services, UNTITLED, first)
    look_and_close(district.services, UNTITLED, replace(saw(district), by=MEDIA_STAFF, unidentified=3))
    with pytest.raises(LookRefused) as refused:
        look_and_close(district.services, UNTITLED, Look(district.services.now(), first.by, takes_back=first.at))
    assert refused.value.why == "not-your-look"
    with district.services.store.reading() as unit:
        last = unit.assets.looks(kept(district.services, UNTITLED).asset.id)[-1]
    look_and_close(district.services, UNTITLED, Look(district.services.now(), last.by, takes_back=last.at))
    look_and_close(district.services, UNTITLED, Look(district.services.now(), first.by, takes_back=first.at))
    assert kept(district.services, UNTITLED).tagging == before


def test_a_closure_is_not_taken_back(district: District) -> None:
    district.upload(UNTITLED)
    look = replace(saw(district, NOAH), closed="an investigation")
    look_and_close(district.services, UNTITLED, look)
    with pytest.raises(LookRefused) as refused:
        look_and_close(district.services, UNTITLED, Look(district.services.now(), look.by, takes_back=look.at))
    assert refused.value.why == "more-than-names"


def test_nothing_is_said_of_a_recording_that_changed_meanwhile_and_nothing_twice(district: District) -> None:
    district.upload(UNTITLED)
    seen_then = as_seen(kept(district.services, UNTITLED))
    look = saw(district, NOAH, unidentified=1)
    stored, _ = look_and_close(district.services, UNTITLED, look, seen=seen_then)
    again = replace(look, at=district.services.now())
    assert look_and_close(district.services, UNTITLED, again, seen=seen_then)[0].tagging == stored.tagging
    with pytest.raises(LookOvertaken):
        look_and_close(district.services, UNTITLED, replace(again, unidentified=2), seen=seen_then)
    with pytest.raises(LookOvertaken):
        look_and_close(district.services, UNTITLED, replace(again, by=MEDIA_STAFF), seen=seen_then)
