# The program as root in a mount namespace of its own: no drive of the host is seen, and zpool, sendmail and curl are stand-ins.
# Arguments: the program, a directory for what the stand-ins need.
set -eu
zbay=$1 work=$2
mkdir -p "$work/sbin" "$work/bin" "$work/etc/zbay" "$work/lib" "$work/run" "$work/usr"
cp "$zbay" "$work/bin/zbay"
stand() { cat >"$1" && chmod 755 "$1"; }
stand "$work/sbin/zpool" <<'X'
#!/bin/sh
case "$*" in
status*) cat /var/lib/stand/status ;;
import*) echo "no pools available to import" >&2; exit 1 ;;
*) exit 1 ;;
esac
X
stand "$work/sbin/sendmail" <<'X'
#!/bin/sh
[ ! -e /var/lib/stand/no-mail ] || exit 75
{ echo "== mail"; cat; } >>/var/lib/stand/mails
X
stand "$work/curl" <<'X'
#!/bin/sh
[ ! -e /var/lib/stand/no-post ] || exit 7
{ echo "== post"; cat; } >>/var/lib/stand/posts
X
mount --make-rprivate /
mount --bind "$work/etc" /etc
mount -t tmpfs none /var/lib
mount -t tmpfs none /run
mount -t tmpfs none /sys
mount --bind "$work/sbin" /usr/sbin
mount --bind "$work/curl" /usr/bin/curl
mkdir -p /var/lib/stand /var/lib/zbay /run/zbay
look() {
  set +e
  "$work/bin/zbay" notify >/run/out 2>/run/err
  status=$?
  set -e
}
count() { grep -c '^==' "/var/lib/stand/$1" 2>/dev/null || true; }
fail() {
  echo "FAILED: $*"
  cat /run/out /run/err
  exit 1
}
pools() { cp "$work/$1.json" /var/lib/stand/status; }
anew() { rm -rf /var/lib/zbay/* /run/zbay/* /var/lib/stand/mails /var/lib/stand/posts; }
cp "$work/profile.yaml" /etc/zbay/profile.yaml

# One of two ways fails: the other hears it once, and it is tried again until it works.
pools removed
touch /var/lib/stand/no-post
for _ in 1 2 3; do look; [ "$status" = 1 ] || fail "a way out fails: $status"; done
[ "$(count mails)" = 1 ] || fail "mails: $(count mails)"
rm /var/lib/stand/no-post
for _ in 1 2; do look; [ "$status" = 0 ] || fail "both work: $status"; done
[ "$(count mails)" = 1 ] && [ "$(count posts)" = 1 ] || fail "each once: $(count mails) $(count posts)"
[ "$(stat -c %a /var/lib/zbay/told.json)" = 600 ] || fail "addresses are root's alone"

# The pool is gone altogether: lost, not over.
pools none
for _ in 1 2; do look; done
[ "$(count mails)" = 2 ] || fail "lost is told once: $(count mails)"
grep -q "tank is lost" /var/lib/stand/mails || fail "it is called lost"
! grep -q "over:\|all pools are healthy" /var/lib/stand/mails || fail "it is not over"
grep -q "tank is lost" /run/issue.d/zbay.issue || fail "nor absent above the prompt"

# Nothing can be written to /var: one notice, and what was told before stays whole.
anew
pools removed
mount -t tmpfs -o size=4k none /var/lib/zbay
head -c 9999 /dev/zero >/var/lib/zbay/journal.jsonl 2>/dev/null || true
for _ in 1 2 3; do look; [ "$status" = 1 ] || fail "that is said: $status"; done
[ "$(count mails)" = 1 ] || fail "a full disk: $(count mails) mails"
[ ! -e /var/lib/zbay/told.json ] || fail "nothing is left half"
rm /var/lib/zbay/journal.jsonl
umount /var/lib/zbay
for _ in 1 2; do look; [ "$status" = 0 ] || fail "there is room again: $status"; done
[ "$(count mails)" = 1 ] && [ -s /var/lib/zbay/told.json ] && [ ! -e /run/zbay/told.json ] || fail "kept as ever"

# Figures that cannot be written.
anew
mkdir -p /var/lib/prometheus/node-exporter/zbay.prom
look
[ "$status" = 1 ] && [ "$(count mails)" = 1 ] || fail "figures: $status $(count mails)"
rm -r /var/lib/prometheus

# A typo in the profile, just where it says who is told; a description that is no description.
look
echo '  typo' >>/etc/zbay/profile.yaml
mkdir -p /etc/zbay/hw
echo '# nothing' >/etc/zbay/hw/other.yaml
pools suspended
look
[ "$(count mails)" = 2 ] && [ "$(count posts)" = 2 ] || fail "a typo: $(count mails) $(count posts)"
grep -q suspended /var/lib/stand/mails || fail "what happened is told"

# The lock cannot be made.
anew
cp "$work/profile.yaml" /etc/zbay/profile.yaml
rm -rf /run/zbay
touch /run/zbay
look
[ "$(count mails)" = 1 ] || fail "no lock: $(count mails)"
echo all held
