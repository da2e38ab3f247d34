#!/bin/sh
# What the stack uses of the official image's entrypoint: options alone mean mysqld, and an empty data folder is
# initialised with the SQL of /docker-entrypoint-initdb.d.
set -eu

case ${1-} in
-*) set -- mysqld "$@" ;;
esac
[ "$1" = mysqld ] || exec "$@"
shift

paths='--no-defaults --user=root --datadir=/var/lib/mysql --lc-messages-dir=/usr/share/mysql
  --character-sets-dir=/usr/share/mysql/charsets --plugin-dir=/usr/lib/mysql/plugin --secure-file-priv='

if [ ! -d /var/lib/mysql/mysql ]; then
  cat /docker-entrypoint-initdb.d/*.sql >/tmp/initialise.sql 2>/dev/null || true
  # shellcheck disable=SC2086 # one option a word
  mysqld $paths --initialize-insecure --init-file=/tmp/initialise.sql
fi
# shellcheck disable=SC2086
exec mysqld $paths --pid-file=/tmp/mysqld.pid --socket=/tmp/mysqld.sock "$@"
