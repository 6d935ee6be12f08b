// Which engine a suite runs on: the program's server; or, with OSU_ENGINE=web, the program in the page itself (make web).
import {closeBrowser, StudioPage} from './browser.mjs';
import {serve, isolation} from './static_server.mjs';
import {Studio} from './studio.mjs';

export const onWeb = process.env.OSU_ENGINE === 'web';
export const webFolder = process.env.OSU_WEB ?? new URL('../../build/web', import.meta.url).pathname;

/** Of tests: why they are left out where there is no server. @param {string} what */
export const serverAlone = (what) => ({skip: onWeb && `the server alone has ${what}`});

/** What Studio is to tests, by the engine of a page. */
export class WebStudio {
    static async start() {
        const studio = new WebStudio();
        studio.server = await serve({'/': webFolder}, isolation);
        studio.url = studio.server.url;
        studio.origin = new URL(studio.url).origin;
        return studio;
    }

    /** The page whose engine answers from now on. */
    async open() {
        this.page = await StudioPage.open(this.url);
        await this.page.ready();
        return this.page;
    }

    /** The page's process killed; the page is another one, in the same browser, at the same address. */
    async killedAndStarted() {
        const {page} = this.page;
        const [url, context] = [page.url(), page.context()];
        const devtools = await context.newCDPSession(page);
        const gone = page.waitForEvent('crash');
        devtools.send('Page.crash').catch(() => {});
        await gone;
        await page.close();
        this.page.watch(await context.newPage());
        await this.page.page.goto(url);
        await this.page.ready();
    }

    /** @param {"GET" | "POST"} method @param {string} path @param {object} [body] @returns {Promise<any>} */
    #ask(method, path, body) {
        return this.page.page.evaluate(
            async ({method, path, body}) => {
                const {engine} = await import(new URL('main.js', document.baseURI).href);
                return engine.request(method, path, body).catch((error) => {
                    throw new Error(`${path}: ${error.status} ${error.message}`);
                });
            },
            {method, path, body},
        );
    }

    get(path) {
        return this.#ask('GET', path);
    }

    post(path, body = {}) {
        return this.#ask('POST', path, body);
    }

    example = Studio.prototype.example;
    settled = Studio.prototype.settled;

    async stop() {
        await this.server.stop();
    }
}

/** @type {WebStudio | undefined} */
let web;

/** A studio, and a page of it. */
export async function openStudio() {
    if (onWeb) {
        web = await WebStudio.start();
        return {studio: web, page: await web.open()};
    }
    const studio = await Studio.start();
    return {studio, page: await StudioPage.open(studio.url)};
}

/** All that was begun, the browser with it. */
export async function closeAll() {
    await closeBrowser();
    await web?.stop();
    await Studio.stopAll();
}
