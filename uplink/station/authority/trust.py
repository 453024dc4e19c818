"""Write the trust file of docs/format.md §10: what a reader of verdicts may choose to believe."""

from collections.abc import Sequence
from dataclasses import dataclass

from recorder.evidence.note import VerifierKey


@dataclass(frozen=True, slots=True)
class Belief:
    """What the reader may believe; `roots` are PEM certificates of the identity authority."""

    agency: str
    roots: Sequence[bytes]
    station: VerifierKey
    witnesses: Sequence[VerifierKey]
    quorum: int
    commands: Sequence[VerifierKey] = ()


@dataclass(frozen=True, slots=True)
class RevokedUnit:
    """A unit whose records count only where a receipt came before `since` (24 characters)."""

    unit: str
    since: str


def trust_text(belief: Belief, revoked: Sequence[RevokedUnit] = ()) -> str:
    """Return trust.toml."""
    lines = [
        "version = 1",
        f'agency = "{belief.agency}"',
        f"quorum = {belief.quorum}",
        "roots = [",
        *(f'"""{root.decode("ascii")}""",' for root in belief.roots),
        "]",
        f'station = "{belief.station.text()}"',
        "witnesses = [",
        *(f'    "{one.text()}",' for one in belief.witnesses),
        "]",
    ]
    if belief.commands:
        lines.append(commands_line(belief.commands))
    for one in revoked:
        lines += ["", "[[revoked]]", f'unit = "{one.unit}"', f'from = "{one.since}"']
    return "\n".join(lines) + "\n"


def commands_line(keys: Sequence[VerifierKey]) -> str:
    """Return the line of a trust file that names whose orders to units are the station's."""
    named = ", ".join(f'"{one.text()}"' for one in keys)
    return f"commands = [{named}]"
