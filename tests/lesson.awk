# Does the lesson show what a script prints? awk -v script=NAME -f lesson.awk OUTPUT README: the blocks of README that begin with
# "$ build/plumb examples/NAME" against the output. "..." stands for any lines. Words have to be the same; numbers may be off by a factor of 2, for
# what is trained depends on the processor's rounding; seconds and the lengths of bars may be anything.
function is_number(word) {
    return word ~ /^[-+]?[0-9]/
}
function figure(word) {
    gsub(/[^-+0-9.e]/, "", word)
    return word + 0
}
function size(x) {
    return x < 0 ? -x : x
}
function near(a, b, most) {
    most = size(a) > size(b) ? size(a) : size(b)
    return size(a - b) <= 0.5 * most || (most >= 0.01 && size(a - b) <= 0.03)
}
function plain(line) {
    gsub(/#+/, "#", line)
    gsub(/[0-9.]+ s$/, "T s", line)
    return line
}
function same(a, b, i, n, one, other) {
    n = split(plain(a), one)
    if (split(plain(b), other) != n) {
        return 0
    }
    for (i = 1; i <= n; i++) {
        if (is_number(one[i]) && is_number(other[i]) ? !near(figure(one[i]), figure(other[i])) : one[i] != other[i]) {
            return 0
        }
    }
    return 1
}
function find(line) { # the next line of the output that is the same, at once or, behind "...", later
    do {
        at++
    } while (at <= lines && !same(output[at], line) && anywhere)
    if (at > lines || !same(output[at], line)) {
        print "the lesson shows\n    " line "\nand " script " does not print it there" (at <= lines ? ", but\n    " output[at] : "")
        bad = 1
        inside = 0
    }
    anywhere = 0
}
FNR == NR { output[++lines] = $0; next }
inside && /^```/ { inside = 0 }
inside && /^\.\.\.$/ { anywhere = 1; next }
inside { find($0) }
$0 == "$ build/plumb examples/" script { inside = 1; at = 0; anywhere = 0 }
END { exit bad }
