"""`rules …`: an admin's rule files checked, tried and explained, compared with those in force, and put into force.

`check`, `test`, `explain` and `diff` change nothing. `apply` and `approve` tag recordings again (`dam_plugin.admin`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, actor_of, attached
from dam_plugin.cli.jobs import print_job, shown_progress
from dam_plugin.cli.output import AsJson, print_json, print_result, print_table, say
from dam_plugin.errors import InputError

if TYPE_CHECKING:
    from dam_plugin.admin.rule_changes import Retagged, Tally
    from dam_plugin.intake.jobs import Added
    from dam_plugin.intake.roster_cache import Roster
    from dam_plugin.intake.tag_changes import Direction, TagChange
    from dam_plugin.store import PendingTags, RuleChange
    from dam_tagging.facts import Facts
    from dam_tagging.rules.conditions import Subject
    from dam_tagging.rules.examples import Report, Tried
    from dam_tagging.rules.explain import Explained
    from dam_tagging.rules.load import Loaded


STYLES = {"yes": "green", "unknown": "yellow"}
FIRES = {"yes": "fires", "unknown": "cannot know", "no": "does not"}
# Most rows in a table. A longer table is not readable; `--json` has all.
MOST_ROWS = 200
COLUMNS = ("recording", "tag", "before", "after", "is", "by rule")
WAYS: tuple[Direction, ...] = ("looser", "stricter", "otherwise")

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

Sets = Annotated[
    list[Path],
    typer.Argument(metavar="[OLD] NEW", help="Rule files or folders of them; without OLD, the rules in force."),
]

rules_app = typer.Typer(help=help_of("rules"), no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(rules_app, name="rules")


@rules_app.command()
def check(path: RulesPath = None, as_json: AsJson = False) -> None:
    """Read rule files and report every mistake with its place; exit 1 if there is one."""
    texts = texts_at(path)
    loaded = loaded_from(texts, as_json=as_json)
    counts = {"files": len(texts), "rules": len(loaded.rules.rules), "examples": len(loaded.examples)}
    sentence = f"No mistake in {', '.join(many(count, name) for name, count in counts.items())}."
    print_result({**counts, "problems": 0}, sentence, as_json=as_json)


@rules_app.command("test")
def try_rules(
    path: RulesPath = None,
    full: Annotated[
        bool,
        typer.Option(
            "--require-full-coverage", help="Exit 1 unless each rule fires in one example and not in another."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try the examples in rule files; exit 1 if a result is not the expected one. Names the rules that no example tries."""
    from dam_tagging.rules.examples import try_examples

    texts = texts_at(path)
    loaded = loaded_from(texts, as_json=as_json)
    report = try_examples(loaded.rules, loaded.examples)
    if as_json:
        print_json(*(_plain_try(each) for each in report.tried))
        print_json({"summary": _plain_summary(report)})
    else:
        _print_examples(report)
    raise typer.Exit(1 if report.failed or (full and not report.covered) else 0)


@rules_app.command()
def explain(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="A recording of the library.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A local file instead; with KEY, as if it had that key."),
    ] = None,
    rules: RulesOption = None,
    as_json: AsJson = False,
) -> None:
    """Say for every rule whether it fires on a recording, does not fire, or cannot know, with the condition."""
    from dam_tagging.rules.explain import explained

    if file is None and key is None:
        raise typer.BadParameter("give the KEY of a recording, or a local one with --file")
    texts = texts_at(rules)
    loaded = loaded_from(texts, as_json=as_json)
    subject = _of_file(file, key or file.name) if file is not None else _of_library(key or "")
    explanations = explained(loaded.rules, subject)
    if as_json:
        print_json(*map(_plain_explained, explanations))
    else:
        _print_explained(explanations, subject)


@rules_app.command()
def diff(
    paths: Sets,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to the worker (`dam-plugin jobs list`).")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the recordings that other rules would tag differently, and the open links that would close; changes nothing."""
    from dam_plugin.admin import rule_changes
    from dam_plugin.intake.jobs import cancel_job

    if len(paths) > 2:
        raise typer.BadParameter("give the NEW rules, or the OLD and the NEW ones")
    texts = [texts_at(path) for path in (paths if len(paths) == 2 else [None, *paths])]
    old, new = (loaded_from(each, as_json=as_json).rules for each in texts)
    report = _Retaggings(as_json=as_json, links="would close")
    with attached() as at:
        was, becomes = ({name: text.decode() for name, text in each.items()} for each in texts)
        added = rule_changes.ask_to_compare(at.services, actor_of(None), was, becomes, detach=detach)
        if detach:
            _print_left(added, as_json=as_json)
            return
        tally = rule_changes.Tally()
        if added is not None:
            try:
                with shown_progress(as_json=as_json) as tell:
                    tally = rule_changes.go_on_comparing(at.services, added, report, tell)
            except KeyboardInterrupt:
                # Nobody waits for it any more: no worker is to go on with it.
                cancel_job(at.services, added.job.id)
                raise
    job = None if added is None else added.job.id
    report.end("Recordings tagged otherwise", tally, {"old": old.digest, "new": new.digest, "job": job})


def print_examples(found: Sequence[Retagged], *, of: int) -> None:
    """Print the recordings that a comparison found first, of so many."""
    rows = [row for each in found for row in _change_rows(each.key, each.changes, "")]
    print_table("Recordings tagged otherwise", COLUMNS, rows)
    if of > len(found):
        say(f"… and {of - len(found):,} more recordings: `dam-plugin rules diff … --json` tells all.")


def plain_example(each: Retagged) -> dict[str, Any]:
    """Return what a comparison found about a recording, for a program."""
    return {"key": each.key, "asset": each.asset_id, "changes": [_plain_change(one) for one in each.changes]}


@rules_app.command()
def apply(
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to the worker (`dam-plugin jobs list`).")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Tag every recording again by the rules in force; looser tags wait until another user of this system approves them."""
    from dam_plugin.admin import rule_changes

    report = _Retaggings(as_json=as_json, links="closed")
    with attached() as at:
        added = rule_changes.ask_to_apply(at.services, actor_of(as_), context.system_user(), detach=detach)
        if added is not None and added.was_open:
            typer.echo(f"note: {added.job.id} does that already, and goes on where it was", err=True)
        if detach:
            _print_left(added, as_json=as_json)
            return
        if added is None:
            done = rule_changes.Applied(at.services.rules.digest)
        else:
            with shown_progress(as_json=as_json) as tell:
                done = rule_changes.go_on_applying(at.services, added, report, tell)
    more = {
        "digest": done.digest,
        "renewed": done.renewed,
        "request": done.request,
        "asked_before": done.asked_before,
        "superseded": done.superseded,
    }
    report.end("Recordings tagged otherwise", done.tally, more)
    if not as_json:
        if done.request:
            say(
                f"What loosens waits: another user of this system runs `dam-plugin rules approve {done.request}`.",
                "yellow",
            )
        if done.asked_before:
            say(f"{done.asked_before:,} waited before, see `dam-plugin rules pending`.", "yellow")
        if done.superseded:
            say(f"Asked for by other rules, and superseded: {', '.join(done.superseded)}.")
    raise typer.Exit(1 if done.tally.failed else 0)


def _print_left(added: Added | None, *, as_json: bool) -> None:
    if added is None:
        print_result({"job": None}, "There is no recording: nothing was left to do.", as_json=as_json)
    else:
        print_job(added.job, as_json=as_json)


@rules_app.command()
def pending(as_json: AsJson = False) -> None:
    """List changes that wait for an approval: who asked, when, and what would be looser."""
    from dam_plugin.admin import rule_changes

    with attached() as at:
        waiting = rule_changes.pending(at.services)
    if as_json:
        print_json(*(_plain_request(change, tags) for change, tags in waiting))
        return
    for change, tags in waiting:
        title = f"{change.id}: asked by {change.user.name} ({change.by.role}), {change.at.astimezone():%Y-%m-%d %H:%M}"
        rows = [row for each in tags for row in _change_rows(each.key, _changes(each), "")]
        print_table(title, COLUMNS, rows[:MOST_ROWS])
        _say_more(len(rows))
    if not waiting:
        say("Nothing waits for an approval.")


@rules_app.command()
def approve(
    request: Annotated[str, typer.Argument(metavar="ID", help="The request, see `rules pending`.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Approve a waiting request, as the custodian (--as) and as another system user than the one who asked for it.

    Recordings that are not any more what was asked for are skipped and named, and the exit status is 1; the others are
    done. A request is not refused: it has no effect until it is approved, and ends when other rules are applied.
    """
    from dam_plugin.admin import rule_changes

    report = _Retaggings(as_json=as_json, links="closed")
    with attached() as at:
        done = rule_changes.approve(at.services, request, actor_of(as_), context.system_user(), report)
    report.end("Recordings tagged otherwise", done.tally, {"request": request, "stale": done.stale})
    if done.stale and not as_json:
        say(
            "Skipped, since they are not any more what was asked for (`dam-plugin rules apply` asks again): "
            f"{', '.join(done.stale)}.",
            "yellow",
        )
    raise typer.Exit(1 if done.tally.failed or done.stale else 0)


# The files


def texts_at(path: Path | None) -> dict[str, bytes]:
    """Return the rule files of a path, of the settings, or the starter pack."""
    from dam_plugin.admin.rule_changes import rule_texts
    from dam_plugin.settings import Settings

    return rule_texts(path or Settings.load().rules)


def loaded_from(texts: dict[str, bytes], *, as_json: bool) -> Loaded:
    """Return what the files hold; tell every mistake and exit 1 where there is one."""
    from dam_tagging.rules.load import load
    from dam_tagging.rules.model import RuleFileError

    try:
        return load(texts)
    except RuleFileError as error:
        if as_json:
            print_json(*(asdict(each) for each in error.found))
        else:
            for each in error.problems:
                say(each)
            say(
                f"{many(len(error.found), 'mistakes')}: no rule of these files is used before they are put right.",
                "red",
            )
        raise typer.Exit(1) from error


def many(count: int, name: str) -> str:
    """Return a count and its noun, which is given in the plural."""
    return f"{count:,} {name if count != 1 else name.removesuffix('s')}"


# The examples


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


def _print_examples(report: Report) -> None:
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


# One recording


def _of_file(file: Path, key: str) -> Subject:
    """Return what rules look at in a local file. The roster is taken as empty, so every name is a stranger's."""
    from dam_plugin.intake.reader import read_local
    from dam_plugin.intake.roster_cache import Roster
    from dam_tagging.match_students import RosterIndex
    from dam_tagging.tag import Families

    try:
        facts = read_local(file)
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {(error.strerror or 'refused').lower()}") from error
    return _subject(facts, key, Roster(RosterIndex(()), Families()))


def _of_library(key: str) -> Subject:
    """Return what rules look at in a recording of the library, and in the roster; other plugins are not asked."""
    from dam_plugin.intake.examine import read_metadata
    from dam_plugin.intake.roster_cache import roster_of

    with attached() as at:
        library, store = at.services.library, at.services.store
        head = library.head(key)
        with library.open(head.key, version_id=head.version_id, etag=head.etag, size=head.size) as opened:
            facts = read_metadata(at.services, opened, head.key, head.size)
        with store.reading() as unit:
            return _subject(facts, head.key, roster_of(at.services, unit))


def _subject(facts: Facts, key: str, roster: Roster) -> Subject:
    from dam_tagging.depicted import depicted
    from dam_tagging.rules.conditions import Subject

    people = depicted(facts, roster.index, (), key, denied=roster.families.unsettled)
    standings = roster.families.standings(people.students)
    return Subject(facts, key, people.count, tuple(standings[each] for each in people.students))


def _plain_explained(each: Explained) -> dict[str, object]:
    from dam_tagging.rules.model import consequences

    return {
        "rule": each.rule.name,
        "at": each.rule.place,
        "fires": each.truth,
        "conditions": [asdict(one) for one in each.settled],
        "then": {tag: value for tag, value, _ in consequences(each.rule.then)},
    }


def _print_explained(explanations: Sequence[Explained], subject: Subject) -> None:
    from dam_tagging.rules.model import consequences

    if subject.facts.state != "read":
        say(f"The file is {subject.facts.state}: it is held, whatever the rules say.", "red")
    say(f"'{subject.key}': {many(len(explanations), 'rules')}", "bold")
    for each in sorted(explanations, key=lambda one: tuple(FIRES).index(one.truth)):
        then = ", ".join(f"{tag}: {value}" for tag, value, _ in consequences(each.rule.then))
        say(f"{FIRES[each.truth]:<12} {each.rule.name} ({each.rule.place}) -> {then}", STYLES.get(each.truth, ""))
        for one in each.settled:
            say(f"{'':<12}   {one.condition}: {one.truth}{f' ({one.why})' if one.why else ''}")


# Recordings tagged otherwise


class _Retaggings:
    """Reports each recording: at once to a program, as a table at the end to a person."""

    def __init__(self, *, as_json: bool, links: str) -> None:
        self._as_json = as_json
        self._links = links
        self._rows: list[tuple[str, ...]] = []
        self._count = 0

    def __call__(self, each: Retagged) -> None:
        if self._as_json:
            waiting = [_plain_change(one) for one in each.waiting]
            print_json(
                {
                    "key": each.key,
                    "asset": each.asset_id,
                    "changes": [_plain_change(one) for one in each.changes],
                    "waiting": waiting,
                    "closed": each.closed,
                }
            )
            return
        for row in (*_change_rows(each.key, each.changes, ""), *_change_rows(each.key, each.waiting, ", waits")):
            self._count += 1
            if len(self._rows) < MOST_ROWS:
                self._rows.append(row)

    def end(self, title: str, tally: Tally, more: dict[str, Any]) -> None:
        """Tell the sum."""
        if self._as_json:
            print_json({"summary": {**_plain_tally(tally), **more}})
            return
        print_table(title, COLUMNS, self._rows)
        _say_more(self._count)
        if tally.tags:
            rows = [
                (tag, *(tally.tags[tag, way] or None for way in WAYS)) for tag in sorted({tag for tag, _ in tally.tags})
            ]
            print_table("By tag", ("tag", *WAYS), rows)
        say(
            f"{tally.changed:,} of {tally.seen:,} recordings tagged otherwise; {tally.closed:,} open links {self._links}."
        )
        if tally.failed:
            say(
                f"{tally.failed:,} could not be examined, or the storage refused their object tags; run it again.",
                "red",
            )


def _plain_tally(tally: Tally) -> dict[str, Any]:
    tags: dict[str, dict[str, int]] = {}
    for (tag, way), count in sorted(tally.tags.items()):
        tags.setdefault(tag, {})[way] = count
    plain = {"recordings": tally.seen, "changed": tally.changed, "failed": tally.failed, "closed": tally.closed}
    return {**plain, "tags": tags}


def _plain_request(change: RuleChange, tags: Iterable[PendingTags]) -> dict[str, Any]:
    recordings = [
        {
            "key": each.key,
            "asset": each.asset_id,
            "outcome": each.outcome,
            "changes": [_plain_change(one) for one in _changes(each)],
        }
        for each in tags
    ]
    return {**asdict(change), "recordings": recordings}


def _plain_change(change: TagChange) -> dict[str, Any]:
    plain = asdict(change)
    return {"tag": plain.pop("field"), **plain}


def _changes(each: PendingTags) -> tuple[TagChange, ...]:
    from dam_plugin.intake.tag_changes import changes_between

    return changes_between(each.before, each.after)


def _change_rows(key: str, found: Iterable[TagChange], more: str) -> Iterator[tuple[str, ...]]:
    for each in found:
        rules = ", ".join(each.rules)
        yield key, each.field, _tag_value(each.before), _tag_value(each.after), f"{each.direction}{more}", rules


def _tag_value(value: object) -> str:
    match value:
        case None | [] | {}:
            return "none"
        case dict():
            return "; ".join(f"{name}: {each}" for name, each in value.items())
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _say_more(count: int) -> None:
    if count > MOST_ROWS:
        say(f"… and {count - MOST_ROWS:,} more (--json has all)")
