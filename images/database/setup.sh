# Runs once, while the image is built.
set -eu
/bin/busybox --install -s /bin
echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd
echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >>/etc/passwd
printf 'root:x:0:\npostgres:x:999:\n' >/etc/group
mkdir -p /var/lib/postgresql /var/run/postgresql /tmp
chown postgres:postgres /var/lib/postgresql /var/run/postgresql
chmod 1777 /var/lib/postgresql /tmp
rm -rf /usr/share/doc /usr/share/locale /usr/share/man /setup.sh
