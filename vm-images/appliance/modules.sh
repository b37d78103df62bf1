# Runs inside the appliance's tree: builds OpenZFS for its kernel, keeps the modules, and takes the compiler and headers away again.
# The modules move to extra/, a place of their own, since removing zfs-dkms removes what DKMS installed.
set -euo pipefail
kernel=$(basename /lib/modules/*)
dpkg --configure -a
apt-get install -y --no-install-recommends linux-headers-amd64 zfs-dkms
built=/lib/modules/$kernel/updates/dkms
for attempt in 1 2; do
  compgen -G "$built/zfs.ko*" >/dev/null && break
  dkms autoinstall -k "$kernel" || { cat /var/lib/dkms/zfs/*/build/make.log | tail -40; exit 1; }
done
mkdir -p /root/extra
cp "$built"/*.ko* /root/extra/
apt-get purge -y --autoremove zfs-dkms dkms linux-headers-amd64 'linux-headers-*'
mkdir -p "/lib/modules/$kernel/extra"
mv /root/extra/* "/lib/modules/$kernel/extra/"
rmdir /root/extra
depmod -a "$kernel"
modinfo -k "$kernel" zfs | head -3
apt-get clean
