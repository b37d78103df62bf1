# Runs inside a copy of the appliance's tree: takes away what waits at boot and what differs from box to box, and makes the initrd.
set -euo pipefail
kernel=$(basename /lib/modules/*)

# A box gets an identity of its own at first boot: an empty machine-id is filled in, a hostid is zbay's business.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/hostid /etc/zfs/zpool.cache /etc/resolv.conf /usr/sbin/policy-rc.d
mkdir -p /var/log/journal

# Nobody logs in on the serial console: a getty would hang it up under the first boot's report.
mask() { local u; for u in "$@"; do ln -sfn /dev/null "/etc/systemd/system/$u"; done; }
mask serial-getty@ttyS0.service getty@tty1.service getty.target console-getty.service \
  systemd-networkd-wait-online.service systemd-logind.service systemd-user-sessions.service \
  systemd-random-seed.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-pstore.service systemd-binfmt.service systemd-hwdb-update.service systemd-firstboot.service \
  systemd-journal-catalog-update.service systemd-sysusers.service ldconfig.service systemd-update-done.service \
  systemd-machine-id-commit.service systemd-hibernate-clear.service systemd-tpm2-setup.service \
  systemd-tpm2-setup-early.service systemd-pcrphase.service systemd-ask-password-wall.path systemd-ask-password-console.path \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  modprobe@drm.service modprobe@fuse.service modprobe@configfs.service modprobe@efi_pstore.service \
  keyboard-setup.service console-setup.service \
  e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
  logrotate.timer man-db.timer mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer mdmonitor.service \
  lvm2-monitor.service lvm2-lvmpolld.socket smartmontools.service smartd.service \
  systemd-tmpfiles-clean.timer systemd-networkd-persistent-storage.service \
  blk-availability.service cron.service sshd-keygen.service
systemctl enable systemd-networkd.service ssh.service
systemctl disable ssh.socket 2>/dev/null || true
echo 'd /run/sshd 0755 root root -' >/etc/tmpfiles.d/sshd.conf

# Drivers of things that no box has: a shorter list for every modprobe to search.
cd "/lib/modules/$kernel/kernel"
rm -rf sound drivers/gpu drivers/media drivers/net/wireless drivers/infiniband drivers/staging drivers/isdn drivers/bluetooth \
  drivers/iio drivers/comedi drivers/hwmon drivers/input/touchscreen drivers/input/joystick drivers/net/can drivers/nfc \
  drivers/net/ethernet/mellanox drivers/net/ethernet/intel/ice drivers/platform drivers/leds net/bluetooth net/mac80211 net/wireless net/nfc net/can
cd /
depmod -a "$kernel"

printf 'MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\nRESUME=none\nFSTYPE=ext4\nBUSYBOX=n\n' >/etc/initramfs-tools/conf.d/zbay
rm -f /boot/initrd.img-*
update-initramfs -c -k "$kernel"

{
  echo "kernel $kernel"
  echo "openzfs $(modinfo -k "$kernel" -F version zfs)"
  dpkg-query -W -f '${Package} ${Version}\n' zfsutils-linux udev smartmontools util-linux openssh-server
} >/root/versions
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
touch /etc/.updated /var/.updated
