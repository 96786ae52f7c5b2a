"""The queue of the bucket's events: receive, acknowledge, try again later, keep hidden during work.

SQS itself moves a message that fails too often to the dead-letter queue (`setup.prepare`). `dam_hooks.s3_events` reads
the contents of messages.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from dam_plugin.errors import SettingsError, StorageError
from dam_plugin.library.clients import LONGEST_POLL_SECONDS, READ_SECONDS, sqs_client
from dam_plugin.library.storage_errors import code_of, host_of, told

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

KEEP_SECONDS = 120

_GONE = frozenset({"InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid"})
_COUNTED: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "RedrivePolicy",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One receipt of a message: `receive_count` is 1 the first time, `receipt` is valid for this receipt alone."""

    id: str
    body: str
    receipt: str
    receive_count: int


class Counts(NamedTuple):
    """Messages by state, as SQS approximates them; `dead` is None when there is no dead-letter queue."""

    visible: int
    in_flight: int
    dead: int | None


class Queue:
    """One SQS queue. Every method may raise StorageUnreachable and StorageError."""

    def __init__(self, url: str, client: SQSClient) -> None:
        """Take a client as `connect` makes it."""
        self.url = url
        self._client = client

    @classmethod
    def connect(cls, queue_url: str, *, read_seconds: float = READ_SECONDS) -> Self:
        """Return the queue at a URL; asks the server nothing yet. Raises SettingsError when it is not a queue's URL."""
        parts = urlsplit(queue_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/"):
            raise SettingsError("DAM_PLUGIN_QUEUE_URL is not a queue's URL: `dam-plugin init` shows it")
        return cls(queue_url, sqs_client(read_seconds=read_seconds))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the queue cannot be used afterwards."""
        self._client.close()

    def receive(self, wait_seconds: int, most: int = 10) -> list[Message]:
        """Wait up to `wait_seconds` (0 to 20) for messages and return at most `most` (1 to 10) of them."""
        with self._told():
            answer = self._client.receive_message(
                QueueUrl=self.url,
                WaitTimeSeconds=max(0, min(wait_seconds, LONGEST_POLL_SECONDS)),
                MaxNumberOfMessages=most,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            return [
                Message(
                    sent["MessageId"],
                    sent["Body"],
                    sent["ReceiptHandle"],
                    int(sent["Attributes"]["ApproximateReceiveCount"]),
                )
                for sent in answer.get("Messages", [])
            ]

    def ack(self, message: Message) -> None:
        """Take a message off the queue for good; nothing happens when it is off already."""
        with self._told(), _unless_gone():
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def retry(self, message: Message, delay_seconds: int) -> None:
        """Make a message visible again after a delay."""
        self.extend(message, delay_seconds)

    def extend(self, message: Message, seconds: int) -> None:
        """Hide a message from other receivers for `seconds` from now; nothing happens when it is no longer ours."""
        with self._told(), _unless_gone():
            self._client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )

    @contextmanager
    def working(self, message: Message, seconds: int = KEEP_SECONDS) -> Iterator[None]:
        """Keep a message hidden while the block runs: for `seconds` from now, renewed each third of them."""
        self.extend(message, seconds)
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(message, seconds, done), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def counts(self) -> Counts:
        """Return how many messages wait (delayed ones too), are in work, and are dead."""
        waiting = self._attributes(self.url)
        return Counts(_waiting(waiting), int(waiting["ApproximateNumberOfMessagesNotVisible"]), self._dead(waiting))

    def _dead(self, attributes: dict[QueueAttributeNameType, str]) -> int | None:
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        if "deadLetterTargetArn" not in policy:
            return None
        account, name = policy["deadLetterTargetArn"].split(":")[-2:]
        with self._told():
            url = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        return _waiting(self._attributes(url))

    def _attributes(self, url: str) -> dict[QueueAttributeNameType, str]:
        with self._told():
            return self._client.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTED)["Attributes"]

    def _keep(self, message: Message, seconds: int, done: threading.Event) -> None:
        while not done.wait(seconds / 3):
            try:
                self.extend(message, seconds)
            except StorageError as error:
                # The work goes on: at worst the message comes twice, which handling bears.
                log.warning("message %s could not be kept: %s", message.id, error)

    def _told(self) -> AbstractContextManager[None]:
        name = urlsplit(self.url).path.rsplit("/", 1)[-1]
        return told(f"queue {name}", host_of(self._client.meta.endpoint_url))


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Pass over a receipt that no longer counts: the message was acknowledged, or another receiver has it now."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise


def _waiting(attributes: dict[QueueAttributeNameType, str]) -> int:
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesDelayed"])
