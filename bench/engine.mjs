// bench_engine as a browser runs it, in Chromium: what it prints, to be compared with the native program's.
//   node bench/engine.mjs BUILD_FOLDER MODEL MAP [steps [threads [times [free]]]]
// BUILD_FOLDER: build/web-threads or build/web-one-thread.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {createRequire} from 'node:module';
import {isolation, serve} from '../tests/studio/static_server.mjs';

const require = createRequire(process.env.OSU_PLAYWRIGHT ?? new URL('../tests/studio/', import.meta.url));
const {chromium} = require('playwright-core');
const [build, model, map, ...numbers] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'osu-engine-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
const threads = Number(numbers[1] ?? 1);
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>bench</title>');
writeFileSync(
    join(folder, 'worker.js'),
    `import load from '/build/bench_engine.js';
    const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    const lines = [];
    const module = await load({threads: ${threads}, print: (line) => lines.push(line), printErr: (line) => lines.push(line)});
    module.FS.writeFile('/model', await bytes('/model/${basename(model)}'));
    module.FS.writeFile('/map', await bytes('/map/${basename(map)}'));
    try {
        module.callMain(['/model', '/map', ...${JSON.stringify(numbers)}]);
    } catch (error) {
        lines.push(String(error.stack ?? error));
    }
    postMessage(lines.join('\\n'));`,
);
const server = await serve(
    {
        '/': folder,
        '/build/': resolve(build),
        '/model/': dirname(resolve(model)),
        '/map/': dirname(resolve(map)),
    },
    isolation,
);
const browser = await chromium.launch({
    executablePath: process.env.OSU_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
const page = await browser.newPage();
page.on('console', (message) => console.error(message.text()));
await page.goto(server.url);
console.log(
    await page.evaluate(
        () =>
            new Promise((resolve, reject) => {
                const worker = new Worker('/worker.js', {type: 'module'});
                worker.onmessage = ({data}) => resolve(data);
                worker.onerror = (event) => reject(new Error(event.message));
            }),
    ),
);
await browser.close();
await server.stop();
