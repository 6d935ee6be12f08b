// A page of the studio in Debian's Chromium, watched for errors, and what tests do on it as a mapper would.
import assert from 'node:assert/strict';
import {chromium} from 'playwright-core';
import {editorTime} from '../../studio/beats.js';

const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--enable-blink-features=ForceEagerMeasureMemory', // memory() asks, and would wait for minutes
];

/** Flags of a browser whose graphics card is made of the processor: slow, and right. */
export const softwareGraphics = [
    ...flags.filter((flag) => flag !== '--disable-gpu'),
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
];

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let browser;

export const launched = () =>
    (browser ??= chromium.launch({
        executablePath: process.env.OSU_CHROMIUM ?? '/usr/bin/chromium',
        args: flags,
    }));

export const closeBrowser = async () => (await browser)?.close();

export class StudioPage {
    /** What the console said that it should not have. @type {string[]} */
    errors = [];

    /**
     * @param {string} url
     * @param {{width?: number, height?: number, colorScheme?: 'dark' | 'light'}} [options]
     */
    static async open(url, {width = 1280, height = 720, colorScheme = 'dark'} = {}) {
        const context = await (
            await launched()
        ).newContext({viewport: {width, height}, colorScheme, acceptDownloads: true});
        const studio = new StudioPage(await context.newPage());
        await studio.page.goto(url);
        return studio;
    }

    /** @param {import('playwright-core').Page} page */
    constructor(page) {
        this.watch(page);
    }

    /** From now on it is this page. @param {import('playwright-core').Page} page */
    watch(page) {
        this.page = page;
        page.setDefaultTimeout(20000);
        page.on('pageerror', (error) => this.errors.push(String(error.stack)));
        page.on('console', (message) => {
            // It is the tests that read pixels back.
            if (message.text().includes('getImageData')) return;
            if (message.type() === 'error' || message.type() === 'warning')
                this.errors.push(`${message.text()} ${message.location().url}`);
        });
    }

    /** Fails where the console has an error but for these; and forgets what it had. */
    noErrors(...expected) {
        const errors = this.errors.filter((error) => !expected.some((known) => error.includes(known)));
        this.errors = [];
        assert.deepEqual(errors, []);
    }

    /**
     * Bytes of an isolated page with its workers, as the browser counts them: 0 where it does not. It counts memory that
     * is shared once for each thread of the engine, whose own are nothing beside it, so they are left out.
     */
    memory() {
        return this.page.evaluate(async () => {
            const measured = await /** @type {any} */ (performance).measureUserAgentSpecificMemory?.();
            const isThread = ({url}) => url.endsWith('studio_engine.worker.js');
            return (measured?.breakdown ?? [])
                .filter(({attribution}) => !attribution.some(isThread))
                .reduce((sum, {bytes}) => sum + bytes, 0);
        });
    }

    async close() {
        await this.page.context().close();
    }

    /** The first screen or a workbench: an engine in the page takes a while. */
    async ready() {
        await this.page.locator('.drop, .field-canvas').first().waitFor({timeout: 60000});
        return this;
    }

    /** The workbench of a session, which is there when its field is. */
    async workbench() {
        await this.page.locator('.field-canvas').waitFor();
        return this;
    }

    /** @param {string} key */
    press(key) {
        return this.page.keyboard.press(key);
    }

    /** Drops a file on the page, as a file manager does. */
    async drop(name, bytes) {
        await this.page.locator('.drop, .field-canvas').first().waitFor();
        await this.page.evaluate(
            async ({name, base64}) => {
                const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
                const data = new DataTransfer();
                data.items.add(new File([bytes], name));
                for (const type of ['dragover', 'drop'])
                    document.body.dispatchEvent(
                        new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}),
                    );
            },
            {name, base64: Buffer.from(bytes).toString('base64')},
        );
    }

    /** Drops files and folders of the disk on the page, as the browser itself would. @param {string[]} paths */
    async dropFiles(paths) {
        await this.page.locator('.drop, .field-canvas').first().waitFor();
        const devtools = await this.page.context().newCDPSession(this.page);
        const data = {items: [], files: paths, dragOperationsMask: 1};
        for (const type of ['dragEnter', 'dragOver', 'drop'])
            await devtools.send('Input.dispatchDragEvent', {type, x: 200, y: 200, data});
        await devtools.detach();
    }

    /**
     * Goes to a time by the field for it; with an editor's timestamp, selects, too.
     * @param {string | number} time ms, or as the editor writes it
     */
    async goTo(time) {
        await this.page.locator('.time-input').fill(typeof time === 'number' ? editorTime(time) : time);
        await this.page.locator('.time-input').press('Enter');
    }

    /** The time that is shown, ms. */
    async time() {
        const [minutes, seconds, ms] = (await this.page.locator('.time-input').inputValue()).split(':');
        return Number(minutes) * 60000 + Number(seconds) * 1000 + Number(ms);
    }

    /** Selects a section by dragging over the timeline, from where the playhead is. @param {number} pixels */
    async dragSection(pixels) {
        const box = await this.page.locator('.timeline').boundingBox();
        const [x, y] = [box.x + box.width / 2, box.y + 24];
        await this.page.mouse.move(x - 4, y);
        await this.page.mouse.down();
        await this.page.mouse.move(x + pixels / 2, y, {steps: 4});
        await this.page.mouse.move(x + pixels, y, {steps: 4});
        await this.page.mouse.up();
    }

    /** What the panel says is selected. */
    target() {
        return this.page.locator('.target').innerText();
    }

    /** Where a place of the playfield is on the page. @returns {Promise<[number, number]>} */
    async place(x, y) {
        const box = await this.page.locator('.field-canvas').boundingBox();
        // The field has 70 osu! px on either side, 62 above and 54 below (field.js, MARGINS).
        const scale = Math.min(box.width / (512 + 140), box.height / (384 + 116));
        const left = box.x + (box.width - 512 * scale) / 2;
        const top = box.y + (box.height - 500 * scale) / 2 + 62 * scale;
        return [left + x * scale, top + y * scale];
    }

    /** Drags on the playfield, osu! px. */
    async dragField(from, to) {
        await this.page.mouse.move(...(await this.place(...from)));
        await this.page.mouse.down();
        await this.page.mouse.move(...(await this.place((from[0] + to[0]) / 2, (from[1] + to[1]) / 2)));
        await this.page.mouse.move(...(await this.place(...to)));
        await this.page.mouse.up();
    }

    /**
     * The mean colour around a place of the playfield, [red, green, blue, alpha].
     * @param {number} x osu! px
     * @param {number} y
     * @param {number} [reach] osu! px
     */
    async colour(x, y, reach = 20) {
        const box = await this.page.locator('.field-canvas').boundingBox();
        const [left, top] = await this.place(x - reach, y - reach);
        const [right, bottom] = await this.place(x + reach, y + reach);
        return this.page.locator('.field-canvas').evaluate(
            (canvas, [left, top, width, height]) => {
                const ratio = canvas.width / canvas.clientWidth;
                const {data} = canvas
                    .getContext('2d')
                    .getImageData(left * ratio, top * ratio, width * ratio, height * ratio);
                const sum = [0, 0, 0, 0];
                for (let at = 0; at < data.length; at += 4) {
                    // Colours of what is hardly there say nothing.
                    for (let channel = 0; channel < 3; channel++)
                        sum[channel] += (data[at + channel] * data[at + 3]) / 255;
                    sum[3] += data[at + 3];
                }
                return sum.map((value) => Math.round((4 * value) / data.length));
            },
            [left - box.x, top - box.y, right - left, bottom - top],
        );
    }

    /** How many of the field's pixels are near to a colour. @param {[number, number, number]} colour */
    async pixelsOf([red, green, blue]) {
        return this.page.locator('.field-canvas').evaluate(
            (canvas, [red, green, blue]) => {
                const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                let count = 0;
                for (let at = 0; at < data.length; at += 4) {
                    const away =
                        Math.abs(data[at] - red) +
                        Math.abs(data[at + 1] - green) +
                        Math.abs(data[at + 2] - blue);
                    if (data[at + 3] > 120 && away < 40) count++;
                }
                return count;
            },
            [red, green, blue],
        );
    }

    /** Waits for so many takes of the newest set. @param {number} count */
    async takes(count) {
        const first = this.page.locator('.take-set').first();
        await first
            .locator('.take[data-state=done]')
            .nth(count - 1)
            .waitFor({timeout: 60000});
        return first.locator('.take-button');
    }

    /** The message that the page shows. @param {string | RegExp} text */
    async message(text) {
        await this.page.locator('.message', {hasText: text}).first().waitFor();
    }
}
