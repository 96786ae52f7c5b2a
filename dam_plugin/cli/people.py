"""`student …`, `consent …`: one student, and what their family chose. Whole rosters are in `roster.py`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer

from dam_plugin.cli.closed import print_closed
from dam_plugin.cli.context import As, Attached, actor_of, attached, day_of
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, print_table
from dam_plugin.cli.roster import roster_app
from dam_plugin.model import Consent, OptOut, Signature, StudentRecord

student_app = typer.Typer(help="One student: find, show, opt out, opt in.", no_args_is_help=True)
consent_app = typer.Typer(help="Written consents.", no_args_is_help=True)

StudentId = Annotated[str, typer.Argument(metavar="ID", help="The student's pseudonym (S-…), see `student find`.")]
Purposes = Annotated[
    list[str] | None, typer.Option("--purpose", help="Only for this purpose of the list (repeatable); none means all.")
]


def add_to(app: typer.Typer) -> None:
    """Add the groups of this file."""
    app.add_typer(roster_app, name="roster")
    app.add_typer(student_app, name="student")
    app.add_typer(consent_app, name="consent")


@student_app.command()
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Part of a name, or the roster's id.")],
    as_json: AsJson = False,
) -> None:
    """Find students by name: this shows names."""
    with attached() as at, at.services.store.reading() as unit:
        found = unit.people.find(text)
    _print_students(found, as_json=as_json)


@student_app.command()
def show(student: StudentId, as_json: AsJson = False) -> None:
    """Show one student with guardians, opt-outs and consents: this shows names."""
    with attached() as at, at.services.store.reading() as unit:
        record = unit.people.need(student)
        consents = unit.people.consents([student])
    if as_json:
        print_json({**asdict(record), "consents": [{"id": each, **asdict(consent)} for each, consent in consents]})
        return
    _print_students([record], as_json=False)
    if record.former_names:
        print_table("Former names, which still match", ("name",), [(each,) for each in record.former_names])
    print_table("Guardians", ("id", "name"), record.guardian_names)
    outs = [(o.since, o.ended, ", ".join(o.purposes) if o.purposes else "all purposes") for o in record.opt_outs]
    print_table("Opt-outs", ("since", "ended", "for"), outs)
    columns = ("id", "purpose", "parties", "signed by", "signed on", "expires", "revoked")
    rows = [
        (each, c.purpose, ", ".join(c.parties), c.signed_by, c.signed_on, c.expires, c.revoked_on)
        for each, c in consents
    ]
    print_table("Consents", columns, rows)


@student_app.command("opt-out")
def opt_out(
    student: StudentId,
    purpose: Purposes = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on [today].")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record a family's opt-out; links that it reaches are closed at once."""
    from dam_plugin.custodian import choices

    with attached() as at:
        choice = OptOut(day_of(since, at.services.now().date()), purposes=_limited_to(purpose))
        closed = choices.opt_out(at.services, student, choice, actor_of(as_))
    print_closed(closed, "recorded; ", as_json=as_json)


@student_app.command("opt-in")
def opt_in(
    student: StudentId,
    why: Annotated[str, typer.Option("--why", help="Why it ends: what the family gave in writing, and where it is.")],
    purpose: Purposes = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End a family's opt-out today: the custodian's or a designee's."""
    from dam_plugin.custodian import choices

    with attached() as at:
        today = at.services.now().date()
        ended = choices.opt_in(at.services, student, today, _limited_to(purpose), actor_of(as_), why)
    print_result({"ended": ended}, f"{ended} opt-out(s) ended today", as_json=as_json)


@student_app.command("forget-name")
def forget_name(
    student: StudentId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A former name, as `student show` has it.")],
    why: Annotated[str, typer.Option("--why", help="Why the name is not theirs any more.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Let a former name of a student match no more: the custodian's or a designee's."""
    from dam_plugin.custodian import choices

    with attached() as at:
        choices.forget_name(at.services, student, name, why, actor_of(as_))
    sentence = "the name matches no more; what was tagged by it stays until it is looked at"
    print_result({"student": student, "forgotten": True}, sentence, as_json=as_json)


@consent_app.command()
def add(
    student: StudentId,
    purpose: Annotated[str, typer.Option("--purpose", help="The purpose that the consent states, in whole.")],
    signed_by: Annotated[
        str, typer.Option("--signed-by", metavar="ID", help="A guardian's id, or the student's once 18.")
    ],
    signed_on: Annotated[str, typer.Option("--signed-on", metavar="DATE")],
    party: Annotated[list[str], typer.Option("--party", help="A recipient's id, a role, or public (repeatable).")],
    signature: Annotated[str, typer.Option("--signature", help="ink or electronic.")] = "ink",
    authenticated: Annotated[
        bool, typer.Option("--authenticated", help="The electronic signer was authenticated.")
    ] = False,
    key: Annotated[list[str] | None, typer.Option("--key", help="Only for this recording (repeatable).")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE")] = None,
    proof: Annotated[str | None, typer.Option("--proof", help="What proves it: where the signed paper is.")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record a written consent with what proves it: the custodian's or a designee's."""
    from dam_plugin.custodian import choices

    if signature not in ("ink", "electronic"):
        raise typer.BadParameter(f"'{signature}' is no signature: ink or electronic")
    if not purpose.strip() or not all(each.strip() for each in party):
        raise typer.BadParameter("--purpose and --party must not be blank")
    with attached() as at:
        today = at.services.now().date()
        consent = Consent(
            student=student,
            signed_by=signed_by,
            signed_on=day_of(signed_on, today),
            signature=cast("Signature", signature),
            authenticated=authenticated,
            purpose=purpose,
            parties=tuple(party),
            assets=tuple(_asset_id(at, each) for each in key) if key else None,
            expires=None if expires is None else day_of(expires, today),
        )
        consent_id = choices.add_consent(at.services, consent, proof, actor_of(as_))
        _note_signer(at, consent)
    print_result({"consent": consent_id}, f"consent {consent_id} recorded", as_json=as_json)


@consent_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file like consents.csv, with a column proof.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record the written consents, and the revocations, in a CSV file, whole or not at all."""
    from dam_plugin.custodian import choices
    from dam_plugin.people.formats.plain_csv import read_consents

    with attached() as at:
        with at.services.store.reading() as unit:
            students = unit.people.students()
        consents, proofs = read_consents(file, students, at.services.pseudonyms, at.services.settings.purposes)
        count, closed = choices.import_consents(at.services, consents, proofs, actor_of(as_))
    bare = sum(not (proof or "").strip() for proof in proofs)
    if bare:
        typer.echo(f"note: {bare} consent(s) of the file have no proof: write where the signed paper is", err=True)
    print_closed(closed, f"{count} consent(s) recorded or revoked; ", as_json=as_json, consents=count)


@consent_app.command()
def revoke(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="The consent's id, see `student show`.")],
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="From this day on [today].")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a consent; links that stood on it are closed at once."""
    from dam_plugin.custodian import choices

    with attached() as at:
        day = day_of(on, at.services.now().date())
        closed = choices.revoke_consent(at.services, consent, day, actor_of(as_))
    print_closed(closed, "recorded; ", as_json=as_json)


def _limited_to(purposes: list[str] | None) -> tuple[str, ...] | None:
    # An opt-out for a blank purpose would protect nobody.
    if purposes and not all(each.strip() for each in purposes):
        raise typer.BadParameter("--purpose must not be blank; leave it out for all purposes")
    return tuple(purposes) if purposes else None


def _note_signer(at: Attached, consent: Consent) -> None:
    with at.services.store.reading() as unit:
        record = unit.people.student(consent.student)
    if record is not None and consent.signed_by not in (*record.guardians, record.id):
        typer.echo(
            "note: on the roster the signer is no guardian of this student, so the consent will not do", err=True
        )


def _asset_id(at: Attached, key: str) -> str:
    with at.services.store.reading() as unit:
        return unit.assets.need(key).asset.id


def _print_students(found: list[StudentRecord], *, as_json: bool) -> None:
    columns: Columns = {
        "id": "id",
        "name": lambda record: next(iter(record["names"]), ""),
        "also known as": lambda record: ", ".join(record["names"][1:]),
        "grade": "grade",
        "born": "born",
        "guardians": lambda record: ", ".join(f"{name} ({each})" for each, name in record["guardian_names"]),
        "opted out": lambda record: "yes" if any(each["ended"] is None for each in record["opt_outs"]) else "",
        "enrolled": lambda record: "yes" if record["active"] else "no",
    }
    print_rows("Students", map(asdict, found), columns, as_json=as_json)
