"""The page as its reader uses it: give it files, press, and read what it says."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.browser.keep_in_step import PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.chromium import Page

# A browser of 2021 knows no Ed25519; what it answers then is all that this stands in for.
WITHOUT_ED25519 = """
const known = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
  return algorithm.name === 'Ed25519'
    ? Promise.reject(new DOMException('Algorithm: Unrecognized name', 'NotSupportedError'))
    : known.call(this, format, key, algorithm, ...rest);
};
"""
_ENDED = "['done', 'failed'].includes(document.body.dataset.state)"


class Viewer:
    """One reader's tab with the page in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._visits = count(1)  # an address of its own, or the browser would only scroll

    def open(self, language: str = "zh") -> None:
        """Open the page anew; nothing that was given before is left."""
        self.page.open(f"{PAGE.as_uri()}?{next(self._visits)}#{language}")

    def check(
        self, package: Path, trust: Path, key: Path | None = None, head: Path | None = None
    ) -> dict[str, Any]:
        """Give what the page says, as the JSON that it saves."""
        self.choose_folder(package)
        self.page.choose("#trust", trust)
        for field, path in (("#key", key), ("#head", head)):
            if path is not None:
                self.page.choose(field, path)
        self.page.until(f"!document.getElementById('go').disabled || {_ENDED}")
        self.page.press("#go:enabled")
        self.page.until(_ENDED)
        said: dict[str, Any] = json.loads(self.text("#verdict"))
        return said

    def choose_folder(self, package: Path) -> None:
        """Choose a folder as its dialog would.

        DevTools of 2021 open no folder. There the files are chosen one by one, and get the paths
        that the dialog gives them.
        """
        self.page.choose("#package", package)
        paths = sorted(path for path in package.rglob("*") if path.is_file())
        if not paths or self.page.value("document.getElementById('package').files.length"):
            return
        self.page.value(
            "document.body.append(Object.assign(document.createElement('input'),"
            "{ type: 'file', multiple: true, id: 'each', hidden: true }))"
        )
        self.page.choose("#each", *paths)
        names = [str(path.relative_to(package.parent)) for path in paths]
        self.page.value(
            f"""{{
            const names = {json.dumps(names)};
            const files = Array.from(document.getElementById('each').files, (file, at) =>
              Object.defineProperty(file, 'webkitRelativePath', {{ value: names[at] }}));
            const chosen = document.getElementById('package');
            Object.defineProperty(chosen, 'files', {{ configurable: true, get: () => files }});
            chosen.dispatchEvent(new Event('change', {{ bubbles: true }}));
            }}"""
        )

    def text(self, selector: str) -> str:
        """Give the text of the first such element."""
        return str(self.page.value(f"document.querySelector({json.dumps(selector)}).textContent"))

    def texts(self, selector: str) -> list[str]:
        """Give the texts of all such elements."""
        found: list[str] = self.page.value(
            f"Array.from(document.querySelectorAll({json.dumps(selector)}), (e) => e.textContent)"
        )
        return found
