"""The page that opens a package in a browser; it goes into every package, as it lies here."""

from importlib.resources import files

FILE_NAME = "verify.html"


def page() -> bytes:
    """Give the page, byte for byte; what it promises is in docs/verify-html.md."""
    return files("uplink.station.package.viewer").joinpath(FILE_NAME).read_bytes()
