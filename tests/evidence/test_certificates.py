"""A certificate that cannot be read is refused in one way, however it is faulty."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from recorder.evidence.certificates import parse_certificates
from recorder.evidence.errors import Malformed
from recorder.evidence.verify.signer import PLACE
from tests.verify.conftest import enrolled
from tests.verify.court import codes, judged

VERSION_3, VERSION_4 = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"
P256, NO_CURVE = b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2a\x86\x48\xce\x3d\x03\x01\x7f"
EC_KEY, NO_KEY = b"\x2a\x86\x48\xce\x3d\x02\x01", b"\x2a\x86\x48\xce\x3d\x02\x7f"
KEY_USAGE, BASIC_CONSTRAINTS = b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x13"
UNIT_NAME, NO_TEXT = b"\x0c\x07BF-0007", b"\x08\x07BF-0007"

FAULTS = {
    "a version that does not exist": (VERSION_3, VERSION_4),
    "a curve that nobody knows": (P256, NO_CURVE),
    "a kind of key that nobody knows": (EC_KEY, NO_KEY),
    "the usage stated twice": (BASIC_CONSTRAINTS, KEY_USAGE),
    "a name that is no text": (UNIT_NAME, NO_TEXT),
}


def papers() -> tuple[bytes, bytes]:
    """Give a unit's certificate in DER, and its issuers' in PEM."""
    chain = enrolled().unit.files["identity/chain.pem"]
    own, *_ = parse_certificates(chain)
    end = b"-----END CERTIFICATE-----\n"
    return own.public_bytes(Encoding.DER), chain[chain.index(end) + len(end) :]


def pem(der: bytes) -> bytes:
    return (
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    )


def negative_number(der: bytes) -> bytes:
    """Give `der` with its serial number below zero."""
    at = der.index(VERSION_3) + len(VERSION_3) + 2
    return der[:at] + b"\x80" + der[at + 1 :]


def test_an_honest_chain_is_read() -> None:
    own, issuers = papers()
    assert len(parse_certificates(pem(own) + issuers)) == 2


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", ["own", "issuer"])
def test_a_faulty_certificate_is_refused_wherever_it_stands(fault: str, place: str) -> None:
    own, issuers = papers()
    faulty = pem(own.replace(*FAULTS[fault], 1))
    with pytest.raises(Malformed, match="cannot be read"):
        parse_certificates(faulty + issuers if place == "own" else pem(own) + faulty)


def test_a_number_that_the_library_only_warns_of_is_refused_too() -> None:
    with pytest.raises(Malformed, match="cannot be read"):
        parse_certificates(pem(negative_number(papers()[0])))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_package_with_a_faulty_certificate_gets_a_verdict(fault: str) -> None:
    """Found by fuzzing: each of these ended the verifier with a traceback."""
    scene = enrolled()
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    own, issuers = papers()
    files[str(PLACE.file)] = pem(own.replace(*FAULTS[fault], 1)) + issuers
    assert "CERTIFICATE_FORM" in codes(judged(files, scene.station.trust()))
