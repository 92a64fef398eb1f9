#!/bin/sh
# Takes Sapiengraph CCTV off a thingino camera. Put it on a card as runonce.sh, without a runonce.done
# beside it, or run it in a shell of the camera. Doing it again does no harm.

home=/etc/sapiengraph
service=/etc/init.d/S95sapiengraph
kept=/etc/cfg-backup.list

# put_back FILE MODE: as it was before runonce.sh; an empty one stands for none.
put_back() {
	was=$home/before/${1##*/}
	if [ -s "$was" ]; then
		chmod "$2" "$was" && mv -f "$was" "$1"
	elif [ -e "$was" ]; then
		rm -f "$1"
	fi
}

if [ -x $service ]; then
	$service stop || exit
fi
put_back /etc/wpa_supplicant.conf 600
put_back /etc/hostname 644
put_back /etc/default/ntp.conf 644
rm -rf $home $service
# A path in the list that doesn't exist would keep the camera from saving its configuration.
if [ -f $kept ] && grep -qxF -e $home -e $service $kept; then
	grep -vxF -e $home -e $service $kept >$kept.new
	mv -f $kept.new $kept
fi
sync
echo 'Sapiengraph CCTV is gone from this camera.'
