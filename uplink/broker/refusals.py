"""What went wrong on the way to a broker, as sentences that say what to do. Pure."""

import errno
import socket
import ssl

from uplink.wire.post import (
    Address,
    BrokerRefused,
    BrokerUnreachable,
    CertificateRefused,
    Connection,
    PapersRefused,
    PortInUse,
    PostError,
)

_ALERTS = {
    "CERTIFICATE_EXPIRED": "has expired, or one of the two clocks is wrong; enrol again",
    "CERTIFICATE_REVOKED": "is revoked; ask the station's administrator",
    "UNKNOWN_CA": "is not of the CA that this broker trusts; is it the right station?",
}


def failed_attempt(connection: Connection, error: BaseException | None) -> PostError:
    """Return the refusal for a connection that did not come about."""
    where = connection.address
    if isinstance(error, ssl.SSLCertVerificationError):
        ca = connection.tls.ca if connection.tls else "the CA file"
        return PapersRefused(
            f"the certificate of the broker at {where} is not accepted "
            f"({error.verify_message}); check that {ca} is the CA that signed it, that it names "
            f"{where.host}, and that the clock is right"
        )
    if isinstance(error, ssl.SSLError):
        return CertificateRefused(
            f"no TLS 1.3 with the broker at {where} ({error.reason or error}); "
            "check that the port is its TLS port"
        )
    if isinstance(error, ConnectionRefusedError):
        return BrokerUnreachable(f"no broker answers at {where}; start it, or correct the address")
    if isinstance(error, socket.gaierror):
        return BrokerUnreachable(
            f"the name {where.host} of the broker is unknown here; correct it, or check the network"
        )
    if isinstance(error, TimeoutError):
        return BrokerUnreachable(
            f"the broker at {where} did not answer within {connection.connect_seconds:g} s; "
            "check the network and the address"
        )
    return BrokerUnreachable(
        f"the broker at {where} cannot be reached ({error}); check the network"
    )


def shut_out(connection: Connection, last_error: str) -> PostError:
    """Return the refusal for a line that broke before the broker had greeted us."""
    where = connection.address
    detail = f" ({last_error})" if last_error else ""
    if connection.tls is None:
        return BrokerUnreachable(
            f"the broker at {where} hung up without a greeting{detail}; "
            "check that the port is its plain MQTT 5 port"
        )
    for alert, what in _ALERTS.items():
        if alert in last_error:
            return PapersRefused(
                f"the broker at {where} does not let us in: our certificate "
                f"{connection.tls.certificate} {what}"
            )
    return CertificateRefused(
        f"the broker at {where} hung up on our certificate {connection.tls.certificate}{detail}; "
        "check that its CA signed it and that it is neither expired nor revoked"
    )


def not_let_in(connection: Connection, reason: str) -> PostError:
    """Return the refusal for a broker that answered CONNECT with a failure."""
    return BrokerRefused(
        f"the broker at {connection.address} does not let {connection.client_id} in "
        f"({reason.lower()}); check its access list"
    )


def line_lost(connection: Connection, reason: str) -> PostError:
    """Return the refusal for a line that broke after it had been up."""
    return BrokerUnreachable(
        f"the line to the broker at {connection.address} broke ({reason.lower()}); connecting again"
    )


def letter_refused(topic: str, reason: str) -> str:
    """Return the sentence for a letter that the broker did not accept."""
    return f"the broker refused a letter to {topic} ({reason.lower()}); check its access list"


def subscription_refused(topic_filter: str, reason: str) -> str:
    """Return the sentence for a subscription that the broker did not grant."""
    return (
        f"the broker refused the subscription {topic_filter} ({reason.lower()}); "
        "check its access list"
    )


def cannot_listen(where: Address, error: OSError) -> PortInUse:
    """Return the refusal for a broker whose address cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"another program already listens on {where}; stop it, or give the broker another "
            "port (0 takes any free one)"
        )
    return PortInUse(
        f"the broker cannot listen on {where} ({error.strerror}); choose an address of this "
        "machine and a port above 1023"
    )
