# Keeps one program for its owner, who holds the other end of standard input.
#
# Every line read names a signal that the program gets. The end of the input (the owner closed it, or died, even by
# SIGKILL) kills the program; so does the end of this keeper. With a name as $1, the program is the `unshare` that makes
# a pid namespace and gets a cgroup of that name, in $PRUNELLE_CGROUP, which is removed when the namespace is gone.
# Ends with the program's own exit status.
#
# usage: keeper NAME|"" PROGRAM ARGUMENT...
set -u

fail() {
    echo "keeper: $*" >&2
    exit 125
}

# Removes cgroups of keepers that were killed before they could do it themselves; those in use refuse to go.
sweep() {
    for left in "$1"/prunelle-*; do
        keeper=${left##*-}
        [ -d "$left" ] && [ ! -d "/proc/$keeper" ] && remove_cgroup "$left"
    done
}

remove_cgroup() {
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ ! -d "$1" ]
}

name=$1
shift
group=
if [ -n "$name" ]; then
    # In a mount namespace of our own: nothing of this is seen, or left, outside.
    mount -t cgroup2 cgroup2 /sys/fs/cgroup || fail 'cannot mount cgroup2'
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    parent=/sys/fs/cgroup${own%/}
    [ -d "$parent" ] || parent=/sys/fs/cgroup
    sweep "$parent"
    group=$parent/$name-$$
    mkdir "$group" || fail "cannot make the cgroup $group"
fi
export PRUNELLE_CGROUP="$group"

exec 3<&0 </dev/null
setpriv --pdeathsig KILL -- "$@" 3<&- &
program=$!

# The namespace's first process rather than `unshare`: only its end is the end of all that run in there.
end_program() {
    init=
    [ -n "$group" ] && read -r init _ 2>/dev/null <"/proc/$program/task/$program/children"
    kill -s KILL "${init:-$program}" 2>/dev/null
}

(
    while read -r signal; do
        kill -s "$signal" "$program"
    done <&3
    end_program
) &
listener=$!
exec 3<&-

wait "$program"
status=$?
kill -s KILL "$listener" 2>/dev/null

if [ -n "$group" ]; then
    tries=0
    until remove_cgroup "$group"; do
        tries=$((tries + 1))
        [ "$tries" -lt 500 ] || fail "cannot remove the cgroup $group"
        sleep 0.01
    done
fi
exit "$status"
