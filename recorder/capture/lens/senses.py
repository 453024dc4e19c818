"""What the lens is made of: its sensors, its muxer, and what it calls. Knows nothing of orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.capture import lens_words as words
    from recorder.capture.lens.pre_record import PreRecord
    from recorder.capture.lens.way_out import CustodyLink
    from recorder.capture.ports import Camera, Lost, Microphone, Muxer, Pcm


class NoticeSearch(Protocol):
    """Looks for the notice in what the microphone hears."""

    def hear(self, pcm: Pcm) -> None:
        """Listen on."""
        ...

    def give_up(self) -> None:
        """No more will be heard: answer from what was."""
        ...

    def answer(self) -> words.NoticeSought | None:
        """What was found, once that is known; never waits."""
        ...


@dataclass(frozen=True, slots=True)
class Senses:
    """What the lens films with; `link` connects to custody, `seek` begins to look for a clip."""

    camera: Camera
    microphone: Microphone
    muxer: Callable[[Callable[[Lost], None]], Muxer]
    link: Callable[[], CustodyLink]
    seek: Callable[[str], NoticeSearch]
    say: Callable[[str], None]
    hush: Callable[[], None]
    overlay: Callable[[str, str], None]
    before_press: Callable[[bool], None]  # whether the pictures are marked as from before a press
    before: PreRecord | None = None  # none: nothing from before a press is kept
    remarks: tuple[str, ...] = ()  # what is wrong with the picture from the start; told each time
    officers: Callable[[str], tuple[str, ...]] = lambda _text: ()  # what is wrong with it then
