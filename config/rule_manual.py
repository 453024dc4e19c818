"""The manual of a rule file: the comments of the shipped ones, and examples out of them.

What stands above a section in one shipped file stands above it in all that have it (a test
compares), so that an agency which begins its own file is told the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.load import shipped, shipped_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = re.compile(r"\[\[?([a-z_.]+)\]\]?$")


def sections(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each section of a shipped file: its name, the manual above it, and its own lines.

    Behind a bare `#` stands what that file alone has to say; it is left out.
    """
    for block in text.split("\n\n"):
        lines = block.rstrip("\n").split("\n")
        above = [line for line in lines if line.startswith("#")]
        body = lines[len(above) :]
        if body and (header := _HEADER.match(body[0])):
            manual = above[: above.index("#")] if "#" in above else above
            yield header[1], "\n".join(manual), "\n".join(body)


def manual() -> dict[str, str]:
    """Return the comment above each section that any shipped file has, in their order."""
    found: dict[str, str] = {}
    for name in shipped_rules():
        for section, above, _ in sections(shipped(name).data.decode()):
            if above:
                found.setdefault(section, above)
    return found


def fullest_example(section: str) -> str:
    """Return the lines of the shipped section that says most; never the class for everything."""
    bodies = [
        body
        for name in shipped_rules()
        for found, _, body in sections(shipped(name).data.decode())
        if found == section and 'id = "general"' not in body and 'source = "default"' not in body
    ]
    return max(bodies, key=len)
