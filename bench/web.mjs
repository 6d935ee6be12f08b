// What the page that make web builds takes in Chromium: times of takes, frames meanwhile, memory. docs/web.md quotes it.
//   OSU_ENGINE=web node bench/web.mjs [--quick]
// --quick: few steps alone. The load of the machine is told beside each line: figures of a busy one mean little.
import {loadavg} from 'node:os';
import {closeAll, openStudio} from '../tests/studio/engines.mjs';
import {archive, steadyMap} from '../tests/studio/songs.mjs';

const quick = process.argv.includes('--quick');
const {page} = await openStudio();

/** Opens a map of so many objects on the page; its session. */
async function open(objects) {
    await page.page.goto(`${page.page.url().split('#')[0]}#`);
    await page.drop('song.osz', await archive({'map.osu': steadyMap(objects)}));
    await page.page.locator('.song', {hasText: `${objects}`}).waitFor({timeout: 60000});
    return new URL(page.page.url()).hash.slice(1);
}

/** Places, and looks at the clock and at frames. @param {string} session @param {object} request */
function place(session, request) {
    return page.page.evaluate(
        async ({session, request}) => {
            const {engine} = await import(new URL('main.js', document.baseURI).href);
            const begin = performance.now();
            const seen = {first: 0, gaps: []};
            let last = begin;
            let frame = requestAnimationFrame(function look(now) {
                seen.gaps.push(now - last);
                last = now;
                frame = requestAnimationFrame(look);
            });
            await new Promise((resolve, reject) => {
                engine.events(session, {
                    connection() {},
                    event(event) {
                        if (event.type === 'take') seen.first ||= performance.now() - begin;
                        if (event.type === 'failed') reject(new Error(event.error));
                        if (event.type === 'done') resolve(undefined);
                    },
                });
                engine.request('POST', `sessions/${session}/place`, request).catch(reject);
            });
            cancelAnimationFrame(frame);
            seen.gaps = seen.gaps.slice(1).sort((a, b) => a - b);
            return {...seen, all: performance.now() - begin, memory: engine.memory};
        },
        {session, request},
    );
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const share = (gaps, part) => gaps[Math.floor(part * (gaps.length - 1))].toFixed(0);
function tell(what, {first, all, gaps, memory}) {
    const frames = [0.5, 0.9, 0.99, 1].map((part) => share(gaps, part)).join(' / ');
    console.log(
        `${what.padEnd(34)} first take ${seconds(first)}, all ${seconds(all)}; frames apart by ${frames} ms ` +
            `(half, 9 of 10, 99 of 100, all of ${gaps.length}); engine ${(memory / 1e6).toFixed(0)} MB; load ${loadavg()[0].toFixed(1)}`,
    );
}

console.log(
    await page.page.evaluate(
        async () => (await import(new URL('main.js', document.baseURI).href)).engine.description,
    ),
);
const session = await open(1000);
const section = Array.from({length: 40}, (_, at) => 100 + at);
await place(session, {objects: section.slice(0, 3), count: 1, fast: true}); // the network is made ready
for (const [name, steps] of quick
    ? [['4 steps', {fast: true}]]
    : [
          ['4 steps', {fast: true}],
          ['15 steps', {}],
      ]) {
    tell(`40 objects, 8 takes, ${name}`, await place(session, {objects: section, count: 8, ...steps}));
    tell(`1,000 objects, a take, ${name}`, await place(session, {all: true, count: 1, ...steps}));
}
tell('3,000 objects, a take, 4 steps', await place(await open(3000), {all: true, count: 1, fast: true}));
console.log(`the page with its workers: ${((await page.memory()) / 1e6).toFixed(0)} MB`);
await closeAll();
