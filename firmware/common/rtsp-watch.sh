#!/bin/sh
# Asks the camera's RTSP server, again and again, what a player would ask. One that takes connections and
# says nothing is killed; init starts it again. init also keeps this script (a respawn line).
#
# tunnel.conf beside it says where the server is (RTSP), firmware.sh what it is: RTSP_PATH, and RTSP_PID_FILE
# with the process to kill.

here=$(cd "$(dirname "$0")" && pwd)
# In seconds, and times that it may be silent: a server that has just crashed needs time to start.
every=10 patience=5 tolerated=2
RTSP='' RTSP_PATH='' RTSP_PID_FILE=''
leds() { :; }
# shellcheck source=/dev/null
. "$here/firmware.sh"
# shellcheck source=/dev/null
. "$here/tunnel.conf"

run=${RUNTIME_DIRECTORY:-/run/sapiengraph}
answer=$run/rtsp-answer

# Both requests have an answer, be it that a password is asked for.
alive() {
	rm -f "$answer"
	url=rtsp://$RTSP/$RTSP_PATH
	{
		printf 'OPTIONS %s RTSP/1.0\r\nCSeq: 1\r\n\r\n' "$url"
		printf 'DESCRIBE %s RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n' "$url"
		# nc hangs up when it has nothing more to send.
		sleep $patience
	} | nc "${RTSP%:*}" "${RTSP##*:}" >"$answer" 2>/dev/null &
	asking=$! waited=0 answers=0
	while [ "$answers" -lt 2 ] && [ $waited -lt $patience ]; do
		sleep 1
		waited=$((waited + 1)) answers=$(grep -c '^RTSP/1' "$answer" || :)
	done
	kill $asking 2>/dev/null
	[ "$answers" -ge 2 ]
}

# Only a process that runs is killed: it was silent, not absent. KILL, because a stopped one heeds nothing else.
restart() {
	read -r pid 2>/dev/null <"$RTSP_PID_FILE" && kill -0 "$pid" 2>/dev/null || return
	read -r now _ </proc/uptime
	echo "killed $pid, which was silent, at ${now%.*} s of uptime" >"$run/rtsp-status"
	kill -KILL "$pid"
}

mkdir -p "$run"
command -v nc >/dev/null || exec sleep 3600
silent=0
while sleep $every; do
	if alive; then
		silent=0
		continue
	fi
	silent=$((silent + 1))
	if [ $silent -ge $tolerated ]; then
		restart
		silent=0
	fi
done
