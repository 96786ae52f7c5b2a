"""Each request once: what came before is refused, what is asked again is answered as it was, and the database opens nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clock
import pytest
from databases import DATABASES, open_store
from district import CROWD, MEDIA_STAFF, PORTRAIT, TEAM
from http_host import FAMILY_SECRET, OTHER_SECRET, Host
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from use_cases import entries, later, on

from dam_hooks.http.bodies import ShareAsked, ShareBody
from dam_hooks.http.idempotency import KEPT, Mask, forget_old, key_of
from dam_hooks.http.signed_requests import Signed
from dam_plugin.errors import StoreError
from dam_plugin.model import Recipient
from dam_plugin.store import Messages, Store
from dam_plugin.store.codec import to_plain
from dam_plugin.store.messages import DEAD_AFTER, Taken

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SENT = int(NOW.timestamp())
LONG_AGO = NOW - timedelta(days=1)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def shares(host: Host) -> int:
    return len(entries(host.district.services, "share"))


# The very same request


def test_the_very_same_request_is_refused(host: Host) -> None:
    host.district.upload(CROWD)
    at = clock.now(UTC)
    assert host.share(CROWD, message_id="m-1", at=at).status_code == 201
    answer = host.share(CROWD, message_id="m-1", at=at)
    assert (answer.status_code, "token" in answer.json()) == (409, False)
    assert shares(host) == 1


def test_it_is_refused_by_every_process_of_the_district(host: Host) -> None:
    host.district.upload(CROWD)
    at = clock.now(UTC)
    assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 200
    with host.of(host.district.services) as other:
        assert other.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 409


def test_it_is_refused_though_it_was_wrong(host: Host) -> None:
    at = clock.now(UTC)
    for status in (422, 409):
        assert host.post("/v1/tags", "asset.tags", {}, message_id="m-1", at=at).status_code == status


def test_it_is_refused_on_another_path_too(host: Host) -> None:
    host.district.upload(CROWD)
    at = clock.now(UTC)
    host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at)
    assert host.post("/v1/events", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 409


def test_what_nobody_signed_uses_up_no_id(host: Host) -> None:
    host.district.upload(CROWD)
    at = clock.now(UTC)
    stranger = host.with_key("whsec_" + "Z" * 32)
    assert stranger.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 401
    assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 200


def test_hosts_choose_their_ids_apart_from_each_other(host: Host) -> None:
    host.district.upload(CROWD)
    at = clock.now(UTC)
    for secret, status in ((host.secret, 200), (OTHER_SECRET, 409), (FAMILY_SECRET, 200)):
        answer = host.with_key(secret).post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at)
        assert answer.status_code == status


def test_a_clock_that_jumps_opens_no_second_time(host: Host) -> None:
    host.district.upload(CROWD)
    services = host.district.services
    at = clock.now(UTC)
    assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 200
    # The service's clock is a year ahead while it tidies up, then right again.
    forget_old(later(services, days=365))
    assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at).status_code == 409
    # The host's clock is ahead, too, then both are right again.
    with host.of(later(services, days=1)) as ahead:
        tomorrow = at + timedelta(days=1)
        assert ahead.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-2", at=tomorrow).status_code == 200
        forget_old(later(services, days=1))
    refused = host.post("/v1/tags", "asset.tags", {"key": CROWD}, message_id="m-1", at=at)
    assert refused.status_code == 409
    # To sign it anew would be no remedy: that is refused alike, and another name is not.
    anew = host.post("/v1/tags", "asset.tags", {"key": CROWD})
    assert anew.json() == refused.json()
    assert "another NAME" in anew.json()["detail"]
    assert host.with_key(FAMILY_SECRET).post("/v1/tags", "asset.tags", {"key": CROWD}).status_code == 200


def test_old_requests_are_forgotten_and_still_refused(store: Store) -> None:
    with store.writing() as unit:
        assert unit.messages.take("portal", "m-1", SENT, NOW) is Taken.NEW
        assert unit.messages.take("gallery", "m-1", SENT, NOW) is Taken.NEW
        assert unit.messages.take("portal", "m-2", SENT + 601, NOW) is Taken.NEW
    with store.writing() as unit:
        unit.messages.forget(messages_before=NOW + timedelta(days=1), answers_before=LONG_AGO)
    assert [row[:2] for row in rows(store, "http_messages")] == [("gallery", "m-1"), ("portal", "m-2")]
    with store.writing() as unit:
        assert unit.messages.take("portal", "m-1", SENT, NOW) is Taken.TOO_OLD
        assert unit.messages.take("gallery", "m-1", SENT, NOW) is Taken.BEFORE


def test_of_many_at_once_one_is_the_first(store: Store) -> None:
    def take(_: int) -> bool:
        with store.writing() as unit:
            return unit.messages.take("portal", "m-1", SENT, NOW) is Taken.NEW

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(24))) == [False] * 23 + [True]


# The same asked again


def test_the_same_asked_again_is_answered_as_it_was_and_done_once(host: Host) -> None:
    host.district.upload(CROWD)
    first = host.share(CROWD, {"terms": {"word": True}}, headers={"idempotency-key": "k-1"})
    again = host.share(CROWD, {"terms": {"word": True}}, headers={"idempotency-key": "k-1"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert shares(host) == 1


def test_without_a_key_the_id_is_the_key(host: Host) -> None:
    host.district.upload(CROWD)
    now = clock.now(UTC)
    first = host.share(CROWD, message_id="m-1", at=now)
    again = host.share(CROWD, message_id="m-1", at=now + timedelta(seconds=1))
    assert again.json()["token"] == first.json()["token"]
    assert shares(host) == 1


def test_a_refusal_is_answered_again_as_well(host: Host) -> None:
    host.district.upload(PORTRAIT)
    answers = [host.share(PORTRAIT, message_id="m-1", at=_in(seconds)) for seconds in (0, 1)]
    assert answers[0].json() == answers[1].json()
    assert shares(host) == 1


def test_a_key_is_for_one_request(host: Host) -> None:
    host.district.upload(CROWD)
    host.share(CROWD, headers={"idempotency-key": "k-1"})
    for changes in ({"purpose": "yearbook"}, {"terms": {"days": 1}}):
        assert host.share(CROWD, changes, headers={"idempotency-key": "k-1"}).status_code == 422
    other = host.post("/v1/revocations", "share.revoked", {"key": CROWD}, headers={"idempotency-key": "k-1"})
    assert other.status_code == 422
    assert shares(host) == 1


def test_a_hosts_key_is_its_own(host: Host) -> None:
    host.district.upload(CROWD)
    answers = [
        host.with_key(each).share(CROWD, headers={"idempotency-key": "k-1"}) for each in (host.secret, FAMILY_SECRET)
    ]
    assert answers[0].json()["token"] != answers[1].json()["token"]


def test_an_id_is_no_key_of_another_request(host: Host) -> None:
    host.district.upload(CROWD)
    assert host.share(CROWD, message_id="same").status_code == 201
    assert host.share(CROWD, {"purpose": "yearbook"}, headers={"idempotency-key": "same"}).status_code in (
        201,
        202,
        403,
    )


def test_an_error_is_not_kept(host: Host) -> None:
    assert host.share(CROWD, headers={"idempotency-key": "k-1"}).status_code == 404
    host.district.upload(CROWD)
    assert host.share(CROWD, headers={"idempotency-key": "k-1"}).status_code == 201


def test_what_only_looks_is_answered_anew(host: Host) -> None:
    host.district.upload(CROWD)
    how = {"headers": {"idempotency-key": "k-1"}}
    assert host.post("/v1/tags", "asset.tags", {"key": CROWD}, **how).status_code == 200
    host.district.upload(TEAM)
    assert host.post("/v1/tags", "asset.tags", {"key": TEAM}, **how).json()["key"] == TEAM


@pytest.mark.parametrize("key", ["", "k" * 256, "k\u00e9y"], ids=["empty", "long", "not ASCII"])
def test_a_key_that_is_none_is_refused(host: Host, key: str) -> None:
    answer = host.share(CROWD, headers={"idempotency-key": key.encode("latin-1")})
    assert answer.status_code == 400


def test_a_request_at_work_on_is_not_done_beside(host: Host) -> None:
    host.district.upload(CROWD)
    _leave_unfinished(host, host.district.services.now())
    answer = host.share(CROWD, headers={"idempotency-key": "k-1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "10")
    assert shares(host) == 0


def test_a_key_that_a_dead_process_left_is_taken_over(host: Host) -> None:
    host.district.upload(CROWD)
    services = host.district.services
    longest = DEAD_AFTER + timedelta(seconds=services.settings.redaction_seconds)
    _leave_unfinished(host, services.now() - longest - timedelta(seconds=1))
    assert host.share(CROWD, headers={"idempotency-key": "k-1"}).status_code == 201


def test_after_a_day_a_key_is_free_again(host: Host) -> None:
    host.district.upload(CROWD)
    first = host.share(CROWD, headers={"idempotency-key": "k-1"}).json()
    tomorrow = host.district.services.now() + KEPT + timedelta(seconds=1)
    with host.of(on(host.district.services, tomorrow)) as asking:
        again = asking.share(CROWD, headers={"idempotency-key": "k-1"}, at=tomorrow).json()
    assert again["token"] != first["token"]


def test_of_many_at_once_under_one_key_one_is_carried_out(host: Host) -> None:
    host.district.upload(CROWD)

    def ask(_: int) -> Any:
        return host.share(CROWD, headers={"idempotency-key": "k-1"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["token"] for answer in answers if answer.status_code == 201}) == 1
    assert shares(host) == 1


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.district.upload(CROWD)

    def broken(*_: Any) -> None:
        raise StoreError("the database is full")

    monkeypatch.setattr(Messages, "finish", broken)
    first = host.share(CROWD, headers={"idempotency-key": "k-1"})
    again = host.share(CROWD, headers={"idempotency-key": "k-1"})
    assert (first.status_code, bool(first.json()["token"]), again.status_code) == (201, True, 409)
    assert shares(host) == 1


def test_who_was_given_up_on_keeps_nothing(store: Store) -> None:
    later_on = NOW + timedelta(hours=1)
    with store.writing() as unit:
        assert unit.messages.begin("portal", "k", "d", NOW, dead_before=LONG_AGO, old_before=LONG_AGO) is None
    with store.writing() as unit:
        assert unit.messages.begin("portal", "k", "d", later_on, dead_before=later_on, old_before=LONG_AGO) is None
    with store.writing() as unit:
        assert not unit.messages.finish("portal", "k", NOW, 201, "{}")
        unit.messages.drop("portal", "k", NOW)
        assert unit.messages.finish("portal", "k", later_on, 202, "{}")
        known = unit.messages.begin("portal", "k", "d", later_on, dead_before=later_on, old_before=LONG_AGO)
    assert known is not None
    assert known.status == 202


def test_many_begin_one_key_once(store: Store) -> None:
    barrier = threading.Barrier(8)

    def begin(_: int) -> bool:
        barrier.wait()
        with store.writing() as unit:
            return unit.messages.begin("portal", "k", "d", NOW, dead_before=LONG_AGO, old_before=LONG_AGO) is None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(begin, range(8))) == [False] * 7 + [True]


def test_what_nobody_finished_can_be_dropped(store: Store) -> None:
    with store.writing() as unit:
        for key in ("left", "done"):
            unit.messages.begin("portal", key, "d", NOW, dead_before=LONG_AGO, old_before=LONG_AGO)
        unit.messages.finish("portal", "done", NOW, 201, "{}")
        assert unit.messages.drop_unfinished(NOW) == 0
        assert unit.messages.drop_unfinished(NOW + timedelta(seconds=1)) == 1
    assert [row[1] for row in rows(store, "http_answers")] == ["done"]


# What is kept


def test_the_database_holds_no_token_and_no_word(host: Host, tmp_path: Path) -> None:
    host.district.upload(CROWD)
    told = host.share(CROWD, {"terms": {"word": True}}).json()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("dam-plugin.sqlite3*"))
    assert told["share"].encode() in files
    for secret in (told["token"], told["word"], told["token"].encode().hex(), told["url"]):
        assert secret.encode() not in files


MASK = Mask("k" * 40, ("portal", "key:k-1"))
ANSWERS = st.fixed_dictionaries(
    {"share": st.text()},
    optional={
        "token": st.text(),
        "word": st.none() | st.text(),
        "answer": st.none() | st.fixed_dictionaries({"url": st.text()}),
    },
)


@given(answer=ANSWERS)
def test_a_covered_answer_is_read_again_as_it_was(answer: dict[str, Any]) -> None:
    assert MASK.uncover(MASK.cover(answer)) == answer


@pytest.mark.parametrize(
    "other", [Mask("o" * 40, MASK.context), Mask("k" * 40, ("gallery", "key:k-1"))], ids=["key", "host"]
)
def test_a_covered_answer_is_read_by_nobody_else(other: Mask) -> None:
    covered = MASK.cover({"token": "ab" * 32})
    try:
        assert other.uncover(covered)["token"] != "ab" * 32
    except UnicodeDecodeError:
        # What comes out is noise, which is hardly ever text.
        assert covered["answer"]["token"] != ("ab" * 32).encode().hex()


def test_two_answers_are_never_covered_alike() -> None:
    one, other = (MASK.cover({"token": "ab" * 32})["answer"]["token"] for _ in range(2))
    assert one != other


def _in(seconds: int) -> datetime:
    return clock.now(UTC) + timedelta(seconds=seconds)


def _leave_unfinished(host: Host, at: datetime) -> None:
    """Leave the share of a recording under `k-1` as a process does that died while it was at work on it."""
    body = ShareBody("share.requested", ShareAsked(CROWD, "publication", "website", MEDIA_STAFF, Recipient("public")))
    key = key_of(Signed("portal", "m-0", 1), {"idempotency-key": ["k-1"]}, "/v1/shares", to_plain(body))
    with host.district.services.store.writing() as unit:
        unit.messages.begin(key.client, key.key, key.digest, at, dead_before=at, old_before=at)


def rows(store: Store, table: str) -> list[tuple[Any, ...]]:
    engine = create_engine(store._url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]  # noqa: S608
    engine.dispose()
    return found
