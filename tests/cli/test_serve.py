"""`serve`: started as a process, asked over HTTP, and ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from command_line import call
from commands import Commands
from district import TEAM, District
from served_command import END_SECONDS, serving

PROGRAM = Path(sys.executable).with_name("dam-plugin")


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    # Whoever runs the tests in the background is deaf to SIGINT, and so is what they start.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    waiting = Commands()
    signal.signal(signal.SIGINT, heard)
    yield waiting
    waiting.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"])
def test_it_opens_links_until_a_signal_ends_it(
    district: District, commands: Commands, number: signal.Signals, code: int
) -> None:
    district.upload(TEAM)
    token = district.share(TEAM).token
    with serving(commands, "--json") as served:
        url = json.loads(served.line)["url"]
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/s/{token}", trust_env=False).status_code == 303
        ended = served.end(number)
    assert (ended.code, ended.out) == (code, "")
    assert "INFO dam_hooks.http.serve: GET /s/… 303" in ended.err
    assert token is not None
    assert token not in ended.err
    assert "Traceback" not in ended.err


def test_a_person_reads_where_it_serves_and_what_is_not_set(district: District, commands: Commands) -> None:
    with serving(commands) as served:
        assert served.line.startswith("Serving at http://127.0.0.1:")
        err = served.end(signal.SIGTERM).err
    assert "note: DAM_PLUGIN_PUBLIC_URL is not set" in err
    assert "note: DAM_PLUGIN_HTTP_KEYS is not set" in err
    assert "--behind" not in err


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - what is refused
        ("10.1.2.3", False),
        ("x" * 64, False),
    ],
)
def test_the_sample_is_shown_on_this_machine_alone_by_address_or_name(
    host: str, is_ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("django")
    began: list[str] = []

    @contextmanager
    def sample(_: object) -> Iterator[object]:
        began.append(host)
        yield SimpleNamespace(manager=None, services=SimpleNamespace(settings=None))

    monkeypatch.setattr("dam_plugin.cli.demo.sample_desk.sample_desk", sample)
    monkeypatch.setattr("dam_hooks.desk.standalone.serve", lambda *_, **__: None)
    ended = call("desk", "--sample", "--host", host)
    assert (ended.code == 0, began == [host]) == (is_ours, is_ours), ended.err
    assert is_ours or "--sample is for this machine alone" in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("behind", "is_told"), [((), True), (("--behind", "127.0.0.1"), False)], ids=["alone", "behind"]
)
def test_a_proxy_that_is_not_named_is_noted(
    district: District,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    behind: tuple[str, ...],
    *,
    is_told: bool,
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", "https://media.example.org")
    with serving(commands, *behind) as served:
        assert served.line
        err = served.end(signal.SIGTERM).err
    assert ("no --behind names its address" in err) == is_told


def test_without_its_extra_it_says_what_to_install(district: District, tmp_path: Path) -> None:
    # A package of that name that cannot be imported, as if none were installed.
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "uvicorn.py").write_text("raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')\n")
    environment = {**os.environ, "PYTHONPATH": str(hidden)}
    command = [PROGRAM, "serve", "--port", "0"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=END_SECONDS)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "dam-plugin: `serve` needs the extra `http`: pip install 'dam-plugin[http]'\n"


def test_without_deliverys_credentials_it_refuses_to_start(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY")
    ended = call("serve", "--port", "0")
    assert (ended.code, ended.out) == (1, "")
    assert "DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY is not set" in ended.err


@pytest.mark.parametrize("proxy", ["*", "proxy.example.org", "10.0.0.0/33", ""])
def test_a_proxy_is_named_by_its_address(proxy: str) -> None:
    ended = call("serve", "--behind", proxy)
    assert ended.code == 2
    assert "is no address of a proxy" in ended.err
