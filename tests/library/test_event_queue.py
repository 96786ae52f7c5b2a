"""The queue over real HTTP: receive, acknowledge, retry, keep; and what goes wrong."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
import uuid
from collections.abc import Iterator

import pytest
from waiting import wait_until

from dam_plugin.errors import SettingsError, StorageError, StorageUnreachable
from dam_plugin.library import event_queue as queue_module
from dam_plugin.library.event_queue import Message, Queue


@pytest.fixture
def queue(aws_env: str) -> Iterator[Queue]:
    """Make a queue that hides a received message for 30 seconds and moves it away after two receives."""
    name = f"events-{uuid.uuid4().hex[:8]}"
    with Queue.connect(f"{aws_env}/123456789012/{name}") as connected:
        client = connected._client
        dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
        client.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})
        yield connected


def send(queue: Queue, body: str) -> None:
    queue._client.send_message(QueueUrl=queue.url, MessageBody=body)


def received(queue: Queue) -> Message:
    """Receive the one message, which comes back a moment after its delay."""
    (message,) = queue.receive(1) or queue.receive(1)
    return message


def test_a_received_message_is_in_flight_until_it_is_acknowledged(queue: Queue) -> None:
    send(queue, "one")
    assert queue.counts() == (1, 0, 0)
    message = received(queue)
    assert (message.body, message.receive_count) == ("one", 1)
    assert queue.counts() == (0, 1, 0)
    queue.ack(message)
    assert queue.counts() == (0, 0, 0)


def test_acknowledging_twice_does_nothing(queue: Queue) -> None:
    send(queue, "one")
    message = received(queue)
    queue.ack(message)
    queue.ack(message)
    queue.extend(message, 30)
    assert queue.counts() == (0, 0, 0)


def test_an_empty_queue_gives_no_messages(queue: Queue) -> None:
    assert queue.receive(0) == []


def test_several_messages_come_at_once_when_asked(queue: Queue) -> None:
    for body in ("a", "b", "c"):
        send(queue, body)
    assert len(queue.receive(0, 2)) == 2
    assert len(queue.receive(0)) == 1


def test_a_message_to_be_tried_again_comes_again_and_then_is_dead(queue: Queue) -> None:
    send(queue, "one")
    for count in (1, 2):
        message = received(queue)
        assert message.receive_count == count
        queue.retry(message, 0)
    assert queue.receive(1) == []
    assert queue.counts() == (0, 0, 1)


def test_a_message_to_be_tried_later_waits_in_flight(queue: Queue) -> None:
    send(queue, "one")
    queue.retry(received(queue), 60)
    assert queue.receive(0) == []
    assert queue.counts() == (0, 1, 0)


def test_a_message_is_kept_while_work_goes_on_and_no_longer(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    send(queue, "one")
    message = received(queue)
    kept: list[tuple[int, threading.Thread]] = []
    monkeypatch.setattr(queue, "extend", lambda _message, seconds: kept.append((seconds, threading.current_thread())))
    with queue.working(message, seconds=1):
        wait_until(lambda: len(kept) == 3)
    assert {seconds for seconds, _ in kept} == {1}
    # Nobody is left who would keep it.
    assert [who for _, who in kept if who.is_alive()] == [threading.current_thread()]


def test_no_keeping_is_under_way_once_the_work_is_done(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    send(queue, "one")
    message = received(queue)
    begun: list[int] = []
    ended: list[int] = []

    def slowly(_message: Message, seconds: int) -> None:
        begun.append(seconds)
        time.sleep(0.05)
        ended.append(seconds)

    monkeypatch.setattr(queue, "extend", slowly)
    with queue.working(message, seconds=0):
        wait_until(lambda: len(begun) == 3)
    assert len(ended) == len(begun)


def test_work_goes_on_when_a_message_could_not_be_kept(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send(queue, "Jane Doe.jpg")
    message = received(queue)
    calls: list[int] = []

    def extend(_message: Message, seconds: int) -> None:
        calls.append(seconds)
        if len(calls) > 1:
            raise StorageUnreachable("no answer")

    monkeypatch.setattr(queue, "extend", extend)
    with caplog.at_level(logging.WARNING, queue_module.__name__), queue.working(message, seconds=0):
        wait_until(lambda: len(calls) > 2)
    assert f"message {message.id} could not be kept: no answer" in caplog.text
    assert "Jane" not in caplog.text


def test_keeping_ends_when_the_work_fails(queue: Queue) -> None:
    send(queue, "one")
    message = received(queue)
    with pytest.raises(RuntimeError), queue.working(message, seconds=30):
        raise RuntimeError("the work")
    assert queue.counts() == (0, 1, 0)


def test_a_queue_without_dead_letters_says_so(queue: Queue) -> None:
    name = f"plain-{uuid.uuid4().hex[:8]}"
    url = queue._client.create_queue(QueueName=name)["QueueUrl"]
    with Queue.connect(url) as plain:
        assert plain.counts() == (0, 0, None)


def test_a_missing_queue_is_named_with_the_remedy(aws_env: str) -> None:
    with (
        Queue.connect(f"{aws_env}/123456789012/nowhere") as queue,
        pytest.raises(StorageError, match="queue nowhere does not exist: run `dam-plugin init`"),
    ):
        queue.receive(0)


def test_a_message_of_a_missing_queue_cannot_be_acknowledged(aws_env: str) -> None:
    with (
        Queue.connect(f"{aws_env}/123456789012/nowhere") as queue,
        pytest.raises(StorageError, match="queue nowhere does not exist"),
    ):
        queue.ack(Message("id", "body", "receipt", 1))


def test_other_refusals_are_errors(queue: Queue) -> None:
    with pytest.raises(StorageError, match="refused a request for queue"):
        queue.receive(0, 11)


def test_a_queue_that_is_not_reached_is_named(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.library.clients.ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with (
        Queue.connect(f"{aws_env}/123456789012/events") as queue,
        pytest.raises(StorageUnreachable, match=f"127.0.0.1:{port} does not answer"),
    ):
        queue.receive(0)


def test_a_missing_region_is_named(aws_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(SettingsError, match="AWS_DEFAULT_REGION"):
        Queue.connect(f"{aws_env}/123456789012/events")


@pytest.mark.parametrize("url", ["", "events", "https://", "https://sqs/", "ftp://sqs/1/events"])
def test_what_is_no_queue_url_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="DAM_PLUGIN_QUEUE_URL"):
        Queue.connect(url)
