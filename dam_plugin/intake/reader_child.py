"""The reading process: takes one file after another, asks its parent for their bytes, and answers with their facts.

Run by `reader`, never by hand. Messages from here are `ready`, `need` (start, stop), `sibling` (a name), and at the end of
each file `facts`, `exceeded` (memory or bytes) or `raised` (the name of an error's type: its text may name people). It
gets no credentials, but runs as the parent's user, so the system would let it read the parent's environment.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

from dam_plugin.errors import StorageError
from dam_plugin.intake.exiftool import ask, with_packet
from dam_plugin.library.ranged_file import RangedFile
from dam_plugin.sandbox import Ended, limit_memory, limit_time, own_streams, receive, receive_object, send_object
from dam_tagging.metadata.read import read


def main() -> None:
    """Serve the parent until it closes the pipe."""
    requests, answers = own_streams()
    limits = receive_object(requests)
    limit_memory(limits["megabytes"] * 1024 * 1024)
    send_object(answers, {"ready": True})
    with suppress(Ended):
        while True:
            request = receive_object(requests)
            limit_time(limits["seconds"])
            send_object(answers, _answer(_Parent(requests, answers), request))


class _Parent:
    """Asks the parent for bytes and for the files beside."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers

    def fetch(self, start: int, stop: int) -> bytes:
        send_object(self._answers, {"need": [start, stop]})
        return receive(self._requests)

    def sibling(self, name: str) -> BinaryIO | None:
        send_object(self._answers, {"sibling": name})
        found = receive(self._requests)
        return io.BytesIO(found[1:]) if found[:1] == b"\1" else None


def _answer(parent: _Parent, request: dict[str, Any]) -> dict[str, Any]:
    file = RangedFile(parent.fetch, size=request["size"], budget=request["budget"])
    try:
        facts = read(file, request["name"], parent.sibling, request["there"])
        if program := request["exiftool"]:
            facts = with_packet(facts, ask(program, file, request["size"], request["seconds"]))
        return {"facts": asdict(facts)}
    except MemoryError:
        return {"exceeded": "memory"}
    except StorageError:
        # Of the storage, this process sees the budget of bytes alone: what else fails, fails in the parent.
        return {"exceeded": "bytes"}
    except Ended:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a reader raises, the file is held
        return {"raised": type(error).__name__}


if __name__ == "__main__":
    main()
