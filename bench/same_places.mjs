// Whether the program in a browser places what the native program places, bit for bit or nearly: bench_engine natively
// (preset portable, held to a browser's instructions: vectors of 128 bits, no fused multiply-add) and in Chromium
// (engine.mjs). docs/web.md quotes it.
//   node bench/same_places.mjs MAP... [--native PROGRAM] [--web FOLDER] [--isa NAME] [--steps N] [--threads N] [--free]
// --isa: as ONEDNN_MAX_CPU_ISA has it; "all": whatever the processor has. --free: without the constraints. --web none: the native
// program alone, held down and not. Exit status: 0 where all maps agree within 0.05 px.
import {execFileSync} from 'node:child_process';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const within = 0.05; // px
const root = fileURLToPath(new URL('..', import.meta.url));
const {values: flags, positionals: maps} = parseArgs({
    allowPositionals: true,
    options: {
        native: {type: 'string', default: `${root}/build/portable/bench_engine`},
        web: {type: 'string', default: `${root}/build/web-threads`},
        model: {type: 'string', default: `${root}/models/dit-xs.safetensors`},
        isa: {type: 'string', default: 'SSE41'},
        steps: {type: 'string', default: '15'},
        threads: {type: 'string', default: '2'},
        free: {type: 'boolean', default: false},
    },
});
const numbers = [flags.steps, flags.threads, '1', flags.free ? '1' : '0'];

const positions = (lines) =>
    lines.flatMap((line) => (/^-?[\d.e-]+ -?[\d.e-]+$/.test(line) ? [line.split(' ').map(Number)] : []));

function natively(map, isa) {
    const env = {...process.env};
    if (isa !== 'all') env.ONEDNN_MAX_CPU_ISA = isa;
    return positions(
        execFileSync(flags.native, [flags.model, map, ...numbers], {env, encoding: 'utf8'}).split('\n'),
    );
}

function inBrowser(map) {
    const script = `${root}/bench/engine.mjs`;
    const run = execFileSync('node', [script, flags.web, flags.model, map, ...numbers], {encoding: 'utf8'});
    return positions(run.split('\n'));
}

let most = 0;
for (const map of maps) {
    const ours = natively(map, flags.isa);
    const theirs = flags.web === 'none' ? natively(map, 'all') : inBrowser(map);
    if (ours.length === 0 || ours.length !== theirs.length)
        throw new Error(`${map}: ${ours.length} and ${theirs.length} positions`);
    const apart = ours.map(([x, y], i) => Math.hypot(x - theirs[i][0], y - theirs[i][1]));
    const largest = Math.max(...apart);
    const mean = apart.reduce((a, b) => a + b) / apart.length;
    const differing = apart.filter((a) => a > 0).length;
    console.log(
        `${basename(map).padEnd(20)} ${String(ours.length).padStart(5)} datapoints, ${differing} differ, ` +
            `by ${mean.toExponential(1)} px in the mean and ${largest.toExponential(1)} at most`,
    );
    most = Math.max(most, largest);
}
console.log(most <= within ? `all within ${within} px` : `not within ${within} px`);
process.exit(most <= within ? 0 : 1);
