# shellcheck shell=bash
# How the scripts speak: one line per step, the noise in logs/, and the end of the log when a step fails.

logs=${BASH_SOURCE[0]%/*}/../logs
mkdir -p "$logs"

say() { printf '%s\n' "$*"; }

# The reason first, then, indented, what to do about it.
fail() {
	printf '\n%s\n' "$1" >&2
	shift
	(($# == 0)) || printf '  %s\n' "$@" >&2
	exit 1
}

# step <what happens> <command…>: a dot every two seconds shows that it goes on.
step() {
	local what=$1 log=$logs/${0##*/}.log started=$SECONDS pid
	shift
	printf '  %s ' "$what"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		((SECONDS - started < ${ticks:=2})) || { printf '.'; ((ticks += 2)); }
	done
	unset ticks
	wait "$pid" || step_failed "$what" "$log"
	say "done ($((SECONDS - started)) s)"
}

step_failed() {
	printf 'failed\n\n' >&2
	tail -n 25 "$2" >&2
	fail "This step failed: $1." "The whole log is in ${2#"${BASH_SOURCE[0]%/*}/../"}. Once the cause is gone, run the same command again."
}

# within <seconds> <command…>: a frozen engine answers nothing at all. Where `timeout` is missing (macOS), unlimited.
within() {
	if command -v timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}
