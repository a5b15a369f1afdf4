# Where a program may come from, and its exit status.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}

cd "$T"
printf '#!/usr/bin/env plumb\nwidth = 3\nprint width * 2\n' >script.plumb
run script.plumb
run - <script.plumb
echo '$ plumb <script.plumb'
plumb <script.plumb
chmod +x script.plumb
./script.plumb
run -e 'print 1'
run -e 'a = 2' -e 'print a'
run -e 'a = 2' script.plumb
run -D width=5 script.plumb
run script.plumb -D width=5
run -D 'width=[1, 2]' -e 'width = 1; print width'
run -D depth=5 script.plumb
run -D 'width=)' script.plumb
run -- script.plumb
run --seed 7 --threads 1 --shards 2 --backend portable --no-color -q -n script.plumb
run -e 'print 1; print [1][3]; print 2'
run -e 'one = 1; expect one > 2'
run -e 'print 1' -e 'print )'
run -e 'print 1; quit; print 2' script.plumb
printf 'print 3' >no_newline.plumb
run no_newline.plumb
printf '' | run -
head -c 300 /dev/zero >zeros.plumb
run zeros.plumb
mkfifo pipe
echo 'print 4' >pipe &
run pipe
run -i -e 'print 5' <no_newline.plumb
