#!/bin/sh
# outfit.sh: what a machine without devices has instead, so that voice and lamp can be asked. Runs
# inside. A sound card that writes what it plays to /dev/shm/said.raw; a lamp that is a file.
set -e
cat >/etc/asound.conf <<END
pcm.!default { type file slave.pcm "null" file "/dev/shm/said.raw" format "raw" }
END
mkdir -p /dev/shm/leds/shilu-fault
echo none >/dev/shm/leds/shilu-fault/trigger
echo 0 >/dev/shm/leds/shilu-fault/brightness
for unit in shilu-alert@ shilu-unenrolled; do
    mkdir -p /etc/systemd/system/$unit.service.d
    sed -n 's|/sys/class/leds|/dev/shm/leds|; s|^ExecStart=|[Service]\nExecStart=\nExecStart=|p' \
        /usr/lib/systemd/system/$unit.service >/etc/systemd/system/$unit.service.d/leds.conf
done
for unit in shilu-custody shilu-capture shilu-station; do
    mkdir -p /etc/systemd/system/$unit.service.d
    { echo "[Service]" && sed -n '/^Exec.*fault-lamp/{s|/sys/class/leds|/dev/shm/leds|; s|^\([^=]*=\)|\1\n\1|; p}' \
        /usr/lib/systemd/system/$unit.service; } >/etc/systemd/system/$unit.service.d/leds.conf
done
# There is no such disk here, ever: no need to wait for it as long as on a card.
device='/etc/systemd/system/dev-disk-by\x2dlabel-shilu.device.d'
mkdir -p "$device"
printf '[Unit]\nJobRunningTimeoutSec=1s\n' >"$device/soon.conf"
systemctl daemon-reload
