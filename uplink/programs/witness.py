"""A witness as a program: C2SP tlog-witness over HTTP, `--config FILE`."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from recorder.evidence.errors import EvidenceError
from recorder.evidence.note import VerifierKey
from uplink.programs.events_out import complain
from uplink.station.log.witness import LocalWitness, Stale, WitnessRefused
from uplink.station.log.witness_wire import (
    PATH,
    REQUEST_MAX_BYTES,
    SIZE_TYPE,
    parse_add_checkpoint,
    signature_line,
)
from uplink.station.settings import read_signing_key
from uplink.wire.table import BadConfig, Table

_READ_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to a log."""

    status: HTTPStatus
    kind: str
    body: bytes


def answer_to(witness: LocalWitness, body: bytes) -> Answer:
    """Answer one add-checkpoint request."""
    try:
        old_size, proof, note = parse_add_checkpoint(body)
        signature = witness.cosign(old_size, proof, note)
    except Stale as stale:
        return Answer(HTTPStatus.CONFLICT, SIZE_TYPE, f"{stale.known_size}\n".encode())
    except WitnessRefused as refusal:
        return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain", f"{refusal}\n".encode())
    except EvidenceError as error:
        return Answer(HTTPStatus.BAD_REQUEST, "text/plain", f"{error}\n".encode())
    return Answer(HTTPStatus.OK, "text/plain", signature_line(signature))


def server_for(witness: LocalWitness, host: str, port: int) -> ThreadingHTTPServer:
    """Return a listening server. Raise OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _READ_SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                self._answer(Answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such place\n"))
            elif not length.isdecimal() or int(length) > REQUEST_MAX_BYTES:
                self._answer(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", b"\n"))
                self.close_connection = True
            else:
                self._answer(answer_to(witness, self.rfile.read(int(length))))

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_said: object) -> None:
            """Say nothing: what matters is in the witness's folder."""

    return ThreadingHTTPServer((host, port), Handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="witness", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    asked = parser.parse_args(argv)
    try:
        witness, host, port = read_settings(asked.config)
        server = server_for(witness, host, port)
    except BadConfig as refusal:
        return complain(str(refusal))
    except OSError as error:
        return complain(f"the witness cannot listen ({error}); choose another port")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    print(f"{witness.key.text()} listens at http://{host}:{server.server_address[1]}", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0


def read_settings(path: Path) -> tuple[LocalWitness, str, int]:
    """Read a witness's file. Raise BadConfig."""
    table = Table.read(path)
    table.number("version", 1, 1)
    try:
        logs = tuple(VerifierKey.parse(one) for one in table.texts("logs"))
        witness = LocalWitness(
            table.text("name"),
            read_signing_key(table.path("key")),
            table.path("folder"),
            logs,
            lambda: int(time.time()),
        )
        _ = witness.key
    except EvidenceError as error:
        raise BadConfig(f"{path}: {error}") from error
    host, port = table.text("host"), table.number("port", 0, 65535)
    table.end()
    return witness, host, port


if __name__ == "__main__":
    sys.exit(main())
