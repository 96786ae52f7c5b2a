"""S3's notifications from a queue: `parse` reads a message, `Worker` takes its events to the hooks of a host.

Events come at least once and in any order. Keys are never logged, since a file name may be a student's. Source: Amazon S3
User Guide, "Event message structure".
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import unquote_plus

from dam_hooks.plugin import Manager
from dam_plugin.errors import InputError, SettingsError
from dam_plugin.library.event_queue import Message, Queue
from dam_plugin.library.object_keys import MOST_KEY_BYTES, is_ours
from dam_plugin.model import AssetEvent

MOST_BODY_CHARACTERS = 1024 * 1024
MOST_RECORDS = 100
LONGEST_WORD = 1024
LARGEST_OBJECT = 50 * 1024**4
SOURCES = frozenset({"aws:s3", "ceph:s3"})

POLL_SECONDS = 10
EMPTYING_POLL_SECONDS = 1
# Seconds before the next try, by how often a message was received: an outage of some minutes kills no message.
RETRY_SECONDS = (5, 30, 120, 300)
EMPTYING_RETRY_SECONDS = (1, 1, 2, 2)

_EVENT = re.compile(r"(?:s3:)?Object(Created|Removed):[A-Za-z]{1,64}")
_HEX = re.compile(r"[0-9A-Fa-f]{1,64}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class S3Event:
    """One object was stored or removed. None: the server did not say, and the bucket is asked what is newest."""

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None
    size: int | None = None
    sequencer: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a run: events handled, events ignored (of our own objects), attempts failed, and messages now dead."""

    handled: int = 0
    ignored: int = 0
    failed: int = 0
    dead: int = 0

    def __add__(self, other: Summary) -> Summary:
        """Sum up, but for `dead`, which is a state and not a count of this run."""
        return Summary(
            self.handled + other.handled, self.ignored + other.ignored, self.failed + other.failed, other.dead
        )


def parse(body: str) -> list[S3Event]:
    """Return the events of one message, also when SNS passed it on; none for the test event that S3 sends first.

    Raises InputError, which never quotes the message, for anything else.
    """
    content = _object(body)
    if content.get("Type") == "Notification" and "Records" not in content:
        content = _object(content.get("Message"))
    if content.get("Event") == "s3:TestEvent":
        return []
    records = content.get("Records")
    if not isinstance(records, list) or not 0 < len(records) <= MOST_RECORDS:
        raise InputError(f"a message of the queue is no S3 notification: it has no list of 1 to {MOST_RECORDS} Records")
    return [_event(record) for record in records]


def announcing(manager: Manager) -> Callable[[S3Event], None]:
    """Return a handler that calls the hooks of a host for an event."""

    def announce(event: S3Event) -> None:
        told = AssetEvent(event.key, event.version_id, event.etag, event.sequencer)
        if event.kind == "removed":
            manager.hook.asset_deleted(event=told)
        else:
            manager.hook.asset_uploaded(event=told)

    return announce


class Worker:
    """Takes the events of one bucket from a queue to a handler. The handler may get an event twice."""

    def __init__(self, queue: Queue, handle: Callable[[S3Event], None], bucket: str) -> None:
        """Take the queue, the handler and the bucket; nothing starts yet."""
        self._queue = queue
        self._handle = handle
        self._bucket = bucket

    def run(self, *, until_empty: bool, stop: Callable[[], bool] = lambda: False) -> Summary:
        """Handle messages until `stop()` says so, or until none waits and none is in work.

        A message is acknowledged once the handler took every event of it; one that fails comes again, and after its
        fifth receive it is dead. Raises SettingsError when the queue has no dead-letter queue, and the queue's errors.
        """
        if self._queue.counts().dead is None:
            raise SettingsError("the queue has no dead-letter queue: run `dam-plugin init`")
        wait, delays = (EMPTYING_POLL_SECONDS, EMPTYING_RETRY_SECONDS) if until_empty else (POLL_SECONDS, RETRY_SECONDS)
        total = Summary()
        while not stop():
            # One at a time: the others of a batch would lose their time, and a receive, while the first is handled.
            messages = self._queue.receive(wait, 1)
            for message in messages:
                total += self._take(message, delays)
            if not messages and until_empty and self._is_empty():
                break
        return replace(total, dead=self._queue.counts().dead or 0)

    def _take(self, message: Message, delays: tuple[int, ...]) -> Summary:
        try:
            with self._queue.working(message):
                done = self._handle_all(message)
        except Exception as error:  # noqa: BLE001 - whatever failed, the message stays and the asset stays on hold
            log.warning("message %s failed on receive %d: %s", message.id, message.receive_count, type(error).__name__)
            spent = message.receive_count > len(delays)
            self._queue.retry(message, 0 if spent else delays[message.receive_count - 1])
            return Summary(failed=1)
        self._queue.ack(message)
        return done

    def _handle_all(self, message: Message) -> Summary:
        events = parse(message.body)
        if any(event.bucket != self._bucket for event in events):
            raise InputError("a message of the queue is about another bucket: let each bucket have its own queue")
        ours = [event for event in events if not is_ours(event.key)]
        for event in ours:
            self._handle(event)
        return Summary(handled=len(ours), ignored=len(events) - len(ours))

    def _is_empty(self) -> bool:
        counts = self._queue.counts()
        return counts.visible == 0 and counts.in_flight == 0


def _object(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > MOST_BODY_CHARACTERS:
        raise InputError(f"a message of the queue is no text of at most {MOST_BODY_CHARACTERS} characters")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("a message of the queue is no JSON") from None
    if not isinstance(content, dict):
        raise InputError("a message of the queue is no JSON object")
    return content


def _event(record: object) -> S3Event:
    fields = _part(record, "Records")
    if fields.get("eventSource") not in SOURCES:
        raise InputError("a record of the queue does not come from S3: its eventSource is another")
    name = _EVENT.fullmatch(_word(fields, "eventName") or "")
    if name is None:
        raise InputError("a record of the queue is neither ObjectCreated nor ObjectRemoved: change the notification")
    s3 = _part(fields.get("s3"), "s3")
    stored = _part(s3.get("object"), "object")
    bucket = _word(_part(s3.get("bucket"), "bucket"), "name")
    if bucket is None:
        raise InputError("a record of the queue has no bucket")
    sequencer = _word(stored, "sequencer")
    if sequencer is not None and not _HEX.fullmatch(sequencer):
        raise InputError("the sequencer of a record of the queue is no hexadecimal number")
    etag = _word(stored, "eTag")
    return S3Event(
        kind="created" if name[1] == "Created" else "removed",
        bucket=bucket,
        key=_key(stored),
        version_id=_word(stored, "versionId"),
        etag=etag.strip('"') if etag else None,
        size=_size(stored),
        sequencer=sequencer,
    )


def _part(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"a record of the queue is no S3 event: {name} is no object")
    return value


def _word(fields: dict[str, Any], name: str) -> str | None:
    """Return a text of reasonable length; None when it is absent or empty."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_WORD or not value.isprintable():
        raise InputError(f"the {name} of a record of the queue is no text of 1 to {LONGEST_WORD} characters")
    return value


def _key(stored: dict[str, Any]) -> str:
    """Decode the key: form encoding, a space is `+`."""
    encoded = stored.get("key")
    if isinstance(encoded, str) and 0 < len(encoded) <= 3 * MOST_KEY_BYTES:
        try:
            key = unquote_plus(encoded, errors="strict")
            if len(key.encode()) <= MOST_KEY_BYTES:
                return key
        except UnicodeError:
            pass
    raise InputError(f"the key of a record of the queue is no encoded text of 1 to {MOST_KEY_BYTES} bytes")


def _size(stored: dict[str, Any]) -> int | None:
    size = stored.get("size")
    if size is None:
        return None
    if type(size) is not int or not 0 <= size <= LARGEST_OBJECT:
        raise InputError("the size of a record of the queue is no number of bytes")
    return size
