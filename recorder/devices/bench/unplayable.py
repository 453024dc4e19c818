"""A tape that cannot be played. By itself, since whoever plays positions decodes no film."""

from recorder.capture.ports import DeviceLost


class TapeUnplayable(DeviceLost):
    """A file that should feed a bench unit and cannot; it says what and how to mend it."""
