# Pages of help, one of each kind of name; and every name has one that fits 80 columns.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}
run --help
for name in dense adam net seed norm train none auto repeat '"on"' 'dense(64)'; do
    run -e "help $name"
done
run -e 'net small(act=relu) { input(2); dense(2) -> act }; help small; depth = 3; help depth'
run -e 'help relu, for, flatten'
COLUMNS=50 run -e 'help adam'
run -e 'help dens'
run -e 'help quite_unknown'
run -e 'help 3'
run --json -e 'help flatten; help if'
plumb -e help >"$T/overview"
plumb --json -e help | tr '{' '\n' | sed -n 's/.*"name":"\([^"]*\)".*/\1/p' >"$T/names"
while read -r name; do
    grep -qw -- "$name" "$T/overview" || echo "$name is not in the overview"
    plumb -e "help $name" >"$T/page" || echo "there is no help for $name"
    grep -q "^  example  " "$T/page" || echo "there is no example for $name"
    awk -v name="$name" 'length > 80 { print name ": " $0 }' "$T/page"
done <"$T/names"
awk 'length > 80' "$T/overview"
plumb -e 'help half_life, steps'
