"""What any broker of ours is started with."""

import ipaddress
from dataclasses import dataclass

from uplink.broker.access import AccessTable
from uplink.wire.post import Address, TlsFiles


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where a broker listens, whom it lets in and how much it holds.

    Without `tls` nobody proves a name, so such a broker listens on the loopback interface only;
    ValueError otherwise. `held_bound_bytes` is per client, `packet_bound_bytes` per packet.
    """

    address: Address
    tls: TlsFiles | None
    access: AccessTable
    held_bound_bytes: int = 4 * 1024 * 1024
    packet_bound_bytes: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.tls is None and not _is_loopback(self.address.host):
            raise ValueError(
                f"a broker without TLS cannot listen on {self.address}: "
                "give it certificates, or let it listen on 127.0.0.1"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
