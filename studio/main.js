/**
 * Begins: asks the engine what it is, and shows the first screen, or the workbench of the session that the address
 * names (`#SESSION`), so that a reload, a bookmark and the program's own `studio MAP` come back to it.
 *
 * @import { About } from "./types.js"
 */
import {Bench} from './bench.js';
import {byId, h} from './dom.js';
import {EngineError} from './engine.js';
import {attempt, say, sayError} from './messages.js';
import {OpenScreen} from './open.js';
import {Player} from './player.js';
import {openEngine, takesModel} from './open_engine.js';
import {Session} from './session.js';
import {Sounds} from './sounds.js';
import {applyTheme} from './theme.js';
import {Workbench} from './workbench.js';

export const engine = await openEngine();
export const player = new Player();
/** Of which session samples are asked for. */
let sampled = '';
const sounds = new Sounds(player, (name) =>
    engine.bytes(`sessions/${sampled}/files/${encodeURIComponent(name)}`),
);
/** @type {OpenScreen | null} */
let openScreen = null;
/** @type {Workbench | null} */
let workbench = null;

/** @param {About} about */
function showOpenScreen(about) {
    openScreen = new OpenScreen(engine, about, (session) => (location.hash = session));
    byId('page').replaceChildren(openScreen.element);
    document.title = 'osu-diffusion studio';
    return openScreen;
}

/** @param {About} about @param {string} id */
async function showWorkbench(about, id) {
    const session = await Session.open(engine, id).catch((error) => {
        sayError(error);
        // A session that is gone is no reason to stand before an empty page; a server that is gone is one to wait.
        if (error instanceof EngineError && error.status >= 400) location.hash = '';
    });
    if (!session || named() !== id) return;
    const bench = new Bench(engine, about, session, player);
    workbench = new Workbench(bench, sounds, () => (location.hash = ''));
    byId('page').replaceChildren(workbench.element);
    document.title = `${session.scene.title} [${session.scene.version}] – osu-diffusion studio`;
    sampled = id;
    sounds.setScene(session.scene);
    const song = session.scene.audio ? await session.file('audio').catch(() => null) : null;
    if (sampled !== id) return;
    const first = session.scene.objects[0]?.time ?? 0;
    await player.load(song?.url ?? null, session.scene.length, first);
    // Before the first object an empty field would say nothing of the map.
    if (player.time === 0) bench.seek(first);
}

/** What stands behind the #; nothing where it is no text. */
function named() {
    try {
        return decodeURIComponent(location.hash.slice(1));
    } catch {
        return '';
    }
}

/** What a session is called; anything else behind the # would lead to another address. */
const plain = /^[0-9a-z-]+$/i;

/** @param {About} about */
function route(about) {
    workbench?.close();
    workbench = null;
    openScreen = null;
    const session = named();
    if (plain.test(session)) return attempt(showWorkbench(about, session));
    const screen = showOpenScreen(about);
    // What the program was started with, where the difficulty is still to be chosen.
    const given = /^source=([0-9a-f]+)$/.exec(session);
    if (given) attempt(screen.offer(given[1]));
}

/** A map may be dropped anywhere, at any time. @param {About} about */
function takeDrops(about) {
    const page = byId('page');
    document.addEventListener('dragover', (event) => {
        event.preventDefault();
        page.classList.add('dropping');
    });
    document.addEventListener(
        'dragleave',
        (event) => event.relatedTarget === null && page.classList.remove('dropping'),
    );
    document.addEventListener('drop', (event) => {
        event.preventDefault();
        page.classList.remove('dropping');
        const data = event.dataTransfer;
        if (!data || data.items.length === 0) return;
        if (takesModel(engine, data.files[0])) return attempt(useModel(data.files[0]));
        attempt(
            (openScreen ?? new OpenScreen(engine, about, (session) => (location.hash = session))).dropped(
                data,
            ),
        );
    });
}

/** A checkpoint of one's own, in the place of the model. @param {File} file */
async function useModel(file) {
    await /** @type {any} */ (engine).useModel(file);
    route(await engine.request('GET', 'about'));
    say(`${file.name} places from now on`);
}

async function begin() {
    applyTheme();
    /** @type {About | null} */
    let about = null;
    while (!about) {
        about = await engine.request('GET', 'about').catch((error) => {
            byId('page').replaceChildren(
                h('main', {class: 'waiting'}, h('strong', {}, error.message), h('p', {}, error.hint ?? '')),
            );
            return null;
        });
        if (!about) await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const known = about;
    // Maps can be looked at and their history gone through even where the model cannot be read.
    const {problem} = /** @type {{problem?: import("./types.js").ApiError}} */ (about.model);
    if (problem) say(problem.error, {hint: problem.hint, kind: 'error', stays: 0});
    window.addEventListener('hashchange', () => route(known));
    takeDrops(known);
    route(known);
}

begin();
