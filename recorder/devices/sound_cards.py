"""Finds a sound card by its name."""

from __future__ import annotations

from typing import Any

from recorder.capture.ports import DeviceLost, Source


def sound_card(audio: Any, name: str, ability: str) -> int | None:  # noqa: ANN401 – PyAudio is untyped
    """Return the index of the first card with `ability` whose name contains `name`.

    None, the default card, for an empty name; ValueError with the names there are, if none fits.
    """
    if not name:
        return None
    cards = [audio.get_device_info_by_index(at) for at in range(audio.get_device_count())]
    able = {str(card["name"]): int(card["index"]) for card in cards if card[ability] > 0}
    for known, index in able.items():
        if name in known:
            return index
    raise ValueError(f"no card is called {name!r}; there are: {', '.join(able) or 'none'}")


def no_such_card(what: str, name: str, error: Exception) -> DeviceLost:
    """Say that a card cannot be opened, and what to try."""
    which = f" {name!r}" if name else ""
    return DeviceLost(
        Source.MICROPHONE,
        f"The {what}{which} cannot be opened ({error}); check its plug and its name in unit.toml.",
    )
