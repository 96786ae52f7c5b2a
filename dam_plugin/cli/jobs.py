"""`jobs list`, `jobs show`, `jobs cancel`, `jobs resume`: long work that was begun, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, Columns, local, print_json, print_result, print_rows

if TYPE_CHECKING:
    from dam_plugin.admin.rule_changes import Retagged
    from dam_plugin.intake.jobs import Tell
    from dam_plugin.store.jobs import Job

app = typer.Typer(help=help_of("jobs"), no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id: `dam-plugin jobs list`.", show_default=False)]
_COLUMNS: Columns = {
    "job": "id",
    "what": "kind",
    "state": "state",
    "done": "done",
    "failed": "failed",
    "of about": "total",
    "begun": lambda row: local(row["at"]),
    "by": "asked_by",
}


def add_to(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="jobs")


@app.command("list")
def jobs_list(
    limit: Annotated[int, typer.Option("--limit", min=1, help="The most jobs to list.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest jobs, those that are not over first."""
    with attached() as at, at.services.store.reading() as unit:
        rows = [_plain(each) for each in unit.jobs.newest(limit)]
    print_rows("Jobs", rows, _COLUMNS, as_json=as_json)


@app.command("show")
def jobs_show(job_id: JobId, as_json: AsJson = False) -> None:
    """Show how far a job is, and of `rules diff` the recordings that it found first."""
    from dam_plugin.admin import rule_changes

    with attached() as at:
        with at.services.store.reading() as unit:
            job = unit.jobs.need(job_id)
        is_comparison = job.kind == rule_changes.RULES_DIFF.name
        found = rule_changes.retagged_of(at.services, job) if is_comparison else None
    if found is None:
        print_job(job, as_json=as_json)
    else:
        _print_comparison(job, found, as_json=as_json)


def _print_comparison(job: Job, found: Sequence[Retagged], *, as_json: bool) -> None:
    from dam_plugin.cli.rules import plain_example, print_examples

    if as_json:
        print_json({**_plain(job), "examples": [plain_example(each) for each in found]})
        return
    print_job(job, as_json=False)
    if found:
        print_examples(found, of=job.result.get("changed", 0))


@app.command("cancel")
def jobs_cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job after the step at hand. Recordings that wait to be tagged again are still not given out on their old tags."""
    from dam_plugin.intake.jobs import cancel_job

    with attached() as at:
        job = cancel_job(at.services, job_id)
    print_job(job, as_json=as_json)


@app.command("resume")
def jobs_resume(
    job_id: JobId,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to the worker.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take up what is left of a job that failed, was cancelled or broke off."""
    from dam_plugin.admin.job_kinds import KINDS
    from dam_plugin.intake.jobs import begin_again, run_job

    with attached() as at:
        job = begin_again(at.services, KINDS, job_id, detach=detach)
        with shown_progress(as_json=as_json) as tell:
            ran = None if detach else run_job(at.services, KINDS, job_id, tell)
    print_job(job if ran is None else ran.job, as_json=as_json)
    if ran is not None and ran.job.failed:
        raise typer.Exit(1)


@contextmanager
def shown_progress(*, as_json: bool) -> Iterator[Tell]:
    """Give a function that shows how far a job is, on a line of standard error where somebody watches it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress

    hidden = as_json or not sys.stderr.isatty()
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, disable=hidden, console=Console(stderr=True)) as progress:
        shown = progress.add_task("", total=None)
        yield lambda job: progress.update(
            shown, description=f"{job.kind}, recordings", completed=job.done + job.failed, total=job.total
        )


def print_job(job: Job, *, as_json: bool) -> None:
    """Print how far a job is, and what came of it."""
    counts = f"{job.done} done, {job.failed} failed, of about {job.total}"
    came = "".join(f"; {name.replace('_', ' ')}: {count:,}" for name, count in sorted(job.result.items()) if count)
    why = f"; {job.why}" if job.why else ""
    print_result(_plain(job), f"{job.id} ({job.kind}) is {job.state}: {counts}{came}{why}", as_json=as_json)


def _plain(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "failed": job.failed,
        "total": job.total,
        "result": dict(job.result),
        "why": job.why,
        "at": job.at,
        "moved_at": job.moved_at,
        "asked_by": f"{job.asked_by.role}:{job.asked_by.id}",
    }
