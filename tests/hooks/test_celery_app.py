"""Jobs are announced to Celery once they are kept, by their ids alone; without a broker or Celery the worker does them."""

from __future__ import annotations

import json
import logging
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from brokers import NOBODY, RedisCorner, redis_corner
from command_line import call
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from district import CUSTODIAN, GRADUATION, PORTRAIT, District
from otlp_receiver import receiving
from waiting import wait_until

from dam_hooks import celery_app, manager, plugin, services_of
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.errors import SettingsError
from dam_plugin.intake.jobs import TAG_AGAIN, add_job, begin_again, kinds_of
from dam_plugin.library.setup import prepare
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.store import Unit
from dam_plugin.store.jobs import Job
from dam_plugin.telemetry import otlp

KEYS = (GRADUATION, PORTRAIT)


@pytest.fixture
def corner(district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisCorner]:
    with redis_corner(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def services(district: District, corner: RedisCorner) -> Iterator[Services]:
    for key in KEYS:
        district.upload(key)
    made = services_of(manager(Settings.load()))
    yield made
    made.store.close()
    made.library.close()


def add(services: Services, unit: Unit, *, ours: bool = False) -> Job:
    ids = [kept.asset.id for key in KEYS if (kept := unit.assets.current(key)) is not None]
    unit.words.add_stale(ids, unit.people.last_change())
    added = add_job(services, unit, TAG_AGAIN, CUSTODIAN, ours=ours)
    assert added is not None
    return added.job


def undone(services: Services) -> None:
    with services.store.writing() as unit:
        add(services, unit)
        raise SettingsError("it came to nothing")


def waiting(services: Services) -> Job:
    with services.store.writing() as unit:
        return add(services, unit)


def test_a_job_is_announced_by_its_id_once_it_is_kept(services: Services, corner: RedisCorner) -> None:
    with services.store.writing() as unit:
        job = add(services, unit)
        assert corner.messages("bulk") == []
    ((headers, arguments),) = corner.messages("bulk")
    assert (headers["task"], arguments) == ("dam_plugin.job_in_bulk", [job.id])
    assert GRADUATION not in json.dumps(headers)
    assert corner.messages("people") == []


def test_a_job_that_is_undone_or_that_the_command_does_itself_is_not_announced(
    services: Services, corner: RedisCorner
) -> None:
    with services.store.writing() as unit, unit.rehearsal():
        add(services, unit)
    with pytest.raises(SettingsError):
        undone(services)
    with services.store.writing() as unit:
        add(services, unit, ours=True)
    assert corner.messages("bulk") == []


def test_what_somebody_waits_for_has_a_queue_of_its_own(services: Services, corner: RedisCorner) -> None:
    job = Job("job-1", "yearbook set", CUSTODIAN, services.now(), services.now(), 1)
    celery_app.announce(services.settings, job)
    ((headers, arguments),) = corner.messages("people")
    assert (headers["task"], arguments) == ("dam_plugin.job_for_people", ["job-1"])
    assert corner.messages("bulk") == []


def do(corner: RedisCorner, services: Services) -> int:
    """Do what waits in the queue of bulk as a worker does, without what it announces; how many tasks that were."""
    messages = corner.messages("bulk")
    corner.forget()
    tasks = celery_app.app_of(services.settings).tasks
    for headers, arguments in messages:
        told = {name: value for name, value in headers.items() if name == "traceparent"}
        tasks[headers["task"]].apply(arguments, throw=True, headers=told)
    return len(messages)


def test_a_task_does_a_part_of_a_job_and_announces_the_rest(
    services: Services, corner: RedisCorner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery_app, "KINDS", kinds_of(replace(TAG_AGAIN, part_seconds=0.0)))
    job = waiting(services)
    for done in (1, 2):
        assert do(corner, services) == 1
        assert now_of(services, job).done == done
    # The second task could not know that nothing is left.
    assert do(corner, services) == 1
    assert (now_of(services, job).state, do(corner, services)) == ("done", 0)


def test_the_message_of_a_job_tells_the_trace_of_whoever_asked_and_so_does_that_of_the_rest(
    services: Services, corner: RedisCorner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery_app, "KINDS", kinds_of(replace(TAG_AGAIN, part_seconds=0.0)))
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with otlp.sending((), tuple):
            job = waiting(services)
        ((headers, _),) = corner.messages("bulk")
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]", headers["traceparent"])
        assert do(corner, services) == 1
        ((rest, _),) = corner.messages("bulk")
        assert rest["traceparent"] == headers["traceparent"]
        assert do(corner, services) == 1
        celery_app._close()
    assert now_of(services, job).done == 2
    assert [each.parent for each in receiver.spans("job step")] == ["announce job", "announce job"]
    assert GRADUATION.encode() not in receiver.content


@pytest.mark.parametrize("told", ["Ines Mu\u00f1oz", "00-0-0-00", ["00"], {"00": 1}])
def test_what_is_no_trace_begins_one(
    services: Services, corner: RedisCorner, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    job = waiting(services)
    with receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        task = celery_app.app_of(services.settings).tasks["dam_plugin.job_in_bulk"]
        task.apply([job.id], throw=True, headers={"traceparent": told})
        celery_app._close()
    assert now_of(services, job).done >= 1
    assert {each.parent for each in receiver.spans("job step")} == {None}
    assert b"Ines" not in receiver.content


def test_without_a_collector_a_message_has_no_trace(services: Services, corner: RedisCorner) -> None:
    waiting(services)
    ((headers, _),) = corner.messages("bulk")
    assert "traceparent" not in headers


def test_a_task_that_comes_twice_or_of_a_job_that_is_gone_does_nothing(services: Services, corner: RedisCorner) -> None:
    job = waiting(services)
    celery_app.announce(services.settings, job)
    celery_app.announce(services.settings, replace(job, id="job-gone"))
    assert do(corner, services) == 3
    assert (now_of(services, job).state, now_of(services, job).done) == ("done", 2)


def test_a_look_announces_what_stands_still_and_nobody_is_at(services: Services, corner: RedisCorner) -> None:
    job = waiting(services)
    corner.forget()
    look = celery_app.app_of(services.settings).tasks[celery_app.LOOK_FOR_JOBS]
    look.apply(throw=True)
    assert corner.messages("bulk") == []
    with services.store.writing() as unit:
        unit.jobs.begin_again(job.id, job.total, services.now() - celery_app.FORGOTTEN_AFTER)
    look.apply(throw=True)
    ((headers, arguments),) = corner.messages("bulk")
    assert (arguments, headers["expires"] is None) == ([job.id], False)


def test_what_went_wrong_in_a_task_is_logged_without_a_name(
    services: Services, corner: RedisCorner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ValueError("Ines Muñoz")

    monkeypatch.setattr(celery_app, "run_part", failing)
    waiting(services)
    assert do(corner, services) == 1
    assert "this is a bug (ValueError at test_celery_app.py" in caplog.text
    assert "Ines" not in caplog.text


def test_beat_tells_in_one_line_a_minute_that_its_broker_is_away(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logging.getLogger("celery.beat")
    before = list(log.filters)
    level = logging.getLogger("celery").level
    celery_app._log_as_everywhere()
    try:
        for _ in range(3):
            # As Celery's own beat says it.
            away = ConnectionError("redis://:in-no-log@127.0.0.1:9/0")
            log.error("Message Error: %s\n%s", away, ["the stack"], exc_info=away)
        log.warning("something else")
        monkeypatch.setattr(celery_app, "BEAT_TELLS_EVERY_SECONDS", 0.0)
        log.error("Message Error: %s\n%s", "", ["the stack"], exc_info=OSError())
    finally:
        log.filters[:] = before
        logging.getLogger("celery").setLevel(level)
    assert caplog.messages == [
        "the broker takes no tasks (ConnectionError): each is announced again",
        "something else",
        "the broker takes no tasks (OSError): each is announced again",
    ]
    assert "in-no-log" not in caplog.text


def test_a_worker_never_gives_its_broker_up(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", "redis://127.0.0.1:9/0")
    assert celery_app.app_of(Settings.load()).conf.broker_connection_max_retries is None


def now_of(services: Services, job: Job) -> Job:
    with services.store.reading() as unit:
        return unit.jobs.need(job.id)


def test_a_job_that_is_taken_up_again_is_announced_where_it_is_left_to_others(
    services: Services, corner: RedisCorner
) -> None:
    job = waiting(services)
    corner.forget()
    begin_again(services, KINDS, job.id)
    assert corner.messages("bulk") == []
    begin_again(services, KINDS, job.id, detach=True)
    assert [arguments for _, arguments in corner.messages("bulk")] == [[job.id]]


def test_the_worker_leaves_jobs_to_celery(
    services: Services, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = waiting(services)
    bucket = services.library.bucket
    _, url = prepare(bucket, f"{bucket}-celery", dry_run=False, create_bucket=False)
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url or "")
    assert call("worker", "--until-empty").code == 0
    assert now_of(services, job).state == "waiting"
    monkeypatch.delenv("DAM_PLUGIN_BROKER_URL")
    assert call("worker", "--until-empty").code == 0
    assert now_of(services, job).state == "done"


def test_a_broker_that_is_down_keeps_the_job_and_its_password_is_in_no_log(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", NOBODY)
    settings = Settings.load()
    without = services_of(manager(settings))
    with caplog.at_level(logging.DEBUG):
        job = waiting(without)
    assert now_of(services, job).state == "waiting"
    assert f"{job.id} could not be announced" in caplog.text
    assert "in-no-log" not in caplog.text + repr(settings)
    without.store.close()
    without.library.close()


def doctor_tells() -> tuple[str, str]:
    ended = call("doctor", "--json")
    assert "in-no-log" not in ended.out + ended.err
    told = next(each for each in ended.objects() if each["check"] == "who does jobs")
    return told["state"], told["detail"]


def test_doctor_says_who_does_jobs_and_whether_the_broker_answers(
    corner: RedisCorner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor_tells() == ("ok", "done by Celery; its broker (redis at 127.0.0.1) answers")
    monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", NOBODY)
    down = (
        "the broker of DAM_PLUGIN_BROKER_URL (redis at 127.0.0.1) does not answer (ConnectionError), so no job goes on: "
        "start it, or mend its address or password"
    )
    assert doctor_tells() == ("failed", down)
    with monkeypatch.context() as patch:
        patch.setattr(plugin, "find_spec", lambda name: None if name == "celery" else find_spec(name))
        state, detail = doctor_tells()
        assert (state, "pip install 'dam-plugin[scale]'" in detail) == ("warning", True)
    monkeypatch.delenv("DAM_PLUGIN_BROKER_URL")
    assert doctor_tells() == ("ok", "done by `dam-plugin worker` itself; no broker for Celery is set")


@pytest.mark.parametrize("url", ["memory://", "file:///tmp/queue", "127.0.0.1:6379", "redis://a;http://b"])
def test_a_broker_of_another_kind_is_refused_without_its_url(url: str, district: District) -> None:
    with pytest.raises(SettingsError, match=r"^DAM_PLUGIN_BROKER_URL must begin with one of amqp://, ") as refused:
        Settings.load(environ={**district.variables, "DAM_PLUGIN_BROKER_URL": url})
    assert url not in str(refused.value)


def test_an_operator_sets_rates_and_no_other_form_of_message(
    corner: RedisCorner, tmp_path: Path, services: Services
) -> None:
    own = tmp_path / "celery_of_this_test.py"
    with own.open("a") as file:
        file.write("accept_content = ['pickle']\ntask_serializer = 'pickle'\n")
        file.write("task_annotations = {'dam_plugin.job_in_bulk': {'rate_limit': '30/m'}}\n")
        file.write("task_time_limit = 7200\n")
    app = celery_app.app_of(services.settings)
    assert app.conf.task_time_limit == 7200
    assert app.tasks["dam_plugin.job_in_bulk"].rate_limit == "30/m"
    assert app.tasks["dam_plugin.job_for_people"].rate_limit is None
    assert (app.conf.accept_content, app.conf.task_serializer) == (["json"], "json")
    assert (app.conf.task_acks_late, app.conf.worker_prefetch_multiplier) == (True, 1)
    assert app.conf.broker_transport_options["global_keyprefix"] == corner.prefix
    assert app.conf.broker_transport_options["visibility_timeout"] == celery_app.REDELIVERED_AFTER_SECONDS


@pytest.mark.parametrize("scheme", ["rediss", "amqps"])
def test_a_broker_whose_certificate_nobody_vouches_for_is_told_nothing(
    scheme: str, district: District, tmp_path: Path
) -> None:
    with heard_by_another(tmp_path) as (port, heard):
        url = f"{scheme}://user:in-no-log@localhost:{port}/0"
        settings = Settings.load(environ={**district.variables, "DAM_PLUGIN_BROKER_URL": url})
        with pytest.raises(SettingsError, match="does not answer"):
            celery_app.check_broker(settings)
        wait_until(lambda: heard)
    assert set(heard) == {"refused"}


@contextmanager
def heard_by_another(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Listen as the broker that somebody else runs: a port, and for each connection what was heard, or that it was refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(folder))
    heard: list[str] = []
    with socket.create_server(("localhost", 0)) as listening:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        try:
                            with context.wrap_socket(connection, server_side=True) as secured:
                                heard.append(secured.recv(64).decode("latin-1"))
                        except ssl.SSLError:
                            heard.append("refused")

        threading.Thread(target=listen, daemon=True).start()
        yield listening.getsockname()[1], heard
        listening.shutdown(socket.SHUT_RDWR)


def self_signed(folder: Path) -> Path:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    named = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = builder.add_extension(named, critical=False).sign(key, hashes.SHA256())
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "broker.pem"
    file.write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()) + made.public_bytes(pem))
    return file


def test_nobody_else_loads_celery(corner: RedisCorner) -> None:
    asked = (
        "import sys; from dam_hooks import manager, services_of; import dam_plugin.cli.checks;"
        "services = services_of(manager()); assert services.announce_job;"
        "assert not {'celery', 'kombu'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", asked], check=True)
