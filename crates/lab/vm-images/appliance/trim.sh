#!/bin/bash
# Runs inside a copy of the appliance's tree: takes away what waits at boot and what differs from box to box, and makes the initrd.
# $1 is where the initrd's init script lies.
set -euo pipefail
kernel=$(basename /lib/modules/*)
init=$1

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
  systemd-hostnamed.socket systemd-creds.socket systemd-networkd-varlink.socket systemd-importd.socket \
  systemd-udev-load-credentials.service systemd-network-generator.service systemd-networkd-persistent-storage.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
  sys-kernel-tracing.mount run-lock.mount proc-sys-fs-binfmt_misc.automount \
  modprobe@drm.service modprobe@fuse.service modprobe@configfs.service modprobe@efi_pstore.service \
  keyboard-setup.service console-setup.service dbus.service dbus.socket procps.service zfs-volume-wait.service \
  e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
  logrotate.timer man-db.timer mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer mdmonitor.service \
  lvm2-monitor.service lvm2-lvmpolld.socket smartmontools.service smartd.service \
  systemd-tmpfiles-clean.timer blk-availability.service cron.service sshd-keygen.service \
  xfs_scrub_all.timer xfs_scrub_all.service system-xfs_scrub.slice
systemctl enable systemd-networkd.service ssh.service
systemctl disable ssh.socket 2>/dev/null || true
echo 'd /run/sshd 0755 root root -' >/etc/tmpfiles.d/sshd.conf
# Generators read the whole machine at each start to find nothing.
mkdir -p /etc/systemd/system-generators
for g in debug getty gpt-auto hibernate-resume rc-local run ssh system-update sysv tpm2; do
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$g-generator"
done

# Drivers of things that no box has are deleted; what a box may load is unpacked once here, not at each load under emulation.
cd "/lib/modules/$kernel/kernel"
rm -rf sound drivers/gpu drivers/media drivers/net/wireless drivers/infiniband drivers/staging drivers/isdn drivers/bluetooth \
  drivers/iio drivers/comedi drivers/hwmon drivers/input drivers/net/can drivers/nfc drivers/net/ethernet drivers/platform \
  drivers/leds drivers/mtd drivers/edac drivers/i2c drivers/hid drivers/net/usb drivers/usb/serial drivers/usb/gadget \
  arch/x86/kvm net/bluetooth net/mac80211 net/wireless net/nfc net/can net/vmw_vsock drivers/misc/vmw_vmci
cd ..
find kernel/fs kernel/lib kernel/crypto kernel/arch kernel/block kernel/drivers/{ata,scsi,md,block,virtio,usb,message,target,nvme,cdrom,char,net,misc} \
  extra -name '*.ko.xz' -print0 2>/dev/null | xargs -0 -r -n 32 -P 2 xz -d
cd /
depmod -a "$kernel"

# The initrd: busybox, one script, the drivers of the root drive.
work=/root/initrd
mkdir -p $work/{bin,dev,proc,sys,root,lib}
cp /bin/busybox $work/bin/
for name in sh mount umount insmod findfs sleep switch_root poweroff cat; do ln -s busybox "$work/bin/$name"; done
cp "$init" $work/init
chmod 755 $work/init
for module in libcrc32c crc32c_generic ext4 ahci sd_mod ehci_pci xhci_pci usb_storage virtio_pci virtio_scsi virtio_blk mptsas; do
  modprobe -S "$kernel" --show-depends $module
done | while read -r word file _; do
  [ "$word" = insmod ] && { [ -e "$work/lib/$(basename "$file")" ] || { cp "$file" $work/lib/; echo "/lib/$(basename "$file")"; }; }
done >$work/modules || true
if grep -q 'xz$' $work/modules; then exit 1; fi
rm -f /boot/initrd.img-*
(cd $work && find . -print0 | cpio --quiet --null -o -H newc --reproducible) >"/boot/initrd.img-$kernel"
rm -rf $work

{
  echo "kernel $kernel"
  echo "openzfs $(modinfo -k "$kernel" -F version zfs)"
  dpkg-query -W -f '${Package} ${Version}\n' zfsutils-linux udev smartmontools util-linux openssh-server
} >/root/versions
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
touch /etc/.updated /var/.updated
