"""`demo`: play the whole story on this machine, and print it as tables, JSON or a report page."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.model import Outcome

if TYPE_CHECKING:
    from dam_plugin.cli.demo.play import Attempt, Played


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
    from dam_plugin.cli.demo.play import play
    from dam_plugin.cli.demo.report import write_report

    finished: list[Played] = []

    def told(played: Played) -> None:
        finished.append(played)
        report = write_report(played)
        if as_json:
            print_json(*(_plain(attempt) for attempt in played.attempts), *_plain_yearbook(played))
        else:
            _print(played, report)

    tell = (lambda _: None) if as_json else (lambda text: say(f"… {text}", "dim"))
    play(out, told, tell=tell, keep=(_wait_in_json if as_json else _wait) if keep else None)
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


def _plain_yearbook(played: Played) -> Iterator[dict[str, object]]:
    """Yield the result of the yearbook's sets, as one object."""
    book = played.yearbook
    if book is None:
        return
    yield {
        "yearbook": [
            {
                "file": each.file.name,
                "set": each.made.set.id,
                "portraits": each.made.portraits,
                "candids": each.made.candids,
                "redacted": each.made.redacted,
                "left_out": {reason.clause: reason.count for reason in each.left_out},
            }
            for each in (book.printed, book.other)
        ],
        "verified": book.verified.set_id,
        "locked_for": book.locked.handover.to,
        "disclosures": book.locked.shares,
        "opted_out": book.student,
        "stops": [each.path for each in book.rechecked.stops],
        "recall": [{"file": each.path, "pages": each.pages, "standing": each.standing} for each in book.recalled],
    }


def _print(played: Played, report: Path) -> None:
    _print_assets(played)
    _print_look(played)
    _print_attempts(played)
    _print_proofs(played)
    _print_late(played)
    _print_desk(played)
    _print_yearbook(played)
    _print_record(played)
    _print_report(played)
    verified = played.verification
    if verified is not None and verified.ok:
        say(f"ledger verify: the ledger holds, {verified.entries} entries", "green")
    elif verified is not None:
        say(f"ledger verify: the ledger is broken: {verified.why}", "red")
    case = next((played.out / "cases").glob("*-deny.json"))
    program = _program()
    say("\nTry next:")
    for command, why in (
        (f"{_opener()} {shlex.quote(str(report))}", "the report: pictures before and after, the reasons, the record"),
        (f"{program} decide {shlex.quote(str(case))}", "the same decision, from the case alone"),
        (f"{program} demo --keep --out {shlex.quote(str(played.out))}", "the server keeps running: try it yourself"),
    ):
        say(f"  {command}   # {why}")


def _program() -> str:
    """Return the name of this program if the shell finds it by that name; else the way it was called."""
    called = Path(sys.argv[0])
    if called.name != "dam-plugin" or not called.exists() or shutil.which("dam-plugin") == str(called):
        return "dam-plugin"
    return shlex.quote(str(called))


def _opener() -> str:
    """Return what opens a page on this machine: the desktop's own command, else Python's."""
    if sys.platform == "darwin":
        return "open"
    return "xdg-open" if shutil.which("xdg-open") else f"{shlex.quote(sys.executable)} -m webbrowser"


def _print_assets(played: Played) -> None:
    rows = []
    for stored, tags in played.assets:
        tagging = stored.tagging
        who = ", ".join(f"{a.student} ({a.prominence})" for a in tagging.appearances) or "nobody named"
        if tagging.unidentified_people:
            who += f", {tagging.unidentified_people} not named"
        rows.append((stored.asset.key, tagging.state, tags.get("dam-release"), tagging.directory_status, who))
    print_table(
        "Recordings, tagged from their own metadata",
        ("recording", "tagging", "release", "directory information", "who (how prominent)"),
        rows,
    )


def _print_look(played: Played) -> None:
    say("Once the first two were referred, a member of staff looked at what waits and said who is in it:", "bold")
    for stored in played.looked_at:
        who = ", ".join(f"{a.student} ({a.prominence})" for a in stored.tagging.appearances)
        say(f"  {stored.asset.key}: pending before, {stored.tagging.state} after: {who}")


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
    print_table("Who asked, and what came of it", ("no.", "who", "answer", "clause", "why"), rows)


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
    print_table("Proof of each redacted copy, read back from the bucket", ("no.", "of", "sha256", "proven"), rows)


def _print_late(played: Played) -> None:
    if played.late is None:
        return
    before, after = played.late.before, played.late.after
    say(played.late.attempt.scene.who + ":", "bold")
    say(f"  before: the gate answered {before.status}, and the storage {played.late.bytes_before:,} bytes")
    say(f"  the opt-out was recorded, and every link to this student was decided again: {played.late.closed} closed")
    say(f"  after: the same link answers {after.status}: {after.texts[1]}")


def _print_desk(played: Played) -> None:
    from dam_plugin.sharing.file_referral import REFERRAL_KINDS

    desk = played.desk
    if desk is None:
        return
    waiting = {each.referral.id for each in desk.after}
    rows = [
        (
            each.referral.due,
            REFERRAL_KINDS[each.referral.kind].called,
            each.share.asset_key,
            ", ".join(each.referral.missing),
            "waits" if each.referral.id in waiting else "answered",
        )
        for each in desk.before
    ]
    print_table("The custodian's queue", ("due", "what", "recording", "missing", "now"), rows)
    for attempt in played.decided_again:
        say(f"{attempt.scene.who}: {attempt.answer.decision.outcome.word}")
    pending, confirmed = desk.pending.finding, desk.confirmed.finding
    say(
        f"  (the findings {pending.id} and {confirmed.id} waited until another person approved them: they are about a "
        "discipline recording)"
    )


def _print_yearbook(played: Played) -> None:
    book = played.yearbook
    if book is None:
        return
    rows = [
        (each.file.name, made.set.order.recipient.id, made.portraits, made.candids, made.redacted, made.left_out)
        for each in (book.printed, book.other)
        for made in (each.made,)
    ]
    columns = ("set", "to", "portraits", "candids", "hide somebody", "left out")
    print_table("Sets for the yearbook", columns, rows)
    printed, other = book.printed.file.name, book.other.file.name
    say(f"{printed}: {book.verified.files} files verified with the public key, locked for {book.locked.handover.to}")
    say(f"  then the family of {book.student} opted out of the yearbook")
    say(f"  {other} is not locked: {len(book.rechecked.stops)} of its files may not be printed, so it is made again")
    recalled = [(", ".join(each.pages), each.path, each.standing) for each in book.recalled]
    print_table(f"Recall list of {printed}", ("page", "file", "standing"), recalled)


def _print_record(played: Played) -> None:
    rows = [
        (line.entry, line.what, line.who, line.interest, line.outcome, "yes" if line.required else "")
        for line in played.record
    ]
    columns = ("entry", "what", "who", "for", "outcome", "34 CFR 99.32")
    print_table(f"The record of one student, {played.recorded_student}", columns, rows)


def _print_report(played: Played) -> None:
    counted = played.report
    if counted is not None:
        say(f"report: {counted.shares} shares, {counted.at_once} answered without waiting for the custodian")
        rows = [(each.waited, each.waiting, each.clause, each.remedy) for each in counted.causes if each.waited]
        print_table("What to mend so that fewer people wait", ("waited", "wait still", "clause", "remedy"), rows)


def _wait(variables: dict[str, str], folder: Path) -> None:
    """Say how to reach the demo's server from another terminal, and wait until interrupted."""
    program = _program()
    if program != "dam-plugin":
        program = shlex.quote(str(Path(sys.argv[0]).absolute()))
    say("\nThe storage server is running. In another terminal:")
    say(f"  cd {shlex.quote(str(folder.resolve()))}")
    for name, value in variables.items():
        say(f"  export {name}={shlex.quote(value)}")
    for command in (
        "doctor",
        "student find a",
        "share events/athletics/team-photo.jpg --to public --purpose website --kind publication",
        "queue list",
        "export recall",
        "links --open",
        "serve",
    ):
        say(f"  {program} {command}")
    say("Stop it with Ctrl-C.")
    _wait_for_signal()


def _wait_in_json(variables: dict[str, str], folder: Path) -> None:
    print_json({"folder": str(folder.resolve()), "environment": variables})
    sys.stdout.flush()
    _wait_for_signal()


def _wait_for_signal() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
