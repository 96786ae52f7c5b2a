"""S3 notifications: what a message says, and the worker between queue and handler."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_hooks import s3_events
from dam_hooks.plugin import Manager
from dam_hooks.s3_events import S3Event, Summary, Worker, announcing, parse
from dam_plugin.errors import InputError, SettingsError, StorageError, StorageUnreachable, StoreError
from dam_plugin.library import setup
from dam_plugin.library.event_queue import Counts, Queue
from dam_plugin.library.s3 import Library
from dam_plugin.model import AssetEvent

TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "photos"})


def record(name: str = "ObjectCreated:Put", source: str = "aws:s3", **stored: Any) -> dict[str, Any]:
    return {
        "eventSource": source,
        "eventName": name,
        "s3": {"bucket": {"name": "photos"}, "object": {"key": "a.jpg", **stored}},
    }


def body(*records: Any) -> str:
    return json.dumps({"Records": list(records)})


# Messages


def test_a_full_record_is_read() -> None:
    full = record(key="two+words%2Bplus.jpg", versionId="v1", eTag='"e1"', size=7, sequencer="0055AED6DCD90281E5")
    assert parse(body(full)) == [
        S3Event("created", "photos", "two words+plus.jpg", "v1", "e1", 7, "0055AED6DCD90281E5")
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ObjectCreated:CompleteMultipartUpload", "created"),
        ("s3:ObjectCreated:Put", "created"),
        ("ObjectRemoved:Delete", "removed"),
        ("ObjectRemoved:DeleteMarkerCreated", "removed"),
    ],
)
def test_an_event_is_a_creation_or_a_removal(name: str, kind: str) -> None:
    assert [event.kind for event in parse(body(record(name)))] == [kind]


def test_what_the_server_does_not_say_is_none() -> None:
    assert parse(body(record(versionId="", eTag=None))) == [S3Event("created", "photos", "a.jpg")]


def test_the_test_event_says_nothing() -> None:
    assert parse(TEST_EVENT) == []


def test_a_message_that_sns_passed_on_is_read() -> None:
    wrapped = json.dumps({"Type": "Notification", "Message": body(record(), record(source="ceph:s3"))})
    assert [event.key for event in parse(wrapped)] == ["a.jpg", "a.jpg"]
    assert parse(json.dumps({"Type": "Notification", "Message": TEST_EVENT})) == []


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_any_key_is_decoded_as_s3_encodes_it(key: str) -> None:
    assert [event.key for event in parse(body(record(key=quote_plus(key))))] == [key]


BAD = {
    "no json": "{",
    "too deep": "[" * 100_000,
    "too large": " " * (1024 * 1024 + 1),
    "a list": "[]",
    "a number": "1",
    "nothing": "{}",
    "no records": body(),
    "records no list": json.dumps({"Records": {"0": record()}}),
    "too many records": body(*[record()] * 101),
    "record no object": body("Jane"),
    "another source": body(record(source="aws:sns")),
    "another event": body(record("ObjectTagging:Put")),
    "no event": body({**record(), "eventName": None}),
    "event no text": body({**record(), "eventName": 1}),
    "no s3": body({**record(), "s3": None}),
    "no bucket": body({**record(), "s3": {"object": {"key": "a"}, "bucket": {"name": ""}}}),
    "bucket no object": body({**record(), "s3": {"object": {"key": "a"}, "bucket": "photos"}}),
    "no key": body(record(key=None)),
    "empty key": body(record(key="")),
    "key no text": body(record(key=["Jane"])),
    "long key": body(record(key="Jane" * 257)),
    "very long key": body(record(key="%41" * 1025)),
    "key no utf-8": body(record(key="%ff")),
    "key with half a letter": body(record(key="\ud800")),
    "negative size": body(record(size=-1)),
    "size true": body(record(size=True)),
    "size a text": body(record(size="7")),
    "size too large": body(record(size=10**18)),
    "sequencer no number": body(record(sequencer="xyz")),
    "sequencer too long": body(record(sequencer="0" * 65)),
    "version no text": body(record(versionId=7)),
    "long version": body(record(versionId="v" * 1025)),
    "etag with a line break": body(record(eTag="a\nb")),
    "sns around no text": json.dumps({"Type": "Notification", "Message": None}),
    "sns around sns": json.dumps({"Type": "Notification", "Message": json.dumps({"Type": "Notification"})}),
}


@pytest.mark.parametrize("message", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused_without_quoting_it(message: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(message)
    assert "Jane" not in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Records", "s3", "object", "key", "bucket", "name", "eventName", "Type", "Message"]), inner
        )
    ),
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(content: Any) -> None:
    try:
        events = parse(json.dumps(content))
    except InputError:
        return
    assert events == []


# The worker


@pytest.fixture
def queue(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """Make the bucket's own queue as `init` does, tried again at once."""
    monkeypatch.setattr(s3_events, "EMPTYING_RETRY_SECONDS", (0, 0, 0, 0))
    monkeypatch.setattr(s3_events, "EMPTYING_POLL_SECONDS", 0)
    _, url = setup.prepare(bucket, f"events-{uuid.uuid4().hex[:8]}", dry_run=False, create_bucket=False)
    assert url is not None
    with Queue.connect(url) as connected:
        yield connected


@pytest.fixture
def library(bucket: str) -> Iterator[Library]:
    with Library.connect(bucket) as connected:
        yield connected


def refuse(event: S3Event) -> None:
    raise RuntimeError(event.key)


def run(queue: Queue, handle: Callable[[S3Event], None], bucket: str) -> Summary:
    return Worker(queue, handle, bucket).run(until_empty=True)


@pytest.mark.parametrize("key", ["plain.jpg", "two words+plus 100%.jpg", "Überblick/日本.jpg", "a%20b.jpg"])
def test_an_upload_reaches_the_handler_under_its_own_name(
    queue: Queue, library: Library, bucket: str, key: str
) -> None:
    put = library.put(key, b"picture", media_type="image/jpeg")
    seen: list[S3Event] = []
    assert run(queue, seen.append, bucket) == Summary(handled=1)
    assert seen == [S3Event("created", bucket, key, None, put.etag, 7, None)]
    assert queue.counts() == (0, 0, 0)


def test_our_own_copies_are_ignored(queue: Queue, library: Library, bucket: str) -> None:
    library.publish("released/r.jpg", b"copy", media_type="image/jpeg", tags={})
    assert run(queue, refuse, bucket) == Summary(ignored=1)


def test_a_failing_event_is_tried_five_times_and_then_dead(
    queue: Queue, library: Library, bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    library.put("Jane Doe.jpg", b"x", media_type="image/jpeg")
    with caplog.at_level(logging.DEBUG, "dam_hooks"):
        assert run(queue, refuse, bucket) == Summary(failed=5, dead=1)
    assert queue.counts() == (0, 0, 1)
    assert "failed on receive 5: RuntimeError" in caplog.text
    assert "Jane" not in caplog.text


def test_an_event_that_fails_once_is_handled_the_next_time(queue: Queue, library: Library, bucket: str) -> None:
    library.put("a.jpg", b"x", media_type="image/jpeg")
    seen: list[S3Event] = []

    def handle(event: S3Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            raise RuntimeError("not yet")

    assert run(queue, handle, bucket) == Summary(handled=1, failed=1)
    assert seen[0] == seen[1]


def test_a_run_until_empty_waits_for_what_is_to_be_tried_again(
    queue: Queue, library: Library, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_events, "EMPTYING_RETRY_SECONDS", (1, 0, 0, 0))
    library.put("a.jpg", b"x", media_type="image/jpeg")
    outcomes = [RuntimeError("not yet"), None]

    def handle(event: S3Event) -> None:
        if outcome := outcomes.pop(0):
            raise outcome

    assert run(queue, handle, bucket) == Summary(handled=1, failed=1)


def test_a_message_that_becomes_visible_while_the_queue_counts_is_still_waited_for(
    queue: Queue, library: Library, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put("a.jpg", b"x", media_type="image/jpeg")
    receive, counts = Queue.receive, Queue.counts
    # Hidden when it was asked for, and in neither number when it was counted.
    received, counted = [[]], [Counts(0, 0, 0), counts(queue)]
    monkeypatch.setattr(Queue, "receive", lambda of, *more: received.pop() if received else receive(of, *more))
    monkeypatch.setattr(Queue, "counts", lambda of: counted.pop() if counted else counts(of))
    seen: list[S3Event] = []
    assert run(queue, seen.append, bucket) == Summary(handled=1)
    assert len(seen) == 1


def test_one_failing_event_does_not_hold_up_the_others(queue: Queue, library: Library, bucket: str) -> None:
    for key in ("a.jpg", "bad.jpg", "c.jpg"):
        library.put(key, b"x", media_type="image/jpeg")
    seen: list[str] = []

    def handle(event: S3Event) -> None:
        if event.key == "bad.jpg":
            raise RuntimeError("bad")
        seen.append(event.key)

    assert run(queue, handle, bucket) == Summary(handled=2, failed=5, dead=1)
    assert sorted(seen) == ["a.jpg", "c.jpg"]


def send(queue: Queue, text: str) -> None:
    queue._client.send_message(QueueUrl=queue.url, MessageBody=text)


def test_a_message_about_another_bucket_is_refused_whole(queue: Queue, bucket: str) -> None:
    ours = record()
    ours["s3"]["bucket"] = {"name": bucket}
    send(queue, body(ours, record()))
    seen: list[S3Event] = []
    assert run(queue, seen.append, bucket) == Summary(failed=1, dead=1)
    assert seen == []
    assert [each.reason for each in queue.dead(10)] == [
        "a message is about another bucket: let each bucket have its own queue, or its own address"
    ]


@pytest.mark.parametrize("text", ["hello", "{}", '{"Records": []}', '{"source": "aws.s3"}', "[1]", '"Jane Doe"'])
def test_a_message_that_is_no_notification_is_dead_at_once_with_the_reason(
    queue: Queue, bucket: str, text: str
) -> None:
    send(queue, text)
    assert run(queue, refuse, bucket) == Summary(failed=1, dead=1)
    (dead,) = queue.dead(10)
    assert (dead.body, "Jane" in (dead.reason or "no reason")) == (text, False)
    assert dead.reason


def test_what_is_dead_is_looked_at_as_often_as_one_likes_and_comes_back(
    queue: Queue, library: Library, bucket: str
) -> None:
    for number in range(12):
        library.put(f"{number}.jpg", b"x", media_type="image/jpeg")
    send(queue, "hello")
    assert run(queue, refuse, bucket) == Summary(failed=61, dead=13)
    for _ in range(2):
        reasons = {each.reason for each in queue.dead(100)}
        assert len(queue.dead(100)) == 13
        assert "it failed 5 times, at last with RuntimeError" in reasons
    assert len(queue.dead(5)) == 5
    assert queue.redrive(100) == 13
    seen: list[S3Event] = []
    assert run(queue, seen.append, bucket) == Summary(handled=12, failed=1, dead=1)
    assert {each.key for each in seen} == {f"{number}.jpg" for number in range(12)}
    assert queue.redrive(100) == 1


def test_what_cannot_be_put_among_the_dead_is_left_to_the_queue_itself(
    queue: Queue, library: Library, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_to_bury(*_: Any) -> None:
        raise StorageError("no permission to send")

    monkeypatch.setattr(queue, "bury", refuse_to_bury)
    library.put("a.jpg", b"x", media_type="image/jpeg")
    assert run(queue, refuse, bucket) == Summary(failed=5, dead=1)
    assert [each.reason for each in queue.dead(10)] == [None]


def test_several_are_in_work_at_once_and_no_more(queue: Queue, library: Library, bucket: str) -> None:
    for number in range(12):
        library.put(f"{number}.jpg", b"x", media_type="image/jpeg")
    together, lock = threading.Barrier(4), threading.Lock()
    in_work, most, seen = 0, 0, []

    def handle(event: S3Event) -> None:
        nonlocal in_work, most
        with lock:
            in_work += 1
            most = max(most, in_work)
            seen.append(event.key)
        # Only four at a time pass here.
        together.wait(30)
        with lock:
            in_work -= 1

    assert Worker(queue, handle, bucket, at_once=4).run(until_empty=True) == Summary(handled=12)
    assert (len(set(seen)), most) == (12, 4)


def test_what_is_in_work_is_finished_before_a_worker_ends(queue: Queue, library: Library, bucket: str) -> None:
    run(queue, refuse, bucket)
    for number in range(3):
        library.put(f"{number}.jpg", b"x", media_type="image/jpeg")
    begun, told = threading.Event(), threading.Event()
    done: list[str] = []

    def handle(event: S3Event) -> None:
        begun.set()
        assert told.wait(30)
        done.append(event.key)

    def stop() -> bool:
        if begun.is_set():
            told.set()
        return begun.is_set()

    summary = Worker(queue, handle, bucket, at_once=2).run(until_empty=False, stop=stop)
    assert summary.handled == len(done) >= 1
    assert queue.counts().in_flight == 0


def bridged(**changes: Any) -> dict[str, Any]:
    stored = {"key": "two words+plus 100%.jpg", "size": 7, "etag": "abc", "version-id": "v1", "sequencer": "00ab"}
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"version": "0", "bucket": {"name": "photos"}, "object": {**stored, **changes}},
    }


def test_a_host_hears_all_that_an_event_tells_so_that_the_bucket_need_not_be_asked() -> None:
    heard: list[tuple[str, AssetEvent]] = []
    hook = SimpleNamespace(
        asset_uploaded=lambda event: heard.append(("uploaded", event)),
        asset_deleted=lambda event: heard.append(("deleted", event)),
    )
    for name in ("ObjectCreated:Put", "ObjectRemoved:Delete"):
        full = record(name, versionId="v1", eTag="e1", size=7, sequencer="0055")
        announcing(cast("Manager", SimpleNamespace(hook=hook)))(parse(body(full))[0])
    told = AssetEvent("a.jpg", "v1", "e1", "0055", 7)
    assert heard == [("uploaded", told), ("deleted", told)]


def test_a_message_of_eventbridge_tells_its_key_as_it_is() -> None:
    expected = S3Event("created", "photos", "two words+plus 100%.jpg", "v1", "abc", 7, "00ab")
    assert parse(json.dumps(bridged())) == [expected]
    removed = parse(json.dumps({**bridged(), "detail-type": "Object Deleted"}))
    assert removed == [replace(expected, kind="removed")]


@pytest.mark.parametrize(
    "content",
    [
        {**bridged(), "detail-type": "Object Restore Completed"},
        {**bridged(), "detail": None},
        *({**bridged(), "detail": {"bucket": {"name": "photos"}, "object": each}} for each in (None, {}, {"key": 3})),
        bridged(key=""),
        bridged(key="x" * 2000),
        bridged(size="7"),
        bridged(sequencer="zz"),
    ],
)
def test_a_message_of_eventbridge_that_says_something_else_is_refused(content: Any) -> None:
    with pytest.raises(InputError):
        parse(json.dumps(content))


def test_a_worker_stops_between_two_messages(queue: Queue, library: Library, bucket: str) -> None:
    run(queue, refuse, bucket)
    for key in ("a.jpg", "b.jpg"):
        library.put(key, b"x", media_type="image/jpeg")
    seen: list[S3Event] = []
    summary = Worker(queue, seen.append, bucket).run(until_empty=False, stop=lambda: len(seen) == 1)
    assert (summary.handled, len(seen)) == (1, 1)
    assert queue.counts().visible == 1


def test_a_running_worker_waits_longer_after_each_failure(
    queue: Queue, library: Library, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(queue, refuse, bucket)
    library.put("a.jpg", b"x", media_type="image/jpeg")
    delays: list[int] = []
    retry = queue.retry

    def noted(message: Any, delay: int) -> None:
        delays.append(delay)
        retry(message, 0)

    monkeypatch.setattr(queue, "retry", noted)
    Worker(queue, refuse, bucket).run(until_empty=False, stop=lambda: bool(queue.counts().dead))
    assert delays == [5, 30, 120, 300]


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_events, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(s3_events, "LONGEST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(s3_events, "RETRY_SECONDS", (0, 0, 0, 0))
    monkeypatch.setattr(s3_events, "POLL_SECONDS", 0)


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "dam_hooks.s3_events"]


@pytest.mark.parametrize("error", [StorageUnreachable, StoreError])
def test_while_the_storage_is_away_one_message_at_a_time_is_tried_and_it_is_told_once(
    queue: Queue,
    library: Library,
    bucket: str,
    short_pauses: None,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    run(queue, refuse, bucket)
    keys = {f"{number}.jpg" for number in range(12)}
    for key in keys:
        library.put(key, b"x", media_type="image/jpeg")
    tried, seen = list[str](), set[str]()

    def handle(event: S3Event) -> None:
        tried.append(event.key)
        if len(tried) <= 7:
            raise error("it does not answer")
        seen.add(event.key)

    worker = Worker(queue, handle, bucket, at_once=4)
    summary = worker.run(until_empty=False, stop=lambda: seen == keys)
    # Four were in work when it began.
    assert (summary.handled, summary.failed, summary.dead) == (12, 7, 0)
    assert ours(caplog) == [
        "messages wait, and are tried again: it does not answer",
        "messages wait, and are tried again: over, after 7 failures",
    ]


def test_a_worker_outlasts_a_queue_that_does_not_answer(
    queue: Queue,
    library: Library,
    bucket: str,
    short_pauses: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(queue, refuse, bucket)
    library.put("a.jpg", b"x", media_type="image/jpeg")
    failures = {"receive": 3, "retry": 1, "ack": 1}

    def failing(name: str) -> Callable[..., Any]:
        whole = getattr(queue, name)

        def act(*arguments: Any) -> Any:
            if failures[name]:
                failures[name] -= 1
                # The message comes again once it is not hidden any more.
                if name != "receive":
                    queue.extend(arguments[0], 0)
                raise StorageUnreachable("it does not answer")
            return whole(*arguments)

        return act

    for name in failures:
        monkeypatch.setattr(queue, name, failing(name))
    seen: list[str] = []

    def handle(event: S3Event) -> None:
        seen.append(event.key)
        if len(seen) == 1:
            raise RuntimeError(event.key)

    Worker(queue, handle, bucket).run(until_empty=False, stop=lambda: sum(queue.counts()[:2]) == 0)
    assert seen == ["a.jpg"] * 3
    assert not any(failures.values())
    assert "the queue is asked again: over, after 3 failures" in ours(caplog)


def test_a_run_that_ends_by_itself_says_that_the_queue_does_not_answer(
    queue: Queue, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receive(*_: object) -> list[Any]:
        raise StorageUnreachable("it does not answer")

    monkeypatch.setattr(queue, "receive", receive)
    with pytest.raises(StorageUnreachable):
        run(queue, refuse, bucket)


def test_a_queue_that_would_try_for_ever_is_refused(queue: Queue, bucket: str) -> None:
    url = queue._client.create_queue(QueueName=f"plain-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    with Queue.connect(url) as plain, pytest.raises(SettingsError, match="no dead-letter queue"):
        run(plain, refuse, bucket)


def test_two_summaries_add_up() -> None:
    assert Summary(1, 2, 3, 4) + Summary(10, 20, 30, 40) == Summary(11, 22, 33, 40)
