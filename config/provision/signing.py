"""The station's side of enrolment: a person compares six words, then the authority signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.provision.enrolment import Request, read_request
from config.provision.request import parse_request
from config.refusal import cannot, refusal, unusable
from config.words import Words
from uplink.station.authority.founding import UnitKeys, enrol, write_unit_papers
from uplink.station.authority.roll import IdentityRefused
from uplink.station.settings import read_settings
from uplink.wire.table import BadConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path


def requests_in(folder: Path) -> tuple[Request, ...]:
    """Read every `<unit>.csr` of a folder; ConfigRefused if there is none, or one is not sound."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".csr")
    except OSError as error:
        raise cannot(folder, error) from error
    if not files:
        raise refusal(
            folder,
            Words("没有申请文件 <编号>.csr", "has no request <unit>.csr"),
            Words("先在设备上运行 shilu config enroll request", "Make them on the units first"),
        )
    return tuple(read_request(path, path.stem) for path in files)


def sign(
    station: Path,
    requests: tuple[Request, ...],
    to: Path,
    same: Callable[[Request], bool],
    now: datetime,
) -> Iterator[tuple[Request, bool]]:
    """Certify each request whose words a person calls the same; yield each, and whether it was.

    A unit's papers go into a folder of its own below `to`. Raise ConfigRefused if the station
    or its keys are not there.
    """
    try:
        agency = read_settings(station / "station.toml").agency
        for request in requests:
            agreed = same(request)
            if agreed:
                asked = parse_request(request.pem, request.unit)
                keys = UnitKeys(asked.identity, asked.courier)
                papers = enrol(station, agency, request.unit, keys, now)
                write_unit_papers(to / request.unit, papers)
            yield request, agreed
    except (BadConfig, IdentityRefused, ValueError) as error:
        raise refusal(
            station,
            Words(f"签不了（{error}）", f"cannot sign ({error})"),
            Words("照括号里的话处理", "Do what it says"),
        ) from error
    except OSError as error:
        raise unusable(
            str(error.filename or station),
            Words(f"用不了（{error.strerror}）", f"cannot be used ({error.strerror})"),
            Words(
                "把机构密钥 ca/*.key 从保险柜取来，文书放进新目录",
                "Bring ca/*.key from the safe, and name a new folder for the papers",
            ),
        ) from error
