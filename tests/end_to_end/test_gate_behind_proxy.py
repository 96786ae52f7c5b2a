"""The gate behind a proxy, as docs/operations.md has it: slow clients are held off, and the others are answered."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from district import District
from live_service import live_service
from nginx import NGINX, configured, needs_nginx, nginx_before
from waiting import wait_until

from dam_hooks.http.bodies import MOST_BYTES_WITH_PAPER

CADDYFILE = Path(__file__).resolve().parents[2] / "docs" / "proxy" / "Caddyfile"
CADDY = shutil.which("caddy")
HEAD = b"GET /s/none HTTP/1.1\r\nHost: gate\r\n"
BODY = b"POST /s/none HTTP/1.1\r\nHost: gate\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"
MANY = 600
# Seconds: less than nginx waits by itself, where its configuration says nothing.
SOON = 40.0
Address = tuple[str, int]


@pytest.fixture
def proxy(district: District, tmp_path: Path) -> Iterator[Address]:
    with live_service(district.pm, behind=["127.0.0.1"]) as service, nginx_before(service, tmp_path) as address:
        yield address


def asked(proxy: Address, path: str = "/s/none", *, source: str = "127.0.0.1", **headers: str) -> httpx.Response:
    """What somebody at this address is answered through the proxy."""
    way = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=way, base_url=f"http://{proxy[0]}:{proxy[1]}", timeout=60) as client:
        return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def ends(wire: socket.socket) -> bool:
    """Whether a connection was closed."""
    wire.settimeout(0.001)
    try:
        return wire.recv(65_536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def served(caplog: pytest.LogCaptureFixture) -> int:
    """How many requests the service itself has answered."""
    return sum(record.name == "dam_hooks.http.serve" and "ms" in record.getMessage() for record in caplog.records)


@needs_nginx
def test_links_and_hosts_are_passed_on_and_nothing_else_is(proxy: Address) -> None:
    gone = asked(proxy)
    assert (gone.status_code, "This link does not open anything" in gone.text) == (404, True)
    assert asked(proxy, "/v1/tags").json()["status"] == 405
    for path in ("/healthz", "/readyz", "/", "/s"):
        assert "nginx" in asked(proxy, path).text


@needs_nginx
@pytest.mark.parametrize(
    "sent", [b"", HEAD, BODY, BODY + b"word="], ids=["nothing", "half a head", "no body", "half a body"]
)
def test_a_slow_client_is_let_go_and_never_reaches_the_service(
    proxy: Address, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level(logging.INFO, logger="dam_hooks.http")
    with socket.create_connection(proxy) as wire:
        wire.sendall(sent)
        assert asked(proxy).status_code == 404
        wait_until(lambda: ends(wire), "a slow client was kept", SOON)
    # The service hears of the two ordinary requests alone.
    assert asked(proxy).status_code == 404
    wait_until(lambda: served(caplog) >= 2)
    assert served(caplog) == 2


@needs_nginx
def test_a_head_that_comes_drop_by_drop_is_let_go(proxy: Address) -> None:
    with socket.create_connection(proxy) as wire:
        wire.sendall(HEAD)

        def dripped() -> bool:
            try:
                wire.sendall(b"X-Slow: a\r\n")
            except OSError:
                return True
            return ends(wire)

        wait_until(dripped, "a slow head was kept", SOON)


@needs_nginx
def test_many_idle_connections_of_one_address_keep_nobody_out(proxy: Address) -> None:
    with ExitStack() as opened:
        wires = [opened.enter_context(socket.create_connection(proxy)) for _ in range(MANY)]
        assert asked(proxy).status_code == 404
        wait_until(lambda: all(ends(wire) for wire in wires), "idle connections were kept", SOON)


@needs_nginx
def test_one_address_has_only_so_many_requests_at_once_and_others_are_answered(
    district: District, tmp_path: Path
) -> None:
    with (
        live_service(district.pm, behind=["127.0.0.1"]) as service,
        nginx_before(service, tmp_path, most=3) as proxy,
        ExitStack() as opened,
    ):
        for _ in range(3):
            opened.enter_context(socket.create_connection(proxy)).sendall(BODY + b"word=")
        wait_until(lambda: asked(proxy).status_code == 503)
        assert asked(proxy, source="127.0.0.2").status_code == 404
        wait_until(lambda: asked(proxy).status_code == 404)


@needs_nginx
def test_who_guesses_is_turned_away_by_the_address_that_the_proxy_sees(proxy: Address) -> None:
    statuses = [
        asked(proxy, f"/s/guess-{number}", X_Forwarded_For=f"192.0.2.{number}").status_code for number in range(31)
    ]
    assert statuses == [404] * 30 + [429]
    assert asked(proxy, source="127.0.0.2").status_code == 404


@needs_nginx
def test_the_service_says_itself_why_a_body_is_too_large(proxy: Address) -> None:
    address = f"http://{proxy[0]}:{proxy[1]}/s/none"
    answer = httpx.post(address, content=b"a" * 70_000, trust_env=False, timeout=60)
    assert (answer.status_code, "nginx" in answer.text) == (413, False)
    answer = httpx.post(address, content=b"a" * 200_000, trust_env=False, timeout=60)
    assert (answer.status_code, "nginx" in answer.text) == (413, True)


@needs_nginx
@pytest.mark.parametrize(
    ("path", "size", "is_refused"),
    [
        ("/v1/findings", MOST_BYTES_WITH_PAPER, False),
        ("/v1/findings", MOST_BYTES_WITH_PAPER + 2**20, True),
        ("/v1/shares", 200_000, True),
    ],
    ids=["a paper", "more than the service takes", "elsewhere"],
)
def test_nginx_lets_a_paper_through_and_nothing_as_large_elsewhere(
    proxy: Address, path: str, size: int, *, is_refused: bool
) -> None:
    # The service answers who has not signed before it reads: a paper ends there, and not at nginx's limit.
    answer = httpx.post(f"http://{proxy[0]}:{proxy[1]}{path}", content=b"a" * size, trust_env=False, timeout=60)
    assert (answer.status_code == 413) is is_refused


@needs_nginx
def test_nginx_takes_the_configuration_of_the_document(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    changes = {
        "/etc/ssl/certs/media.example.org.pem": str(certificate),
        "/etc/ssl/private/media.example.org.key": str(key),
    }
    log = tmp_path / "error.log"
    done = subprocess.run(
        [str(NGINX), "-t", "-c", str(configured(tmp_path, changes)), "-e", str(log)],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert "syntax is ok" in done.stderr + log.read_text("utf-8"), done.stderr


@pytest.mark.skipif(CADDY is None, reason="caddy is not installed")
def test_caddy_takes_the_configuration_of_the_document(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(CADDY), "validate", "--adapter", "caddyfile", "--config", str(CADDYFILE)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate that signs itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, secret
