"""Each term of the procedure, at its borders."""

from __future__ import annotations

from datetime import date

import pytest
from case_builder import ADULT, CaseBuilder, a_case, a_portrait

from dam_plugin.model import Student
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.terms import Terms, consent_faults, is_eligible, terms_of


def terms(case: CaseBuilder) -> Terms:
    return terms_of(parse_case(case.raw()))


# Eligible student


@pytest.mark.parametrize(
    ("born", "day", "eligible"),
    [
        ("2008-10-03", "2026-10-02", False),
        ("2008-10-02", "2026-10-02", True),
        ("2008-10-01", "2026-10-02", True),
        ("2008-02-29", "2026-02-28", False),
        ("2008-02-29", "2026-03-01", True),
        ("2008-03-01", "2026-02-28", False),
        ("2008-02-28", "2026-02-28", True),
        ("2030-01-01", "2026-10-02", False),
        ("9990-01-01", "9999-12-31", False),
        ("9981-12-31", "9999-12-31", True),
        ("9999-12-31", "9999-12-31", False),
    ],
)
def test_rights_pass_on_the_eighteenth_birthday(born: str, day: str, *, eligible: bool) -> None:
    assert is_eligible(Student("s1", born=date.fromisoformat(born)), date.fromisoformat(day)) is eligible


def test_a_student_of_unknown_age_is_taken_as_a_minor() -> None:
    assert not is_eligible(Student("s1"), date(9999, 12, 31))


def test_postsecondary_counts_for_every_day_and_age() -> None:
    assert is_eligible(Student("s1", born=date(2010, 3, 1), postsecondary=True), date(2011, 1, 1))
    assert is_eligible(Student("s1", postsecondary=True), date(1, 1, 1))


@pytest.mark.parametrize(
    ("born", "died", "day", "eligible"),
    [
        pytest.param("2008-10-02", "2026-10-01", "2030-01-01", False, id="a minor who died the day before"),
        pytest.param("2008-10-02", "2026-10-02", "2030-01-01", True, id="who died on the eighteenth birthday"),
        pytest.param("2008-10-02", "2026-10-01", "2026-10-02", False, id="age stops on that day"),
        pytest.param("2008-10-02", "2027-01-01", "2026-10-02", True, id="a later day stops nothing yet"),
        pytest.param("2008-02-29", "2026-02-28", "2026-03-01", False, id="a leap child who died the day before"),
        pytest.param(None, "2026-10-01", "2030-01-01", False, id="of unknown age"),
    ],
)
def test_age_stops_at_death(born: str | None, died: str, day: str, *, eligible: bool) -> None:
    student = Student("s1", born=date.fromisoformat(born) if born else None, died=date.fromisoformat(died))
    assert is_eligible(student, date.fromisoformat(day)) is eligible


def test_postsecondary_from_a_day_on_counts_from_then() -> None:
    student = Student("s1", born=date(2010, 3, 1), postsecondary=True, postsecondary_since=date(2026, 8, 17))
    assert [is_eligible(student, date(2026, 8, each)) for each in (16, 17)] == [False, True]
    assert is_eligible(Student("s1", postsecondary_since=date(2026, 8, 17)), date(2026, 9, 1)) is False


def test_what_a_postsecondary_student_signed_before_the_first_day_does_not_count() -> None:
    case = a_portrait().knows("s1", postsecondary=True, postsecondary_since="2026-09-02")
    assert not holds(case.consent("s1", signed_by="s1", signed_on="2026-09-01"))
    assert holds(
        a_portrait()
        .knows("s1", postsecondary=True, postsecondary_since="2026-09-02")
        .consent("s1", signed_by="s1", signed_on="2026-09-02")
    )


def test_postsecondary_outlives_death() -> None:
    assert is_eligible(
        Student("s1", born=date(2010, 3, 1), postsecondary=True, died=date(2026, 1, 1)), date(2026, 2, 1)
    )


# Known, depicted, focus, directly related


@pytest.mark.parametrize(
    ("tagging", "unidentified", "known"),
    [("complete", 0, True), ("complete", 1, False), ("pending", 0, False), ("failed", 0, False), ("pending", 2, False)],
)
def test_known_is_tagged_completely_with_nobody_unidentified(tagging: str, unidentified: int, *, known: bool) -> None:
    assert terms(a_portrait().asset(tagging=tagging, unidentified_people=unidentified)).known is known


def test_only_an_identifiable_appearance_depicts() -> None:
    read = terms(a_portrait().shows("s2", identifiable=False).student("s3"))
    assert (read.identifiable, read.related) == ({"s1"}, {"s1"})


def test_record_information_depicts_a_student_who_is_not_seen() -> None:
    read = terms(a_portrait().student("s2").asset(record_pii=["s2"]))
    assert (read.identifiable, read.focus, read.related) == ({"s1", "s2"}, {"s1"}, {"s1", "s2"})


def test_record_information_depicts_a_student_who_is_seen_but_not_identifiable() -> None:
    read = terms(a_case().shows("s1", identifiable=False).asset(record_pii=["s1"]))
    assert (read.identifiable, read.focus, read.related) == ({"s1"}, set(), {"s1"})


@pytest.mark.parametrize(("prominence", "focus"), [("focus", True), ("unknown", True), ("incidental", False)])
def test_unknown_prominence_counts_as_focus(prominence: str, *, focus: bool) -> None:
    read = terms(a_case().shows("s1", prominence))
    assert (bool(read.focus), bool(read.related), read.identifiable) == (focus, focus, {"s1"})


@pytest.mark.parametrize("purpose", ["discipline", "victim", "violation", "health_emergency", "other"])
def test_an_official_use_that_names_nobody_relates_to_everyone_depicted(purpose: str) -> None:
    case = a_portrait().shows("s2", "incidental").shows("s3", identifiable=False).used_for(purpose)
    assert terms(case).related == {"s1", "s2"}


def test_an_official_use_relates_to_those_it_names() -> None:
    case = a_portrait().shows("s2", "incidental").shows("s3", "incidental").used_for("victim", "s2")
    assert terms(case).related == {"s1", "s2"}


def test_an_official_use_does_not_relate_to_someone_who_is_not_depicted() -> None:
    case = a_portrait().shows("s2", identifiable=False).student("s3").used_for("victim", "s2", "s3")
    assert terms(case).related == {"s1"}


def test_official_uses_add_up() -> None:
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").shows("s3", "incidental")
    assert terms(case.used_for("victim", "s1").used_for("other", "s3")).related == {"s1", "s3"}


# Opted out


@pytest.mark.parametrize(
    ("since", "ended", "purposes", "out"),
    [
        ("2026-10-02", None, None, True),
        ("2026-10-03", None, None, False),
        ("2020-01-01", "2026-10-02", None, False),
        ("2020-01-01", "2026-10-03", None, True),
        ("2026-10-02", "2026-10-02", None, False),
        ("2026-08-25", None, ["website"], True),
        ("2026-08-25", None, ["yearbook"], False),
        ("2026-08-25", None, ["yearbook", "website"], True),
        ("2026-08-25", None, ["Website"], False),
    ],
)
def test_an_opt_out_holds_from_its_day_until_its_end(
    since: str, ended: str | None, purposes: list[str] | None, *, out: bool
) -> None:
    case = a_portrait().opted_out("s1", since=since, ended=ended, purposes=purposes)
    assert terms(case).opted_out == ({"s1"} if out else set())


def test_an_opt_out_outlives_the_eighteenth_birthday() -> None:
    assert terms(a_portrait().knows("s1", born=ADULT).opted_out("s1")).opted_out == {"s1"}


# Valid consent


def faults_of(case: CaseBuilder) -> tuple[str, ...]:
    read = parse_case(case.raw())
    return consent_faults(read.consents[0], read.students[0], read)


def holds(case: CaseBuilder) -> bool:
    read, faults = parse_case(case.raw()), faults_of(case)
    assert (terms_of(read).consented == {"s1"}) is (not faults), "the reasons and the term agree"
    return not faults


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        pytest.param({}, True, id="in ink"),
        pytest.param({"signature": "none"}, False, id="not signed"),
        pytest.param({"signature": "electronic"}, False, id="electronic, not authenticated"),
        pytest.param({"signature": "electronic", "authenticated": True}, True, id="electronic and authenticated"),
        pytest.param({"signature": "none", "authenticated": True}, False, id="authenticated but not signed"),
        pytest.param({"signed_on": None}, False, id="undated"),
        pytest.param({"signed_on": "2026-10-02"}, True, id="signed on the day"),
        pytest.param({"signed_on": "2026-10-03"}, False, id="signed after the day"),
        pytest.param({"signed_by": None}, False, id="signed by nobody"),
        pytest.param({"signed_by": "p2"}, False, id="signed by someone else's parent"),
        pytest.param({"signed_by": "s1"}, False, id="signed by a minor"),
        pytest.param({"purpose": None}, False, id="for no purpose"),
        pytest.param({"purpose": "yearbook"}, False, id="for another purpose"),
        pytest.param({"purpose": "Website"}, False, id="for a purpose written otherwise"),
        pytest.param({"parties": []}, False, id="for no party"),
        pytest.param({"parties": ["jostens"]}, False, id="for another party"),
        pytest.param({"parties": ["jostens", "asker"]}, True, id="for the recipient by id"),
        pytest.param({"assets": ["a1"]}, True, id="for this recording"),
        pytest.param({"assets": ["a2"]}, False, id="for another recording"),
        pytest.param({"expires": "2026-10-01"}, False, id="expired yesterday"),
        pytest.param({"expires": "2026-10-02"}, True, id="expires today"),
        pytest.param({"revoked_on": "2026-10-02"}, False, id="revoked today"),
        pytest.param({"revoked_on": "2026-10-03"}, True, id="revoked tomorrow"),
    ],
)
def test_a_consent_holds_when_every_part_of_it_does(changes: dict[str, object], *, valid: bool) -> None:
    assert holds(a_portrait().consent("s1", **changes)) is valid


def test_a_party_may_be_named_by_id_or_role_or_as_the_public() -> None:
    def named(*parties: str) -> bool:
        return holds(a_portrait().to("law_enforcement", "officer-7").consent("s1", parties=list(parties)))

    assert named("officer-7")
    assert named("law_enforcement")
    assert named("public")
    assert not named("officer-8")
    assert not named("parent")


def test_a_recipient_without_an_id_is_named_by_role_or_public_alone() -> None:
    assert not holds(a_portrait().to("court").consent("s1", parties=["asker"]))
    assert holds(a_portrait().to("court").consent("s1", parties=["court"]))


def test_either_of_two_guardians_may_sign() -> None:
    assert holds(a_portrait().knows("s1", guardians=["p1", "p2"]).consent("s1", signed_by="p2"))


def test_a_minor_without_guardians_has_nobody_who_could_sign() -> None:
    assert not holds(a_portrait().consent("s1").knows("s1", guardians=[]))


@pytest.mark.parametrize(
    ("born", "signed_by", "signed_on", "valid"),
    [
        pytest.param("2008-09-20", "p1", "2026-09-10", False, id="a parent's earlier consent no longer counts"),
        pytest.param("2008-09-20", "p1", "2026-09-25", False, id="nor one the parent signs after the birthday"),
        pytest.param("2008-09-20", "s1", "2026-09-19", False, id="nor what the student signed the day before"),
        pytest.param("2008-09-20", "s1", "2026-09-20", True, id="what the student signs on the birthday does"),
        pytest.param("2008-10-03", "p1", "2026-09-10", True, id="a parent signs until the day before"),
        pytest.param("2008-10-03", "s1", "2026-09-10", False, id="a minor does not"),
        pytest.param("2008-10-02", "s1", "2026-10-02", True, id="eighteen today, signed today"),
        pytest.param("2008-02-29", "s1", "2026-02-28", False, id="a leap child is a minor on 28 February"),
        pytest.param("2008-02-29", "s1", "2026-03-01", True, id="and eligible on 1 March"),
    ],
)
def test_at_eighteen_the_student_signs(born: str, signed_by: str, signed_on: str, *, valid: bool) -> None:
    assert holds(a_portrait().knows("s1", born=born).consent("s1", signed_by=signed_by, signed_on=signed_on)) is valid


def test_a_postsecondary_student_signs_at_any_age_and_the_parent_does_not() -> None:
    case = a_portrait().knows("s1", postsecondary=True)
    assert holds(case.consent("s1", signed_by="s1", signed_on="2020-01-01"))
    assert not holds(a_portrait().knows("s1", postsecondary=True).consent("s1"))


@pytest.mark.parametrize(
    ("opt_out", "faults"),
    [
        pytest.param({"since": "2026-09-11"}, ("doubtful",), id="the day after"),
        pytest.param({"since": "2026-09-10"}, ("doubtful",), id="on the day of the signature"),
        pytest.param({"since": "2026-09-09"}, (), id="the day before"),
        pytest.param({"since": "2026-08-25"}, (), id="before"),
        pytest.param({"since": "2026-10-03"}, (), id="not in force yet"),
        pytest.param({"since": "2026-09-11", "ended": "2026-10-02"}, (), id="ended"),
        pytest.param({"since": "2026-09-11", "purposes": ["yearbook"]}, (), id="of another purpose"),
        pytest.param({"since": "2026-09-11", "purposes": ["website"]}, ("doubtful",), id="of this purpose"),
    ],
)
def test_an_opt_out_in_force_after_a_consent_makes_it_doubtful(
    opt_out: dict[str, str], faults: tuple[str, ...]
) -> None:
    case = a_portrait().consent("s1", signed_on="2026-09-10").opted_out("s1", **opt_out)
    assert faults_of(case) == faults
    assert holds(case) is not bool(faults)
    assert terms(case).doubtful == ({"s1"} if faults else set())


@pytest.mark.parametrize(("since", "faults"), [("2026-09-10", ()), ("2026-09-11", ("doubtful",))])
def test_a_consent_that_is_known_to_be_the_last_word_of_its_day_holds(since: str, faults: tuple[str, ...]) -> None:
    case = a_portrait().consent("s1", signed_on="2026-09-10", after_opt_out=True).opted_out("s1", since=since)
    assert faults_of(case) == faults


def test_a_consent_that_fails_anyway_or_beside_one_that_holds_is_no_doubtful_one() -> None:
    wrong = a_portrait().consent("s1", purpose="yearbook").opted_out("s1", since="2026-09-30")
    assert faults_of(wrong) == ("purpose", "doubtful")
    assert terms(wrong).doubtful == set()
    anew = a_portrait().consent("s1").consent("s1", signed_on="2026-10-01").opted_out("s1", since="2026-09-30")
    assert (terms(anew).doubtful, terms(anew).consented) == (set(), {"s1"})


def test_a_doubtful_consent_of_somebody_who_cannot_be_identified_is_no_doubt() -> None:
    case = a_portrait().student("s2").consent("s2").opted_out("s2", since="2026-09-30")
    assert terms(case).doubtful == set()


# Protected


def test_a_protected_student_is_directly_related_even_in_the_background() -> None:
    case = a_portrait().shows("s2", "incidental").knows("s2", protected=True)
    assert (terms(case).related, terms(case).focus, terms(case).protected) == ({"s1", "s2"}, {"s1"}, {"s2"})


def test_a_protected_student_who_cannot_be_identified_is_not() -> None:
    case = a_portrait().shows("s2", identifiable=False).student("s3", protected=True).knows("s2", protected=True)
    assert (terms(case).related, terms(case).protected) == ({"s1"}, set())


@pytest.mark.parametrize("opt_out", [None, {"since": "2026-08-25", "purposes": ["yearbook"]}, {"since": "2026-12-01"}])
def test_a_protected_student_counts_as_opted_out_for_every_purpose(opt_out: dict[str, str] | None) -> None:
    assert terms(a_portrait().knows("s1", protected=True, opted_out=opt_out)).opted_out == {"s1"}


def test_a_protected_student_has_no_valid_consent_and_no_doubtful_one() -> None:
    case = a_portrait().consent("s1").knows("s1", protected=True)
    assert faults_of(case) == ("protected",)
    assert terms(case).consented == set()
    assert terms(case.opted_out("s1", since="2026-09-30")).doubtful == set()


def test_a_protected_child_is_a_parents_own() -> None:
    assert own(a_portrait().knows("s1", protected=True).to("parent", "p1")) == ({"s1"}, "EX2")


def test_one_consent_that_holds_is_enough() -> None:
    case = a_portrait().consent("s1", signature="none").consent("s1").consent("s1", purpose=None)
    assert terms(case).consented == {"s1"}


# Directory route


def route(case: CaseBuilder) -> bool:
    return terms(case).route_open


def test_the_route_is_open_in_the_base_case() -> None:
    assert route(a_portrait())


@pytest.mark.parametrize(
    ("notice", "day", "holds"),
    [
        (None, "2026-10-02", False),
        ("2026-10-02", "2026-10-02", True),
        ("2026-10-03", "2026-10-02", False),
        ("2025-10-03", "2026-10-02", True),
        ("2025-10-02", "2026-10-02", False),
        ("2024-02-29", "2025-02-28", True),
        ("2024-02-29", "2025-03-01", False),
        ("2023-02-28", "2024-02-28", False),
        ("2023-03-01", "2024-02-29", True),
        ("2023-03-01", "2024-03-01", False),
        ("9999-01-01", "9999-12-31", True),
        ("9998-12-31", "9999-12-31", False),
        ("0001-01-01", "0001-01-01", True),
    ],
)
def test_a_notice_holds_for_less_than_a_year(notice: str | None, day: str, *, holds: bool) -> None:
    read = terms(a_portrait().on(day).district(directory_notice=notice, opt_out_window_ends=None))
    assert ("EX4-NOTICE" not in read.route_closed_by) is holds
    assert read.route_open is holds


@pytest.mark.parametrize(
    ("ends", "over"),
    [
        (None, True),
        ("2026-10-01", True),
        ("2026-10-02", False),
        ("2026-10-03", False),
        ("2026-08-20", True),
        ("2026-08-19", False),
        ("2025-09-04", False),
    ],
)
def test_the_opt_out_window_is_over_the_day_after_and_not_last_years(ends: str | None, *, over: bool) -> None:
    read = terms(a_portrait().district(opt_out_window_ends=ends))
    assert read.route_closed_by == (() if over else ("EX4-WINDOW",))


@pytest.mark.parametrize(
    ("case", "clause"),
    [
        (a_portrait().district(directory_includes_images=False), "EX4-DEFINITION"),
        (a_portrait().district(directory_limited_to=["yearbook"]), "EX4-LIMITED"),
        (a_portrait().used_for("discipline"), "EX4-DISCIPLINE"),
        (a_portrait().student("s2").used_for("discipline", "s2"), "EX4-DISCIPLINE"),
        (a_portrait().asset(directory_status="not_eligible"), "EX4-NOT-DIRECTORY"),
        (a_portrait().asset(directory_status="undetermined"), "EX4-NOT-DIRECTORY"),
        (a_portrait().asset(closed="why"), "CLOSED"),
        (a_portrait().asset(confidential="why"), "CONFIDENTIAL"),
    ],
)
def test_each_condition_closes_the_route(case: CaseBuilder, clause: str) -> None:
    assert terms(case).route_closed_by == (clause,)


@pytest.mark.parametrize("purpose", ["victim", "violation", "health_emergency", "other"])
def test_other_official_uses_leave_the_route_open(purpose: str) -> None:
    assert route(a_portrait().used_for(purpose))


def test_a_limited_policy_that_names_the_purpose_leaves_it_open() -> None:
    assert route(a_portrait().district(directory_limited_to=["yearbook", "website"]))


def test_without_a_district_there_is_no_notice() -> None:
    raw = a_portrait().raw()
    raw["district"] = None
    assert terms_of(parse_case(raw)).route_closed_by == ("EX4-NOTICE", "EX4-DEFINITION")


# Own


def own(case: CaseBuilder) -> tuple[set[str], str]:
    read = terms(case)
    return set(read.own), read.own_clause if read.own else ""


def two() -> CaseBuilder:
    return a_case().shows("s1").shows("s2")


def test_a_parents_own_are_the_minors_whose_guardian_they_are() -> None:
    assert own(two().to("parent", "p1")) == ({"s1"}, "EX2")
    assert own(two().knows("s2", guardians=["p2", "p1"]).to("parent", "p1")) == ({"s1", "s2"}, "EX2")


def test_a_parent_has_no_own_who_is_eligible() -> None:
    assert own(two().knows("s1", born=ADULT).to("parent", "p1")) == (set(), "")
    assert own(two().knows("s1", postsecondary=True).to("parent", "p1")) == (set(), "")


def dependent(case: CaseBuilder, *students: str) -> CaseBuilder:
    return case.evidence(dependent={"students": list(students)})


def test_a_parent_has_a_grown_dependent_as_their_own() -> None:
    case = two().knows("s1", born=ADULT).to("parent", "p1")
    assert terms(dependent(case, "s1")).own_by == {"EX2-DEPENDENT": {"s1"}}
    assert own(dependent(case, "s2")) == (set(), "")
    assert own(dependent(two().knows("s1", postsecondary=True).to("parent", "p1"), "s1")) == ({"s1"}, "EX2-DEPENDENT")


def test_a_minor_who_is_listed_as_dependent_is_the_parents_anyway() -> None:
    assert terms(dependent(two().to("parent", "p1"), "s1")).own_by == {"EX2": {"s1"}}


def test_a_parent_may_have_children_on_both_grounds() -> None:
    case = two().knows("s1", born=ADULT).knows("s2", guardians=["p1"]).to("parent", "p1")
    read = terms(dependent(case, "s1"))
    assert (read.own, read.own_by) == ({"s1", "s2"}, {"EX2": {"s2"}, "EX2-DEPENDENT": {"s1"}})
    assert read.own_clause == "EX2"


def test_a_dependent_is_the_own_of_a_guardian_alone() -> None:
    assert own(dependent(two().knows("s1", born=ADULT).to("parent", "p9"), "s1")) == (set(), "")
    assert own(dependent(two().knows("s1", born=ADULT).to("public", "p1"), "s1")) == (set(), "")
    crowd = a_portrait().shows("s2", "incidental").knows("s2", born=ADULT).to("parent", "p2")
    assert own(dependent(crowd, "s2")) == (set(), "")


def test_the_parents_of_a_minor_who_died_keep_their_rights() -> None:
    case = two().knows("s1", born="2005-01-01", died="2020-05-01").to("parent", "p1")
    assert own(case) == ({"s1"}, "EX2")
    assert holds(case.consent("s1"))


def test_a_parent_without_an_id_is_nobodys() -> None:
    assert own(two().to("parent")) == (set(), "")


def test_an_incidental_child_is_not_own() -> None:
    assert own(a_portrait().shows("s2", "incidental").to("parent", "p2")) == (set(), "")


def test_an_eligible_student_has_themselves_alone() -> None:
    case = two().knows("s1", born=ADULT).knows("s2", born=ADULT)
    assert own(case.to("eligible_student", "s1")) == ({"s1"}, "EX2")
    assert own(two().to("eligible_student", "s1")) == (set(), "")
    assert own(case.to("eligible_student")) == (set(), "")


def test_a_guardians_id_in_another_role_gives_nothing() -> None:
    assert own(two().to("public", "p1")) == (set(), "")
    assert own(two().knows("s1", born=ADULT).to("public", "s1")) == (set(), "")


def test_the_polices_own_are_those_of_a_certified_pre_adjudication() -> None:
    listed = {"students": ["s1"], "certified": True}
    assert own(two().to("law_enforcement").evidence(pre_adjudication=listed)) == ({"s1"}, "EX6")
    assert own(two().to("juvenile_office").evidence(pre_adjudication=listed)) == (set(), "")
    listed = {"students": ["s1"], "certified": False}
    assert own(two().to("law_enforcement").evidence(pre_adjudication=listed)) == (set(), "")


def test_the_childrens_divisions_own_are_those_it_is_responsible_for() -> None:
    responsible = {"ground": "legal_responsibility", "students": ["s2"]}
    assert own(two().to("childrens_division").evidence(child_welfare=responsible)) == ({"s2"}, "EX8")
    assert own(two().to("court").evidence(child_welfare=responsible)) == (set(), "")
    reported = {"ground": "mandated_report", "students": ["s2"]}
    assert own(two().to("childrens_division").evidence(child_welfare=reported)) == (set(), "")


def test_own_is_within_the_directly_related() -> None:
    case = a_portrait().shows("s2", "incidental").student("s3")
    listed = {"students": ["s1", "s2", "s3"], "certified": True}
    assert own(case.to("law_enforcement").evidence(pre_adjudication=listed)) == ({"s1"}, "EX6")


# Pre-adjudication applies


def test_pre_adjudication_applies_to_a_listed_student_who_is_depicted() -> None:
    case = a_portrait().shows("s2", "incidental").shows("s3", identifiable=False)
    assert terms(case.evidence(pre_adjudication={"students": ["s2"]})).preadjudication == {"s2"}
    assert terms(case.evidence(pre_adjudication={"students": ["s3"]})).preadjudication == set()
    assert terms(case.evidence(pre_adjudication={"students": []})).preadjudication == set()
