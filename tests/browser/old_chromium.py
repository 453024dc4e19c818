"""Bring a Chromium of 2021 from npm, and print where it lies: `make old-browser`.

The package `chrome-aws-lambda` 10.1.0 carries the headless Chromium 92 of July 2021. None of its
scripts run; what comes is compared with a digest before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import brotli

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "old-chromium"
PACKAGE = "chrome-aws-lambda@10.1.0"
MEMBER = "package/bin/chromium.br"
SHA256 = "6745d06176d629be7021538a901a5a969f335c5a8c10a581b40862e7ed66996e"


def fetched(npm: str) -> bytes:
    """Give the package as npm has it."""
    with tempfile.TemporaryDirectory() as folder:
        words = [npm, "pack", "--ignore-scripts", "--silent", PACKAGE]
        subprocess.run(words, cwd=folder, check=True, stdout=sys.stderr)
        return next(Path(folder).glob("*.tgz")).read_bytes()


def main() -> int:
    program = CACHE / "chromium"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.stderr.write("npm is not here; on Debian: sudo apt-get install npm\n")
            return 1
        data = fetched(npm)
        found = hashlib.sha256(data).hexdigest()
        if found != SHA256:
            sys.stderr.write(f"{PACKAGE} is not the one that was looked at: {found}\n")
            return 1
        with tarfile.open(fileobj=io.BytesIO(data)) as package:
            packed = package.extractfile(MEMBER)
            if packed is None:
                sys.stderr.write(f"{PACKAGE} has no {MEMBER}\n")
                return 1
            CACHE.mkdir(parents=True, exist_ok=True)
            part = CACHE / "chromium.new"
            part.write_bytes(brotli.decompress(packed.read()))
        part.chmod(0o755)
        part.rename(program)
    sys.stdout.write(f"{program}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
