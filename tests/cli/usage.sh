# What is not understood: one line, a suggestion, exit status 2.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}

for arguments in --jason "--sed 3" -z --json=3 "--threads x" "--threads -1" "--shards 1.5" "--backend gpu" --seed -e -D "-D x" "-D 3=x" \
    "--allow-read missing" "--allow-write usage.sh" "a b" "chek a" fmt check "-w a" "--check a" "fmt -w --check a" \
    "check -e 1" "fmt -i a" "missing.plumb" "check missing.plumb" "fmt missing.plumb" ".." "--json missing.plumb"; do
    run $arguments </dev/null
done
run --version
