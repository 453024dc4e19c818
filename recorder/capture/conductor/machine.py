"""The one table of what a unit does. Everything about states stands here, and nothing else does.

The machine is pure: facts in, acts out; it knows no clock, no device and no process. A fact that
the table does not name for a state changes nothing and comes back as `Act.REMEMBER`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.Enum):
    """What the unit is about."""

    UNFIT = "unfit"  # cannot record; says why
    READY = "ready"
    ARMED = "armed"  # the button is down: filming, and its meaning is not known yet
    RECORDING = "recording"
    INTERRUPTED = "interrupted"  # filming on, but nobody holds the pen
    CLOSING = "closing"  # stopped, and a press would still continue it
    SEALING = "sealing"
    OFF = "off"


FILMING = frozenset({State.RECORDING, State.INTERRUPTED, State.CLOSING})
"""In these the sensors work for a recording."""


class Fact(enum.Enum):
    """What can happen to a unit."""

    DOWN = "button goes down"
    PRESS = "press"
    PRESS_AGAIN = "press, within the same task"
    DOUBLE_PRESS = "double press"
    HELD_STOP = "held 2 s"
    HELD_OFF = "held 8 s"
    NO_GESTURE = "button up, no gesture"
    STUCK = "button stuck"
    FIT = "fit"
    FIT_INTERRUPTED = "fit, and a recording was cut off"
    UNFIT = "unfit"
    CUSTODY_LOST = "custody lost"
    CUSTODY_BACK = "custody back"
    REFUSED = "custody refuses to open"
    CLOSED = "last segment sealed"
    GRACE_OVER = "grace over"
    LENS_LOST = "lens lost"
    POWER_LOW = "power low"
    SPOOL_FULL = "spool full"


class Act(enum.Enum):
    """What the conductor is to do, in the order given."""

    FEEL = "vibrate"
    FILM = "start filming"
    AWAIT = "rest, or pre-record"
    DROP = "forget what was filmed"
    OPEN = "open a recording"
    OPEN_AGAIN = "open a recording that continues the one cut off"
    NOTICE = "speak the notice"
    MARK = "mark this second"
    MARK_REASON = "mark the time in which the reason is given"
    PHOTO = "take a photo"
    GRACE = "wait whether it goes on"
    GO_ON = "wait no longer"
    HALT = "let the last picture go"
    CLOSE = "close: button"
    CLOSE_POWER = "close: power"
    CLOSE_STORAGE = "close: storage"
    RESPAWN = "start the lens anew"
    REFUSE = "refuse aloud and remember"
    STATUS = "speak the status"
    AGAIN = "start anew once this is sealed"
    STUCK = "state that the button is stuck"
    SHUT_DOWN = "power off"
    REMEMBER = "write it down"
    LIGHT_READY = "light: ready"
    LIGHT_RECORDING = "light: recording"
    LIGHT_FAULT = "light: fault"
    SAY_STARTED = "say: recording"
    SAY_STOPPED = "say: stopped"
    SAY_MARKED = "say: marked"
    SAY_RECOVERED = "say: cut off, saved, say why"
    SAY_RESUMED = "say: resumed, say why"
    SAY_FULL = "say: storage full"
    SAY_POWER_END = "say: battery at its end"
    SAY_OFF = "say: powering off"


@dataclass(frozen=True, slots=True)
class Row:
    """Where a fact leads, and what is done on the way."""

    state: State
    acts: tuple[Act, ...] = ()


_S, _F, _A = State, Fact, Act

TABLE: dict[State, dict[Fact, Row]] = {
    _S.UNFIT: {
        _F.FIT: Row(_S.READY, (_A.LIGHT_READY, _A.AWAIT)),
        _F.FIT_INTERRUPTED: Row(
            _S.RECORDING,
            (_A.FILM, _A.LIGHT_RECORDING, _A.OPEN_AGAIN, _A.SAY_RECOVERED, _A.MARK_REASON),
        ),
        _F.UNFIT: Row(_S.UNFIT, (_A.LIGHT_FAULT,)),
        _F.CUSTODY_BACK: Row(_S.UNFIT),
        _F.CUSTODY_LOST: Row(_S.UNFIT, (_A.LIGHT_FAULT,)),
        _F.DOWN: Row(_S.UNFIT, (_A.FEEL,)),
        _F.NO_GESTURE: Row(_S.UNFIT),
        _F.PRESS: Row(_S.UNFIT, (_A.LIGHT_FAULT, _A.REFUSE)),
        _F.DOUBLE_PRESS: Row(_S.UNFIT, (_A.STATUS,)),
        _F.HELD_OFF: Row(_S.OFF, (_A.SAY_OFF, _A.SHUT_DOWN)),
        _F.STUCK: Row(_S.UNFIT, (_A.STUCK,)),
        _F.POWER_LOW: Row(_S.OFF, (_A.SAY_OFF, _A.SHUT_DOWN)),
        _F.LENS_LOST: Row(_S.UNFIT, (_A.RESPAWN,)),
    },
    _S.READY: {
        _F.DOWN: Row(_S.ARMED, (_A.FEEL, _A.FILM)),
        _F.FIT: Row(_S.READY),
        _F.NO_GESTURE: Row(_S.READY),
        _F.UNFIT: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
        _F.CUSTODY_LOST: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
        _F.SPOOL_FULL: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT, _A.SAY_FULL)),
        _F.STUCK: Row(_S.READY, (_A.STUCK,)),
        _F.POWER_LOW: Row(_S.OFF, (_A.DROP, _A.SAY_OFF, _A.SHUT_DOWN)),
        _F.LENS_LOST: Row(_S.READY, (_A.RESPAWN, _A.AWAIT)),
    },
    _S.ARMED: {
        _F.PRESS: Row(_S.RECORDING, (_A.LIGHT_RECORDING, _A.OPEN, _A.SAY_STARTED, _A.NOTICE)),
        _F.PRESS_AGAIN: Row(
            _S.RECORDING,
            (_A.LIGHT_RECORDING, _A.OPEN_AGAIN, _A.NOTICE, _A.SAY_RESUMED, _A.MARK_REASON),
        ),
        _F.DOUBLE_PRESS: Row(_S.READY, (_A.AWAIT, _A.STATUS)),
        _F.NO_GESTURE: Row(_S.READY, (_A.AWAIT,)),
        _F.HELD_STOP: Row(_S.ARMED),
        _F.HELD_OFF: Row(_S.OFF, (_A.DROP, _A.SAY_OFF, _A.SHUT_DOWN)),
        _F.STUCK: Row(_S.READY, (_A.AWAIT, _A.STUCK)),
        _F.POWER_LOW: Row(_S.OFF, (_A.DROP, _A.SAY_OFF, _A.SHUT_DOWN)),
        _F.CUSTODY_LOST: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
        _F.SPOOL_FULL: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT, _A.SAY_FULL)),
        _F.LENS_LOST: Row(_S.ARMED, (_A.RESPAWN, _A.FILM)),
    },
    _S.RECORDING: {
        _F.DOWN: Row(_S.RECORDING, (_A.FEEL,)),
        _F.NO_GESTURE: Row(_S.RECORDING),
        _F.PRESS: Row(_S.RECORDING, (_A.MARK, _A.SAY_MARKED)),
        _F.DOUBLE_PRESS: Row(_S.RECORDING, (_A.PHOTO,)),
        _F.HELD_STOP: Row(_S.CLOSING, (_A.FEEL, _A.GRACE)),
        _F.HELD_OFF: Row(_S.RECORDING),
        _F.STUCK: Row(_S.RECORDING, (_A.STUCK,)),
        _F.POWER_LOW: Row(_S.SEALING, (_A.SAY_POWER_END, _A.HALT, _A.CLOSE_POWER)),
        _F.SPOOL_FULL: Row(_S.SEALING, (_A.LIGHT_FAULT, _A.HALT, _A.CLOSE_STORAGE, _A.SAY_FULL)),
        _F.LENS_LOST: Row(_S.RECORDING, (_A.RESPAWN,)),
        _F.CUSTODY_LOST: Row(_S.INTERRUPTED, (_A.LIGHT_FAULT,)),
        _F.REFUSED: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT, _A.REFUSE)),
        _F.FIT: Row(_S.RECORDING),
        _F.UNFIT: Row(_S.RECORDING),
    },
    _S.INTERRUPTED: {
        _F.CUSTODY_BACK: Row(
            _S.RECORDING, (_A.LIGHT_RECORDING, _A.OPEN_AGAIN, _A.SAY_RESUMED, _A.MARK_REASON)
        ),
        _F.DOWN: Row(_S.INTERRUPTED, (_A.FEEL,)),
        _F.NO_GESTURE: Row(_S.INTERRUPTED),
        _F.PRESS: Row(_S.INTERRUPTED, (_A.MARK,)),
        _F.HELD_STOP: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
        _F.HELD_OFF: Row(_S.INTERRUPTED),
        _F.STUCK: Row(_S.INTERRUPTED, (_A.STUCK,)),
        _F.POWER_LOW: Row(_S.INTERRUPTED),  # nobody could seal; told again when custody is back
        _F.LENS_LOST: Row(_S.INTERRUPTED, (_A.RESPAWN,)),
    },
    _S.CLOSING: {
        _F.DOWN: Row(_S.CLOSING, (_A.FEEL,)),
        _F.NO_GESTURE: Row(_S.CLOSING),
        _F.PRESS: Row(_S.RECORDING, (_A.GO_ON, _A.LIGHT_RECORDING, _A.SAY_STARTED)),
        _F.STUCK: Row(_S.RECORDING, (_A.GO_ON, _A.LIGHT_RECORDING, _A.STUCK)),
        _F.HELD_STOP: Row(_S.CLOSING),
        _F.HELD_OFF: Row(_S.CLOSING),
        _F.GRACE_OVER: Row(_S.SEALING, (_A.HALT, _A.CLOSE)),
        _F.POWER_LOW: Row(_S.SEALING, (_A.SAY_POWER_END, _A.HALT, _A.CLOSE_POWER)),
        _F.SPOOL_FULL: Row(_S.SEALING, (_A.HALT, _A.CLOSE_STORAGE, _A.SAY_FULL)),
        _F.LENS_LOST: Row(_S.CLOSING, (_A.RESPAWN,)),
        _F.CUSTODY_LOST: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
        _F.FIT: Row(_S.CLOSING),
        _F.UNFIT: Row(_S.CLOSING),
    },
    _S.SEALING: {
        _F.CLOSED: Row(_S.READY, (_A.LIGHT_READY, _A.AWAIT, _A.SAY_STOPPED)),
        _F.DOWN: Row(_S.SEALING, (_A.FEEL,)),
        _F.NO_GESTURE: Row(_S.SEALING),
        _F.PRESS: Row(_S.SEALING, (_A.AGAIN,)),
        _F.HELD_STOP: Row(_S.SEALING),
        _F.GRACE_OVER: Row(_S.SEALING),
        _F.STUCK: Row(_S.SEALING, (_A.STUCK,)),
        _F.POWER_LOW: Row(_S.SEALING),
        _F.SPOOL_FULL: Row(_S.SEALING),
        _F.LENS_LOST: Row(_S.SEALING, (_A.RESPAWN,)),
        _F.CUSTODY_LOST: Row(_S.UNFIT, (_A.DROP, _A.LIGHT_FAULT)),
    },
    _S.OFF: {},
}


class Machine:
    """Where a unit stands; one thread owns it."""

    def __init__(self) -> None:
        self.state = State.UNFIT

    def take(self, fact: Fact) -> tuple[Act, ...]:
        """What to do about `fact`; the state has changed when this returns."""
        row = TABLE[self.state].get(fact)
        if row is None:
            return (Act.REMEMBER,)
        self.state = row.state
        return row.acts


def table_as_diagram() -> str:
    """The table as a Mermaid state diagram: what leads from one state to another."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.UNFIT.value}"]
    for state, rows in TABLE.items():
        ways: dict[State, list[str]] = {}
        for fact, row in rows.items():
            if row.state is not state:
                ways.setdefault(row.state, []).append(fact.value)
        lines += [
            f"    {state.value} --> {next_.value}: {' / '.join(facts)}"
            for next_, facts in ways.items()
        ]
    return "\n".join([*lines, f"    {State.OFF.value} --> [*]"])


def table_as_markdown() -> str:
    """The table as docs/unit.md shows it."""
    lines = ["| state | what happens | next | what the unit does |", "|---|---|---|---|"]
    for state, rows in TABLE.items():
        for fact, row in rows.items():
            does = ", ".join(act.value for act in row.acts) or "–"
            lines.append(f"| {state.value} | {fact.value} | {row.state.value} | {does} |")
    return "\n".join(lines)
