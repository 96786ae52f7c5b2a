"""`access-log verify | list | forget | accept`: who looked at which student's page at the desk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, actor_of, attached
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, say
from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS

access_log_app = typer.Typer(help=help_of("access-log"), no_args_is_help=True)
_MOST = 10_000


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(access_log_app, name="access-log")


@access_log_app.command()
def verify(as_json: AsJson = False) -> None:
    """Check the whole log; if it is broken, exit 1 and say at which entry and why."""
    from dam_plugin.ledger.access_chain import AccessLog

    with attached() as at, at.services.store.reading() as unit:
        found = AccessLog(at.services.ledger).verify(unit)
    if as_json:
        print_json(asdict(found))
    elif found.ok:
        deleted = f" (those up to entry {found.behind} were deleted, since their time was over)" if found.behind else ""
        say(f"the access log holds: {found.entries} entries{deleted}", "green")
    else:
        where = f" at entry {found.broken_at}" if found.broken_at is not None else ""
        say(f"the access log is broken{where}: {found.why}", "red")
    raise typer.Exit(0 if found.ok else 1)


@access_log_app.command("list")
def list_looks(
    student: Annotated[
        str | None, typer.Option("--student", metavar="ID", help="Only looks at this student (S-…).")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Only looks of this account.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=_MOST, help="At most so many.")] = 100,
    before: Annotated[
        int | None, typer.Option("--before", metavar="NUMBER", help="Only what came before this entry.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List looks, the newest first (--as custodian:NAME): the account, the page, and the students whose names it showed."""
    from dam_plugin.ledger.access_chain import AccessLog

    if student is not None and account is not None:
        raise typer.BadParameter("--student or --account: one of the two")
    if actor_of(as_).role not in CUSTODIANS:
        raise InputError("only the custodian or a designee reads who looked at whom: add --as custodian:NAME")
    with attached() as at, at.services.store.reading() as unit:
        log = AccessLog(at.services.ledger)
        if student is not None:
            found = log.of_student(unit, unit.people.need(student).id, limit=limit, before=before)
        elif account is not None:
            found = log.of_account(unit, account, limit=limit, before=before)
        else:
            found = log.last(unit, limit=limit, before=before)
    columns: Columns = {
        "entry": "seq",
        "at": "at",
        "account": "account",
        "roles": lambda each: ", ".join(each["roles"]),
        "page": "page",
        "students": lambda each: ", ".join(each["students"]),
        "why": "why",
    }
    print_rows("Looks", [asdict(each) for each in found], columns, as_json=as_json)


@access_log_app.command()
def forget(as_json: AsJson = False) -> None:
    """Delete what is older than the setting `access_log_days`; `reconcile` does so, too."""
    from dam_plugin.admin.old_accesses import forget_old_accesses

    with attached() as at:
        count = forget_old_accesses(at.services)
    print_result({"deleted": count}, f"{count} entries deleted, since their time was over", as_json=as_json)


@access_log_app.command()
def accept(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, which stays on record.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Sign the end as it is now, so that the desk shows names again: after a backup was restored, or a tampering was seen."""
    from dam_plugin.admin.old_accesses import accept_access_log

    with attached() as at:
        seq = accept_access_log(at.services, actor_of(as_), why)
    print_result(
        {"entry": seq}, f"accepted as entry {seq}; `access-log verify` tells what is still wrong", as_json=as_json
    )
