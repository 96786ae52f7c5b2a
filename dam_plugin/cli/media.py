"""`upload`, `worker`, `reconcile`: recordings on their way in."""

from __future__ import annotations

import re
import signal
import sys
import threading
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from dam_plugin.cli.context import Attached, actor_of, attached
from dam_plugin.cli.jobs import shown_progress
from dam_plugin.cli.output import AsJson, print_result
from dam_plugin.errors import AssetMissing, InputError, OtherSchema, SettingsError, StorageError, StoreError

if TYPE_CHECKING:
    from dam_plugin.admin.compare_listing import How
    from dam_plugin.store.jobs import Job

# How many messages a worker has in work: while one waits for the storage, another is tagged.
AT_ONCE = 4
_DURATION = re.compile(r"([0-9]{1,4})([smh])")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (upload, worker, reconcile):
        app.command()(command)


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE")],
    folder: Annotated[str, typer.Option("--folder", help="The folder in the bucket, e.g. events/athletics.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put files into the bucket, as any other tool would; the bucket's event has them tagged."""
    from dam_plugin.intake import uploads

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise InputError(f"'{missing[0]}' is no file; nothing was uploaded")
    keys = [_new_key(folder, file) for file in files]
    if len(set(keys)) < len(keys):
        raise InputError(
            "two of these files have the same name; upload them to different folders, nothing was uploaded"
        )
    done = []
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    hidden = as_json or not sys.stdout.isatty()
    with attached() as at, Progress("{task.description}", *columns, transient=True, disable=hidden) as progress:
        _tell_of_replaced(at, keys)
        total = progress.add_task("uploading", total=sum(file.stat().st_size for file in files))
        for file, key in zip(files, keys, strict=True):
            with file.open("rb") as body:
                head = uploads.upload(at.services, key, body, progress=lambda sent: progress.advance(total, sent))
            done.append({"key": head.key, "version_id": head.version_id, "size": head.size})
    for each in done:
        print_result(each, f"{each['key']}  ({each['size']:,} bytes)", as_json=as_json)


def worker(
    until_empty: Annotated[bool, typer.Option("--until-empty", help="Stop once the queue is empty.")] = False,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=32, help="How many messages are in work at a time.")
    ] = AT_ONCE,
    as_json: AsJson = False,
) -> None:
    """Tag uploads as the bucket announces them, and do the jobs that wait, until stopped. Several may run side by side."""
    from dam_hooks.s3_events import Hearing, Worker, announcing
    from dam_plugin.admin.job_kinds import KINDS
    from dam_plugin.admin.jobs_thread import doing_jobs
    from dam_plugin.admin.pending_work import doing_pending_work
    from dam_plugin.intake.age_of_events import noting_age
    from dam_plugin.intake.jobs import run_waiting
    from dam_plugin.library.event_queue import Queue
    from dam_plugin.sharing.published_copy import close_unneeded_copies

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with attached(makes_up=False) as at:
        at.services.store.when_outdated(stopped.set)
        settings = at.services.settings
        if settings.events != "queue":
            raise SettingsError(
                "this library has no queue: `dam-plugin reconcile --every 5m` follows it, and does the jobs that wait"
            )
        settings.need("queue_url")
        # Copies whose links ran out since the last run go back on hold.
        close_unneeded_copies(at.services)
        # Until empty the jobs are done below, to their end: one that a thread has in hand would be left.
        jobs = nullcontext() if until_empty else doing_jobs(at.services)
        with (
            doing_pending_work(at.services),
            jobs,
            noting_age(at.services) as age,
            Queue.connect(settings.queue_url or "") as queue,
        ):
            worker_of_queue = Worker(
                queue,
                announcing(at.manager),
                settings.bucket or "",
                at_once=at_once,
                tell=age.tell,
                heard=Hearing(at.services, "queue").note,
            )
            summary = worker_of_queue.run(until_empty=until_empty, stop=stopped.is_set)
            if until_empty and at.services.announce_job is None:
                run_waiting(at.services, KINDS, stopped.is_set)
    sentence = f"{summary.handled} event(s) handled, {summary.failed} attempt(s) failed"
    look = "; `dam-plugin dlq list` says why" if summary.dead else ""
    print_result(asdict(summary), f"{sentence}, {summary.dead} in the dead-letter queue{look}", as_json=as_json)


def _tell_of_replaced(at: Attached, keys: list[str]) -> None:
    for key in keys:
        with suppress(AssetMissing):
            at.services.library.head(key)
            typer.echo(f"note: '{key}' is there already; this is a new version of it", err=True)


def _new_key(folder: str, file: Path) -> str:
    from dam_plugin.intake.uploads import key_for

    try:
        return key_for(folder, file.name)
    except InputError as error:
        raise InputError(f"{str(file)!a}: {error}; nothing was uploaded") from error


def reconcile(
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="5m", help="Do so again and again (30s, 5m, 1h), and the jobs that wait."),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say how many recordings and requests it would be, and their price.")
    ] = False,
    inventory: Annotated[
        str | None,
        typer.Option("--inventory", metavar="s3://…/manifest.json", help="Read an S3 Inventory in place of a listing."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=64, help="How many recordings are in work at a time.")
    ] = AT_ONCE,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to the worker (`dam-plugin jobs list`).")] = False,
    as_json: AsJson = False,
) -> None:
    """Find files that no event announced, such as those from before the plugin, tag them, and finish interrupted work."""
    from dam_plugin.admin.compare_listing import How
    from dam_plugin.library.inventory import place_of

    if (every is not None) + estimate + detach > 1:
        raise typer.BadParameter("say one of --every, --estimate and --detach")
    if inventory is not None:
        place_of(inventory)
        if every is not None:
            raise typer.BadParameter("an inventory is a day old: --every lists the bucket itself")
    how = How(at_once=at_once, inventory=inventory)
    if estimate:
        _estimate(how, as_json=as_json)
    elif detach:
        _left_to_worker(how, as_json=as_json)
    elif every is None:
        with attached() as at:
            job = _reconciled(at, how, as_json=as_json)
        _print_reconciled(job, as_json=as_json)
        _raise_if_failed(job)
    else:
        _follow(how, _seconds(every), as_json=as_json)


def _estimate(how: How, *, as_json: bool) -> None:
    from dam_plugin.admin import compare_listing

    with attached() as at:
        found = compare_listing.estimate(at.services, how)
    sentence = (
        f"{found.new:,} new recording(s) to tag, {found.changed:,} to tag again, {found.kept:,} as they are kept, "
        f"{found.sidecars:,} file(s) beside them. At most {found.readings:,} requests that read and {found.writings:,} that "
        f"list or write: about ${found.dollars:,.2f} at Amazon's price (S3 Standard, us-east-1), without what is transferred."
    )
    print_result({**asdict(found), "dollars": round(found.dollars, 4)}, sentence, as_json=as_json)


def _left_to_worker(how: How, *, as_json: bool) -> None:
    from dam_plugin.admin.reconcile import begin_reconciling

    with attached() as at:
        job = begin_reconciling(at.services, how, actor_of(None))
    print_result({"job": job.id}, f"{job.id} is left to the worker: `dam-plugin jobs show {job.id}`", as_json=as_json)


def _reconciled(at: Attached, how: How, *, as_json: bool) -> Job:
    from dam_plugin.admin.job_kinds import KINDS
    from dam_plugin.admin.reconcile import begin_reconciling
    from dam_plugin.intake.jobs import finish_job

    job = begin_reconciling(at.services, how, actor_of(None))
    with shown_progress(as_json=as_json) as tell:
        return finish_job(at.services, KINDS, job.id, tell)


def _follow(how: How, seconds: float, *, as_json: bool) -> None:
    """Reconcile in rounds until stopped; the tags of all objects are looked at in the first round of a day."""
    from dam_plugin.admin.jobs_thread import doing_jobs
    from dam_plugin.admin.pending_work import doing_pending_work

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    looked_on = None
    with attached(makes_up=False) as at, doing_pending_work(at.services), doing_jobs(at.services):
        at.services.store.when_outdated(stopped.set)
        while not stopped.is_set():
            today = at.services.now().date()
            try:
                job = _reconciled(at, replace(how, object_tags=today != looked_on), as_json=True)
            except OtherSchema:
                break
            except (StorageError, StoreError) as error:
                typer.echo(f"warning: this round broke off, and the next one does it again: {error}", err=True)
            else:
                # Another one's job, or one that another one cancelled for its own, may not have looked at all tags.
                if job.state in {"done", "failed"} and job.arguments.get("object_tags"):
                    looked_on = today
                _print_reconciled(job, as_json=as_json)
                sys.stdout.flush()
            stopped.wait(seconds)


def _print_reconciled(job: Job, *, as_json: bool) -> None:
    from dam_plugin.admin.reconcile import counts_of

    done = counts_of(job)
    sentence = (
        f"{done.seen} recording(s) in the bucket: {done.tagged} tagged, {done.forgotten} forgotten; "
        f"releases: {done.finished} finished, {done.undone} undone, {done.strays} stray copies put on hold; "
        f"{done.closed} link(s) closed"
    )
    if done.alarms:
        sentence += f"; {done.alarms} deletion(s) of held recordings: `dam-plugin hold alarms`"
    if job.state == "cancelled":
        sentence = f"{job.id} was cancelled; until then: {sentence}"
    print_result({**asdict(done), "job": job.id}, sentence, as_json=as_json)


def _raise_if_failed(job: Job) -> None:
    if job.failed:
        raise StorageError(
            f"{job.failed} recording(s) could not be tagged; each keeps the object tags that it has, and without any it "
            "is on hold; the log says why: mend that and run it again"
        )


def _seconds(text: str) -> float:
    """Return the seconds of `30s`, `5m` or `1h`."""
    found = _DURATION.fullmatch(text)
    if found is None or not int(found[1]):
        raise typer.BadParameter("--every takes a time such as 30s, 5m or 1h")
    return int(found[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[found[2]]
