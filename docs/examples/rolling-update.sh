#!/bin/sh
# Replaces the containers of a Compose service one by one, by new ones of the image that there is now. No request is lost,
# whatever its method, also where the app exits at once when it is told to.
#
#   rolling-update.sh <service>
#
#   PROXY      the service that Ballast runs in, of the same project (default: proxy)
#   PATIENCE   seconds until a new container must be served, and until an old one must be done (default: 60)
#
# Where something does not come to pass it ends with 1: the old containers that are left serve on. A new one that is not served
# stays for you to look at; remove it before you try again.
set -eu
service=${1:?usage: rolling-update.sh <service>}
proxy=${PROXY:-proxy}
patience=${PATIENCE:-60}

ballast() { docker compose exec -T "$proxy" ballast "$@" </dev/null; }
containers() { docker compose ps --quiet "$service" | sort; }

wait_until_served() {
	until ballast why "$1" >/dev/null 2>&1; do
		patience_left=$((patience_left - 1))
		if [ "$patience_left" -lt 0 ]; then
			echo "the new container is not served after $patience s:" >&2
			ballast why "$1" >&2 || true
			return 1
		fi
		sleep 1
	done
}

old=$(containers)
if [ -z "$old" ]; then
	echo "no container of $service runs: docker compose up --detach $service starts it" >&2
	exit 1
fi
count=$(echo "$old" | wc -l)
for one in $old; do
	before=$(containers)
	docker compose up --detach --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
	for new in $(containers); do
		case $before in *"$new"*) continue ;; esac
		patience_left=$patience
		wait_until_served "$new"
	done
	ballast drain --wait --timeout "$patience" "$one" || {
		ballast ready "$one"
		exit 1
	}
	docker stop "$one" >/dev/null
	docker rm "$one" >/dev/null
done
