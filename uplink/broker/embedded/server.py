"""The embedded broker as a thread of our process, or as a program."""

import asyncio
import contextlib
import itertools
import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Self

from uplink.broker.access import is_safe_name
from uplink.broker.embedded.connection import Line, Patience
from uplink.broker.embedded.hub import Hub
from uplink.broker.embedded.reasons import Reason
from uplink.broker.refusals import cannot_listen
from uplink.broker.settings import BrokerSettings
from uplink.broker.tls import server_context
from uplink.wire.post import Address

_READ_AHEAD_BYTES = 256 * 1024
_HANDSHAKE_SECONDS = 10.0
_FAREWELL_SECONDS = 2.0


class EmbeddedBroker:
    """An MQTT 5 broker: `with EmbeddedBroker(settings) as broker: … broker.address …`.

    Everything lives in memory and ends with it: sessions, retained letters, letters on their way.
    """

    def __init__(self, settings: BrokerSettings, patience: Patience | None = None) -> None:
        self._settings = settings
        self._patience = patience or Patience()
        self._turned_away: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._prepare()

    def _prepare(self) -> None:
        self._started: Future[Address] = Future()
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def address(self) -> Address:
        """Where it listens, with the port that it really got."""
        return self._started.result()

    def start(self) -> Self:
        """Listen. Raise PortInUse, or CertificateRefused for unusable TLS files."""
        self._thread.start()
        self._started.result()
        return self

    def stop(self) -> None:
        """Tell every client, close every line and the port."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
            self._thread.join()

    def renew(self) -> None:
        """Start anew where it listens, to read its papers again: every line breaks."""
        self._settings = replace(self._settings, address=self.address)
        self.stop()
        self._prepare()
        self.start()

    def turned_away(self) -> tuple[str, ...]:
        """Say why, of each whose certificate was not accepted since the last time."""
        return tuple(self._turned_away.get() for _ in range(self._turned_away.qsize()))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        stop = self._stop = asyncio.Event()
        hub = Hub(
            self._settings.access,
            self._settings.held_bound_bytes,
            loop.time,
            loop.call_later,
        )
        lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if stop.is_set():
                writer.transport.abort()
                return
            # A task of our own: asyncio would print a traceback for each that `stop` cancels.
            line = loop.create_task(self._serve_line(hub, reader, writer))
            lines[line] = writer
            line.add_done_callback(lines.pop)

        server = await self._listen(greet)
        host, port, *_ = server.sockets[0].getsockname()
        self._started.set_result(Address(host, port))
        await stop.wait()
        # Python 3.11 leaks a line that was accepted and not begun when its server closes: so let
        # what was accepted begin, and accept no more, before it closes.
        for ear in server.sockets:
            loop.remove_reader(ear.fileno())
        await asyncio.sleep(0)
        server.close()
        hub.expel_all(Reason.SERVER_SHUTTING_DOWN)
        await _end(lines)

    async def _listen(
        self, greet: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
    ) -> asyncio.Server:
        tls = self._settings.tls
        context = None if tls is None else server_context(tls, self._turned_away.put)
        where = self._settings.address
        try:
            return await asyncio.start_server(
                greet,
                where.host,
                where.port,
                ssl=context,
                limit=_READ_AHEAD_BYTES,
                ssl_handshake_timeout=None if context is None else _HANDSHAKE_SECONDS,
            )
        except OSError as error:
            raise cannot_listen(where, error) from error

    async def _serve_line(
        self, hub: Hub, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        name = _client_name(writer)
        if name is None:
            writer.close()
            return
        _tune(writer)
        line = Line(hub, reader, writer, name, self._settings.packet_bound_bytes, self._patience)
        try:
            await line.serve(f"auto-{next(self._numbers)}")
        finally:
            await _close(writer)


def serve(
    settings: BrokerSettings, announce: Callable[[Address], None], stop: threading.Event
) -> None:
    """Run a broker until `stop`; `announce` gets its address once it listens.

    Raise PortInUse, or CertificateRefused for unusable TLS files.
    """
    with EmbeddedBroker(settings) as broker:
        announce(broker.address)
        stop.wait()


def _client_name(writer: asyncio.StreamWriter) -> str | None:
    """Return the certificate's common name; empty on a plain line, None if it cannot be one."""
    certificate = writer.get_extra_info("peercert")
    if certificate is None:
        return ""
    names = [
        value
        for group in certificate.get("subject", ())
        for key, value in group
        if key == "commonName"
    ]
    return names[0] if len(names) == 1 and names[0] and is_safe_name(names[0]) else None


async def _end(lines: dict[asyncio.Task[None], asyncio.StreamWriter]) -> None:
    """End every task of this loop, which is ours alone, and close what never came to run."""
    writers = tuple(lines.values())
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Return when the line is closed; one that cannot be flushed is cut."""
    writer.close()
    try:
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass  # the other side was faster


def _tune(writer: asyncio.StreamWriter) -> None:
    line: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it may be gone already; reading will tell
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    writer.transport.set_write_buffer_limits(high=_READ_AHEAD_BYTES)
