#!/bin/sh
# The camera's RTSP server with the settings of config/rtspserver.conf, as its web page has them. init starts
# it again whenever it ends (a respawn line).

card=/system/sdcard
# shellcheck source=/dev/null
. $card/sapiengraph/firmware.sh
PORT=8554 CODEC=H264 AUDIOFORMAT=OFF
for settings in $card/config/rtspserver.conf.dist $card/config/rtspserver.conf; do
	# shellcheck source=/dev/null
	[ ! -f "$settings" ] || . "$settings"
done

# Each try of a server that can't run costs the camera more than a wait.
mkdir -p /run/sapiengraph
read -r now _ </proc/uptime
now=${now%.*}
if read -r last 2>/dev/null </run/sapiengraph/rtsp-started && [ $((now - last)) -lt 10 ]; then
	sleep 3
fi
echo "$now" >/run/sapiengraph/rtsp-started

# One that the web page started holds the port.
if read -r other 2>/dev/null <"$RTSP_PID_FILE" && grep -q v4l2rtspserver "/proc/$other/cmdline" 2>/dev/null; then
	kill -KILL "$other"
fi
echo $$ >"$RTSP_PID_FILE"

setconf() { [ ! -x $card/bin/setconf ] || $card/bin/setconf -k "$1" -v "$2"; }
for script in configureOsd configureMotion; do
	# shellcheck source=/dev/null
	[ ! -f $card/controlscripts/$script ] || (. $card/controlscripts/$script)
done
[ -z "$BITRATE" ] || setconf b "$BITRATE"
[ -z "$FRAMERATE_NUM$FRAMERATE_DEN" ] || setconf d "$FRAMERATE_NUM,$FRAMERATE_DEN"
if [ "$FLIP" = ON ]; then setconf f 1; else setconf f 0; fi

# shellcheck disable=SC2086 # several options
set -- "-f$CODEC" $RTSPOPTS -P "$PORT"
if [ "$AUDIOFORMAT" = OFF ]; then
	set -- "$@" -A
else
	setconf h "$HWVOLUME"
	setconf i "$SWVOLUME"
	setconf q "$FILTER"
	setconf l "$HIGHPASSFILTER"
	setconf a "$AECFILTER"
	set -- "$@" -E "$AUDIOFORMAT:$AUDIOINBR:$AUDIOOUTBR"
fi
[ -z "$VIDEOFORMAT" ] || set -- "$@" -r "$VIDEOFORMAT" -F "$FRAMERATE_NUM"
[ -z "$USERNAME" ] || set -- "$@" -U "$USERNAME:$USERPASSWORD"
[ -z "$MULTICASTDEST" ] || set -- "$@" -M "$MULTICASTDEST"

exec $card/bin/v4l2rtspserver-master "$@" </dev/null >/dev/null 2>&1
