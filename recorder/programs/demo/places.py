"""Where the demo leaves what: one folder, and a short one for sockets, whose names have limits."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from recorder.programs.demo.household import FellShort


@dataclass(frozen=True, slots=True)
class Places:
    """All paths of one telling."""

    out: Path
    sockets: Path

    @property
    def work(self) -> Path:
        """Unit, station and logs."""
        return self.out / "work"

    @property
    def unit(self) -> Path:
        """The unit's disk."""
        return self.work / "unit"

    @property
    def spool(self) -> Path:
        """The evidence on the unit."""
        return self.unit / "spool"

    @property
    def station(self) -> Path:
        """The station's folder."""
        return self.work / "station"

    @property
    def logs(self) -> Path:
        """What the processes said to engineers."""
        return self.work / "logs"

    @property
    def tapes(self) -> Path:
        """What the sensors play."""
        return self.work / "tapes"

    @property
    def custody_socket(self) -> Path:
        """The only way to the pen."""
        return self.sockets / "custody.sock"

    @property
    def desk_socket(self) -> Path:
        """Where buttons are pressed."""
        return self.sockets / "desk.sock"

    @property
    def package(self) -> Path:
        """The evidence package."""
        return self.out / "package"

    @property
    def changed(self) -> Path:
        """The package with one byte changed."""
        return self.out / "changed"

    @property
    def clear(self) -> Path:
        """Decrypted films."""
        return self.out / "clear"

    @property
    def trust(self) -> Path:
        """What a verifier should believe."""
        return self.out / "trust.toml"

    @property
    def age_key(self) -> Path:
        """The demo station's key."""
        return self.out / "station.agekey"

    @property
    def story(self) -> Path:
        """What was expected and seen."""
        return self.out / "story.json"


def make_places(out: Path) -> Places:
    """Make the folder; FellShort if something else is in it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise FellShort(f"{out} is not empty; choose a new folder with --out, or remove it")
        places = Places(out.resolve(), Path(tempfile.mkdtemp(prefix="shilu-")))
        places.work.mkdir()
    except OSError as error:
        raise FellShort(f"{out} cannot be used: {error.strerror}; choose another --out") from error
    return places
