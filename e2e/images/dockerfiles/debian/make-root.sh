#!/bin/sh
# Makes the root file system of the local stand-in for debian:bookworm-slim as a tar archive.
# Usage: make-root.sh FOLDER ARCHIVE MIRROR SECURITY_MIRROR   (FOLDER is emptied and used as scratch space)
set -eu

folder=$1
archive=$2
mirror=$3
security_mirror=$4
suite=bookworm

include=
case "$mirror$security_mirror" in
  *https:*) include=--include=ca-certificates ;;
esac

rm -rf "$folder"
debootstrap --variant=minbase $include "$suite" "$folder" "$mirror"

cat >"$folder/etc/apt/sources.list.d/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $suite $suite-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: $security_mirror
Suites: $suite-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
rm -f "$folder/etc/apt/sources.list"

# What is removed below stays away when a Dockerfile installs more packages.
cat >"$folder/etc/dpkg/dpkg.cfg.d/slim" <<'DPKG'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
DPKG
cat >"$folder/etc/apt/apt.conf.d/slim" <<'APT'
Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
APT
# No package may start a service while an image is built.
printf '#!/bin/sh\nexit 101\n' >"$folder/usr/sbin/policy-rc.d"
chmod 0755 "$folder/usr/sbin/policy-rc.d"

find "$folder/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
find "$folder/usr/share/doc" -mindepth 1 -type d -empty -delete
for emptied in usr/share/info usr/share/lintian usr/share/locale usr/share/man var/lib/apt/lists var/cache/apt var/cache/debconf var/log tmp; do
  if [ -d "$folder/$emptied" ]; then
    find "$folder/$emptied" -mindepth 1 ! -type d -delete
  fi
done
rm -f "$folder/etc/resolv.conf" "$folder/etc/hostname" "$folder/etc/machine-id"
: >"$folder/etc/machine-id"

tar --sort=name --mtime=@0 --numeric-owner -C "$folder" -cf "$archive" .
rm -rf "$folder"
