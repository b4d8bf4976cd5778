# supervise.sh DIR COMMAND...: runs a server until standard input ends, which is when the process that holds the other end
# has ended, however it did; then stops the server and removes DIR.
dir=$1
shift
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server"; cd /; rm -rf "$dir"' EXIT
read -r _
