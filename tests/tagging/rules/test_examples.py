"""Examples beside rules: how they are read, what is compared, and which rules they try."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.examples import Difference, Report, try_examples
from dam_tagging.rules.load import load
from dam_tagging.rules.model import RuleFileError

RULES = """\
rules:
  - name: game
    when: {key: "**/games/**"}
    then: {directory_status: eligible}
    why: because
  - name: bench
    when: {keyword: Bench}
    then: {official_use: [discipline, victim], hold: Look first., meaning: changed, record_pii: true, background: true}
    why: because
"""


def example(asset: str, expect: str, rules: str = RULES) -> str:
    return f"{rules}examples:\n  - name: one\n    asset: {asset}\n    expect: {expect}\n"


def report(asset: str, expect: str) -> Report:
    loaded = load({"a.yaml": example(asset, expect)})
    return try_examples(loaded.rules, loaded.examples)


def differences(asset: str, expect: str) -> tuple[Difference, ...]:
    return report(asset, expect).tried[0].differences


GAME = "{key: a/games/1.jpg, keywords: Bench}"


@pytest.mark.parametrize(
    "expect",
    [
        "{directory_status: eligible}",
        "{official_use: [victim, discipline]}",
        "{hold: true}",
        "{hold: Look first.}",
        "{closed: false, confidential: false}",
        "{meaning: changed, record_pii: true, background: true}",
        "{fires: [bench, game]}",
    ],
)
def test_an_example_ends_as_expected(expect: str) -> None:
    assert differences(GAME, expect) == ()


@pytest.mark.parametrize(
    ("asset", "expect", "expected"),
    [
        (GAME, "{directory_status: not_eligible}", Difference("directory_status", "not_eligible", "eligible")),
        (GAME, "{official_use: victim}", Difference("official_use", ("victim",), ("discipline", "victim"))),
        (GAME, "{hold: false}", Difference("hold", expected=False, found="Look first.")),
        (GAME, "{hold: Look.}", Difference("hold", "Look.", "Look first.")),
        (GAME, "{closed: true}", Difference("closed", expected=True, found=False)),
        (GAME, "{fires: game}", Difference("fires", ("game",), ("game", "bench"))),
        (GAME, "{fires: []}", Difference("fires", (), ("game", "bench"))),
        ("{key: b}", "{directory_status: eligible}", Difference("directory_status", "eligible", "undetermined")),
        ("{key: b}", "{meaning: changed}", Difference("meaning", "changed", "unreviewed")),
    ],
)
def test_a_difference_names_the_field_and_both_values(asset: str, expect: str, expected: Difference) -> None:
    assert differences(asset, expect) == (expected,)


def test_every_field_that_differs_is_told() -> None:
    told = differences(GAME, "{directory_status: undetermined, background: false, hold: true}")
    assert [one.field for one in told] == ["directory_status", "background"]


def test_rules_that_no_example_fires_or_that_every_example_fires_are_told() -> None:
    tried = report("{key: a/games/1.jpg}", "{fires: game}")
    assert (tried.failed, tried.never_fired, tried.always_fired, tried.covered) == (0, ("bench",), ("game",), False)


def test_an_assets_parts_are_what_a_file_would_say() -> None:
    asset = (
        "{key: a/b.jpg, keywords: [A, B], hierarchies: X|Y, event: E, captions: C, owner: O, camera: M, taken: 2026-10-14, "
        "official_markers: N, people: 3, students: [{grade: 9, active: true}, {opted_out: false}], state: partial}"
    )
    (one,) = load({"a.yaml": example(asset, "{fires: []}")}).examples
    assert one.subject.facts == Facts(
        state="partial",
        keywords=(Keyword("A", "example"), Keyword("B", "example")),
        hierarchies=(("X", "Y"),),
        captions=(Keyword("C", "example"),),
        event="E",
        owner="O",
        camera="M",
        taken="2026-10-14",
        official_markers=(Keyword("N", "example"),),
    )
    assert (one.subject.key, one.subject.people) == ("a/b.jpg", 3)
    assert one.subject.students == (Standing("9", active=True), Standing(opted_out=False))
    assert one.place == "a.yaml:11"


def test_an_example_may_name_the_rules_of_another_file() -> None:
    here = "examples: [{name: one, asset: {key: a/games/1}, expect: {fires: game}}]"
    loaded = load({"a.yaml": here, "b.yaml": RULES})
    assert try_examples(loaded.rules, loaded.examples).failed == 0


def test_examples_do_not_change_the_digest() -> None:
    assert load({"a.yaml": example(GAME, "{hold: true}")}).rules == load({"a.yaml": RULES}).rules


@pytest.mark.parametrize(
    ("asset", "expect", "expected"),
    [
        ("{}", "{hold: true}", "12:12: 'asset' has no 'key'"),
        ("{key: a, keyword: b}", "{hold: true}", "12:21: 'keyword' is not known here; did you mean 'keywords'?"),
        ("{key: a, persons: [b]}", "{hold: true}", "12:21: 'persons' is not known here; did you mean 'people'"),
        ("{key: a, taken: 10/14/26}", "{hold: true}", "12:28: 'taken' is a day, written YYYY-MM-DD"),
        ("{key: a, people: 1, students: [{grade: 9}, {}]}", "{hold: true}", "12:29: 'people' is less than"),
        ("{key: a, students: [{name: 9}]}", "{hold: true}", "12:33: 'name' is not known here"),
        ("{key: a, state: reed}", "{hold: true}", "12:28: 'reed' is no value of 'state'; did you mean 'read'?"),
        ("{key: a}", "{}", "13:13: 'expect' is empty; say what the rules make of the asset"),
        ("{key: a}", "{fires: gamee}", "13:21: no rule has the name 'gamee'; did you mean 'game'?"),
        ("{key: a}", "{hold: maybe, closed: }", "13:35: 'closed' is empty"),
        ("{key: a}", "{background: perhaps}", "13:26: 'background' is 'true' or 'false'"),
        ("{key: a}", "{status: eligible}", "13:14: 'status' is not known here"),
    ],
)
def test_a_mistake_in_an_example_has_its_place(asset: str, expect: str, expected: str) -> None:
    with pytest.raises(RuleFileError) as caught:
        load({"a.yaml": example(asset, expect)})
    assert caught.value.problems[0].startswith(f"a.yaml:{expected}")


@pytest.mark.parametrize("part", ["name", "asset", "expect"])
def test_an_example_without_one_of_its_parts_is_refused(part: str) -> None:
    parts = {"name": "one", "asset": "{key: a}", "expect": "{hold: true}"}
    del parts[part]
    written = ", ".join(f"{key}: {value}" for key, value in parts.items())
    with pytest.raises(RuleFileError, match=f"the example has no '{part}'"):
        load({"a.yaml": f"{RULES}examples: [{{{written}}}]\n"})


def test_two_examples_of_one_name_are_refused() -> None:
    one = "{name: one, asset: {key: a}, expect: {hold: true}}"
    with pytest.raises(RuleFileError, match="there is an example of the name 'one' already in this file"):
        load({"a.yaml": f"{RULES}examples: [{one}, {one}]\n"})


def test_examples_without_any_rule_are_refused() -> None:
    with pytest.raises(RuleFileError, match=r"a\.yaml:1:1: no file holds a rule"):
        load({"a.yaml": "examples: [{name: one, asset: {key: a}, expect: {hold: false}}]"})
