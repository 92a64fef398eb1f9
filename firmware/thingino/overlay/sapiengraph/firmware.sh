# shellcheck shell=sh
# What tunnel.sh must know of thingino. It is sourced.

# A camera with one LED only shows `connected` unmistakably. led is slow: only what changes is shown.
leds() {
	case $1 in
	no-network) color=off ;;
	connected) color=blue ;;
	*) color=red ;;
	esac
	# shellcheck disable=SC2154 # run is tunnel.sh's directory for what it remembers
	if read -r shown 2>/dev/null <"$run/led" && [ "$shown" = $color ]; then
		return
	fi
	echo $color >"$run/led"
	led $color >/dev/null 2>&1
}
