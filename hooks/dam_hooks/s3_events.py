"""S3's notifications from a queue: `parse` reads a message, `Worker` takes its events to the hooks of a host.

Events come at least once and in any order. Keys are never logged, since a file name may be a student's. Source: Amazon S3
User Guide, "Event message structure".
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote_plus

from dam_hooks.plugin import Manager
from dam_plugin.errors import InputError, OtherSchema, SettingsError, StorageError, StorageUnreachable, StoreError
from dam_plugin.library.event_queue import NO_DEAD_LETTERS, Message, Queue
from dam_plugin.library.object_keys import MOST_KEY_BYTES, is_ours
from dam_plugin.model import AssetEvent
from dam_plugin.services import Services
from dam_plugin.settings import EventMode
from dam_plugin.telemetry.outage import Outage
from dam_plugin.telemetry.spans import bound

MOST_BODY_CHARACTERS = 1024 * 1024
MOST_RECORDS = 100
LONGEST_WORD = 1024
LARGEST_OBJECT = 50 * 1024**4
SOURCES = frozenset({"aws:s3", "ceph:s3", "minio:s3"})
# The source and the kinds of what EventBridge passes on.
BRIDGED = "aws.s3"
_BRIDGED: Mapping[str, Literal["created", "removed"]] = {"Object Created": "created", "Object Deleted": "removed"}

# How many messages SQS gives at a time, at most.
MOST_RECEIVED = 10
POLL_SECONDS = 10
# For how long a worker with its hands full waits before it looks again whether it is to stop.
MOMENT_SECONDS = 1
EMPTYING_POLL_SECONDS = 1
# Seconds before the next try, by how often a message was received: an outage of some minutes kills no message.
RETRY_SECONDS = (5, 30, 120, 300)
EMPTYING_RETRY_SECONDS = (1, 1, 2, 2)
NOTED_EVERY_SECONDS = 60.0
# For how long nothing is taken once storage, database or queue do not answer: twice as long each time, up to the longest.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0

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
    """Return the events of one message, also when SNS or EventBridge passed it on; none for S3's first, a test.

    Raises InputError, which never quotes the message, for anything else.
    """
    content = _object(body)
    if content.get("Type") == "Notification" and "Records" not in content:
        content = _object(content.get("Message"))
    if content.get("Event") == "s3:TestEvent":
        return []
    if content.get("source") == BRIDGED:
        return [_bridged(content)]
    records = content.get("Records")
    if not isinstance(records, list) or not 0 < len(records) <= MOST_RECORDS:
        raise InputError(f"a message of the queue is no S3 notification: it has no list of 1 to {MOST_RECORDS} Records")
    return [_event(record) for record in records]


def of_bucket(body: str, bucket: str) -> list[S3Event]:
    """Return the events of a message. Raises InputError for what is none of this bucket's notifications."""
    events = parse(body)
    if any(event.bucket != bucket for event in events):
        raise InputError("a message is about another bucket: let each bucket have its own queue, or its own address")
    return events


class Hearing:
    """Notes that the bucket's events come, so that `doctor` can tell when they have stopped: once a minute for a process."""

    def __init__(self, services: Services, source: EventMode) -> None:
        """Note for one way on which they come; nothing is noted yet."""
        self._services = services
        self._source = source
        self._noted_at: float | None = None

    def note(self) -> None:
        """Note that one came just now. Raises StoreError."""
        now = time.monotonic()
        if self._noted_at is None or now - self._noted_at >= NOTED_EVERY_SECONDS:
            with self._services.store.writing() as unit:
                unit.news.hear(self._source, self._services.now())
            self._noted_at = now


def announcing(manager: Manager) -> Callable[[S3Event], None]:
    """Return a handler that calls the hooks of a host for an event."""

    def announce(event: S3Event) -> None:
        told = AssetEvent(event.key, event.version_id, event.etag, event.sequencer, event.size)
        if event.kind == "removed":
            manager.hook.asset_deleted(event=told)
        else:
            manager.hook.asset_uploaded(event=told)

    return announce


def nobody_told(_: Iterable[datetime]) -> None:
    """Tell nobody."""


class _Pause:
    """The time for which nothing is taken while something does not answer, longer each time it is tried in vain."""

    def __init__(self, what_follows: str) -> None:
        self._outage = Outage(log, what_follows)
        self._guard = threading.Lock()
        self._seconds = 0.0
        self._until = 0.0

    def begin(self, error: Exception) -> None:
        """Take that something failed; what failed at the same time makes it no longer."""
        self._outage.met(str(error))
        with self._guard:
            if time.monotonic() >= self._until:
                self._seconds = min(max(2 * self._seconds, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
                self._until = time.monotonic() + self._seconds

    def end(self) -> None:
        """Take that something succeeded."""
        self._outage.over()
        with self._guard:
            self._seconds = self._until = 0.0

    def left(self) -> float:
        """Return the seconds that it lasts still."""
        return max(0.0, self._until - time.monotonic())

    def is_trial(self) -> bool:
        """Whether nothing has succeeded since: one message shows whether it goes on."""
        return self._outage.lasts()


class Worker:
    """Takes the events of one bucket from a queue to a handler. The handler may get an event twice.

    `at_once`: how many messages are in work at a time, each in a thread of its own. `tell` hears again and again when the
    messages that came, or are in work, were sent.
    """

    def __init__(
        self,
        queue: Queue,
        handle: Callable[[S3Event], None],
        bucket: str,
        *,
        at_once: int = 1,
        tell: Callable[[Iterable[datetime]], None] = nobody_told,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the queue, the handler and the bucket, and who hears of each message; nothing starts yet."""
        self._queue = queue
        self._handle = handle
        self._bucket = bucket
        self._at_once = at_once
        self._heard = heard
        self._tell = tell
        self._no_queue = _Pause("the queue is asked again")
        self._no_work = _Pause("messages wait, and are tried again")

    def run(self, *, until_empty: bool, stop: Callable[[], bool] = lambda: False) -> Summary:
        """Handle messages until `stop()` says so, or until none waits and none is in work; what is in work is finished.

        A message is acknowledged once the handler took every event of it; one that fails comes again, and after its
        fifth receive it is dead. While storage, database or queue do not answer, it waits until they do. Raises SettingsError
        when the queue has no dead-letter queue, and the queue's errors: at the beginning, and until empty at any time.
        """
        if self._queue.counts().dead is None:
            raise SettingsError(NO_DEAD_LETTERS)
        poll, delays = (EMPTYING_POLL_SECONDS, EMPTYING_RETRY_SECONDS) if until_empty else (POLL_SECONDS, RETRY_SECONDS)
        total, in_work = Summary(), dict[Future[Summary], Message]()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="event") as pool:
            while not stop():
                messages = self._received(0 if in_work else poll, len(in_work), ends=until_empty)
                in_work |= {pool.submit(self._take, each, delays): each for each in messages}
                self._tell(each.sent_at for each in in_work.values() if each.sent_at is not None)
                if not in_work and until_empty and self._is_empty():
                    break
                done = wait(in_work, 0 if messages else MOMENT_SECONDS, return_when=FIRST_COMPLETED).done
                total = sum((each.result() for each in done), total)
                in_work = {each: message for each, message in in_work.items() if each not in done}
        total = sum((each.result() for each in in_work), total)
        return replace(total, dead=self._dead(ends=until_empty))

    def _received(self, poll: int, in_work: int, *, ends: bool) -> list[Message]:
        """Return messages, no more than can be handled at once: the others would lose their time, and a receive.

        Where storage, database or queue did not answer, none for a while, and then one that shows whether they do. A run
        that ends by itself does not wait for the queue (`ends`).
        """
        pause = max(self._no_queue.left(), self._no_work.left())
        if pause and not ends:
            # Whoever waits longer does not hear that it is to stop.
            time.sleep(min(pause, MOMENT_SECONDS))
            return []
        at_once = 1 if self._no_work.is_trial() and not ends else self._at_once
        free = min(at_once - in_work, MOST_RECEIVED)
        if free <= 0:
            return []
        try:
            messages = self._queue.receive(poll, free)
        except StorageError as error:
            if ends:
                raise
            self._no_queue.begin(error)
            return []
        self._no_queue.end()
        return messages

    def _dead(self, *, ends: bool) -> int:
        try:
            return self._queue.counts().dead or 0
        except StorageError:
            if ends:
                raise
            return 0

    def _take(self, message: Message, delays: tuple[int, ...]) -> Summary:
        with bound(message_id=message.id):
            return self._handled(message, delays)

    def _handled(self, message: Message, delays: tuple[int, ...]) -> Summary:
        try:
            events = of_bucket(message.body, self._bucket)
        except InputError as error:
            # It says the same each time. The text does not quote it.
            return self._give_up(message, str(error))
        ours = [event for event in events if not is_ours(event.key)]
        try:
            with self._queue.working(message):
                for event in ours:
                    self._handle(event)
                self._heard()
        except OtherSchema:
            # It did not fail: this process may do nothing more, and the next one takes the message. It is not buried.
            self._put_back(message, delays[0])
            return Summary(failed=1)
        except (StorageUnreachable, StoreError) as error:
            # All others would fail of the same.
            self._no_work.begin(error)
            return self._failed(message, delays, error)
        except Exception as error:  # noqa: BLE001 - whatever failed, the message stays and the asset stays on hold
            log.warning("message %s failed on receive %d: %s", message.id, message.receive_count, type(error).__name__)
            return self._failed(message, delays, error)
        self._no_work.end()
        try:
            self._queue.ack(message)
        except StorageError as error:
            # It comes again, and changes nothing then.
            self._no_queue.begin(error)
        return Summary(handled=len(ours), ignored=len(events) - len(ours))

    def _failed(self, message: Message, delays: tuple[int, ...], error: Exception) -> Summary:
        if message.receive_count > len(delays):
            what = type(error).__name__
            return self._give_up(message, f"it failed {message.receive_count} times, at last with {what}")
        self._put_back(message, delays[message.receive_count - 1])
        return Summary(failed=1)

    def _give_up(self, message: Message, reason: str) -> Summary:
        try:
            self._queue.bury(message, reason)
        except StorageError as error:
            # SQS moves it itself, without the reason.
            log.warning("message %s could not be put into the dead-letter queue: %s", message.id, error)
            self._put_back(message, 0)
        return Summary(failed=1)

    def _put_back(self, message: Message, delay_seconds: int) -> None:
        try:
            self._queue.retry(message, delay_seconds)
        except StorageError as error:
            # It comes again by itself, once the time is over for which it is hidden.
            self._no_queue.begin(error)

    def _is_empty(self) -> bool:
        """Whether the queue says so twice: a message that becomes visible while it counts is in neither number."""
        counted = (self._queue.counts() for _ in range(2))
        return all(each.visible == 0 and each.in_flight == 0 for each in counted)


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
    etag = _word(stored, "eTag")
    return S3Event(
        kind="created" if name[1] == "Created" else "removed",
        bucket=bucket,
        key=_key(stored),
        version_id=_word(stored, "versionId"),
        etag=etag.strip('"') if etag else None,
        size=_size(stored),
        sequencer=_sequencer(stored),
    )


def _bridged(content: dict[str, Any]) -> S3Event:
    """Return the event of a message by EventBridge, in which the key is not encoded.

    Source: Amazon S3 User Guide, "EventBridge event message structure".
    """
    kind = _BRIDGED.get(str(content.get("detail-type")))
    if kind is None:
        raise InputError(
            "a message of EventBridge is neither 'Object Created' nor 'Object Deleted': change the rule that sends it"
        )
    detail = _part(content.get("detail"), "detail")
    stored = _part(detail.get("object"), "object")
    bucket, key = _word(_part(detail.get("bucket"), "bucket"), "name"), stored.get("key")
    if bucket is None or not isinstance(key, str) or not 0 < len(key.encode("utf-8", "replace")) <= MOST_KEY_BYTES:
        raise InputError("a message of EventBridge has no bucket, or no key")
    return S3Event(
        kind=kind,
        bucket=bucket,
        key=key,
        version_id=_word(stored, "version-id"),
        etag=_word(stored, "etag"),
        size=_size(stored),
        sequencer=_sequencer(stored),
    )


def _sequencer(stored: dict[str, Any]) -> str | None:
    sequencer = _word(stored, "sequencer")
    if sequencer is not None and not _HEX.fullmatch(sequencer):
        raise InputError("the sequencer of a record of the queue is no hexadecimal number")
    return sequencer


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
