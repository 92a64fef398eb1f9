#!/bin/sh
# Run by thingino when it first sees this card: copies the camera's tunnel into the camera's own flash
# and starts it. After that the card isn't needed. Doing it again does no harm.
# If it fails, thingino tries again at the next boot; why it failed is in sapiengraph.log on the card.

card=$(cd "${0%/*}" && pwd)
home=/etc/sapiengraph
service=/etc/init.d/S95sapiengraph
# The paths that thingino's own firmware upgrade keeps.
kept=/etc/cfg-backup.list

if touch "$card/sapiengraph.log" 2>/dev/null; then
	exec >"$card/sapiengraph.log" 2>&1
fi

fail() {
	echo "Sapiengraph CCTV was not installed: $*"
	exit 1
}

# place SOURCE TARGET MODE: a power cut leaves the old file or the new one, never half of one.
place() {
	if ! { mkdir -p "${2%/*}" && cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2"; }; then
		rm -f "$2.new"
		fail "$2 could not be written; is the flash full? $(df /etc | tail -n 1)"
	fi
}

# replace SOURCE TARGET MODE: a file of thingino's, which undo.sh puts back; empty if there was none.
replace() {
	was=$home/before/${2##*/}
	if [ ! -e "$was" ]; then
		original=$2
		[ -e "$original" ] || original=/dev/null
		place "$original" "$was" 600
	fi
	place "$1" "$2" "$3"
}

keep() {
	[ ! -f "$kept" ] || grep -qxF "$1" "$kept" || echo "$1" >>"$kept"
}

cd "$card/sapiengraph" || fail "there is no folder sapiengraph on the card"
for file in tunnel.sh firmware.sh tunnel.conf .ssh/known_hosts S95sapiengraph; do
	[ -s "$file" ] || fail "sapiengraph/$file is missing on the card; write the card again"
done
command -v dbclient >/dev/null || fail 'this build of thingino has no dbclient'

umask 077
place tunnel.sh $home/tunnel.sh 755
place firmware.sh $home/firmware.sh 644
place tunnel.conf $home/tunnel.conf 600
place .ssh/known_hosts $home/.ssh/known_hosts 600
# A card for a batch holds no key. The camera made its own, and is known by it.
[ ! -f id_dropbear ] || place id_dropbear $home/id_dropbear 600
place S95sapiengraph $service 755
# thingino starts Wi-Fi only after this.
[ ! -f wpa_supplicant.conf ] || replace wpa_supplicant.conf /etc/wpa_supplicant.conf 600
[ ! -f hostname ] || replace hostname /etc/hostname 644
if [ -f ntp ]; then
	echo "server $(cat ntp) iburst" >/tmp/sapiengraph.ntp
	replace /tmp/sapiengraph.ntp /etc/default/ntp.conf 644
	rm /tmp/sapiengraph.ntp
fi
keep $home
keep $service
sync

$service restart || fail "$service could not start it"
echo 'Sapiengraph CCTV is installed. The card may be taken out.'
