// The studio without a server (make web): the same page, the program in a worker of the browser.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {closeBrowser, launched, StudioPage} from './browser.mjs';
import {archive, entriesOf, waltz, wave} from './songs.mjs';
import {serve} from './static_server.mjs';

const folder = process.env.OSU_WEB ?? new URL('../../build/web', import.meta.url).pathname;
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
