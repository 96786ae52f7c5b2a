"""How many connections a process has with a server, and what `doctor` says of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from command_line import call
from databases import empty_database
from district import District

from dam_plugin.errors import StoreError
from dam_plugin.store import Store


def test_sqlite_has_none(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    assert store.connections() is None
    store.close()


@pytest.mark.postgres
def test_a_process_takes_no_more_than_it_may(tmp_path: Path) -> None:
    with empty_database("postgres", tmp_path) as url:
        store = Store(url, connections=2)
        store.upgrade()
        all_in, go = threading.Barrier(3), threading.Event()

        def hold() -> None:
            with store.reading():
                all_in.wait()
                go.wait()

        holders = [threading.Thread(target=hold) for _ in range(2)]
        for each in holders:
            each.start()
        all_in.wait()
        store._engine.pool._timeout = 0.1  # type: ignore[attr-defined]  # half a minute in the product
        with pytest.raises(StoreError), store.reading():
            pass
        go.set()
        for each in holders:
            each.join()
        used, most = store.connections() or (0, 0)
        assert 1 <= used <= most
        store.close()


@pytest.mark.postgres
def test_doctor_warns_where_the_server_may_run_out(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> dict[str, str]:
        return next(each for each in call("doctor", "--json").objects() if each["check"] == "store")

    assert "connections" not in state()["detail"]
    monkeypatch.setattr(Store, "connections", lambda _: (90, 100))
    assert (state()["state"], "lower `database_connections`" in state()["detail"]) == ("warning", True)
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_CONNECTIONS", "10")
    assert state()["state"] == "ok"
