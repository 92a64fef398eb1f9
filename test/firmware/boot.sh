#!/bin/sh
# Powers a camera on: makes ROOT the world of a busybox init with process number 1. Run by camera-machine.ts in
# user, mount and process namespaces of its own.
#
#   boot.sh ROOT CARD (writable|read-only|full) [EMULATOR]
set -eu
root=$1 card=$2 condition=$3 emulator=${4:-}

if [ -n "$emulator" ]; then
	mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
	# The head of an ELF file for little-endian MIPS. F: the emulator is found in
	# any root; P: busybox learns by which name it was called.
	printf '%s' ':mipsel:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x08\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$emulator:FP" \
		>/proc/sys/fs/binfmt_misc/register
fi
# The stand-in for the camera's RTSP server is a program of this machine.
mount --rbind / "$root/host"
mount -t proc proc "$root/proc"
for directory in dev run tmp; do mount -t tmpfs -o mode=755 tmpfs "$root/$directory"; done
for device in null zero random urandom; do
	: >"$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done

sdcard=$root/system/sdcard
case $condition in
full)
	mount -t tmpfs -o size=4m tmpfs "$sdcard"
	cp -R "$card/." "$sdcard"
	cat /dev/zero >"$sdcard/full" 2>/dev/null || :
	;;
*) mount --bind "$card" "$sdcard" ;;
esac
[ "$condition" != read-only ] || mount -o remount,bind,ro "$sdcard"

exec env -i PATH=/sbin:/usr/sbin:/bin:/usr/bin chroot "$root" /sbin/init
