"""`demo`: the main job on a machine with nothing set up, told in tables, and a report page."""

from __future__ import annotations

import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.model import Outcome

if TYPE_CHECKING:
    from dam_plugin.demo.play import Attempt, Played


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report and the copies go.")] = Path(
        "demo-output"
    ),
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the storage server running, to try other commands.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play the main job on the samples: upload, tag, share, redact, prove, record."""
    from dam_plugin.demo.play import play
    from dam_plugin.demo.report import write_report

    finished: list[Played] = []

    def told(played: Played) -> None:
        finished.append(played)
        report = write_report(played)
        if as_json:
            print_json(*(_plain(attempt) for attempt in played.attempts))
        else:
            _print(played, report)

    tell = (lambda _: None) if as_json else (lambda text: say(f"… {text}", "dim"))
    play(out, told, tell=tell, keep=_wait if keep else None)
    verified = finished[0].verification
    raise typer.Exit(0 if verified is not None and verified.ok else 1)


def _plain(attempt: Attempt) -> dict[str, object]:
    decision, release = attempt.answer.decision, attempt.answer.release
    return {
        "who": attempt.scene.who,
        "key": attempt.scene.key,
        "outcome": decision.outcome.word,
        "redact": decision.redact,
        "reasons": [{"clause": reason.clause, "text": reason.text} for reason in decision.reasons],
        "proof": release.proof if release else None,
    }


def _print(played: Played, report: Path) -> None:
    _print_assets(played)
    _print_attempts(played)
    _print_proofs(played)
    _print_late(played)
    verified = played.verification
    if verified is not None and verified.ok:
        say(f"ledger verify: the ledger holds, {verified.entries} entries", "green")
    elif verified is not None:
        say(f"ledger verify: the ledger is broken: {verified.why}", "red")
    out = shlex.quote(str(played.out))
    case = next((played.out / "cases").glob("*-deny.json"))
    say("\nTry next:")
    say(f"  open {shlex.quote(str(report))}   (in a browser: the pictures before and after, the reasons, the record)")
    say(f"  dam-plugin decide {shlex.quote(str(case))}   (the same decision, from the case alone)")
    say(f"  dam-plugin demo --keep --out {out}   (keeps the server running: share, tag, opt out, open links yourself)")


def _print_assets(played: Played) -> None:
    rows = []
    for stored, tags in played.assets:
        tagging = stored.tagging
        who = ", ".join(f"{a.student} {a.prominence}" for a in tagging.appearances) or "nobody named"
        if tagging.unidentified_people:
            who += f", {tagging.unidentified_people} not named"
        rows.append((stored.asset.key, tagging.state, tags.get("dam-release"), tagging.directory_status, who))
    print_table(
        "Recordings, tagged from their own metadata", ("recording", "tagging", "release", "directory", "who"), rows
    )


def _print_attempts(played: Played) -> None:
    rows = [
        (
            number,
            attempt.scene.who,
            attempt.answer.decision.outcome.word,
            attempt.answer.decision.reasons[0].clause,
            attempt.answer.decision.reasons[0].text,
        )
        for number, attempt in enumerate(played.attempts, start=1)
    ]
    print_table("Who asked, and what came of it", ("", "who", "answer", "clause", "why"), rows)


def _print_proofs(played: Played) -> None:
    rows = [
        (
            number,
            attempt.scene.key,
            attempt.answer.release.sha256[:16],
            "; ".join(attempt.answer.release.proof["checks"]),
        )
        for number, attempt in enumerate(played.attempts, start=1)
        if attempt.answer.release is not None and attempt.answer.decision.outcome is Outcome.REDACT
    ]
    print_table("Proof of each redacted copy, read back from the bucket", ("", "of", "sha256", "proven"), rows)


def _print_late(played: Played) -> None:
    if played.late is None:
        return
    after = played.late.after.decision
    say(played.late.attempt.scene.who + ":", "bold")
    say(f"  before: the link answered {played.late.bytes_before:,} bytes")
    say(f"  the opt-out was recorded and decided every link to this student again: {played.late.closed} closed")
    say(f"  after:  {after.outcome.word}: {after.reasons[0].text}")


def _wait(variables: dict[str, str], folder: Path) -> None:
    """Say how to reach the demo's server from another terminal, and wait until interrupted."""
    say("\nThe storage server is running. In another terminal:")
    say(f"  cd {shlex.quote(str(folder.resolve()))}")
    for name, value in variables.items():
        say(f"  export {name}={shlex.quote(value)}")
    say("  dam-plugin doctor; dam-plugin student find a; dam-plugin links --open")
    say("Stop it with Ctrl-C.")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
