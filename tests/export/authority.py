"""A time-stamping authority made of `openssl ts` alone, with the lies that are asked of it."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """[tsa]
default_tsa = us
[us]
serial = {folder}/serial
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_USAGE = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
_USAGE += "extendedKeyUsage=critical,timeStamping\n"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass
class OpensslAuthority:
    """The authority in a folder; `root` is what others believe. `asked` keeps each request."""

    folder: Path
    openssl: Path
    asked: list[bytes] = field(default_factory=list)

    @classmethod
    def found(cls, folder: Path, openssl: Path) -> OpensslAuthority:
        folder.mkdir()
        (folder / "usage").write_text(_USAGE, encoding="ascii")
        (folder / "serial").write_text("01\n", encoding="ascii")
        (folder / "ts.conf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        own = cls(folder, openssl)
        own._openssl("req", "-x509", *_NEW_KEY, "-keyout", "root.key", "-out", "root.pem",
                     "-subj", "/CN=time root", "-days", "3650")  # fmt: skip
        own._openssl("req", *_NEW_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
        own._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key",
                     "-out", "tsa.crt", "-days", "3650", "-extfile", "usage")  # fmt: skip
        return own

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, request: bytes) -> bytes:
        self.asked.append(request)
        (self.folder / "query").write_bytes(request)
        self._openssl("ts", "-reply", "-config", "ts.conf", "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def _openssl(self, *words: str) -> None:
        subprocess.run([self.openssl, *words], cwd=self.folder, check=True, capture_output=True)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Answer over HTTP, as RFC 3161 §3.4 says; give the address."""
        authority = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kind = self.headers["Content-Type"]
                request = self.rfile.read(int(self.headers["Content-Length"]))
                status = 200 if kind == "application/timestamp-query" else 415
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                if status == 200:
                    self.wfile.write(authority.answer(request))

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa"
        finally:
            server.shutdown()
            server.server_close()
