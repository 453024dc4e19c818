"""`shilu config`: from an agency's regulation to units in the field, command by command."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from config.commands.saying import OK, REFUSED, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "init": "start: asks what an agency has, writes rules, fleet and the list of units",
    "check": "check rules, fleet and unit together",
    "show": "show every value in force, and where it comes from",
    "rules": "list the shipped regulations, compare them, or begin a new one",
    "schema": "export the JSON Schema of each layer, for editors",
    "flash": "write each unit's seed, into folders or copies of an image",
    "enroll": "the unit makes its key, both sides show six words, the station signs",
    "prompts": "speak the notice with agency and officers, or take a person's recording",
    "label": "print A4 label sheets",
    "selftest": "the unit's newest self-check as a signed report",
    "support-bundle": "what an engineer needs; no footage, no keys",
    "revoke": "a unit is lost: from when on its word no longer counts",
    "replace": "revoke a unit and list another one in its place",
}


def usage() -> str:
    """What it can do, a line each."""
    lines = [f"  shilu config {name:15} {what}" for name, what in COMMANDS.items()]
    return "\n".join(["usage: shilu config COMMAND …  (COMMAND --help says more)", *lines])


def main(argv: Sequence[str] | None = None) -> int:
    """0 if done, 1 if something cannot be read or written, 2 if what it says is wrong."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in {"-h", "--help"}:
        print(usage())
        return OK
    if not words or words[0] not in COMMANDS:
        print(usage(), file=sys.stderr)
        return REFUSED
    command = importlib.import_module(f"config.commands.{words[0].replace('-', '_')}")
    try:
        answer: int = command.main(words[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREADABLE
    return answer
