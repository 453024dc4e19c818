"""The packets by which the station's orders come to the unit (docs/handover.md).

`command` is the note as the courier got it; what custody made of it goes to the conductor.
"""

from dataclasses import dataclass
from typing import Annotated

from recorder.evidence.shape import Number
from recorder.evidence.words import MAX_COMMAND_BYTES
from recorder.handover.packets import BoundOfficers, NoLongerThan


@dataclass(frozen=True, slots=True)
class Command:
    """What the station orders: its signed note, as it came."""

    note: Annotated[str, NoLongerThan(MAX_COMMAND_BYTES)]


@dataclass(frozen=True, slots=True)
class Assign:
    """Whom command `number` binds from the next recording on.

    Nobody where the log knows the command and its note was lost.
    """

    number: Number
    officers: BoundOfficers


@dataclass(frozen=True, slots=True)
class CheckNow:
    """Command `number` wants a self-check; told again to whoever connects before it is there."""

    number: Number
