"""The demo's report: one self-contained page with the pictures before and after, the reasons, and the record."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image, ImageOps

from dam_plugin.cli.demo.play import Attempt, Played
from dam_plugin.custodian.report import title_of
from dam_plugin.model import LedgerEntry
from dam_plugin.procedure.clauses import remedy, source
from dam_plugin.sharing.file_referral import REFERRAL_KINDS

WIDEST = 640


def write_report(played: Played) -> Path:
    """Write `report.html` into the demo's folder and return its path."""
    templates = Environment(
        loader=PackageLoader("dam_plugin.cli.demo"),
        autoescape=select_autoescape(enabled_extensions=("j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = templates.get_template("report.html.j2").render(
        today=played.today,
        names=played.names,
        assets=played.assets,
        attempts=[_shown(number, attempt, played.names) for number, attempt in enumerate(played.attempts, start=1)],
        noticed=_noticed(played),
        late=played.late,
        desk=list(_desk(played)),
        decided_again=[_shown(None, attempt, played.names) for attempt in played.decided_again],
        yearbook=_yearbook(played),
        record=played.record,
        counted=played.report,
        record_of=played.names.get(played.recorded_student, played.recorded_student),
        looked_at=played.looked_at,
        entries=[_entry(played, entry, details) for entry, details in played.entries],
        verification=played.verification,
    )
    path = played.out / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _entry(played: Played, entry: LedgerEntry, details: dict[str, Any] | None) -> dict[str, Any]:
    """Return an entry with its subject (the number of its attempt, a file of a set), and the outcome."""
    numbers = {attempt.answer.share.id: number for number, attempt in enumerate(played.attempts, start=1)}
    told = details or {}
    decided = told.get("decision") or told
    about = f"no. {numbers[entry.subject]}" if entry.subject in numbers else entry.subject
    return {
        "entry": entry,
        "about": told["set"]["path"] if "set" in told else about,
        "outcome": decided.get("outcome", ""),
    }


def picture(body: bytes) -> str | None:
    """Return a picture as a `data:` URL, upright and small enough for a page; None if it is no picture."""
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG",)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None
    upright.thumbnail((WIDEST, WIDEST))
    small = io.BytesIO()
    upright.save(small, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode("ascii")


def named(text: str, names: dict[str, str]) -> str:
    """Return a text with the fictional students' names in place of their pseudonyms."""
    for student, name in names.items():
        text = text.replace(student, name)
    return text


def _noticed(played: Played) -> dict[str, Any] | None:
    """Return the page of a notice with the number of its attempt."""
    noticed = played.noticed
    if noticed is None:
        return None
    number = next((at for at, each in enumerate(played.attempts, start=1) if each is noticed.attempt), 0)
    return {"number": number, "page": noticed.page, "bytes_then": noticed.bytes_then}


def _desk(played: Played) -> Iterator[dict[str, str]]:
    """Yield the custodian's work, soonest due first, with its result."""
    if played.desk is None:
        return
    waiting = {each.referral.id for each in played.desk.after}
    decided = {
        stated.referral.id: stated.answer.decision.outcome.word
        for stated in played.desk.decided
        if stated.answer is not None
    }
    for each in played.desk.before:
        referral, recipient = each.referral, each.share.recipient
        yield {
            "due": referral.due.isoformat(),
            "kind": REFERRAL_KINDS[referral.kind].called,
            "key": referral.asset_key,
            "who": recipient.role.replace("_", " ")
            + (f" ({recipient.id})" if recipient.id not in (None, recipient.role) else ""),
            "missing": "; ".join(title_of(clause) for clause in referral.missing),
            "now": "waits" if referral.id in waiting else f"answered: {decided.get(referral.id, 'closed')}",
        }


def _yearbook(played: Played) -> dict[str, Any] | None:
    """Return both sets with what was left out of them in counts, and the recall list with the fictional names."""
    book = played.yearbook
    if book is None:
        return None
    left_out = {each.clause: each for made in (book.other, book.printed) for each in made.left_out}
    counts = [{each.clause: each.count for each in made.left_out} for made in (book.printed, book.other)]
    return {
        "sets": [book.printed, book.other],
        "book": book,
        "left_out": [(each, [count.get(clause, 0) for count in counts]) for clause, each in left_out.items()],
        "student": played.names.get(book.student, book.student),
        "recalled": [
            {
                "line": line,
                "pages": ", ".join(line.pages),
                "to": ", ".join(each.to for each in line.handed),
                "why": [named(reason.text, played.names) for reason in line.why],
            }
            for line in book.recalled
        ],
    }


def _shown(number: int | None, attempt: Attempt, names: dict[str, str]) -> dict[str, Any]:
    answer, scene = attempt.answer, attempt.scene
    party = answer.share.recipient.id or answer.share.recipient.role
    return {
        "number": number,
        "who": scene.who,
        "key": scene.key,
        "purpose": scene.purpose,
        "word": answer.decision.outcome.word,
        "hidden": [names.get(student, student) for student in answer.decision.redact],
        "reasons": [
            {
                "clause": reason.clause,
                "text": named(reason.text, names),
                "source": source(reason.clause),
                "remedy": "" if attempt.copy else remedy(reason.clause, purpose=scene.purpose, party=party),
            }
            for reason in answer.decision.reasons
        ],
        "recorded": answer.decision.record_disclosure,
        "before": picture(attempt.original),
        "after": picture(attempt.copy) if attempt.copy else None,
        "checks": answer.release.proof.get("checks", []) if answer.release else [],
        "sha256": answer.release.sha256 if answer.release else "",
    }
