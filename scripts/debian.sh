# shellcheck shell=bash
# What make may do to a Debian or Ubuntu machine: install packages, from the machine's own mirrors, and remember
# which, so that scripts/uninstall can take exactly these back. Needs progress.sh.

record=/var/lib/ballast/packages
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

# debian-12, ubuntu-24.04, debian-testing, … or Darwin
distribution() { sh -c '. /etc/os-release 2>/dev/null && echo "$ID-${VERSION_ID:-testing}"' || uname -s; }

# runs <pid> <program>: a zombie does not, though /proc has it; nor does a process that got the number later.
runs() { [[ $(as_root readlink "/proc/$1/exe") = */"$2"* ]]; }

# Only here have the package names been looked up.
can_install() {
	[[ $(distribution) =~ ^(debian-(1[2-9]|testing)|ubuntu-) ]] && { [ "$(id -u)" = 0 ] || has sudo; }
}

# A third party's source that does not answer need not stop us.
refresh_package_lists() { as_root apt-get update || echo "Some sources do not answer; going on with the others."; }

# install_packages <package…>
install_packages() {
	local before
	before=$(installed_packages)
	as_root dpkg --configure -a || true # an install that broke off; apt-get waits for one that goes on
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
		-o DPkg::Lock::Timeout=120 "$@"
	{
		cat "$record" 2>/dev/null || true
		comm -13 <(echo "$before") <(installed_packages)
	} | sort -u | write_as_root "$record"
}

installed_packages() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u; }

# The machine's own Debian mirrors, as sources of Debian 13.
trixie_sources() {
	# shellcheck disable=SC2016 # apt-get's own placeholders
	apt-get indextargets --format 'deb [signed-by='"$keyring"'] $(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 'Component: main' |
		sed -nE 's/ (bookworm|trixie)(-updates|-security)? / trixie\2 /p' | sort -u
}

# Whole or not at all: written beside its place, then renamed.
write_as_root() {
	as_root mkdir -p "$(dirname "$1")"
	as_root tee "$1.new" >/dev/null
	as_root mv "$1.new" "$1"
}
