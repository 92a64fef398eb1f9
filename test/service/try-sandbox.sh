#!/bin/sh
# Run by the daemon as one of its programs: tries what its sandbox is to prevent, and says what it could do.
# Then it doesn't end, whatever it is asked, nor does another that it has put out of the daemon's sight.
result=/var/lib/sapiengraph-cctv/tried
{
  echo "user $(id -un)"
  for path in /etc/a /usr/a /usr/lib/sapiengraph-cctv/a /var/lib/a /var/log/a /boot/a /home/a /root/a /opt/a /srv/a; do
    if touch "$path"; then echo "DONE: wrote $path"; fi
  done
  for path in /home/diary /root/secret /etc/shadow /etc/sapiengraph-cctv/credentials/bucket-secret-access-key; do
    if cat "$path"; then echo "DONE: read $path"; fi
  done
  if [ -e /home/diary ]; then echo 'DONE: saw a home'; fi
  if [ -d /proc/1 ]; then echo 'DONE: saw a process of another user'; fi
  if unshare --user true; then echo 'DONE: made a namespace'; fi
  if mount -t tmpfs none /tmp; then echo 'DONE: mounted'; fi
  if chmod u+s /var/lib/sapiengraph-cctv/tried; then echo 'DONE: set a set-user-id bit'; fi
  if [ -e /dev/kmsg ] || ls /dev/sd* /dev/vd*; then echo 'DONE: saw a device'; fi
  echo 'done'
} >"$result" 2>&1
trap '' TERM
setsid sleep 1000 &
while :; do sleep 60; done
