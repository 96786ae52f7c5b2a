"""Fixtures: S3 and SQS over real HTTP, by moto's server in this process, and a fresh bucket for each test."""

from __future__ import annotations

import functools
import io
import logging
import os
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto.backends import list_of_moto_modules
from moto.core.common_models import BaseModel
from moto.moto_server import threaded_moto_server
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.s3.models import FakeKey
from moto.server import ThreadedMotoServer
from shared_clients import share_clients

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
PLUGIN_KEY = "PLUGINPLUGINPLUGIN01"
DELIVERY_KEYS = ("DELIVERYDELIVERY0001", "delivery-secret")

AMBIENT = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
)


class _KeptOpen(MotoRequestHandler):
    """Takes many requests over one connection, as storages do: the server's own takes a connection and a thread for each.

    It reads a request's body before the application sees it, so that the next request begins where it should.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        is_chunked = "wsgi.input_terminated" in environ
        body = environ["wsgi.input"].read() if is_chunked else self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        said: list[Any] = []
        answered = self.server.app(environ, lambda status, headers, _=None: said.extend((status, headers)))
        content = b"".join(answered)
        if hasattr(answered, "close"):
            answered.close()
        code, _, reason = said[0].partition(" ")
        names = {name.lower() for name, _ in said[1]}
        self.send_response_only(int(code), reason)
        for name, value in [*said[1], *([] if "date" in names else [("Date", self.date_time_string())])]:
            self.send_header(name, value)
        if "content-length" not in names and self.command != "HEAD" and code != "204":
            self.send_header("Content-Length", str(len(content)))
        self._headers_buffer += [b"\r\n", b"" if self.command == "HEAD" else content]
        self.flush_headers()


def _untracked(cls: type[BaseModel], *_: Any, **__: Any) -> Any:
    return object.__new__(cls)


def _in_memory(max_size: int = 0) -> io.BytesIO:
    return io.BytesIO()


def _shallow(key: FakeKey, _memo: dict[int, Any]) -> FakeKey:
    made: FakeKey = object.__new__(FakeKey)
    made.__dict__.update(key.__dict__)
    return made


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Serve S3 and SQS for the whole run; the URL."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        share_clients(patch)
        patch.setattr(threaded_moto_server, "MotoRequestHandler", _KeptOpen)
        # For each request, the server lists the folder of the services that it knows.
        patch.setattr("moto.backends.list_of_moto_modules", functools.cache(lambda: frozenset(list_of_moto_modules())))
        # Nothing here is asked by another site's page.
        patch.setattr("moto.moto_server.werkzeug_app.DISABLE_GLOBAL_CORS", True)
        # The server copies each object of a bucket, bytes and all, whenever it lists the versions, and keeps all copies to
        # the end for a `reset` that nobody asks for: gigabytes. Here a copy is shallow, and nothing is kept but in its bucket.
        patch.setattr(BaseModel, "__new__", _untracked)
        patch.setattr(FakeKey, "__deepcopy__", _shallow, raising=False)
        # Its bytes stay in memory, so there is no file that anybody would have to close.
        patch.setattr("moto.s3.models.tempfile", SimpleNamespace(SpooledTemporaryFile=_in_memory))
        patch.delattr(FakeKey, "__del__")
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def aws_env(monkeypatch: pytest.MonkeyPatch, s3_endpoint: str) -> str:
    """Point the AWS variables of this test at the server, and away from the machine's own settings; the URL."""
    for name in AMBIENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PLUGIN_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "plugin-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return s3_endpoint


@pytest.fixture(scope="session")
def raw_s3(s3_endpoint: str) -> Iterator[S3Client]:
    """Make one plain client for the whole run, to look at the server past the plugin."""
    session = boto3.session.Session("someone", "else", region_name=REGION)
    client = session.client("s3", endpoint_url=s3_endpoint, config=Config(s3={"addressing_style": "path"}))
    yield client
    client.close()


@pytest.fixture
def bucket(aws_env: str, raw_s3: S3Client) -> str:
    """Make an empty bucket with versioning; its name."""
    name = f"photos-{uuid.uuid4().hex[:12]}"
    raw_s3.create_bucket(Bucket=name)
    raw_s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name
