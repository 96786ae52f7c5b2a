"""`dlq`: the messages that were given up, with the reason and without a name; and back into the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from command_line import call
from district import District

from dam_plugin.library import setup
from dam_plugin.library.event_queue import Queue


@pytest.fixture
def queue(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    bucket = district.services.library.bucket
    _, url = setup.prepare(bucket, f"events-{bucket}", dry_run=False, create_bucket=False)
    assert url is not None
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url)
    with Queue.connect(url) as connected:
        yield connected


def event(key: str, bucket: str) -> str:
    stored = {"bucket": {"name": bucket}, "object": {"key": key}}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": stored}]})


def test_what_was_given_up_is_listed_with_the_reason_and_comes_back(district: District, queue: Queue) -> None:
    queue._client.send_message(QueueUrl=queue.url, MessageBody=event("Jane+Doe.jpg", "another"))
    worked = call("worker", "--until-empty", "--at-once", "2")
    assert (worked.code, "1 in the dead-letter queue; `dam-plugin dlq list`" in worked.text) == (0, True)
    listed = call("dlq", "list")
    assert ("another bucket" in listed.text, "Jane" in listed.text) == (True, False)
    (row,) = call("dlq", "list", "--json").objects()
    assert (row["events"], "keys" in row) == (1, False)
    assert call("dlq", "list", "--json", "--keys").objects()[0]["keys"] == ["Jane Doe.jpg"]
    assert "dlq list" in call("doctor").text
    assert call("dlq", "redrive", "--json").object() == {"moved": 1, "left": 0}
    assert call("dlq", "list", "--json").objects() == []
    assert queue.counts().visible >= 1


@pytest.mark.parametrize("arguments", [("list",), ("redrive",)])
def test_without_a_queue_it_is_said_what_is_missing(district: District, arguments: tuple[str, ...]) -> None:
    told = call("dlq", *arguments)
    assert (told.code, "DAM_PLUGIN_QUEUE_URL" in told.err) == (1, True)


def test_a_page_is_as_long_as_asked(district: District, queue: Queue) -> None:
    for _ in range(3):
        queue._client.send_message(QueueUrl=queue.url, MessageBody="hello")
    call("worker", "--until-empty")
    assert len(call("dlq", "list", "--limit", "2", "--json").objects()) == 2
    assert call("dlq", "redrive", "--limit", "2", "--json").object() == {"moved": 2, "left": 1}
