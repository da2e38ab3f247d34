#!/bin/sh
# A container engine for machines that have none, without touching the system: Debian's docker.io, unpacked into a
# folder of its own, with its own data, runtime state and socket. Needs root, apt-get, dpkg-deb and ip (iproute2).
#
#   ORDERSHARD_ENGINE_DIR=<folder> docker/private-engine.sh start     prints the DOCKER_HOST to use
#   ORDERSHARD_ENGINE_DIR=<folder> docker/private-engine.sh stop      ends it; what it holds stays in the folder
#
# It leaves the firewall alone (--iptables=false): published ports are served by docker-proxy, and containers reach
# the host's addresses but no other network.
set -eu

dir=${ORDERSHARD_ENGINE_DIR:?set it to a folder that may be filled}
bridge_address=${ORDERSHARD_ENGINE_BRIDGE:-172.31.254.1/24}
root=$dir/root
socket=$dir/docker.sock
pid_file=$dir/dockerd.pid

fetch() {
  [ -x "$root/usr/sbin/dockerd" ] && return
  apt=$dir/apt
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$root"
  : >"$apt/status"
  set -- -q -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none
  # A list of a third party that does not answer is no reason to stop.
  apt-get "$@" update >&2 || true
  apt-get "$@" --yes --download-only --no-install-recommends install docker.io >&2
  for package in "$apt"/cache/archives/*.deb; do
    case ${package##*/} in
    # The system's own C library and loader are used.
    libc6_* | libc-bin_* | perl* | debconf* | init-system-helpers*) ;;
    *) dpkg-deb -x "$package" "$root" ;;
    esac
  done
  rm -rf "$apt"
}

running() {
  [ -s "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null
}

start() {
  fetch
  if ! running; then
    PATH=$root/usr/sbin:$root/usr/bin:$root/sbin:$root/bin:$PATH \
      LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu \
      nohup "$root/usr/sbin/dockerd" \
      --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$pid_file" --host "unix://$socket" \
      --iptables=false --ip6tables=false --ip-masq=false --bip "$bridge_address" \
      --userland-proxy-path "$(find "$root" -name docker-proxy -type f | head -n 1)" \
      >"$dir/dockerd.log" 2>&1 &
  fi
  tries=0
  until curl --silent --fail --unix-socket "$socket" http://engine/_ping >/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 60 ]; then
      tail -n 20 "$dir/dockerd.log" >&2
      exit 1
    fi
    sleep 0.5
  done
  echo "unix://$socket"
}

stop() {
  if running; then
    kill "$(cat "$pid_file")"
    while running; do sleep 0.2; done
  fi
  umount "$dir/exec/netns/default" 2>/dev/null || true
  # Only the bridge that this engine has made: another engine's has another address.
  if ip -4 addr show dev docker0 2>/dev/null | grep -qF "$bridge_address"; then
    ip link delete docker0
  fi
}

case ${1-} in
start | stop) "$1" ;;
*)
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  exit 2
  ;;
esac
