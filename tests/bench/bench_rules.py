"""How long 200 rules take on one recording, with the preparation of what its file says; the worst patterns; loading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.frame import Row, timed

from dam_tagging.facts import Facts, Keyword
from dam_tagging.rules.apply import apply
from dam_tagging.rules.conditions import Subject
from dam_tagging.rules.load import default_rules, load_rules
from dam_tagging.rules.model import Rule, RuleSet
from dam_tagging.rules.yaml_nodes import MAX_BYTES

RULES = 200
FACTS = Facts(
    state="read",
    keywords=tuple(Keyword(text, "dc:subject") for text in ("Fall Concert", "Crowd", "Public event", "Choir; Band")),
    hierarchies=(("Events", "Music", "Fall Concert"), ("People", "Choir")),
    captions=(Keyword("The choir sings three songs before a full house in the new auditorium.", "dc:description"),),
    event="Fall Concert 2026",
    owner="District Media Office",
    camera="Canon EOS R6 0123456789",
    taken="2026:10:14 19:05:22",
)
SUBJECTS = [
    (FACTS, "events/fall-concert/concert-crowd.jpg"),
    (replace(FACTS, keywords=(Keyword("Hallway camera", "dc:subject"),), event=None), "cameras/hallway/1042.mp4"),
    (Facts(state="read"), "inbox/untitled-0031.jpg"),
]
REPEATED = 5
WORST = "**/" + "/".join(["*a*"] * 31)


def rows() -> Iterable[Row]:
    """Yield the times of the starter pack repeated up to 200 rules, of hostile patterns, and of loading a large file."""
    rules = _many(RULES)
    timings = [timed(lambda one: _tag(rules, *one), SUBJECTS, rounds=300, warm_up=50) for _ in range(REPEATED)]
    yield Row(f"{RULES} rules on one recording, median", min(one.median("ms") for one in timings), "ms", at_most=0.3)
    slow = min(one.percentile(99, "ms") for one in timings)
    yield Row(f"{RULES} rules on one recording, 99th percentile", slow, "ms")
    hostile = load_rules({"a.yaml": _rule("worst", f'{{key: "{WORST}"}}', top=True)})
    key = "/".join(["ab"] * 340)
    yield Row("the worst pattern on the longest key", _worst(hostile, key), "ms", at_most=20)
    text = _large()
    batches = timed(lambda one: load_rules({"large.yaml": one}), [text], rounds=5, warm_up=1)
    yield Row(f"load a file of {len(text) // 1024} KB", batches.median("s"), "s", at_most=2)


def _tag(rules: RuleSet, facts: Facts, key: str) -> None:
    apply(rules, Subject(facts, key, 2))


def _many(count: int) -> RuleSet:
    """Return the starter pack, repeated under other names up to `count` rules."""
    shipped = default_rules().rules
    return RuleSet(
        tuple(
            Rule(f"{rule.name} {number}", rule.when, rule.then, rule.why)
            for number in range(count)
            if (rule := shipped[number % len(shipped)])
        )
    )


def _worst(rules: RuleSet, key: str) -> float:
    return timed(lambda one: _tag(rules, Facts(state="read"), one), [key], rounds=50, warm_up=5).median("ms")


def _large() -> str:
    """Return as many rules as one file may hold."""
    lines = ["rules:\n"]
    size = 0
    while size < MAX_BYTES - 200:
        lines.append(_rule(f"rule {len(lines)}", "{any: [{key: 'a/**'}, {keyword: [A, B, C]}, {event: fair}]}"))
        size += len(lines[-1])
    return "".join(lines[:-1])


def _rule(name: str, when: str, *, top: bool = False) -> str:
    text = f"  - {{name: {name}, when: {when}, then: {{background: true}}, why: because}}\n"
    return f"rules:\n{text}" if top else text
