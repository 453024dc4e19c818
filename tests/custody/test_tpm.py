"""The identity key in a TPM: swtpm, spoken to by tpm2-pkcs11, as a TPM on a unit's board would be.

In processes of their own: a PKCS#11 library reads its place from the environment, once.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow
PIN = "12345678"
SIGN = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from recorder.custody.token import TokenPlace, TokenSigner
signer = TokenSigner.open(TokenPlace(Path(sys.argv[1]), "unit", "identity", Path(sys.argv[2])))
signature = signer.sign(b"epoch 1")
signer.public_key().verify(signature, b"epoch 1", ec.ECDSA(hashes.SHA256()))
print(signer.key_store)
signer.close()
"""


def two_free_ports() -> int:
    """Give the first of two ports that follow each other: the TPM's, and its control's."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture
def tpm(need: Callable[[str], Path], folder: Path) -> Iterator[dict[str, str]]:
    """A TPM that is on, and the environment in which the library finds it."""
    for name in ("state", "store"):
        (folder / name).mkdir()
    port = two_free_ports()
    with subprocess.Popen(
        [
            need("swtpm"), "socket", "--tpm2", "--tpmstate", f"dir={folder}/state",
            "--ctrl", f"type=tcp,port={port + 1}", "--server", f"type=tcp,port={port}",
            "--flags", "not-need-init,startup-clear", "--pid", f"file={folder}/pid",
        ],
    ) as process:  # fmt: skip
        end = time.monotonic() + 20
        while not (folder / "pid").exists():  # it listens by then
            assert time.monotonic() < end, "swtpm does not come up"
            time.sleep(0.01)
        yield {
            **os.environ,
            "TPM2_PKCS11_TCTI": f"swtpm:host=127.0.0.1,port={port}",
            "TPM2_PKCS11_STORE": str(folder / "store"),
        }
        process.kill()


def test_a_key_that_a_tpm_made_signs_and_its_public_half_checks(
    need: Callable[[str], Path], tpm: dict[str, str], folder: Path
) -> None:
    tool = need("pkcs11-tool")
    library = next(Path("/usr/lib").glob("*/libtpm2_pkcs11.so.1"))
    for arguments in (
        ("--init-token", "--slot-index", "0", "--label", "unit", "--so-pin", PIN),
        ("--init-pin", "--login", "--token-label", "unit", "--so-pin", PIN, "--pin", PIN),
        ("--keypairgen", "--key-type", "EC:prime256v1", "--label", "identity", "--login",
         "--token-label", "unit", "--pin", PIN),
    ):  # fmt: skip
        done = subprocess.run(
            [tool, "--module", library, *arguments],
            env=tpm, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    (folder / "pin").write_text(PIN, encoding="ascii")
    signed = subprocess.run(
        [sys.executable, "-c", SIGN, library, folder / "pin"],
        env=tpm, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (signed.returncode, signed.stdout.strip()) == (0, "pkcs11"), signed.stderr
