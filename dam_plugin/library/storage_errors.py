"""Botocore's errors as ours: one sentence that names the bucket or the host, and the remedy.

INVARIANT: no botocore error leaves the package, not even as the cause of ours: its text holds the URL, and so a file
name, which may be a student's. Codes: the S3 and SQS API references, "Error responses".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from botocore import exceptions as boto

from dam_plugin.errors import AssetMissing, DamPluginError, SettingsError, StorageError, StorageUnreachable

log = logging.getLogger(__name__)
T = TypeVar("T")

_CODE = re.compile(r"[A-Za-z0-9.]{1,64}")


class BucketMissing(AssetMissing):
    """The bucket itself is missing: says nothing about the object asked for."""


class ObjectChanged(StorageError):
    """The object is not the one that was asked for any more: it was replaced meanwhile."""


class Refused(StorageError):
    """The plugin's role may not do this; a HEAD's answer alone does not say whether its credentials are known."""


# Codes of an answer, the error they become, and its sentence; bare numbers are what a HEAD answers with.
ANSWERS: tuple[tuple[frozenset[str], type[DamPluginError], str], ...] = (
    (
        frozenset({"NoSuchBucket"}),
        BucketMissing,
        "{subject} does not exist: check its name, or run `dam-plugin init`",
    ),
    (
        frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}),
        StorageError,
        "{subject} does not exist: run `dam-plugin init`",
    ),
    (
        frozenset({"404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion", "NotFound"}),
        AssetMissing,
        "{subject} has no such object or version",
    ),
    (
        frozenset({"412", "PreconditionFailed"}),
        ObjectChanged,
        "the object in {subject} changed meanwhile: read it again",
    ),
    (
        frozenset(
            {
                "AuthFailure",
                "ExpiredToken",
                "ExpiredTokenException",
                "IncompleteSignature",
                "InvalidAccessKeyId",
                "InvalidClientTokenId",
                "InvalidToken",
                "RequestTimeTooSkewed",
                "SignatureDoesNotMatch",
                "UnrecognizedClientException",
            }
        ),
        StorageUnreachable,
        "the object storage does not accept the credentials ({code}): check the AWS_ settings and the machine's clock",
    ),
    (
        frozenset({"403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled"}),
        Refused,
        "{subject} refuses this to the plugin's role ({code}): check the role and the bucket's policy",
    ),
    (
        frozenset({"301", "AuthorizationHeaderMalformed", "PermanentRedirect"}),
        StorageError,
        "{subject} lies in another region ({code}): set AWS_DEFAULT_REGION to it",
    ),
    (
        frozenset({"507", "InsufficientStorage", "XMinioStorageFull"}),
        StorageError,
        "the object storage has no space left for {subject} ({code}): free some space and try again",
    ),
    (
        frozenset({"500", "502", "503", "504", "InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}),
        StorageUnreachable,
        "the object storage cannot answer for {subject} just now ({code}): try again later, or check AWS_ENDPOINT_URL",
    ),
)


def one_of_many(act: Callable[[], T]) -> T | None:
    """Return the result of `act` on one object of many; None if the storage refuses it, so that the others have their turn.

    Raises StorageUnreachable: then the others would fail too.
    """
    try:
        return act()
    except StorageUnreachable:
        raise
    except StorageError as error:
        log.warning("an object could not be tagged and stays as it is: %s", error)
        return None


def host_of(endpoint_url: str) -> str:
    """Return host and port of an endpoint, without the user and password that its URL may hold."""
    parts = urlsplit(endpoint_url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def code_of(error: boto.ClientError) -> str:
    """Return the service's error code, `unknown` when it is not one word."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else "unknown"


@contextmanager
def told(subject: str, host: str) -> Iterator[None]:
    """Turn botocore's errors inside the block into ours; `subject` is `bucket NAME` or `queue NAME`."""
    try:
        yield
    except boto.ClientError as error:
        raise _answered(code_of(error), subject) from None
    except boto.BotoCoreError as error:
        raise _unanswered(error, host) from None
    except KeyError as error:
        raise StorageError(f"{host} answers, but not as AWS does: its answer lacks {error}") from error


def _answered(code: str, subject: str) -> DamPluginError:
    for codes, error, sentence in ANSWERS:
        if code in codes:
            return error(sentence.format(subject=subject, code=code))
    return StorageError(f"the object storage refused a request for {subject} ({code})")


def _unanswered(error: boto.BotoCoreError, host: str) -> DamPluginError:
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError() | boto.CredentialRetrievalError():
            return StorageUnreachable("no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        case boto.NoRegionError():
            return SettingsError("AWS_DEFAULT_REGION is not set: set it to the bucket's region")
        case boto.SSLError():
            return StorageUnreachable(f"the certificate of {host} is not accepted: check AWS_CA_BUNDLE")
        case boto.HTTPClientError() | boto.ConnectionError() | boto.IncompleteReadError():
            return StorageUnreachable(f"{host} does not answer: check AWS_ENDPOINT_URL and the network")
        case _:
            return StorageError(f"a request to {host} failed ({type(error).__name__}): check AWS_ENDPOINT_URL")
