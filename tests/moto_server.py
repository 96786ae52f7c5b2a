"""Fixtures: S3 and SQS over real HTTP, by moto's server in this process, and a fresh bucket for each test."""

from __future__ import annotations

import functools
import logging
import os
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import botocore.session
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

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


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Serve S3 and SQS for the whole run; the URL."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        # Nearly every test makes clients: let them share what botocore parses of its own files, half of their cost.
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
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
