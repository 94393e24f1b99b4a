# Keeps one program for its owner, who holds the other end of standard input.
#
# Every line read names a signal that the program gets. The end of the input (the owner closed it, or died, even by
# SIGKILL) kills the program; so does the end of this keeper. With a name as $1, the program is the `unshare` that makes
# a pid namespace and gets a cgroup of that name, in $PRUNELLE_CGROUP, which is removed when the namespace is gone.
# With $PRUNELLE_MEMORY (bytes) and $PRUNELLE_CPU (microseconds in 100,000) it may use no more than that: by cgroup v2
# where that has the controllers, else by v1, of which $PRUNELLE_V1 then names the controllers.
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

# The cgroups of version 1 that bound the program: folders. Their hierarchies stay mounted on the host.
bounds=
bound_by_v1() {
    for controller in memory cpu cpuacct; do
        mount=$(findmnt --raw --noheadings --first-only --types cgroup --options "$controller" --output TARGET) ||
            fail "no cgroup has the controller $controller: nothing bounds memory and CPU here"
        own=$(sed -n "s/^[0-9]*:$controller://p" /proc/self/cgroup)
        [ -d "$mount${own%/}" ] || own=
        sweep "$mount${own%/}"
        bound=$mount${own%/}/$name-$$
        mkdir "$bound" || fail "cannot make the cgroup $bound"
        bounds="$bounds $bound"
        case $controller in
        memory) echo "$PRUNELLE_MEMORY" >"$bound/memory.limit_in_bytes" ;;
        cpu) echo "$PRUNELLE_CPU" >"$bound/cpu.cfs_quota_us" ;;
        esac || fail "cannot set the limit of $controller"
        # All that is started from here on inherits it.
        echo $$ >"$bound/cgroup.procs" || fail "cannot enter $bound"
    done
    export PRUNELLE_V1='memory cpu cpuacct'
}

leave_v1() {
    umount /sys/fs/cgroup
    for bound in $bounds; do
        echo $$ >"${bound%/*}/cgroup.procs"
        tries=0
        until rmdir "$bound"; do
            tries=$((tries + 1))
            [ "$tries" -lt 500 ] || fail "cannot remove the cgroup $bound"
            sleep 0.01
        done 2>/dev/null
    done
}

bound_by_v2() {
    grep -qw memory "$1/cgroup.controllers" && grep -qw cpu "$1/cgroup.controllers"
}

name=$1
shift
group=
if [ -n "$name" ]; then
    # In a mount namespace of our own: nothing of this is seen, or left, outside.
    unified=$(findmnt --raw --noheadings --first-only --types cgroup2 --output TARGET)
    [ -z "${PRUNELLE_MEMORY-}" ] || bound_by_v2 "$unified" || bound_by_v1
    mount -t cgroup2 cgroup2 /sys/fs/cgroup || fail 'cannot mount cgroup2'
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    parent=/sys/fs/cgroup${own%/}
    [ -d "$parent" ] || parent=/sys/fs/cgroup
    sweep "$parent"
    group=$parent/$name-$$
    mkdir "$group" || fail "cannot make the cgroup $group"
    if [ -n "${PRUNELLE_MEMORY-}" ] && [ -z "$bounds" ]; then
        echo "$PRUNELLE_MEMORY" >"$group/memory.max" && echo "$PRUNELLE_CPU 100000" >"$group/cpu.max" ||
            fail "cannot set the limits of $group"
    fi
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
    [ -z "$bounds" ] || leave_v1
fi
exit "$status"
