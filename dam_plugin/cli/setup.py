"""`init`, `db upgrade`, `doctor`: make the plugin ready, and check that it is."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tomlkit
import tomlkit.exceptions
import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, Columns, print_json, print_rows, say
from dam_plugin.errors import DamPluginError, SettingsError
from dam_plugin.private_files import write_private
from dam_plugin.settings import FILE_NAME, EventMode, Settings

if TYPE_CHECKING:
    from dam_plugin.cli.checks import Check
    from dam_plugin.library.setup import Step
    from dam_plugin.store import Store

db_app = typer.Typer(help=help_of("db"), no_args_is_help=True)

KEY_BYTES = 32
SEALED = "what is in force is sealed from now on: entry {} of the ledger says so"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(init)
    app.command()(doctor)
    app.add_typer(db_app, name="db")


def init(
    bucket: Annotated[str | None, typer.Option("--bucket", help="The bucket [DAM_PLUGIN_BUCKET].")] = None,
    queue: Annotated[str | None, typer.Option("--queue", help="The queue's name [BUCKET-dam-plugin].")] = None,
    events: Annotated[
        EventMode | None,
        typer.Option(
            "--events",
            help="How uploads are heard of: by a queue, by a listing (`reconcile --every`), or by the server's own "
            "notifications [queue].",
            show_default=False,
        ),
    ] = None,
    create_bucket: Annotated[bool, typer.Option("--create-bucket", help="Make the bucket if it is missing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make everything ready: versioning, queue and dead-letter queue, notification, store, keys. Run it again at will."""
    from dam_plugin.library.setup import Step, prepare, prepare_without_queue
    from dam_plugin.store import Store

    settings = Settings.load()
    name = bucket or settings.bucket
    if not name:
        raise SettingsError("no bucket is set: say --bucket NAME, or set DAM_PLUGIN_BUCKET")
    mode = events or settings.events
    if mode == "queue":
        queue_name = queue or (settings.queue_url or "").rsplit("/", 1)[-1] or f"{name.replace('.', '-')}-dam-plugin"
        steps, queue_url = prepare(name, queue_name, dry_run=dry_run, create_bucket=create_bucket)
    elif queue is not None:
        raise typer.BadParameter(f"--events {mode} has no queue")
    else:
        steps, queue_url = prepare_without_queue(name, dry_run=dry_run, create_bucket=create_bucket), None
    wanted = {"bucket": name, "queue_url": queue_url, "events": mode}
    keys = ("pseudonym_key", "signing_key", "export_key", *(("events_token",) if mode == "webhook" else ()))
    for key in keys:
        if getattr(settings, key) is None:
            wanted[key] = secrets.token_urlsafe(KEY_BYTES)
    new = {key: value for key, value in wanted.items() if value and value != getattr(settings, key)}
    steps.append(_settings_step(new, Step, dry_run=dry_run))
    store = Store(settings.database_url)
    try:
        ready = store.revision() == store.head()
        if not ready and not dry_run:
            store.upgrade()
    finally:
        store.close()
    sealed = None if dry_run else _seal_first()
    steps.append(Step("store", "done" if ready else "to do" if dry_run else "changed", "the database's tables"))
    if sealed is not None:
        steps.append(Step("ledger", "changed", SEALED.format(sealed)))
    columns: Columns = {"step": "step", "state": "state", "detail": "detail"}
    rows = ({"step": step.name, "state": step.state, "detail": step.detail} for step in steps)
    print_rows("Init", rows, columns, as_json=as_json)
    if any(step.state == "lacking" for step in steps):
        raise typer.Exit(1)


@db_app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Bring the database to this version's tables."""
    from dam_plugin.store import Store

    store = Store(Settings.load().database_url)
    try:
        revision = store.upgrade()
        indexed = _index_words(store)
    finally:
        store.close()
    sealed = _seal_first()
    if as_json:
        print_json({"revision": revision, "indexed": indexed})
        return
    say(f"the database is at revision {revision}")
    if indexed:
        say(f"{indexed} recording(s) can now be found by their words when a name changes")
    if sealed is not None:
        say(SEALED.format(sealed))


def _index_words(store: Store) -> int:
    """Keep the words of the recordings that have none on file, in batches; return of how many.

    Whoever interrupts it loses nothing: a recording without words is tagged again whenever a name changes.
    """
    from dam_plugin.intake.changed_recordings import keep_missing_words

    count = 0
    while kept := keep_missing_words(store):
        count += kept
    return count


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="First finish or undo interrupted work.")] = False,
    mail: Annotated[
        bool, typer.Option("--mail", help="Then mail the custodian what waits and what is overdue: once a day.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check everything that the plugin needs; exit 1 if something is broken."""
    from dam_plugin.cli.checks import examine

    checks = list(examine(repairing=repair))
    if mail:
        checks.append(_mailed())
    rows = ({"check": each.name, "state": each.state, "detail": each.detail, **each.counts} for each in checks)
    columns: Columns = {"check": "check", "state": "state", "detail": "detail"}
    print_rows("Doctor", rows, columns, as_json=as_json)
    raise typer.Exit(1 if any(check.state == "failed" for check in checks) else 0)


def _mailed() -> Check:
    """Mail the custodian the digest of the day, and say how that went."""
    from dam_plugin.cli.checks import Check
    from dam_plugin.custodian.mail import send_digest

    try:
        with attached() as at:
            sent = send_digest(at.services)
    except DamPluginError as error:
        return Check("mail", "failed", str(error))
    return Check(
        "mail", "ok", f"what waits was mailed to {sent} address(es)" if sent else "nothing waits: no mail was sent"
    )


def write_settings(values: dict[str, str], folder: Path | None = None) -> None:
    """Add values to `dam-plugin.toml`, which only its owner may read; what stands there stays, comments too."""
    path = (folder or Path()) / FILE_NAME
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except (tomlkit.exceptions.ParseError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE_NAME} is not TOML: mend it first") from error
    # tomlkit puts a new key before the first table, where TOML wants it, and keeps comments.
    document.update(values)
    write_private(path, tomlkit.dumps(document))


def _seal_first() -> int | None:
    """Seal what an earlier version kept without seals; return the entry that says so.

    Where settings are missing, `ledger accept` does it later.
    """
    from dam_plugin.admin.accept import seal_first
    from dam_plugin.services import assemble

    settings = Settings.load()
    if not (settings.bucket and settings.pseudonym_key and settings.signing_key):
        return None
    # This tags nothing, so it works even if the rules cannot be read yet.
    services = assemble(settings.model_copy(update={"rules": None}))
    try:
        done = seal_first(services)
    finally:
        services.store.close()
        services.library.close()
    return done.entry if done is not None else None


def _settings_step(new: dict[str, str], step: type[Step], *, dry_run: bool) -> Step:
    if not new:
        return step("settings", "done", f"{FILE_NAME} and the environment say all that is needed")
    if not dry_run:
        write_settings(new)
    return step("settings", "to do" if dry_run else "changed", f"{', '.join(sorted(new))} in {FILE_NAME}")
