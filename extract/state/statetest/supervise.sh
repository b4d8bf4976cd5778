# supervise.sh BIN DIR: makes a PostgreSQL server in DIR, runs it on the port that a line of standard input names, and
# stops it and removes DIR when standard input ends: when the process that holds the other end has ended.
bin=$1 dir=$2 server=
exec 2>"$dir/log"
trap '[ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; }; cd /; rm -rf "$dir"' EXIT
"$bin/initdb" --pgdata="$dir/data" --username=bucketlake --pwfile="$dir/password" --auth=scram-sha-256 \
	--encoding=UTF8 --locale=C --no-sync --no-instructions >&2 || { read -r _; exit 1; }
echo initialised
read -r port || exit 0
"$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 \
	-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=16MB >&2 </dev/null &
server=$!
read -r _
