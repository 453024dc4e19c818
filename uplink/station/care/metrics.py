"""How every unit stands, in Prometheus's text format."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from recorder.evidence.moment import utc_ms
from uplink.station.care.standing import Counted, UnitStanding
from uplink.wire.topics import STATION

_HOUR_MS = 3_600_000
_Value = Callable[[UnitStanding], float | None]


@dataclass(frozen=True, slots=True)
class Site:
    """What holds for the whole station."""

    hand_in_hours: int
    free_bytes: int


def metrics(units: tuple[UnitStanding, ...], counts: tuple[Counted, ...], site: Site) -> str:
    """Return what is pending and until when, how units are, and how often each fault was met.

    Instants are seconds since 1970; a unit of which something is not known has no such line.
    """
    found = tuple(one for one in units if one.unit != STATION)
    gauges: tuple[tuple[str, str, _Value], ...] = (
        ("docked", "1 while a unit's line is up", lambda one: int(one.up)),
        ("last_seen_seconds", "when a unit's state last came", lambda one: _seconds(one.seen)),
        ("pending_files", "files without a receipt", lambda one: one.pending_files),
        ("pending_bytes", "bytes without a receipt", lambda one: one.pending_bytes),
        ("bytes_per_second", "how fast they come", lambda one: one.bytes_per_second),
        ("due_seconds", "until when the oldest of them must be handed in", _due(site)),
        ("clock_offset_seconds", "a unit's clock less ours", lambda one: one.clock_offset_seconds),
        (
            "selftest_seconds",
            "when it last looked at itself",
            lambda one: _seconds(one.checked_utc),
        ),
        ("recordings_on_hold", "that nobody may dispose of", lambda one: one.on_hold),
    )
    lines: list[str] = []
    for name, help_text, value in gauges:
        told = ((f'unit="{one.unit}"', value(one)) for one in found)
        lines += _series(f"shilu_unit_{name}", help_text, "gauge", told)
    failed = ((f'unit="{u.unit}",item="{_safe(item)}"', 1) for u in found for item in u.doubts)
    lines += _series("shilu_unit_selftest_failed", "not passed by the last one", "gauge", failed)
    measured = (
        (f'unit="{u.unit}",item="{_safe(one.item)}",measure="{_safe(one.measure)}"', one.value)
        for u in found
        for one in u.checked
        if one.value >= 0
    )
    lines += _series("shilu_unit_selftest_value", "as measured by it", "gauge", measured)
    info = ((f'unit="{u.unit}",software="{_safe(u.software)}"', 1) for u in found if u.software)
    lines += _series("shilu_unit_info", "the software that a unit runs", "gauge", info)
    ingested = ((f'unit="{one.unit}"', one.ingested_bytes) for one in found)
    lines += _series("shilu_ingest_bytes_total", "bytes of films verified", "counter", ingested)
    refused = ((f'unit="{c.unit}"', c.count) for c in counts if c.what == "RefusedFile")
    lines += _series("shilu_verify_failures_total", "files refused", "counter", refused)
    said = ((f'unit="{one.unit}",what="{one.what}"', one.count) for one in counts)
    lines += _series("shilu_events_total", "what was said of a unit, by kind", "counter", said)
    lines += _series("shilu_disk_free_bytes", "on the archive's disk", "gauge", ())
    lines.append(f"shilu_disk_free_bytes {site.free_bytes}")
    return "\n".join(lines) + "\n"


def _series(
    name: str, help_text: str, kind: str, values: Iterable[tuple[str, float | None]]
) -> Iterator[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        if value is not None:
            yield f"{name}{{{labels}}} {value}"


def _seconds(utc: str) -> float | None:
    return utc_ms(utc) / 1000 if utc else None


def _due(site: Site) -> _Value:
    def due(one: UnitStanding) -> float | None:
        if not one.oldest or not one.pending_files:
            return None
        return (utc_ms(one.oldest) + site.hand_in_hours * _HOUR_MS) / 1000

    return due


def _safe(text: str) -> str:
    """Keep what cannot break out of a label: a unit's words are not trusted."""
    return "".join(one for one in text if one.isprintable() and one not in '\\"')
