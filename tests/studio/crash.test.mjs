// The server killed with -9 between any two steps, and in the middle of one: nothing is lost, and the page that
// stood open goes on. Where the page is its own engine, the page is killed, and opened again.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {closeAll, onWeb, openStudio, serverAlone} from './engines.mjs';
import {until} from './studio.mjs';

/** @type {import('./studio.mjs').Studio | import('./engines.mjs').WebStudio} */
let studio;
/** @type {import('./browser.mjs').StudioPage} */
let page;
let session = '';

const state = () => studio.get(`sessions/${session}/state`);
/** What counts of a state: that it was told again and again gives it other numbers. */
const essence = ({step, steps, pinned, changed, shapes}) => ({
    step,
    labels: steps.map(({label}) => label),
    pinned,
    changed,
    shapes,
});

before(async () => {
    ({studio, page} = await openStudio());
    session = await studio.example();
    await page.page.goto(`${studio.origin}/#${session}`);
    await page.workbench();
});
after(closeAll);

async function killedAndStarted() {
    if (onWeb) return studio.killedAndStarted();
    await studio.kill();
    await page.page.locator('.connection').waitFor();
    await studio.again();
    await page.page.locator('.connection').waitFor({state: 'hidden', timeout: 20000});
}

const post = (action, body) => studio.post(`sessions/${session}/${action}`, body);

/** @type {[string, () => Promise<unknown>][]} */
const steps = [
    ['a move', () => post('move', {objects: [3, 4], dx: 7, dy: -5, settle: false})],
    ['a pin', () => post('pin', {objects: [5], pinned: true})],
    ['a flip', () => post('transform', {objects: [8, 9], op: 'flipH'})],
    [
        'takes',
        async () => {
            await post('place', {objects: [10, 11, 12, 13], count: 2, style: null, strength: 1});
            await studio.settled(session);
        },
    ],
    [
        'a take kept',
        async () => {
            const {sets} = await studio.get(`sessions/${session}/takes`);
            await post('keep', {take: sets[0].takes[0].id});
        },
    ],
    ['an undo', () => post('undo')],
    ['a step to elsewhere', () => post('go', {step: 1})],
    ['a redo', () => post('redo')],
];

for (const [name, run] of steps)
    test(`${name} outlives the server`, async () => {
        await run();
        const before = essence(await state());
        await killedAndStarted();
        assert.deepEqual(essence(await state()), before);
        page.noErrors('ERR_', 'the server responded with a status of 4');
    });

test('killed while it places: the map is as it was, and places again', async () => {
    const before = essence(await state());
    await page.press('Control+a');
    await page.press('r');
    await page.page.locator('.place.busy').waitFor();
    await killedAndStarted();
    await page.page.locator('.place:not(.busy)').waitFor();
    assert.deepEqual(essence(await state()), before);
    await page.press('Escape');
    await post('place', {objects: [20, 21, 22], count: 1, style: null, strength: 1});
    await studio.settled(session);
    page.noErrors('ERR_', 'the server responded with a status of 4');
});

test(
    'a key that was pressed while nobody answered is told, not lost in silence',
    serverAlone('a server'),
    async () => {
        await studio.kill();
        await page.press('Control+a');
        await page.press('Control+h');
        await page.message('The studio does not answer');
        await studio.again();
        await page.page.locator('.connection').waitFor({state: 'hidden', timeout: 20000});
        page.noErrors('ERR_', 'the server responded with a status of 4');
    },
);

test('the page shows the steps of before', async () => {
    const {steps: all} = await state();
    await page.page.getByRole('tab', {name: /History/}).click();
    await until(
        () => page.page.locator('.history-step').count(),
        (count) => count === all.length,
    );
});
