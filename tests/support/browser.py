"""A headless Chromium that is told what to do over a pipe: opens addresses, writes, clicks, and shows what a person sees.

It speaks the DevTools protocol, a JSON object before each zero byte.
"""

from __future__ import annotations

import base64
import io
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# The browser takes its orders from descriptor 3 and answers on 4.
START = """\
import fcntl, os, sys
asks, answers = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(asks, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
CHUNK = 1 << 20
END_SECONDS = 20
ANSWER_SECONDS = 60


class Browser:
    """One tab. `complaints` is what the browser objects to in a page, such as its security policy being broken.

    `statuses` are those of the pages, and `failed` says why something that a page asks for did not come.
    """

    complaints: list[str]
    statuses: list[int]
    failed: list[str]

    def __init__(self, asks: int, answers: int) -> None:
        self._asks = asks
        self._answers = answers
        self._buffer = b""
        self._number = 0
        self._loaded = False
        self._session: str | None = None
        self._context: str | None = None
        self.be_new()

    def be_new(self) -> None:
        """Be as if just started: one empty tab of no size in particular, without what any page left behind."""
        self._session = None
        if self._context:
            self._call("Target.disposeBrowserContext", browserContextId=self._context)
        self._context = self._call("Target.createBrowserContext")["browserContextId"]
        target = self._call("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Network", "Runtime"):
            self._call(f"{domain}.enable")
        self.complaints, self.statuses, self.failed = [], [], []

    def open(self, address: str) -> None:
        """Open an address as a person who clicks a link in a message."""
        self._loaded = False
        self._call("Page.navigate", url=address)
        self._wait()

    def write(self, field: str, text: str) -> None:
        """Write into the field of this name, key by key."""
        self._evaluate(f"document.querySelector('[name={field}]').focus()")
        self._call("Input.insertText", text=text)

    def click(self, what: str = "button") -> None:
        """Scroll to the page's button (or to what a CSS selector finds first), click it, and wait for the page after it."""
        self._loaded = False
        place = self._evaluate(
            f"(() => {{ const button = document.querySelector({json.dumps(what)}); button.scrollIntoView({{block: 'center'}});"
            " const box = button.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        self._wait()

    def choose(self, what: str) -> None:
        """Tick the box or the circle that a CSS selector finds."""
        self._evaluate(f"document.querySelector({json.dumps(what)}).checked = true")

    def value(self, what: str) -> str:
        """What stands in the field that a CSS selector finds."""
        return str(self._evaluate(f"document.querySelector({json.dumps(what)}).value"))

    def value_of(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self._evaluate(expression)

    def run(self, script: str) -> None:
        """Run a script of the test's own in the page, whatever the page's policy is."""
        self._evaluate(f"{script}; undefined")

    def result(self, expression: str) -> Any:
        """What a promise in the page comes to."""
        told = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return told["result"].get("value")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        """Be as large as a phone or a desk's screen; `scale` is how many pixels show one of the page."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def scheme(self, name: str) -> None:
        """Be set to `light` or `dark`."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self) -> Image.Image:
        """What is seen now."""
        data = self._call("Page.captureScreenshot", format="png")["data"]
        return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self._evaluate("location.href"))

    @property
    def text(self) -> str:
        """The words of the page."""
        return " ".join(str(self._evaluate("document.body.innerText")).split())

    @property
    def is_as_wide_as_its_screen(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        return bool(self._evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def _evaluate(self, expression: str) -> Any:
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._asks, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self._hear(told)

    def _wait(self) -> None:
        while not self._loaded:
            self._hear(self._next())

    def _hear(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        match told.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.responseReceived" if params["type"] == "Document":
                self.statuses.append(params["response"]["status"])
            case "Log.entryAdded" if params["entry"]["source"] != "network":
                self.complaints.append(params["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(params["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(params["args"]))
            case "Network.loadingFailed":
                self.failed.append(params["errorText"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            # A page that never comes fails its test, and does not keep all others waiting.
            assert select.select([self._answers], [], [], ANSWER_SECONDS)[0], "the browser does not answer"
            received = os.read(self._answers, CHUNK)
            assert received, "the browser has gone"
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """Start a browser with a profile of its own in a folder; it ends with the block."""
    (their_asks, asks), (answers, their_answers) = os.pipe(), os.pipe()
    handed_on = [str(their_asks), str(their_answers)]
    command = [
        sys.executable,
        "-S",
        "-c",
        START,
        *handed_on,
        str(CHROMIUM),
        *FLAGS,
        "--no-proxy-server",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder / 'profile'}",
    ]
    process = subprocess.Popen(
        command, pass_fds=(their_asks, their_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(their_asks)
    os.close(their_answers)
    try:
        yield Browser(asks, answers)
    finally:
        os.close(asks)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
