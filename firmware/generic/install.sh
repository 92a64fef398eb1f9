#!/bin/sh
# Makes this Linux the bridge of the cameras beside it. Run it as root:
#
#   install.sh [--root DIR]
#       installs or updates the programs, takes over the cameras that have a folder beside this script,
#       and starts the tunnel of each camera. Doing it again does no harm.
#   install.sh add ACCOUNT/CAMERA RTSP-HOST:PORT SERVER:PORT 'HOST KEY' [--root DIR]
#       makes the folder and the key of one camera, starts its tunnel, and says what to type on the server.
#   install.sh remove CAMERA [--root DIR]
#   install.sh uninstall [--root DIR]
#       all of it, with the cameras and their keys
#
# --root is for another system's root, in which nothing is started.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=''
verb=install
words=0
name='' rtsp='' server='' host_key=''

fail() {
	echo "install.sh: $*" >&2
	exit 1
}

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

case ${1-} in
add | remove | uninstall)
	verb=$1
	shift
	;;
esac
while [ $# -gt 0 ]; do
	case $words$1 in
	?--root)
		[ $# -ge 2 ] || usage
		root=$2
		shift
		;;
	0*) name=$1 words=1 ;;
	1*) rtsp=$1 words=2 ;;
	2*) server=$1 words=3 ;;
	3*) host_key=$1 words=4 ;;
	*) usage ;;
	esac
	shift
done
case $verb$words in install0 | add4 | remove1 | uninstall0) ;; *) usage ;; esac

cameras=$root/etc/sapiengraph-bridge
unit=sapiengraph-bridge@
unit_file=$root/etc/systemd/system/$unit.service
user=sapiengraph-bridge
changed=''

has() { command -v "$1" >/dev/null; }

has_systemd() {
	if [ -n "$root" ]; then
		[ -d "$root/etc/systemd" ] && has systemctl
	else
		[ -d /run/systemd/system ]
	fi
}

# service VERB [UNIT]
service() {
	if [ -z "$root" ]; then
		systemctl --quiet "$@"
	elif [ "$1" = enable ] || [ "$1" = disable ]; then
		systemctl --quiet --root="$root" "$@"
	fi
}

# place SOURCE TARGET MODE: a power cut leaves the old file or the new one, never half of one.
place() {
	cmp -s "$1" "$2" && return
	cp "$1" "$2.new"
	chmod "$3" "$2.new"
	mv -f "$2.new" "$2"
	changed=yes
}

make_user() {
	[ -z "$root" ] || return 0
	id "$user" >/dev/null 2>&1 && return
	if has useradd; then
		useradd --system --user-group --no-create-home --home-dir / --shell /bin/false "$user"
	else
		adduser -S -D -H -h / -s /bin/false "$user"
	fi
}

install_programs() {
	for program in dbclient dropbearkey; do
		has $program || fail "$program is missing; install it (Debian: apt install dropbear-bin)"
	done
	make_user
	mkdir -p "$cameras"
	place "$here/run-all.sh" "$cameras/run-all.sh" 755
	if has_systemd; then
		mkdir -p "${unit_file%/*}"
		place "$here/$unit.service" "$unit_file" 644
		service daemon-reload
	fi
}

# The name is a part of paths and of a unit's name.
check_name() {
	case $1 in
	'' | [!a-z0-9]* | *[!a-z0-9.-]*) fail "'$1' can't be a camera's name: only a-z, 0-9, - and ." ;;
	esac
}

# take_over FOLDER: a camera's folder, as it came from the server or was made here.
take_over() {
	to=$cameras/${1##*/}
	check_name "${1##*/}"
	for file in tunnel.conf .ssh/known_hosts; do
		[ -s "$1/$file" ] || fail "$1/$file is missing"
	done
	mkdir -p "$to/.ssh"
	chmod 700 "$to" "$to/.ssh"
	place "$1/tunnel.conf" "$to/tunnel.conf" 600
	place "$1/.ssh/known_hosts" "$to/.ssh/known_hosts" 600
	# A batch's folder holds no key. The camera made its own here, and is known by it.
	[ ! -f "$1/id_dropbear" ] || place "$1/id_dropbear" "$to/id_dropbear" 600
}

# start CAMERA, or start it anew if any of its files changed
start() {
	tunnel=$here/tunnel.sh
	[ -f "$tunnel" ] || tunnel=$here/../common/tunnel.sh
	place "$tunnel" "$cameras/$1/tunnel.sh" 755
	[ -n "$root" ] || chown -R "$user" "$cameras/$1"
	if has_systemd; then
		service enable "$unit$1"
		if [ -n "$changed" ]; then service restart "$unit$1"; else service start "$unit$1"; fi
	fi
	echo "camera: $1"
}

add() {
	account=${name%%/*} camera=${name#*/}
	check_name "$account"
	check_name "$camera"
	folder=$cameras/$camera
	[ ! -e "$folder" ] || fail "there is a camera $camera already; remove it first"
	case "$rtsp $server" in
	*[!]A-Za-z0-9.:[\ -]*) fail "'$rtsp' and '$server' must each be HOST:PORT" ;;
	*:[0-9]*\ *:[0-9]*) ;;
	*) fail "'$rtsp' and '$server' must each be HOST:PORT" ;;
	esac
	case $host_key in
	ssh-ed25519\ AAAA* | ecdsa-sha2-nistp256\ AAAA* | ssh-rsa\ AAAA*) ;;
	*) fail "the host key must be as the server says it: 'ssh-ed25519 AAAA…'" ;;
	esac
	host=${server%:*}
	host=${host#[}
	mkdir -p "$folder/.ssh"
	chmod 700 "$folder" "$folder/.ssh"
	printf "SERVERS='%s'\nLOGIN='%s'\nRTSP='%s'\n" "$server" "$account.$camera" "$rtsp" >"$folder/tunnel.conf"
	echo "${host%]} $host_key" >"$folder/.ssh/known_hosts"
	public=$(dropbearkey -t ed25519 -f "$folder/id_dropbear" 2>/dev/null | grep '^ssh-')
	start "$camera"
	echo "Type on the server, with the path, user and password of the camera's own RTSP server:"
	echo "  echo '$public' | cctv camera add $name --key - --rtsp-path … --rtsp-user … --rtsp-password-file …"
}

remove() {
	check_name "$1"
	[ -d "$cameras/$1" ] || fail "there is no camera $1 in $cameras"
	if has_systemd; then
		service disable "$unit$1"
		service stop "$unit$1"
	fi
	rm -rf "${cameras:?}/$1"
}

[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'run it as root, with sudo'
umask 022
case $verb in
install)
	install_programs
	umask 077
	programs_changed=$changed taken=' '
	for file in "$here"/*/tunnel.conf; do
		[ -f "$file" ] || continue
		changed=''
		take_over "${file%/*}"
		[ -z "$changed" ] || taken="$taken${to##*/} "
	done
	for file in "$cameras"/*/tunnel.conf; do
		[ -f "$file" ] || continue
		camera=$(basename "${file%/*}")
		changed=$programs_changed
		case $taken in *" $camera "*) changed=yes ;; esac
		start "$camera"
	done
	has_systemd || echo "There is no systemd here. Have this started at boot: $cameras/run-all.sh"
	;;
add)
	install_programs
	umask 077
	add
	;;
remove) remove "$name" ;;
uninstall)
	for file in "$cameras"/*/tunnel.conf; do
		[ ! -f "$file" ] || remove "$(basename "${file%/*}")"
	done
	rm -rf "$cameras" "$unit_file"
	if has_systemd; then service daemon-reload; fi
	if [ -z "$root" ] && id "$user" >/dev/null 2>&1; then
		if has userdel; then userdel "$user"; else deluser "$user"; fi
	fi
	;;
esac
