# Verbs of later versions parse and check, and fail where they are run.
try() { echo "net n(act=relu) { input(2) -> dense(3) -> act }
d = xor(samples=20)
$1" > "$T/x.plumb"; (cd "$T"; plumb check x.plumb; echo "check $?"; plumb x.plumb; echo "exit $?"); }
try 'report n to "x.html"'
