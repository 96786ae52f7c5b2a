"""boto3 clients as the plugin needs them: bounded in time, few retries, path-style at a custom endpoint.

Settings are boto3's usual ones: AWS_ENDPOINT_URL, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, profiles, roles.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from dam_plugin.errors import SettingsError
from dam_plugin.library.storage_errors import told
from dam_plugin.telemetry.spans import count_request

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECT_SECONDS = 4
READ_SECONDS = 20.0
ATTEMPTS = 3
LONGEST_POLL_SECONDS = 20


def s3_client(
    *,
    keys: tuple[str, str] | None = None,
    profile: str | None = None,
    read_seconds: float = READ_SECONDS,
    beside: S3Client | None = None,
) -> S3Client:
    """Return an S3 client with the environment's credentials, with `keys` (access key, secret), or with a profile's.

    `beside`: another client of the same environment, which knows already whose endpoint it is. Raises SettingsError when
    an AWS setting is malformed, or there is no such profile.
    """
    # Version 4 is named because boto3 would sign URLs by version 2 at a custom endpoint.
    return _s3_client(_config(read_seconds).merge(Config(signature_version="s3v4")), keys, beside, profile)


def anonymous_s3_client() -> S3Client:
    """Return an S3 client without credentials. Raises SettingsError when an AWS setting is malformed."""
    return _s3_client(_config(READ_SECONDS).merge(Config(signature_version=UNSIGNED)), None)


def _s3_client(
    config: Config, keys: tuple[str, str] | None, beside: S3Client | None = None, profile: str | None = None
) -> S3Client:
    access_key, secret = keys or (None, None)
    by_path = config.merge(Config(s3={"addressing_style": "path"}))
    with _well_set("the bucket"):
        session = _session() if profile is None else _session_of(profile)
        session.events.register("before-send.s3", count_request, unique_id="requests of the work at hand")
        if beside is None or is_amazon(beside.meta.endpoint_url):
            client = session.client("s3", config=config, aws_access_key_id=access_key, aws_secret_access_key=secret)
            # At other endpoints botocore addresses by path too, unless the user's own AWS settings say otherwise.
            style = (getattr(client.meta.config, "s3", None) or {}).get("addressing_style")
            if is_amazon(client.meta.endpoint_url) or style != "virtual":
                return client
            client.close()
        return session.client("s3", config=by_path, aws_access_key_id=access_key, aws_secret_access_key=secret)


def sqs_client(*, read_seconds: float = READ_SECONDS) -> SQSClient:
    """Return an SQS client that also outlasts a long poll. Raises SettingsError when an AWS setting is malformed."""
    with _well_set("the queue"):
        return _session().client("sqs", config=_config(read_seconds + LONGEST_POLL_SECONDS))


def _session_of(profile: str) -> boto3.session.Session:
    """Return a session of a profile, which takes precedence over the credentials in the environment."""
    core = botocore.session.Session(profile=profile)
    if profile not in core.available_profiles:
        raise SettingsError(f"no AWS profile is called {profile!r}: `aws configure list-profiles` shows those that are")
    return boto3.session.Session(botocore_session=core)


def _session() -> boto3.session.Session:
    """Return a session of the current environment. AWS's large descriptions of its services are read only once."""
    core = botocore.session.get_session()
    loader = _loader(core.get_config_variable("data_path"))
    core.register_component("data_loader", loader)
    session = boto3.session.Session(botocore_session=core)
    # Each session adds its folder once more.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
    return session


@lru_cache(maxsize=4)
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)


@contextmanager
def _well_set(subject: str) -> Iterator[None]:
    try:
        with told(subject, "AWS"):
            yield
    except ValueError:
        raise SettingsError("AWS_ENDPOINT_URL is not a URL such as https://s3.example.org: correct it") from None


def _config(read_seconds: float) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        # Servers other than Amazon's refuse the trailing checksums that boto3 adds; the signature covers the body.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def is_amazon(endpoint_url: str) -> bool:
    """Whether an endpoint is Amazon's own."""
    return (urlsplit(endpoint_url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
