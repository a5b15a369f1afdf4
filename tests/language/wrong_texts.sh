# Texts that are wrong as texts, names that are not there yet, nets that use themselves, files of the wrong kind.
cd "$T"
try() { # NAME TEXT with escapes as printf knows them
    echo "--- $1"
    printf "$2" >x.plumb
    plumb x.plumb 2>&1 | cut -c 1-120
}
try "a byte order mark is no column" '\357\273\277print yy\n'
try "CRLF, and columns that count characters" 'print "é", yy\r\nx = 3\r\nprint zz\r\n'
try "a NUL byte" 'x = 1\nprint x\0 + 1\n'
try "no UTF-8" 'print "ok"\nprint "a\377\376 b"\n'
try "reserved words" 'net = 3\nfor = 4; none = 5\nif (true) { with = 3 }\n'
try "bound below" 'net n { input(2); later }\nlater = dense(3)\ny = y + 1\nprint z\nfor (k in [1]) { z = 3 }\n'
try "a net that uses itself" 'net a(k=1) { dense(3); a }\n'
try "nets that use each other" 'net a { dense(3); b }\nnet b { dense(3); a }\nnet n { input(3); a }\nshow n\n'
try "nets that use each other with arguments" 'net a(k=1) { dense(k); b(k=k) }\nnet b(k) { dense(k); a(k=k) }\nnet n { input(3); a }\n'
try "the same net inside itself by an argument is none" 'net twice(body) { body; body }\nnet n { input(3); twice(body=twice(body=dense(3))) }\nprint n.parameters\n'
try "a sum of 2,000" "print 1$(yes ' + 1' | head -n 2000 | tr -d '\n')\n"
try "a pipeline of 2,000 layers" "net n { input(2)$(yes ' -> tanh' | head -n 2000 | tr -d '\n') }\n"
try "a file that load does not know" 'net n { input(2); dense(2) }\nload n from "n.csv"\n'
head -c 100 /dev/zero | tr '\0' x >cut.ckpt
cp cut.ckpt cut.safetensors
try "no checkpoint" 'net n { input(2); dense(2) }\nload n from "cut.ckpt"\n'
try "no safetensors file" 'net n { input(2); dense(2) }\nload n from "cut.safetensors"\n'
printf '\357\273\277# first\nx=3 # second\n' | plumb fmt -
try "a comma left out" 'print "a" "b"\nprint 1 2\n'
try "a body too many" 'net n { input(2); residual { dense(2) } { relu }; add(h) { relu } }\n'
