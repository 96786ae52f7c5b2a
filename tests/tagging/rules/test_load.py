"""Rule files: every mistake is found, with its place, and nothing half-right is used."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.rules.load import default_rules, load_rules
from dam_tagging.rules.model import All, AnyOf, Field, Not, People, Roster, RuleFileError, Taken
from dam_tagging.rules.yaml_nodes import MAX_BYTES

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
    when = "{any: [{all: [{key: a/b}]}, {not: {owner: b}}, {people: {at_least: 2, at_most: 5}}]}"
    (rule,) = load_rules({"a.yaml": one_rule(when)}).rules
    assert rule.when == AnyOf((All((Field("key", ("a/b",)),)), Not(Field("owner", ("b",))), People(2, 5)))


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
            "3:12: 'xyz' is not known here; known are event, key, key_has, keyword, hierarchy, caption_has, owner, "
            "camera, official_marker, taken, people, roster, all, any, not",
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
        pytest.param(one_rule("{keyword: }"), "3:21: 'keyword' is empty", id="null"),
        pytest.param(one_rule("{keyword: ' '}"), "3:21: 'keyword' is empty", id="blank"),
        pytest.param(one_rule("{keyword: {a: b}}"), "3:21: 'keyword' is a text", id="mapping"),
        pytest.param(one_rule("{keyword: !!python/name:os x}"), "3:21: tags (!) are not allowed", id="tag"),
        pytest.param(one_rule("{keyword: !important}"), "3:21: this is not valid YAML: a text that begins with !", id="shout"),
        pytest.param(one_rule("{caption_has: '--'}"), "3:25: '--' holds no word", id="no-word"),
        pytest.param(
            one_rule("{key: events**}"),
            "3:17: 'events**': '**' stands alone between slashes, as in 'events/**'",
            id="stars",
        ),
        pytest.param(one_rule("{people: {at_least: -1}}"), "3:31: 'at_least' is a whole number, 0 or more", id="negative"),
        pytest.param(one_rule("{people: {at_most: x}}"), "3:30: 'at_most' is a whole number, 0 or more", id="no-number"),
        pytest.param(one_rule("{people: {}}"), "3:20: 'people' is empty; it needs one or more of", id="people-empty"),
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
        pytest.param("a: \x00", "1:4: this is not valid YAML: it holds a sign that may not be in it (U+0000)", id="sign"),
        pytest.param("--- 1\n--- 2\n", "2:1: this is not valid YAML: another document begins here", id="two-documents"),
        pytest.param("rules: &a []\n", "1:8: anchors (&) and aliases (*) are not allowed", id="anchor"),
        pytest.param("rules: *a\n", "1:8: anchors (&) and aliases (*) are not allowed", id="alias"),
        pytest.param("[" * 5000, "1:1001: this is nested too deep", id="very-deep"),
        pytest.param("[" * 40 + "]" * 40, "1:31: this is nested too deep", id="deep"),
        pytest.param("- " * 40 + "a", "1:61: this is nested too deep", id="deep-lists"),
        pytest.param(one_rule("{keyword: '\u202e'}"), "3:21: 'keyword' holds a character that cannot be seen", id="unseen"),
        pytest.param(one_rule("{keyword: " + "a" * 501 + "}"), "3:21: 'keyword' is longer than 500", id="long"),
        pytest.param(one_rule("{keyword: [" + "a, " * 1000 + "b]}"), "3:21: 'keyword' has more than 1,000", id="many"),
        pytest.param(one_rule("{keyword: [a, {b: c}]}"), "3:25: 'keyword' is a text", id="item"),
        pytest.param("rules:\n\t- a\n", "2:1: this is not valid YAML: a tab stands here", id="tab"),
        pytest.param("rules: **/a\n", "1:8: this is not valid YAML: a text that begins with * stands in quotes", id="star"),
        pytest.param("rules: a: b\n", "1:9: this is not valid YAML: a text that holds ': ' stands in quotes", id="colon"),
        pytest.param("rules:\n  - name: a\n   when: b\n", "3:4: this is not valid YAML: this line is", id="indent"),
        pytest.param("rules: [a\n", "2:1: this is not valid YAML: a bracket or brace above is open", id="bracket"),
        pytest.param("rules: 'a\n", "2:1: this is not valid YAML: a quote above is open", id="quote"),
        pytest.param("rules:\n  - name\n    when: a\n", "3:9: this is not valid YAML: a text that holds", id="no-colon"),
        pytest.param(one_rule("{<<: {keyword: a}}"), "3:12: '<<' is not known here", id="merge"),
        pytest.param(one_rule("{key: [a/b, /events/a]}"), "3:23: '/events/a': keys begin without a slash", id="slash"),
        pytest.param(one_rule("{key: /a/}"), "3:17: '/a/': keys begin without a slash; write 'a/**'", id="slashes"),
        pytest.param(one_rule("{taken: {until: 2026-08-01}}"), "3:20: 'until' is not known here; did you mean 'to", id="until"),
        pytest.param(one_rule("{why: a}"), "3:12: 'why' is not known here; it is a part of the rule itself", id="inside"),
        pytest.param(
            one_rule(then="{official_use: health}"), "4:26: 'health' is no value of 'official_use'; did you mean", id="begun"
        ),
        pytest.param(one_rule("{key: events/}"), "3:17: 'events/': this is a folder; for everything in it write", id="folder"),
        pytest.param(one_rule("{key: 'a\\b.jpg'}"), "3:17: 'a\\b.jpg': folders are written with '/'", id="backslash"),
        pytest.param(one_rule("{key: athletics}"), "3:17: 'athletics': this is the whole key of one file", id="alone"),
        pytest.param(one_rule("{key: " + "a/" * 32 + "b}"), "3:17: 'a/a/a/a/a", id="parts"),
        pytest.param(one_rule("{hierarchy: a||b}"), "3:23: 'a||b': there is no name between two bars", id="bars"),
        pytest.param(one_rule("{hierarchy: " + "a|" * 20 + "b}"), "3:23: 'a|a", id="levels"),
        pytest.param(one_rule("{taken: 2026}"), "3:19: 'taken' is written as 'key: value' pairs", id="taken-year"),
        pytest.param(one_rule("{taken: {}}"), "3:19: 'taken' is empty; it needs one or more of 'from', 'to'", id="no-days"),
        pytest.param(one_rule("{taken: {from: 8/1/2026}}"), "3:26: 'from' is a day, written YYYY-MM-DD", id="american-day"),
        pytest.param(one_rule("{taken: {to: 2026-02-30}}"), "3:24: 'to': there is no day 2026-02-30", id="no-such-day"),
        pytest.param(
            one_rule("{taken: {from: 2027-08-01, to: 2026-06-30}}"), "3:19: 'from' is after 'to'", id="days-turned"
        ),
        pytest.param(one_rule("{people: {at_least: 0}}"), "3:20: 'at_least: 0' always holds", id="always"),
        pytest.param(one_rule("{people: {at_most: 0}}"), "3:20: 'at_most: 0' never holds", id="nobody"),
        pytest.param(one_rule("{people: {at_least: 1234567}}"), "3:31: 'at_least' is a whole number", id="huge"),
        pytest.param(one_rule("{people: {at_least: 010}}"), "3:31: 'at_least' is a whole number", id="octal"),
        pytest.param(one_rule("{roster: {}}"), "3:20: 'roster' is empty; it needs one or more of 'grade'", id="roster-empty"),
        pytest.param(one_rule("{roster: {active: maybe}}"), "3:29: 'active' is 'true' or 'false'", id="active"),
        pytest.param(one_rule("{roster: {grade: []}}"), "3:28: 'grade' is an empty list", id="no-grade"),
        pytest.param(one_rule("{roster: {opt_out: true}}"), "3:21: 'opt_out' is not known here; did you mean", id="opt-out"),
        pytest.param(one_rule("{folder: a/b}"), "3:12: 'folder' is not known here; did you mean 'key'?", id="folder-word"),
        pytest.param(one_rule("{photographer: a}"), "3:12: 'photographer' is not known here; did you mean 'owner'?", id="word"),
        pytest.param(one_rule("{grade: 9}"), "3:12: 'grade' is not known here; did you mean 'roster'?", id="grade"),
        pytest.param(one_rule("{hold: a}"), "3:12: 'hold' is not known here; it belongs under 'then'", id="then-in-when"),
        pytest.param(
            one_rule(then="{keyword: a}"), "4:12: 'keyword' is not known here; it belongs under 'when'", id="when-in-then"
        ),
        pytest.param(one_rule(then="{status: eligible}"), "4:12: 'status' is not known here; did you mean", id="status"),
        pytest.param(one_rule(more="    hold: a\n"), "6:5: 'hold' is not known here; it belongs under 'then'", id="beside"),
        pytest.param(one_rule(then="{meaning: lost}"), "4:21: 'lost' is no value of 'meaning'; known are", id="lost"),
        pytest.param(one_rule(then="{record_pii: false}"), "4:24: 'record_pii' is 'true', or left out", id="pii"),
        pytest.param(one_rule(then="{record_pii: [A]}"), "4:24: 'record_pii' is 'true', or left out", id="pii-list"),
        pytest.param(one_rule("{hierarchy: A > B}"), "3:23: 'A > B': write 'A|B': levels are separated by a bar", id="level"),
        pytest.param(one_rule("{owner: 'A. B*'}"), "3:19: 'A. B*': '*' is known in 'key' alone; write out each", id="owner"),
        pytest.param(one_rule("{caption_has: '*'}"), "3:25: '*': '*' is known in 'key' alone; write out each", id="lone-star"),
        pytest.param(one_rule("{key: '(a|b).*'}"), "3:17: '(a|b).*': this looks like a regular expression", id="regex-choice"),
        pytest.param(one_rule("{key: 'a/.*'}"), "3:17: 'a/.*': this looks like a regular expression", id="regex-any"),
        pytest.param(one_rule("{key: 'a.*/b'}"), "3:17: 'a.*/b': this looks like a regular expression", id="regex-inside"),
        pytest.param(one_rule("{key: '{a,b}/**'}"), "3:17: '{a,b}/**': '{a,b}' is no pattern here", id="braces"),
        pytest.param(one_rule("{event: '[a-z]oe'}"), "3:19: '[a-z]oe': this looks like a regular", id="regex-class"),
        pytest.param(one_rule("{roster: {grade: [9, 13]}}"), "3:32: '13' is no grade; grades are PK, KG and", id="thirteen"),
        pytest.param(one_rule("{not: {roster: {grade: Senior}}}"), "3:34: 'Senior' is no grade; write 12 (", id="senior"),
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
    assert [problem.split(" ")[0] for problem in found] == ["school.yaml:3:12:", "school.yaml:4:18:", "own.yaml:1:8:"]


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


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD.encode("utf-16"), "a.yaml:1:1: the file is written in UTF-16; save it as UTF-8"),
        (b"rules:\n  - name: caf\xe9\n", "a.yaml:2:14: a character here is not UTF-8; save the file as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "a.yaml:1:1: the file is larger than 256 KB; spread the rules over several files"),
    ],
    ids=["utf-16", "latin-1", "large"],
)
def test_a_file_in_another_encoding_is_refused(data: bytes, expected: str) -> None:
    with pytest.raises(RuleFileError) as caught:
        load_rules({"a.yaml": data})
    assert caught.value.problems == (expected,)


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    data = GOOD.replace("\n", "\r\n").encode("utf-8-sig")
    assert load_rules({"a.yaml": data}) == load_rules({"a.yaml": GOOD})


def test_more_rules_than_a_district_has_are_refused() -> None:
    one = "- {name: n%s, when: {event: a}, then: {hold: b}, why: c}\n"
    files = {f"{n}.yaml": "rules:\n" + "".join(one % (n * 2000 + m) for m in range(2000)) for n in range(3)}
    with pytest.raises(RuleFileError, match="all files together hold more than 5,000 rules"):
        load_rules(files)


def test_of_mistakes_without_end_the_first_thousand_are_told() -> None:
    found = problems("".join(f"x{number}: 1\n" for number in range(5000)))
    assert len(found) == 1001
    assert found[-1] == "school.yaml:1001:1: more than 1,000 mistakes; the rest is told once those are put right"


def test_problems_come_in_the_order_of_files_and_places() -> None:
    text = one_rule("{keywrod: a}", more="examples: [{name: a, asset: {key: b}, expect: {fires: two}}]\n")
    found = problems(text.replace("because", "''"), **{"own.yaml": "x: 1"})
    assert [problem.split(" ")[0] for problem in found] == [
        "school.yaml:3:12:", "school.yaml:5:10:", "school.yaml:6:55:", "own.yaml:1:1:", "own.yaml:1:1:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "when",
    [
        "{key: '**/photo.*'}", "{key: '**/*.*'}", "{key: '**/match (1)?.jpg'}", "{key: 'a$b/^c/**'}",
        "{hierarchy: Events|Track/Field}", "{keyword: Track/Field}", "{caption_has: '[draft] 50% (or more?)'}",
        "{owner: J. Doe (parent)}", "{roster: {grade: [PK, KG, K, 07, 7, 12th]}}",
    ],
)  # fmt: skip
def test_signs_that_may_be_meant_as_they_stand_are_no_mistake(when: str) -> None:
    assert load_rules({"a.yaml": one_rule(when)}).rules


def test_roster_days_and_consequences_are_loaded() -> None:
    when = "{roster: {grade: [9, K], active: true, opted_out: false}, taken: {from: 2026-08-01, to: 2027-06-30}}"
    (rule,) = load_rules({"a.yaml": one_rule(when, "{record_pii: true, meaning: changed}")}).rules
    roster, taken = Roster(("9", "K"), active=True, opted_out=False), Taken(date(2026, 8, 1), date(2027, 6, 30))
    assert rule.when == All((roster, taken))
    assert (rule.then.record_pii, rule.then.meaning, rule.place) == (True, "changed", "a.yaml:2")


@given(st.binary(max_size=200))
def test_any_bytes_load_or_are_refused_with_a_place(data: bytes) -> None:
    with pytest.raises(RuleFileError) as caught:
        load_rules({"a.yaml": data})
    assert all(re.match(r"a\.yaml:\d+:\d+: \S", problem) for problem in caught.value.problems)


@given(st.text(max_size=300))
def test_any_text_loads_or_is_refused(text: str) -> None:
    try:
        loaded = load_rules({"a.yaml": text}).rules
    except RuleFileError:
        return
    assert loaded
