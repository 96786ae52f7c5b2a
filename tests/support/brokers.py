"""Real brokers for Celery, each with a corner that no other run uses; a test is skipped with the reason where none answers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import amqp
import pytest
import redis

from dam_hooks import celery_app

REDIS_URL = os.environ.get("DAM_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
RABBITMQ = os.environ.get("DAM_TEST_RABBITMQ", "guest:guest@127.0.0.1:5672")
NOBODY = "redis://:in-no-log@127.0.0.1:9/0"
"""A broker that does not answer, whose URL has a password."""
OWN_SETTINGS = "celery_of_this_test"


@dataclass(frozen=True)
class RedisCorner:
    """Redis under a prefix of its own, which an operator's settings for Celery say."""

    server: Any
    prefix: str

    def messages(self, queue: str) -> list[tuple[dict[str, Any], list[Any]]]:
        """The messages that wait in a queue: each one's headers, and its positional arguments."""
        found = []
        for raw in self.server.lrange(f"{self.prefix}{queue}", 0, -1):
            message = json.loads(raw)
            arguments, named, _ = json.loads(base64.b64decode(message["body"]))
            assert named == {}
            found.append((message["headers"], arguments))
        return found

    def forget(self) -> None:
        """Lose every message."""
        for key in self.server.scan_iter(f"{self.prefix}*"):
            self.server.delete(key)


@contextmanager
def redis_corner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisCorner]:
    """Point this test and its processes at Redis, under a prefix of their own."""
    server = redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3)
    try:
        server.ping()
    except redis.exceptions.RedisError:
        server.close()
        pytest.skip("no Redis server answers: set DAM_TEST_REDIS_URL")
    corner = RedisCorner(server, f"dam-{uuid4().hex[:12]}-")
    options = {"global_keyprefix": corner.prefix}
    (folder / f"{OWN_SETTINGS}.py").write_text(f"broker_transport_options = {options!r}\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))
    monkeypatch.setenv("CELERY_CONFIG_MODULE", OWN_SETTINGS)
    monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", REDIS_URL)
    try:
        with own_app(REDIS_URL):
            yield corner
    finally:
        corner.forget()
        server.close()


@contextmanager
def rabbitmq_corner(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Point this test and its processes at RabbitMQ, in a virtual host of their own, whose name is given."""
    user, _, rest = RABBITMQ.partition(":")
    password, _, place = rest.rpartition("@")
    try:
        with amqp.Connection(place, userid=user, password=password, connect_timeout=3):
            pass
    except (OSError, amqp.AMQPError):
        pytest.skip("no RabbitMQ server answers: set DAM_TEST_RABBITMQ")
    if shutil.which("rabbitmqctl") is None:
        pytest.skip("rabbitmqctl is not installed: it makes the virtual host of a test")
    vhost = f"dam-{uuid4().hex[:12]}"
    made = subprocess.run(["rabbitmqctl", "-q", "add_vhost", vhost], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("rabbitmqctl may not make a virtual host here")
    try:
        subprocess.run(["rabbitmqctl", "-q", "set_permissions", "-p", vhost, user, ".*", ".*", ".*"], check=True)
        url = f"amqp://{RABBITMQ}/{vhost}"
        monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", url)
        with own_app(url):
            yield vhost
    finally:
        subprocess.run(["rabbitmqctl", "-q", "delete_vhost", vhost], capture_output=True, check=False)


def close_connections(vhost: str) -> None:
    """Have RabbitMQ close each connection to a virtual host, as when it is restarted."""
    words = ["close_all_connections", "--vhost", vhost, "closed by the test"]
    subprocess.run(["rabbitmqctl", "-q", *words], check=True, capture_output=True)


@contextmanager
def own_app(url: str) -> Iterator[None]:
    """Have this process make its app anew, and close it: another test has another corner."""
    celery_app._made.cache_clear()
    # An operator's settings of another test are imported under the same name.
    sys.modules.pop(OWN_SETTINGS, None)
    try:
        yield
    finally:
        celery_app._close()
        celery_app._made(url).close()
        celery_app._made.cache_clear()
