# A text is gone on with: the likeliest characters, draws of a seed; and what cannot be.
cd "$T"
for line in 1 2 3 4 5 6 7 8 9 10; do printf 'a rose is a rose is a rösé. '; done >rose.txt
cat >script.plumb <<'END'
set shards = 1
rose = text("rose.txt", length=12, test=0)
net writer { input(rose); embedding(rose.classes, 8) -> gru(32) -> dense(rose.classes) }
train writer on rose with { epochs = 60; batch = 8; optimizer = adam(lr=0.02) }
generate writer from "a rose is" with { length = 19; temperature = 0 }
save writer to "writer.safetensors"
net other = writer
load other from "writer.safetensors"
generate other on rose from "a rösé. a r" with { length = 8; temperature = 0 }
END
plumb -q script.plumb && plumb script.plumb | grep '^a r'
plumb --json script.plumb 2>/dev/null | grep '"generate"'
try() { { sed -n 1,3p script.plumb; echo "net ends { input(rose); embedding(9, 4) -> gru(4) -> last -> dense(rose.classes) }"; echo "$1"; } >x.plumb; plumb -q x.plumb; echo "exit $?"; }
try 'generate writer from "a"'
try 'generate writer on rose from "A"'
try 'generate writer on rose from "é!"'
try 'generate writer on rose from ""'
try 'generate ends on rose from "a"'
try 'generate writer on xor() from "a"'
try 'generate writer on rose'
try 'generate writer on rose from "a" with { lenght = 3 }'
try 'generate writer on rose from "a" with { length = 0; temperature = -1 }'
try 'recipe quick { epochs = 1 }
generate writer on rose from "a" with quick'
