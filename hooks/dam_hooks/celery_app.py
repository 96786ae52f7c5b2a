"""Celery does the jobs, on as many machines as a library needs: the extra `scale` and a broker (`DAM_PLUGIN_BROKER_URL`).

`celery -A dam_hooks.celery_app worker -Q people,bulk` does jobs, `celery -A dam_hooks.celery_app beat` looks for those whose
message was lost. What a job is and how it goes on after a kill is in `intake/jobs.py`: a message has its id and nothing else,
may come twice, and may be lost. Nothing here tries again by itself. Source: Celery's user guide, "Configuration and defaults".
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any

from celery import Celery, Task, signals
from celery.worker import state
from kombu.entity import Exchange, Queue

from dam_hooks.figures import sending
from dam_hooks.plugin import manager, services_of
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.admin.pending_work import do_pending_work
from dam_plugin.admin.rounds import tried
from dam_plugin.errors import DamPluginError, OtherSchema, SettingsError
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.intake.jobs import run_part
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.published_copy import close_unneeded_copies
from dam_plugin.store import Store
from dam_plugin.store.jobs import Job
from dam_plugin.telemetry import logs
from dam_plugin.telemetry.otlp import TRACEPARENT, is_installed
from dam_plugin.telemetry.spans import continuing, is_asked_for, span, traceparent

PEOPLE, BULK = "people", "bulk"
"""The queues: what somebody waits for, and everything else."""
PEOPLES_JOB, BULK_JOB = "dam_plugin.job_for_people", "dam_plugin.job_in_bulk"
LOOK_FOR_JOBS, PENDING_WORK = "dam_plugin.look_for_jobs", "dam_plugin.pending_work"
CLOSE_COPIES, RECHECK_LINKS = "dam_plugin.close_copies", "dam_plugin.recheck_links"
# Seconds between two of each.
EVERY: Mapping[str, int] = {LOOK_FOR_JOBS: 60, PENDING_WORK: 10, CLOSE_COPIES: 60, RECHECK_LINKS: 300}
FORGOTTEN_AFTER = timedelta(seconds=60)
"""A job that nobody is at and that got no further for so long has lost its message."""
# How long a task may take beyond a job's part, and a job that has no parts altogether: then its process is killed.
MOST_SECONDS = 60 * 60
MOST_SECONDS_WHOLE = 6 * 60 * 60
# How long pending work is done before the next task does the rest.
PENDING_SECONDS = 60.0
# How often a worker looks whether another version has changed the database's tables.
SCHEMA_SECONDS = 5.0
# When SQS and Redis give a message to somebody else as well: no task takes so long. It is the most that SQS knows.
REDELIVERED_AFTER_SECONDS = 12 * 60 * 60
# Whoever tells of a job waits no longer than this for a broker that is down.
BROKER_SECONDS = 3
# The variable with the module of an operator's own settings for Celery, by Celery's own name.
OWN_SETTINGS = "CELERY_CONFIG_MODULE"

# INVARIANT: JSON alone, whatever an operator sets: to read a pickle is to run what somebody put into the broker.
_FIXED: Mapping[str, object] = {
    "accept_content": ["json"],
    "task_serializer": "json",
    "event_serializer": "json",
    "result_backend": None,
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_queues": [Queue(each, Exchange(each), each) for each in (PEOPLE, BULK)],  # type: ignore[no-untyped-call]
    "task_default_queue": BULK,
    "task_routes": {
        name: {"queue": PEOPLE} for name in (PEOPLES_JOB, LOOK_FOR_JOBS, PENDING_WORK, CLOSE_COPIES, RECHECK_LINKS)
    },
    # One that is not taken until the next is due is not needed any more: none pile up while no worker runs.
    "beat_schedule": {
        name: {"task": name, "schedule": float(seconds), "options": {"expires": seconds}}
        for name, seconds in EVERY.items()
    },
}
_DEFAULTS: Mapping[str, object] = {
    "worker_prefetch_multiplier": 1,
    "task_time_limit": MOST_SECONDS,
    "broker_connection_retry_on_startup": True,
    # A worker never gives up: a broker may be away for a night.
    "broker_connection_max_retries": None,
    "broker_connection_timeout": BROKER_SECONDS,
}
_REDIS: Mapping[str, object] = {
    "visibility_timeout": REDELIVERED_AFTER_SECONDS,
    "socket_connect_timeout": BROKER_SECONDS,
    "socket_timeout": 2 * BROKER_SECONDS,
}
# By how the broker's URL begins.
_TRANSPORT_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "amqp": {"confirm_publish": True},
    "redis": _REDIS,
    "sentinel": _REDIS,
    "sqs": {"visibility_timeout": REDELIVERED_AFTER_SECONDS, "wait_time_seconds": 10},
}
# Without these, TLS would take every certificate. `server_hostname`: that of the URL.
_TLS: Mapping[str, Mapping[str, object]] = {
    "amqps": {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None},
    "rediss": {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True},
}
# How often beat says that the broker does not take its tasks.
BEAT_TELLS_EVERY_SECONDS = 60.0
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}

log = logging.getLogger(__name__)
# What this process sends to a collector: begun with its services, and ended with them.
_collecting = ExitStack()


@cache
def _made(url: str) -> Celery:
    app = Celery("dam_plugin", broker=url, set_as_current=False)
    options = next(each for begins, each in _TRANSPORT_OPTIONS.items() if url.startswith(begins))
    tls = _TLS.get(url.partition("://")[0])
    defaults = {**_DEFAULTS, **({"broker_use_ssl": dict(tls)} if tls else {})}
    own: Mapping[str, object] = {}
    if module := os.environ.get(OWN_SETTINGS):
        own = vars(import_module(module))
        app.config_from_object(module)
    # Celery's own `add_defaults` would outrank what an operator has set.
    app.conf.update({name: value for name, value in defaults.items() if name not in own})
    app.conf.update({**_FIXED, "broker_transport_options": {**options, **app.conf.broker_transport_options}})
    for name, act in _TASKS.items():
        app.task(act, name=name, bind=True, shared=False)
    return app


def app_of(settings: Settings) -> Celery:
    """Return the app of a district's settings. Raises SettingsError without a broker. Connects when it is used."""
    settings.need("broker_url")
    if settings.broker_url is None:
        raise AssertionError("need() has looked")
    return _made(settings.broker_url.get_secret_value())


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attributes have no type
    """Return `app`, which `celery -A dam_hooks.celery_app` asks for: it takes the settings of where it is started."""
    if name != "app":
        raise AttributeError(name)
    logs.begin(os.environ.get(logs.VARIABLE))
    try:
        settings = Settings.load()
        settings.need("broker_url", "bucket", "pseudonym_key", "signing_key")
    except SettingsError as error:
        raise SystemExit(f"dam-plugin: {error}") from None
    logs.use(settings.log)
    return app_of(settings)


def announce(settings: Settings, job: Job) -> None:
    """Tell whoever does jobs of this one. Raises nothing: a job whose message is lost is found by the next look.

    The message's headers tell the trace at hand (`traceparent`), so that the steps are part of it.
    """
    try:
        with span("announce job", job_id=job.id, job_kind=job.kind):
            _send(app_of(settings), job, traceparent())
    except Exception as error:  # noqa: BLE001 - each broker has errors of its own, whose text may have the URL
        kind = type(error).__name__
        log.warning("%s could not be announced (%s): Celery's beat finds it within two minutes", job.id, kind)


def check_broker(settings: Settings) -> str:
    """Return which broker it is, without user and password. Raises SettingsError if it does not answer."""
    app = app_of(settings)
    with app.connection_for_write() as connection:
        named = f"{connection.transport_cls} at {connection.hostname or 'localhost'}"
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
            connection.default_channel.close()
        except Exception as error:  # noqa: BLE001 - as with `announce`
            why = type(error.__cause__ or error).__name__
            raise SettingsError(
                f"the broker of DAM_PLUGIN_BROKER_URL ({named}) does not answer ({why}), so no job goes on: start it, or "
                "mend its address or password"
            ) from None
    return named


def _send(app: Celery, job: Job, trace: str | None = None, **options: object) -> None:
    kind = KINDS.get(job.kind)
    if kind is None:
        return
    most = MOST_SECONDS_WHOLE if kind.part_seconds is None else kind.part_seconds + MOST_SECONDS
    app.send_task(
        PEOPLES_JOB if kind.somebody_waits else BULK_JOB,
        [job.id],
        time_limit=most,
        retry_policy=_ONCE_MORE,
        ignore_result=True,
        headers={} if trace is None else {TRACEPARENT: trace},
        **options,
    )


def _go_on(task: Task, job_id: str) -> None:
    """Go on with a job for a while, and leave the rest to the next task. One that is taken or over is left alone."""

    def part() -> None:
        # A task that comes again after its worker was killed has the same id: the job need not wait for its lease to end.
        services, told = _services(), (task.request.headers or {}).get(TRACEPARENT)
        trace = told if isinstance(told, str) else None
        with continuing(trace):
            left = run_part(services, KINDS, job_id, attempt=task.request.id)
        if left is not None:
            _send(task.app, left, trace)

    _tried(task.name, part)


def _look_for_jobs(task: Task) -> None:
    """Announce each job whose message was lost. Two looks at once announce one twice, and the second finds it taken."""

    def look() -> None:
        services = _services()
        now = services.now()
        with services.store.reading() as unit:
            free = unit.jobs.free(now, KINDS)
        for job in free:
            if now - job.moved_at >= FORGOTTEN_AFTER:
                _send(task.app, job, expires=EVERY[LOOK_FOR_JOBS])

    _tried(task.name, look)


def _do_pending_work(task: Task) -> None:
    end = time.monotonic() + PENDING_SECONDS
    _tried(task.name, lambda: do_pending_work(_services(), lambda: time.monotonic() >= end))


def _close_copies(task: Task) -> None:
    _tried(task.name, lambda: close_unneeded_copies(_services()))


def _recheck_links(task: Task) -> None:
    _tried(task.name, lambda: recheck_links(_services()))


_TASKS: Mapping[str, Callable[..., None]] = {
    PEOPLES_JOB: _go_on,
    BULK_JOB: _go_on,
    LOOK_FOR_JOBS: _look_for_jobs,
    PENDING_WORK: _do_pending_work,
    CLOSE_COPIES: _close_copies,
    RECHECK_LINKS: _recheck_links,
}


def _tried(name: str, act: Callable[[], object]) -> None:
    """Act, and log what went wrong. Celery itself would log the text of an error, which might name somebody."""
    tried(log, act, name, f"{name} is done again later")


@cache
def _services() -> Services:
    """Return the services of this process. They are made after the fork: no connection may cross it."""
    pm = manager()
    services = services_of(pm)
    if is_asked_for() and is_installed():
        _collecting.enter_context(sending(pm, lasts=False))
    signals.worker_process_shutdown.connect(_close, weak=False)
    signals.worker_shutdown.connect(_close, weak=False)
    return services


def _close(**_: object) -> None:
    if _services.cache_info().currsize:
        _collecting.close()
        _services().store.close()
        _services().library.close()
        _services.cache_clear()


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _end_when_outdated(**_: object) -> None:
    """Look beside the worker whether the database is still that of this version, and end it when it no longer is.

    Its tasks find that out for themselves, and do nothing; but a task cannot end the worker whose process it has.
    """
    threading.Thread(target=_watch_schema, args=(Settings.load(),), name="schema", daemon=True).start()


def _watch_schema(settings: Settings) -> None:
    store = Store(settings.database_url, connections=1)
    while True:
        try:
            why = store.unready()
        except DamPluginError:
            # A database that does not answer is the business of the tasks.
            why = None
        finally:
            # No connection stays open: a process of the pool that is forked now would have it too.
            store.close()
        if why is not None:
            log.error("the worker ends: %s", why)
            # What Celery itself does after SIGTERM: the tasks at hand come to their end.
            state.should_stop = OtherSchema.exit_code
            return
        time.sleep(SCHEMA_SECONDS)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _log_as_everywhere(loglevel: int | None = None, **_: object) -> None:
    """Keep our log, which tells no text of an exception, in place of Celery's; `--loglevel` counts for Celery's own lines."""
    logging.getLogger("celery").setLevel(loglevel or logging.WARNING)
    logging.getLogger("celery.beat").addFilter(_BriefBeat())


class _BriefBeat(logging.Filter):
    """Tells of a task that the broker does not take in one line, now and then: Celery's own has the whole stack, each time."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass on other lines, and at most one of these a minute, without the error's text."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        now = time.monotonic()
        if self._told_at is not None and now - self._told_at < BEAT_TELLS_EVERY_SECONDS:
            return False
        self._told_at = now
        record.msg, record.args = "the broker takes no tasks (%s): each is announced again", (type(error).__name__,)
        record.exc_info = record.exc_text = None
        return True
