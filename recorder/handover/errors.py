"""What can go wrong between a caller and custody; each is a sentence."""


class RefusedPacket(Exception):
    """Bytes that are no packet of docs/handover.md; `asked` names what they seemed to ask."""

    def __init__(self, asked: str, sentence: str) -> None:
        super().__init__(sentence)
        self.asked = asked


class LinkLost(Exception):
    """The other end is gone, or never was there."""


class LinkFull(Exception):
    """The other end does not read; nothing was sent, and the same packet may be sent later."""


class BadSettings(Exception):
    """A configuration that cannot be used; the sentence says where and what to correct."""
