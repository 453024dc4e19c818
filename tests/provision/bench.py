"""A unit on the technician's bench, a stick, and the station's signature."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from config import load
from config.command import main
from config.provision.enrolment import Request, install, make_request
from config.provision.places import Where

if TYPE_CHECKING:
    from pathlib import Path

    from config.schema import Effective


class Bench:
    """A unit on the technician's bench: its settings, its disk."""

    def __init__(self, agency: Path, number: str) -> None:
        self.folder = agency / "units" / number
        self.settings = self.folder / "settings"
        self.settings.mkdir(parents=True)
        for name in ("rules.toml", "fleet.toml"):
            shutil.copy(agency / "fleet" / name, self.settings)
        (self.settings / "unit.toml").write_text(
            f'format = 1\nnumber = "{number}"\nkind = "bench"\n'
            f'state_directory = "{self.folder / "state"}"\n'
        )
        self.where = Where(
            self.folder / "state",
            self.folder / "custody.sock",
            self.folder / "papers",
            self.folder / "outbox.sqlite",
        )

    @property
    def config(self) -> Effective:
        return load.load(*(self.settings / f"{name}.toml" for name in ("rules", "fleet", "unit")))

    def request(self) -> Request:
        return make_request(self.config, self.settings, self.where)

    def install(self, papers: Path) -> str:
        return install(self.config, self.settings, self.where, papers)


def sign(agency: Path, stick: Path, compared: str) -> int:
    (agency / "compared.txt").write_text(compared)
    words = ("enroll", "sign", "--station", agency / "station", "--requests", stick,
             "--to", agency / "papers", "--compared", agency / "compared.txt")  # fmt: skip
    return main([str(word) for word in words])


def asked(agency: Path, *units: Bench) -> tuple[Path, list[Request]]:
    """Put the requests of these units on a stick."""
    stick = agency / "stick"
    stick.mkdir(exist_ok=True)
    requests = [unit.request() for unit in units]
    for request in requests:
        (stick / f"{request.unit}.csr").write_bytes(request.pem)
    return stick, requests
