#!/bin/sh
# The first process of a machine's own mount and PID namespaces: mounts its disk and boots systemd on it, again and again
# as long as it reboots. When this process dies, the kernel ends all that runs in the machine and drops its mounts.
# Usage: boot.sh FOLDER BASE SOURCE NAME v1|v2 INSTALL(0|1) CGROUP...
set -eu
folder=$1 base=$2 source=$3 name=$4 hierarchy=$5 install=$6
shift 6

mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/disk/upper,workdir=$folder/disk/work" "$folder/root"
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn  # nspawn never clears what it leaves there: for this machine's eyes only

if [ "$install" = 1 ]; then
    mount --bind "$source" "$folder/root/src"
    chroot "$folder/root" /src/packaging/install >/dev/null  # so that its own Python makes the bytecode
    umount "$folder/root/src"
    touch "$folder/root/usr"  # newer than /etc/.updated: systemd-sysusers runs at boot as after a package's installation
fi

[ "$hierarchy" = v1 ] && unified=0 || unified=1
# nspawn mounts v1 controllers read-only, and systemd then takes every limit and applies none.
# shellcheck disable=SC2016  # for the shell inside
init='for c in memory pids cpu cpuacct cpu,cpuacct blkio; do
    [ ! -d /sys/fs/cgroup/$c/. ] || [ "$UNIFIED" = 1 ] || mount -o remount,bind,rw "/sys/fs/cgroup/$c" || true
done
exec /lib/systemd/systemd SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'  # without it, 257 refuses v1

while true; do
    ended=0
    (
        for cgroup in "$@"; do
            find "$cgroup" -mindepth 1 -depth -type d -exec rmdir {} +  # of the last boot
            echo 0 >"$cgroup/cgroup.procs"
        done
        exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=$unified systemd-nspawn --quiet --register=no --keep-unit \
            --machine="$name" --directory="$folder/root" --bind-ro="$source:/src:norbind" --private-network \
            --resolv-conf=off --timezone=off --link-journal=no --console=pipe --kill-signal=SIGRTMIN+3 \
            --setenv=UNIFIED=$unified /bin/sh -c "$init"
    ) || ended=$?
    [ "$ended" = 133 ] || exit "$ended"  # 133: it reboots
done
