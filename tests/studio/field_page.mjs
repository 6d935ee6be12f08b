/**
 * A browser with the page's modules and nothing else: for tests of the playfield, the player and the sounds, which need no server
 * of the program. Offers `openModules()` and a map made up for the purpose, `inventScene()`.
 */
import {existsSync, readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {chromium} from 'playwright-core';

const studio = new URL('../../studio/', import.meta.url);
export const browserPath = process.env.OSU_CHROMIUM ?? '/usr/bin/chromium';
export const skip = existsSync(browserPath) ? false : `no browser at ${browserPath}`;

const types = {js: 'text/javascript', html: 'text/html', wav: 'audio/wav'};

/** A page whose address is that of the modules; `files` are served beside them. */
export async function openModules(files = {}) {
    const server = createServer((request, response) => {
        const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'blank.html';
        const beside = {
            'blank.html': "<!doctype html><canvas id=field style='width:640px;height:480px'></canvas>",
            ...files,
        };
        const content = beside[name] ?? (/^[a-z_]+\.js$/.test(name) ? read(name) : null);
        send(request, response, name, content);
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    const browser = await chromium.launch({
        executablePath: browserPath,
        args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
    });
    const page = await browser.newPage({viewport: {width: 1280, height: 720}});
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.stack));
    await page.goto(`http://127.0.0.1:${server.address().port}/blank.html`);
    const close = async () => {
        await browser.close();
        server.close();
    };
    return {browser, page, errors, close};
}

/** Whole, or the part that an audio element asks for: without parts it cannot seek. */
function send(request, response, name, content) {
    if (content === null) return response.writeHead(404).end();
    const bytes = Buffer.from(content);
    const type = {'content-type': types[name.split('.').pop()] ?? 'text/plain'};
    const part = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (!part) return response.writeHead(200, {...type, 'accept-ranges': 'bytes'}).end(bytes);
    const from = Number(part[1]);
    const to = part[2] ? Number(part[2]) : bytes.length - 1;
    response.writeHead(206, {...type, 'content-range': `bytes ${from}-${to}/${bytes.length}`});
    return response.end(bytes.subarray(from, to + 1));
}

function read(name) {
    const file = new URL(name, studio);
    return existsSync(file) ? readFileSync(file) : null;
}

const hit = (time) => ({
    time,
    set: 'normal',
    addition: 'soft',
    whistle: false,
    finish: false,
    clap: false,
    index: 0,
    volume: 60,
});

/**
 * A map of circles and sliders in streams of 180 beats a minute, a combo every eight objects.
 * @param {number} count
 */
export function inventScene(count) {
    const objects = [],
        shapes = [],
        step = 60000 / 180 / 4;
    for (let i = 0, time = 1000; i < count; ++i) {
        const x = 256 + 200 * Math.sin(i * 0.37),
            y = 192 + 150 * Math.sin(i * 0.23);
        const slider = i % 4 === 3;
        const duration = slider ? 2 * step : 0;
        objects.push({
            kind: slider ? 'slider' : 'circle',
            time,
            end: time + duration,
            number: (i % 8) + 1,
            colour: Math.floor(i / 8) % 4,
            newCombo: i % 8 === 0,
            sounds: [hit(time)],
            ...(slider ? {spans: 1, spanDuration: duration, ticks: [], tickSounds: []} : {}),
        });
        const path = [];
        for (let k = 0; slider && k <= 30; ++k)
            path.push(x + 90 * Math.sin(k / 12), y + 90 * (1 - Math.cos(k / 12)));
        shapes.push({x, y, stack: [0, 0], ...(slider ? {path, end: path.slice(-2)} : {})});
        time += slider ? 4 * step : step;
    }
    return {
        difficulty: {radius: 36.5, preempt: 600, fadeIn: 400},
        length: objects[count - 1].end + 2000,
        comboColours: ['#ff8040', '#40c080', '#4080ff', '#f04080'],
        timing: [{time: 1000, beatLength: 60000 / 180, meter: 4}],
        kiai: [],
        breaks: [],
        samples: [],
        objects,
        shapes,
    };
}
