"""Fixtures: S3 and SQS over real HTTP, by moto's server in this process, and a fresh bucket for each test."""

from __future__ import annotations

import functools
import io
import logging
import os
import threading
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import boto3
import botocore.compat
import botocore.hooks
import botocore.regions
import botocore.session
import pytest
from botocore.client import ClientCreator
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser, NodeList, _PrefixTrie
from moto.backends import list_of_moto_modules
from moto.core.common_models import BaseModel
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.s3.models import FakeKey
from moto.server import ThreadedMotoServer

from dam_plugin.library import clients

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


_SESSIONS: dict[tuple[tuple[str, str], ...], boto3.session.Session] = {}
_ONE_AT_A_TIME = threading.Lock()
_new_session = clients._session


def _session_of_environment() -> boto3.session.Session:
    environment = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))
    with _ONE_AT_A_TIME:
        if environment not in _SESSIONS:
            _SESSIONS[environment] = _new_session()
        return _SESSIONS[environment]


_MODELS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
_CLASSES: WeakKeyDictionary[Any, dict[str, type]] = WeakKeyDictionary()
_PROVIDERS: dict[int, tuple[Any, EndpointProvider]] = {}
_ALIASES: dict[str, str] = {}
_new_alias = EventAliaser._alias_event_name
_new_model = ClientCreator._load_service_model
_new_class = ClientCreator._create_client_class


def _model_of_session(self: ClientCreator, service_name: str, api_version: Any) -> Any:
    models = _MODELS.setdefault(self._event_emitter, {})
    if service_name not in models:
        models[service_name] = _new_model(self, service_name, api_version)
    return models[service_name]


def _class_of_session(self: ClientCreator, service_name: str, service_model: Any) -> type:
    # What listens to a session has a say in the class.
    classes = _CLASSES.setdefault(self._event_emitter, {})
    if service_name not in classes:
        classes[service_name] = _new_class(self, service_name, service_model)
    return classes[service_name]


def _provider_of_rules(ruleset_data: Any, **more: Any) -> EndpointProvider:
    # The rules are kept with what was made of them, so that no others are ever at their place in memory.
    if id(ruleset_data) not in _PROVIDERS:
        _PROVIDERS[id(ruleset_data)] = (ruleset_data, EndpointProvider(ruleset_data=ruleset_data, **more))
    return _PROVIDERS[id(ruleset_data)][1]


def _acceptance_of_function(given: Any) -> bool:
    # A method of each client is a new object; its function is always the same one.
    return _takes_any_keyword(getattr(given, "__func__", given))


@functools.cache
def _takes_any_keyword(function: Any) -> bool:
    return botocore.compat.accepts_kwargs(function)  # type: ignore[no-any-return]


def _alias_of_run(self: EventAliaser, event_name: str) -> str:
    if event_name not in _ALIASES:
        _ALIASES[event_name] = _new_alias(self, event_name)
    return _ALIASES[event_name]


def _copied_structure(_: Any, node: dict[str, Any]) -> dict[str, Any]:
    # As botocore's own, but without asking module `copy` how a list is copied: three of them for each of 100 events.
    return {
        key: _copied_structure(_, value)
        if isinstance(value, dict)
        else NodeList(*map(list, value))
        if isinstance(value, NodeList)
        else value
        for key, value in node.items()
    }


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
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        # Nearly every test makes clients: let them share what botocore parses of its own files, and those of one
        # environment their session, what it knows of a service and the rules of its endpoints: most of their cost.
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        patch.setattr(clients, "_session", _session_of_environment)
        patch.setattr(ClientCreator, "_load_service_model", _model_of_session)
        patch.setattr(ClientCreator, "_create_client_class", _class_of_session)
        patch.setattr(botocore.regions, "EndpointProvider", _provider_of_rules)
        patch.setattr(botocore.hooks, "accepts_kwargs", _acceptance_of_function)
        patch.setattr(EventAliaser, "_alias_event_name", _alias_of_run)
        patch.setattr(_PrefixTrie, "_recursive_copy", _copied_structure)
        # As at other servers, a connection is for many requests. Each new one would take a thread.
        patch.setattr(MotoRequestHandler, "protocol_version", "HTTP/1.1")
        patch.setattr(MotoRequestHandler, "disable_nagle_algorithm", True)
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
