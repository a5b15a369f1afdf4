# quit, use, continue, step, reset: what they do, and wrong operands
try() { echo "$1" | plumb - ; echo "exit $?"; }
try 'print 1; quit; print 2'
try 'quit 3'
try 'continue'
try 'step'
try 'step 0'
try 'step 1.5'
try 'step "x"'
try 'step 1, 2'
try 'reset 3'
try 'reset'
try 'd = xor(samples=20); history d'
try 'use 3'
try 'use "missing.plumb"'
cd "$T"
echo 'net shared { input(2) -> dense(3) }
print "used"' > nets.plumb
try 'use "nets.plumb"; print shared.parameters'
echo 'print nothing_here' > wrong.plumb
try 'use "wrong.plumb"; print 1'
