"""Holds a network namespace: makes its lines, hands their other ends over, and stays till closed.

`unshare --net python keeper.py SOCKET NAME=ADDRESS/PEER…` – a program of its own, since a
namespace lives as long as somebody is in it.
"""

from __future__ import annotations

import array
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "ip"


def line(name: str, address: str, peer: str) -> int:
    """Make one line of IP packets and return the descriptor of its other end."""
    other_end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    wanted = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
    fcntl.ioctl(other_end, _TUNSETIFF, wanted)
    ip("addr", "add", address, "peer", peer, "dev", name)
    ip("link", "set", name, "up")
    return other_end


def ip(*words: str) -> None:
    subprocess.run([_IP, *words], check=True)


def main() -> None:
    to_us = socket.socket(fileno=int(sys.argv[1]))
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{sys.argv[2]}/32", "dev", "lo")
    ends = []
    for one in sys.argv[4:]:
        name, _, addresses = one.partition("=")
        ends.append(line(name, *addresses.split("/")))
    if sys.argv[3]:
        ip("route", "add", "default", "via", sys.argv[3])
    socket.send_fds(to_us, [b"r"], array.array("i", ends))
    to_us.recv(1)  # ends when whoever asked for the namespace closes, or dies


if __name__ == "__main__":
    main()
