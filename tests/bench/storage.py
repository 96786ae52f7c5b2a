"""A storage to measure against: moto's server in a process of its own, with one empty bucket."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dam_plugin.library.s3 import Library

BUCKET = "bench"
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def storage(settings: Mapping[str, str] | None = None) -> Iterator[Library]:
    """Give the library of the empty bucket; meanwhile the environment names the server, and holds these settings too."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout
        assert server.stdin
        port, before = int(server.stdout.readline()), dict(os.environ)
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "BENCH",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "NO_PROXY": "127.0.0.1",
            **(settings or {}),
        }
        try:
            with Library.connect(BUCKET) as library:
                library._client.create_bucket(Bucket=BUCKET)
                yield library
        finally:
            os.environ.clear()
            os.environ |= before
            server.stdin.close()


def settings_without_storage(url: str) -> dict[str, str]:
    """Return the environment of a program with a store, whose storage does not answer."""
    return {
        "DAM_PLUGIN_BUCKET": "bench",
        "DAM_PLUGIN_DATABASE_URL": url,
        "DAM_PLUGIN_PSEUDONYM_KEY": "p" * 40,
        "DAM_PLUGIN_SIGNING_KEY": "s" * 40,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
