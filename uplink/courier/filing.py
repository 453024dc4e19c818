"""Where receipts and anchors go: custody, which checks them by itself."""

from typing import Protocol

from recorder.handover.packets import Journey
from uplink.wire.orders import CommandLetter
from uplink.wire.proofs import AnchorLetter, ReceiptLetter


class FilingRefused(Exception):
    """Custody checked it and did not file it; the sentence is custody's reason."""


class FilingLost(Exception):
    """Custody does not answer; the sentence says what to do. It may be asked again."""


class Filing(Protocol):
    """The courier's only way to the pen."""

    def receipt(self, letter: ReceiptLetter) -> int:
        """Return the number of the record that files it. Raise FilingRefused or FilingLost."""

    def anchor(self, letter: AnchorLetter) -> int:
        """Return the number of the record that files it. Raise FilingRefused or FilingLost."""

    def command(self, letter: CommandLetter) -> int:
        """Return the number of the record that states it. Raise FilingRefused or FilingLost."""

    def tell_time(self, utc: str) -> None:
        """Pass on what the station's clock showed. Raise FilingLost."""

    def say(self, journey: Journey) -> None:
        """Let lamp and voice know how the way home goes. Raise FilingLost."""
