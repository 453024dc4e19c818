#!/bin/sh
# boot.sh ROOT WORK: becomes PID 1 of a Debian that lies in ROOT and writes only to memory.
# Started by machine.py in new mount, PID, network, IPC, UTS and cgroup namespaces. WORK/evidence is
# an ext4 image: the evidence partition, mounted as on a card.
set -e
root=$1 work=$2
mount --make-rprivate /
mkdir -p "$work/memory"
mount -t tmpfs -o size=1G tmpfs "$work/memory"
cd "$work/memory"
mkdir upper scratch whole
mount -t overlay overlay -o "lowerdir=$root,upperdir=upper,workdir=scratch" whole
cd whole
mkdir -p var/lib/shilu
mount -o loop,noatime,nodev,nosuid,noexec,errors=remount-ro,commit=1,nodelalloc \
    "$work/evidence" var/lib/shilu
# The same once more, so that a test can take the partition away and give it back.
mkdir -p srv/evidence
mount --bind var/lib/shilu srv/evidence
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
for node in null zero full random urandom tty; do cp -a "/dev/$node" dev/; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
: >dev/console
mount --bind "$work/console" dev/console
mkdir -p host && mount --bind "$work/given" host && mount -o remount,ro,bind host
echo machine >etc/hostname
: >etc/machine-id
mkdir outside
pivot_root . outside
exec chroot . /bin/sh -c 'umount -l /outside && rmdir /outside && mount --make-rshared / &&
    exec env -i container=shilu PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd'
