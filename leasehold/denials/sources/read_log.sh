# Tells a log, a series of files FOLDER/*.json of which the last is being written, to whoever asks: each line of standard
# input asks for all that was written since the last answer, and comes back behind a NUL once that is told. A line behind
# a NUL that begins with "file" names the file, by inode and offset, that what follows is from; one with "head", how that
# file begins. NUL stands in no log.
#
# FOLDER FROM [OFFSET]: FROM is `first` (all that is there), `end` (nothing that is there yet), or an inode or name.
folder=$1 from=$2 offset=${3:-0} opened=

cuts() { set -- "$folder"/cut.*; cut="$*"; } # a file each time that a log was cut off because it had grown too long

say() { printf '\000%s\n' "$*"; }

lost() {
  say lost
  exit 0
}

inode() { set -- $(ls -i "$1" 2>/dev/null) ""; printf %s "$1"; }

skip() { # exactly so many bytes: whole blocks, then the rest
  dd bs=4096 count=$(($1 / 4096)) of=/dev/null <&3 2>/dev/null
  dd bs=1 count=$(($1 % 4096)) of=/dev/null <&3 2>/dev/null
}

begin() {
  set -- "$folder"/*.json
  [ -e "$1" ] || { [ "$from" != end ] || from=first; return 0; } # nothing was written yet
  cuts
  known=$cut
  case $from in
  first) exec 3<"$1"; say file "$(inode "$1")" 0 ;;
  end)
    while [ $# -gt 1 ]; do shift; done
    exec 3<"$1"
    offset=$(wc -c <"$1")
    skip "$offset"
    say file "$(inode "$1")" "$offset"
    say head "$(head -c 200 "$1" | head -n 1)"
    ;;
  *)
    while [ $# -gt 0 ] && [ "$(inode "$1")" != "$from" ] && [ "${1##*/}" != "$from" ]; do shift; done
    { [ $# -gt 0 ] && [ "$offset" -le "$(wc -c <"$1")" ]; } || lost
    exec 3<"$1"
    skip "$offset"
    ;;
  esac
  opened=1
}

# Files may be given other names between the look at the folder and at a file of it: then neither is found, and another
# look is due.
next() {
  for _ in 1 2 3 4 5; do
    set -- "$folder"/*.json
    while [ $# -gt 0 ] && ! [ "$1" -ef /proc/self/fd/3 ]; do shift; done
    [ $# -eq 0 ] || { following=${2:-}; return; }
  done
  lost
}

tell() {
  [ "$opened" ] || begin
  [ "$opened" ] || return 0
  cuts
  [ "$cut" = "$known" ] || lost
  cat <&3
  next
  while [ "$following" ]; do
    cat <&3 # there is a later file, so this one is complete
    exec 3<"$following"
    say file "$(inode "$following")" 0
    cat <&3
    next
  done
}

while IFS= read -r asked; do
  tell
  say "$asked"
done
