"""`procedure test | replay | rulings`: the district's own cases and the recorded ones, decided again. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import day_of
from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.cli.rulings import rulings, rulings_from
from dam_plugin.cli.trial import try_cases

if TYPE_CHECKING:
    from dam_plugin.custodian.replay import Again, Against, Change, Replay, Replayed, Undecided
    from dam_plugin.model import Decision

# How many entries of one kind of change are named in a table; `--json` names each.
NAMED = 3

procedure_app = typer.Typer(help=help_of("procedure"), no_args_is_help=True)
procedure_app.command("test")(try_cases)
procedure_app.command("rulings")(rulings)


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(procedure_app, name="procedure")


@procedure_app.command()
def replay(
    against: Annotated[
        Path,
        typer.Option(
            "--against",
            metavar="FILE",
            help="A file like dam-plugin.toml, whose [district] counts, or a file of rulings.",
        ),
    ],
    since: Annotated[
        str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Only shares since this day (default: all).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide recorded shares again under another policy or other rulings: what would change; exit 1 where one cannot be."""
    from dam_plugin.custodian.replay import recorded, summed
    from dam_plugin.custodian.replay import replay as again
    from dam_plugin.ledger.chain import Ledger
    from dam_plugin.settings import Settings
    from dam_plugin.store import Store

    others = _against(against)
    since_day = day_of(since, date.min)
    # No plugin manager: a replay asks no third party and needs no bucket.
    settings = Settings.load()
    ledger = Ledger(settings.signing_key.get_secret_value() if settings.signing_key else "")
    with closing(Store(settings.database_url)) as store, store.reading() as unit:
        answers = again(recorded(ledger, unit, since_day), others)
        if as_json:
            total = summed(_printed(answers), others)
            print_json({"summary": _plain_summary(total)})
        else:
            told = _Told()
            total = summed(told.listening(answers), others)
            told.show(total, others)
    raise typer.Exit(1 if total.undecided else 0)


def _against(path: Path) -> Against:
    """Return what a file says: rulings, or the district's policy. Raises SettingsError with every mistake."""
    from dam_plugin.custodian.replay import Against
    from dam_plugin.procedure.read_rulings import is_about_rulings
    from dam_plugin.settings import RULINGS_NAME, Settings
    from dam_plugin.sharing.gather_case import district_policy

    if path.is_file() and (path.name == RULINGS_NAME or is_about_rulings(path.read_bytes())):
        return Against(rulings=rulings_from(path))
    return Against(policy=district_policy(Settings.policy_in(path)))


def _printed(answers: Iterable[Again]) -> Iterator[Again]:
    """Print what a program wants to know of each answer, in the ledger's order, and pass every answer on."""
    from dam_plugin.custodian.replay import Replayed, Undecided

    for each in answers:
        if isinstance(each, Undecided):
            problems = [{"path": p.path, "message": p.message} for p in each.problems]
            print_json({"entry": each.entry, "at": each.at, "error": problems})
        elif isinstance(each, Replayed) and (each.change.kind != "unchanged" or each.standing == "differs"):
            print_json(_plain(each))
        yield each


def _plain(each: Replayed) -> dict[str, Any]:
    from dam_plugin.procedure.read_cases import decision_object

    return {
        "entry": each.entry,
        "at": each.at,
        "asset": each.case.asset.id,
        "change": each.change.kind,
        "differs": each.change.differs,
        "becomes_visible": each.visible,
        "becomes_hidden": each.hidden,
        "recorded_answer": each.standing,
        "taken_by": each.taken_by,
        "recorded": decision_object(each.case.id, each.recorded),
        "before": decision_object(each.case.id, each.before),
        "after": decision_object(each.case.id, each.after),
    }


def _plain_summary(total: Replay) -> dict[str, Any]:
    from dam_plugin.custodian.replay import Kind, Standing

    changes = [
        {
            "change": change.kind,
            "outcomes": _words(change),
            "clauses": change.clauses,
            "differs": change.differs,
            "cases": count,
        }
        for change, count in _ordered(total)
    ]
    return {
        "cases": total.cases,
        "decided": total.decided,
        "deleted": total.deleted,
        "undecided": total.undecided,
        "before_notice": total.before_notice,
        **{kind: total.kinds.get(kind, 0) for kind in get_args(Kind)},
        "recorded_answer": {standing: total.standings.get(standing, 0) for standing in get_args(Standing)},
        "changes": changes,
    }


def _words(change: Change) -> tuple[str, str]:
    return change.outcomes[0].word, change.outcomes[1].word


def _ordered(total: Replay) -> list[tuple[Change, int]]:
    """Return the changes and how many cases each has, first those that became looser: a person must look at them."""
    return sorted(total.changes.items(), key=lambda item: (_rank(item[0]), -item[1], astuple(item[0])))


def _rank(change: Change) -> int:
    from dam_plugin.custodian.replay import Kind

    return get_args(Kind).index(change.kind)


def _arrow(pair: tuple[str, str]) -> str:
    return pair[0] if pair[0] == pair[1] else f"{pair[0]} → {pair[1]}"


def _cases(count: int) -> str:
    return f"{count:,} case{'' if count == 1 else 's'}"


class _Told:
    """The report of a replay for a person; keeps what its tables need, not the cases."""

    def __init__(self) -> None:
        self._recordings: dict[tuple[str, Change, tuple[str, ...], tuple[str, ...]], list[int]] = {}
        self._differing: list[tuple[object, ...]] = []
        self._undecided: list[Undecided] = []

    def listening(self, answers: Iterable[Again]) -> Iterator[Again]:
        """Keep what is told of each answer, and pass it on."""
        from dam_plugin.custodian.replay import Replayed, Undecided

        for each in answers:
            if isinstance(each, Undecided):
                self._undecided.append(each)
            elif isinstance(each, Replayed):
                self._keep(each)
            yield each

    def _keep(self, each: Replayed) -> None:
        asset = each.case.asset.id
        if each.change.kind != "unchanged":
            key = (asset, each.change, each.visible, each.hidden)
            self._recordings.setdefault(key, []).append(each.entry)
        if each.standing == "differs":
            self._differing.append((each.entry, each.at, asset, _answer(each.recorded), _answer(each.before)))

    def show(self, total: Replay, against: Against) -> None:
        """Print the numbers, then what would change by clause and by recording, then how the record itself stands."""
        say(f"{total.decided:,} of {_cases(total.cases)} on record decided again; nothing was changed.", "bold")
        kinds, what = total.kinds, "settings" if against.policy else "rulings"
        say(
            f"Under these {what} {kinds.get('looser', 0):,} would become looser, {kinds.get('stricter', 0):,} stricter, "
            f"{kinds.get('otherwise', 0):,} otherwise changed; {kinds.get('unchanged', 0):,} would stay as they are."
        )
        if against.policy and total.before_notice:
            notice = against.policy.directory_notice
            say(
                f"Of days before the notice of {notice}, when it opens nothing: {_cases(total.before_notice)}; "
                f"--since {notice} leaves them out."
            )
        if total.changes:
            self._show_changes(total)
        self._show_record(total)

    def _show_changes(self, total: Replay) -> None:
        print_table(
            "By clause",
            ("change", "answer", "deciding clause", "cases"),
            [(*_told(change), f"{count:,}") for change, count in _ordered(total)],
        )
        rows = sorted(self._recordings.items(), key=lambda item: (_rank(item[0][1]), item[1][0]))
        print_table(
            "By recording",
            ("recording", "change", "answer", "deciding clause", "becomes visible", "becomes hidden", "entries"),
            [
                (asset, *_told(change), ", ".join(seen), ", ".join(hidden), _named(entries))
                for (asset, change, seen, hidden), entries in rows
            ],
        )

    def _show_record(self, total: Replay) -> None:
        standings = total.standings
        say(
            f"Recorded answers beside today's procedure: {standings.get('same', 0):,} the same, "
            f"{standings.get('made_stricter', 0):,} made stricter at the time (another plugin, an error, or a copy that "
            f"could not be made), {standings.get('differs', 0):,} different."
        )
        if self._differing:
            columns = ("entry", "at", "recording", "recorded", "today")
            print_table("Answered otherwise by today's procedure", columns, self._differing)
        if total.deleted:
            have = "has" if total.deleted == 1 else "have"
            say(f"{_cases(total.deleted)} {have} been deleted and cannot be decided again.", "yellow")
        for each in self._undecided:
            problems = "; ".join(str(problem) for problem in each.problems)
            say(f"Entry {each.entry} cannot be decided again: {problems}", "red")


def _told(change: Change) -> tuple[str, ...]:
    differs = f" ({', '.join(change.differs)})" if change.differs else ""
    return change.kind + differs, _arrow(_words(change)), _arrow(change.clauses)


def _answer(decision: Decision) -> str:
    return f"{decision.outcome.word}: {', '.join(each.clause for each in decision.reasons)}"


def _named(entries: list[int]) -> str:
    named = ", ".join(str(each) for each in entries[:NAMED])
    return named if len(entries) <= NAMED else f"{named} and {len(entries) - NAMED:,} more"
