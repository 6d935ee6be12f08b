// What the workbench does when something goes wrong, or is pressed at a bad moment.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {closeBrowser, StudioPage} from './browser.mjs';
import {Studio, until} from './studio.mjs';

/** @type {Studio} */
let studio;
/** @type {StudioPage} */
let page;
let session = '';

const takeSets = async () => (await studio.get(`sessions/${session}/takes`)).sets;

before(async () => {
    studio = await Studio.start();
    session = await studio.example();
    page = await StudioPage.open(`${studio.url}#${session}`);
    await page.workbench();
    await page.page.locator('.timeline-canvas').waitFor();
});
after(async () => {
    await closeBrowser();
    await Studio.stopAll();
});

test('a part that cannot be drawn is told of once, and everything goes on', async () => {
    await page.goTo(12000);
    const shown = () => page.page.locator('.timeline-canvas').evaluate((canvas) => canvas.toDataURL().length);
    const before = await shown();
    await page.page.evaluate(() => {
        const {roundRect} = CanvasRenderingContext2D.prototype;
        window.mend = () => (CanvasRenderingContext2D.prototype.roundRect = roundRect);
        window.failures = 0;
        CanvasRenderingContext2D.prototype.roundRect = function () {
            if (!this.canvas.classList.contains('timeline-canvas')) return roundRect.apply(this, arguments);
            ++window.failures;
            throw new Error('no rounded rectangles today');
        };
    });
    // The timeline fails, the time beside it goes on.
    await page.press('ArrowRight');
    await page.message('Something went wrong on the page');
    const time = await page.time();
    await page.press('ArrowRight');
    await until(
        () => page.time(),
        (now) => now > time,
    );
    await until(
        () => page.page.evaluate(() => window.failures),
        (failures) => failures > 3,
    );
    assert.equal(await page.page.locator('.message', {hasText: 'Something went wrong'}).count(), 1);
    await page.page.evaluate(() => window.mend());
    await until(shown, (size) => size > before / 2);
    assert.equal(page.errors.filter((error) => error.includes('no rounded')).length, 1);
    page.noErrors('no rounded rectangles today');
});

test("the song's loudness stands behind the timeline", async () => {
    // In the break no object is in the way: what the timeline shows there is the song.
    await page.goTo(50200);
    const heard = () =>
        page.page.locator('.timeline-canvas').evaluate((canvas) => {
            const column = (x, y) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].join();
            const middle = canvas.width >> 1;
            let count = 0;
            for (let x = middle - 160; x < middle + 160; ++x)
                if (column(x, (canvas.height >> 1) + 2) !== column(x, canvas.height - 2)) ++count;
            return count;
        });
    await until(heard, (count) => count > 100);
    page.noErrors();
});

test('a key that comes while a dialog closes is heard', async () => {
    await page.press('s');
    await page.page.locator('.style-dialog[open]').waitFor();
    const grid = () => page.page.locator('button[aria-label^="Grid"]').getAttribute('aria-pressed');
    const before = await grid();
    // Before the page is drawn again the focus still stands in the dialog that is gone.
    const inside = await page.page.evaluate(() => {
        const dialog = document.querySelector('.style-dialog');
        dialog.close();
        const target = document.activeElement;
        target.dispatchEvent(new KeyboardEvent('keydown', {key: 'g', bubbles: true, cancelable: true}));
        return dialog.contains(target);
    });
    assert.ok(inside, 'the browser takes the focus away at once: this test says nothing');
    assert.notEqual(await grid(), before);
    await page.press('g');
    await page.press('s');
    await page.page.locator('.style-dialog[open]').waitFor();
    await page.press('g');
    assert.equal(await grid(), before, 'keys in an open dialog are its own');
    // The first clears what was searched for.
    await page.press('Escape');
    await page.press('Escape');
    await page.page.locator('.style-dialog').waitFor({state: 'hidden'});
    page.noErrors();
});

test('the map of styles is gone over by arrows, and one chosen by Enter', async () => {
    await page.press('s');
    await page.page.locator('.style-dialog[open]').waitFor();
    const picture = page.page.locator('.style-map');
    await until(() => page.page.evaluate(() => document.querySelector('.style-map-canvas').width > 300));
    await picture.locator('canvas').focus();
    const said = () => picture.locator('[role=status]').innerText();
    const place = () =>
        picture.locator('.style-map-tip').evaluate(({style}) => [style.left, style.top].map(parseFloat));
    await until(async () => {
        await page.press('ArrowDown');
        return said();
    });
    const walk = [];
    for (const [key, axis, sign] of [
        ['ArrowLeft', 0, -1],
        ['ArrowUp', 1, -1],
        ['ArrowRight', 0, 1],
        ['ArrowDown', 1, 1],
    ]) {
        const before = await place();
        await page.press(key);
        const after = await place();
        assert.ok((after[axis] - before[axis]) * sign > 0, `${key}: ${before} → ${after}`);
        walk.push(await said());
    }
    assert.ok(new Set(walk).size > 1, walk.join('; '));
    const tip = await picture.locator('.style-map-tip').innerText();
    await page.press('Enter');
    await page.page.locator('.style-dialog').waitFor({state: 'hidden'});
    assert.equal(await page.page.locator('.style-button').innerText(), tip.split(' · ').join(', '));
    page.noErrors();
});

test('each take says how many remarks there are of it, and which', async () => {
    const {objects} = await studio.get(`sessions/${session}`);
    await page.page.evaluate(() => document.activeElement?.blur());
    const from = objects[20].time;
    // Placed in one step, and held to nothing: there is much to remark.
    const wild = {count: 2, steps: 1, seed: 3, keepSpacing: false, keepStructure: false};
    await studio.post(`sessions/${session}/place`, {from, to: from + 12000, ...wild});
    const [set] = await studio.settled(session);
    let remarks = 0;
    for (const [index, {id}] of set.takes.entries()) {
        const {items} = await studio.get(`sessions/${session}/advice?of=${id}`);
        const own = items.filter((item) => item.objects.some((object) => set.objects.includes(object)));
        remarks += own.length;
        const button = page.page.locator('.take-button').nth(index);
        await until(
            () => button.getAttribute('aria-label'),
            (label) => label.includes(`, ${own.length || 'no'} remark`),
        );
        assert.equal(await button.locator('.take-remarks').innerText(), own.length ? String(own.length) : '');
        await button.hover();
        await page.page.locator('.stage-caption', {hasText: `Take ${index + 1}`}).waitFor();
        const listed = await page.page.locator('.stage-caption span').allInnerTexts();
        assert.equal(listed.length, Math.min(own.length, 4) + (own.length > 4 ? 1 : 0), listed.join());
        await page.page.mouse.move(500, 300);
        await page.page.locator('.stage-caption').waitFor({state: 'hidden'});
        // The panel of remarks lists those of a take, too.
        await page.page.locator('#tab-remarks').click();
        await page.page.locator('.advice-panel select').selectOption(id);
        await until(
            () => page.page.locator('.advice-item').count(),
            (count) => count === own.length,
        );
        await page.page.locator('#tab-takes').click();
    }
    assert.ok(remarks > 0);
    page.noErrors();
});

test('takes are listed without their shapes, which come when they are seen', async () => {
    /** @type {string[]} */
    const asked = [];
    page.page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.pathname.endsWith('/takes')) asked.push(url.search);
    });
    await page.page.reload();
    await page.workbench();
    const card = page.page.locator('.take-canvas').first();
    await until(() =>
        card.evaluate((canvas) => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value, at) => at % 4 === 3 && value > 200);
        }),
    );
    const [{id}] = await takeSets();
    assert.deepEqual(asked, ['?shapes=none', `?set=${id}`]);
    // Another set: the list once more, and nothing else, for its takes came with the events.
    asked.length = 0;
    await studio.post(`sessions/${session}/place`, {objects: [40, 41], count: 2, steps: 2});
    await page.takes(2);
    await studio.settled(session);
    await page.page.waitForTimeout(400);
    assert.deepEqual([...new Set(asked)], ['?shapes=none'], asked.join());
    page.noErrors();
});
