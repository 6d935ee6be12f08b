/**
 * The engine in its worker: loads the program that was compiled for the browser and the model, gives it what was kept,
 * and answers the page. Messages from the page:
 *
 *     {begin: {threads, model, file, graphics, …}}    model: the bytes; file: its name for people; graphics: whether
 *                                                     the graphics card is asked
 *     {id, method, path, body}                        → {id, status, type, attachment, memory, body}
 *
 * and to it {progress}, {ready}, {event, session}, {problem}, {noCard}. What a request changes is in the database before the
 * answer goes.
 */
import {Kept} from './kept.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @type {any} */
let program = null;
/** @type {Kept} */
let kept;
let threads = 1;
/** Songs that the program has, by their names in the database. */
const restored = new Set();
/** Requests are answered one after the other. */
let turn = Promise.resolve();
/** Jobs that wait or are made. */
const jobs = new Set();
let listening = 0;

/** The program's memory, as large as it is now. */
const memory = () => new Uint8Array((program.wasmMemory ?? program.HEAPU8).buffer);

/** Bytes in the program's memory while it is called. @param {Uint8Array} bytes @param {(at: number) => any} call */
function lent(bytes, call) {
    const at = program._malloc(bytes.length + 1);
    if (at === 0)
        throw new Error('the browser gives no more memory: close other tabs, and load this page again');
    memory().set(bytes, at);
    memory()[at + bytes.length] = 0;
    try {
        return call(at);
    } finally {
        program._free(at);
    }
}

/** The same for texts, which end with a zero. @param {string[]} texts @param {(...at: number[]) => any} call */
function lentTexts([text, ...others], call, ...before) {
    if (text === undefined) return call(...before);
    return lent(encoder.encode(text), (at) => lentTexts(others, call, ...before, at));
}

/** @param {string} name @param {boolean} journal @param {Uint8Array} content */
function restore(name, journal, content) {
    lentTexts([name], (at) =>
        lent(content, (bytes) => program._studio_restore(at, journal ? 1 : 0, bytes, content.length)),
    );
}

/** What the program says: see deliver() in src/studio/web/front.cpp. */
function deliver(kind, name, content) {
    if (kind === 'put') {
        kept.put(name, content);
        restored.add(name);
    } else if (kind === 'append') kept.append(name, content);
    else if (kind === 'remove') {
        kept.remove(name);
        // A song that lies in the database alone is known here by what was said of it.
        if (/^song-.*\.json$/.test(name)) kept.remove(name.replace(/json$/, 'osz'));
    } else {
        const event = JSON.parse(decoder.decode(content));
        if (event.type === 'queued') jobs.add(event.job);
        if (event.type === 'done' || event.type === 'failed') jobs.delete(event.job);
        postMessage({event, session: name});
        listen();
    }
}

/** While takes are made, what other threads have to say is looked for as often as a screen shows anything new. */
function listen() {
    const wanted = jobs.size > 0;
    if (threads === 1 || wanted === listening > 0) return;
    clearInterval(listening);
    listening = wanted ? setInterval(() => program._studio_deliver(), 16) : 0;
    if (!wanted) setTimeout(() => program._studio_deliver(), 100); // what came behind the last job's end
}

/** Songs are large: one comes when its session is asked for. @param {string} path */
async function fetchSong(path, body) {
    const session = /^\/api\/v1\/sessions\/([0-9a-f]+)/.exec(path)?.[1];
    let song = path === '/api/v1/sessions' ? JSON.parse(decoder.decode(body) || '{}').source : undefined;
    if (session) {
        const about = await kept.value(`session-${session}.json`);
        song = about && JSON.parse(decoder.decode(about)).source;
    }
    const name = `song-${song}.osz`;
    if (!song || restored.has(name)) return;
    restored.add(name);
    const content = await kept.value(name);
    if (content) restore(name, false, content);
}

/** @param {{id: number, method: string, path: string, body?: Uint8Array}} request */
async function answer({id, method, path, body = new Uint8Array()}) {
    const url = new URL(path, 'http://studio/');
    await fetchSong(url.pathname, body);
    const query = JSON.stringify(Object.fromEntries(url.searchParams));
    const reply = lentTexts([method, decodeURIComponent(url.pathname), query], (...texts) =>
        lent(body, (at) => {
            const answer = program._studio_handle(...texts, at, body.length);
            const [status, type, attachment, content, size] = new Uint32Array(memory().buffer, answer, 5);
            return {
                id,
                status,
                type: program.UTF8ToString(type),
                attachment: program.UTF8ToString(attachment),
                memory: memory().length,
                body: memory().slice(content, content + size),
            };
        }),
    );
    await kept.written;
    if (kept.problem) postMessage({problem: kept.problem});
    postMessage(reply, {transfer: [reply.body.buffer]});
}

/** Takes that wait are made between requests where there is one thread alone. */
function runJobs() {
    if (threads > 1 || jobs.size === 0) return;
    setTimeout(() => program._studio_run_jobs());
}

/**
 * The graphics card in a worker of its own, for the program waits for what it says; empty where there is none.
 * @returns {Promise<string>} its name
 */
function graphicsCard() {
    if (threads === 1) return Promise.resolve('');
    return new Promise((resolve) => {
        const worker = new Worker(new URL('graphics_worker.js', import.meta.url), {type: 'module'});
        const fail = (/** @type {string} */ why) => {
            postMessage({noCard: why});
            resolve('');
        };
        worker.onerror = (event) => fail(event.message);
        worker.onmessage = ({data}) => (data.failed ? fail(data.failed) : resolve(data.card));
        worker.postMessage({memory: program.wasmMemory, mailbox: program._studio_graphics_mailbox()});
    });
}

/**
 * @param {{threads: number, model: ArrayBuffer, file: string, version: string, example: string, graphics: boolean}}
 * given
 */
async function begin(given) {
    threads = given.threads;
    const folder = threads > 1 ? 'threads' : 'one-thread';
    const {default: load} = await import(`./${folder}/studio_engine.js`);
    [program, kept] = await Promise.all([
        load({threads: threads + 1, deliver, print: console.log, printErr: console.error}),
        Kept.open(),
    ]);
    await kept.restore(restore);
    const card = given.graphics ? await graphicsCard() : '';
    const model = new Uint8Array(given.model);
    lentTexts([given.file, given.example, given.version, card], (...texts) =>
        lent(model, (at) => program._studio_begin(at, model.length, ...texts, threads)),
    );
    /** @type {any} */ (given.model).transfer?.(0); // at once: it is as large as the model
    postMessage({ready: {keeps: kept.database !== null, card}});
}

addEventListener('message', ({data}) => {
    turn = turn.then(async () => {
        try {
            if (data.begin) await begin(data.begin);
            else await answer(data);
        } catch (error) {
            postMessage({id: data.id, failed: error instanceof Error ? error.message : String(error)});
        }
        runJobs();
    });
});
