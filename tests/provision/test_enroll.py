"""Enrolment: the unit makes its key, two people compare six words, the station signs."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from config.command import main
from config.provision.enrolment import read_request
from config.provision.request import courier_request, new_courier_key
from config.words import ConfigRefused
from recorder.custody.settings import load as load_custody
from tests.provision.bench import Bench, asked, sign
from uplink.programs.station import main as station_main

if TYPE_CHECKING:
    from collections.abc import Callable

SHILU = Path(sys.executable).with_name("shilu")
WORDS = re.compile(r"^(BF-\d{4})  ((?:\S\S ){5}\S\S)$", re.MULTILINE)


@pytest.mark.slow
def test_both_sides_show_the_same_words_and_the_unit_takes_its_papers(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = Bench(agency, "BF-0001")
    stick, (request,) = asked(agency, unit)
    assert sign(agency, stick, f"BF-0001 {request.words}") == 0
    assert dict(WORDS.findall(capsys.readouterr().out)) == {"BF-0001": request.words}
    assert unit.install(agency / "papers" / "BF-0001") == request.words
    assert (unit.where.papers / "tls.key").stat().st_mode & 0o777 == 0o600
    assert (unit.where.spool / "identity" / "chain.pem").exists()
    assert load_custody(unit.settings / "custody.toml").unit == "BF-0001"
    assert unit.request().words == request.words, "a unit that is asked twice makes no second key"


@pytest.mark.slow
def test_a_request_that_was_exchanged_on_the_way_gets_no_papers(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    true, false = Bench(agency, "BF-0001"), Bench(agency, "BF-0009")
    (false.settings / "unit.toml").write_text(
        (false.settings / "unit.toml").read_text().replace("BF-0009", "BF-0001", 1)
    )
    shown = true.request().words
    stick, _ = asked(agency, false)
    assert sign(agency, stick, f"BF-0001 {shown}") == 2
    assert "BF-0001：六个词不一样，没有签发" in capsys.readouterr().err
    assert not (agency / "papers").exists()
    roll = agency / "station" / "data" / "units"
    assert not list(roll.rglob("identity.pem"))


@pytest.mark.slow
def test_a_unit_takes_neither_anothers_papers_nor_papers_for_another_key(agency: Path) -> None:
    one, other = Bench(agency, "BF-0001"), Bench(agency, "BF-0002")
    stick, requests = asked(agency, one, other)
    assert sign(agency, stick, "\n".join(f"{r.unit} {r.words}" for r in requests)) == 0
    with pytest.raises(ConfigRefused, match="not for BF-0001"):
        one.install(agency / "papers" / "BF-0002")
    shutil.rmtree(one.where.keys)
    one.request()
    with pytest.raises(ConfigRefused, match="certifies another key"):
        one.install(agency / "papers" / "BF-0001")
    assert not (one.where.spool / "identity" / "chain.pem").exists()
    assert not (one.where.papers / "tls.pem").exists()


@pytest.mark.slow
def test_a_folder_named_from_where_one_stands_will_do(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(Bench(agency, "BF-0001").folder):
        assert main(["enroll", "request", "--config", "settings", "--to", "stick"]) == 0
    assert WORDS.search(capsys.readouterr().out)


@pytest.mark.slow
def test_request_and_papers_travel_on_the_units_own_card(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At each start: the request once, then the papers, and never those of another unit."""
    unit, folder = Bench(agency, "BF-0001"), agency / "card"
    words = ["enroll", "card", "--config", str(unit.settings), "--folder", str(folder)]
    assert main(words) == main(words) == 0
    shown = dict(WORDS.findall(capsys.readouterr().out))
    left = (folder / "BF-0001.csr").read_bytes()
    assert read_request(folder / "BF-0001.csr", "BF-0001").words == shown["BF-0001"]
    assert sign(agency, folder, f"BF-0001 {shown['BF-0001']}") == 0
    other = Bench(agency, "BF-0002")
    stick, (request,) = asked(agency, other)
    assert sign(agency, stick, f"BF-0002 {request.words}") == 0
    shutil.copytree(agency / "papers" / "BF-0002", folder / "BF-0001")
    assert main(words) == 2
    assert not (unit.settings / "courier.toml").exists()
    shutil.rmtree(folder / "BF-0001")
    shutil.copytree(agency / "papers" / "BF-0001", folder / "BF-0001")
    assert main(words) == 0
    assert (unit.settings / "courier.toml").exists()
    assert (folder / "BF-0001.csr").read_bytes() == left


@pytest.mark.slow
def test_the_stations_own_command_compares_too(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = Bench(agency, "BF-0001")
    stick, (request,) = asked(agency, unit)
    words = ["enrol", str(agency / "station"), "BF-0001", "--csr", str(stick / "BF-0001.csr"),
             "--out", str(agency / "papers"), "--words"]  # fmt: skip
    assert station_main([*words, "红马 红马 红马 红马 红马 红马"]) == 1
    assert request.words in capsys.readouterr().err
    assert station_main([*words, request.words]) == 0
    assert request.words in capsys.readouterr().out


def test_without_anybody_to_compare_nothing_is_signed(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = subprocess.run(
        [SHILU, "config", "enroll", "sign", "--station", agency / "station", "--requests", agency,
         "--to", agency / "papers"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "没有人在比对六个词" in ran.stderr
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"])
def test_what_is_no_request_is_refused(
    agency: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    stick = agency / "stick"
    stick.mkdir()
    (stick / "BF-0001.csr").write_bytes(content)
    assert sign(agency, stick, "") == 2
    assert "BF-0001.csr：不是 BF-0001 的申请" in capsys.readouterr().err


@pytest.mark.slow
def test_a_request_that_its_own_key_did_not_sign_is_refused(agency: Path) -> None:
    stick, (request,) = asked(agency, Bench(agency, "BF-0001"))
    der = bytearray(x509.load_pem_x509_csr(request.pem).public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    (stick / "BF-0001.csr").write_bytes(forged + request.pem[len(forged) :])
    with pytest.raises(ConfigRefused, match="is no request of BF-0001 \\(its own key did not"):
        read_request(stick / "BF-0001.csr", "BF-0001")


@pytest.mark.slow
def test_no_private_key_is_on_the_stick_either_way(agency: Path) -> None:
    unit = Bench(agency, "BF-0001")
    stick, (request,) = asked(agency, unit)
    assert sign(agency, stick, f"BF-0001 {request.words}") == 0
    unit.install(agency / "papers" / "BF-0001")
    travelled = [*stick.iterdir(), *(agency / "papers" / "BF-0001").iterdir()]
    assert sorted(path.name for path in travelled) == [
        "BF-0001.csr", "ca.pem", "chain.pem", "tls.pem",
    ]  # fmt: skip
    assert not [path for path in travelled if b"PRIVATE" in path.read_bytes()]
    key = load_pem_private_key((unit.where.papers / "tls.key").read_bytes(), None)
    certificate = x509.load_pem_x509_certificate((unit.where.papers / "tls.pem").read_bytes())
    assert certificate.public_key() == key.public_key()


@pytest.mark.slow
def test_a_couriers_key_put_beside_a_true_request_gets_no_papers(
    agency: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stick, (request,) = asked(agency, Bench(agency, "BF-0001"))
    identity, end, _ = request.pem.partition(b"-----END CERTIFICATE REQUEST-----\n")
    strange = courier_request(new_courier_key(), "baofeng-minzheng", "BF-0001")
    (stick / "BF-0001.csr").write_bytes(identity + end + strange)
    assert sign(agency, stick, f"BF-0001 {request.words}") == 2
    assert "BF-0001 does not vouch for this courier's key" in capsys.readouterr().err
    assert not (agency / "papers").exists()


@pytest.mark.slow
def test_a_unit_takes_no_papers_for_a_couriers_key_that_it_lost(agency: Path) -> None:
    unit = Bench(agency, "BF-0001")
    stick, (request,) = asked(agency, unit)
    assert sign(agency, stick, f"BF-0001 {request.words}") == 0
    (unit.where.papers / "tls.key").unlink()
    with pytest.raises(ConfigRefused, match="certifies another key"):
        unit.install(agency / "papers" / "BF-0001")
    again = unit.request()
    assert again.words == request.words, "the identity is the same"
    assert again.pem != request.pem, "and vouches for the courier's new key"


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_an_afternoon_with_fifty_units(
    agency: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    """Flashed, enrolled at a real station, compared, labelled: every code leads to its key."""
    fleet, seeds = agency / "fleet", tmp_path / "seeds"
    flashed = ("flash", "--batch", fleet / "units.csv", "--rules", fleet / "rules.toml",
               "--fleet", fleet / "fleet.toml", "--to", seeds)  # fmt: skip
    assert main([str(word) for word in flashed]) == 0
    numbers = sorted(path.name for path in seeds.iterdir() if path.is_dir())
    units = [Bench(agency, number) for number in numbers]
    with ThreadPoolExecutor(2) as technicians:
        requests = list(technicians.map(Bench.request, units))
    assert len({request.words for request in requests}) == len(numbers) == 50
    stick = agency / "stick"
    stick.mkdir()
    for request in requests:
        (stick / f"{request.unit}.csr").write_bytes(request.pem)
    assert sign(agency, stick, "\n".join(f"{r.unit} {r.words}" for r in requests)) == 0
    for unit, request in zip(units, requests, strict=True):
        assert unit.install(agency / "papers" / request.unit) == request.words
    sheets = tmp_path / "labels.pdf"
    labels = ("label", "--station", agency / "station", "--agency", "baofeng-minzheng",
              "--rules", "baofeng-minzheng", "--to", sheets)  # fmt: skip
    assert main([str(word) for word in labels]) == 0
    said = subprocess.run(
        [need("pdftotext"), sheets, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert all(request.words in said for request in requests)
    assert said.count("本次执法全程录音录像") == 50
    for sharpness in ("200", "250"):  # a technician whose camera misses a code holds it again
        page = tmp_path / f"page-{sharpness}"
        subprocess.run(
            [need("pdftoppm"), "-r", sharpness, "-gray", "-png", sheets, page], check=True
        )
    pages = sorted(tmp_path.glob("page*.png"))
    assert len(pages) == 2 * 5
    codes = set(
        subprocess.run(
            [need("zbarimg"), "--quiet", "--raw", *pages],
            capture_output=True, text=True, check=True,
        ).stdout.split()
    )  # fmt: skip
    roll = agency / "station" / "data" / "units" / "baofeng-minzheng"
    for code in codes:
        _, _, _, number, digest = code.split(":")
        certificate = x509.load_pem_x509_certificate((roll / number / "identity.pem").read_bytes())
        assert digest == spki_sha256(certificate)
    assert len(codes) == 50
    assert sorted(code.split(":")[3] for code in codes) == numbers


def spki_sha256(certificate: x509.Certificate) -> str:
    """Compute the digest by another way than the code under test."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def test_labels_of_units_that_are_not_enrolled_are_not_printed(
    agency: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["label", "--station", str(agency / "station"), "--agency", "baofeng-minzheng",
             "--rules", "baofeng-minzheng", "--to", str(tmp_path / "l.pdf")]  # fmt: skip
    assert main(words) == 2
    assert "还没有登记任何设备" in capsys.readouterr().err
    assert not (tmp_path / "l.pdf").exists()
