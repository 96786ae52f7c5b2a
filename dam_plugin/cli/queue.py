"""`queue …`: what waits for the records custodian, what was found, and what another person has to approve."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from dam_plugin.cli import rule_changes
from dam_plugin.cli.context import As, actor_of, attached
from dam_plugin.cli.output import AsJson, Columns, Row, print_json, print_result, print_rows, say
from dam_plugin.cli.share import EXIT_CODES, print_answer
from dam_tagging.facts import Prominence

if TYPE_CHECKING:
    from dam_plugin.custodian.decide_again import Stated
    from dam_plugin.custodian.work import Work
    from dam_plugin.model import Actor
    from dam_plugin.services import Services

queue_app = typer.Typer(help="The records custodian's queue: what waits, what was found.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The referral (rf-…), see `queue list`.")]
FindingId = Annotated[str, typer.Argument(metavar="FINDING", help="The finding (fi-…), see `queue show`.")]
Why = Annotated[str, typer.Option("--why", help="The reason, which is kept.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(queue_app, name="queue")


@queue_app.command("list")
def list_(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should have been answered.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="What is closed, too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", metavar="ID", help="Only one person's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what waits, soonest due first."""
    from dam_plugin.custodian.work import listing, owns_nothing

    with attached() as at:
        found = listing(at.services, closed_too=all_, overdue=overdue, owner=owner)
        if owner is not None and owns_nothing(at.services, owner):
            typer.echo(
                f"note: nothing was ever given to '{owner}': owners are written as in `queue assign --to`", err=True
            )
    columns: Columns = {
        "id": "id",
        "what": lambda row: f"{row['what']}, for {row['to']}",
        "recording": "asset_key",
        "due": _due,
    }
    print_rows("The custodian's queue", map(_plain, found), columns, as_json=as_json)
    late = sum(each.is_overdue for each in found)
    if late and not as_json:
        say(f"{late} overdue.", "red")


@queue_app.command()
def show(
    referral: Id,
    names: Annotated[bool, typer.Option("--names", help="Show names instead of pseudonyms.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one referral: its case, what is missing and what can be done, what was found, and when it is due."""
    from dam_plugin.cli.queue_work import print_work, told
    from dam_plugin.custodian.work import one

    with attached() as at:
        work = one(at.services, referral)
        if as_json:
            print_json({**_plain(work), **told(at.services, work, names=names)})
        else:
            print_work(at.services, work, names=names)


@queue_app.command()
def assign(
    referral: Id,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Whose it is from now on; they are told.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Give a referral to a member of staff."""
    from dam_plugin.custodian import work

    with attached() as at:
        given = work.assign(at.services, referral, to, actor_of(as_))
    print_result(asdict(given), f"{given.id} is {given.owner}'s, due {given.due}.", as_json=as_json)


@queue_app.command()
def finding(
    referral: Id,
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="meaning, identified, directory, evidence, attorney, offered or reviewed."),
    ],
    word: Annotated[
        str | None, typer.Argument(metavar="[WORD]", help="What was found: preserved, eligible, an answer, …")
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="ID[@x,y,w,h][@TIME]", help="Who is in it, as of `tag` (repeatable)."),
    ] = None,
    prominence: Annotated[str, typer.Option("--prominence", help="focus, incidental or unknown.")] = "unknown",
    nobody: Annotated[bool, typer.Option("--nobody", help="No student is in it.")] = False,
    unidentified: Annotated[
        int | None, typer.Option("--unidentified", metavar="N", min=0, help="How many people nobody can name.")
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="What was verified: the evidence block of a case.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="COPY", help="A copy of the paper, kept in the bucket on hold.")
    ] = None,
    how: Annotated[str | None, typer.Option("--how", help="How a family was offered the recording.")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State what was found; the share is decided again at once, or waits until another person approves it.

    Exit status as of `share` where it is decided, 0 where it waits.
    """
    from dam_plugin.cli.queue_finding import Written, check, found_in
    from dam_plugin.custodian.findings import state

    if prominence not in get_args(Prominence):
        raise typer.BadParameter(f"'{prominence}' is not one of {', '.join(get_args(Prominence))}")
    given = Written(kind, word, person or (), prominence, nobody, unidentified, evidence, file, how)
    check(given)
    with attached() as at:
        by = actor_of(as_)
        _require(at.services, referral, by)
        stated = state(at.services, referral, found_in(at.services, given), by, rule_changes.system_user())
        _end(at.services, stated, as_json=as_json)


@queue_app.command()
def approve(finding: FindingId, as_: As = None, as_json: AsJson = False) -> None:
    """Let a finding take effect, as another user of this system than stated it, and as the custodian (--as).

    What a host's key stated takes two users of this system, one after the other. The share is decided again at once. Nothing
    happens, and the exit status is 1, where the recording or its tags are not any more what the finding is about.
    """
    from dam_plugin.custodian import approvals

    with attached() as at:
        done = approvals.approve(at.services, finding, actor_of(as_), rule_changes.system_user())
        _end(at.services, done, as_json=as_json)


@queue_app.command()
def reject(finding: FindingId, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Refuse a finding that waits for an approval: it never takes effect."""
    from dam_plugin.custodian import approvals

    with attached() as at:
        done = approvals.reject(at.services, finding, why, actor_of(as_), rule_changes.system_user())
    sentence = f"The finding {done.finding.id} is rejected; {done.referral.id} waits on."
    print_result(_plain_stated(done), sentence, as_json=as_json)


@queue_app.command()
def close(referral: Id, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Close a referral that was done with in another way; of an emergency, say what was found."""
    from dam_plugin.custodian import work

    with attached() as at:
        closed = work.close(at.services, referral, actor_of(as_), why, rule_changes.system_user())
    print_result(asdict(closed), f"{closed.id} is closed: {closed.closing}", as_json=as_json)


def _end(services: Services, stated: Stated, *, as_json: bool) -> None:
    """Tell what became of a finding, and exit as `share` does."""
    from dam_plugin.sharing.json_output import share_told

    found, answer = stated.finding, stated.answer
    if as_json:
        print_json(
            {**_plain_stated(stated), "answer": asdict(share_told(answer, services.settings)) if answer else None}
        )
    else:
        say(_sentence(stated), "yellow" if found.state in ("pending", "stale") else "")
        if answer is not None:
            print_answer(services, answer)
    if found.state == "stale":
        raise typer.Exit(1)
    raise typer.Exit(EXIT_CODES[answer.decision.outcome] if answer else 0)


def _sentence(stated: Stated) -> str:
    found, referral = stated.finding, stated.referral
    match found.state:
        case "pending":
            if found.approver is not None:
                return (
                    f"A host's key stated the finding {found.id}, and '{found.approver.name}' stands behind it now. It waits "
                    f"on: another user of this system runs `dam-plugin queue approve {found.id} --as custodian:NAME`."
                )
            return (
                f"The finding {found.id} loosens what holds of a discipline or medical recording. It waits: another user "
                f"of this system runs `dam-plugin queue approve {found.id} --as custodian:NAME`."
            )
        case "stale":
            return (
                f"Nothing happened: the recording, its tags, the evidence or the referral are not any more what the finding "
                f"{found.id} is about. Look at it, and state it anew: `dam-plugin queue show {referral.id}`."
            )
    if stated.answer is None and found.share_id:
        return f"The finding {found.id} is kept; the same was decided with it at the same moment, by {found.share_id}."
    return f"The finding {found.id} is kept, {referral.id} is {'open' if referral.is_open else 'closed'}."


def _due(row: Row) -> str:
    parts = (
        f"{row['due']}" if row["closed_at"] is None else "closed",
        "overdue" if row["overdue"] else "",
        "an approval waits" if row["pending"] else "",
        f"owner {row['owner']}" if row["owner"] else "",
    )
    return ", ".join(filter(None, parts))


def _plain(work: Work) -> dict[str, Any]:
    from dam_plugin.sharing.file_referral import KINDS

    return {
        **asdict(work.referral),
        "what": KINDS[work.referral.kind],
        "to": work.to,
        "purpose": work.share.purpose,
        "overdue": work.is_overdue,
        "pending": [each.id for each in work.pending],
    }


def _plain_stated(stated: Stated) -> dict[str, Any]:
    found = stated.finding
    return {
        "finding": found.id,
        "kind": found.kind,
        "state": found.state,
        "share": found.share_id,
        "referral": asdict(stated.referral),
    }


def _require(services: Services, referral_id: str, by: Actor) -> None:
    """Refuse before a copy of a paper is put into the bucket for nothing."""
    from dam_plugin.custodian.findings import need_open, require_custodian

    require_custodian(by)
    with services.store.reading() as unit:
        need_open(unit, referral_id)
