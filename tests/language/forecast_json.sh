# The forecast for a program: stable names, figures that do not depend on the machine's last digits.
plumb --json -e 'net n { input(8); dense(8, init=he) -> relu; dense(8, init=he) -> relu; dense(4) }
forecast n' > "$T/out"
grep -o '"verb":"forecast"\|"net":"n"\|"verdict":"[a-z]*"\|"depth_scale":[a-z0-9.]*\|"name":"[a-z0-9]*"\|"q":[0-9]\.[0-9]\{3\}\|"causes":{[^0-9]*' "$T/out"
grep -o '"[a-z_]*":' "$T/out" | sort | uniq -c
# gradients shows it beside what it measures
plumb --json -e 'd = moons(samples=40, test=0)
net n { input(2); dense(64) -> tanh; dense(2) }
gradients n on d' | grep -o '"name":"[a-z0-9]*"\|"forecast":[0-9]\.[0-9]\{2\}'
# a net too narrow for its depth, and one without weights
plumb --json -q -e 'net narrow { input(8); repeat(24) { dense(8, init=he) -> relu }; dense(2) }
forecast narrow with { optimizer = sgd(lr=1e-3) }' 2> /dev/null | grep -o '"verdict":"[a-z]*"\|"reason":"[a-z]*"'
plumb -e 'net none_to_draw { input(8) -> relu }
forecast none_to_draw'
