"""A sound card made of software: what the speaker says reaches the microphone through the air.

A PulseAudio of our own with two null sinks, `spk` and `air`; the microphone hears `air`, into which
the speaker and whatever else is played go. ALSA's default is that server, so PortAudio finds one
card. `norewinds` and `source_dont_move` decide: without them sound has holes, or hears itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPT = """\
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=spk rate=48000 norewinds=1
load-module module-null-sink sink_name=air rate=48000 norewinds=1
load-module module-loopback source=spk.monitor sink=air latency_msec=20 adjust_time=0 \
source_dont_move=true sink_dont_move=true
load-module module-remap-source master=air.monitor source_name=mic channels=1 \
master_channel_map=front-left channel_map=mono
set-default-sink spk
set-default-source mic
"""
_ALSA = """\
pcm_type.pulse {{ lib "{plug_ins}/libasound_module_pcm_pulse.so" }}
ctl_type.pulse {{ lib "{plug_ins}/libasound_module_ctl_pulse.so" }}
pcm.!default {{ type pulse hint {{ show on description "virtual card" }} }}
ctl.!default {{ type pulse }}
"""


class VirtualSound:
    """Starts with the first call of `start`; may be stopped, killed and started again."""

    def __init__(self, folder: Path, need: Callable[[str], Path]) -> None:
        self._folder = folder
        self._need = need
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[tuple[subprocess.Popen[bytes], threading.Thread]] = []
        plug_ins = next(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")).parent
        for name in ("run", "state"):
            (folder / name).mkdir(mode=0o700)
        (folder / "asound.conf").write_text(_ALSA.format(plug_ins=plug_ins))
        socket = folder / "run" / "native"
        (folder / "default.pa").write_text(_SCRIPT.format(socket=socket))
        self.environment = {
            **os.environ,
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }

    def start(self) -> None:
        """Return when the card is there; TimeoutError after 10 s."""
        self._server = subprocess.Popen(
            [str(self._need("pulseaudio")), "-n", "-F", str(self._folder / "default.pa"),
             "--exit-idle-time=-1", "--daemonize=no", "--disable-shm=true", "--use-pid-file=no",
             "--realtime=no", "--high-priority=no", f"--log-target=file:{self._folder}/log"],
            env=self.environment,
        )  # fmt: skip
        for _ in range(100):
            asked = subprocess.run(
                [str(self._need("pactl")), "list", "short", "sources"],
                env=self.environment, check=False, capture_output=True, text=True,
            )  # fmt: skip
            if "mic" in asked.stdout.split():
                return
            threading.Event().wait(0.1)
        raise TimeoutError(f"PulseAudio does not start; see {self._folder}/log.")

    def play(self, samples: bytes) -> None:
        """Sound in the room, s16 mono at 48 kHz, that the microphone hears."""
        player = subprocess.Popen(
            [str(self._need("pacat")), "-d", "air", "--rate=48000", "--channels=1",
             "--format=s16le"],
            env=self.environment, stdin=subprocess.PIPE,
        )  # fmt: skip
        feeder = threading.Thread(target=_feed, args=(player, samples), daemon=True)
        feeder.start()
        self._players.append((player, feeder))

    def mute_speaker(self) -> None:
        """What the unit says does not reach the room any more."""
        subprocess.run(
            [str(self._need("pactl")), "set-sink-mute", "spk", "1"],
            env=self.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def freeze(self) -> None:
        """The server stops, as one that hangs."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The server goes on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """The server is gone, and the card with it."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._server = None

    def stop(self) -> None:
        """End everything that was started here."""
        for player, feeder in self._players:
            player.kill()
            player.wait()
            feeder.join()
        self.kill()


def _feed(player: subprocess.Popen[bytes], samples: bytes) -> None:
    assert player.stdin is not None
    with contextlib.suppress(BrokenPipeError), player.stdin as stream:
        stream.write(samples)  # the player, or its server, may be killed meanwhile
