#!/bin/sh
# Keeps the tunnels of all cameras of this bridge alive, where there is no systemd. Have it started at boot
# (inittab: `::respawn:`; rc.local: with `&`). SIGTERM ends it and them.

cameras=$(cd "$(dirname "$0")" && pwd)
run=${RUNTIME_DIRECTORY:-/run/sapiengraph-bridge}

# One camera's tunnel, started again whenever it ends, for as long as this script is there; tunnel.sh itself
# waits the longer the more often it failed.
keep() {
	tunnel='' pause=''
	# shellcheck disable=SC2086 # none, or a number
	trap 'kill $tunnel $pause 2>/dev/null; exit' TERM
	export RUNTIME_DIRECTORY="$run/${1##*/}"
	while kill -0 $$ 2>/dev/null; do
		"$1/tunnel.sh" &
		tunnel=$! pause=''
		wait "$tunnel"
		sleep 1 &
		tunnel='' pause=$!
		wait "$pause"
	done
}

keepers=''
# shellcheck disable=SC2086 # several numbers
trap 'kill $keepers 2>/dev/null; wait; exit' TERM INT HUP
for file in "$cameras"/*/tunnel.conf; do
	[ -f "$file" ] || continue
	keep "${file%/*}" &
	keepers="$keepers $!"
done
if [ -z "$keepers" ]; then
	echo "run-all.sh: there is no camera in $cameras" >&2
	exit 1
fi
wait
