"""The courier's program: `python -I -m uplink.programs.courier --config FILE [--once]`."""

import argparse
import os
import queue
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.moment import utc_text
from recorder.evidence.words import check_agency, check_unit
from recorder.programs.memory import keep_buffers
from recorder.programs.service import Watchdog, notify
from uplink.broker.paho_post import PahoPost
from uplink.courier import events
from uplink.courier.berth import Berth
from uplink.courier.courier import Courier
from uplink.courier.custody import CustodyFiling
from uplink.courier.desk import Desk
from uplink.courier.line import Down, Habits, Inbox, Up
from uplink.courier.outbox import Outbox, OutboxUnusable
from uplink.courier.spool import SpoolReader, SpoolUnreadable
from uplink.programs.events_out import complain, teller
from uplink.wire.post import (
    Address,
    Connection,
    Letter,
    Listener,
    PostError,
    Subscription,
    TlsFiles,
)
from uplink.wire.standing import State
from uplink.wire.table import BadConfig, Table
from uplink.wire.topics import Kind, Topic, to_unit_filters

SOFTWARE = "shilu-courier 1"


@dataclass(frozen=True, slots=True)
class CourierSettings:
    """Everything that a courier's file says."""

    agency: str
    unit: str
    spool: Path
    outbox: Path
    custody_socket: Path
    broker: Address
    tls: TlsFiles | None
    chunk_bytes: int
    cap: int
    live: bool


def read_settings(path: Path) -> CourierSettings:
    """Read a courier's file. Raise BadConfig with a sentence."""
    table = Table.read(path)
    table.number("version", 1, 1)
    broker = table.table("broker")
    tls = None
    if broker.has("ca"):
        tls = TlsFiles(broker.path("ca"), broker.path("certificate"), broker.path("key"))
    try:
        settings = CourierSettings(
            check_agency(table.text("agency")),
            check_unit(table.text("unit")),
            table.path("spool"),
            table.path("outbox"),
            table.path("custody_socket"),
            Address(broker.text("host"), broker.number("port", 1, 65535)),
            tls,
            table.number("chunk_kib", 64, 1024, 1024) * 1024,
            table.number("cap_kib_per_second", 0, 10_000_000, 0) * 1024,
            _live(table),
        )
    except EvidenceError as error:
        raise BadConfig(f"{path}: {error}") from error
    broker.end()
    table.end()
    if not settings.spool.is_dir():
        raise BadConfig(f"there is no spool at {settings.spool}; start custody first")
    return settings


def _live(table: Table) -> bool:
    """Whether segments travel while their recording goes on. Raise BadConfig under secrecy."""
    live = table.flag("live", default=False)
    label = table.text("secrecy") if table.has("secrecy") else ""
    if live and label:
        raise BadConfig(
            f'{table.where}: live = true does not go with secrecy = "{label}": footage under a '
            "secrecy label never leaves a unit while it records; take one of the two out"
        )
    return live


def main(argv: Sequence[str] | None = None) -> int:
    """Run the courier; return the exit code."""
    parser = argparse.ArgumentParser(prog="courier", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--once", action="store_true", help="end when everything is receipted")
    parser.add_argument(
        "--limit-seconds", type=float, default=0.0, help="with --once: give up after so long"
    )
    asked = parser.parse_args(argv)
    try:
        settings = read_settings(asked.config)
        return _run(settings, once=asked.once, limit_seconds=asked.limit_seconds)
    except (BadConfig, OutboxUnusable, SpoolUnreadable, PostError) as refusal:
        return complain(str(refusal))
    except (OSError, sqlite3.Error) as error:
        return complain(f"the courier cannot go on: {error}; check disk space and permissions")


def _run(settings: CourierSettings, *, once: bool, limit_seconds: float) -> int:
    keep_buffers()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    inbox: Inbox = queue.SimpleQueue()
    listener = Listener(
        on_message=inbox.put,
        on_up=lambda: inbox.put(Up()),
        on_down=lambda sentence: inbox.put(Down(sentence)),
        on_refused=lambda sentence: inbox.put(Down(sentence)),
    )
    post = PahoPost(_connection(settings), listener)
    filing = CustodyFiling(settings.custody_socket, time.monotonic)
    outbox = Outbox(settings.outbox)
    habits = Habits(
        settings.agency,
        settings.unit,
        SOFTWARE,
        str(settings.broker),
        chunk_bytes=settings.chunk_bytes,
        cap=settings.cap,
    )
    tell = teller()
    desk = Desk(SpoolReader(settings.spool, settings.live, time.time), outbox, filing)
    courier = Courier(
        habits, desk, post, inbox, tell, seconds=time.monotonic, random=os.urandom, utc=_utc
    )
    post.open()
    try:
        if once:
            post.await_up(10.0)
        berth = Berth(courier, desk, time.monotonic)
        return _steps(berth, stop.is_set, tell, once=once, limit_seconds=limit_seconds)
    finally:
        courier.leave()
        post.close(2.0)
        filing.close()
        outbox.close()


def _steps(
    berth: Berth,
    stopped: Callable[[], bool],
    tell: Callable[[events.Event], None],
    *,
    once: bool,
    limit_seconds: float,
) -> int:
    courier, began_seconds = berth.courier, time.monotonic()
    watchdog = Watchdog(lambda said: notify(said, os.environ), time.monotonic_ns)
    while not stopped():
        courier.step()
        berth.look()
        watchdog.turn()
        if not once:
            continue
        if courier.home or courier.stuck:
            tell(events.Home(courier.tempo.sent_bytes, len(courier.refused)))
            if courier.refused:
                return complain(
                    f"{len(courier.refused)} files were refused: "
                    + "; ".join(sorted(set(courier.refused.values())))
                )
            return 0
        if limit_seconds and time.monotonic() - began_seconds > limit_seconds:
            return complain(f"not everything was receipted within {limit_seconds:g} s; try again")
    return 0


def _connection(settings: CourierSettings) -> Connection:
    gone = State(False, 0, SOFTWARE, 0, 0, "")
    will = Letter(
        str(Topic(settings.agency, settings.unit, Kind.STATE)), gone.payload(), retained=True
    )
    return Connection(
        settings.broker,
        client_id=settings.unit,
        tls=settings.tls,
        will=will,
        subscriptions=tuple(
            Subscription(one) for one in to_unit_filters(settings.agency, settings.unit)
        ),
        keep_alive_seconds=15,
        retry_max_seconds=4,
    )


def _utc() -> str:
    return utc_text(time.time_ns() // 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
