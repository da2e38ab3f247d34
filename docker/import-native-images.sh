#!/bin/sh
# Makes container images out of the native parts of the cache, for a place where none can be pulled: the same servers,
# below the interface of the official images as far as the stack uses it (see native-images/). What is proved with
# them is the stack's own way of working with an engine, not the official images.
#
#   npm run stack -- up && npm run stack -- down         (with ORDERSHARD_STACK_WAY=native: fills the cache)
#   DOCKER_HOST=unix://<socket> docker/import-native-images.sh
#
# Prints the settings that make the stack use them. Needs x86_64 Linux, docker (the client), apt-get, dpkg-deb, tar.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${ORDERSHARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ordershard}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The folder of one native part, by a file that it must hold.
part() {
  for found in "$cache"/$1; do
    if [ -e "$found" ]; then
      echo "$found"
      return
    fi
  done
  echo "the cache has no $1 below $cache: start the stack natively once" >&2
  exit 1
}

# A shell and its tools, in one static file, for the entrypoints.
fetch_busybox() {
  mkdir -p "$work/apt"
  (cd "$work/apt" && { apt-get -q download busybox-static || { apt-get -q update && apt-get -q download busybox-static; }; }) >&2
  dpkg-deb -x "$work"/apt/busybox-static_*.deb "$work/busybox"
}

# An empty root with that shell.
new_root() {
  root=$work/$1
  mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib64" "$root/usr/lib" "$root/tmp" "$root/etc" "$root/var/lib" "$root/root"
  chmod 1777 "$root/tmp"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  cp "$(find "$work/busybox" -path '*bin/busybox' -type f)" "$root/usr/bin/busybox"
  for applet in sh mkdir cat ls rm chmod env sleep dirname; do ln -s busybox "$root/usr/bin/$applet"; done
}

# Copies the libraries of programs of this machine to where they are on it.
copy_libraries() {
  for program in "$@"; do ldd "$program"; done | grep -o '/[^ )]*' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp --dereference "$library" "$root$library"
  done
}

# Imports the root under a name; the rest are settings of the image.
import() {
  name=$1
  shift
  tar -C "$root" -c . | docker import "$@" - "$name" >/dev/null
  rm -rf "$root"
}

import_mysql() {
  new_root mysql
  source=$(part 'mysql-9.[0-9]*-*/usr/sbin/mysqld')
  version=$("$here/native-images/version-of.sh" "${source%/usr/sbin/mysqld}")
  cp -a "${source%/sbin/mysqld}/." "$root/usr/"
  cp "$here/native-images/mysql-entrypoint.sh" "$root/docker-entrypoint.sh"
  mkdir -p "$root/var/lib/mysql" "$root/docker-entrypoint-initdb.d"
  import "ordershard-native/mysql:$version" --change 'ENTRYPOINT ["/docker-entrypoint.sh"]' --change 'CMD ["mysqld"]' \
    --change 'VOLUME /var/lib/mysql' --change 'EXPOSE 3306'
  echo "export ORDERSHARD_IMAGE_MYSQL=ordershard-native/mysql:$version"
}

import_mongodb() {
  new_root mongodb
  source=$(part 'mongodb-*/mongod')
  version=$("$here/native-images/version-of.sh" "${source%/mongod}")
  cp "$source" "$root/usr/bin/mongod"
  copy_libraries "$source"
  mkdir -p "$root/data/db"
  import "ordershard-native/mongodb:$version" --change 'CMD ["mongod"]' --change 'VOLUME /data/db' --change 'EXPOSE 27017'
  echo "export ORDERSHARD_IMAGE_MONGODB=ordershard-native/mongodb:$version"
}

import_kafka() {
  new_root kafka
  java=$(readlink -f "$(command -v java)")
  home=${java%/bin/java}
  jars=$(part 'kafka-*/*/kafka-tools-*.jar')
  version=$("$here/native-images/version-of.sh" "$(dirname "$(dirname "$jars")")")
  mkdir -p "$root$home" "$root/opt/kafka/libs" "$root/opt/kafka/bin" "$root/var/lib/kafka/data"
  cp -a "$home/." "$root$home/"
  # Debian keeps a runtime's settings below /etc.
  for settings in /etc/java-*; do [ -d "$settings" ] && cp -a "$settings" "$root/etc/"; done
  copy_libraries "$java" "$home/lib/server/libjvm.so" "$home/lib/libnet.so" "$home/lib/libnio.so"
  ln -s "$home/bin/java" "$root/usr/bin/java"
  cp "$(dirname "$jars")"/*.jar "$root/opt/kafka/libs/"
  cp "$here"/native-images/kafka/*.sh "$root/opt/kafka/bin/"
  import "ordershard-native/kafka:$version" --change 'VOLUME /var/lib/kafka/data' --change 'EXPOSE 9092'
  echo "export ORDERSHARD_IMAGE_KAFKA=ordershard-native/kafka:$version"
  echo "export ORDERSHARD_IMAGE_CONNECT=ordershard-native/kafka:$version"
}

fetch_busybox
import_mysql
import_mongodb
import_kafka
