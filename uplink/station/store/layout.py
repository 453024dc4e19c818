"""Where a station keeps what: one folder, laid out once, named here only."""

from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.words import check_agency, check_unit, parse_file


@dataclass(frozen=True, slots=True)
class Layout:
    """The station's folder; every unit's file has one place in each part of it."""

    root: Path

    @property
    def log(self) -> Path:
        """The transparency log, a tlog-tiles directory."""
        return self.root / "log"

    @property
    def stamps(self) -> Path:
        """Heads of the log with an authority's time-stamp each."""
        return self.root / "stamps"

    @property
    def index(self) -> Path:
        """The database that can be rebuilt from archive and log."""
        return self.root / "index.sqlite"

    @property
    def locks(self) -> Path:
        """Lock files, worth nothing after a restart."""
        return self.root / "locks"

    @property
    def standing(self) -> Path:
        """How units stand, for people; worth nothing as evidence."""
        return self.root / "standing.sqlite"

    @property
    def metrics(self) -> Path:
        """The same for Prometheus, in its text format."""
        return self.root / "metrics.prom"

    def units(self, agency: str) -> Path:
        """Certificates of enrolled units, one folder each."""
        return self.root / "units" / check_agency(agency)

    def incoming(self, agency: str, unit: str) -> Path:
        """Bytes on their way in."""
        return self.root / "incoming" / check_agency(agency) / check_unit(unit)

    def archive(self, agency: str, unit: str) -> Path:
        """Verified originals."""
        return self.root / "archive" / check_agency(agency) / check_unit(unit)

    def all_orders(self, agency: str) -> Path:
        """What units were ordered, one folder each."""
        return self.root / "orders" / check_agency(agency)

    def orders(self, agency: str, unit: str) -> Path:
        """What one unit was ordered."""
        return self.all_orders(agency) / check_unit(unit)

    def quarantine(self, agency: str, unit: str) -> Path:
        """What was refused, with its reason."""
        return self.root / "quarantine" / check_agency(agency) / check_unit(unit)

    def archived(self, agency: str, unit: str, file: str) -> Path:
        """Return where a file of docs/format.md §2 is archived. Raise Malformed for others."""
        parse_file(file)
        return self.archive(agency, unit) / file

    def unit_lock(self, agency: str, unit: str) -> Path:
        """Held while a unit's evidence is admitted."""
        return self.locks / f"{check_agency(agency)}.{check_unit(unit)}"

    @property
    def log_lock(self) -> Path:
        """Held while the log grows."""
        return self.locks / "log"
