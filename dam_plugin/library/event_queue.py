"""The queue of the bucket's events: receive, acknowledge, try again later, keep hidden during work; and its dead letters.

A message that can never be handled goes into the dead-letter queue with the reason. Where that fails, SQS itself moves what
fails too often (`setup.prepare`). `dam_hooks.s3_events` reads the contents of messages.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from dam_plugin.errors import SettingsError, StorageError
from dam_plugin.library.clients import LONGEST_POLL_SECONDS, READ_SECONDS, sqs_client
from dam_plugin.library.storage_errors import code_of, host_of, told

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, MessageTypeDef

KEEP_SECONDS = 120
# For how long others do not see a dead message that is looked at.
LOOK_SECONDS = 30
LONGEST_REASON = 200
# The attribute of a dead message that holds the reason.
REASON = "dam-reason"
NO_DEAD_LETTERS = "the queue has no dead-letter queue: run `dam-plugin init`"

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
    """One receipt of a message: `receive_count` is 1 the first time, `receipt` is valid for this receipt alone.

    `sent_at`: when it came into the queue; null where the server does not say.
    """

    id: str
    body: str
    receipt: str
    receive_count: int
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message that was given up: why, and when. The reason names no file; null: SQS gave it up itself.

    `since` is null where the server does not say.
    """

    id: str
    body: str
    reason: str | None
    since: datetime | None


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
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
            return [
                Message(
                    sent["MessageId"],
                    sent["Body"],
                    sent["ReceiptHandle"],
                    int(sent["Attributes"]["ApproximateReceiveCount"]),
                    _sent_at(sent),
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

    def bury(self, message: Message, reason: str) -> None:
        """Put a message into the dead-letter queue with the reason, and take it off this one: kept twice rather than lost."""
        said: MessageAttributeValueTypeDef = {"DataType": "String", "StringValue": reason[:LONGEST_REASON]}
        with self._told():
            self._client.send_message(
                QueueUrl=self._need_dead(), MessageBody=message.body, MessageAttributes={REASON: said}
            )
        self.ack(message)

    def dead(self, most: int) -> list[DeadMessage]:
        """Return at most `most` dead messages; each stays where it is, and others see it again after this call."""
        url = self._need_dead()
        found: dict[str, MessageTypeDef] = {}
        while len(found) < most and (received := self._receive_dead(url, min(10, most - len(found)))):
            found.update({sent["MessageId"]: sent for sent in received})
        for sent in found.values():
            with self._told(), _unless_gone():
                self._client.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=sent["ReceiptHandle"], VisibilityTimeout=0
                )
        return [_dead_message(sent) for sent in found.values()]

    def redrive(self, most: int) -> int:
        """Put at most `most` dead messages back into this queue, to be handled anew; return how many."""
        url, moved = self._need_dead(), 0
        while moved < most and (received := self._receive_dead(url, min(10, most - moved))):
            for sent in received:
                with self._told(), _unless_gone():
                    self._client.send_message(QueueUrl=self.url, MessageBody=sent["Body"])
                    self._client.delete_message(QueueUrl=url, ReceiptHandle=sent["ReceiptHandle"])
                moved += 1
        return moved

    def _receive_dead(self, url: str, most: int) -> list[MessageTypeDef]:
        with self._told():
            answer = self._client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=most,
                VisibilityTimeout=LOOK_SECONDS,
                MessageAttributeNames=[REASON],
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        return answer.get("Messages", [])

    def counts(self) -> Counts:
        """Return how many messages wait (delayed ones too), are in work, and are dead."""
        waiting = self._attributes(self.url)
        url = self._dead_url(waiting)
        dead = None if url is None else _waiting(self._attributes(url))
        return Counts(_waiting(waiting), int(waiting["ApproximateNumberOfMessagesNotVisible"]), dead)

    def _need_dead(self) -> str:
        url = self._dead_url(self._attributes(self.url))
        if url is None:
            raise SettingsError(NO_DEAD_LETTERS)
        return url

    def _dead_url(self, attributes: dict[QueueAttributeNameType, str]) -> str | None:
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        if "deadLetterTargetArn" not in policy:
            return None
        account, name = policy["deadLetterTargetArn"].split(":")[-2:]
        with self._told():
            return self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]

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


def _dead_message(sent: MessageTypeDef) -> DeadMessage:
    said = sent.get("MessageAttributes", {})
    reason = said[REASON].get("StringValue") if REASON in said else None
    return DeadMessage(sent["MessageId"], sent["Body"], reason, _sent_at(sent))


def _sent_at(sent: MessageTypeDef) -> datetime | None:
    milliseconds = sent["Attributes"].get("SentTimestamp")
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None


def _waiting(attributes: dict[QueueAttributeNameType, str]) -> int:
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesDelayed"])
