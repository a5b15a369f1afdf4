// Runs the exported ONNX files of a folder that tests/unit/test_export.c has written: node check_onnx.js FOLDER.
// A line of cases.txt: number, rows, name. Exit status: 0 all outputs agree, 1 some do not, 77 ONNX Runtime is not installed
// (npm install --ignore-scripts --prefix build/onnxruntime onnxruntime-node).
const fs = require("fs");
const path = require("path");

let runtime;
try {
    const from = [process.cwd(), path.join(__dirname, "../../build/onnxruntime")];
    runtime = require(require.resolve("onnxruntime-node", { paths: from }));
} catch (error) {
    console.log("ONNX Runtime is not installed");
    process.exit(77);
}

function floats(file) {
    const bytes = fs.readFileSync(file);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function differ(seen, expected) {
    if (seen.length !== expected.length) {
        return `${seen.length} values, expected ${expected.length}`;
    }
    const at = expected.findIndex((value, i) => !(Math.abs(seen[i] - value) <= 1e-4 * (1 + Math.abs(value))));
    return at < 0 ? "" : `value ${at} is ${seen[at]}, expected ${expected[at]}`;
}

async function run(stem, rows) {
    const shape = fs.readFileSync(`${stem}.shape`, "utf8").trim().split(" ").map(Number);
    const session = await runtime.InferenceSession.create(`${stem}.onnx`,
        { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
    const input = new runtime.Tensor("float32", floats(`${stem}.input`), [rows, ...shape]);
    const { output } = await session.run({ input });
    return differ(output.data, floats(`${stem}.output`));
}

async function main() {
    const folder = process.argv[2];
    let failed = 0;
    for (const line of fs.readFileSync(`${folder}/cases.txt`, "utf8").trim().split("\n")) {
        const [, number, rows, name] = line.match(/^(\S+) (\S+) (.*)$/);
        const wrong = await run(`${folder}/${number}`, Number(rows)).catch((error) => error.message);
        if (wrong) {
            failed++;
            console.log(`${number}: ${name}: ${wrong}`);
        }
    }
    process.exit(failed ? 1 : 0);
}
main();
