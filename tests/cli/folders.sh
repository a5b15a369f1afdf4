# A script reads below its own folder and the current one, and writes below the current one.
run() { # ARGUMENTS
    echo "\$ plumb $*"
    plumb "$@"
    echo "-> $?"
}

cd "$T"
mkdir scripts other here
printf 'a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n' >scripts/own.csv
cp scripts/own.csv other/other.csv
cp scripts/own.csv here/here.csv
cd here
for file in own.csv here.csv ../other/other.csv; do
    printf 'd = csv("%s", label="b", test=0)\nprint d.rows\n' "$file" >../scripts/read.plumb
    run ../scripts/read.plumb
done
run --allow-read ../other ../scripts/read.plumb
cat >../scripts/write.plumb <<'END'
net n { input(2); dense(2) }
save n to "../other/n.safetensors"
END
run ../scripts/write.plumb
run --allow-write ../other ../scripts/write.plumb
ls ../other
