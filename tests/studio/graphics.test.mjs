// The graphics card of the page that make web builds, on the one that Chromium makes of the processor: the network
// (studio/web/graphics.js) before plain loops in float64, with shapes that fill no tile, several rows, bands and none; and
// what it places before what the processor places.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';
import {softwareGraphics, StudioPage} from './browser.mjs';
import {webFolder, WebStudio} from './engines.mjs';
import {isolation, serve} from './static_server.mjs';

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {StudioPage} */
let page;
let hasCard = false;
/** @param {string} name @param {() => Promise<void>} body */
const testWithCard = (name, body) =>
    test(name, (context) => (hasCard ? body() : context.skip('this Chromium makes no graphics card')));
/** What asks the page's engine. */
const studio = new WebStudio();

before(async () => {
    server = await serve({'/': webFolder}, isolation);
    browser = await chromium.launch({
        executablePath: process.env.OSU_CHROMIUM ?? '/usr/bin/chromium',
        args: softwareGraphics,
    });
    page = new StudioPage(await browser.newPage());
    studio.page = page;
    await page.page.goto(server.url);
    await page.ready();
    hasCard = await page.page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
});
after(async () => {
    await browser?.close();
    await server?.stop();
});

/** Numbers that look random, the same ones each time, about normal. @param {number} count @param {number} size */
function drawn(count, size, seed = 1) {
    let state = seed * 2654435761;
    const next = () => (state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) >>> 0) / 2 ** 32;
    return Float32Array.from({length: count}, () => size * (next() + next() + next() - 1.5) * 2);
}

const linear = (x, {weight, bias}) => {
    const outputs = bias.length;
    const inputs = weight.length / outputs;
    return Float64Array.from({length: (x.length / inputs) * outputs}, (_, at) => {
        let sum = bias[at % outputs];
        const row = Math.floor(at / outputs) * inputs;
        for (let i = 0; i < inputs; i++) sum += x[row + i] * weight[(at % outputs) * inputs + i];
        return sum;
    });
};

function attended(qkv, {rows, tokens, band}, heads, size) {
    const h = heads * size;
    const out = new Float64Array(rows * tokens * h);
    for (let row = 0; row < rows; row++)
        for (let q = 0; q < tokens; q++)
            for (let head = 0; head < heads; head++) {
                const at = (token, part) => (row * tokens + token) * 3 * h + part * h + head * size;
                const keys = Array.from({length: tokens}, (_, k) => k).filter(
                    (k) => band === 0 || (q - band < k && k <= q + band),
                );
                const scores = keys.map((k) => {
                    let score = 0;
                    for (let i = 0; i < size; i++) score += qkv[at(q, 0) + i] * qkv[at(k, 1) + i];
                    return score / Math.sqrt(size);
                });
                const most = Math.max(...scores);
                const weights = scores.map((score) => Math.exp(score - most));
                const total = weights.reduce((a, b) => a + b);
                for (let i = 0; i < size; i++) {
                    let sum = 0;
                    for (const [j, k] of keys.entries()) sum += weights[j] * qkv[at(k, 2) + i];
                    out[(row * tokens + q) * h + head * size + i] = sum / total;
                }
            }
    return out;
}

/** What the network says, in float64. */
function expected({depth, hidden: h, heads}, layers, shape, input, modulation) {
    const x = Float64Array.from(input);
    const width = (6 * depth + 2) * h;
    const modulated = (n, chunk, i) => modulation[Math.floor(n / shape.tokens) * width + chunk * h + i];
    let branch = null;
    const addAndNorm = (gate, shift, scale) => {
        const y = new Float64Array(x.length);
        for (let n = 0; n < x.length / h; n++) {
            for (let i = 0; branch && i < h; i++) x[n * h + i] += modulated(n, gate, i) * branch[n * h + i];
            const row = x.subarray(n * h, (n + 1) * h);
            const mean = row.reduce((a, b) => a + b) / h;
            const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / h;
            for (let i = 0; i < h; i++)
                y[n * h + i] =
                    ((row[i] - mean) / Math.sqrt(variance + 1e-6)) * (1 + modulated(n, scale, i)) +
                    modulated(n, shift, i);
        }
        return y;
    };
    const gelu = (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    for (let i = 0; i < depth; i++) {
        const qkv = linear(addAndNorm(6 * i - 1, 6 * i, 6 * i + 1), layers[4 * i]);
        branch = linear(attended(qkv, shape, heads, h / heads), layers[4 * i + 1]);
        const wide = linear(addAndNorm(6 * i + 2, 6 * i + 3, 6 * i + 4), layers[4 * i + 2]);
        branch = linear(wide.map(gelu), layers[4 * i + 3]);
    }
    return linear(addAndNorm(6 * depth - 1, 6 * depth, 6 * depth + 1), layers[4 * depth]);
}

const config = {depth: 2, hidden: 96, heads: 3};
const layers = [];
for (let i = 0; i < 4 * config.depth + 1; i++) {
    const h = config.hidden;
    const [outputs, inputs] =
        i === 4 * config.depth
            ? [4, h]
            : [
                  [3 * h, h],
                  [h, h],
                  [4 * h, h],
                  [h, 4 * h],
              ][i % 4];
    layers.push({
        weight: drawn(outputs * inputs, 2 / Math.sqrt(inputs), i + 2),
        bias: drawn(outputs, 0.5, i + 50),
    });
}
const shapes = [
    {rows: 1, tokens: 1, band: 128},
    {rows: 2, tokens: 90, band: 40},
    {rows: 3, tokens: 65, band: 0},
    {rows: 1, tokens: 140, band: 128},
];

testWithCard('what comes out is what the network says, to roundings', async () => {
    const cases = shapes.map((shape) => ({
        shape,
        input: drawn(shape.rows * shape.tokens * config.hidden, 1, 100),
        modulation: drawn(shape.rows * (6 * config.depth + 2) * config.hidden, 0.5, 200),
    }));
    const plain = (values) => Array.from(values);
    const results = await page.page.evaluate(
        async ({config, layers, cases}) => {
            const {GraphicsNetwork} = await import('/web/graphics.js');
            const card = await GraphicsNetwork.card();
            const network = await GraphicsNetwork.make(card.device, config);
            for (const {weight, bias} of layers)
                await network.addLayer(Float32Array.from(weight), Float32Array.from(bias));
            const results = [];
            // Twice: what is kept for a shape is used again, and what is left there counts for nothing.
            for (let time = 0; time < 2; time++)
                for (const {shape, input, modulation} of cases)
                    results.push(
                        Array.from(
                            await network.step(
                                shape,
                                Float32Array.from(input),
                                Float32Array.from(modulation),
                            ),
                        ),
                    );
            return results;
        },
        {
            config,
            layers: layers.map(({weight, bias}) => ({weight: plain(weight), bias: plain(bias)})),
            cases: cases.map(({shape, input, modulation}) => ({
                shape,
                input: plain(input),
                modulation: plain(modulation),
            })),
        },
    );
    for (const [at, result] of results.entries()) {
        const {shape, input, modulation} = cases[at % cases.length];
        const right = expected(config, layers, shape, input, modulation);
        assert.equal(result.length, right.length);
        const size = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const apart = right.reduce((most, value, i) => Math.max(most, Math.abs(value - result[i])), 0);
        assert.ok(apart <= 1e-5 * size, `${JSON.stringify(shape)}: ${apart} of ${size}`);
    }
});

const choice = () => page.page.getByRole('switch', {name: 'Place on the graphics card'});
const message = (text) => page.page.locator('.message', {hasText: text}).waitFor({timeout: 60000});

/** Where a section's objects come to lie; without the constraints, which make more of roundings. */
async function placed() {
    const session = await studio.example();
    const objects = Array.from({length: 12}, (_, at) => 5 + at);
    const free = {keepSpacing: false, keepStructure: false, count: 1, seed: 7, steps: 2};
    await studio.post(`sessions/${session}/place`, {objects, ...free});
    const [{takes}] = await studio.settled(session);
    return takes.flatMap(({shapes}) => Object.values(shapes).map(({x, y}) => [x, y]));
}

/** @param {number[][]} one @param {number[][]} other */
function expectNearlySame(one, other) {
    assert.equal(one.length, 12);
    const apart = one.map(([x, y], at) => Math.hypot(x - other[at][0], y - other[at][1]));
    assert.ok(Math.max(...apart) <= 1.5, apart.join(' ')); // whole pixels: a hair may make one of them, on both axes
    assert.ok(apart.filter((distance) => distance > 0).length <= 2, apart.join(' '));
}

testWithCard('the card places what the processor places, to roundings, until it is turned off', async () => {
    const processors = await placed();
    assert.equal(await choice().isChecked(), false);
    await choice().click();
    await message('places from now on');
    assert.equal(await choice().isChecked(), true);
    expectNearlySame(await placed(), processors);
    const card = await page.page.evaluate(async () => (await import('/main.js')).engine.card);
    assert.notEqual(card, ''); // it has not stopped meanwhile
    const {device} = await studio.get('about');
    assert.match(device, /WebGPU/);
    await page.page.reload();
    await page.ready();
    assert.equal(await choice().isChecked(), true);
    await choice().click();
    await message('The processor places from now on');
    assert.deepEqual(await placed(), processors);
    page.noErrors();
});

testWithCard('where the card stops, the processor goes on, and the page says so', async () => {
    const processors = await placed();
    server.changed.set('/graphics_worker.js', (content) =>
        content.toString().replace('const {depth, hidden}', "throw new Error('it is lost');$&"),
    );
    await page.page.reload();
    await page.ready();
    await choice().click();
    await message('places from now on');
    assert.deepEqual(await placed(), processors);
    await message('The graphics card does not place');
    server.changed.clear();
    page.noErrors();
});
