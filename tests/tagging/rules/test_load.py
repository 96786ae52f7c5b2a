"""Rule files: every mistake is found, with its place, and nothing half-right is used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.rules.load import MAX_BYTES, default_rules, load_rules
from dam_tagging.rules.model import All, AnyOf, Field, Not, People, RuleFileError

GOOD = """\
rules:
  - name: one
    when: {keyword: Crowd}
    then: {background: true}
    why: because
"""


def problems(text: str, **others: str) -> tuple[str, ...]:
    with pytest.raises(RuleFileError) as caught:
        load_rules({"school.yaml": text, **others})
    return caught.value.problems


def one_rule(when: str = "{keyword: a}", then: str = "{background: true}", more: str = "") -> str:
    return f"rules:\n  - name: one\n    when: {when}\n    then: {then}\n    why: because\n{more}"


def test_a_rule_is_loaded_with_its_parts() -> None:
    (rule,) = load_rules({"a.yaml": GOOD}).rules
    assert (rule.name, rule.why, rule.when) == ("one", "because", Field("keyword", ("Crowd",)))
    assert rule.then.background is True


def test_conditions_side_by_side_must_all_hold() -> None:
    (rule,) = load_rules({"a.yaml": one_rule("{keyword: [a, b], event: c}")}).rules
    assert rule.when == All((Field("keyword", ("a", "b")), Field("event", ("c",))))


def test_all_any_not_and_people_are_loaded() -> None:
    when = "{any: [{all: [{key: a}]}, {not: {owner: b}}, {people: {at_least: 2, at_most: 5}}]}"
    (rule,) = load_rules({"a.yaml": one_rule(when)}).rules
    assert rule.when == AnyOf((All((Field("key", ("a",)),)), Not(Field("owner", ("b",))), People(2, 5)))


def test_numbers_and_dates_are_texts_where_texts_belong() -> None:
    (rule,) = load_rules({"a.yaml": one_rule("{keyword: [2026, 2026-05-01, 1.5]}")}).rules
    assert rule.when == Field("keyword", ("2026", "2026-05-01", "1.5"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "1:1: the file is empty; write 'rules:' and a list", id="empty"),
        pytest.param("- a", "1:1: a rule file is written as 'key: value' pairs", id="no-mapping"),
        pytest.param("{}", "1:1: 'rules' is missing", id="no-rules"),
        pytest.param("rules: a", "1:8: 'rules' is a list", id="rules-no-list"),
        pytest.param("rules: []", "1:8: 'rules' is an empty list", id="rules-empty"),
        pytest.param("rules: [a]", "1:9: a rule is written as 'key: value' pairs", id="rule-no-mapping"),
        pytest.param("rule: []", "1:1: 'rule' is not known here; did you mean 'rules'?", id="misspelt-top"),
        pytest.param(
            one_rule("{people: {at_leest: 2}}"),
            "3:21: 'at_leest' is not known here; did you mean 'at_least'?",
            id="misspelt-key",
        ),
        pytest.param(
            one_rule("{xyz: 2}"),
            "3:12: 'xyz' is not known here; known are event, key, keyword, hierarchy, caption_has, owner, people, all, "
            "any, not",
            id="unknown-key",
        ),
        pytest.param(
            one_rule(then="{directory_status: eligable}"),
            "4:30: 'eligable' is no value of 'directory_status'; did you mean 'eligible'?",
            id="misspelt-value",
        ),
        pytest.param(
            one_rule(then="{official_use: [victim, qqq]}"),
            "4:35: 'qqq' is no value of 'official_use'; known are discipline, victim, violation, health_emergency, other",
            id="unknown-value",
        ),
        pytest.param(one_rule("{}"), "3:11: 'when' is empty; a rule needs a condition", id="when-empty"),
        pytest.param(one_rule("[]"), "3:11: 'when' is written as 'key: value' pairs", id="when-list"),
        pytest.param(one_rule(then="{}"), "4:11: 'then' is empty; a rule needs a consequence", id="then-empty"),
        pytest.param(one_rule("{any: []}"), "3:17: 'any' is an empty list", id="any-empty"),
        pytest.param(one_rule("{keyword: []}"), "3:21: 'keyword' is an empty list", id="keyword-empty"),
        pytest.param(one_rule("{keyword: no}"), "3:21: 'keyword' is a text; put 'no' in quotes", id="boolean"),
        pytest.param(one_rule("{keyword: }"), "3:20: 'keyword' is empty", id="null"),
        pytest.param(one_rule("{keyword: ' '}"), "3:21: 'keyword' is empty", id="blank"),
        pytest.param(one_rule("{keyword: {a: b}}"), "3:21: 'keyword' is a text", id="mapping"),
        pytest.param(one_rule("{keyword: !!python/name:os x}"), "3:21: 'keyword' is a text; put 'x' in quotes", id="tag"),
        pytest.param(one_rule("{caption_has: '--'}"), "3:25: '--' holds no word", id="no-word"),
        pytest.param(
            one_rule("{key: events**}"),
            "3:17: 'events**': '**' stands alone between slashes, as in 'events/**'",
            id="stars",
        ),
        pytest.param(one_rule("{people: {at_least: -1}}"), "3:31: 'at_least' is a whole number, 0 or more", id="negative"),
        pytest.param(one_rule("{people: {at_most: x}}"), "3:30: 'at_most' is a whole number, 0 or more", id="no-number"),
        pytest.param(one_rule("{people: {}}"), "3:20: 'people' needs 'at_least', 'at_most' or both", id="people-empty"),
        pytest.param(one_rule("{people: 3}"), "3:20: 'people' is written as 'key: value' pairs", id="people-number"),
        pytest.param(
            one_rule("{people: {at_least: 5, at_most: 2}}"),
            "3:20: 'at_least' is more than 'at_most': that never holds",
            id="people-never",
        ),
        pytest.param(one_rule(then="{background: false}"), "4:24: 'background' is 'true', or left out", id="background"),
        pytest.param(one_rule(then="{hold: true}"), "4:18: 'hold' is a text; put 'true' in quotes", id="hold-true"),
        pytest.param(one_rule("{keyword: a, keyword: b}"), "3:24: 'keyword' stands here twice", id="twice"),
        pytest.param(one_rule("{? [a] : b}"), "3:14: '?' is not known here; known are event", id="complex-key"),
        pytest.param("rules: [\n", "2:1: this is not valid YAML", id="broken"),
        pytest.param("a: \x00", "1:1: this is not valid YAML: it holds a sign", id="sign"),
        pytest.param("--- 1\n--- 2\n", "2:1: this is not valid YAML: but found another document", id="two-documents"),
        pytest.param("rules: &a []\n", "1:8: anchors (&) and aliases (*) are not allowed", id="anchor"),
        pytest.param("rules: *a\n", "1:8: anchors (&) and aliases (*) are not allowed", id="alias"),
        pytest.param("[" * 5000, "1:31: this is nested too deep", id="deep"),
        pytest.param("#" * (MAX_BYTES + 1), "1:1: the file is larger than 256 KB", id="large"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_file_line_and_column(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(f"school.yaml:{expected}")


@pytest.mark.parametrize("part", ["name", "when", "then", "why"])
def test_a_rule_without_one_of_its_parts_is_refused(part: str) -> None:
    lines = [line for line in GOOD.replace("- name", "- x: y\n    name").splitlines() if f" {part}:" not in line]
    assert any(problem.endswith(f"the rule has no '{part}'") for problem in problems("\n".join(lines)))


def test_every_mistake_of_every_file_is_reported_at_once() -> None:
    found = problems(one_rule("{keywrod: a}", "{hold: }"), **{"own.yaml": "rules: []"})
    assert [problem.split(" ")[0] for problem in found] == ["school.yaml:3:12:", "school.yaml:4:17:", "own.yaml:1:8:"]


def test_a_name_is_unique_over_all_files() -> None:
    found = problems(GOOD, **{"own.yaml": GOOD})
    assert found == ("own.yaml:2:11: there is a rule of the name 'one' already, at school.yaml:2",)


def test_the_digest_does_not_depend_on_order_or_files() -> None:
    other = GOOD.replace("one", "two").replace("Crowd", "Stands")
    together = load_rules({"a.yaml": GOOD + other.removeprefix("rules:\n")})
    apart = load_rules({"b.yaml": other, "c.yaml": GOOD})
    assert together.digest == apart.digest
    assert len(together.digest) == 16


@pytest.mark.parametrize(
    "changed",
    [
        GOOD.replace("Crowd", "Stands"),
        GOOD.replace("because", "since"),
        GOOD.replace("keyword", "event"),
        GOOD.replace("{keyword: Crowd}", "{all: [{keyword: Crowd}]}"),
        GOOD.replace("{keyword: Crowd}", "{any: [{keyword: Crowd}]}"),
        GOOD.replace("{keyword: Crowd}", "{not: {keyword: Crowd}}"),
        GOOD.replace("background: true", "hold: 'true'"),
    ],
)
def test_the_digest_depends_on_the_content(changed: str) -> None:
    assert load_rules({"a.yaml": changed}).digest != load_rules({"a.yaml": GOOD}).digest


def test_all_and_any_of_the_same_conditions_have_different_digests() -> None:
    all_of, any_of = ("{" + word + ": [{keyword: a}, {event: b}]}" for word in ("all", "any"))
    assert load_rules({"a": one_rule(all_of)}).digest != load_rules({"a": one_rule(any_of)}).digest


def test_the_shipped_rules_load_and_each_has_a_reason() -> None:
    rules = default_rules().rules
    assert len(rules) >= 12
    assert all(rule.why for rule in rules)


@given(st.text(max_size=300))
def test_any_text_loads_or_is_refused(text: str) -> None:
    try:
        loaded = load_rules({"a.yaml": text}).rules
    except RuleFileError:
        return
    assert loaded
