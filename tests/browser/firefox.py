"""A real Firefox, spoken to by Marionette: JSON over a socket of its own machine.

Gives a page the same verbs as `chromium` does. It opens no folder dialog: the files of a folder are
chosen one by one, as `Viewer.choose_folder` does for old browsers.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from tests.browser.chromium import PATIENCE_SECONDS, BrowserFailed

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_SETTINGS = {"marionette.port": 0, "datareporting.policy.dataSubmissionEnabled": False}
_MOST_TRIES = 3  # a page that was just opened may answer nothing
_WAIT = "const done = arguments[arguments.length - 1];"


class Firefox:
    """One running browser with one tab; use it as a context."""

    def __init__(self, program: Path, profile: Path) -> None:
        profile.mkdir(parents=True)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in _SETTINGS.items()
        ]
        (profile / "user.js").write_text("".join(lines), encoding="ascii")
        self._log = (profile.parent / f"{profile.name}.log").open("wb")
        self._process = subprocess.Popen(
            [program, "--headless", "--marionette", "--no-remote", "--profile", profile],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "HOME": str(profile)},
        )
        self._line = self._connected(profile / "MarionetteActivePort")
        self._line.settimeout(PATIENCE_SECONDS)
        self._numbers = count(1)
        self._received()  # it says who it is
        self.ask("WebDriver:NewSession", strictFileInteractability=False)
        self.ask("WebDriver:SetTimeouts", script=PATIENCE_SECONDS * 1000)

    def _connected(self, port: Path) -> socket.socket:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if port.exists() and (number := port.read_text(encoding="ascii")).strip():
                return socket.create_connection(("127.0.0.1", int(number)), PATIENCE_SECONDS)
            os.sched_yield()
        raise BrowserFailed("Firefox does not listen; its words are in the log beside its profile.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._line.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def page(self) -> FirefoxPage:
        """Give the tab, with nothing in it that was opened before."""
        page = FirefoxPage(self)
        page.open("about:blank")
        return page

    def ask(self, command: str, **params: object) -> Any:  # noqa: ANN401 - as it answers
        """Send one command and give its result."""
        message = json.dumps([0, next(self._numbers), command, params]).encode()
        self._line.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._received()
        if error is not None:
            raise BrowserFailed(f"{command}: {error['message']}")
        return result

    def _received(self) -> Any:  # noqa: ANN401 - JSON
        length = b""
        while not length.endswith(b":"):
            length += self._line.recv(1)
        left, parts = int(length[:-1]), list[bytes]()
        while left:
            parts.append(self._line.recv(left))
            left -= len(parts[-1])
        return json.loads(b"".join(parts))


class FirefoxPage:
    """One tab."""

    def __init__(self, browser: Firefox) -> None:
        self._browser = browser

    def open(self, address: str) -> None:
        """Go to an address, and wait until the page stands."""
        self._browser.ask("WebDriver:Navigate", url=address)
        stands = "return location.href + ' ' + document.readyState;"
        until, said = time.monotonic() + PATIENCE_SECONDS, {}
        while time.monotonic() < until:
            said = self._browser.ask("WebDriver:ExecuteScript", script=stands, args=[])
            if said["value"] == f"{address} complete":
                return
        raise BrowserFailed(f"Firefox does not open {address}: {said}")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page answers
        """Give what a JavaScript expression gives; it may be a promise, or a block."""
        block = expression.strip().startswith("{")
        given = f"(() => {expression})()" if block else expression
        script = f"Promise.resolve({given}).then((v) => done(JSON.stringify([v])));"
        for _ in range(_MOST_TRIES):
            answer = self._browser.ask(
                "WebDriver:ExecuteAsyncScript", script=_WAIT + script, args=[], sandbox=None
            )
            if answer["value"] is not None:
                return json.loads(answer["value"])[0]
        raise BrowserFailed(f"Firefox gives no answer to: {expression[:80]}")

    def until(self, condition: str) -> None:
        """Wait until a condition holds on the page."""
        self.value(
            "new Promise((held) => { const look = () => "
            f"(({condition}) ? held(true) : setTimeout(look, 10)); look(); }})"
        )

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files in an input; a folder is chosen by nobody here."""
        if any(path.is_dir() for path in paths):
            return
        found = self._browser.ask("WebDriver:FindElement", using="css selector", value=selector)[
            "value"
        ]
        text = "\n".join(map(str, paths))
        self._browser.ask("WebDriver:ElementSendKeys", id=next(iter(found.values())), text=text)

    def press(self, selector: str) -> None:
        """Press what the selector names first."""
        self.value(f"document.querySelector({json.dumps(selector)}).click()")
