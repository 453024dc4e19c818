"""The door of the broker: whose TLS certificate is turned away, by a list that our CA signs.

It lets nobody in: what a unit brings is believed by its signed log alone. It keeps out whoever
found a unit and could otherwise still knock, read what is addressed to it, and fill the line.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from uplink.station.authority.ca import Authority
from uplink.station.authority.founding import read_papers
from uplink.station.authority.roll import Roll
from uplink.station.store.durable import write_durably


class DoorOpen(Exception):
    """The list could not be written, so the door is still open; the sentence says what to do."""


def close_door(
    crl: Path | None, ca: Path, certificates: Sequence[x509.Certificate], now: datetime
) -> None:
    """Put certificates on the list `crl`, signed by the authority in folder `ca`.

    Raise DoorOpen when there is no list, no key to sign it, or nothing to put on it.
    """
    if crl is None:
        raise DoorOpen("station.toml has no crl in [broker.server]; add it, and revoke again")
    if not certificates:
        raise DoorOpen("no TLS certificate of the unit is known here; it came from elsewhere")
    try:
        authority = Authority.load(read_papers(ca / "tls"))
        known = {one.serial_number for one in x509.load_pem_x509_crl(crl.read_bytes())}
    except (OSError, ValueError, TypeError) as error:
        raise DoorOpen(f"{error}; bring ca/tls.key from the safe, and revoke again") from error
    serials = known | {one.serial_number for one in certificates}
    write_durably(crl, authority.revocations(sorted(serials), now))


def turned_away(roll: Roll, agency: str, crl: Path | None, now: datetime) -> Iterator[str]:
    """Say of each unit whose newest certificate no longer opens the door why that is."""
    revoked: set[int] = set()
    if crl is not None and crl.exists():
        revoked = {one.serial_number for one in x509.load_pem_x509_crl(crl.read_bytes())}
    for unit in roll.units(agency):
        for newest in roll.tls_certificates(agency, unit)[-1:]:
            if newest.serial_number in revoked:
                yield f"{unit} is revoked"
            elif newest.not_valid_after_utc < now:
                yield f"{unit}'s expired on {newest.not_valid_after_utc:%Y-%m-%d}"
