/**
 * Which engine the page has: the server that it came from; or, where the page says `data-engine="worker"` (make web),
 * the program in a worker, with the model of `data-model`.
 *
 * @import { Engine } from "./engine.js"
 */
import {byId, h} from './dom.js';
import {say} from './messages.js';
import {preferences} from './preferences.js';
import {ServerEngine} from './server_engine.js';

/** @returns {Promise<Engine>} */
export async function openEngine() {
    const {engine, model = '', version = ''} = document.documentElement.dataset;
    if (engine !== 'worker') return new ServerEngine();
    const bar = h('progress', {max: '1', value: '0', 'aria-label': 'Fetching the model'});
    const note = h('p', {}, 'Getting ready…');
    byId('page').replaceChildren(
        h('main', {class: 'waiting'}, h('strong', {}, 'osu-diffusion studio'), bar, note),
    );
    try {
        await isolate();
        await alone(
            () => (note.textContent = 'The studio is open in another tab: go on there, or close it.'),
        );
        const {WorkerEngine} = await import('./worker_engine.js');
        const opened = await WorkerEngine.open({
            model,
            version,
            graphics: preferences.graphics,
            progress: (done, whole) => {
                if (whole > 0) bar.value = done / whole;
                note.textContent = `Fetching the model, once: ${(done / 1e6).toFixed(1)} MB`;
            },
            problem: (problem, hint) => say(problem, {hint, kind: 'error', stays: 0}),
        });
        say(`Everything stays in this browser, which places on ${opened.description}`);
        return opened;
    } catch (error) {
        const {message, hint = ''} = /** @type {import("./engine.js").EngineError} */ (error);
        byId('page').replaceChildren(
            h('main', {class: 'waiting'}, h('strong', {}, message), h('p', {}, hint)),
        );
        return new Promise(() => {}); // the page says what to do, and there is nothing else to do
    }
}

/**
 * Whether a dropped file is a model that this engine can use.
 * @param {Engine} engine
 * @param {File | undefined} file
 */
export function takesModel(engine, file) {
    return 'useModel' in engine && file !== undefined && /\.(safetensors|pt)$/i.test(file.name);
}

/**
 * The service worker serves the page without a network, and gives it the headers that threads want where the host does
 * not: from the next load on, so the page is loaded again, once.
 */
async function isolate() {
    if (!('serviceWorker' in navigator)) return;
    const registered = await navigator.serviceWorker.register('service_worker.js').catch(() => null);
    if (!registered || window.crossOriginIsolated || wasTried()) return;
    const worker = registered.installing ?? registered.waiting ?? registered.active;
    if (!worker || !(await isActive(worker))) return;
    location.reload();
    await new Promise(() => {});
}

/** Whether the page was loaded again; yes where the browser remembers nothing, or it would be for ever. */
function wasTried() {
    try {
        const tried = sessionStorage.getItem('isolated') === 'tried';
        sessionStorage.setItem('isolated', 'tried');
        return tried;
    } catch {
        return true;
    }
}

/** @param {ServiceWorker} worker @returns {Promise<boolean>} false: it could not be installed, for want of space */
function isActive(worker) {
    return new Promise((resolve) => {
        const look = () => {
            if (worker.state === 'activated') resolve(true);
            if (worker.state === 'redundant') resolve(false);
        };
        worker.addEventListener('statechange', look);
        look();
    });
}

/** Two pages would write one history: the second waits until the first is closed. @param {() => void} waits */
async function alone(waits) {
    /** @param {LockOptions} options @returns {Promise<boolean>} whether this page has the lock, for as long as it is there */
    const lock = (options) =>
        new Promise((resolve) =>
            navigator.locks.request('osu-diffusion studio', options, (given) => {
                resolve(given !== null);
                return given && new Promise(() => {});
            }),
        );
    if (!navigator.locks || (await lock({ifAvailable: true}))) return;
    waits();
    await lock({});
}
