#!/bin/sh
# What sshd runs for a camera that has dialled in (ForceCommand), for as long as its connection lasts:
# a relay, a recorder, and an upload of each file that is finished.
#
#   archive.sh SETTINGS     with $SSH_ORIGINAL_COMMAND: CAMERA, the port that sshd opened for its RTSP server,
#                           a port for the relay
# What is not assigned here is in SETTINGS.
# shellcheck disable=SC2154
set -fu
# shellcheck source=/dev/null
. "$1"
# shellcheck disable=SC2086
set -- $SSH_ORIGINAL_COMMAND
camera=$1 source=rtsp://127.0.0.1:$2/unicast relay_port=$3

mkdir -p "$archive/$camera" && cd "$archive/$camera" || exit 1
exec 2>>archive.log
# sshd gave this a session of its own; nothing in it outlives the connection.
trap 'trap - EXIT HUP TERM; kill 0' EXIT HUP TERM

RELAY_CAMERA_PORT=$2 LD_PRELOAD=$preload "$live555" -t -p "$relay_port" "$source" >/dev/null 2>&1 &

# Tells the names of finished files.
record() {
  while :; do
    # shellcheck disable=SC2086
    "$ffmpeg" -nostdin -loglevel error -rtsp_transport tcp $decoding \
      -i "rtsp://127.0.0.1:$relay_port/proxyStream" $encoding \
      -segment_list pipe:1 -segment_list_type flat "%Y%m%dT%H%M%SZ.mp4"
    sleep 1
  done
}

upload() {
  case $uploader in
    aws) "$uploader_program" s3 cp --only-show-errors --endpoint-url "$endpoint" \
      "$1" "s3://$bucket/$camera/$1" ;;
    rclone) "$uploader_program" copyto "$1" "store:$bucket/$camera/$1" ;;
  esac
}

record | while read -r file; do
  until upload "$file"; do sleep 2; done
  rm "$file"
done &

# Nothing comes; it ends when the connection does.
cat >/dev/null
