"""Runs nginx in front of a service by docs/proxy/nginx.conf; its addresses, its times and its number alone are others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import wait_until

SITE = Path(__file__).resolve().parents[2] / "docs" / "proxy" / "nginx.conf"
# Debian keeps it where only root looks for programs.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

_MAIN = """
daemon off;
master_process off;
worker_rlimit_nofile 4096;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {site}
}}
"""


def configured(folder: Path, changes: dict[str, str]) -> Path:
    """Write nginx's configuration: the document's, with these texts in place of others. Each has to be there."""
    site = SITE.read_text("utf-8").replace("/var/log/nginx", str(folder))
    for old, new in changes.items():
        assert old in site, f"docs/proxy/nginx.conf has no '{old}'"
        site = site.replace(old, new)
    path = folder / "nginx.conf"
    path.write_text(_MAIN.format(folder=folder, site=site), "utf-8")
    return path


@contextmanager
def nginx_before(service: str, folder: Path, *, most: int = 250) -> Iterator[tuple[str, int]]:
    """Serve until the block ends; yields host and port. Times are tenths, at most `most` requests of an address at once."""
    address = ("127.0.0.1", _free_port())
    changes = {
        "listen 443 ssl;": f"listen {address[0]}:{address[1]};",
        "listen 80;": f"listen 127.0.0.1:{_free_port()};",
        "    listen [::]:443 ssl;\n": "",
        "    listen [::]:80;\n": "",
        "    ssl_": "    # ssl_",
        "http://127.0.0.1:8000": service,
        " 10s;": " 1s;",
        "limit_conn dam_plugin 250;": f"limit_conn dam_plugin {most};",
    }
    running = subprocess.Popen([str(NGINX), "-c", str(configured(folder, changes)), "-e", str(folder / "error.log")])
    try:
        wait_until(lambda: _answers(address), "nginx does not start")
        yield address
    finally:
        running.terminate()
        running.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
