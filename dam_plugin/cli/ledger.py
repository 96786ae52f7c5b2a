"""`ledger verify | show | student`: what happened, in an unbroken chain, and one student's record of disclosures."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.model import LedgerEntry

if TYPE_CHECKING:
    from dam_plugin.store import StoredShare

ledger_app = typer.Typer(help="The record of every attempt.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command()
def verify(as_json: AsJson = False) -> None:
    """Check the whole chain; exit 1 where it is broken, saying at which entry and why."""
    with attached() as at, at.services.store.reading() as unit:
        verification = at.services.ledger.verify(unit)
    if as_json:
        print_json(asdict(verification))
    elif verification.ok:
        deleted = (
            f" ({verification.details_deleted} with their details deleted)" if verification.details_deleted else ""
        )
        say(f"the ledger holds: {verification.entries} entries{deleted}", "green")
    else:
        where = f" at entry {verification.broken_at}" if verification.broken_at is not None else ""
        say(f"the ledger is broken{where}: {verification.why}", "red")
    raise typer.Exit(0 if verification.ok else 1)


@ledger_app.command()
def show(
    last: Annotated[int | None, typer.Option("--last", min=1, help="Only the last so many.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind: share, open, close, look, …")] = None,
    as_json: AsJson = False,
) -> None:
    """Show entries, oldest first."""
    with attached() as at, at.services.store.reading() as unit:
        entries = at.services.ledger.show(unit, last=last, kind=kind)
    if as_json:
        print_json(*({**asdict(entry), "details": details} for entry, details in entries))
        return
    rows = [(e.seq, e.at, e.kind, e.subject, outcome_of(details), e.hash[:12]) for e, details in entries]
    print_table("Ledger", ("entry", "at", "kind", "subject", "outcome", "hash"), rows)


@ledger_app.command()
def student(
    student_id: Annotated[str, typer.Argument(metavar="ID", help="The student's pseudonym (S-…).")],
    as_json: AsJson = False,
) -> None:
    """Show one student's record (34 CFR 99.32): who asked or received, when, what, for which interest."""
    with attached() as at, at.services.store.reading() as unit:
        unit.people.need(student_id)
        entries = at.services.ledger.student(unit, student_id)
        rows = [
            _disclosure(entry, details or {}, unit.shares.share(_share_id(entry, details or {})))
            for entry, details in entries
            if entry.kind in ("share", "open")
        ]
    if as_json:
        print_json(*rows)
        return
    columns = ("at", "what", "recording", "who", "interest", "outcome", "disclosure to record")
    print_table("Record of disclosures", columns, [[row[column] for column in columns] for row in rows])


def outcome_of(details: dict[str, Any] | None) -> str | None:
    """Return the outcome word of an entry's details, or None."""
    if not details:
        return None
    decided = details.get("decision") or details
    return decided.get("outcome") if isinstance(decided, dict) else None


def _share_id(entry: LedgerEntry, details: dict[str, Any]) -> str:
    return entry.subject if entry.kind == "share" else str(details.get("share"))


def _disclosure(entry: LedgerEntry, details: dict[str, Any], kept: StoredShare | None) -> dict[str, Any]:
    case = details.get("case") or {}
    share = case.get("share") or details
    recipient = share.get("recipient") or {}
    decision = details.get("decision") or {}
    threat = ((share.get("evidence") or {}).get("emergency") or {}).get("threat")
    return {
        "entry": entry.seq,
        "at": entry.at,
        "what": {"share": "asked", "open": "opened"}[entry.kind],
        "recording": kept.share.asset_key if kept else (case.get("asset") or {}).get("id") or entry.subject,
        "who": ":".join(part for part in (recipient.get("role"), recipient.get("id")) if part),
        "interest": f"{share.get('purpose')}: {threat}" if threat else share.get("purpose"),
        "outcome": outcome_of(details),
        "disclosure to record": "yes" if decision.get("record_disclosure") else "no",
    }
