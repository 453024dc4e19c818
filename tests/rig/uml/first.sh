#!/bin/sh
# The first process of a machine in User Mode Linux: its root is this machine's, read-only.
# From the kernel's command line: shilu_modules (in their order), shilu_fs, shilu_python, shilu_root.
mount -t proc proc /proc
mount -t sysfs sys /sys
# Not /tmp: the checkout may lie there.
mount -t tmpfs mem /run
mount -t devtmpfs dev /dev 2>/dev/null
for word in $(cat /proc/cmdline); do
    case $word in shilu_*=*) export "$word" ;; esac
done
export TMPDIR=/run PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
# finit_module(2): not every machine has insmod, and this one is always x86-64.
"$shilu_python" -c 'import ctypes, os, sys
for module in filter(None, sys.argv[1].split(",")):
    ctypes.CDLL(None).syscall(313, os.open(module, 0), b"", 0)' "$shilu_modules"
mkdir /run/card
mount -t "$shilu_fs" /dev/ubda /run/card && cd "$shilu_root" &&
    "$shilu_python" -m tests.rig.uml.deeds /run/card
umount /run/card
echo o > /proc/sysrq-trigger
sleep 5
