"""What a share leaves to the custodian: the same request once, an offer per family, a review of each emergency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import pytest
from case_builder import ADULT, MINOR, CaseBuilder
from district import (
    CUSTODIAN,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    MEDIA_STAFF,
    PUBLIC,
    SCIENCE_LAB,
    TEAM,
    THERESA,
    District,
)
from hypothesis import given
from hypothesis import strategies as st
from queue_cases import SECOND, found, lab, now, open_referrals, referred
from use_cases import FAILED, Voice, entries, later, looked, with_voice

from dam_plugin.custodian import work
from dam_plugin.errors import InputError
from dam_plugin.model import Actor, Outcome, Recipient, Referral
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.sharing.file_referral import families_of
from dam_plugin.sharing.finding_kinds import Classified, MeaningFound, OfferedToAll, Reviewed
from dam_plugin.sharing.share import Answer

# Families

guardians = st.dictionaries(
    st.sampled_from(["s1", "s2", "s3", "s4", "s5"]),
    st.tuples(st.frozensets(st.sampled_from(["p1", "p2", "p3", "p4"])), st.sampled_from([MINOR, ADULT])),
    min_size=1,
)
Cast = Mapping[str, tuple[frozenset[str], str]]


def case_of(cast: Cast) -> Case:
    builder = CaseBuilder()
    for student, (theirs, born) in cast.items():
        builder.student(student, born=born, guardians=sorted(theirs))
    return parse_case(builder.raw())


@given(guardians)
def test_every_student_is_in_one_family(cast: Cast) -> None:
    families = families_of(case_of(cast), cast, BUILT_IN)
    assert sorted(student for family in families for student in family) == sorted(cast)


@given(guardians)
def test_minors_who_share_a_guardian_are_one_family_and_nobody_of_another_shares_one(cast: Cast) -> None:
    families = families_of(case_of(cast), cast, BUILT_IN)
    minors = [student for student, (_, born) in cast.items() if born == MINOR]
    for one, other in combinations(minors, 2):
        together = any({one, other} <= set(family) for family in families)
        if cast[one][0] & cast[other][0]:
            assert together
    for family, another in combinations(families, 2):
        theirs, others = (
            {guardian for student in each if cast[student][1] == MINOR for guardian in cast[student][0]}
            for each in (family, another)
        )
        assert not theirs & others


@given(guardians)
def test_who_holds_the_rights_alone_is_a_family_alone(cast: Cast) -> None:
    families = families_of(case_of(cast), cast, BUILT_IN)
    assert all((student,) in families for student, (_, born) in cast.items() if born == ADULT)


@pytest.mark.parametrize(
    ("cast", "families"),
    [
        ({"s1": ({"p1"}, MINOR), "s2": ({"p1"}, MINOR)}, [("s1", "s2")]),
        ({"s1": ({"p1", "p2"}, MINOR)}, [("s1",)]),
        ({"s1": ({"p1", "p2"}, MINOR), "s2": ({"p2", "p3"}, MINOR), "s3": ({"p3"}, MINOR)}, [("s1", "s2", "s3")]),
        ({"s1": ({"p1"}, MINOR), "s2": ({"p1"}, ADULT)}, [("s1",), ("s2",)]),
        ({"s1": (set(), MINOR), "s2": (set(), MINOR)}, [("s1",), ("s2",)]),
    ],
    ids=["siblings", "separated parents", "half siblings", "a grown-up sibling", "without a guardian"],
)
def test_families_are_told_apart_by_who_holds_the_rights(cast: Cast, families: list[tuple[str, ...]]) -> None:
    assert families_of(
        case_of({each: (frozenset(theirs), born) for each, (theirs, born) in cast.items()}), cast, BUILT_IN
    ) == (families)


# Referrals


def test_the_same_request_is_filed_once_however_often_it_is_asked(district: District) -> None:
    first = referred(district, SCIENCE_LAB, Recipient("court", "circuit-court"))
    second = referred(district, SCIENCE_LAB, Recipient("court", "Circuit-Court "), actor=MEDIA_STAFF, purpose=" News")
    assert [each.id for each in open_referrals(district.services)] == [first.id] == [second.id]
    assert "CUSTODIAN" in second.missing
    assert second.due == first.due


@pytest.mark.parametrize("recipient", [PUBLIC, Recipient("public"), Recipient("court")], ids=str)
def test_two_who_ask_without_an_id_are_told_apart_by_who_passed_it_on_and_when(
    district: District, recipient: Recipient
) -> None:
    first = referred(district, SCIENCE_LAB, recipient, actor=MEDIA_STAFF)
    assert referred(district, SCIENCE_LAB, recipient, actor=MEDIA_STAFF).id == first.id
    assert referred(district, SCIENCE_LAB, recipient, actor=Actor("media_staff", "front-desk")).id != first.id
    tomorrow = replace(district, services=later(district.services, days=1))
    assert referred(tomorrow, SCIENCE_LAB, recipient, actor=MEDIA_STAFF).id != first.id
    assert len(open_referrals(district.services)) == 3


def test_a_finding_settles_its_own_referral_and_no_others(district: District) -> None:
    first = referred(district, SCIENCE_LAB, actor=MEDIA_STAFF)
    other = referred(district, SCIENCE_LAB, actor=Actor("media_staff", "front-desk"))
    stated = found(district, first, Classified("eligible"))
    assert not stated.referral.is_open
    assert open_referrals(district.services) == [other]


def test_what_the_district_would_publish_is_one_referral_whoever_asks(district: District) -> None:
    ask = {"kind": "publication", "purpose": "website", "recipient": PUBLIC}
    first = referred(district, SCIENCE_LAB, **ask, actor=MEDIA_STAFF)
    assert referred(district, SCIENCE_LAB, **ask, actor=Actor("media_staff", "front-desk")).id == first.id


@pytest.mark.parametrize(
    "other",
    [{"purpose": "film"}, {"kind": "publication"}, {"recipient": Recipient("court", "circuit-court")}],
    ids=str,
)
def test_another_request_is_work_of_its_own(district: District, other: dict[str, object]) -> None:
    lab(district)
    district.share(SCIENCE_LAB, **{"kind": "request", "purpose": "news", "recipient": PUBLIC, **other})
    assert len(open_referrals(district.services)) == 2


@pytest.mark.parametrize(
    ("recipient", "kind", "filed"),
    [
        (PUBLIC, "request", "sunshine"),
        (PUBLIC, "publication", "publication"),
        (Recipient("parent", "G-none"), "request", "inspection"),
        (Recipient("eligible_student", "S-none"), "request", "inspection"),
        (Recipient("court", "circuit-court"), "request", "official"),
        (Recipient("law_enforcement", "sheriff"), "request", "official"),
    ],
)
def test_what_is_asked_says_what_kind_of_work_it_is(
    district: District, recipient: Recipient, kind: str, filed: str
) -> None:
    assert referred(district, SCIENCE_LAB, recipient, kind=kind).kind == filed


def test_a_denial_answers_a_referral_and_a_failed_third_party_does_not(district: District) -> None:
    referral = lab(district)
    deaf = with_voice(district, Voice(review_decision=FAILED))
    assert deaf.ask(SCIENCE_LAB, PUBLIC, "news").decision.outcome is Outcome.DENY
    assert now(district.services, referral).is_open
    looked(district, SCIENCE_LAB, directory_status="not_eligible")
    assert district.ask(SCIENCE_LAB, PUBLIC, "news").decision.outcome is Outcome.DENY
    closed = now(district.services, referral)
    assert closed.closing is not None
    assert closed.closing.startswith("answered: deny")


def test_what_is_answered_is_asked_anew_as_work_of_its_own(district: District) -> None:
    referral = lab(district)
    work.close_referral(district.services, referral.id, MEDIA_STAFF.__class__("custodian", "c"), "withdrawn")
    assert lab(district).id != referral.id


# Emergencies


def emergency(district: District) -> Answer:
    district.upload(SCIENCE_LAB)
    evidence = {"emergency": {"threat": "a missing child", "recipient_needs_it": True}}
    return district.share(
        SCIENCE_LAB, kind="request", purpose="emergency", recipient=Recipient("emergency", "911"), evidence=evidence
    )


def test_each_emergency_leaves_a_review(district: District) -> None:
    one, other = emergency(district), emergency(district)
    reviews = open_referrals(district.services)
    assert {each.share_id for each in reviews} == {one.share.id, other.share.id}
    assert {each.kind for each in reviews} == {"review"}


def test_what_is_told_of_an_emergency_and_its_review_repeats_nothing_of_what_was_said_of_it(district: District) -> None:
    voice = Voice()
    telling = with_voice(district, voice)
    district.upload(SCIENCE_LAB)
    said = {"emergency": {"threat": "Caleb Brandt is missing", "recipient_needs_it": True}}
    (review,) = telling.ask(SCIENCE_LAB, Recipient("emergency", "911"), "emergency", evidence=said).referrals
    work.assign_referral(telling.services, review.id, "ms-lopez", CUSTODIAN)
    found(telling, review, Reviewed("Caleb Brandt was found"), by=SECOND)
    with pytest.raises(InputError) as refused:
        found(telling, review, Reviewed("again"), by=SECOND)
    messages = [told[1] for hook, told in voice.told if hook == "notify"]
    assert len(messages) == 3
    assert all(review.id in each and "Caleb" not in each for each in (*messages, str(refused.value)))


def test_only_the_queue_says_which_referral_a_share_decides_again(district: District) -> None:
    referral = lab(district)
    looked(district, SCIENCE_LAB, directory_status="eligible")
    answer = district.ask(SCIENCE_LAB, Recipient("public", "reporter-1"), "film", referral=referral.id)
    assert answer.decision.outcome is Outcome.ALLOW
    assert now(district.services, referral).is_open


def test_a_review_ends_with_what_was_found_and_hands_out_nothing_more(district: District) -> None:
    (review,) = emergency(district).referrals
    stated = found(district, review, Reviewed("the child was found; the link was revoked"), by=SECOND)
    assert (stated.answer, stated.referral.is_open) == (None, False)
    assert stated.referral.closing == "reviewed: the child was found; the link was revoked"
    with district.services.store.reading() as unit:
        assert len(unit.shares.links(open_only=False)) == 1


# Offers


@pytest.fixture
def destroyed(district: District) -> District:
    """Three are the subjects of a picture that means nothing without them, and that is no directory information."""
    district.upload(TEAM)
    looked(district, TEAM, directory_status="not_eligible")
    stated = found(district, referred(district, TEAM), MeaningFound("destroyed"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.DENY
    return district


def asks(district: District, guardian: str) -> Answer:
    answer = district.ask(TEAM, Recipient("parent", district.guardian(guardian)))
    assert "EX2-MULTI" in answer.decision.basis.values()
    return answer


def offers(district: District) -> dict[tuple[str, ...], Referral]:
    return {each.students: each for each in open_referrals(district.services) if each.kind == "offer"}


def test_a_recording_for_several_families_is_offered_to_each_other_one(destroyed: District) -> None:
    asks(destroyed, INES_MOTHER)
    assert set(offers(destroyed)) == {(destroyed.student(HANNAH),), (destroyed.student(THERESA),)}


def test_who_asks_for_what_they_were_offered_settles_the_offer_and_nobody_is_offered_it_twice(
    destroyed: District,
) -> None:
    asks(destroyed, INES_MOTHER)
    answer = asks(destroyed, HANNAH_MOTHER)
    assert answer.referrals == ()
    assert set(offers(destroyed)) == {(destroyed.student(THERESA),)}
    assert (destroyed.student(INES),) not in offers(destroyed)


def test_an_offer_that_was_made_is_not_made_again(destroyed: District) -> None:
    asks(destroyed, INES_MOTHER)
    for offer in offers(destroyed).values():
        stated = found(destroyed, offer, OfferedToAll("by letter"))
        assert (stated.answer, stated.referral.closing) == (None, "offered: by letter")
    asks(destroyed, INES_MOTHER)
    assert offers(destroyed) == {}


def test_another_version_is_offered_again(destroyed: District) -> None:
    from dam_plugin.cli.demo.samples import sample_folder

    asks(destroyed, INES_MOTHER)
    for offer in offers(destroyed).values():
        found(destroyed, offer, OfferedToAll("by letter"))
    # What was found of the picture holds of it still.
    destroyed.upload(TEAM, (sample_folder() / TEAM).read_bytes() + b"\0")
    asks(destroyed, INES_MOTHER)
    assert len(offers(destroyed)) == 2


def test_a_family_has_it_for_the_students_of_whoever_asked_alone(destroyed: District) -> None:
    """A mother of two, each with another father: what one father has is not the other family's."""
    ines, hannah, theresa = (destroyed.student(each) for each in (INES, HANNAH, THERESA))
    mother, father, other = (destroyed.guardian(each) for each in ("G-mother", "G-father", "G-other"))
    theirs = {ines: (father, mother), hannah: (mother, other), theresa: (other,)}
    with destroyed.services.store.writing() as unit:
        everybody = unit.people.students()
        changed = [replace(each, guardians=theirs.get(each.id, each.guardians)) for each in everybody]
        unit.people.upsert_roster(changed, destroyed.services.now())
    answer = destroyed.ask(TEAM, Recipient("parent", father))
    assert {each for each, clause in answer.decision.basis.items() if clause == "EX2"} == {ines}
    assert set(offers(destroyed)) == {tuple(sorted((hannah, theresa)))}
    destroyed.ask(TEAM, Recipient("parent", mother))
    assert set(offers(destroyed)) == {tuple(sorted((hannah, theresa)))}
    destroyed.ask(TEAM, Recipient("parent", other))
    assert offers(destroyed) == {}


def test_each_offer_is_told_in_the_ledger_with_its_family(destroyed: District) -> None:
    asks(destroyed, INES_MOTHER)
    opened = [told for _, told in entries(destroyed.services, "queue") if told.get("kind") == "offer"]
    assert len(opened) == 2


def test_nothing_but_that_it_was_offered_is_found_of_an_offer(destroyed: District) -> None:
    asks(destroyed, INES_MOTHER)
    offer = next(iter(offers(destroyed).values()))
    with pytest.raises(InputError, match="closed by `offered`"):
        found(destroyed, offer, MeaningFound("preserved"))
