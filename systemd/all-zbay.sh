#!/bin/sh
# A zedlet: what ZFS tells of members, scrubs and pools becomes one look by zbay, which decides what is worth a notice.
# It waits for nothing: ZED's agents are held up by a pool that is suspended (docs/notices.md).
case $ZEVENT_SUBCLASS in
statechange | vdev_* | resilver_finish | scrub_finish | pool_import | pool_export | io_failure | data) ;;
*) exit 0 ;;
esac
# A look that runs may be past what has just changed: the file has another one follow it.
umask 022
mkdir -p /run/zbay && : >/run/zbay/event
exec systemctl start --no-block zbay-notify.service
