/**
 * The engine in the browser itself: the program compiled for it, in a worker (web/worker.js). Opened, it fetches the
 * model once, and says how far it is.
 *
 * @import { EngineListener } from "./engine.js"
 */
import {EngineError} from './engine.js';
import {hasExceptions, hasThreads, hasVectors, threadCount} from './web/features.js';

const CACHE = 'osu-diffusion-model';
const LOST = {error: 'The engine has stopped', hint: 'Load this page again: what you kept is kept.'};

/**
 * @typedef {object} WorkerOptions
 * @property {string} model where it is fetched from
 * @property {string} version
 * @property {boolean} graphics whether the graphics card places, where there is one
 * @property {(done: number, whole: number) => void} progress bytes of the model; whole: 0 where nobody says
 * @property {(problem: string, hint: string) => void} problem what the user must know in passing
 */

export class WorkerEngine {
    /** @type {Worker} begun by #begin() */ #worker = /** @type {any} */ (null);
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: any) => void}>} */
    #asked = new Map();
    #next = 1;
    /** @type {Map<string, Set<EngineListener>>} */ #listeners = new Map();
    /** @type {Map<string, Promise<{url: string, name: string}>>} */ #files = new Map();
    /** Of the sessions whose takes are being made. */
    #running = new Set();
    #told = '';
    /** Bytes that the program has. */ memory = 0;
    /** The name of the graphics card that places; empty: the processor does. */ card = '';

    /** @param {WorkerOptions} options @param {object} given what the worker begins with, but for the model */
    constructor(options, given) {
        this.options = options;
        this.given = given;
    }

    /** @param {WorkerOptions} options */
    static async open(options) {
        if (!hasVectors() || !hasExceptions())
            throw new EngineError(
                'This browser is too old to place maps',
                'Any Chromium, Firefox or Safari of 2023 or later can; or install the program.',
                0,
            );
        const example = await (await fetch('waltz.osu')).text();
        const engine = new WorkerEngine(options, {
            threads: threadCount(),
            file: options.model.replace(/.*\//, '').replace(/\?.*/, ''),
            version: options.version,
            graphics: options.graphics,
            example,
        });
        engine.model = await fetchModel(options);
        await engine.#start();
        // What came damaged is fetched again by the next page.
        if (await engine.#problem()) await globalThis.caches?.delete(CACHE).catch(() => {});
        return engine;
    }

    /** Why the model cannot be used. @returns {Promise<import("./types.js").ApiError | undefined>} */
    async #problem() {
        return (await this.request('GET', 'about')).model.problem;
    }

    /** Says what the page runs on. */
    get description() {
        const threads = threadCount();
        return this.card || (hasThreads() ? `${threads} threads` : 'one thread');
    }

    /** The program waits for the card, which one thread alone cannot. */
    get canUseGraphics() {
        return hasThreads() && threadCount() > 1 && 'gpu' in navigator;
    }

    /** Whether the graphics card places from now on. @param {boolean} on @returns {Promise<string>} the card's name, or '' */
    async useGraphics(on) {
        this.given = {...this.given, graphics: on};
        await this.#restart();
        return this.card;
    }

    /** Another model, until the page is loaded again; the one of before where it is none. @param {File} file */
    async useModel(file) {
        const {model, given} = this;
        this.model = await file.arrayBuffer();
        this.given = {...given, file: file.name};
        /** @type {any} */
        const problem = await this.#restart()
            .then(() => this.#problem())
            .catch((error) => ({error: error.message}));
        if (!problem) return;
        Object.assign(this, {model, given});
        await this.#restart();
        throw new EngineError(`${file.name}: ${problem.error}`, problem.hint ?? '', 0);
    }

    #start() {
        return new Promise((resolve, reject) => {
            this.#worker = new Worker(new URL('web/worker.js', import.meta.url), {type: 'module'});
            this.#worker.onerror = (event) => {
                const error = new EngineError(event.message || LOST.error, LOST.hint, 0);
                reject(error);
                this.#lose(error);
            };
            this.#worker.onmessage = ({data}) => {
                if (data.ready) {
                    this.card = data.ready.card;
                    if (!data.ready.keeps)
                        this.options.problem(
                            'This window keeps nothing',
                            'Download what you want to keep before you close it: private windows forget.',
                        );
                    resolve(undefined);
                } else if (data.failed && data.id === undefined)
                    reject(new EngineError(data.failed, LOST.hint, 0));
                else this.#take(data);
            };
            this.#worker.postMessage({begin: {...this.given, model: this.model}});
        });
    }

    /** @param {any} data */
    #take(data) {
        if (data.event) this.#tell(data.session, data.event);
        else if (data.noCard) {
            this.card = '';
            this.options.problem('The graphics card does not place', `The processor does (${data.noCard}).`);
        } else if (data.problem && data.problem !== this.#told) {
            this.#told = data.problem;
            this.options.problem(
                'The browser cannot keep this',
                `Download the map before you close the page, and free some space (${data.problem}).`,
            );
        } else if (data.id !== undefined) {
            const asked = this.#asked.get(data.id);
            this.#asked.delete(data.id);
            if (data.failed) asked?.reject(new EngineError(data.failed, LOST.hint, 0));
            else asked?.resolve(data);
        }
    }

    /** @param {string} session @param {any} event */
    #tell(session, event) {
        if (event.type === 'started') this.#running.add(session);
        if (event.type === 'done' || event.type === 'failed') this.#running.delete(session);
        for (const listener of this.#listeners.get(session) ?? []) listener.event(event);
    }

    /** @param {EngineError} error */
    #lose(error) {
        for (const {reject} of this.#asked.values()) reject(error);
        this.#asked.clear();
        for (const listeners of this.#listeners.values())
            for (const listener of listeners) listener.connection(false, error);
    }

    async #restart() {
        this.#worker.terminate();
        this.#running.clear();
        this.#lose(new EngineError('The engine starts again', '', 0));
        await this.#start();
        for (const listeners of this.#listeners.values())
            for (const listener of listeners) listener.connection(true, null);
    }

    /**
     * @param {"GET" | "POST"} method
     * @param {string} path
     * @param {Blob | object} [body]
     */
    async request(method, path, body) {
        // One thread is deaf while it makes takes: it is stopped, and what was kept is read again.
        if (path.endsWith('/cancel') && !hasThreads() && this.#running.size > 0) {
            await this.#restart();
            return {};
        }
        const bytes = body instanceof Blob ? await body.arrayBuffer() : body && encode(JSON.stringify(body));
        // What nobody promised to keep, browsers throw away when they want its space.
        if (path === 'sessions') navigator.storage?.persist?.().catch(() => {});
        const {body: answer} = await this.#ask(method, path, bytes && new Uint8Array(bytes));
        return answer.length === 0 ? {} : JSON.parse(new TextDecoder().decode(answer));
    }

    /** @param {string} path @returns {Promise<ArrayBuffer>} */
    async bytes(path) {
        return (await this.#ask('GET', path)).body.buffer;
    }

    /** @param {string} path */
    file(path) {
        const kept = this.#files.get(path);
        if (kept) return kept;
        const made = this.#ask('GET', path).then(({body, type, attachment}) => ({
            url: URL.createObjectURL(new Blob([body], {type})),
            name: attachment,
        }));
        // What is exported differs each time; songs and pictures stay, but few of them.
        if (path.includes('/export.')) return made;
        this.#files.set(path, made);
        made.catch(() => this.#files.delete(path));
        if (this.#files.size > 8) {
            const [oldest] = this.#files;
            this.#files.delete(oldest[0]);
            oldest[1].then(({url}) => URL.revokeObjectURL(url));
        }
        return made;
    }

    /**
     * @param {string} session
     * @param {EngineListener} listener
     */
    events(session, listener) {
        const listeners = this.#listeners.get(session) ?? new Set();
        this.#listeners.set(session, listeners.add(listener));
        queueMicrotask(() => listeners.has(listener) && listener.connection(true, null));
        return () => listeners.delete(listener);
    }

    /** @param {string} method @param {string} path @param {Uint8Array} [body] @returns {Promise<any>} */
    async #ask(method, path, body) {
        const id = this.#next++;
        const answer = await new Promise((resolve, reject) => {
            this.#asked.set(id, {resolve, reject});
            this.#worker.postMessage({id, method, path: `/api/v1/${path}`, body}, body ? [body.buffer] : []);
        });
        this.memory = answer.memory;
        if (answer.status === 200) return answer;
        const {error, hint} = JSON.parse(new TextDecoder().decode(answer.body) || '{}');
        throw new EngineError(error ?? `The engine answered ${answer.status}`, hint ?? '', answer.status);
    }
}

/** @param {string} text */
function encode(text) {
    return new TextEncoder().encode(text).buffer;
}

/**
 * The model from the cache, or from where it lies, with progress; kept for the next time.
 * @param {WorkerOptions} options
 */
async function fetchModel({model, progress}) {
    const cache = await globalThis.caches?.open(CACHE).catch(() => null);
    const kept = await cache?.match(model);
    if (kept) return kept.arrayBuffer();
    const blob = await download(model, progress).catch(() => {
        throw new EngineError('The model cannot be fetched', 'Are you connected? Load this page again.', 0);
    });
    await cache?.put(model, new Response(blob)).catch(() => {}); // no space: fetched again the next time
    for (const other of (await cache?.keys()) ?? [])
        if (!other.url.endsWith(model)) await cache?.delete(other); // of an older page
    return blob.arrayBuffer();
}

/** @param {string} address @param {WorkerOptions["progress"]} progress */
async function download(address, progress) {
    const response = await fetch(address);
    if (!response.ok || !response.body) throw new Error(response.statusText);
    const whole = Number(response.headers.get('Content-Length')) || 0;
    const parts = [];
    let done = 0;
    for (const reader = response.body.getReader(); ; ) {
        const part = await reader.read();
        if (part.done) return new Blob(parts);
        parts.push(part.value);
        done += part.value.length;
        progress(done, whole);
    }
}
