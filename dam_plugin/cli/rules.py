"""`rules check | test | explain`: an admin's rule files, without changing anything. Only `explain KEY` needs the bucket.

What rules do to recordings that are tagged is in `rule_changes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli import rule_changes
from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, print_json, print_result, print_table, say
from dam_plugin.cli.rule_files import loaded_from, many, texts_at
from dam_plugin.errors import InputError

if TYPE_CHECKING:
    from dam_plugin.model import StudentRecord
    from dam_tagging.facts import Facts
    from dam_tagging.rules.examples import Report, Tried
    from dam_tagging.rules.explain import Explained
    from dam_tagging.rules.matchers import Subject

STYLES = {"yes": "green", "unknown": "yellow"}
FIRES = {"yes": "fires", "unknown": "cannot know", "no": "does not"}

RulesPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PATH]", help="A rule file or a folder of them (default: the settings', or the starter pack)."
    ),
]
RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="PATH", help="A rule file or a folder (default: the settings', or the starter pack)."
    ),
]

rules_app = typer.Typer(help="Check and try the rules that tag recordings.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    for command in (rule_changes.diff, rule_changes.apply, rule_changes.pending, rule_changes.approve):
        rules_app.command()(command)
    app.add_typer(rules_app, name="rules")


@rules_app.command()
def check(path: RulesPath = None, as_json: AsJson = False) -> None:
    """Read rule files and tell every mistake with its place; exit 1 when there is one."""
    texts = texts_at(path)
    loaded = loaded_from(texts, as_json=as_json)
    counts = {"files": len(texts), "rules": len(loaded.rules.rules), "examples": len(loaded.examples)}
    sentence = f"No mistake in {', '.join(many(count, name) for name, count in counts.items())}."
    print_result({**counts, "problems": 0}, sentence, as_json=as_json)


@rules_app.command("test")
def try_rules(
    path: RulesPath = None,
    full: Annotated[
        bool, typer.Option("--require-full-coverage", help="Exit 1 unless examples fire every rule, and others do not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try the examples in rule files: which end otherwise than expected, and which rules no example tries; exit 1."""
    from dam_tagging.rules.examples import try_examples

    texts = texts_at(path)
    loaded = loaded_from(texts, as_json=as_json)
    report = try_examples(loaded.rules, loaded.examples)
    if as_json:
        print_json(*(_plain_try(each) for each in report.tried))
        print_json({"summary": _plain_summary(report)})
    else:
        _show(report)
    raise typer.Exit(1 if report.failed or (full and not report.covered) else 0)


@rules_app.command()
def explain(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="A recording of the library.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A local file instead; with KEY, as if it stood under that key."),
    ] = None,
    rules: RulesOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell of every rule whether it fires on a recording, does not, or cannot know, and on which condition."""
    from dam_tagging.rules.explain import explained

    if file is None and key is None:
        raise typer.BadParameter("give the KEY of a recording, or a local one with --file")
    texts = texts_at(rules)
    loaded = loaded_from(texts, as_json=as_json)
    subject = _of_file(file, key or file.name) if file is not None else _of_library(key or "")
    told = explained(loaded.rules, subject)
    if as_json:
        print_json(*map(_plain_explained, told))
    else:
        _tell(told, subject)


def _plain_try(each: Tried) -> dict[str, object]:
    differences = [asdict(one) for one in each.differences]
    return {"example": each.example.name, "at": each.example.place, "ok": not differences, "differences": differences}


def _plain_summary(report: Report) -> dict[str, object]:
    return {
        "examples": len(report.tried),
        "failed": report.failed,
        "never_fired": report.never_fired,
        "always_fired": report.always_fired,
    }


def _show(report: Report) -> None:
    rows = [
        (each.example.place, each.example.name, one.field, _word(one.expected), _word(one.found))
        for each in report.tried
        for one in each.differences
    ]
    if rows:
        print_table("Examples that end otherwise", ("at", "example", "field", "expected", "found"), rows)
    passed = len(report.tried) - report.failed
    say(f"{passed:,} of {many(len(report.tried), 'examples')} as expected.", "red" if report.failed else "green")
    for names, what in ((report.never_fired, "No example fires"), (report.always_fired, "Every example fires")):
        if names and report.tried:
            say(f"{what}: {', '.join(names)}.", "yellow")
    if not report.tried:
        say("There are no examples; write some under 'examples:' in a rule file.", "yellow")


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _plain_explained(each: Explained) -> dict[str, object]:
    from dam_tagging.rules.model import consequences

    return {
        "rule": each.rule.name,
        "at": each.rule.place,
        "fires": each.truth,
        "conditions": [asdict(one) for one in each.settled],
        "then": {tag: value for tag, value, _ in consequences(each.rule.then)},
    }


def _tell(told: Sequence[Explained], subject: Subject) -> None:
    from dam_tagging.rules.model import consequences

    if subject.facts.state != "read":
        say(f"The file is {subject.facts.state}: it is held, whatever the rules say.", "red")
    say(f"'{subject.key}': {many(len(told), 'rules')}", "bold")
    for each in sorted(told, key=lambda one: tuple(FIRES).index(one.truth)):
        then = ", ".join(f"{tag}: {value}" for tag, value, _ in consequences(each.rule.then))
        say(f"{FIRES[each.truth]:<12} {each.rule.name} ({each.rule.place}) -> {then}", STYLES.get(each.truth, ""))
        for one in each.settled:
            say(f"{'':<12}   {one.condition}: {one.truth}{f' ({one.why})' if one.why else ''}")


def _of_file(file: Path, key: str) -> Subject:
    """Return what rules look at in a local file; nobody is on its roster, so every name counts as a stranger's."""
    from dam_plugin.intake.reader import read_local

    try:
        facts = read_local(file)
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {(error.strerror or 'refused').lower()}") from error
    return _subject(facts, key, (), date.min)


def _of_library(key: str) -> Subject:
    """Return what rules look at in a recording of the library, and in the roster; other plugins are not asked."""
    from dam_plugin.intake.examine import read_metadata

    with attached() as at:
        library, store = at.services.library, at.services.store
        head = library.head(key)
        with library.open(head.key, version_id=head.version_id, etag=head.etag, size=head.size) as opened:
            facts = read_metadata(at.services, opened, head.key, head.size)
        with store.reading() as unit:
            return _subject(facts, head.key, unit.people.students(), at.services.now().date())


def _subject(facts: Facts, key: str, students: Sequence[StudentRecord], today: date) -> Subject:
    from dam_plugin.intake.examine import standing_of
    from dam_tagging.depicted import depicted
    from dam_tagging.people import Person, RosterIndex
    from dam_tagging.rules.matchers import Subject

    people = depicted(facts, RosterIndex.of(Person(s.id, s.all_names, (s.roster_id,)) for s in students), (), key)
    named = tuple(standing_of(each, today) for each in students if each.id in people.students)
    return Subject(facts, key, people.count, named)
