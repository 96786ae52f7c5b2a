"""`rules diff | apply | pending | approve`: what other rules would make of the library, and how changed rules take effect."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli.context import As, actor_of, attached
from dam_plugin.cli.output import AsJson, print_json, print_table, say

if TYPE_CHECKING:
    from dam_plugin.admin.rule_diff import Retagged, Tally
    from dam_plugin.intake.tag_changes import Direction, TagChange
    from dam_plugin.store import PendingTags, RuleChange, SystemUser

# A table of more rows than these nobody reads; `--json` has all.
MOST_ROWS = 200
COLUMNS = ("recording", "tag", "before", "after", "is", "by rule")

Sets = Annotated[
    list[Path],
    typer.Argument(metavar="[OLD] NEW", help="Rule files or folders of them; without OLD, the rules in force."),
]


def diff(paths: Sets, as_json: AsJson = False) -> None:
    """Tell which recordings other rules would tag otherwise, and which open links would close; nothing is changed."""
    from dam_plugin.admin.rule_diff import compared
    from dam_plugin.cli.rule_files import rules_at

    if len(paths) > 2:
        raise typer.BadParameter("give the NEW rules, or the OLD and the NEW ones")
    sets = [rules_at(path, as_json=as_json) for path in paths]
    told = _Told(as_json=as_json, links="would close")
    with attached() as at:
        old = sets[0] if len(sets) == 2 else at.services.rules
        tally = compared(at.services, old, sets[-1], told)
    told.end("Recordings tagged otherwise", tally, {"old": old.digest, "new": sets[-1].digest})


def apply(as_: As = None, as_json: AsJson = False) -> None:
    """Tag every recording again by the rules in force; what loosens waits until another user of this system approves it."""
    from dam_plugin.admin.rule_changes import apply_rules

    told = _Told(as_json=as_json, links="closed")
    with attached() as at:
        done = apply_rules(at.services, actor_of(as_), system_user(), told)
    more = {
        "digest": done.digest,
        "renewed": done.renewed,
        "request": done.request,
        "asked_before": done.asked_before,
        "superseded": done.superseded,
    }
    told.end("Recordings tagged otherwise", done.tally, more)
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


def pending(as_json: AsJson = False) -> None:
    """List what waits for an approval: who asked, when, and what would be looser."""
    from dam_plugin.admin import rule_changes

    with attached() as at:
        waiting = rule_changes.pending(at.services)
    if as_json:
        print_json(*(_plain_request(change, tags) for change, tags in waiting))
        return
    for change, tags in waiting:
        title = f"{change.id}: asked by {change.user.name} ({change.by.role}), {change.at.astimezone():%Y-%m-%d %H:%M}"
        rows = [row for each in tags for row in _rows(each.key, _changes(each), "")]
        print_table(title, COLUMNS, rows[:MOST_ROWS])
        _say_more(len(rows))
    if not waiting:
        say("Nothing waits for an approval.")


def approve(
    request: Annotated[str, typer.Argument(metavar="ID", help="The request, see `rules pending`.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Let what waits take effect, as another user of this system than asked for it, and as the custodian (--as).

    Recordings that are not any more what was asked for are skipped and named, and the exit status is 1; the others are
    done. A request is not refused: it has no effect until it is approved, and ends when other rules are applied.
    """
    from dam_plugin.admin import rule_changes

    told = _Told(as_json=as_json, links="closed")
    with attached() as at:
        done = rule_changes.approve(at.services, request, actor_of(as_), system_user(), told)
    told.end("Recordings tagged otherwise", done.tally, {"request": request, "stale": done.stale})
    if done.stale and not as_json:
        say(
            "Skipped, since they are not any more what was asked for (`dam-plugin rules apply` asks again): "
            f"{', '.join(done.stale)}.",
            "yellow",
        )
    raise typer.Exit(1 if done.tally.failed or done.stale else 0)


def system_user() -> SystemUser:
    """Return the user of the operating system whose process this is; the environment has no say where there is a number."""
    from dam_plugin.store import SystemUser

    try:
        import pwd
    except ImportError:
        name = getpass.getuser()
        return SystemUser(name, name)
    number = os.getuid()
    try:
        return SystemUser(str(number), pwd.getpwuid(number).pw_name)
    except KeyError:
        return SystemUser(str(number), str(number))


class _Told:
    """Tells of each recording: at once to a program, as a table at the end to a person."""

    def __init__(self, *, as_json: bool, links: str) -> None:
        self._as_json = as_json
        self._links = links
        self._rows: list[tuple[str, ...]] = []
        self._count = 0

    def __call__(self, each: Retagged) -> None:
        if self._as_json:
            waiting = [_plain(one) for one in each.waiting]
            print_json(
                {
                    "key": each.key,
                    "asset": each.asset_id,
                    "changes": [_plain(one) for one in each.changes],
                    "waiting": waiting,
                    "closed": each.closed,
                }
            )
            return
        for row in (*_rows(each.key, each.changes, ""), *_rows(each.key, each.waiting, ", waits")):
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


WAYS: tuple[Direction, ...] = ("looser", "stricter", "otherwise")


def _plain_tally(tally: Tally) -> dict[str, Any]:
    tags: dict[str, dict[str, int]] = {}
    for (tag, way), count in sorted(tally.tags.items()):
        tags.setdefault(tag, {})[way] = count
    plain = {"recordings": tally.seen, "changed": tally.changed, "failed": tally.failed, "closed": tally.closed}
    return {**plain, "tags": tags}


def _plain(change: TagChange) -> dict[str, Any]:
    plain = asdict(change)
    return {"tag": plain.pop("field"), **plain}


def _plain_request(change: RuleChange, tags: Iterable[PendingTags]) -> dict[str, Any]:
    recordings = [
        {
            "key": each.key,
            "asset": each.asset_id,
            "outcome": each.outcome,
            "changes": [_plain(one) for one in _changes(each)],
        }
        for each in tags
    ]
    return {**asdict(change), "recordings": recordings}


def _changes(each: PendingTags) -> tuple[TagChange, ...]:
    from dam_plugin.intake.tag_changes import changes

    return changes(each.before, each.after)


def _rows(key: str, found: Iterable[TagChange], more: str) -> Iterator[tuple[str, ...]]:
    for each in found:
        rules = ", ".join(each.rules)
        yield key, each.field, _word(each.before), _word(each.after), f"{each.direction}{more}", rules


def _word(value: object) -> str:
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
