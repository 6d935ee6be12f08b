// What a mapper does one thing after the other, and what the page says of it: sections, times, takes that were kept.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ticksBetween} from '../../studio/beats.js';
import {closeAll, openStudio} from './engines.mjs';
import {mapOf} from './songs.mjs';
import {until} from './studio.mjs';

/** @type {import('./studio.mjs').Studio | import('./engines.mjs').WebStudio} */
let studio;
/** @type {import('./browser.mjs').StudioPage} */
let page;
let session = '';
/** @type {any} */
let scene;

const state = () => studio.get(`sessions/${session}/state`);
const takeSets = async () => (await studio.get(`sessions/${session}/takes`)).sets;

before(async () => {
    ({studio, page} = await openStudio());
    session = await studio.example();
    await page.page.evaluate((id) => (location.hash = id), session);
    await page.workbench();
    scene = await studio.get(`sessions/${session}`);
});
after(closeAll);

test('a section without objects is one, and not the whole map', async () => {
    const [from, to] = scene.breaks[0];
    await page.goTo(Math.round((from + to) / 2));
    await page.dragSection(120);
    assert.match(await page.target(), /^Section\s+no objects/);
    assert.ok(await page.page.locator('.place').isDisabled());
    await page.press('r');
    await page.message('There are no objects in the section');
    assert.deepEqual(await takeSets(), []);
    await page.press('Escape');
    assert.match(await page.target(), /^Whole map/);
    assert.ok(await page.page.locator('.place').isEnabled());
    page.noErrors();
});

test('a time alone moves the playhead, and the section stays', async () => {
    await page.goTo(scene.objects[8].time);
    await page.dragSection(200);
    const section = await page.target();
    assert.match(section, /^Section/);
    await page.goTo('00:40:000');
    assert.equal(await page.time(), 40000);
    assert.equal(await page.target(), section);
    await page.goTo('41000');
    assert.equal(await page.target(), section);
    await page.goTo('00:42:000 - ');
    await until(
        () => page.time(),
        (time) => time === 42000,
    );
    assert.equal(await page.target(), section);
    page.noErrors();
});

test('the two colours say what they are, with a take that is looked at, too', async () => {
    const {time} = scene.objects[20];
    await page.press('Escape');
    await page.goTo(time);
    await studio.post(`sessions/${session}/place`, {from: time, to: time + 3000, count: 3, steps: 2});
    await studio.settled(session);
    const takes = await page.takes(3);
    await page.press('o');
    const legend = async () => (await page.page.locator('.legend').innerText()).split(/\s*\n\s*/).join(', ');
    assert.equal(await legend(), 'source, now');
    await takes.nth(2).hover();
    await until(legend, (words) => words === 'now, take 3');
    await page.page.mouse.move(500, 300);
    await until(legend, (words) => words === 'source, now');
    await page.press('o');
    page.noErrors();
});

test('a take has the same number wherever it is named, whatever becomes of the others', async () => {
    const [set] = await takeSets();
    await studio.post(`sessions/${session}/discard`, {take: set.takes[1].id});
    const names = page.page.locator('.take-set').first().locator('.take-name');
    await until(
        () => names.allInnerTexts(),
        (numbers) => numbers.join() === '1,3',
    );
    const take = (await page.takes(2)).nth(1);
    assert.match(await take.getAttribute('aria-label'), /^Take 3,/);
    const options = page.page.locator('.advice-panel select option');
    assert.deepEqual((await options.allTextContents()).slice(-2), ['Take 1', 'Take 3']);
    await take.click();
    await page.message('Kept take 3');
    const {steps} = await until(state, ({step}) => step === 1);
    assert.match(steps[1].label, /^Take 3 of/);
    page.noErrors();
});

test('a take that is undone is not called kept, and of a set one is', async () => {
    const kept = page.page.locator('.take-set').first().locator('.take.kept .take-name');
    const names = async (expected) =>
        until(
            () => kept.allInnerTexts(),
            (numbers) => numbers.join() === expected,
        );
    await names('3');
    await (await page.takes(2)).nth(0).click();
    await names('1');
    await page.press('Control+z');
    await names('3');
    await page.page.reload();
    await page.workbench();
    await names('3');
    await page.press('Control+z');
    await names('');
    page.noErrors();
});

test('what is asked of the model is found again after a reload, but for a style that it does not know', async () => {
    await page.press('s');
    const dialog = page.page.locator('.style-dialog');
    await dialog.locator('section', {hasText: 'Mappers'}).locator('.row-button').first().click();
    const style = page.page.locator('.style-button');
    const name = await style.innerText();
    assert.notEqual(name, 'No style');
    const strength = page.page.locator('.slider', {hasText: 'Strength'}).locator('input');
    await strength.fill('0.35');
    const fast = page.page.locator('.toggle', {hasText: 'Fast'}).locator('input');
    const isFast = await fast.isChecked();
    await fast.click();
    const again = async () => {
        await page.page.reload();
        await page.workbench();
    };
    await again();
    assert.equal(await style.innerText(), name);
    assert.equal(await strength.inputValue(), '0.35');
    assert.equal(await fast.isChecked(), !isFast);
    await page.page.evaluate((id) => {
        const place = 'osu-diffusion studio';
        const kept = JSON.parse(localStorage.getItem(place));
        kept.styles[id] = {kind: 'mapper', name: 'nobody whom the model knows'};
        localStorage.setItem(place, JSON.stringify(kept));
    }, session);
    await again();
    await until(
        () => style.innerText(),
        (text) => text === 'No style',
    );
    page.noErrors();
});

test("before the first red line its beats run back, as in the game's editor", () => {
    const timing = [
        {time: 2000, beatLength: 500, meter: 4},
        {time: 9000, beatLength: 300, meter: 3},
    ];
    const seen = ticksBetween(timing, -100, 1600, 2);
    assert.deepEqual(
        seen.map(({time}) => time),
        [0, 250, 500, 750, 1000, 1250, 1500],
    );
    assert.deepEqual(
        seen.filter(({bar}) => bar).map(({time}) => time),
        [0],
    );
    assert.deepEqual(ticksBetween(timing, 8400, 8900, 1), [{time: 8500, fraction: 1, bar: false}]);
});

test('every control can be reached in half a screen beside the editor', async () => {
    const covered = () =>
        page.page
            .locator('.topbar button, .tools button, .transport :is(button, input, select, summary), .tab')
            .evaluateAll((controls) =>
                controls
                    .filter((control) => control.checkVisibility())
                    .filter((control) => {
                        const {left, right, top, height} = control.getBoundingClientRect();
                        return [left + 3, right - 3].some((x) => {
                            const there = document.elementFromPoint(x, top + height / 2);
                            return !there || !control.contains(there);
                        });
                    })
                    .map((control) => control.title || control.textContent || control.className),
            );
    const time = page.page.locator('.time-input');
    for (const [width, height] of [
        [960, 1000],
        [1024, 600],
        [1280, 720],
    ]) {
        await page.page.setViewportSize({width, height});
        await page.page.waitForTimeout(100);
        assert.deepEqual(await covered(), [], `${width} × ${height}`);
        const cut = await time.evaluate((field) => field.scrollWidth - field.clientWidth);
        assert.ok(cut <= 0, `${width} × ${height}: ${cut} px of the time are cut`);
        const place = await page.page.locator('.place').boundingBox();
        assert.ok(place.y + place.height <= height, 'the button that places is there without scrolling');
    }
    page.noErrors();
});

test('objects before the song can be gone to', async () => {
    const circles = [
        [64, 64, -1390],
        [448, 320, 500],
    ];
    await page.drop('early.osu', Buffer.from(mapOf(circles, {title: 'Early'})));
    await page.page.locator('.song strong', {hasText: 'Early'}).waitFor();
    const time = page.page.locator('.time-input');
    const shown = async (expected) =>
        until(
            () => time.inputValue(),
            (text) => text === expected,
        );
    await shown('-00:01:390');
    assert.ok((await time.evaluate((field) => field.scrollWidth - field.clientWidth)) <= 0);
    await page.press('v');
    await shown('00:00:500');
    await page.press('z');
    await shown('-00:01:390');
    page.noErrors();
});
