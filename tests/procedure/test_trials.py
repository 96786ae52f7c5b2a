"""The `expect` block of a case file: what it may hold, what is told of a wrong one, and what is compared."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from case_builder import a_case, a_portrait
from case_strategies import cases
from hypothesis import HealthCheck, given, settings

from dam_plugin.errors import CaseError
from dam_plugin.model import Decision
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.trials import Difference, Trial, check_expectation, differences, read_trial

Raw = dict[str, Any]
law = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

# s1 and s3 opted out, s2 did not: a copy hides s1 and s3.
GROUP = a_portrait().shows("s2").shows("s3").opted_out("s1").opted_out("s3").redactable()
RIGHT: Raw = {
    "outcome": "redact",
    "redact": ["s1", "s3"],
    "basis": {"s2": "EX4"},
    "reasons": ["EX4-OPTOUT"],
    "record_disclosure": False,
}


def expectation_of(decision: Decision) -> Raw:
    """Return the `expect` block, complete, that a decision fulfils."""
    return {
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "reasons": [{"clause": each.clause, "students": list(each.students)} for each in decision.reasons],
        "record_disclosure": decision.record_disclosure,
    }


def compared(expect: Raw, decision: Decision) -> tuple[Difference, ...]:
    expected, findings = check_expectation({"expect": expect})
    assert expected is not None, findings
    return differences(expected, decision)


def fields_of(expect: Raw, decision: Decision) -> list[str]:
    return [each.field for each in compared(expect, decision)]


def read(document: Raw, *, line: int = 1) -> Trial:
    return read_trial(json.dumps(document), as_json=True, name="cases.jsonl", line=line)


def problems(document: object) -> dict[str, str]:
    """Return the problems of a case file as path -> message; empty when there are none."""
    try:
        read_trial(json.dumps(document), as_json=True, name="case.json")
    except CaseError as error:
        return {each.path: each.message for each in error.problems}
    return {}


def of_expect(**changes: object) -> dict[str, str]:
    return problems({"expect": {"outcome": "allow", **changes}, "case": a_portrait().raw()})


# Comparing


def test_a_decision_as_expected_differs_in_nothing() -> None:
    assert compared(RIGHT, GROUP.decide()) == ()


@pytest.mark.parametrize(
    ("field", "expected", "found"),
    [
        ("outcome", "deny", "redact"),
        ("redact", ["s1", "s2"], ["s1", "s3"]),
        ("redact", [], ["s1", "s3"]),
        ("basis", {"s2": "EX3"}, {"s2": "EX4"}),
        ("basis", {}, {"s2": "EX4"}),
        ("reasons", ["EX4"], ["EX4-OPTOUT"]),
        ("reasons", ["EX4-OPTOUT", "EX4"], ["EX4-OPTOUT"]),
        ("reasons", [], ["EX4-OPTOUT"]),
        (
            "reasons",
            [{"clause": "EX4-OPTOUT", "students": ["s1"]}],
            [{"clause": "EX4-OPTOUT", "students": ["s1", "s3"]}],
        ),
        ("record_disclosure", True, False),
    ],
)
def test_a_field_that_is_not_as_expected_is_told_with_both_sides(field: str, expected: object, found: object) -> None:
    assert compared({**RIGHT, field: expected}, GROUP.decide()) == (Difference(field, expected, found),)


def test_reasons_are_compared_in_their_order() -> None:
    decision = a_portrait().asset(closed="a camera").not_directory().decide()
    clauses = [each.clause for each in decision.reasons]
    assert len(clauses) > 1
    assert fields_of({"outcome": "deny", "reasons": clauses}, decision) == []
    assert fields_of({"outcome": "deny", "reasons": clauses[::-1]}, decision) == ["reasons"]


@pytest.mark.parametrize("left_out", ["basis", "reasons", "record_disclosure"])
def test_a_field_that_is_left_out_is_not_compared(left_out: str) -> None:
    decision = a_portrait().to("law_enforcement").not_directory().decide()
    wrong = {"outcome": "deny", "basis": {"s1": "EX9"}, "reasons": ["OPEN"], "record_disclosure": False}
    assert left_out in fields_of(wrong, decision)
    del wrong[left_out]
    assert left_out not in fields_of(wrong, decision)


@pytest.mark.parametrize("others", [{}, {"basis": {"s2": "EX4"}}, {"record_disclosure": None}])
def test_whom_a_copy_hides_has_to_be_named_where_the_outcome_is_redact(others: Raw) -> None:
    found = problems({"expect": {"outcome": "redact", **others}, "case": GROUP.raw()})
    assert found["expect.redact"] == (
        "is required where the outcome is 'redact': nothing would be checked of whom the copy hides"
    )


def test_the_lacking_names_are_told_at_the_place_of_what_is_expected() -> None:
    with pytest.raises(CaseError) as caught:
        read({"expect": {"outcome": "redact"}, "case": GROUP.raw()}, line=4)
    assert [each.place for each in caught.value.problems] == ["cases.jsonl:4:12"]


@pytest.mark.parametrize("outcome", ["allow", "refer", "deny"])
def test_redact_left_out_is_nobody_with_any_other_outcome(outcome: str) -> None:
    assert compared({"outcome": outcome}, GROUP.decide())[1] == Difference("redact", [], ["s1", "s3"])


@pytest.mark.parametrize(
    "same",
    [
        {"redact": ["s3", "s1"]},
        {"reasons": [{"clause": "EX4-OPTOUT"}]},
        {"reasons": [{"clause": "EX4-OPTOUT", "students": ["s3", "s1"]}]},
    ],
)
def test_students_may_be_named_in_any_order_or_not_at_all(same: Raw) -> None:
    assert fields_of({**RIGHT, **same}, GROUP.decide()) == []


def test_the_students_of_a_reason_are_told_only_where_the_file_names_them() -> None:
    decision = GROUP.decide()
    (told,) = compared({**RIGHT, "reasons": ["OPEN", {"clause": "EX3", "students": []}]}, decision)
    assert told.found == ["EX4-OPTOUT"]
    (told,) = compared({**RIGHT, "reasons": [{"clause": "EX4-OPTOUT", "students": []}]}, decision)
    assert told.found == [{"clause": "EX4-OPTOUT", "students": ["s1", "s3"]}]


# Reading


def test_a_trial_is_the_case_with_what_it_expects_and_its_story() -> None:
    raw = GROUP.raw()
    trial = read({"story": "A group.", "expect": RIGHT, "case": raw})
    assert (trial.case, trial.story) == (parse_case(raw), "A group.")
    assert (trial.expected.outcome, trial.expected.redact) == ("redact", ("s1", "s3"))


@pytest.mark.parametrize("document", [{"case": a_case().raw()}, a_case().raw()], ids=["wrapped", "bare"])
def test_a_case_that_expects_nothing_is_a_problem(document: Raw) -> None:
    assert "nothing would be checked" in problems(document)["expect"]


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"outcome": "alow"}, "expect.outcome", "must be one of allow, redact, refer, deny; did you mean 'allow'?"),
        ({"outcome": None}, "expect.outcome", "must be one of allow, redact, refer, deny"),
        ({"redacts": []}, "expect.redacts", "is not known here; did you mean 'redact'?"),
        ({"redact": None}, "expect.redact", "must not be null; leave it out where it is not to be compared"),
        ({"redact": "s1"}, "expect.redact", "must be a list"),
        ({"redact": [1]}, "expect.redact[0]", "must be text"),
        ({"basis": ["s1"]}, "expect.basis", "must be a mapping of students to clauses"),
        ({"basis": {"s1": "EX-4"}}, "expect.basis.s1", "is no clause of the procedure; did you mean 'EX4'?"),
        ({"basis": {"s1": 4}}, "expect.basis.s1", "must be text"),
        ({"basis": {"[key]": 4}}, "expect.basis.[key]", "must be text"),
        ({"basis": {" ": "EX4"}}, "expect.basis. ", "must not be empty or blank"),
        ({"basis": None}, "expect.basis", "must not be null; leave it out where it is not to be compared"),
        ({"reasons": "EX4"}, "expect.reasons", "must be a list"),
        ({"reasons": None}, "expect.reasons", "must not be null; leave it out where it is not to be compared"),
        ({"reasons": ["EX4OPTOUT"]}, "expect.reasons[0].clause", "is no clause of the procedure; did you mean "),
        ({"reasons": [7]}, "expect.reasons[0]", "must be a clause, or a mapping of clause and students"),
        ({"reasons": [{}]}, "expect.reasons[0].clause", "is required"),
        (
            {"reasons": [{"clause": "EX4", "student": []}]},
            "expect.reasons[0].student",
            "is not known here; did you mean 'students'?",
        ),
        ({"reasons": [{"clause": "EX4", "students": None}]}, "expect.reasons[0].students", "must not be null"),
        ({"record_disclosure": "yes"}, "expect.record_disclosure", "must be true or false"),
        ({"record_disclosure": 1}, "expect.record_disclosure", "must be true or false"),
        ({"record_disclosure": None}, "expect.record_disclosure", "must not be null"),
    ],
)
def test_what_an_expectation_must_not_hold_is_told_with_its_path(changes: Raw, path: str, message: str) -> None:
    found = of_expect(**changes)
    assert list(found) == [path]
    assert found[path].startswith(message)


@pytest.mark.parametrize("expect", [None, "allow", ["allow"], 3])
def test_an_expectation_is_a_mapping(expect: object) -> None:
    assert problems({"expect": expect, "case": a_case().raw()}) == {"expect": "must be a mapping of fields"}


def test_a_misspelt_outcome_is_told_twice_for_it_is_lacking_too() -> None:
    found = problems({"expect": {"outcom": "allow"}, "case": a_case().raw()})
    assert found == {
        "expect.outcome": "is required",
        "expect.outcom": "is not known here; did you mean 'outcome'?",
    }


def test_every_clause_may_be_expected() -> None:
    assert of_expect(reasons=list(CLAUSES)) == {}


def test_the_problems_of_case_and_expectation_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "expect:\n  outcome: alow\ncase:\n  id: c1\n  at: nonsense\n  why: x\nexpects: {}\n"
    with pytest.raises(CaseError) as caught:
        read_trial(text, as_json=False, name="case.yaml")
    assert [(each.place, each.path) for each in caught.value.problems][0::2] == [
        ("case.yaml:2:12", "expect.outcome"),
        ("case.yaml:4:3", "share"),
        ("case.yaml:6:3", "why"),
    ]
    assert caught.value.case_id == "c1"


def test_the_places_of_json_lines_count_the_lines_of_the_file() -> None:
    with pytest.raises(CaseError) as caught:
        read({"expect": {"outcome": "maybe"}, "case": a_case().raw()}, line=7)
    assert caught.value.problems[0].place == "cases.jsonl:7:24"


@pytest.mark.parametrize("text", ["", "{", "expect: &a {outcome: allow}\ncase: *a\n", "expect: !x allow\ncase: {}\n"])
def test_a_text_that_cannot_be_read_is_told_as_that(text: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_trial(text, as_json=False, name="case.yaml")
    told = [each.message for each in caught.value.problems if each.path.startswith("expect")]
    assert [each for each in told if "nothing would be checked" in each or "mapping" in each] == []


# Beside the case


def beside(**told: object) -> Raw:
    return {**told, "expect": {"outcome": "allow"}, "case": a_portrait().raw()}


@pytest.mark.parametrize("wrong", [3, [1, 2], {}, True, {"fewest-hidden": "one plan"}])
@pytest.mark.parametrize("key", ["story", "clause", "why", "ruling"])
def test_what_is_told_beside_a_case_is_text(key: str, wrong: object) -> None:
    assert problems(beside(**{key: wrong})) == {key: "must be text"}


@pytest.mark.parametrize("fine", ["", "One sentence.", None])
@pytest.mark.parametrize("key", ["story", "clause", "why", "ruling"])
def test_any_text_and_none_at_all_may_be_told_beside_a_case(key: str, fine: object) -> None:
    trial = read(beside(**{key: fine}))
    assert trial.notes == ()


def test_a_story_that_is_no_text_has_its_place() -> None:
    text = "story:\n  - 1\nexpect: {outcome: allow}\n" + json.dumps({"case": a_portrait().raw()})[1:-1] + "\n"
    with pytest.raises(CaseError) as caught:
        read_trial(text, as_json=False, name="case.yaml")
    assert [str(each) for each in caught.value.problems] == ["case.yaml:2:3: story: must be text"]


@pytest.mark.parametrize(
    ("ruling", "note"),
    [
        ("fewest-hiden: one plan.", "'fewest-hiden' is no ruling of the procedure; did you mean 'fewest-hidden'?"),
        ("fewest-hiden, against: one.", "'fewest-hiden' is no ruling of the procedure; did you mean 'fewest-hidden'?"),
        ("qqqq-zzzz: one plan.", "'qqqq-zzzz' is no ruling of the procedure"),
        ("qqqq, against: one plan.", "'qqqq' is no ruling of the procedure"),
        ("postsecundary: a college.", "'postsecundary' is no ruling of the procedure; did you mean 'postsecondary'?"),
    ],
)
def test_a_ruling_that_is_none_is_noted_and_stops_nothing(ruling: str, note: str) -> None:
    (told,) = read(beside(ruling=ruling), line=3).notes
    assert (told.path, told.message, told.line) == ("ruling", note, 3)


@pytest.mark.parametrize(
    "ruling",
    [
        *RULINGS,
        *BEFORE_A_CASE,
        "fewest-hidden, against",
        "note",
        "It is open",
        "well known, and so",
        "a-b c",
        "fewest-hiden ",
    ],
)
def test_a_ruling_of_the_procedure_and_a_sentence_are_not_noted(ruling: str) -> None:
    assert read(beside(ruling=f"{ruling}: one plan.")).notes == ()


# Laws


@law
@given(cases())
def test_what_is_made_from_a_decision_is_fulfilled_by_it(raw: Raw) -> None:
    decision = decide(parse_case(raw))
    trial = read({"expect": expectation_of(decision), "case": raw})
    assert differences(trial.expected, decision) == ()


@law
@given(cases())
def test_changing_one_field_of_it_is_found_in_that_field_alone(raw: Raw) -> None:
    decision = decide(parse_case(raw))
    right = expectation_of(decision)
    for field, wrong in wrong_values(right).items():
        assert fields_of({**deepcopy(right), field: wrong}, decision) == [field]


def wrong_values(right: Raw) -> Raw:
    """Return another value for each field."""
    first, *others = right["reasons"]
    return {
        "outcome": {"allow": "redact", "redact": "refer", "refer": "deny", "deny": "allow"}[right["outcome"]],
        "redact": right["redact"][1:] or ["somebody"],
        "basis": {} if right["basis"] else {"somebody": "EX4"},
        "reasons": [*others, {**first, "students": [*first["students"], "somebody"]}],
        "record_disclosure": not right["record_disclosure"],
    }
