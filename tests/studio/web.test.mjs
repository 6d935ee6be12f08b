// The studio without a server (make web): the same page, the program in a worker of the browser.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {gzipSync} from 'node:zlib';
import {closeBrowser, launched, StudioPage} from './browser.mjs';
import {webFolder as folder} from './engines.mjs';
import {archive, entriesOf, steadyMap, waltz, wave} from './songs.mjs';
import {serve} from './static_server.mjs';

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {StudioPage} */
let page;
/** @type {Buffer} */
let source;

before(async () => {
    server = await serve({'/': folder}); // no headers: the service worker brings them
    page = await StudioPage.open(server.url);
    source = await archive({'waltz.osu': waltz.replace('audio.mp3', 'tone.wav'), 'tone.wav': wave(30)});
});
after(async () => {
    await closeBrowser();
    await server?.stop();
});

/** @param {StudioPage} on */
async function openWaltz(on) {
    await on.page.locator('.open, .field-canvas').first().waitFor({timeout: 60000});
    await on.drop('waltz.osz', source);
    await on.workbench();
}

/** @param {StudioPage} on */
async function placeSection(on) {
    await on.goTo('00:05:600');
    await on.dragSection(300);
    await on.press('r');
}

test('compressed, the engine has at most 1.5 MB, and the page without the model 2 MB', () => {
    const size = (names) =>
        names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), {level: 9}).length, 0);
    const files = JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8'));
    const engine = files.filter((name) => name.startsWith('web/threads/'));
    assert.ok(engine.length >= 3, engine.join());
    assert.ok(size(engine) <= 1.5e6, `${size(engine)} bytes`);
    assert.ok(size(files) <= 2e6, `${size(files)} bytes`);
});

test('the page isolates itself, and places in threads', async () => {
    await openWaltz(page);
    assert.equal(await page.page.evaluate(() => window.crossOriginIsolated), true);
    await placeSection(page);
    await page.takes(8);
    page.noErrors();
});

test('a kept take is there when the page is loaded again', async () => {
    await page.press('Tab');
    await page.press('Enter');
    await page.press('Escape');
    const steps = page.page.locator('.history-step');
    await page.page.getByRole('tab', {name: /History/}).click();
    await steps.nth(1).waitFor();
    await page.page.reload();
    await page.workbench();
    await page.page.getByRole('tab', {name: /History/}).click();
    await steps.nth(1).waitFor();
    assert.equal(await steps.count(), 2);
    page.noErrors();
});

test('what is downloaded is the whole song with a difficulty more', async () => {
    await page.press('Control+s');
    const download = page.page.waitForEvent('download');
    await page.page.locator('.keep-card', {hasText: '.osz'}).click();
    const stream = await (await download).createReadStream();
    const parts = [];
    for await (const part of stream) parts.push(part);
    const entries = entriesOf(Buffer.concat(parts));
    assert.equal([...entries.keys()].filter((name) => name.endsWith('.osu')).length, 2);
    assert.equal(entries.get('tone.wav')?.length, wave(30).length);
    await page.press('Escape');
    page.noErrors();
});

test('without a network all of it goes on', async () => {
    await page.page.context().setOffline(true);
    await page.page.reload();
    await page.workbench();
    await placeSection(page);
    await page.takes(1);
    await page.page.context().setOffline(false);
    page.noErrors('ERR_INTERNET_DISCONNECTED');
});

test('a map of 3,000 objects has room in 300 MB, and the page is drawn while it is placed', async () => {
    await page.drop('song.osz', await archive({'map.osu': steadyMap(3000)}));
    await page.page.locator('.song', {hasText: '3000 objects'}).waitFor({timeout: 60000});
    const [gaps, memory] = await page.page.evaluate(async () => {
        const {engine} = await import(new URL('main.js', document.baseURI).href);
        const session = location.hash.slice(1);
        const gaps = [];
        let last = performance.now();
        let frame = requestAnimationFrame(function look(now) {
            gaps.push(now - last);
            last = now;
            frame = requestAnimationFrame(look);
        });
        await new Promise((resolve, reject) => {
            const event = ({type, error}) => {
                if (type === 'failed') reject(new Error(error));
                if (type === 'done') resolve(undefined);
            };
            engine.events(session, {event, connection() {}});
            engine
                .request('POST', `sessions/${session}/place`, {all: true, count: 1, steps: 2})
                .catch(reject);
        });
        cancelAnimationFrame(frame);
        await engine.request('GET', 'about');
        return [gaps.sort((a, b) => a - b), engine.memory];
    });
    const whole = await page.memory();
    const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
    console.log(
        `engine ${megabytes(memory)} MB, page with it ${megabytes(whole)} MB, half of ${gaps.length} frames within ${gaps[gaps.length >> 1]} ms`,
    );
    assert.ok(memory < 300e6 && whole < 300e6, `${memory}, ${whole} bytes`);
    // 17 ms on a machine that has nothing else to do; a page that waited for its engine would have one gap.
    assert.ok(
        gaps.length > 20 && gaps[gaps.length >> 1] < 100,
        `${gaps.length} frames, ${gaps[gaps.length >> 1]} ms`,
    );
    page.noErrors();
});

test('where nothing isolates the page it places with one thread, and can be stopped', async () => {
    const context = await (await launched()).newContext({serviceWorkers: 'block'});
    const alone = new StudioPage(await context.newPage());
    await alone.page.goto(server.url);
    await openWaltz(alone);
    assert.equal(await alone.page.evaluate(() => window.crossOriginIsolated), false);
    await placeSection(alone);
    await alone.takes(1);
    await alone.press('Escape');
    await alone.page.locator('.place:not(.busy)').waitFor();
    await alone.close();
});
