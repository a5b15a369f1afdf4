#!/bin/bash
# Hostile input: each has to end with exit status 1 or 2 and a message with a place, never with a crash or a hang.
# Run again by the sanitized build, where a leak or an overflow ends with another status.
#     tests/fuzz.sh [BUILD]        prints TAP lines
cd "$(dirname "$0")/.." || exit 1
plumb=$(realpath "${1:-build}")/plumb
data=$(realpath examples/data)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0

repeat() { # COUNT TEXT: the text so many times
    yes "$2" | head -n "$1" | tr -d '\n'
}

verdict() { # NAME STATUSES MESSAGE: runs x.plumb; both are patterns
    timeout 60 "$plumb" -q x.plumb >seen 2>&1 </dev/null
    local status=$?
    if [[ $status = $2 ]] && { [ -z "$3" ] || grep -aqE "$3" seen; } && ! grep -aqE "Sanitizer|runtime error: " seen; then
        echo "ok $1"
    else
        echo "not ok $1 (exit status $status)"
        head -c 2000 seen | sed 's/^/    /'
        failed=1
    fi
}

refused() { # NAME: x.plumb has to be refused
    verdict "$1" '[12]' '^[^ ]*:[0-9]+:[0-9]+: error: '
}

refuse() { # NAME PROGRAM
    printf '%s\n' "$2" >x.plumb
    refused "$1"
}

survived() { # NAME: no error is needed, but no crash either
    verdict "$1" '[012]' ''
}

# ---- the text ----
refuse "10,000 open braces" "net x $(repeat 10000 '{ ')"
refuse "10,000 nested braces" "net x $(repeat 10000 '{ ')$(repeat 10000 '} ')"
refuse "10,000 nested parentheses" "x = $(repeat 10000 '(')1$(repeat 10000 ')')"
refuse "10,000 nested brackets" "x = $(repeat 10000 '[')1$(repeat 10000 ']')"
refuse "10,000 minus signs" "x = $(repeat 10000 '-')y"
refuse "10,000 nested calls" "x = $(repeat 10000 'f(')1$(repeat 10000 ')')"
refuse "a long chain of an unknown layer" "net n { input(2); $(repeat 5000 'wat -> ')wat }"
refuse "a line of 1 MB" "$(repeat 1000000 x)"
refuse "a string of 1 MB, not closed" "x = \"$(repeat 1000000 y)"
refuse "a name of 64 KB" "print $(repeat 65536 n)"
refuse "an unknown layer of 64 KB" "net n { input(2); $(repeat 65536 n)(2) }"
refuse "a number too large" "print 1e99999 + wat"
refuse "a broken escape" 'print "\u{110000}"'
refuse "an unbalanced brace" "net n { input(2)"
head -c 65536 /dev/urandom >x.plumb
printf '\0\377)' >>x.plumb
refused "a binary file"
cp "$plumb" x.plumb
refused "the program itself"
printf 'print 1\0 + 2\n' >x.plumb
refused "a NUL byte"
printf 'print "\377\376"\n' >x.plumb
refused "bytes that are no UTF-8"
: >x.plumb
survived "an empty file"
printf '\357\273\277print 1' >x.plumb
survived "a byte order mark, no newline"
printf 'print 1\r\nprint 2\r\n' >x.plumb
survived "CRLF"

# ---- examples cut off anywhere, or with a byte changed: `check` says so or takes them ----
mangled() { # NAME COMMAND...: each offset's result has to be survived
    local name=$1 offset status
    shift
    for offset in $(seq 7 97 4000); do
        "$@" "$offset" >x.plumb
        timeout 60 "$plumb" check x.plumb >seen 2>&1 </dev/null
        status=$?
        if [[ $status != [012] ]] || grep -aqE "Sanitizer|runtime error: " seen; then
            echo "not ok $name at byte $offset (exit status $status)"
            head -c 2000 seen | sed 's/^/    /'
            failed=1
            return
        fi
    done
    echo "ok $name"
}
example=$data/../vanishing.plumb
mkdir -p data && cp "$data/digits.csv" data/
cut_off() { head -c "$1" "$example"; }
change() { head -c "$1" "$example" && printf '%b' "\\x$(printf '%02x' $(($1 * 7 % 256)))" && tail -c "+$(($1 + 2))" "$example"; }
mangled "an example cut off" cut_off
mangled "an example with a byte changed" change

# ---- sizes ----
refuse "depth 0" "net n { input(2); repeat(0) { dense(2) } }
show n"
refuse "depth -1" "net n { input(2); repeat(-1) { dense(2) } }
show n"
refuse "half a repetition" "net n { input(2); repeat(1.5) { dense(2) } }
show n"
refuse "a billion repetitions" "net n { input(2); repeat(1000000000) { dense(2) } }
show n"
refuse "repetitions of repetitions" "net n { input(2); repeat(100000) { repeat(100000) { relu } } }
show n"
refuse "sizes that overflow" "net n { input(2000000000); dense(2000000000) }
d = xor()
train n on d"
refuse "a product of inputs that overflows" "net n { input(65536, 65536, 65536); flatten; dense(1) }
show n"
refuse "a width of 0" "net n { input(2); dense(0) }
show n"
refuse "a width of 1e30" "net n { input(2); dense(1e30) }
show n"
refuse "a net that uses itself" "net n { input(2); n }
show n"
refuse "an empty net" "net n { }
d = xor()
train n on d"
refuse "a batch larger than the data" "net n { input(2); dense(2) }
d = xor(samples=8)
train n on d with { batch = 1000000 }"
refuse "a batch of 0" "net n { input(2); dense(2) }
d = xor()
train n on d with { batch = 0 }"
refuse "a range without end" "for (k in range(1e12)) { print k }
wat"

# ---- files ----
net="net n { input(2); dense(2) }"
refuse "a missing file" 'd = csv("missing.csv", label="a")
show d'
refuse "a folder as a file" 'd = csv(".", label="a")
show d'
: >empty.csv
refuse "an empty CSV" 'd = csv("empty.csv", label="a")
show d'
printf 'a,b,c\n' >head.csv
refuse "a CSV without rows" 'd = csv("head.csv", label="c")
show d'
printf 'a,b,c\n1,2\n' >short.csv
refuse "a row that is too short" 'd = csv("short.csv", label="c")
show d'
printf 'a,b,c\n1,nan,x\n2,3,y\n' >nan.csv
refuse "NaN in data" 'd = csv("nan.csv", label="c")
show d'
printf 'a,b,c\n1,"2,3\n' >quote.csv
refuse "a quote that is not closed" 'd = csv("quote.csv", label="c")
show d'
head -c 4096 "$plumb" >binary.csv
refuse "a binary CSV" 'd = csv("binary.csv", label="c")
show d'
head -c 100 <(gzip -c "$data/iris.csv") >cut.csv.gz
refuse "a truncated gzip file" 'd = csv("cut.csv.gz", label="species")
show d'
printf '\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377' >huge.idx
printf '\0\0\10\1\0\0\0\2\0\1' >labels.idx
refuse "an IDX file of huge declared size" 'd = idx(images="huge.idx", labels="labels.idx")
show d'
printf '\0\0\10' >cut.idx
refuse "a truncated IDX header" 'd = idx(images="cut.idx", labels="labels.idx")
show d'
printf '\377\377\377\377\377\377\377\177{}' >huge.safetensors
refuse "a safetensors header of 9 EB" "$net
load n from \"huge.safetensors\""
printf '\100\0\0\0\0\0\0\0{"dense1.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,' >cut.safetensors
refuse "a truncated safetensors header" "$net
load n from \"cut.safetensors\""
printf '\2\0\0\0\0\0\0\0{}' >none.safetensors
refuse "a safetensors file without weights" "$net
load n from \"none.safetensors\""
header() { # TEXT: a safetensors header, its length in front
    printf "\\x$(printf '%02x' ${#1})\\0\\0\\0\\0\\0\\0\\0%s" "$1"
}
{ header '{"dense1.weight":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"dense1.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}'; head -c 24 /dev/zero; } >type.safetensors
refuse "weights that are whole numbers" "$net
load n from \"type.safetensors\""
{ header '{"dense1.weight":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"dense1.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}'; head -c 24 /dev/zero; } >shape.safetensors
refuse "weights of another shape" "$net
load n from \"shape.safetensors\""
{ header '{"dense1.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"dense1.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}'; head -c 16 /dev/zero; } >twice.safetensors
refuse "a name that comes twice" "$net
load n from \"twice.safetensors\""
{ header '{"dense1.bias":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'; } >large.safetensors
refuse "a shape that overflows" "$net
load n from \"large.safetensors\""
cp shape.safetensors weights.ckpt
refuse "weights as a checkpoint" "$net
load n from \"weights.ckpt\""
cp huge.safetensors huge.ckpt
refuse "a checkpoint's header of 9 EB" "$net
load n from \"huge.ckpt\""
training="$net
d = xor(samples=20)
train n on d with { epochs = 1; batch = 4 }"
printf '%s\nsave n to "run.ckpt"\n' "$training" >x.plumb
verdict "a checkpoint is written" 0 ''
for size in 0 7 8 100 1000; do
    head -c $size run.ckpt >cut.ckpt
    refuse "a checkpoint of $size bytes" "$net
load n from \"cut.ckpt\""
done
sed 's/"step":"[0-9]*"/"step":"-7"/' run.ckpt >edited.ckpt
refuse "a checkpoint that was edited" "$net
load n from \"edited.ckpt\""
printf 'PK\3\4nonsense' >bad.npz
refuse "a broken zip" 'd = npz("bad.npz", x="x", y="y")
show d'
printf '\223NUMPY\1\0\377\377{' >bad.npy
refuse "a broken npy" 'd = npy(x="bad.npy", y="bad.npy")
show d'
refuse "a file outside" 'd = csv("/etc/passwd", label="c")
show d'
ln -s /etc/passwd link.csv
refuse "a link that leads outside" 'd = csv("link.csv", label="c")
show d'
refuse "writing outside" "$net
save n to \"/tmp/out.safetensors\""
refuse "writing into a missing folder" "$net
save n to \"missing/out.safetensors\""

# ---- arithmetic that must not crash ----
printf 'print 1 / 0\nprint -1 %% 0\nprint 5 %% 0\nprint 2 ^ 1e9\nprint [1, 2][0]\n' >x.plumb
survived "division by zero"
printf 'x = [1, 2, 3]\nprint x[99999999999]\n' >x.plumb
refused "an index out of range"
exit $failed
