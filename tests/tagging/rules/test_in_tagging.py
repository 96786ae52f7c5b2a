"""What becomes of rules in the tagging of a recording: record information, the meaning, what the roster says."""

from __future__ import annotations

from dam_tagging.facts import Facts, Keyword, NamedPerson, Tagging
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.load import load_rules
from dam_tagging.tag import Completeness, Families, tag

ROSTER = RosterIndex([Person("S-1", ("Ada Sample",)), Person("S-2", ("Ben Sample",))])
STANDINGS = {"S-1": Standing("9", active=True, opted_out=False), "S-2": Standing("10", active=True, opted_out=True)}


def tagged(when: str, then: str, *names: str, standings: dict[str, Standing] | None = None) -> Tagging:
    rules = load_rules({"a.yaml": f"rules: [{{name: n, when: {when}, then: {{{then}}}, why: w}}]"})
    persons = tuple(NamedPerson(name, "Iptc4xmpExt:PersonInImage") for name in names)
    facts = Facts(state="read", persons=persons, keywords=(Keyword("Report card", "dc:subject"),))
    enough = Completeness(by="metadata")
    return tag(facts, "a/b.jpg", rules, ROSTER, families=Families.of(standings or {}), completeness=enough)


def test_record_information_is_that_of_the_students_whom_the_file_names() -> None:
    result = tagged("{keyword: Report card}", "record_pii: true", "Ada Sample")
    assert (result.record_pii, result.state) == (("S-1",), "complete")


def test_record_information_of_nobody_knows_whom_is_held() -> None:
    result = tagged("{keyword: Report card}", "record_pii: true", "Somebody Else")
    assert (result.record_pii, result.state) == ((), "failed")
    assert "does not say whose" in result.findings[-1].why


def test_without_a_rule_the_meaning_is_unreviewed() -> None:
    assert tagged("{keyword: Other}", "meaning: preserved", "Ada Sample").meaning == "unreviewed"
    assert tagged("{keyword: Report card}", "meaning: changed", "Ada Sample").meaning == "changed"


def test_rules_ask_the_roster_of_the_students_whom_the_file_names() -> None:
    when, then = "{roster: {opted_out: true}}", "confidential: c"
    assert tagged(when, then, "Ada Sample", standings=STANDINGS).confidential is None
    assert tagged(when, then, "Ada Sample", "Ben Sample", standings=STANDINGS).confidential == "c"


def test_a_stranger_in_the_file_leaves_open_what_the_roster_says() -> None:
    when, then = "{not: {roster: {opted_out: true}}}", "directory_status: eligible"
    assert tagged(when, then, "Ada Sample", standings=STANDINGS).directory_status == "eligible"
    assert tagged(when, then, "Ada Sample", "Somebody Else", standings=STANDINGS).directory_status == "undetermined"
    assert tagged(when, then, "Ada Sample").directory_status == "undetermined"
