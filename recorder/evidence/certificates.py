"""X.509 certificates, read whole at once: a faulty part shows here, and as one error.

The library reads parts of a certificate when they are asked for, and each fails in its own way.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from recorder.evidence.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

# All that the library raises for a certificate that it cannot read, or will not believe.
FAULTS = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    UserWarning,
)


def parse_certificates(data: bytes) -> tuple[x509.Certificate, ...]:
    """Give the certificates of a PEM file; raise Malformed if any part of one is faulty."""
    try:
        with warnings.catch_warnings():
            # What the library only warns of today it will refuse tomorrow: refuse it today.
            warnings.simplefilter("error", UserWarning)
            certificates = tuple(x509.load_pem_x509_certificates(data))
            for certificate in certificates:
                for part in _PARTS:
                    part(certificate)
    except FAULTS as error:
        raise Malformed("A certificate cannot be read.") from error
    return certificates


_PARTS: tuple[Callable[[x509.Certificate], object], ...] = (
    lambda certificate: certificate.subject,
    lambda certificate: certificate.issuer,
    lambda certificate: certificate.extensions,
    lambda certificate: certificate.public_key(),
    lambda certificate: certificate.not_valid_before_utc,
    lambda certificate: certificate.not_valid_after_utc,
    lambda certificate: certificate.signature_algorithm_parameters,
)
