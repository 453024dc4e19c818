"""The station's program: everything that is done at a station; docs/station.md has examples."""

import argparse
import os
import queue
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.moment import utc_text
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.words import station_origin, unit_origin
from recorder.programs.memory import keep_buffers
from recorder.programs.service import Watchdog, notify
from uplink.broker.paho_post import PahoPost
from uplink.programs import (
    side_by_side,
    station_care,
    station_footage,
    station_founding,
    station_orders,
    station_papers,
    station_register,
    witness,
)
from uplink.programs.events_out import complain, teller
from uplink.programs.side_by_side import SideWorkers, WorkerEnded
from uplink.programs.station_broker import Gate, broker_of
from uplink.programs.wiring import admission_for, ingest_for, openers_for, runner_for
from uplink.station import events
from uplink.station.admission.admit import Admission
from uplink.station.authority.founding import (
    AlreadyFounded,
)
from uplink.station.authority.roll import IdentityRefused
from uplink.station.care.backup import BackupUnusable
from uplink.station.care.disposal import StaysHere
from uplink.station.intake.service import (
    Admitter,
    Down,
    Failed,
    Inbox,
    Up,
    send_over,
    serve,
    station_state,
)
from uplink.station.log.changes import Change, What
from uplink.station.log.cosigners import QuorumMissing
from uplink.station.log.index import Index, IndexUnusable
from uplink.station.log.stamps import NotStamped
from uplink.station.log.station_log import LogUnusable
from uplink.station.package.bag import NothingToPack, Order, Packer, check_empty
from uplink.station.package.credentials_paper import NotCredentialed
from uplink.station.package.stills import write_stills
from uplink.station.package.viewing import NotOpened, write_clear
from uplink.station.progress import Lookout
from uplink.station.settings import StationSettings, read_identity, read_settings
from uplink.station.store.layout import Layout
from uplink.wire.post import Address, Connection, Listener, PostError, Subscription
from uplink.wire.table import BadConfig
from uplink.wire.topics import Kind, inbox_filter, offers_filter

_SWITCH_SECONDS = 0.0005
"""Admission and intake each leave the interpreter for every hash; neither should wait 5 ms."""
_REFUSALS = (
    BadConfig,
    AlreadyFounded,
    IdentityRefused,
    BackupUnusable,
    QuorumMissing,
    IndexUnusable,
    LogUnusable,
    NothingToPack,
    StaysHere,
    NotOpened,
    NotCredentialed,
    NotStamped,
    PostError,
    WorkerEnded,
    EvidenceError,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit code."""
    asked = _parser().parse_args(argv)
    try:
        return _deeds()[asked.command or "serve"](asked)
    except _REFUSALS as refusal:
        return complain(str(refusal))
    except (OSError, sqlite3.Error, ValueError) as error:
        return complain(
            f"the station cannot go on: {error}; check free space, paths and permissions. "
            "Nothing that has a receipt is lost"
        )


def _deeds() -> dict[str, Callable[[argparse.Namespace], int]]:
    return {
        "package": _package,
        "serve": lambda asked: _serve(read_settings(asked.config), asked.config),
        "witness": lambda asked: witness.main(["--config", str(asked.file)]),
        side_by_side.COMMAND: _serve_beside,
        **dict.fromkeys(station_founding.COMMANDS, station_founding.run),
        **dict.fromkeys(station_papers.COMMANDS, station_papers.run),
        **dict.fromkeys(station_care.COMMANDS, station_care.run),
        **dict.fromkeys(station_footage.COMMANDS, station_footage.run),
        **dict.fromkeys(station_register.COMMANDS, station_register.run),
        **dict.fromkeys(station_orders.COMMANDS, station_orders.run),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shilu station", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("station.toml"))
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="take what units bring; so it does without a command too")
    cosigner = commands.add_parser("witness", help="cosign a station's log, in other hands")
    cosigner.add_argument("file", type=Path, help="witness.toml")
    package = commands.add_parser("package", help="write an evidence package of a unit")
    package.add_argument("unit")
    package.add_argument("--out", type=Path, required=True, help="an empty or new folder")
    package.add_argument("--recording", type=int, action="append", default=[])
    package.add_argument("--by", default="", help="who asked for it; stands in the log")
    package.add_argument("--reason", default="", help="what for; stands in the log")
    package.add_argument(
        "--clear", type=Path, help="folder for decrypted films and photos, for viewing"
    )
    side = commands.add_parser(side_by_side.COMMAND, help="one more worker; the first starts it")
    side.add_argument("broker", help="host:port or socket file of the broker that runs")
    station_founding.add_parsers(commands)
    station_papers.add_parsers(commands)
    station_care.add_parsers(commands)
    station_footage.add_parsers(commands)
    station_register.add_parsers(commands)
    station_orders.add_parsers(commands)
    return parser


def _package(asked: argparse.Namespace) -> int:
    settings = read_settings(asked.config)
    layout = Layout(settings.data)
    index = Index(layout.index)
    order = Order(
        settings.agency,
        asked.unit,
        tuple(asked.recording),
        station_origin(settings.agency),
        _utc(),
    )
    check_empty(asked.out)
    part = asked.out.with_name(asked.out.name + ".new")
    shutil.rmtree(part, ignore_errors=True)
    recordings = Packer(layout, index, order, part).pack()
    index.close()
    origin, station = unit_origin(settings.agency, asked.unit), station_origin(settings.agency)
    change = Change(What.EXPORT, origin, recordings, asked.by, asked.reason, station, _utc())
    station_care.enter(settings, change)
    if asked.out.exists():
        asked.out.rmdir()
    part.rename(asked.out)  # under its name no package lies that the log does not tell of
    if asked.clear:
        identities = tuple(read_identity(one) for one in settings.identities)
        archive = layout.archive(settings.agency, asked.unit)
        records = [
            parse_record(line)
            for log in sorted((asked.out / "data/unit/log").glob("*.jsonl"))
            for line in log.read_bytes().splitlines(keepends=True)
            if line.endswith(b"}\n")
        ]
        for record in records:
            if isinstance(record.body, Segment) and record.body.recording in recordings:
                write_clear(record.body, archive, identities, asked.clear)
        write_stills(records, recordings, asked.clear)
    print(f"package of recordings {', '.join(map(str, recordings))} written to {asked.out}")
    return 0


def _serve_beside(asked: argparse.Namespace) -> int:
    settings = side_by_side.beside(read_settings(asked.config), asked.broker)
    return _serve(settings, asked.config, first=False)


def _serve(settings: StationSettings, config: Path, *, first: bool = True) -> int:
    keep_buffers()
    sys.setswitchinterval(_SWITCH_SECONDS)
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    tell = station_care.Telling(settings, teller(), time.monotonic)
    inbox: Inbox = queue.SimpleQueue()
    worker = f"{settings.worker}-{os.urandom(3).hex()}"
    with (
        broker_of(settings) as broker,
        SideWorkers(config, broker.address, settings.workers - 1, tell, time.monotonic) as workers,
    ):
        address = broker.address
        gate = Gate(settings, broker, tell, time.monotonic)
        listener = Listener(
            on_message=inbox.put,
            on_up=lambda: inbox.put(Up()),
            on_down=lambda sentence: inbox.put(Down(sentence)),
            on_refused=lambda sentence: inbox.put(Down(sentence)),
        )
        post = PahoPost(_connection(settings, address, worker), listener)
        send = send_over(post)
        lookout = Lookout(settings.patience_seconds, time.monotonic, tell)
        openers = openers_for(settings, lambda error: inbox.put(Failed(error)), lookout)
        admitting = lookout.one_more()

        def admission() -> Admission:
            return replace(
                admission_for(settings, tell, send, admitting.moved),
                facts_of=lambda path: openers.facts_of(path, admitting.wait),
                progress=admitting,
            )

        admitter = Admitter(admission, inbox, tell, admitting)
        ingest = ingest_for(settings, worker, tell, send, admitter.put)
        ingest.readers = openers
        runner = runner_for(settings, tell, send, time.monotonic)
        ingest.greet = runner.greet
        post.open()
        openers.start()
        admitter.start()
        try:
            post.await_up(10.0)
            tell(events.Serving(worker, str(address)))
            watchdog = Watchdog(lambda said: notify(said, os.environ), time.monotonic_ns)

            def told_to_stop() -> bool:  # asked each time the loop comes round
                if lookout.look():  # the loop comes round, and whoever has work gets on with it
                    watchdog.turn()
                gate.look()
                workers.look()
                if first:  # what was ordered just now needs no more than one to bring it
                    runner.look()
                return bool(stopped)

            serve(ingest, inbox, settings.agency, tell, told_to_stop)
        except (OSError, sqlite3.Error, LogUnusable) as error:
            tell(events.Stopped(f"the station stopped: {error}; no unit loses anything by that"))
            raise
        finally:
            admitter.stop()
            openers.stop()
            send(station_state(settings.agency, worker, up=False))
            post.close(2.0)
    return 0


def _connection(settings: StationSettings, address: Address, worker: str) -> Connection:
    agency = settings.agency
    states = f"shilu/1/{agency}/+/{Kind.STATE}"
    filters = (offers_filter(agency), inbox_filter(agency, worker), states)
    return Connection(
        address,
        client_id=f"station-{worker}",
        tls=None if address.is_file else settings.broker.tls,
        will=station_state(agency, worker, up=False),
        subscriptions=tuple(Subscription(one) for one in filters),
        keep_alive_seconds=15,
        retry_max_seconds=2,
    )


def _utc() -> str:
    return utc_text(time.time_ns() // 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
