// Opening maps, playing them, and all that can be wrong with what is dropped.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {StudioPage} from './browser.mjs';
import {closeAll, onWeb, openStudio, serverAlone} from './engines.mjs';
import {archive, mapOf, signs, wave} from './songs.mjs';
import {Studio, temporaryFolder, until} from './studio.mjs';

/** @type {Studio | import('./engines.mjs').WebStudio} */
let studio;
/** @type {StudioPage} */
let page;

before(async () => {
    ({studio, page} = await openStudio());
});
after(closeAll);

/** The first screen, from wherever the page is. */
async function first() {
    await page.page.goto(`${studio.origin}/#`);
    await page.page.locator('.drop').waitFor();
}

const song = async () =>
    archive({
        'signs.osu': mapOf(signs),
        'others.osu': mapOf([...signs, [256, 192, 14000]], {version: 'Others'}),
        'drums.osu': mapOf(signs, {mode: 1, version: 'Oni'}),
        'tone.wav': wave(15),
    });

test(
    'the token is gone from the address, and the first screen is there',
    serverAlone('a token'),
    async () => {
        await page.page.locator('.drop').waitFor();
        assert.ok(!page.page.url().includes('token'));
        page.noErrors();
    },
);

/** A song as files in a folder of its own. */
function songFolder() {
    const folder = join(temporaryFolder(), '1 The tests - Signs');
    mkdirSync(join(folder, 'sb'), {recursive: true});
    writeFileSync(join(folder, 'signs.osu'), mapOf(signs));
    writeFileSync(join(folder, 'others.osu'), mapOf([...signs, [256, 192, 14000]], {version: 'Others'}));
    writeFileSync(join(folder, 'tone.wav'), wave(15));
    writeFileSync(join(folder, 'sb', 'leaf.png'), 'no picture');
    return folder;
}

test('dark or light as the system has it, until the mapper says otherwise', async () => {
    await first();
    const isLight = () =>
        page.page.evaluate(
            () => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]) > 128,
        );
    /** What it is where the system is light, and where it is dark. @param {boolean[]} wanted */
    const themes = async (...wanted) => {
        for (const [index, colorScheme] of /** @type {const} */ (['light', 'dark']).entries()) {
            await page.page.emulateMedia({colorScheme});
            await until(isLight, (light) => light === wanted[index]);
        }
    };
    await themes(true, false);
    const button = page.page.getByRole('button', {name: 'Dark, light, or as the system has it'});
    await page.page.locator('.example').click();
    await page.workbench();
    await button.click();
    await themes(false, false);
    await button.click();
    await themes(true, true);
    await button.click();
    await themes(true, false);
    page.noErrors();
});

test('a folder that is dropped is its song, with its music; one without a map says so', async () => {
    const folder = songFolder();
    await first();
    await page.dropFiles([folder]);
    const rows = page.page.locator('.choice-dialog .row-button');
    await rows.filter({hasText: 'Others'}).click();
    await page.workbench();
    assert.match(await page.page.locator('.song').innerText(), /Others/);
    const session = new URL(page.page.url()).hash.slice(1);
    assert.deepEqual((await studio.get(`sessions/${session}/state`)).shapes.length, signs.length + 1);
    await first();
    await page.dropFiles([join(folder, 'sb')]);
    await page.message('No map lies in that folder');
    page.noErrors();
});

test('a map that is dropped with its music is one song; of two songs one is opened', async () => {
    const folder = songFolder();
    await first();
    await page.dropFiles([join(folder, 'tone.wav'), join(folder, 'signs.osu')]);
    await page.workbench();
    const {audio} = await studio.get(`sessions/${new URL(page.page.url()).hash.slice(1)}`);
    assert.ok(audio, 'its music came, too');
    page.noErrors();
    await first();
    for (const name of ['a.osz', 'b.osz']) writeFileSync(join(folder, name), await song());
    await page.dropFiles([join(folder, 'a.osz'), join(folder, 'b.osz')]);
    await page.message('One song at a time');
    await page.page.locator('.choice-dialog').press('Escape');
    page.noErrors();
});

test('a song that is dropped asks which difficulty; taiko cannot be chosen', async () => {
    await page.drop('song.osz', await song());
    const rows = page.page.locator('.choice-dialog .row-button');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 3);
    assert.ok(await rows.filter({hasText: 'Oni'}).isDisabled());
    assert.match(await rows.filter({hasText: 'Oni'}).innerText(), /taiko|game mode/);
    await rows.filter({hasText: 'Signs'}).click();
    await page.workbench();
    assert.match(await page.page.locator('.song').innerText(), /Signs/);
    assert.match(await page.page.title(), /Signs/);
    page.noErrors();
});

test('objects appear when and where they should', async () => {
    await page.press('g'); // the grid would be seen as something, too
    const seen = async (time) => {
        await page.goTo(time);
        await page.page.waitForTimeout(150);
        return [(await page.colour(64, 64))[1] > 60, (await page.colour(448, 320))[1] > 60];
    };
    assert.deepEqual(await seen('00:00:500'), [false, false]);
    assert.deepEqual(await seen('00:02:000'), [true, false]);
    assert.deepEqual(await seen('00:03:500'), [false, false]);
    assert.deepEqual(await seen('00:04:950'), [false, true]);
    await page.press('g');
    page.noErrors();
});

test('times are typed as on the command line, and of this map', async () => {
    const goesTo = async (typed, ms) => {
        await page.goTo(typed);
        await page.page.waitForTimeout(60);
        assert.equal(await page.time(), ms, typed);
    };
    await goesTo('00:04:000', 4000);
    await goesTo('1:02:3', 4000); // could be hours
    await page.message('That is no time');
    await goesTo('2.345', 4000);
    await page.message('could be ms or seconds');
    await goesTo('0:02', 2000);
    await goesTo('0:03.5', 3500);
    await goesTo('4500', 4500);
    await goesTo('-0:01', 0);
    await goesTo('4500', 4500);
    await goesTo('00:01:234 (1) - ', 4500);
    await page.message('There is no object at 00:01:234');
    page.noErrors();
});

test(
    'a song that the program was given asks which difficulty',
    serverAlone('an address that names a song'),
    async () => {
        const answer = await studio.fetch('sources?name=given.osz', {method: 'POST', body: await song()});
        const {source} = await answer.json();
        await page.page.goto(`${studio.origin}/#source=${source}`);
        const rows = page.page.locator('.choice-dialog .row-button');
        await rows.first().waitFor();
        assert.equal(await rows.count(), 3);
        await rows.filter({hasText: 'Signs'}).click();
        await page.workbench();
        for (const odd of ['../../about', '%']) {
            await page.page.goto(`${studio.origin}/#${odd}`);
            await page.page.locator('.drop').waitFor();
        }
        page.noErrors();
        await page.drop('song.osz', await song());
        await rows.filter({hasText: 'Signs'}).click();
        await page.workbench();
    },
);

test('it plays: the clock moves as fast as the world, and stops', async () => {
    await page.goTo('00:01:000');
    const begin = Date.now();
    await page.press('Space');
    await until(
        () => page.time(),
        (time) => time > 2500,
    );
    const [shown, real] = [(await page.time()) - 1000, Date.now() - begin];
    // A busy machine may hear less than it should, but never a song that runs ahead.
    assert.ok(shown < real + 500, `${shown} ms in ${real} ms`);
    await page.press('Space');
    await page.page.waitForTimeout(300);
    const stopped = await page.time();
    await page.page.waitForTimeout(250);
    assert.equal(await page.time(), stopped);
    page.noErrors();
});

test('the keys of the game and of its editor go through the song', async () => {
    const at = async (key) => {
        await page.press(key);
        await page.page.waitForTimeout(60);
        return page.time();
    };
    assert.equal(await at('z'), 2000);
    assert.equal(await at('ArrowRight'), 2125); // a quarter of a beat
    assert.equal(await at('ArrowLeft'), 2000);
    assert.equal(await at('Shift+ArrowRight'), 4000);
    assert.equal(await at('ArrowDown'), 5000);
    assert.equal(await at('v'), 11000);
    await page.press('?');
    await page.page.locator('.help-dialog[open]').waitFor();
    await page.press('Escape');
    await page.page.locator('.help-dialog').waitFor({state: 'hidden'});
    page.noErrors();
});

test('an editor’s timestamp is gone to and selected, and comes out again', async () => {
    await page.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.page.evaluate(() => navigator.clipboard.writeText('00:05:000 (2,3) - a word'));
    await page.press('Control+v');
    await until(
        () => page.target(),
        (text) => /2 objects/.test(text),
    );
    await until(
        () => page.time(),
        (time) => time === 5000,
    );
    await page.press('Control+c');
    await page.message('Copied');
    assert.equal(await page.page.evaluate(() => navigator.clipboard.readText()), '00:05:000 (2,3) - ');
    page.noErrors();
});

test('a session comes back by its address, and from the list of recent ones', async () => {
    const address = page.page.url();
    await page.page.reload();
    await page.workbench();
    await first();
    await page.page.locator('.row-button', {hasText: 'Signs'}).first().click();
    await page.workbench();
    assert.equal(page.page.url(), address);
    page.noErrors();
});

test('what is no map says so, and the page lives on', async () => {
    await first();
    const whole = await song();
    const broken = [
        ['broken.osz', whole.subarray(0, whole.length / 2)],
        ['noise.osz', Buffer.from('PK\x03\x04 and nothing of the kind')],
        ['empty.osu', Buffer.from('')],
        ['text.osu', Buffer.from('dear diary')],
    ];
    for (const [name, bytes] of broken) {
        await page.drop(name, bytes);
        // Either refused, or opened as something that has no map to choose.
        const refused = page.page.locator('.message.error, .choice-dialog[open] .row-button:disabled');
        await refused.first().waitFor();
        await page.page.locator('[aria-label=Close]:visible').first().click();
    }
    await page.drop('song.pdf', Buffer.from('%PDF'));
    await page.message('That is no map');
    page.noErrors('the server responded with a status of 4');
    await page.drop('song.osz', await archive({'signs.osu': mapOf(signs)}));
    await page.workbench();
});

test('a map without its song plays in silence', async () => {
    await page.goTo('00:01:000');
    await page.press('Space');
    await until(
        () => page.time(),
        (time) => time > 1400,
    );
    await page.press('Space');
    page.noErrors();
});

test('a map that is dropped on the workbench is opened, too', async () => {
    await page.drop('waltz.osz', await archive({'one.osu': mapOf(signs, {title: 'Another'})}));
    await page.page.locator('.song', {hasText: 'Another'}).waitFor();
    page.noErrors();
});

test('the example is a click away, and has music', async () => {
    await first();
    await page.page.locator('.example').click();
    await page.workbench();
    const session = new URL(page.page.url()).hash.slice(1);
    const {audio} = await studio.get(`sessions/${session}`);
    assert.ok(audio);
    await until(() => page.page.evaluate(async () => (await import('/main.js')).player.audible));
    if (!onWeb) {
        const range = await studio.fetch(`sessions/${session}/audio`, {headers: {Range: 'bytes=100-199'}});
        assert.equal(range.status, 206);
        assert.equal((await range.arrayBuffer()).byteLength, 100);
    }
    page.noErrors();
});

test('everything has a name for those who do not see it', async () => {
    const nameless = await page.page.evaluate(() =>
        [...document.querySelectorAll('button, input, select, [role=slider], [tabindex="0"]')]
            .filter((element) => element.getClientRects().length > 0)
            .filter((element) => {
                const label = element.getAttribute('aria-label') ?? element.getAttribute('title');
                return !label && !element.textContent?.trim() && !element.closest('label');
            })
            .map((element) => element.outerHTML),
    );
    assert.deepEqual(nameless, []);
});

test(
    'a folder of songs is the library; a map of the command line opens by itself',
    serverAlone('folders'),
    async () => {
        const songs = temporaryFolder();
        mkdirSync(join(songs, '1 The tests - Signs'));
        writeFileSync(join(songs, '1 The tests - Signs', 'signs.osu'), mapOf(signs));
        const other = await Studio.start({map: songs});
        const there = await StudioPage.open(other.url);
        await there.page.locator('.library .row-button', {hasText: 'Signs'}).click();
        await there.workbench();
        there.noErrors();
        await there.close();
        await other.stop();

        const direct = await Studio.start({map: join(songs, '1 The tests - Signs', 'signs.osu')});
        const opened = await StudioPage.open(direct.url);
        await opened.workbench();
        opened.noErrors();
        await opened.close();
        await direct.stop();
    },
);

test(
    'a checkpoint that is none: the page says so, and maps can still be looked at',
    serverAlone('a command line'),
    async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, 'none.safetensors'), 'no weights');
        const other = await Studio.start({args: ['--ckpt', join(folder, 'none.safetensors')]});
        const there = await StudioPage.open(other.url);
        await there.page.locator('.message.error').first().waitFor();
        await there.page.locator('.example').click();
        await there.workbench();
        await there.page.locator('.message.error [aria-label=Close]').first().click();
        await there.press('r');
        await there.page.locator('.message.error').first().waitFor();
        assert.ok(await other.get('recent'));
        there.noErrors('the server responded with a status of');
        await there.close();
        await other.stop();
    },
);
