#!/bin/bash
# Runs inside the appliance's tree: builds OpenZFS for its kernel, keeps the modules, and takes the compiler and headers away again.
# The modules move to extra/, a place of their own, since removing zfs-dkms removes what DKMS installed; an empty package
# provides `zfs-modules` from then on, which zfs-zed depends on: so zfs-zed is not in the list of packages, it comes here.
set -euo pipefail
kernel=$(basename /lib/modules/*)
dpkg --configure -a
if ! compgen -G "/lib/modules/$kernel/extra/zfs.ko*" >/dev/null; then
  apt-get install -y --no-install-recommends linux-headers-amd64 zfs-dkms
  built=/lib/modules/$kernel/updates/dkms
  if ! compgen -G "$built/zfs.ko*" >/dev/null && ! dkms autoinstall -k "$kernel"; then
    tail -n 40 /var/lib/dkms/zfs/*/build/make.log
    exit 1
  fi
  mkdir -p /root/extra
  cp "$built"/*.ko* /root/extra/
  mv /root/extra "/lib/modules/$kernel/extra"
fi
mkdir -p /tmp/held/DEBIAN
cat >/tmp/held/DEBIAN/control <<CONTROL
Package: zbay-box-zfs-modules
Version: 1
Architecture: all
Maintainer: zbay
Provides: zfs-modules
Description: the ZFS modules of a virtual box were built by its recipe
CONTROL
dpkg-deb --build /tmp/held /tmp/held.deb
dpkg --install /tmp/held.deb
rm -r /tmp/held /tmp/held.deb
apt-get purge -y --autoremove zfs-dkms dkms linux-headers-amd64 'linux-headers-*'
apt-get install -y --no-install-recommends zfs-zed
apt-get -o APT::AutoRemove::RecommendsImportant=0 -o APT::AutoRemove::SuggestsImportant=0 autoremove -y --purge
depmod -a "$kernel"
modinfo -k "$kernel" -F version zfs
apt-get clean
