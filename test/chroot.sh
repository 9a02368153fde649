# test/chroot.sh: a Debian of its own to test in, where nothing was installed
# by hand.  Sourced by test/all-majors and test/bare-debian.
#
#   chroot_make SUITE DIR   debootstrap, once; the mirror is the one apt uses here
#   chroot_run DIR CMD...   in mount and pid namespaces of its own, so that no
#                           mount and no server outlives the command
# Needs root.

debian_mirror() {
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
		grep -v security | grep /debian | head -1
}

chroot_make() {
	local suite=$1 root=$2 script
	[ ! -e "$root/.ready" ] || return 0
	command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
	script=/usr/share/debootstrap/scripts/$suite
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	rm -rf --one-file-system "$root"
	mkdir -p "$(dirname "$root")"
	debootstrap --variant=minbase "$suite" "$root" "$(debian_mirror)" "$script" >"$root.log" 2>&1 ||
		{ tail -5 "$root.log" >&2; return 1; }
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	echo 'Acquire::Languages "none"; Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99mobanon"
	touch "$root/.ready"
}

chroot_run() {
	local root=$1
	shift
	unshare --mount --pid --fork --kill-child -- sh -ec '
		root=$1; shift
		mount -t proc proc "$root/proc"
		mkdir -p "$root/dev/shm"; mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
	' sh "$root" "$@"
}

# The committed tree, as somebody who clones it gets it, and the test data beside it.
chroot_copy_tree() {
	local root=$1
	rm -rf "$root/srv/mobanon" "$root/srv/shared"
	mkdir -p "$root/srv/mobanon"
	git -C "$TOP" archive HEAD | tar -C "$root/srv/mobanon" -xf -
	if [ -d "$TOP/../shared/data" ]; then
		mkdir -p "$root/srv/shared"
		cp -r "$TOP/../shared/data" "$root/srv/shared/"
	fi
}
