// What can be missing or go wrong where the page is its own engine: each is told with what to do about it, and nothing
// that was kept is lost.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {closeBrowser, launched, StudioPage} from './browser.mjs';
import {webFolder} from './engines.mjs';
import {isolation, serve} from './static_server.mjs';
import {until} from './studio.mjs';

/** One sends the headers that threads want, the other does not. @type {Awaited<ReturnType<typeof serve>>[]} */
let servers;

before(async () => {
    servers = [await serve({'/': webFolder}, isolation), await serve({'/': webFolder})];
});
beforeEach(() => servers.forEach(({changed}) => changed.clear()));
after(async () => {
    await closeBrowser();
    for (const server of servers) await server.stop();
});

/**
 * A page in a browser that has kept nothing so far.
 * @param {{server?: (typeof servers)[0], script?: string, workers?: 'allow' | 'block'}} [options] script: runs before the page's
 */
async function visit({server = servers[0], script = '', workers = 'allow'} = {}) {
    const context = await (await launched()).newContext({serviceWorkers: workers});
    await context.addInitScript(script);
    const visited = new StudioPage(await context.newPage());
    await visited.page.goto(server.url);
    return visited;
}

/** @param {StudioPage} on @param {RegExp} problem @param {RegExp} hint */
async function says(on, problem, hint) {
    const told = on.page.locator('.waiting, .message.error').filter({hasText: problem}).first();
    await told.waitFor();
    assert.match(await told.innerText(), hint);
}

/** @param {StudioPage} on */
async function example(on) {
    await on.ready();
    if (await on.page.locator('.drop').isVisible()) await on.page.locator('.example').click();
    await on.workbench();
}

/** How many steps the history has. @param {StudioPage} on */
async function steps(on) {
    await on.page.getByRole('tab', {name: /History/}).click();
    return on.page.locator('.history-step').count();
}

/** Waits for so many. @param {StudioPage} on @param {number} wanted */
const hasSteps = (on, wanted) =>
    until(
        () => steps(on),
        (count) => count === wanted,
    );

/** Turns the whole map over. @param {StudioPage} on @param {number} count of steps that there are then */
async function flip(on, count) {
    await on.press('Control+a');
    await on.press('Control+h');
    await hasSteps(on, count);
}

for (const [what, script] of [
    ['vectors', 'WebAssembly.validate = () => false'],
    [
        'exceptions',
        "const real = WebAssembly.validate; WebAssembly.validate = (b) => !b.join().includes('6,64,25') && real(b)",
    ],
    ['WebAssembly', 'delete globalThis.WebAssembly'],
])
    test(`a browser without ${what} is too old, and is told which are not`, async () => {
        const page = await visit({script});
        await says(page, /too old/, /Chromium.*Firefox.*Safari|install/);
        page.noErrors();
        await page.close();
    });

for (const [what, options] of /** @type {[string, () => Parameters<typeof visit>[0]][]} */ ([
    ['shared memory', () => ({script: 'delete globalThis.SharedArrayBuffer'})],
    [
        'service workers and headers',
        () => ({server: servers[1], script: 'delete Navigator.prototype.serviceWorker'}),
    ],
    ['storage for its own files', () => ({server: servers[1]})],
]))
    test(`without ${what} it places with one thread, and says so`, async () => {
        servers[1].changed.set('/files.json', () => (what.includes('storage') ? 'none' : '[]'));
        const page = await visit(options());
        await page.message(/places on one thread/);
        await page.ready();
        await page.close();
    });

test('a window that keeps nothing says so, and a map can be made and downloaded there', async () => {
    servers[0].changed.set(
        '/web/worker.js',
        (content) =>
            `Object.defineProperty(self, 'indexedDB', {get() { throw new Error('no'); }});${content}`,
    );
    const page = await visit();
    await says(page, /keeps nothing/, /Download/);
    await example(page);
    await flip(page, 2);
    await page.press('Control+s');
    const download = page.page.waitForEvent('download');
    await page.page.locator('.keep-card', {hasText: '.osz'}).click();
    await (await download).path();
    assert.equal(await page.page.locator('.message.error').count(), 1, 'told once');
    page.noErrors();
    await page.close();
});

test('no space left: said at once; what could not be kept is kept as soon as there is space', async () => {
    const full = `let full = false;
        new BroadcastChannel('full').onmessage = ({data}) => (full = data);
        for (const name of ['put', 'add']) {
            const real = IDBObjectStore.prototype[name];
            IDBObjectStore.prototype[name] = function (...given) {
                if (full) throw new DOMException('the disk is full', 'QuotaExceededError');
                return real.apply(this, given);
            };
        }`;
    servers[0].changed.set('/web/worker.js', (content) => `${full}\n${content}`);
    const page = await visit();
    const fill = (now) => page.page.evaluate((now) => new BroadcastChannel('full').postMessage(now), now);
    await example(page);
    await flip(page, 2);
    await fill(true);
    await flip(page, 3);
    await says(page, /cannot keep this/, /Download.*free some space/s);
    await flip(page, 4);
    await fill(false);
    await flip(page, 5);
    await page.page.reload();
    await page.workbench();
    await hasSteps(page, 5);
    page.noErrors();
    await page.close();
});

test('a model that does not arrive: said; half of it is nothing that is kept', async () => {
    for (const change of [() => null, () => 'no weights']) {
        servers[0].changed.set('.safetensors', change);
        const page = await visit();
        if (change() === null) await says(page, /model cannot be fetched/, /connected.*again/);
        else await says(page, /no checkpoint/, /safetensors/);
        servers[0].changed.clear();
        await page.page.reload();
        await page.ready();
        assert.equal(await page.page.locator('.message.error').count(), 0);
        await page.close();
    }
});

test('an engine that does not arrive: said', async () => {
    servers[0].changed.set('.wasm', () => 'no program');
    const page = await visit();
    await says(page, /WebAssembly|program|engine/i, /again/);
    await page.close();
});

test('a checkpoint that is none: said, with its name; the model of before goes on, and so does the session', async () => {
    const page = await visit();
    await example(page);
    await flip(page, 2);
    await page.drop('mine.safetensors', Buffer.from('no weights'));
    await says(page, /mine\.safetensors: this is no checkpoint/, /\.pt file/);
    await flip(page, 3);
    await page.press('[');
    await page.press('Shift+ArrowRight');
    await page.press('Shift+ArrowRight');
    await page.press(']');
    await page.press('r');
    await page.page.getByRole('tab', {name: /Takes/}).click();
    await page.takes(1);
    page.noErrors();
    await page.close();
});

test('a second tab waits for the first one, and goes on when that is closed', async () => {
    const page = await visit();
    await example(page);
    const address = page.page.url();
    await flip(page, 2);
    const other = new StudioPage(await page.page.context().newPage());
    await other.page.goto(address);
    await other.page.locator('.waiting', {hasText: 'another tab'}).waitFor();
    await flip(page, 3);
    await page.page.close();
    await other.ready();
    await hasSteps(other, 3);
    other.noErrors();
    await other.close();
});
