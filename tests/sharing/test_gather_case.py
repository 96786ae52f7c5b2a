from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from district import CUSTODIAN, MEDIA_STAFF, PUBLIC
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import CaseError, UnknownThing
from dam_plugin.model import (
    Actor,
    Appearance,
    Asset,
    Closure,
    Consent,
    Guardianship,
    GuardianshipKind,
    Interval,
    Keyframe,
    OfficialUse,
    OptOut,
    Outcome,
    Recipient,
    Region,
    Share,
    StudentRecord,
    Tagging,
)
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.exceptions import NO_EVIDENCE, Dependent
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.procedure.terms import consent_faults, is_opted_out, terms_of
from dam_plugin.redaction.formats import can_redact
from dam_plugin.settings import District, Settings
from dam_plugin.sharing.gather_case import CaseGatherer, case_asset, students_in
from dam_plugin.store.people import KeptConsent, KeptOptOut

TODAY, NOW = date(2026, 10, 2), datetime(2026, 10, 2, 9, tzinfo=UTC)
NOTICE = date(2026, 8, 20)
SETTINGS = Settings(district=District(directory_notice=NOTICE, directory_includes_images=True))
ASSET = Asset("a-1", "games/1.jpg", None, "e1", 10, "image/jpeg")
TAGGING = Tagging("complete", (Appearance("S-1", "focus"),), "eligible", ground="looked")
SHARE = Share("sh-1", ASSET.key, "publication", "website", MEDIA_STAFF, PUBLIC)
MINOR = date(2012, 5, 1)
BOX = Region(0.1, 0.1, 0.2, 0.2)


class People:
    """A roster in memory, as gathering asks it."""

    def __init__(self, *records: StudentRecord, consents: tuple[Consent, ...] = ()) -> None:
        self._records = {each.id: each for each in records}
        self._consents = consents

    def students_of(self, ids: set[str]) -> dict[str, StudentRecord]:
        return {each: self._records[each] for each in ids if each in self._records}

    def need(self, student: str) -> StudentRecord:
        return self._records[student]

    def kept_consents(self, students: set[str]) -> list[KeptConsent]:
        kept = [KeptConsent(each.student, NOW, f"c-{place}", each) for place, each in enumerate(self._consents)]
        return [each for each in reversed(kept) if each.student in students]

    def kept_opt_outs(self, student: str) -> list[KeptOptOut]:
        return [KeptOptOut(each, None, NOW, 1) for each in self._records[student].opt_outs]

    def bent(self, *_: object) -> set[str]:
        return set()

    def by_two(self, *_: object) -> list[object]:
        return []

    def listed(self, **_: object) -> list[object]:
        return []

    def referral(self, referral_id: str) -> None:
        """None: what is decided again is not among those that wait."""

    def orders_answered(self, parts: list[str], request_id: str | None = None) -> frozenset[str]:
        return frozenset()

    def matters_answered(self, parts: list[str], request_id: str | None = None) -> frozenset[str]:
        return frozenset()

    def narrowed_orders(self, recipient: Recipient, key: str, *, secret: bool) -> frozenset[str]:
        return frozenset()

    def return_days(self, parts: list[str]) -> dict[str, date]:
        return {}

    def days_told(self, referrals: list[str], **_: object) -> dict[str, date]:
        return {"S-1": TOLD} if referrals == ["rf-told"] else {}

    def told_on(self, referrals: list[str], *, went_right: object) -> dict[str, list[date]]:
        on_file = {"rf-told": TODAY, "rf-effort": TODAY, "rf-late": TOLD}
        known = [on_file[each] for each in referrals if each in on_file]
        return {"S-1": known[:1]} if known else {}

    def efforts(self, _referral: str) -> list[object]:
        return []

    def is_family(self, person: str) -> bool:
        return any(person in (each.id, *each.guardians) for each in self._records.values())


def record(student: str, *opt_outs: OptOut, **more: Any) -> StudentRecord:
    return StudentRecord(student, f"10-{student}", (f"Name of {student}",), born=MINOR, opt_outs=opt_outs, **more)


def unit_of(people: People, others: People | None = None) -> Any:
    """What gathering asks: a roster, and everything else, where nothing is on file unless `others` has it."""
    else_ = others or People()
    return SimpleNamespace(people=people, assets=else_, referrals=else_, letters=else_, requests=else_)


def gathered(
    people: People | None = None, *, tagging: Tagging = TAGGING, share: Share = SHARE, settings: Settings = SETTINGS
) -> Case:
    known = people or People(record("S-1"), record("S-2"))
    unit = unit_of(known, known)
    return CaseGatherer(unit, settings, TODAY, rulings=BUILT_IN).case(ASSET, tagging, share)


@contextmanager
def refused_at(*paths: str) -> Iterator[None]:
    with pytest.raises(CaseError) as raised:
        yield
    assert sorted(problem.path for problem in raised.value.problems) == sorted(paths)


# Opt-outs

days = st.integers(-3, 3).map(lambda count: TODAY + timedelta(days=count))


@st.composite
def opt_outs(draw: st.DrawFn) -> OptOut:
    since = draw(days)
    ended = draw(st.none() | days.filter(lambda day: day >= since))
    purposes = draw(st.none() | st.lists(st.sampled_from(["website", "yearbook"]), min_size=1, unique=True).map(tuple))
    return OptOut(since, ended, purposes)


@given(st.lists(opt_outs(), max_size=5), st.sampled_from(["website", "yearbook", "newspaper"]))
def test_of_several_opt_outs_one_in_force_is_never_lost_and_none_is_invented(
    on_file: list[OptOut], purpose: str
) -> None:
    case = gathered(People(record("S-1", *on_file)), share=replace(SHARE, purpose=purpose))
    (student,) = case.students
    one_by_one = [is_opted_out(replace(student, opted_out=each), case) for each in on_file]
    assert is_opted_out(student, case) is any(one_by_one)
    assert (student.opted_out is None) is (not on_file)


PAST, FUTURE = TODAY - timedelta(days=30), TODAY + timedelta(days=30)
ALL, ENDED, YEARBOOK = OptOut(PAST), OptOut(PAST, TODAY), OptOut(PAST, purposes=("yearbook",))


@pytest.mark.parametrize(
    ("on_file", "expected"),
    [
        ((), None),
        ((YEARBOOK, ALL), ALL),
        ((ENDED, ALL), ALL),
        ((YEARBOOK, ENDED), ENDED),
        ((YEARBOOK,), YEARBOOK),
        ((OptOut(FUTURE), YEARBOOK), OptOut(FUTURE)),
        ((ALL, OptOut(TODAY)), OptOut(TODAY)),
        ((OptOut(TODAY), ALL), OptOut(TODAY)),
        ((ALL, OptOut(TODAY, purposes=("yearbook",))), ALL),
    ],
    ids=[
        "none",
        "another purpose",
        "an ended one",
        "only ended",
        "only another purpose",
        "not begun",
        "the last made",
        "in any order",
        "of this purpose",
    ],
)
def test_the_opt_out_that_counts_becomes_the_cases_one(on_file: tuple[OptOut, ...], expected: OptOut | None) -> None:
    assert gathered(People(record("S-1", *on_file))).students[0].opted_out == expected


@given(st.lists(opt_outs(), max_size=4), st.integers(-4, 4))
def test_a_consent_is_doubtful_where_any_opt_out_in_force_came_after_it(on_file: list[OptOut], offset: int) -> None:
    signed = Consent(
        "S-1", "G-1", min(TODAY, TODAY + timedelta(days=offset)), "ink", purpose="website", parties=("public",)
    )
    case = gathered(People(record("S-1", *on_file, guardians=("G-1",)), consents=(signed,)))
    (student,), (consent,) = case.students, case.consents
    one_by_one = [consent_faults(consent, replace(student, opted_out=each), case) for each in on_file]
    assert bool(consent_faults(consent, student, case)) is any(one_by_one)


# What becomes of records


def test_the_policy_comes_from_the_settings() -> None:
    limited = District(
        directory_notice=NOTICE,
        opt_out_window_ends=TODAY,
        directory_includes_images=True,
        directory_limited_to=("yearbook",),
    )
    case = gathered(settings=Settings(district=limited))
    assert terms_of(case).route_closed_by == ("EX4-WINDOW", "EX4-LIMITED")
    assert terms_of(gathered(settings=Settings())).route_closed_by == ("EX4-NOTICE", "EX4-DEFINITION")


def test_every_student_who_counts_is_in_the_case_with_their_consents() -> None:
    everybody = ("S-app", "S-pii", "S-use", "S-name", "S-pre", "S-not", "S-wel")
    consents = tuple(Consent(each, signed_by="G-1") for each in (*everybody, "S-other"))
    tagging = replace(
        TAGGING,
        appearances=(Appearance("S-app"),),
        record_pii=("S-pii",),
        official_uses=(OfficialUse("victim", ("S-use",)),),
    )
    evidence = {
        "pre_adjudication": {"students": ["S-pre"]},
        "order": {"notified": ["S-not"]},
        "child_welfare": {"ground": "legal_responsibility", "students": ["S-wel"]},
    }
    people = People(*(record(each) for each in (*everybody, "S-other")), consents=consents)
    share = replace(SHARE, kind="request", names=("S-name",), evidence=evidence)
    case = gathered(people, tagging=tagging, share=share)
    assert {each.id for each in case.students} == set(everybody)
    assert {each.student for each in case.consents} == set(everybody)
    assert students_in(tagging) == ["S-app", "S-pii", "S-use"]


def test_a_student_comes_with_what_the_procedure_asks_and_no_name() -> None:
    known = record("S-1", guardians=("G-1",), postsecondary=True, died=NOTICE, marked="other")
    case = gathered(People(known))
    (student,) = case.students
    assert (student.born, student.postsecondary, student.guardians) == (MINOR, True, ("G-1",))
    assert (student.died, student.protected) == (NOTICE, True)
    assert "Name of" not in repr(case)
    assert "10-S-1" not in repr(case)


@pytest.mark.parametrize(
    "media_type", ["image/jpeg", "image/png", "video/mp4", "image/gif", "application/pdf", "image/x-cam"]
)
@pytest.mark.parametrize("others", [True, False], ids=["others attached", "nobody attached"])
def test_what_we_can_redact_or_perhaps_a_third_party_is_redactable(media_type: str, others: bool) -> None:
    unit = unit_of(People(record("S-1")))
    case = CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN).case(
        replace(ASSET, media_type=media_type), TAGGING, SHARE, others_redact=others
    )
    assert case.asset.redactable is (others or can_redact(media_type))


@pytest.mark.parametrize(
    ("media_type", "where", "located"),
    [
        ("image/jpeg", {"regions": (BOX,)}, True),
        ("video/mp4", {"regions": (BOX,)}, False),
        ("video/mp4", {"keyframes": (Keyframe(1, BOX),)}, True),
        ("audio/mpeg", {"intervals": (Interval(1, 2),)}, True),
        ("video/mp4", {"heard": (Interval(1, 2),)}, True),
    ],
    ids=["a box in a picture", "a box without a time", "a box with one", "a stretch", "a voice"],
)
def test_a_box_without_a_time_places_nobody_in_a_recording(
    media_type: str, where: dict[str, Any], located: bool
) -> None:
    tagging = replace(TAGGING, appearances=(Appearance("S-1", "focus", **where),))
    (appearance,) = case_asset(replace(ASSET, media_type=media_type), tagging).appearances
    assert appearance.located is located


def test_the_districts_name_is_no_part_of_its_policy() -> None:
    named = Settings(district=SETTINGS.district.model_copy(update={"name": "Riverbend R-II"}))
    assert gathered(settings=named) == gathered()


# What a custodian stated by hand


def by_hand(what: GuardianshipKind, guardian: str = "G-9", student: str = "S-1", **more: Any) -> Guardianship:
    return Guardianship(**{"student": student, "guardian": guardian, "what": what, "since": PAST, "seen": "a paper",
                           "by": CUSTODIAN, **more})  # fmt: skip


def asked_by(who: Recipient, *stated: Guardianship, tagging: Tagging = TAGGING, **more: Any) -> Case:
    people = People(record("S-1", guardians=("G-1",), guardianships=stated, **more), record("S-2", guardians=("G-2",)))
    return gathered(people, tagging=tagging, share=replace(SHARE, kind="request", actor=CUSTODIAN, recipient=who))


PARENT = Recipient("parent", "G-9")
DISCIPLINE = replace(TAGGING, official_uses=(OfficialUse("discipline"),))
TODAYS = [({}, True), ({"until": TODAY}, True), ({"since": TODAY}, True), ({"ended": FUTURE}, True)]
OVER = [({"until": PAST}, False), ({"since": FUTURE}, False), ({"ended": TODAY}, False)]


@pytest.mark.parametrize(("days", "counts"), TODAYS + OVER, ids=str)
def test_a_statement_counts_on_its_days(days: dict[str, date], *, counts: bool) -> None:
    (student,) = asked_by(PARENT, by_hand("guardian", **days)).students
    assert ("G-9" in student.guardians) is counts
    (student,) = asked_by(PARENT, by_hand("limited", "G-1", **days)).students
    assert ("G-1" not in student.guardians) is counts


@pytest.mark.parametrize("order", [1, -1])
def test_a_limit_goes_before_whoever_states_the_guardian(order: int) -> None:
    stated = [by_hand("guardian", by_two=True), by_hand("limited")][::order]
    assert asked_by(PARENT, *stated).students[0].guardians == ("G-1",)


@pytest.mark.parametrize(
    ("what", "who", "known"),
    [
        ((), PARENT, False),
        (("guardian",), PARENT, True),
        (("limited",), PARENT, True),
        (("stranger",), PARENT, True),
        (("stranger", "guardian"), PARENT, True),
        (("dependent",), PARENT, False),
        (("guardian",), Recipient("parent"), False),
        (("guardian",), Recipient("parent", "G-8"), False),
    ],
    ids=str,
)
def test_who_was_looked_into_is_known(what: tuple[GuardianshipKind, ...], who: Recipient, *, known: bool) -> None:
    assert asked_by(who, *map(by_hand, what)).share.recipient.known is known


def test_whoever_is_a_stranger_to_one_of_two_students_is_asked_about_the_other() -> None:
    both = replace(TAGGING, appearances=(Appearance("S-1", "focus"), Appearance("S-2", "focus")))
    assert not asked_by(PARENT, by_hand("stranger"), tagging=both).share.recipient.known


@pytest.mark.parametrize("by_two", [True, False])
def test_what_one_person_stated_gives_nothing_where_it_takes_two(*, by_two: bool) -> None:
    case = asked_by(PARENT, by_hand("guardian", by_two=by_two), tagging=DISCIPLINE)
    assert ("G-9" in case.students[0].guardians, case.share.recipient.known) == (by_two, by_two)
    case = asked_by(Recipient("parent", "G-1"), by_hand("dependent", "G-1", by_two=by_two), tagging=DISCIPLINE)
    assert bool(case.share.evidence and case.share.evidence.dependent) is by_two
    case = asked_by(Recipient("eligible_student", "x"), by_hand("self", "x", by_two=by_two), tagging=DISCIPLINE)
    assert (case.share.recipient.id == "S-1") is by_two
    limited = asked_by(Recipient("parent", "G-1"), by_hand("limited", "G-1"), tagging=DISCIPLINE)
    assert limited.students[0].guardians == ()


@pytest.mark.parametrize(("days", "counts"), TODAYS + OVER, ids=str)
def test_a_representative_counts_on_their_days_and_is_no_guardian(days: dict[str, date], *, counts: bool) -> None:
    (student,) = asked_by(PARENT, by_hand("representative", represents="G-1", **days)).students
    assert ("G-9" in student.representatives, student.guardians) == (counts, ("G-1",))


@pytest.mark.parametrize(
    "over",
    [
        by_hand("representative", represents="G-2"),
        by_hand("limited", "G-1"),
        by_hand("limited", "G-9"),
        by_hand("appointed", "G-3", by_two=True),
    ],
    ids=["no guardian of the student", "limited guardian", "limited themselves", "the court took another"],
)
def test_nobody_represents_whom_the_rights_are_kept_from(over: Guardianship) -> None:
    stated = () if over.represents else (by_hand("representative", represents="G-1"),)
    assert asked_by(PARENT, *stated, over).students[0].representatives == ()


@pytest.mark.parametrize("by_two", [True, False])
def test_a_representative_whom_one_person_stated_has_nothing_where_it_takes_two(*, by_two: bool) -> None:
    stated = by_hand("representative", represents="G-1", by_two=by_two)
    case = asked_by(PARENT, stated, tagging=DISCIPLINE)
    assert (case.students[0].representatives == ("G-9",), case.share.recipient.known) == (by_two, by_two)


@pytest.mark.parametrize("kept", [by_hand("whereabouts", "G-1"), by_hand("whereabouts", "G-9")])
def test_a_representative_waits_where_a_guardian_would(kept: Guardianship) -> None:
    case = asked_by(PARENT, by_hand("representative", represents="G-1"), kept)
    assert (case.students[0].representatives, case.share.recipient.known) == ((), False)


def test_dependents_on_file_are_evidence_for_this_parent_beside_what_the_share_brings() -> None:
    of_parent = by_hand("dependent", "G-1")
    case = asked_by(Recipient("parent", "G-1"), of_parent)
    assert case.share.evidence
    assert case.share.evidence.dependent == Dependent(("S-1",))
    for who in (Recipient("parent", "G-2"), Recipient("eligible_student", "G-1"), Recipient("public", "G-1")):
        assert asked_by(who, of_parent).share.evidence == NO_EVIDENCE


def test_an_eligible_student_under_another_id_is_the_student() -> None:
    assert asked_by(Recipient("eligible_student", "x"), by_hand("self", "x")).share.recipient.id == "S-1"
    assert asked_by(Recipient("parent", "x"), by_hand("self", "x")).share.recipient.id == "x"


class Confirmed(People):
    """People whose one consent the family confirmed on a day, after everything else was entered."""

    def __init__(self, who: StudentRecord, consent: Consent, on: date) -> None:
        super().__init__(who, consents=(consent,))
        self._on = on

    def kept_consents(self, students: set[str]) -> list[KeptConsent]:
        entered = NOW + timedelta(hours=1)
        return [replace(each, confirmed_on=self._on, confirmed_at=entered) for each in super().kept_consents(students)]


@given(days, days, days)
def test_a_confirmed_consent_is_doubtful_again_after_a_later_opt_out_alone(signed: date, out: date, on: date) -> None:
    consent = Consent("S-1", "G-1", signed, "ink", purpose="website", parties=("public",))
    case = gathered(Confirmed(record("S-1", OptOut(out), guardians=("G-1",)), consent, on))
    counted = max(signed, on) if on <= TODAY else signed
    assert case.consents[0].signed_on == counted
    is_last_word = counted > out or (counted == out == on)
    is_doubtful = out <= TODAY and not is_last_word
    assert ("doubtful" in consent_faults(case.consents[0], case.students[0], case)) is is_doubtful


def test_nobody_signs_by_confirming_who_could_not_sign() -> None:
    of_age = TODAY.replace(year=TODAY.year - 18)
    consent = Consent("S-1", "S-1", of_age.replace(year=TODAY.year - 1), "ink", purpose="website", parties=("public",))
    people = Confirmed(replace(record("S-1", OptOut(PAST)), born=of_age), consent, TODAY)
    case = gathered(people)
    assert "signed-as-minor" in consent_faults(case.consents[0], case.students[0], case)


@pytest.mark.parametrize("until", [None, PAST, TODAY, FUTURE])
def test_a_closure_closes_the_case_through_its_last_day(until: date | None) -> None:
    tagging = replace(TAGGING, closures=(Closure("closed", "610.021(19)", until),))
    assert (gathered(tagging=tagging).asset.closed is None) is (until == PAST)
    assert case_asset(ASSET, tagging).closed == "610.021(19)"


def test_what_a_custodian_found_of_a_recording_is_in_its_case() -> None:
    asset = gathered(tagging=replace(TAGGING, cannot_be_redacted=True, maintained_by="other")).asset
    assert (asset.cannot_be_redacted, asset.maintained_by) == (True, "other")


ASKS = replace(SHARE, kind="request", actor=CUSTODIAN)


@pytest.mark.parametrize(
    ("recipient", "known"),
    [
        (Recipient("parent", "G-1"), True),
        (Recipient("parent", "G-2"), True),
        (Recipient("parent", "S-2"), True),
        (Recipient("parent", "G-9"), False),
        (Recipient("parent"), False),
        (Recipient("parent", "parent"), False),
        (Recipient("eligible_student", "S-1"), True),
        (Recipient("eligible_student", "G-2"), True),
        (Recipient("eligible_student", "S-9"), False),
        (Recipient("eligible_student"), False),
        (Recipient("public", "G-9"), True),
        (Recipient("court"), True),
    ],
    ids=str,
)
def test_a_family_is_known_where_the_roster_has_its_id_as_a_students_or_a_guardians(
    recipient: Recipient, *, known: bool
) -> None:
    people = People(record("S-1", guardians=("G-1",)), record("S-2", guardians=("G-2",)))
    case = gathered(people, share=replace(ASKS, recipient=recipient))
    assert (case.share.recipient.role, case.share.recipient.id) == (recipient.role, recipient.id)
    assert case.share.recipient.known is known


def test_a_family_in_the_recording_is_known_without_asking_the_roster_and_others_once() -> None:
    asked: list[str] = []

    class Counting(People):
        def is_family(self, person: str) -> bool:
            asked.append(person)
            return super().is_family(person)

    unit = unit_of(Counting(record("S-1", guardians=("G-1",))))
    gathering = CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN)
    for who in ("G-1", "G-9", "G-9", "S-1"):
        gathering.case(ASSET, TAGGING, replace(ASKS, recipient=Recipient("parent", who)))
    assert asked == ["G-9"]


@pytest.mark.parametrize(
    ("assets", "reached"),
    [
        (None, True),
        (["a-1"], True),
        (["games/1.jpg"], True),
        (["k-1", "other"], True),
        (["games/10.jpg"], False),
        (["a-10"], False),
    ],
)
def test_an_order_reaches_a_recording_by_its_id_its_key_or_the_keys_pseudonym(
    assets: list[str] | None, *, reached: bool
) -> None:
    evidence = {"order": {"verified": True, "notice_required": False, "assets": assets}}
    asks = replace(ASKS, evidence=evidence, referral="rf-1")
    unit = unit_of(People(record("S-1")))
    case = CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN).case(replace(ASSET), TAGGING, asks, key_id="k-1")
    assert (decide(case).reasons[0].clause == "EX7") is reached


TOLD = TODAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("referral", "answer_on", "day", "told"),
    [
        ("rf-told", None, TOLD - timedelta(days=1), False),
        ("rf-told", None, TOLD, True),
        ("rf-told", TODAY, TODAY, False),
        ("rf-effort", TOLD, TODAY, False),
        ("rf-effort", TOLD, TOLD, True),
        ("rf-effort", None, TOLD, False),
        ("rf-late", TOLD, TOLD, False),
        ("rf-1", TOLD, TOLD, False),
        ("rf-1", None, TOLD, False),
    ],
    ids=[
        "letter, before",
        "letter, that day",
        "both, the later",
        "effort, before",
        "effort, that day",
        "effort, no day",
        "effort, not in advance",
        "a word with a day",
        "a bare word",
    ],
)
def test_an_order_counts_as_announced_from_the_day_on_that_families_were_told(
    referral: str, answer_on: date | None, day: date, *, told: bool
) -> None:
    order = {"verified": True, "notified": ["S-1"], "answer_on": answer_on and answer_on.isoformat()}
    asks = replace(ASKS, evidence={"order": order}, referral=referral)
    people = People(record("S-1"))
    unit = unit_of(people, people)
    gathering = CaseGatherer(unit, SETTINGS, day, rulings=BUILT_IN)
    case = gathering.case(ASSET, TAGGING, asks)
    assert case.share.evidence is not None
    assert case.share.evidence.order is not None
    assert case.share.evidence.order.notified == (("S-1",) if told else ())
    why_not = gathering.why_not(ASSET, TAGGING, asks, all_told=True)
    assert len(why_not) == (0 if told else 1)
    waits = day < max(filter(None, (answer_on, TOLD if referral == "rf-told" else None)), default=day)
    assert any(TOLD.isoformat() in each for each in why_not) is waits
    assert any("letter write subpoena-notice" in each for each in why_not) is (not told and not waits)


def test_an_order_for_no_recording_is_refused() -> None:
    with refused_at("share.evidence.order.assets"):
        gathered(share=replace(ASKS, evidence={"order": {"assets": []}}))


# Errors

UNKNOWN: dict[str, Callable[[str], Share]] = {
    "names": lambda who: replace(SHARE, names=(who,)),
    "pre-adjudication": lambda who: replace(SHARE, evidence={"pre_adjudication": {"students": [who]}}),
    "order": lambda who: replace(SHARE, evidence={"order": {"notified": [who]}}),
    "child welfare": lambda who: replace(SHARE, evidence={"child_welfare": {"students": [who]}}),
    "dependents": lambda who: replace(SHARE, evidence={"dependent": {"students": [who]}}),
}


@pytest.mark.parametrize("share", UNKNOWN.values(), ids=UNKNOWN)
def test_a_student_whom_nobody_has_is_refused_without_repeating_the_id(share: Callable[[str], Share]) -> None:
    # A person may write a name in the place of an id, and errors are logged.
    with pytest.raises(UnknownThing, match="student find") as raised:
        gathered(share=share("Noah Begaye"))
    assert "Noah" not in str(raised.value)


def test_evidence_that_cannot_be_read_is_told_with_every_problem() -> None:
    evidence = {"order": {"kind": "letter", "verified": "yes"}, "emergncy": {}}
    with refused_at("share.evidence.order.kind", "share.evidence.order.verified", "share.evidence.emergncy"):
        gathered(share=replace(SHARE, evidence=evidence))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": "Request"}, "share.kind"),
        ({"recipient": Recipient("journalist", "x")}, "share.recipient.role"),  # type: ignore[arg-type]
        ({"recipient": Recipient("parent", "G-1")}, "share.recipient.role"),
        ({"recipient": Recipient("public", "parent")}, "share.recipient.id"),
        ({"actor": replace(CUSTODIAN, role="principal")}, "share.actor.role"),  # type: ignore[arg-type]
        ({"purpose": " "}, "share.purpose"),
        ({"id": "sh\n1"}, "id"),
    ],
    ids=["kind", "role", "publication to a parent", "another role as id", "actor", "purpose", "id"],
)
def test_a_share_that_the_procedure_does_not_know_is_refused(changes: dict[str, Any], path: str) -> None:
    with warnings.catch_warnings(), refused_at(path):
        warnings.simplefilter("error")
        gathered(share=replace(SHARE, **changes))


def test_a_misspelt_kind_does_not_pass_by_the_custodian() -> None:
    people = People(record("S-1", guardians=("G-1",)))
    asked = replace(SHARE, kind="request", recipient=Recipient("parent", "G-1"))
    assert decide(gathered(people, share=asked)).reasons[0].clause == "CUSTODIAN"
    with refused_at("share.kind"):
        gathered(people, share=replace(asked, kind="requests"))  # type: ignore[arg-type]


def test_a_consent_for_a_role_is_not_used_by_somebody_who_calls_themselves_it() -> None:
    consent = Consent("S-1", "G-1", PAST, "ink", purpose="website", parties=("court",))
    people = People(record("S-1", OptOut(PAST), guardians=("G-1",)), consents=(consent,))
    assert decide(gathered(people)).outcome > Outcome.REDACT
    with refused_at("share.recipient.id"):
        gathered(people, share=replace(SHARE, recipient=Recipient("public", "court")))


# Many from one transaction

ASKED = {
    "as it was": {},
    "another id": {"id": "sh-2"},
    "another purpose": {"purpose": "yearbook"},
    "a parent": {"kind": "request", "recipient": Recipient("parent", "G-1")},
    "another role as id": {"kind": "request", "recipient": Recipient("parent", "court")},
    "a publication to a parent": {"recipient": Recipient("parent", "G-1")},
    "names": {"names": ("S-2",)},
    "names twice": {"names": ("S-2", "S-2")},
    "an order": {"evidence": {"order": {"kind": "subpoena", "notified": ["S-1", "S-2"]}}},
    "evidence that is none": {"evidence": {"order": {"kind": "a wish"}}},
    "somebody whom nobody has": {"names": ("S-9",)},
    "a blank purpose": {"purpose": " "},
    "a blank id": {"id": " "},
    "an odd id": {"id": "sh-\u00e9"},
    "no actor": {"actor": Actor("nobody")},
    "an id with a control character": {"kind": "request", "recipient": Recipient("parent", "G-1\n")},
}


def outcome(gather_it: Callable[[], Case]) -> object:
    """The case, or what is told instead of it."""
    try:
        return gather_it()
    except (CaseError, UnknownThing) as error:
        return type(error), str(error), getattr(error, "case_id", None)


@given(st.lists(st.sampled_from(sorted(ASKED)), min_size=1, max_size=6))
def test_a_case_is_the_same_whatever_was_gathered_before_it(asked: list[str]) -> None:
    consents = (Consent("S-1", "G-1", TODAY, "ink", purpose="website", parties=("G-1",)), Consent("S-2"))
    people = People(record("S-1", OptOut(NOTICE, purposes=("yearbook",))), record("S-2"), consents=consents)
    unit = unit_of(people, people)
    gathering = CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN)
    for name in asked:
        share = replace(SHARE, **ASKED[name])
        together = outcome(lambda share=share: gathering.case(ASSET, TAGGING, share, key_id="a-9"))  # type: ignore[misc]
        alone = outcome(
            lambda share=share: CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN).case(
                ASSET, TAGGING, share, key_id="a-9"
            )
        )  # type: ignore[misc]
        assert together == alone


def test_whoever_is_in_several_cases_is_asked_for_once() -> None:
    asked: list[set[str]] = []

    class Counting(People):
        def students_of(self, ids: set[str]) -> dict[str, StudentRecord]:
            asked.append(set(ids))
            return super().students_of(ids)

    unit = unit_of(Counting(record("S-1"), record("S-2")))
    gathering = CaseGatherer(unit, SETTINGS, TODAY, rulings=BUILT_IN)
    for names in ((), ("S-2",), ("S-2",)):
        gathering.case(ASSET, TAGGING, replace(SHARE, names=names))
    assert asked == [{"S-1"}, {"S-2"}]


OUT = OptOut(date(2026, 9, 1), purposes=("website",))
SIGNED = Consent("S-1", "G-1", date(2026, 9, 1), "ink", purpose="website", parties=("public",))
ONE_PURPOSE = ["website", "Web Site", "WEBSITE ", "homepage", "p\u00e1gina web", "blog"]
"""Words for one purpose; the last is a part of it."""


@pytest.mark.parametrize("filed", ONE_PURPOSE)
@pytest.mark.parametrize("typed", ONE_PURPOSE)
def test_an_opt_out_on_file_counts_by_every_word_of_its_purpose(filed: str, typed: str) -> None:
    people = People(record("S-1", replace(OUT, purposes=(filed,))))
    case = gathered(people, share=replace(SHARE, purpose=typed))
    assert case.share.purpose == "website"
    assert is_opted_out(case.students[0], case)
    elsewhere = gathered(people, share=replace(SHARE, purpose="prensa"))
    assert not is_opted_out(elsewhere.students[0], elsewhere)


@pytest.mark.parametrize("filed", ["flurb", "website and facebook", "internet", "", "Hannah"])
@pytest.mark.parametrize("typed", ["website", "yearbook", "flurb", "something else"])
def test_an_opt_out_by_an_unknown_word_is_one_from_every_purpose(filed: str, typed: str) -> None:
    case = gathered(People(record("S-1", replace(OUT, purposes=(filed,)))), share=replace(SHARE, purpose=typed))
    assert is_opted_out(case.students[0], case)


def test_a_share_for_an_unknown_purpose_meets_every_opt_out() -> None:
    case = gathered(People(record("S-1", OUT)), share=replace(SHARE, purpose="flurb"))
    assert is_opted_out(case.students[0], case)


CONSENTED = {
    "the word": ("website", "homepage", True),
    "a synonym": ("Sitio Web", "website", True),
    "another": ("yearbook", "website", False),
    "a part": ("facebook", "social media", False),
    "a part for the same part": ("facebook", "facebook", False),
    "the whole for a part": ("Redes sociales", "facebook", True),
    "unknown": ("flurb", "website", False),
    "unknown for the same": ("flurb", "flurb", False),
    "two": ("website and facebook", "website", False),
}


@pytest.mark.parametrize(("filed", "typed", "holds"), CONSENTED.values(), ids=CONSENTED)
def test_a_consent_on_file_holds_for_the_whole_of_its_purpose_alone(filed: str, typed: str, holds: bool) -> None:
    out = replace(OUT, since=OUT.since - timedelta(1))
    people = People(record("S-1", out, guardians=("G-1",)), consents=(replace(SIGNED, purpose=filed),))
    case = gathered(people, share=replace(SHARE, purpose=typed))
    assert (consent_faults(case.consents[0], case.students[0], case) == ()) is holds


def test_a_limited_directory_policy_is_read_by_the_districts_words() -> None:
    limited = SETTINGS.model_copy(
        update={"district": SETTINGS.district.model_copy(update={"directory_limited_to": ("Home Page", "Anuario")})}
    )
    assert gathered(settings=limited).district.directory_limited_to == ("website", "yearbook")
