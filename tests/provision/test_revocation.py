"""A lost unit: two people, a date, and a trust file that the verifier reads."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from config.command import main
from config.provision.batch import read_batch
from config.provision.revocation import revoke
from config.words import ConfigRefused
from recorder.evidence.moment import utc_ms
from recorder.evidence.trust import parse_trust
from tests.provision.bench import Bench, asked, sign

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON, MORNING = "2026-11-21T12:00:00.000Z", "2026-11-21T08:00:00.000Z"
TWO = ("--by", "王主任", "--confirmed-by", "赵科长")


@pytest.fixture
def trust(agency: Path) -> Path:
    """Return the trust file of somebody who verifies."""
    return Path(shutil.copy(agency / "station" / "trust.toml", agency))


@pytest.mark.slow
def test_at_the_station_it_is_shut_out_and_logged_and_only_a_unit_that_is_known(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = Bench(agency, "BF-0007")
    stick, (request,) = asked(agency, unit)
    assert sign(agency, stick, f"BF-0007 {request.words}") == 0
    station = agency / "station"
    words = ("--trust", str(station / "trust.toml"), "--from", MORNING, *TWO)
    assert main(["revoke", "BF-0006", *words]) == 2, "a slip of the pen"
    assert "is not enrolled here" in capsys.readouterr().err
    assert main(["revoke", "BF-0007", *words]) == 0
    assert "is revoked from 2026-11-21T08:00:00.000Z (entry " in capsys.readouterr().out
    assert revoked_ms(station / "trust.toml", "BF-0007") == utc_ms(MORNING)
    assert revoked_ms(station / "trust.toml", "BF-0006") is None
    (papers,) = (station / "data" / "units").glob("*/BF-0007")
    assert (papers / "revoked.json").exists(), "nothing more is taken from it"
    listed = x509.load_pem_x509_crl((station / "ca" / "tls.crl").read_bytes())
    tls = x509.load_pem_x509_certificate((agency / "papers/BF-0007/tls.pem").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(tls.serial_number) is not None


def revoked_ms(trust: Path, unit: str) -> int | None:
    return parse_trust(trust.read_text()).revoked_from_ms(unit)


def test_from_its_date_on_the_verifier_knows_it(trust: Path) -> None:
    before = trust.read_text()
    assert revoke(trust, "BF-0007", MORNING, NOW) == MORNING
    assert revoked_ms(trust, "BF-0007") == utc_ms(MORNING)
    assert revoked_ms(trust, "BF-0008") is None
    assert trust.read_text().startswith(before.rstrip())


def test_without_a_date_it_is_now(trust: Path) -> None:
    assert revoke(trust, "BF-0007", "", NOW) == NOON


def test_an_earlier_date_counts_and_a_later_one_is_refused(trust: Path) -> None:
    revoke(trust, "BF-0007", NOON, NOW)
    revoke(trust, "BF-0007", MORNING, NOW)
    assert revoked_ms(trust, "BF-0007") == utc_ms(MORNING)
    with pytest.raises(ConfigRefused, match="already"):
        revoke(trust, "BF-0007", NOON, NOW)


@pytest.mark.parametrize(
    ("unit", "since", "said"),
    [
        ("BF-0007", "2026-11-21T12:00:00.001Z", "to come"),
        ("BF-0007", "yesterday", "cannot revoke"),
        ('BF"\n', MORNING, "cannot revoke"),
        ("bf-0007", MORNING, "cannot revoke"),
    ],
)
def test_a_revocation_that_makes_no_sense_leaves_the_file_alone(
    trust: Path, unit: str, since: str, said: str
) -> None:
    before = trust.read_bytes()
    with pytest.raises(ConfigRefused, match=said):
        revoke(trust, unit, since, NOW)
    assert trust.read_bytes() == before


def test_one_person_alone_revokes_nothing(trust: Path) -> None:
    before = trust.read_bytes()
    words = [
        "revoke",
        "BF-0007",
        "--trust",
        str(trust),
        "--by",
        "王主任",
        "--confirmed-by",
        "王主任",
    ]
    assert main(words) == 2
    assert trust.read_bytes() == before
    words[-1] = "赵科长"
    assert main(words) == 0
    assert revoked_ms(trust, "BF-0007") is not None


def test_a_replacement_takes_the_network_and_leaves_a_date(trust: Path, agency: Path) -> None:
    batch = agency / "fleet" / "units.csv"
    old = read_batch(batch)[6]
    words = ["replace", "BF-0007", "BF-0051", "--batch", batch, "--to", agency / "next.csv",
             "--trust", trust, "--from", MORNING, *TWO]  # fmt: skip
    assert main([str(word) for word in words]) == 0
    (new,) = read_batch(agency / "next.csv")
    assert (new.unit, new.ssid, new.psk) == ("BF-0051", old.ssid, old.psk)
    assert revoked_ms(trust, "BF-0007") == utc_ms(MORNING)


def test_a_number_is_never_given_twice(trust: Path, agency: Path) -> None:
    words = ["replace", "BF-0007", "BF-0008", "--batch", agency / "fleet" / "units.csv",
             "--to", agency / "next.csv", "--trust", trust, *TWO]  # fmt: skip
    assert main([str(word) for word in words]) == 2
    assert revoked_ms(trust, "BF-0007") is None
