#!/bin/sh
# Keeps the camera's tunnel to its server. init starts it again whenever it ends (a respawn line). It waits
# as long as it must and then becomes dbclient, so that init watches dbclient itself.
#
# Beside it lie tunnel.conf, id_dropbear, .ssh/known_hosts and, where the firmware needs one, firmware.sh:
# it may set PATH, LD_LIBRARY_PATH, DBCLIENT and DROPBEARKEY, and define `leds STATE`.
# What it does can be read in /run/sapiengraph/status: STATE since UPTIME-SECONDS words, where STATE is one of
# no-network no-server refused connected.
#
# Nothing here asks for the time of day, and only a first key is ever written to the card.

here=$(cd "$(dirname "$0")" && pwd)
# In seconds; the last is longer than the server grants for a log-in.
longest_pause=60 good_after=60 answer_within=30
DBCLIENT=dbclient DROPBEARKEY=dropbearkey SERVERS='' LOGIN='' RTSP=''
leds() { :; }
# shellcheck source=/dev/null
[ ! -f "$here/firmware.sh" ] || . "$here/firmware.sh"
# shellcheck source=/dev/null
[ ! -f "$here/tunnel.conf" ] || . "$here/tunnel.conf"

umask 077
# systemd names a directory of its own for each service; without one it is the same at every start.
run=${RUNTIME_DIRECTORY:-/run/sapiengraph}
mkdir -p "$run" 2>/dev/null || run=/tmp/sapiengraph
mkdir -p "$run"
# Not everywhere may it write there.
{ echo $$ >"$run.pid"; } 2>/dev/null

key=$here/id_dropbear

# tell STATE WORDS...
tell() {
	state=$1
	shift
	read -r since _ </proc/uptime
	since=${since%.*}
	if read -r was _ was_since _ 2>/dev/null <"$run/status" && [ "$was" = "$state" ]; then
		since=$was_since
	fi
	echo "$state since $since $*" >"$run/status.new" && mv -f "$run/status.new" "$run/status"
	leds "$state"
}

# What can't get better by dialling.
give_up() {
	tell refused "$*"
	sleep 30
	exit 1
}

random_below() {
	read -r uuid </proc/sys/kernel/random/uuid
	uuid=${uuid#*-}
	echo $((0x${uuid%%-*} % $1))
}

# Seconds to wait after so many rounds of all servers failed: four times 1, for a server that is restarted is
# back soon, then 2, 4, 8 and so on, less up to a half of it, so that cameras which lost the same server don't
# all come back at once.
pause_after() {
	pause=1 rounds=$(($1 - 3))
	while [ "$rounds" -gt 1 ] && [ "$pause" -lt "$longest_pause" ]; do
		pause=$((pause * 2)) rounds=$((rounds - 1))
	done
	[ "$pause" -le "$longest_pause" ] || pause=$longest_pause
	echo $((pause - $(random_below $((pause / 2 + 1)))))
}

# ways SERVER...: every server with every key that it may show, a line each: SERVER ALGORITHM KEY. They are
# tried in turn, since dbclient heeds only the first line of known_hosts for a host and kind of key, and the
# server has another key than this one some day.
ways() {
	for server; do
		host=$(host_of "$server")
		while read -r name pinned; do
			[ "$name" != "$host" ] || echo "$server $pinned"
		done <"$here/.ssh/known_hosts"
	done
}

host_of() {
	host=${1%:*}
	host=${host#[}
	echo "${host%]}"
}

# Whether there is a way to anywhere: a route, or a default route of IPv6.
has_network() {
	grep -v -e '^Iface' -e '^lo' /proc/net/route | grep -q . && return
	grep -v ' lo$' /proc/net/ipv6_route 2>/dev/null | grep -q '^0\{32\} 00 '
}

# What dbclient said at last, as a state and words.
verdict() {
	if [ ! -e "$run/said" ]; then
		echo 'no-server not dialled yet'
		return
	fi
	said=$(tr '\n' ' ' 2>/dev/null <"$run/said" | tr -cd ' -~')
	case $said in
	'') echo 'no-server dbclient ended without a word' ;;
	*' mismatch '* | *'trusted hosts'* | *"idn't validate host key"*)
		echo 'refused the host key of the server is not one that this camera was given' ;;
	# "Exited" without a connection: what it read at first was wrong.
	*'loading keyfile'* | *': Exited: '*)
		echo 'refused the key of this camera, id_dropbear, is damaged' ;;
	*'No auth methods'*)
		echo 'refused the server does not know the key of this camera' ;;
	*'forward request failed'*)
		echo 'refused the server does not take the forward' ;;
	*)
		said=${said##*exited: }
		echo "no-server $(echo "${said% }" | cut -c 1-200)"
		;;
	esac
}

# A camera of a batch makes its key when it starts for the first time. A power cut leaves no half key: until
# all of it is on the card it has another name. A key that lives in memory only would be another camera at
# every start, so without a card that can be written there is none.
make_key() {
	rm -f "$run/key"
	# shellcheck disable=SC2086 # a program and perhaps an argument
	$DROPBEARKEY -t ed25519 -f "$run/key" >/dev/null 2>&1 || give_up 'a key could not be made'
	# shellcheck disable=SC2086
	if cp "$run/key" "$key.new" && sync && $DROPBEARKEY -y -f "$key.new" && mv "$key.new" "$key" && sync; then
		rm -f "$run/key"
		return
	fi >/dev/null 2>&1
	rm -f "$run/key" "$key.new" 2>/dev/null
	give_up 'there is no key and the card takes none: it is full, or can not be written'
}

# How many established connections a process has.
connections() {
	# shellcheck disable=SC2012 # names are numbers
	sockets=$(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/ \1 /p')
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		while read -r _ _ _ state _ _ _ _ _ inode _; do
			case $state$sockets in 01*" $inode "*) echo "$inode" ;; esac
		done | wc -l
}

# watch PID SERVER NUMBER-OF-THE-WAY: tells how the dbclient that this script becomes fares, and ends with it.
# dbclient doesn't say that it was let in. A second connection shows it, for that is the server reaching
# through the tunnel for the pictures; or that the server didn't hang up after the time for a log-in.
watch() {
	age=0 connected='' told='' step=2
	while sleep $step && [ -d "/proc/$1" ]; do
		age=$((age + step)) now=$(connections "$1")
		if [ "$now" -eq 0 ] && [ "$age" -ge $answer_within ]; then
			echo "$2 did not answer" >>"$run/said"
			kill "$1"
			return
		fi
		if [ "$now" -ge 2 ]; then
			words='and the server fetches pictures'
		elif [ "$age" -gt $answer_within ] || [ -n "$connected" ]; then
			words='but the server fetches no pictures'
		else
			continue
		fi
		[ "$words" = "$told" ] || tell connected "to $2, $words"
		told=$words connected=${connected:-$age}
		if [ $((age - connected)) -ge $good_after ]; then
			echo "0 $3" >"$run/tries"
			step=10
		fi
		# dbclient complains for ever if the camera's RTSP server is down, and this is memory.
		[ "$(wc -c <"$run/said")" -lt 4096 ] || : >"$run/said"
	done
}

# shellcheck disable=SC2086 # the words of the list
set -- $SERVERS
if [ $# = 0 ] || [ -z "$LOGIN" ] || [ -z "$RTSP" ]; then
	give_up 'tunnel.conf is missing or says too little'
fi
[ -e "$key" ] || make_key

ways=$(ways "$@" 2>/dev/null)
[ -n "$ways" ] || give_up '.ssh/known_hosts is missing, or has no key of any server'
count=$(echo "$ways" | wc -l)

# How many times it failed in a row, and the number of the way that was good last.
tenths=0
if ! read -r failed first 2>/dev/null <"$run/tries"; then
	failed=0 first=0
elif [ "$failed" = 0 ]; then
	# The connection had been good. A server that is restarted hangs up on all its cameras at once, and is
	# back in a second or two: they dial soon, and not all in the same moment.
	tenths=$(random_below 21)
fi
number=$(((first + failed) % count))
pause=0
[ "$failed" -lt "$count" ] || pause=$(pause_after $((failed / count)))
# Without a memory of the tries it would dial every second.
echo "$((failed + 1)) $first" >"$run/tries" || pause=$((longest_pause - $(random_below $((longest_pause / 2)))))

verdict=$(verdict)
# shellcheck disable=SC2086
[ "$pause" = 0 ] || tell $verdict "(next try in $pause s)"
sleep "$pause"
# Not every busybox knows tenths of a second.
sleep "$((tenths / 10)).$((tenths % 10))" 2>/dev/null || sleep $((tenths / 10))

waited=0
while ! has_network && [ $waited -lt 20 ]; do
	tell no-network 'waiting for Wi-Fi or a cable'
	# What failed without a network says nothing about the servers.
	echo "1 $first" >"$run/tries"
	sleep 2
	waited=$((waited + 2))
done

way=$(echo "$ways" | sed -n "$((number + 1))p")
server=${way%% *} pinned=${way#* }
host=$(host_of "$server") port=${server##*:}
# dbclient looks for .ssh/known_hosts in HOME; where the memory takes no file, in the one with all keys.
HOME=$here
if mkdir -p "$run/home/.ssh" && echo "$host $pinned" >"$run/home/.ssh/known_hosts"; then
	HOME=$run/home
fi 2>/dev/null
export HOME
case $verdict in
refused*) ;;
*) tell no-server "dialling $server (${verdict#* })" ;;
esac
: >"$run/said"
watch $$ "$server" $number >/dev/null 2>&1 &
# shellcheck disable=SC2086
exec $DBCLIENT -N -T -K 10 -i "$key" -o ExitOnForwardFailure=yes -R "554:$RTSP" -p "$port" "$LOGIN@$host" \
	</dev/null >/dev/null 2>>"$run/said"
