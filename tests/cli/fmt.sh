# The canonical layout: printed, asked for, written back.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}

cd "$T"
printf 'net n{input(2);dense(3)->relu}\nx=1 # one\n' >wild.plumb
printf 'x = 1\n' >tidy.plumb
printf 'x = = 1\n' >wrong.plumb
cp wrong.plumb wrong.before
chmod 640 wild.plumb
run fmt wild.plumb tidy.plumb
run fmt --check wild.plumb tidy.plumb
run fmt --check tidy.plumb
run fmt - <wild.plumb
run fmt --check - <wild.plumb
run fmt -w wild.plumb wrong.plumb
cat wild.plumb
stat -c %a wild.plumb
cmp wrong.plumb wrong.before && echo "wrong.plumb is as it was"
run fmt --check wild.plumb
ln -s wild.plumb link.plumb
printf 'y=2\n' >wild.plumb
run fmt -w link.plumb
test -L link.plumb && cat wild.plumb
mkdir folder.plumb
run fmt -w folder.plumb
ls
