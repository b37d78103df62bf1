# Pools of sparse files and of sparse disks, in a box; what ZFS says of them. Sourced by the commands of a layout.
set -eu
mountpoint -q /lab || { mkdir -p /lab; mount -t tmpfs -o size=90% none /lab; }
file() { truncate -s "$2" "/lab/$1"; }
# A SCSI drive of the kernel's own target: bytes of a file, and sectors of any size.
target=/sys/kernel/config/target
disk() {
  truncate -s "$2" "/lab/$1"
  modprobe -a target_core_mod target_core_file tcm_loop
  mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
  d=$target/core/fileio_0/d$1 port=$target/loopback/naa.600140500000000$1/tpgt_1
  mkdir -p "$d" "$port/lun/lun_0"
  echo "fd_dev_name=/lab/$1,fd_dev_size=$2" >"$d/control"
  echo "zbay$1" >"$d/wwn/vpd_unit_serial"
  echo 1 >"$d/enable"
  # Enabling sets it to 512.
  echo "$3" >"$d/attrib/block_size"
  echo "naa.600140500000001$1" >"$port/nexus"
  ln -s "$d" "$port/lun/lun_0/d"
  # Its inquiry page ends with a byte of nought.
  disk=
  while [ -z "$disk" ]; do
    for s in /sys/block/sd*; do
      if tr -d '\0' <"$s/device/vpd_pg80" 2>/dev/null | grep -aq "zbay$1\$"; then disk=/dev/${s##*/}; fi
    done
  done
  [ "$(cat "/sys/block/${disk#/dev/}/queue/logical_block_size")" = "$3" ]
  udevadm settle
}
no_disks() {
  for port in "$target"/loopback/*/tpgt_1; do
    [ -e "$port" ] || continue
    rm -f "$port/lun/lun_0/d"
    rmdir "$port/lun/lun_0" "$port" "${port%/*}"
  done
  for d in "$target"/core/fileio_0/d*; do [ ! -e "$d" ] || rmdir "$d"; done
}
gone() { case $1 in /lab/*) rm -f "$1" ;; esac; }
# What was left by a layout that failed.
away() {
  ! zpool list tank >/dev/null 2>&1 || zpool destroy -f tank
  no_disks
  rm -f /lab/*
}
figures() {
  zpool sync tank
  zpool sync tank
  echo "size $(zpool list -Hp -o size tank)"
  echo "usable $(zfs list -Hp -o used,avail tank)"
  zpool list -vHp tank | sed 's/^/list /'
  zdb -C tank | grep -E '^ *(metaslab_shift|asize): ' | sed 's/^ */vdev /; s/://'
  zdb -m tank | grep -E '^.metaslabs ' | sed 's/^.metaslabs */count /; s/ *offset.*//'
}
# write BYTES RECORD: a file of its own, and its blocks
write() {
  zfs list "tank/r$2" >/dev/null 2>&1 || zfs create -o recordsize="$2" "tank/r$2"
  head -c "$1" /dev/urandom >"/tank/r$2/$1"
  zpool sync tank
  # The kernel adds a sector for the file's dnode.
  echo "file $1 $2 $(($(stat -c %b "/tank/r$2/$1") * 512 - 512))"
  zdb -ddddd "tank/r$2" "$(stat -c %i "/tank/r$2/$1")" | grep -E ' L0 [0-9a-f]+:' | sed 's/^ */block /'
}
