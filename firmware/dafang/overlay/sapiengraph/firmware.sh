# shellcheck shell=sh
# shellcheck disable=SC2034 # read by the scripts that source this
# What tunnel.sh and rtsp-watch.sh must know of Xiaomi-Dafang-Hacks.

card=/system/sdcard
export PATH=$card/bin:/usr/bin:/usr/sbin:/bin:/sbin
export LD_LIBRARY_PATH=$card/lib:/thirdlib:/system/lib
DBCLIENT="$card/bin/dropbearmulti dbclient"
DROPBEARKEY="$card/bin/dropbearmulti dropbearkey"
RTSP_PATH=unicast
# Where the camera's web page looks, too.
RTSP_PID_FILE=/run/rtsp.pid

# led GPIO on|off: they shine at 0.
led() {
	[ -w "/sys/class/gpio/gpio$1/value" ] || return 0
	case $2 in
	on) echo 0 ;;
	off) echo 1 ;;
	esac >"/sys/class/gpio/gpio$1/value"
}

leds() {
	case $1 in
	connected) blue=on yellow=off ;;
	no-network) blue=on yellow=on ;;
	*) blue=off yellow=on ;;
	esac
	led 39 $blue
	led 38 $yellow
}
