// A section placed eight times over, and what is done with it.
import assert from 'node:assert/strict';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {editorTime} from '../../studio/beats.js';
import {StudioPage} from './browser.mjs';
import {closeAll, openStudio, serverAlone} from './engines.mjs';
import {archive, entriesOf, mapOf, signs, waltz, wave} from './songs.mjs';
import {Studio, temporaryFolder, until} from './studio.mjs';

/** @type {Studio | import('./engines.mjs').WebStudio} */
let studio;
/** @type {StudioPage} */
let page;
let session = '';

const state = () => studio.get(`sessions/${session}/state`);
const takeSets = async () => (await studio.get(`sessions/${session}/takes`)).sets;
/** @type {Buffer} */
let source;

before(async () => {
    ({studio, page} = await openStudio());
    source = await archive({
        'waltz.osu': waltz.replace('audio.mp3', 'tone.wav'),
        'signs.osu': mapOf(signs),
        'tone.wav': wave(110),
        'sb/ünused.txt': 'kept as it is',
    });
    await page.drop('waltz.osz', source);
    await page.page.locator('.choice-dialog .row-button', {hasText: 'Three Four'}).click();
    await page.workbench();
    session = new URL(page.page.url()).hash.slice(1);
});
after(closeAll);

test('dragging over the timeline selects a section; its handle changes it', async () => {
    await page.goTo('00:05:600');
    await page.dragSection(500);
    assert.match(await page.target(), /Section/);
    const count = Number(/(\d+) objects/.exec(await page.target())?.[1]);
    assert.ok(count >= 4 && count <= 12, await page.target());
    const [before, box] = [await page.target(), await page.page.locator('.timeline').boundingBox()];
    await page.page.mouse.move(box.x + box.width / 2 + 500, box.y + 40);
    await page.page.keyboard.down('Shift');
    for (let ticks = 0; ticks < 8; ticks++) await page.page.mouse.wheel(0, 100);
    await page.page.keyboard.up('Shift');
    await until(
        () => page.target(),
        (text) => /Section/.test(text) && text !== before,
    );
    await page.press('Escape');
    assert.match(await page.target(), /Whole map/);
    await page.press('[');
    await page.press('Shift+ArrowRight');
    await page.press('Shift+ArrowRight');
    await page.press('Shift+ArrowRight');
    await page.press(']');
    assert.match(await page.target(), /Section/);
    page.noErrors();
});

test('eight takes appear as they are done, each another', async () => {
    await page.press('r');
    await page.page.locator('.place.busy').waitFor();
    await page.takes(1);
    await page.takes(8);
    const [set] = await takeSets();
    assert.equal(set.takes.length, 8);
    assert.equal(new Set(set.takes.map((take) => JSON.stringify(take.shapes))).size, 8);
    assert.deepEqual((await state()).changed, []);
    page.noErrors();
});

test('a take that is pointed at plays in place, and leaves no trace', async () => {
    const before = await page.time();
    const takes = await page.takes(8);
    await takes.nth(2).hover();
    await page.page.locator('.stage-caption', {hasText: 'Take 3'}).waitFor();
    await page.page.locator('.play-button[aria-label^=Pause]').waitFor();
    await page.page.mouse.move(400, 300);
    await page.page.locator('.play-button[aria-label^=Play]').waitFor();
    await page.page.locator('.stage-caption').waitFor({state: 'hidden'});
    assert.equal(await page.time(), before);
    page.noErrors();
});

test('Tab goes from take to take, Enter keeps one; undo and redo', async () => {
    await page.press('Tab');
    await page.press('Tab');
    assert.match(await page.page.locator(':focus').getAttribute('aria-label'), /^Take 2/);
    await page.press('Enter');
    const kept = await until(state, ({step}) => step === 1);
    const [set] = await takeSets();
    assert.ok(kept.changed.length > 0);
    assert.ok(kept.changed.every((index) => set.objects.includes(index)));
    for (const index of kept.changed) {
        assert.equal(kept.shapes[index].x, set.takes[1].shapes[index].x);
        assert.equal(kept.shapes[index].y, set.takes[1].shapes[index].y);
    }
    await page.press('Escape');
    await page.press('Control+z');
    assert.deepEqual((await until(state, ({step}) => step === 0)).changed, []);
    await page.press('Control+Shift+z');
    assert.deepEqual((await until(state, ({step}) => step === 1)).changed, kept.changed);
    page.noErrors();
});

test('source and result in two colours, or one for the other', async () => {
    const orange = () => page.pixelsOf([0xff, 0xb3, 0x47]);
    const {objects} = await studio.get(`sessions/${session}`);
    await page.goTo(objects[(await state()).changed[1]].time);
    assert.ok((await orange()) < 200);
    await page.press('o');
    await until(orange, (count) => count > 200);
    await page.press('o');
    await until(orange, (count) => count < 200);
    await page.press('b');
    await page.page.locator('.legend[data-compare=source]').waitFor();
    await page.press('b');
    await page.page.locator('.legend').waitFor({state: 'hidden'});
    page.noErrors();
});

test('pinned objects stay; one that is dragged has its neighbours placed around it', async () => {
    await page.press('Escape');
    const now = await state();
    const {objects} = await studio.get(`sessions/${session}`);
    // A circle with room around it, far from what was placed so far.
    const index = objects.findIndex((object, at) => object.kind === 'circle' && at > 60 && at < 100);
    const {x, y, stack} = now.shapes[index];
    await page.goTo(objects[index].time);
    await page.page.mouse.click(...(await page.place(x + stack[0], y + stack[1])));
    assert.match(await page.target(), /1 object/);
    await page.goTo(objects[index + 1].time);
    const neighbour = now.shapes[index + 1];
    await page.page.mouse.click(
        ...(await page.place(neighbour.x + neighbour.stack[0], neighbour.y + neighbour.stack[1])),
    );
    await page.press('l');
    assert.deepEqual((await until(state, ({pinned}) => pinned.length > 0)).pinned, [index + 1]);
    await page.goTo(objects[index].time);
    const to = [x < 256 ? x + 60 : x - 60, y < 192 ? y + 40 : y - 40];
    await page.dragField([x + stack[0], y + stack[1]], [to[0] + stack[0], to[1] + stack[1]]);
    const moved = await until(state, ({changed}) => changed.includes(index));
    assert.ok(Math.abs(moved.shapes[index].x - to[0]) <= 2, JSON.stringify([moved.shapes[index], to]));
    assert.ok(Math.abs(moved.shapes[index].y - to[1]) <= 2);
    const settled = await until(state, ({changed}) => changed.includes(index - 1), 60000);
    await studio.settled(session);
    assert.ok(!settled.changed.includes(index + 1));
    assert.ok(Math.abs(settled.shapes[index].x - to[0]) <= 2);
    page.noErrors();
});

test('a selection is flipped and rotated, and comes back', async () => {
    await studio.settled(session);
    await page.press('Escape');
    await page.goTo('00:20:000');
    await page.press('[');
    await page.press('Shift+ArrowRight');
    await page.press('Shift+ArrowRight');
    await page.press(']');
    const before = await state();
    await page.press('Control+h');
    const flipped = await until(state, ({step}) => step === before.step + 1);
    const index = flipped.shapes.findIndex(({x}, at) => Math.abs(x - before.shapes[at].x) > 1);
    assert.ok(Math.abs(flipped.shapes[index].x + before.shapes[index].x - 512) < 1.01);
    await page.press('Control+h');
    const back = await until(state, ({step}) => step === before.step + 2);
    assert.ok(Math.abs(back.shapes[index].x - before.shapes[index].x) < 1.01);
    // The section is wider than the field is high.
    await page.press('Control+.');
    await page.message(/turned so, they would be \d+ px high/);
    page.noErrors('400 (Bad Request)');
    const {objects} = await studio.get(`sessions/${session}`);
    const isPair = (at) =>
        [at, at + 1].every((one) => objects[one].kind === 'circle') &&
        Math.abs(before.shapes[at].x - before.shapes[at + 1].x) < 300;
    const pair = objects.findIndex((_, at) => at > 100 && isPair(at));
    const numbers = [objects[pair].number, objects[pair + 1].number];
    await page.goTo(`${editorTime(objects[pair].time)} (${numbers})`);
    await page.press('Control+.');
    await until(state, ({step}) => step === before.step + 3);
    for (let steps = 3; steps > 0; steps--) await page.press('Control+z');
    await until(state, ({step}) => step === before.step);
    page.noErrors();
});

test('the history has a picture of each step, and a click goes to one', async () => {
    await page.page.getByRole('tab', {name: /History/}).click();
    const steps = page.page.locator('.history-step');
    await until(
        () => steps.count(),
        (count) => count >= 3,
    );
    await steps.last().click();
    assert.deepEqual((await until(state, ({step}) => step === 0)).changed, []);
    await steps.first().click();
    const {steps: all, step} = await until(state, ({step}) => step > 0);
    assert.equal(step, all.length - 1);
    page.noErrors();
});

test('remarks are timestamps to click', async () => {
    await page.page.getByRole('tab', {name: /Remarks/}).click();
    const {items} = await studio.get(`sessions/${session}/advice?of=now`);
    const rows = page.page.locator('.advice-item');
    if (items.length === 0) return;
    // The list follows the map after a pause.
    const clicked = async () => {
        await rows.first().click();
        return page.time();
    };
    await until(clicked, (time) => time === Math.round(items[0].time));
    page.noErrors();
});

test('a style is found by name, lit on the map of styles, and a favourite', async () => {
    await page.press('s');
    const dialog = page.page.locator('.style-dialog');
    await dialog.locator('.row-button').first().waitFor();
    const {mappers} = await studio.get('styles?limit=1');
    await dialog.locator('.search-input').fill(mappers[0].name.slice(0, 4));
    const row = dialog.locator('.row', {hasText: mappers[0].name}).first();
    await row.locator('.star').click();
    await row.locator('.row-button').click();
    assert.match(await page.page.locator('.style-button').innerText(), new RegExp(mappers[0].name));
    await page.page.reload();
    await page.workbench();
    await page.press('s');
    await dialog.locator('section', {hasText: 'Favourites'}).locator('.row').first().waitFor();
    await page.press('Escape');
    await dialog.waitFor({state: 'hidden'});
    page.noErrors();
});

test('cancelling is at once, and what was done stays', async () => {
    const sets = async () => (await studio.get(`sessions/${session}/takes`)).sets.length;
    const before = await sets();
    const isBusy = () => page.page.locator('.place.busy').isVisible();
    // Keys that come while a dialog is still closing are its own.
    await until(
        async () => {
            await page.press('Control+a');
            await page.press('r');
            for (let i = 0; i < 20 && !(await isBusy()); ++i) await page.page.waitForTimeout(20);
            return (await isBusy()) || (await sets()) > before;
        },
        (begun) => begun,
    );
    if (!(await isBusy())) return; // a quick machine is through before one can look
    const begin = Date.now();
    await page.press('Escape');
    await page.page.locator('.place:not(.busy)').waitFor({timeout: 5000});
    assert.ok(Date.now() - begin < 3000, `${Date.now() - begin} ms`);
    page.noErrors();
});

test('two tabs see the same', serverAlone('several pages at once'), async () => {
    const other = await StudioPage.open(studio.url);
    await other.page.goto(`${studio.origin}/#${session}`);
    await other.workbench();
    const {step} = await state();
    await page.press('Control+z');
    await until(state, (now) => now.step === step - 1);
    await other.page.getByRole('tab', {name: /History/}).click();
    const current = other.page.locator('.undone');
    await until(
        () => current.count(),
        (count) => count === 1,
    );
    await page.press('Control+Shift+z');
    await until(
        () => current.count(),
        (count) => count === 0,
    );
    other.noErrors();
    await other.close();
});

/** Lines of a map but for those of its objects, and those. @param {string} text */
function parts(text) {
    const [head, objects] = text.replace(/\r/g, '').split('[HitObjects]\n');
    return {head: head.trim().split('\n'), objects: objects.trim().split('\n')};
}

test('the archive differs in the new difficulty alone, and that in what was changed alone', async () => {
    await page.press('Control+s');
    await page.page.locator('.keep-dialog .text-input').fill('Placed: by <tests>/..');
    const [download] = await Promise.all([
        page.page.waitForEvent('download'),
        page.page.locator('.keep-card', {hasText: '.osz'}).click(),
    ]);
    const result = entriesOf(readFileSync(await download.path()));
    const original = entriesOf(source);
    for (const [name, content] of original) assert.deepEqual(result.get(name), content, name);
    const added = [...result.keys()].filter((name) => !original.has(name));
    assert.equal(added.length, 1);
    assert.match(added[0], /^[^/\\]+\.osu$/);

    const was = parts(original.get('waltz.osu').toString());
    const is = parts(result.get(added[0]).toString());
    const others = is.head.filter((line) => !was.head.includes(line));
    assert.ok(
        others.length <= 2 && others.some((line) => line === 'Version:Placed: by <tests>/..'),
        others.join(),
    );
    const {changed} = await state();
    assert.ok(changed.length > 0);
    assert.equal(is.objects.length, was.objects.length);
    for (const [index, line] of is.objects.entries())
        if (!changed.includes(index)) assert.equal(line, was.objects[index]);
        else assert.notEqual(line, was.objects[index]);
    page.noErrors();
});

/** Begins takes, and clicks on a button of theirs before the last is done. @param {string} label */
async function clickWhilePlacing(label) {
    await page.press('r');
    const newest = page.page.locator('.take-set').first();
    await newest.locator('.take:not([data-state=done])').first().waitFor();
    await (await page.takes(1)).first().hover();
    await newest.getByRole('button', {name: label}).first().click({force: true});
    return until(takeSets, (sets) => sets.every((set) => set.takes.every((take) => take.state === 'done')));
}
const takeCount = async () => (await takeSets()).reduce((sum, {takes}) => sum + takes.length, 0);

test('a take that is thrown away while the others are placed leaves them their own', async () => {
    const seeds = (set) => set.takes.map((take) => take.seed);
    const before = await takeCount();
    const sets = await clickWhilePlacing('Discard (Delete)');
    await until(takeCount, (count) => count === before + 7);
    const [newest] = sets.sort((a, b) => seeds(b)[0] - seeds(a)[0]);
    await page.takes(newest.takes.length);
    assert.equal(new Set(newest.takes.map((take) => JSON.stringify(take.shapes))).size, newest.takes.length);
    assert.equal(new Set(seeds(newest)).size, newest.takes.length);
    page.noErrors();
});

test('takes that are thrown away together while they are placed are gone, and nothing is asked of them', async () => {
    const before = (await takeSets()).map(({id}) => id).sort();
    await clickWhilePlacing('Discard these takes');
    const left = await until(takeSets, (sets) => sets.length === before.length);
    assert.deepEqual(left.map(({id}) => id).sort(), before);
    await page.page.locator('.place:not(.busy)').waitFor();
    page.noErrors();
});

test(
    'beside the source: a file of a new name, and the source as it was',
    serverAlone('folders'),
    async () => {
        const songs = temporaryFolder();
        const folder = join(songs, '1 The tests - Waltz');
        mkdirSync(folder);
        writeFileSync(join(folder, 'waltz.osu'), waltz);
        const other = await Studio.start({map: join(folder, 'waltz.osu')});
        const there = await StudioPage.open(other.url);
        await there.workbench();
        for (const count of [2, 3]) {
            const name = there.page.locator('.keep-dialog .text-input');
            await until(
                async () => {
                    if (!(await name.isVisible())) await there.press('Control+s');
                    return name.isVisible();
                },
                (visible) => visible,
            );
            await name.fill('Three Four');
            await there.page.locator('.keep-card', {hasText: 'folder'}).click();
            await there.page.locator('.keep-result code').waitFor();
            await until(
                () => readdirSync(folder).length,
                (length) => length === count,
            );
            await there.press('Escape');
            await there.page.locator('.keep-dialog').waitFor({state: 'hidden'});
        }
        assert.equal(readFileSync(join(folder, 'waltz.osu'), 'utf8'), waltz);
        const versions = readdirSync(folder).map(
            (name) => /Version:(.*)/.exec(readFileSync(join(folder, name), 'utf8'))[1],
        );
        assert.equal(new Set(versions.map((version) => version.trim())).size, 3);
        there.noErrors();
        await there.close();
        await other.stop();
    },
);
