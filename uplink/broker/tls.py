"""TLS 1.3, mutual, both sides: contexts from three PEM files, or a sentence on what is wrong."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from uplink.wire.post import CertificateRefused, TlsFiles

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _ClientSocket(ssl.SSLSocket):
    """A socket that a failed handshake closes, and that takes as much as the line does.

    paho would leave the first to the garbage collector. It copies the rest of a letter before each
    `send`, and TLS sends 16 KiB at a time: without the second a letter is copied many times over.
    """

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Send until the line takes no more; raise as the base does when it takes nothing."""
        view, gone = memoryview(data), 0
        try:
            while gone < len(view):
                gone += super().send(view[gone:], flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not gone:
                raise
        return gone

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  the base's own
        """Shake hands, or close and raise."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that checks the broker's name and shows our certificate.

    Raise CertificateRefused when a file is missing, unreadable or does not fit the others.
    """
    context = _context(ssl.PROTOCOL_TLS_CLIENT, files)
    context.sslsocket_class = _ClientSocket
    return context


def server_context(files: TlsFiles, turned_away: Callable[[str], None]) -> ssl.SSLContext:
    """Return a context that lets in only clients with a certificate of our CA, not revoked by it.

    `turned_away` is told why, of each whose certificate is not accepted.

    Raise CertificateRefused when a file is missing, unreadable or does not fit the others.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, files)
    context.verify_mode = ssl.CERT_REQUIRED

    class Doorkeeper(ssl.SSLObject):
        """Tells whom it turns away; asyncio would keep that for itself."""

        def do_handshake(self) -> None:
            """Shake hands, or tell and raise."""
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                turned_away(error.verify_message)
                raise

    context.sslobject_class = Doorkeeper
    if files.crl is not None:
        try:
            context.load_verify_locations(files.crl)
        except OSError as error:
            raise _unusable("revocation list", files.crl, error) from error
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def _context(protocol: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(files.ca)
    except OSError as error:
        raise _unusable("CA", files.ca, error) from error
    try:
        context.load_cert_chain(files.certificate, files.key)
    except ssl.SSLError as error:
        raise CertificateRefused(
            f"certificate {files.certificate} and key {files.key} cannot be used together "
            f"({error.reason}); enrol again to get a matching pair"
        ) from error
    except OSError as error:
        missing = files.key if files.certificate.exists() else files.certificate
        raise _unusable("certificate or key", missing, error) from error
    return context


def _unusable(what: str, path: Path, error: OSError) -> CertificateRefused:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return CertificateRefused(
        f"the {what} file {path} cannot be used ({reason}); "
        "check the path and its permissions, or enrol again"
    )
