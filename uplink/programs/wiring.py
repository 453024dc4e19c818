"""Put a station's parts together from its settings."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from recorder.evidence.moment import utc_text
from recorder.evidence.note import VerifierKey
from recorder.evidence.receipt import LogPolicy
from recorder.evidence.words import station_origin
from uplink.station import events
from uplink.station.admission.admit import Admission, Arrived
from uplink.station.admission.receipts import Registrar
from uplink.station.authority.roll import Roll
from uplink.station.intake.ingest import Ingest
from uplink.station.intake.journeys import Limits
from uplink.station.intake.runner import Runner
from uplink.station.intake.service import answer_letter
from uplink.station.log.cosigners import HttpWitness
from uplink.station.log.index import Index
from uplink.station.log.station_log import StationLog
from uplink.station.log.witness import LocalWitness, Witness
from uplink.station.progress import Lookout
from uplink.station.settings import (
    StationSettings,
    WitnessSettings,
    read_identity,
    read_root,
    read_signing_key,
)
from uplink.station.steps import Step, no_step
from uplink.station.store.archive import Archive
from uplink.station.store.durable import room_bytes, seal, seal_read_only
from uplink.station.store.layout import Layout
from uplink.station.store.openers import Openers
from uplink.station.store.order_book import OrderBook
from uplink.wire.post import Letter
from uplink.wire.table import BadConfig


def system_unix_ms() -> int:
    """Return the system clock's milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def admission_for(
    settings: StationSettings,
    tell: Callable[[events.Event], None],
    send: Callable[[Letter], None],
    step: Step = no_step,
    unix_ms: Callable[[], int] = system_unix_ms,
) -> Admission:
    """Build admission; call it on the thread that will use it. Raise BadConfig, IndexUnusable."""
    return Admission(
        Layout(settings.data),
        Archive(seal if settings.immutable else seal_read_only, step),
        registrar_for(settings, step, unix_ms),
        roll_for(settings),
        OrderBook(Layout(settings.data), settings.agency),
        tuple(read_identity(one) for one in settings.identities),
        utc=lambda: utc_text(unix_ms()),
        tell=tell,
        send=lambda arrived, said: send(answer_letter(arrived, said)),
    )


def openers_for(
    settings: StationSettings, failed: Callable[[BaseException], None], lookout: Lookout
) -> Openers:
    """Build the threads that open films while they come. Raise BadConfig."""
    identities = tuple(read_identity(one) for one in settings.identities)
    return Openers(identities, max(os.cpu_count() or 1, 2), failed, lookout.one_more)


def registrar_for(
    settings: StationSettings,
    step: Step = no_step,
    unix_ms: Callable[[], int] = system_unix_ms,
) -> Registrar:
    """Build what writes entries; on the thread that will use it. Raise as `admission_for`."""
    layout = Layout(settings.data)
    origin = station_origin(settings.agency)
    log = StationLog(layout.log, read_signing_key(settings.log_key), origin, step)
    witnesses = tuple(_witness(one, log.key, unix_ms) for one in settings.witnesses)
    policy = LogPolicy(log.key, tuple(one.key for one in witnesses), settings.quorum)
    return Registrar(
        layout,
        log,
        Index(layout.index),
        witnesses,
        policy,
        origin,
        random=os.urandom,
        utc=lambda: utc_text(unix_ms()),
        step=step,
    )


def ingest_for(
    settings: StationSettings,
    worker: str,
    tell: Callable[[events.Event], None],
    send: Callable[[Letter], None],
    admit: Callable[[Arrived], None],
) -> Ingest:
    """Build a worker's journeys. Raise BadConfig or IndexUnusable."""
    layout = Layout(settings.data)
    return Ingest(
        worker,
        layout,
        Index(layout.index),
        roll_for(settings),
        Limits(),
        utc=lambda: utc_text(system_unix_ms()),
        tell=tell,
        publish=send,
        admit=admit,
        room=lambda: room_bytes(settings.data, settings.keep_free_bytes),
        first_handle=int.from_bytes(os.urandom(3)),
    )


def runner_for(
    settings: StationSettings,
    tell: Callable[[events.Event], None],
    send: Callable[[Letter], None],
    seconds: Callable[[], float],
) -> Runner:
    """Build what brings orders to units that begin no journey by themselves."""
    return Runner(
        settings.agency,
        OrderBook(Layout(settings.data), settings.agency),
        utc=lambda: utc_text(system_unix_ms()),
        publish=send,
        tell=tell,
        seconds=seconds,
    )


def roll_for(settings: StationSettings) -> Roll:
    """Build the roll of enrolled units. Raise BadConfig."""
    roots = tuple(read_root(one) for one in settings.roots)
    return Roll(Layout(settings.data), roots)


def _witness(settings: WitnessSettings, log: VerifierKey, unix_ms: Callable[[], int]) -> Witness:
    if settings.public is not None:
        return HttpWitness(settings.public, settings.url)
    return LocalWitness(
        settings.name,
        read_signing_key(_there(settings.key)),
        _there(settings.folder),
        (log,),
        lambda: unix_ms() // 1000,
    )


def _there(path: Path | None) -> Path:
    if path is None:
        raise BadConfig("a [[witness]] needs key and folder, or public and url")
    return path
