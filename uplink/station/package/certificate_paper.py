"""What people say on a certificate; needs none of what makes the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """What people say about a package; an empty text leaves a line to fill in by hand."""

    maker_agency: str = ""
    maker: str = ""
    extractor: str = ""
    extracted: str = ""
    case_name: str = ""
    mark: str = ""
    place: str = ""
    officers: tuple[str, ...] = ()
    kept_at: str = ""
