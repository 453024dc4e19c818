"""The demo's page: one HTML file, a stream of events, and a button that really presses.

Serves the machine's own browser on the loopback address; every request for a file is answered from
a list made beforehand, so a path can lead nowhere else.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WISH_LIMIT_BYTES = 256
_ARE_YOU_THERE_SECONDS = 1.0
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_POLICY = "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class PageUnservable(Exception):
    """The page cannot be served; the sentence says why and what to do."""


class Page:
    """What a browser is shown; `show` may be called from any thread."""

    def __init__(self, port: int, press: Callable[[bytes], None]) -> None:
        """Serve on `port` (0: any free one); PageUnservable if it is taken."""
        self._press = press
        self._shown: list[str] = []
        self._watchers: list[queue.SimpleQueue[str | None]] = []
        self._films: dict[str, Path] = {}
        self._lock = threading.Lock()
        html = resources.files("recorder.programs.demo").joinpath("page.html").read_bytes()
        try:
            self._server = _Server(port, self, html)
        except OSError as error:
            raise PageUnservable(
                f"Port {port} is in use ({error.strerror}); choose another with --port, or 0."
            ) from error
        threading.Thread(target=self._server.serve_forever, name="page", daemon=True).start()

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def show(self, kind: str, **facts: object) -> None:
        """Tell every browser, those that come later too."""
        event = json.dumps({"kind": kind, **facts}, ensure_ascii=False)
        with self._lock:
            self._shown.append(event)
            for watcher in self._watchers:
                watcher.put(event)

    def films(self, films: dict[str, Path]) -> None:
        """Let these films be played."""
        self._films = films
        self.show("films", films=sorted(films))

    def film(self, name: str) -> Path | None:
        """The film of that name, if there is one."""
        return self._films.get(name)

    def watch(self) -> queue.SimpleQueue[str | None]:
        """Everything shown so far and from now on; None at the end."""
        watcher: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._lock:
            for event in self._shown:
                watcher.put(event)
            self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: queue.SimpleQueue[str | None]) -> None:
        """A browser went away."""
        with self._lock:
            self._watchers.remove(watcher)

    @property
    def watched(self) -> bool:
        """Whether any browser shows it now, give or take a second."""
        with self._lock:
            return bool(self._watchers)

    def press(self, wish: bytes) -> None:
        """Pass on what was pressed in the page."""
        self._press(wish)

    def close(self) -> None:
        """Stop serving."""
        with self._lock:
            for watcher in self._watchers:
                watcher.put(None)
        self._server.shutdown()
        self._server.server_close()


def _next(watcher: queue.SimpleQueue[str | None]) -> bytes | None:
    """The next event for a browser, or a comment that shows whether it is still there."""
    try:
        event = watcher.get(timeout=_ARE_YOU_THERE_SECONDS)
    except queue.Empty:
        return b": still here\n\n"
    return None if event is None else f"data: {event}\n\n".encode()


class _Server(ThreadingHTTPServer):
    """Knows its page."""

    daemon_threads = True

    def __init__(self, port: int, page: Page, html: bytes) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.page = page
        self.html = html


def _span(wanted: re.Match[str] | None, size: int) -> tuple[int, int]:
    """First and last byte of what is asked for."""
    if wanted is None:
        return 0, size - 1
    return int(wanted[1]), min(int(wanted[2]) if wanted[2] else size - 1, size - 1)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/":
            self._whole(self.server.html, "text/html; charset=utf-8")
        elif self.path == "/events":
            self._events()
        elif self.path.startswith("/clear/"):
            self._film(self.path.removeprefix("/clear/"))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        same_origin = self.headers.get("Origin", "").endswith(f":{self.server.server_port}")
        if self.path != "/press" or not 0 < length <= _WISH_LIMIT_BYTES or not same_origin:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        self.server.page.press(self.rfile.read(length))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def _whole(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        watcher = self.server.page.watch()
        try:
            while (event := _next(watcher)) is not None:
                self.wfile.write(event)
                self.wfile.flush()
        except OSError:
            pass  # the browser was closed; nothing is owed to it
        finally:
            self.server.page.leave(watcher)
        self.close_connection = True

    def _film(self, name: str) -> None:
        film = self.server.page.film(name)
        if film is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        size = film.stat().st_size
        wanted = _RANGE.fullmatch(self.headers.get("Range") or "")
        first, last = _span(wanted, size)
        if first > last:
            self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        with film.open("rb") as source:
            source.seek(first)
            self.wfile.write(source.read(last - first + 1))

    def log_message(self, *_words: object) -> None:
        """Say nothing: the story is told elsewhere."""
