"""A mail server of the tests' own (RFC 5321), which keeps what it is sent: with or without STARTTLS, friendly or not."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class Sink:
    """What came in: the mails, and of each to whom and whether it was encrypted. `refuses`: addresses that it does not take."""

    tls: ssl.SSLContext | None = None
    refuses: tuple[str, ...] = ()
    answers: bool = True
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def serve(  # noqa: C901, PLR0912 - one branch a command
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not self.answers:
            writer.close()
            return
        is_encrypted, rcpt = False, []

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        await say("220 sink.test")
        while line := (await reader.readline()).decode():
            self.said.append(line.rstrip("\r\n"))
            word = line.split()[0].upper() if line.split() else ""
            if word == "EHLO":
                offers = ["250-sink.test"] + (["250-STARTTLS"] if self.tls and not is_encrypted else [])
                await say("\r\n".join((*offers, "250-AUTH PLAIN", "250 8BITMIME")))
            elif word == "STARTTLS" and self.tls:
                await say("220 go on")
                try:
                    await writer.start_tls(self.tls)
                except (ssl.SSLError, ConnectionError):
                    return
                is_encrypted = True
            elif word == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.refuses:
                    await say("550 no such mailbox")
                else:
                    rcpt.append(address)
                    await say("250 ok")
            elif word == "DATA":
                await say("354 go on")
                body = b""
                while (part := await reader.readline()) != b".\r\n":
                    body += part.removeprefix(b".") if part.startswith(b"..") else part
                self.mails.append(message_from_bytes(body, policy=default))
                self.to.append(rcpt)
                self.encrypted.append(is_encrypted)
                rcpt = []
                await say("250 kept")
            elif word == "QUIT":
                await say("221 bye")
                break
            elif word == "AUTH":
                await say("235 welcome")
            else:
                await say("250 ok")
        writer.close()


@contextmanager
def running(sink: Sink) -> Iterator[Sink]:
    """Run a sink on a free port of this machine until the block ends."""
    ready, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        async with await asyncio.start_server(sink.serve, "127.0.0.1", 0) as server:
            sink.port = server.sockets[0].getsockname()[1]
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield sink
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join(10)
