"""A real Chromium, spoken to over its own pipe: the DevTools protocol, JSON ended by a zero byte.

Promises that a page is used as a person uses it: files are chosen in its inputs, buttons are
pressed, and what stands on the page is read. Knows nothing of evidence.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

PATIENCE_SECONDS = 50
_FIRST_FREE = 10  # Chromium wants its pipe at 3 and 4
_LAUNCH = (
    "import os, sys; r, w, *args = sys.argv[1:];"
    "os.dup2(int(r), 3); os.dup2(int(w), 4); os.execv(args[0], args)"
)
_SWITCHES = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # tests run as root in CI; the only page opened is ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
)


class BrowserFailed(Exception):
    """The browser did not answer, or a page's script failed; the sentence says what it said."""


class Chromium:
    """One running browser; use it as a context."""

    def __init__(self, program: Path, profile: Path) -> None:
        ours, theirs = _above(os.pipe()), _above(os.pipe())
        arguments = [str(program), *_SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        command = [sys.executable, "-I", "-c", _LAUNCH, str(theirs[0]), str(ours[1]), *arguments]
        self._log = (profile.parent / f"{profile.name}.log").open("wb")
        self._process = subprocess.Popen(
            command, pass_fds=(theirs[0], ours[1]), stdout=self._log, stderr=self._log
        )
        os.close(theirs[0])
        os.close(ours[1])
        self._read, self._write = ours[0], theirs[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._read, selectors.EVENT_READ)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._selector.close()
        os.close(self._write)  # a browser without its pipe ends itself
        os.close(self._read)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def page(self) -> Page:
        """Open an empty page."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session)

    def ask(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Send one command and give its result."""
        self._number += 1
        number = self._number
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") != number:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise BrowserFailed(f"{method}: {answer['error']}")
            result: dict[str, Any] = answer["result"]
            return result

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        while b"\0" not in self._buffer:
            if not self._selector.select(max(until - time.monotonic(), 0)):
                raise BrowserFailed(f"Chromium was silent for {PATIENCE_SECONDS} s.")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise BrowserFailed("Chromium ended; its words are in the log beside its profile.")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


class Page:
    """One tab."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        for domain in ("Page", "Runtime", "DOM", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command to this tab."""
        return self._browser.ask(method, self._session, **params)

    def open(self, address: str) -> None:
        """Go to an address, and wait until the page stands."""
        self.ask("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page answers
        """Give what a JavaScript expression gives; it may be a promise."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserFailed(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until a condition holds on the page; it is looked at each time a picture is due."""
        watch = (
            "new Promise((done) => { const look = () => "
            f"(({condition}) ? done(true) : setTimeout(look, 10)); look(); }})"
        )
        self.value(watch)

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files, or a folder, in an input as its dialog would."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.ask("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def press(self, selector: str) -> None:
        """Press what the selector names first."""
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def of(self, method: str) -> list[dict[str, Any]]:
        """Give the parameters of every event of this tab so far."""
        self.value("0")  # what was sent before this answer has arrived with it
        return [
            event["params"]
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]


def _above(pair: tuple[int, int]) -> tuple[int, int]:
    """Move both ends above the numbers that Chromium wants for its own."""
    first, second = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in pair)
    for end in pair:
        os.close(end)
    return first, second
