"""Every error that "A case" lists, every null rule, and that nothing else is an error."""

from __future__ import annotations

from typing import Any

import pytest
from case_builder import CaseBuilder, a_portrait

from dam_plugin.errors import CaseError, Problem
from dam_plugin.model import OptOut
from dam_plugin.procedure.case import Case, cross_check, parse_case, parse_evidence
from dam_plugin.procedure.case_problems import Hints

LEFT_OUT = object()


def full() -> CaseBuilder:
    """Return a case in which every list and block of evidence has an entry."""
    return (
        a_portrait()
        .opted_out("s1", ended="2026-09-30", purposes=["website"])
        .consent("s1", assets=["a1"], expires="2027-01-01", revoked_on="2026-12-01")
        .used_for("victim", "s1")
        .district(directory_limited_to=["website"])
        .asset(
            record_pii=["s1"], closed="why", confidential="why", unidentified_people=0, redactable=True,
            meaning="preserved", maintained_by="district", cannot_be_redacted=False,
        )
        .knows("s1", died="2026-10-01", protected=True)
        .share(names=["s1"])
        .to("public", "asker")
        .evidence(
            legitimate_interest=True,
            records_authorized=True,
            pre_adjudication={"students": ["s1"], "certified": True},
            order={
                "kind": "subpoena", "verified": True, "notice_required": False, "notified": ["s1"], "assets": ["a1"],
            },
            dependent={"students": ["s1"]},
            child_welfare={"ground": "mandated_report", "students": ["s1"]},
            emergency={"threat": "words", "recipient_needs_it": True},
        )
    )  # fmt: skip


def changed(path: str, value: object, case: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the full case with the field at `path` (`students[0].born`) set, or taken out with LEFT_OUT."""
    raw: Any = full().raw() if case is None else case
    holder, steps = raw, path.replace("[", ".[").split(".")
    for step in steps[:-1]:
        holder = holder[int(step[1:-1])] if step.startswith("[") else holder[step]
    last: Any = int(steps[-1][1:-1]) if steps[-1].startswith("[") else steps[-1]
    if value is LEFT_OUT:
        del holder[last]
    else:
        holder[last] = value
    return dict(raw)


def problems(raw: object) -> dict[str, str]:
    """Return the problems of a case as path -> message, one a field in these tests; empty when there are none."""
    found: tuple[Problem, ...] = ()
    try:
        parse_case(raw)
    except CaseError as error:
        found = error.problems
    assert len({each.path for each in found}) == len(found), found
    return {each.path: each.message for each in found}


def parsed(raw: object) -> Case:
    return parse_case(raw)


def test_the_full_case_has_no_problem() -> None:
    assert problems(full().raw()) == {}


REQUIRED = (
    "id",
    "at",
    "asset",
    "asset.id",
    "share",
    "share.kind",
    "share.purpose",
    "share.actor",
    "share.actor.role",
    "share.recipient",
    "share.recipient.role",
    "students[0].id",
    "students[0].opted_out.since",
    "asset.appearances[0].student",
    "asset.official_uses[0].purpose",
    "consents[0].student",
)


@pytest.mark.parametrize("path", REQUIRED)
def test_a_required_field_that_is_missing_is_named(path: str) -> None:
    raw = changed(path, LEFT_OUT)
    if path == "students[0].id":
        raw = changed(path, LEFT_OUT, changed("consents", []))
        raw["asset"].update(appearances=[], official_uses=[], record_pii=[])
        raw["share"].update(names=[], evidence={})
    assert problems(raw) == {path: "is required"}


@pytest.mark.parametrize("path", REQUIRED)
def test_a_required_field_must_not_be_null(path: str) -> None:
    assert path in problems(changed(path, None))


@pytest.mark.parametrize(
    "path",
    [
        "district", "asset.maintained_by", "asset.tagging", "asset.directory_status", "asset.official_uses", "asset.record_pii",
        "asset.closed", "asset.confidential", "asset.unidentified_people", "asset.redactable", "asset.meaning",
        "asset.appearances", "asset.appearances[0].prominence", "asset.appearances[0].identifiable",
        "asset.appearances[0].located", "asset.official_uses[0].students", "students[0].born", "students[0].guardians",
        "students[0].opted_out", "students[0].opted_out.ended", "students[0].opted_out.purposes", "consents",
        "consents[0].signed_by", "consents[0].signed_on", "consents[0].signature", "consents[0].purpose",
        "consents[0].parties", "consents[0].assets", "consents[0].expires", "consents[0].revoked_on", "share.names",
        "share.actor.id", "share.recipient.id", "share.evidence", "share.evidence.pre_adjudication.students",
        "share.evidence.order.kind", "share.evidence.order.notice_required", "share.evidence.child_welfare.ground",
        "share.evidence.order.assets", "share.evidence.dependent", "share.evidence.dependent.students",
        "share.recipient.known", "students[0].died", "students[0].protected", "asset.cannot_be_redacted",
        "district.directory_notice", "district.opt_out_window_ends", "district.directory_includes_images",
        "district.directory_limited_to",
    ],
)  # fmt: skip
def test_all_else_may_be_left_out(path: str) -> None:
    assert problems(changed(path, LEFT_OUT)) == {}


LISTS = (
    "asset.official_uses",
    "asset.record_pii",
    "asset.appearances",
    "asset.official_uses[0].students",
    "students[0].guardians",
    "consents",
    "consents[0].parties",
    "share.names",
)
EVIDENCE = (
    "legitimate_interest",
    "records_authorized",
    "pre_adjudication",
    "pre_adjudication.students",
    "pre_adjudication.certified",
    "order",
    "order.kind",
    "order.verified",
    "order.notice_required",
    "order.notified",
    "order.assets",
    "child_welfare",
    "child_welfare.ground",
    "child_welfare.students",
    "emergency",
    "emergency.threat",
    "emergency.recipient_needs_it",
    "dependent",
    "dependent.students",
)


@pytest.mark.parametrize(
    "path", ["district", "share.evidence", *LISTS, *[f"share.evidence.{path}" for path in EVIDENCE]]
)
def test_null_is_the_same_as_left_out(path: str) -> None:
    with_null, without = parsed(changed(path, None)), parsed(changed(path, LEFT_OUT))
    if path == "district":
        assert with_null.district is without.district is None
    else:
        assert with_null == without


def test_no_students_at_all_may_be_null() -> None:
    raw = changed("students", None)
    raw["consents"] = raw["asset"]["appearances"] = raw["asset"]["official_uses"] = raw["asset"]["record_pii"] = None
    raw["share"].update(names=None, evidence=None)
    assert parsed(raw).students == ()


@pytest.mark.parametrize(
    "path",
    [
        "district.directory_notice", "district.opt_out_window_ends", "district.directory_limited_to", "asset.closed",
        "asset.confidential", "students[0].born", "students[0].died", "students[0].opted_out",
        "students[0].opted_out.ended", "students[0].opted_out.purposes", "consents[0].signed_by",
        "consents[0].signed_on", "consents[0].purpose", "consents[0].assets", "consents[0].expires",
        "consents[0].revoked_on", "share.actor.id", "share.recipient.id",
    ],
)  # fmt: skip
def test_null_is_a_value_where_it_is_named(path: str) -> None:
    assert problems(changed(path, None)) == {}


@pytest.mark.parametrize(
    "path",
    [
        "district.directory_includes_images", "asset.maintained_by", "asset.tagging", "asset.directory_status",
        "asset.unidentified_people", "asset.redactable", "asset.meaning", "asset.appearances[0].prominence",
        "asset.appearances[0].identifiable", "asset.appearances[0].located", "students[0].postsecondary",
        "consents[0].signature", "consents[0].authenticated", "students[0].protected", "asset.cannot_be_redacted",
        "share.recipient.known",
    ],
)  # fmt: skip
def test_null_is_an_error_everywhere_else(path: str) -> None:
    assert list(problems(changed(path, None))) == [path]


def test_the_defaults_are_those_in_brackets() -> None:
    raw = {
        "id": "c1",
        "at": "2026-10-02",
        "asset": {"id": "a1", "appearances": [{"student": "s1"}]},
        "students": [{"id": "s1", "opted_out": {"since": "2026-08-25"}}],
        "consents": [{"student": "s1"}],
        "share": {"kind": "request", "purpose": "x", "actor": {"role": "designee"}, "recipient": {"role": "court"}},
    }
    case = parsed({**raw, "district": {}})
    asset, shown, student, consent = case.asset, case.asset.appearances[0], case.students[0], case.consents[0]
    assert (asset.maintained_by, asset.tagging, asset.directory_status) == ("district", "pending", "undetermined")
    assert (asset.closed, asset.confidential, asset.unidentified_people, asset.redactable) == (None, None, 0, False)
    assert (asset.meaning, asset.official_uses, asset.record_pii) == ("unreviewed", (), ())
    assert (shown.prominence, shown.identifiable, shown.located) == ("unknown", True, False)
    assert (student.born, student.postsecondary, student.guardians) == (None, False, ())
    assert (student.died, student.protected) == (None, False)
    assert (asset.cannot_be_redacted, case.share.recipient.known) == (False, True)
    assert student.opted_out is not None
    assert (student.opted_out.ended, student.opted_out.purposes) == (None, None)
    assert (consent.signed_by, consent.signed_on, consent.signature, consent.authenticated) == (
        None,
        None,
        "none",
        False,
    )
    assert (consent.purpose, consent.parties, consent.assets, consent.expires) == (None, (), None, None)
    assert (case.share.names, case.share.actor.id, case.share.recipient.id) == ((), None, None)
    assert case.district is not None
    assert (case.district.directory_notice, case.district.directory_includes_images) == (None, False)


def test_an_order_asks_for_notice_unless_it_says_otherwise() -> None:
    evidence = parsed(changed("share.evidence.order", {"kind": "subpoena"})).share.evidence
    assert evidence is not None
    assert evidence.order is not None
    assert (evidence.order.verified, evidence.order.notice_required, evidence.order.notified) == (False, True, ())
    assert evidence.order.assets is None


@pytest.mark.parametrize(
    ("holder", "wrong", "meant"),
    [
        ("", "studnets", "students"),
        ("district.", "directory_notise", "directory_notice"),
        ("asset.", "apearances", "appearances"),
        ("asset.appearances[0].", "prominance", "prominence"),
        ("asset.official_uses[0].", "student", "students"),
        ("students[0].", "guardian", "guardians"),
        ("students[0].opted_out.", "end", "ended"),
        ("consents[0].", "signed_bye", "signed_by"),
        ("share.", "purposes", "purpose"),
        ("share.actor.", "roles", "role"),
        ("share.recipient.", "rolle", "role"),
        ("share.evidence.", "orders", "order"),
        ("share.evidence.order.", "verifed", "verified"),
        ("share.evidence.emergency.", "thread", "threat"),
        ("share.evidence.dependent.", "student", "students"),
        ("share.recipient.", "knows", "known"),
        ("share.evidence.order.", "asset", "assets"),
        ("students[0].", "dead", "died"),
    ],
)
def test_an_unknown_field_is_named_with_the_one_that_was_meant(holder: str, wrong: str, meant: str) -> None:
    found = problems(changed(f"{holder}{wrong}", "x"))
    assert list(found) == [f"{holder}{wrong}"]
    assert f"did you mean '{meant}'?" in found[f"{holder}{wrong}"]


@pytest.mark.parametrize(
    ("path", "value", "meant"),
    [
        ("asset.tagging", "Complete", "complete"),
        ("share.recipient.role", "law enforcement", "law_enforcement"),
        ("share.evidence.order.kind", "subpena", "subpoena"),
    ],
)
def test_a_value_close_to_one_of_its_set_is_told_with_it(path: str, value: str, meant: str) -> None:
    assert problems(changed(path, value))[path].endswith(f"; did you mean '{meant}'?")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("asset.maintained_by", "library"), ("asset.tagging", "done"), ("asset.directory_status", "yes"),
        ("asset.meaning", "kept"), ("asset.appearances[0].prominence", "background"),
        ("asset.official_uses[0].purpose", "sports"), ("share.kind", "ask"), ("share.actor.role", "teacher"),
        ("share.recipient.role", "press"), ("consents[0].signature", "yes"),
        ("share.evidence.order.kind", "letter"), ("share.evidence.child_welfare.ground", "custody"),
        ("asset.tagging", "Complete"), ("asset.tagging", " complete"), ("asset.tagging", ["complete"]),
    ],
)  # fmt: skip
def test_a_value_outside_its_set_is_named(path: str, value: object) -> None:
    assert list(problems(changed(path, value))) == [path]


@pytest.mark.parametrize("value", [1, 0, "true", "yes", 1.0, [], {}])
@pytest.mark.parametrize(
    "path",
    [
        "district.directory_includes_images", "asset.redactable", "asset.appearances[0].identifiable",
        "asset.appearances[0].located", "students[0].postsecondary", "consents[0].authenticated",
        "share.evidence.legitimate_interest", "share.evidence.pre_adjudication.certified",
        "share.evidence.order.notice_required", "share.evidence.emergency.recipient_needs_it",
        "share.recipient.known", "students[0].protected", "asset.cannot_be_redacted",
    ],
)  # fmt: skip
def test_a_flag_is_true_or_false_and_nothing_like_it(path: str, value: object) -> None:
    assert problems(changed(path, value)) == {path: "must be true or false"}


@pytest.mark.parametrize("value", [True, False, 1.0, "1", [1], -1])
def test_a_count_is_a_whole_number_that_is_not_negative(value: object) -> None:
    assert list(problems(changed("asset.unidentified_people", value))) == ["asset.unidentified_people"]


TEXTS = (
    "id",
    "asset.id",
    "asset.closed",
    "asset.confidential",
    "share.purpose",
    "share.actor.id",
    "share.recipient.id",
    "share.evidence.emergency.threat",
    "consents[0].signed_by",
    "consents[0].purpose",
    "students[0].guardians[0]",
    "consents[0].parties[0]",
    "consents[0].assets[0]",
    "share.evidence.order.assets[0]",
    "students[0].opted_out.purposes[0]",
    "district.directory_limited_to[0]",
)


@pytest.mark.parametrize("value", ["", " ", "\t\n", 1, True, 1.5, ["x"], {}])
@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_text_and_neither_empty_nor_blank(path: str, value: object) -> None:
    assert list(problems(changed(path, value))) == [path]


DATES = (
    "at",
    "district.directory_notice",
    "district.opt_out_window_ends",
    "students[0].born",
    "students[0].died",
    "students[0].opted_out.since",
    "students[0].opted_out.ended",
    "consents[0].signed_on",
    "consents[0].expires",
    "consents[0].revoked_on",
)
NO_DATES = (
    "2026-02-30",
    "2025-02-29",
    "2026-13-01",
    "2026-1-2",
    "20261002",
    "2026-10-02T00:00:00",
    "2026-10-02 ",
    "2026-W40-5",
    "2026-275",
    "0000-01-01",
    "10000-01-01",
    "tomorrow",
    "",
    1,
    1.5,
    True,
    ["2026-10-02"],
)


@pytest.mark.parametrize("value", NO_DATES, ids=repr)
@pytest.mark.parametrize("path", DATES)
def test_a_date_is_written_as_year_month_day(path: str, value: object) -> None:
    assert list(problems(changed(path, value))) == [path]


@pytest.mark.parametrize(
    "path",
    [
        *LISTS,
        "students[0].opted_out.purposes",
        "consents[0].assets",
        "students",
        "share.evidence.order.assets",
        "share.evidence.dependent.students",
    ],
)
@pytest.mark.parametrize("value", ["s1", 1, True, {"s1": None}])
def test_a_list_is_a_list(path: str, value: object) -> None:
    assert path in problems(changed(path, value))


@pytest.mark.parametrize(
    "path", ["asset", "share", "district", "share.evidence", "share.actor", "students[0]", "consents[0]"]
)
@pytest.mark.parametrize("value", ["x", 1, True, ["x"]])
def test_a_mapping_is_a_mapping(path: str, value: object) -> None:
    assert path in problems(changed(path, value))


@pytest.mark.parametrize("value", [None, [], "case", 1, True])
def test_a_document_that_is_no_mapping_is_an_error(value: object) -> None:
    assert problems(value) == {"": "must be a mapping of fields"}


@pytest.mark.parametrize(
    "path",
    [
        "students[0].opted_out.purposes",
        "consents[0].assets",
        "district.directory_limited_to",
        "share.evidence.order.assets",
    ],
)
def test_an_empty_list_is_an_error_where_null_means_all(path: str) -> None:
    found = problems(changed(path, []))
    assert list(found) == [path]
    assert "null means all" in found[path]


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_is_fine_elsewhere(path: str) -> None:
    assert problems(changed(path, [])) == {}


def test_a_student_listed_twice_is_an_error() -> None:
    assert list(problems(full().student("s1").raw())) == ["students[1].id"]


def test_two_appearances_of_one_student_are_an_error() -> None:
    assert list(problems(full().shows("s1").raw())) == ["asset.appearances[1].student"]


def test_two_consents_of_one_student_are_none() -> None:
    assert problems(full().consent("s1").raw()) == {}


@pytest.mark.parametrize(
    "path",
    [
        "asset.appearances[0].student", "asset.official_uses[0].students[0]", "asset.record_pii[0]", "consents[0].student",
        "share.names[0]", "share.evidence.pre_adjudication.students[0]", "share.evidence.order.notified[0]",
        "share.evidence.child_welfare.students[0]", "share.evidence.dependent.students[0]",
    ],
)  # fmt: skip
def test_a_student_who_is_not_listed_is_an_error_in_every_field(path: str) -> None:
    found = problems(changed(path, "s9"))
    assert list(found) == [path]
    assert "s9" in found[path]


def test_a_student_who_is_not_listed_may_be_meant_for_one_who_is() -> None:
    case = full().student("S-1042").student("S-2077").student("S-3001")
    for given, meant in {"S-1024": "S-1042", "s-2077": "S-2077", "S-300": "S-3001", "s9": "s1"}.items():
        found = problems(changed("share.names[0]", given, case.raw()))
        assert found == {"share.names[0]": f"'{given}' is not in the list of students; did you mean '{meant}'?"}


def test_a_student_who_is_like_nobody_is_not_guessed() -> None:
    found = problems(changed("share.names[0]", "Hannah", full().student("S-1042").raw()))
    assert found == {"share.names[0]": "'Hannah' is not in the list of students"}


def test_a_blank_student_is_told_once() -> None:
    assert problems(changed("share.names[0]", " ")) == {"share.names[0]": "must not be empty or blank"}


@pytest.mark.parametrize(
    ("role", "recipient", "wrong"),
    [
        ("parent", "public", True),
        ("public", "court", True),
        ("public", "public", False),
        ("parent", "parent", False),
        ("parent", "custodian", False),
        ("court", "Public", False),
    ],
)
def test_a_recipient_must_not_bear_the_name_of_another_role(role: str, recipient: str, *, wrong: bool) -> None:
    found = problems(full().to(role, recipient).raw())
    assert list(found) == (["share.recipient.id"] if wrong else [])


@pytest.mark.parametrize("role", ["parent", "school_official", "emergency", "court"])
def test_a_publication_goes_to_the_public(role: str) -> None:
    assert list(problems(full().share(kind="publication").to(role, "x").raw())) == ["share.recipient.role"]


@pytest.mark.parametrize(("ended", "wrong"), [("2026-08-24", True), ("2026-08-25", False), ("2026-08-26", False)])
def test_an_opt_out_must_not_end_before_it_begins(ended: str, *, wrong: bool) -> None:
    found = problems(full().opted_out("s1", ended=ended).raw())
    assert list(found) == (["students[0].opted_out.ended"] if wrong else [])


def test_a_student_is_not_among_their_own_guardians() -> None:
    assert list(problems(full().knows("s1", guardians=["p1", "s1"]).raw())) == ["students[0].guardians[1]"]


def test_all_problems_of_a_case_are_named_at_once() -> None:
    raw = full().share(kind="publication").to("parent", "court").opted_out("s1", ended="2026-01-01").raw()
    raw.update(at="2026-02-30", studnets=[])
    raw["asset"].update(unidentified_people=-1, redactable=1, record_pii=["s9"])
    del raw["asset"]["id"]
    assert set(problems(raw)) == {
        "at",
        "studnets",
        "asset.id",
        "asset.unidentified_people",
        "asset.redactable",
        "asset.record_pii[0]",
        "share.recipient.id",
        "share.recipient.role",
        "students[0].opted_out.ended",
    }


def test_an_error_carries_the_id_of_the_case_where_it_could_be_read() -> None:
    with pytest.raises(CaseError) as caught:
        parse_case(changed("at", "never"))
    assert caught.value.case_id == "c1"
    with pytest.raises(CaseError) as caught:
        parse_case(changed("id", 7))
    assert caught.value.case_id is None


def test_evidence_alone_is_read_as_within_a_case() -> None:
    raw = full().raw()
    assert parse_evidence(raw["share"]["evidence"]) == parsed(raw).share.evidence


def test_evidence_alone_names_every_problem_with_its_path() -> None:
    with pytest.raises(CaseError) as caught:
        parse_evidence({"orders": {}, "order": {"verified": 1}, "emergency": {"threat": " "}})
    assert {each.path for each in caught.value.problems} == {
        "share.evidence.orders",
        "share.evidence.order.verified",
        "share.evidence.emergency.threat",
    }


# Hostile


def test_guesses_are_bounded_and_every_problem_is_told_all_the_same() -> None:
    raw = {**full().raw(), **{f"studentz{number}": 1 for number in range(20_000)}}
    found = problems(raw)
    assert len(found) == 20_000
    assert found["studentz0"].endswith("did you mean 'students'?")
    assert found["studentz19999"] == "is not known here"


def test_a_word_of_megabytes_is_neither_guessed_at_nor_repeated() -> None:
    long = "students" * 500_000
    raw = {**changed("share.names[0]", long), long: 1}
    raw["asset"]["tagging"] = long
    assert all(len(path) < 200 and len(message) < 200 for path, message in problems(raw).items())
    assert len(problems(raw)) == 3


@pytest.mark.parametrize("character", ["\0", "\n", "\x1b", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize(
    "path", ["id", "asset.id", "students[0].guardians[0]", "consents[0].parties[0]", "share.actor.id"]
)
def test_an_id_has_no_control_characters(path: str, character: str) -> None:
    assert problems(changed(path, f"a{character}b")) == {path: "must not contain control characters"}


# Wrapped


def test_a_case_may_stand_under_its_key_beside_its_story() -> None:
    beside = {"story": "s", "clause": "c", "expect": {"outcome": "deny"}, "why": "w", "ruling": "r"}
    assert parsed({**beside, "case": full().raw()}) == parsed(full().raw())


def test_a_path_in_a_wrapped_case_is_the_path_within_the_case() -> None:
    assert list(problems({"case": changed("asset.appearances[0].student", "s9")})) == ["asset.appearances[0].student"]


def test_an_unknown_field_beside_a_case_is_an_error() -> None:
    found = problems({"stori": "s", "case": full().raw()})
    assert found == {"stori": "is not known here; did you mean 'story'?"}


def test_a_wrapped_case_that_is_none_is_an_error() -> None:
    assert problems({"case": None, "story": "s"}) == {"": "must be a mapping of fields"}


def test_a_bare_case_has_no_story() -> None:
    assert list(problems({**full().raw(), "story": "s"})) == ["story"]


# Nothing else is an error


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(full().consent("s1", signed_on="2030-01-01"), id="a consent signed after the day"),
        pytest.param(full().consent("s1", expires="2026-01-01"), id="a consent that expires before it is signed"),
        pytest.param(full().consent("s1", revoked_on="2020-01-01"), id="a consent revoked before it is signed"),
        pytest.param(full().district(opt_out_window_ends="2020-01-01"), id="a window before its notice"),
        pytest.param(full().district(directory_notice="2030-01-01"), id="a notice after the day"),
        pytest.param(full().knows("s1", born="2030-01-01"), id="a birth after the day"),
        pytest.param(full().opted_out("s1", since="2030-01-01"), id="an opt-out after the day"),
        pytest.param(full().knows("s1", died="2030-01-01"), id="a death after the day"),
        pytest.param(full().knows("s1", died="1999-01-01"), id="a death before the birth"),
        pytest.param(full().evidence(order={"assets": ["z9", "z9"]}), id="an order for recordings that nobody knows"),
        pytest.param(full().to("public", "x", known=False), id="a member of the public whom no roster knows"),
        pytest.param(full().evidence(dependent={"students": []}), id="dependents, and none of them"),
        pytest.param(full().opted_out("s1", since="1999-01-01"), id="an opt-out before the birth"),
        pytest.param(full().student("s2", guardians=[]).knows("s2", guardians=["p1"]), id="a shared guardian"),
        pytest.param(full().student("s2").knows("s2", guardians=["s1"]), id="a student as another's guardian"),
        pytest.param(full().knows("s1", guardians=["p1", "p1"]), id="a guardian twice"),
        pytest.param(full().to("eligible_student", "p9"), id="an eligible student who is not listed"),
        pytest.param(full().to("parent", "p9"), id="a parent of nobody"),
        pytest.param(full().consent("s1", signed_by="x9", parties=["y9"], assets=["z9"]), id="free ids"),
        pytest.param(full().consent("s1", parties=["public", "public"]), id="a party twice"),
        pytest.param(full().share(names=["s1", "s1"]), id="a name twice"),
        pytest.param(full().asset(record_pii=["s1", "s1"]), id="record information twice"),
        pytest.param(full().share(purpose="für Oma & Opa: {braces}"), id="any text as a purpose"),
        pytest.param(full().student("s3"), id="a student who is not in it"),
        pytest.param(full().used_for("discipline"), id="an official use that names nobody"),
        pytest.param(full().on("9999-12-31"), id="the last day of the calendar"),
        pytest.param(full().on("0001-01-01"), id="the first day of the calendar"),
    ],
)
def test_nothing_else_is_an_error(case: CaseBuilder) -> None:
    case.decide()
    assert problems(case.raw()) == {}


def test_a_purpose_is_any_text_wherever_it_stands() -> None:
    purpose = "for the board,\nsecond line"
    case = full().share(purpose=purpose).district(directory_limited_to=[purpose]).opted_out("s1", purposes=[purpose])
    read = parsed(case.consent("s1").raw())
    assert read.students[0].opted_out == OptOut(since=read.students[0].opted_out.since, purposes=(purpose,))  # type: ignore[union-attr]


# What is asked fast and what is told


MISFITS = {
    "asset.record_pii": ["s9"],
    "asset.appearances[0].student": "s9",
    "asset.official_uses[0].students": ["s1", "s9"],
    "consents[0].student": "s9",
    "share.names": ["s9"],
    "share.evidence.pre_adjudication.students": ["s9"],
    "share.evidence.order.notified": ["s9"],
    "share.evidence.child_welfare.students": ["s9"],
    "share.evidence.dependent.students": ["s9"],
    "share.recipient.id": "court",
    "share.kind": "publication",
    "students[0].guardians": ["p1", "s1"],
    "students[0].opted_out.ended": "2026-08-24",
}


def test_a_case_is_refused_exactly_where_something_between_its_fields_is_told() -> None:
    """Whether fields fit together is asked fast and told slowly: both must see the same."""
    fitting = full().to("parent", "p1")
    assert cross_check(fitting.raw(), (), Hints()) == []
    parsed(fitting.raw())
    twice = {
        "students": full().student("s1").raw(),
        "appearances": full().shows("s1").raw(),
        **{path: changed(path, value, fitting.raw()) for path, value in MISFITS.items()},
    }
    for where, raw in twice.items():
        assert cross_check(raw, (), Hints()), where
        assert problems(raw), where
