# A page on nets: it stands alone, what comes from the script is escaped, and every section is there that has something to say.
cat >"$T/script.plumb" <<'END'
set shards = 2
dots = csv("<dots>.csv", label="<b>class</b>", test=0.5)
far = adding(length=10, samples=40)
net deep(act=sigmoid) {
    input(2)
    repeat(12) { dense(16) -> act }
    dense(2)
}
net linked {
    input(2)
    h: dense(4) -> relu
    dense(4) -> add(h)
    dense(2)
}
net r { input(far) -> rnn(4) -> last -> dense(1) }
recipe quick { epochs = 12; batch = 10; optimizer = adam(lr=0.01) }
train deep on dots with quick { log = "a<b>&'.csv" }
fix deep as fixed on dots with quick
train r on far with { epochs = 2; clip = by_norm(1) }
report deep to "one.html"
report deep, fixed, linked, r, deep(act=relu) to "all.html"
END
cat >"$T/wrong.plumb" <<'END'
net n { input(2) -> dense(2) }
report n
report n to "x.txt"
report 3 to "x.html"
report n to "../x.html"
report n to "missing/x.html"
END
awk 'BEGIN { print "x,y,<b>class</b>"; for (i = 0; i < 120; i++) print i % 7 "," i % 5 "," (i % 7 > 3 ? "<script>" : "\"a\"\"\047&\"") }' \
    >"$T/<dots>.csv"
cd "$T"
text() { sed 's/<svg.*//; /^<rect/d; /^<polyline/d; /^<text/d; /^<title/d; /^<\/svg/d' "$1"; }
plumb -q script.plumb
for page in one.html all.html; do
    echo "== $page"
    head -1 $page
    tail -1 $page
    grep -o '<h[1-3][^>]*>[^<]*' $page | sed 's/ of [a-z].*//'
    echo "addresses: $(grep -c '://' $page)  scripts: $(grep -ci '<script' $page)  loads: $(grep -c 'src=\|url(\|@import' $page)"
    echo "pictures: $(grep -c '<svg' $page), named: $(grep -c '<svg role="img"' $page), with a sentence: $(grep -c '<figcaption>.' $page)"
    echo "tables: $(grep -c '<table>' $page), with a caption: $(grep -c '<caption id="table[0-9]*">.' $page)"
    echo "policy: $(grep -o "default-src[^;]*; style-src[^;]*; script-src" $page)"
    [ "$(sed -n 's/.*<script>\(.*\)<\/script>/\1/p' $page | tr -d '\n' | sha256sum | cut -c -64 | tr a-f A-F | basenc -d --base16 | base64)" = \
        "$(grep -o "sha256-[^']*" $page | cut -c 8-)" ] || echo "the policy names another script"
    echo "sliders: $(grep -c '<input type="range"' $page), with a label: $(grep -c '<label for="moment[0-9]*">.*<input type="range" id="moment' $page), frames: $(grep -c data-frame= $page), shown: $(grep -c 'data-frame="[0-9]*">' $page)"
    grep -o 'data-moments="[^|"]*|[^|"]*' $page
    for tag in article section figure table details dl div pre svg; do
        [ "$(grep -o "<$tag[ >]" $page | wc -l)" = "$(grep -o "</$tag>" $page | wc -l)" ] || echo "$tag is not closed"
    done
    [ "$(grep -o 'id="[^"]*"' $page | sort | uniq -d)" ] && echo "an id is there twice"
    grep -o 'aria-labelledby="[^"]*"\|href="#[^"]*"' $page | sed 's/.*="#*//; s/"//' | while read -r id; do
        grep -q "id=\"$id\"" $page || echo "nothing has the id $id"
    done
done
echo "== escaped"
text one.html | grep -o '<dd>csv.*</dd>\|<dd>epochs.*</dd>' | head -2
text one.html | grep -o '<th scope="row">[^<]*\(script\|quot\)[^<]*' | sort -u
echo "== repair"
text all.html | sed -n '/<ins>\|<del>/p'
echo "== wrong"
plumb wrong.plumb
ls
echo "== json"
plumb --json -e 'net n { input(2) -> dense(2) }
report n to "n.html"' 2>/dev/null
