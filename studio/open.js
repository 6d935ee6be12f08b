/**
 * The first screen: drop a map or a song's folder, go on with one of the last, choose from the game's folder, or
 * take the example.
 *
 * @import { Engine } from "./engine.js"
 * @import { About, Library, LibrarySet, OpenedSource, RecentSession, SourceMap } from "./types.js"
 */
import {dialog} from './dialog.js';
import {afterPause, h} from './dom.js';
import {EngineError} from './engine.js';
import {graphicsChoice} from './graphics_choice.js';
import {whenText} from './history.js';
import {icon} from './icons.js';
import {attempt, say, sayError} from './messages.js';
import {filesOf, zipped} from './zip.js';

const wanted = /\.(osz|olz|osu|zip)$/i;
const archives = /\.(osz|olz|zip)$/i;
const maps = /\.osu$/i;

/** @param {string} name of what was opened of all that was dropped */
function sayOneOf(name) {
    say('One song at a time', {hint: `Opened ${name}; the others are left.`});
}

export class OpenScreen {
    #asked = 0;

    /**
     * @param {Engine} engine
     * @param {About} about
     * @param {(session: string) => void} opened
     */
    constructor(engine, about, opened) {
        this.engine = engine;
        this.about = about;
        this.opened = opened;
        this.files = h('input', {
            type: 'file',
            accept: '.osz,.olz,.osu,.zip',
            multiple: true,
            hidden: true,
            onchange: () => this.#chosen(),
        });
        this.drop = h(
            'button',
            {class: 'drop', onclick: () => this.files.click()},
            icon('drop'),
            h('strong', {}, 'Drop a map here'),
            h('span', {}, "an .osz, .olz, .osu or a song's folder; or press to choose one"),
        );
        this.recent = h('section', {class: 'open-column', hidden: true});
        this.library = h('section', {class: 'open-column library', hidden: !about.can.library});
        this.element = h(
            'main',
            {class: 'open'},
            h(
                'div',
                {class: 'open-head'},
                h('img', {src: 'icon.svg', alt: '', width: 64, height: 64}),
                h(
                    'div',
                    {},
                    h('h1', {}, 'osu-diffusion ', h('em', {}, 'studio')),
                    h('p', {}, 'Place a section eight times over, listen, and keep the best.'),
                ),
            ),
            h(
                'div',
                {class: 'open-start'},
                this.drop,
                h(
                    'button',
                    {class: 'example', onclick: () => this.example()},
                    icon('note'),
                    h('strong', {}, 'Open the example'),
                    h('span', {}, 'A waltz of our own, with music'),
                ),
            ),
            h('div', {class: 'open-columns'}, this.recent, this.library),
            graphicsChoice(engine),
            h(
                'footer',
                {class: 'open-foot'},
                [
                    `osu-diffusion ${about.version}`,
                    about.model.name,
                    `${about.device}, ${about.threads} threads`,
                ]
                    .filter(Boolean)
                    .join(' · '),
            ),
            this.files,
        );
        this.#fillRecent();
        if (about.can.library) this.#fillLibrary();
    }

    async example() {
        const source = await this.#busy(this.engine.request('POST', 'example'));
        if (source) this.#choose(source);
    }

    /** What was dropped, here or on the workbench. @param {DataTransfer} data */
    async dropped(data) {
        // Both are asked for before anything is waited for: after that the browser has forgotten what was dropped.
        const files = [...data.files];
        const folder = [...data.items]
            .map((item) => item.webkitGetAsEntry?.())
            .find((entry) => entry?.isDirectory);
        if (!folder) return this.#upload(files);
        const inside = await filesOf(/** @type {FileSystemDirectoryEntry} */ (folder)).catch(() => []);
        if (inside.some(({path}) => maps.test(path))) {
            await this.upload(await zipped(inside), `${folder.name}.osz`);
            if (files.length > 1) sayOneOf(folder.name);
        } else
            say('No map lies in that folder', {hint: "A song's folder has .osu files in it.", kind: 'error'});
    }

    /** One song, or the files that are one: a map with its music and background. @param {File[]} files */
    async #upload(files) {
        const map = files.find(({name}) => maps.test(name));
        const song = files.length > 1 ? files.find(({name}) => archives.test(name)) : files[0];
        if (song) {
            await this.upload(song, song.name);
            if (files.length > 1) sayOneOf(song.name);
        } else if (map) {
            const archive = await zipped(files.map((file) => ({path: file.name, file})));
            await this.upload(archive, map.name.replace(maps, '.osz'));
        } else if (files[0]) await this.upload(files[0], files[0].name);
    }

    /** @param {Blob} file @param {string} name */
    async upload(file, name) {
        if (!wanted.test(name)) {
            say('That is no map', {hint: 'Maps are .osz, .olz or .osu files.', kind: 'error'});
            return;
        }
        const source = await this.#busy(
            this.engine.request('POST', `sources?name=${encodeURIComponent(name)}`, file),
        );
        if (source) this.#choose(source);
    }

    #chosen() {
        const files = [...(this.files.files ?? [])];
        this.files.value = '';
        this.#upload(files);
    }

    /**
     * @template T
     * @param {Promise<T>} work
     */
    async #busy(work) {
        this.element.classList.add('busy');
        const answer = await attempt(work);
        this.element.classList.remove('busy');
        return answer;
    }

    /** @param {string} id of a song that the engine has */
    async offer(id) {
        const source = await this.#busy(this.engine.request('GET', `sources/${id}`));
        if (source) this.#choose(source);
    }

    /** The difficulty, where there are several (or none that can be placed). @param {OpenedSource} source */
    #choose(source) {
        const open = (/** @type {SourceMap} */ map) => {
            this.#busy(this.engine.request('POST', 'sessions', {source: source.source, file: map.file})).then(
                (answer) => answer && this.opened(answer.session),
            );
        };
        if (source.maps.length === 1 && !source.maps[0].problem) {
            open(source.maps[0]);
            return;
        }
        const rows = source.maps.map((map) =>
            h(
                'li',
                {class: 'row'},
                h(
                    'button',
                    {
                        class: 'row-button',
                        disabled: Boolean(map.problem),
                        onclick: () => {
                            choice.close();
                            open(map);
                        },
                    },
                    h('span', {class: 'row-name'}, map.version || map.file),
                    h(
                        'span',
                        {class: 'row-about'},
                        map.problem ?? (map.beatmapId > 0 ? `#${map.beatmapId}` : ''),
                    ),
                ),
            ),
        );
        if (rows.length === 0) rows.push(h('li', {class: 'empty'}, 'There is no map in it.'));
        const choice = dialog(
            {class: 'choice-dialog', title: 'Which difficulty?'},
            h('p', {class: 'muted'}, source.name),
            h('ul', {class: 'rows'}, ...rows),
        );
        choice.addEventListener('close', () => choice.remove());
        document.body.append(choice);
        choice.showModal();
    }

    async #fillRecent() {
        /** @type {{sessions: RecentSession[]} | undefined} */
        const answer = await this.engine.request('GET', 'recent').catch((error) => sayError(error));
        const sessions = answer?.sessions ?? [];
        this.recent.hidden = sessions.length === 0;
        this.recent.replaceChildren(
            h('h2', {}, 'Go on'),
            h(
                'ul',
                {class: 'rows'},
                ...sessions
                    .slice(0, 12)
                    .map((session) =>
                        h(
                            'li',
                            {class: 'row'},
                            h(
                                'button',
                                {class: 'row-button', onclick: () => this.opened(session.session)},
                                h(
                                    'span',
                                    {class: 'row-name'},
                                    session.title || 'Untitled',
                                    ' ',
                                    h('span', {class: 'version'}, session.version),
                                ),
                                h(
                                    'span',
                                    {class: 'row-about'},
                                    [
                                        session.artist,
                                        whenText(session.when),
                                        `${session.steps} ${session.steps === 1 ? 'step' : 'steps'}`,
                                    ]
                                        .filter(Boolean)
                                        .join(' · '),
                                ),
                            ),
                        ),
                    ),
            ),
        );
    }

    #fillLibrary() {
        const list = h('ul', {class: 'rows'});
        const about = h('span', {class: 'muted'});
        const search = h('input', {
            class: 'search-input',
            type: 'search',
            placeholder: 'Artist, title or mapper',
            'aria-label': "Search the game's folder",
            spellcheck: 'false',
        });
        const find = async () => {
            const asked = ++this.#asked;
            /** @type {Library | undefined} */
            const library = await this.engine
                .request('GET', `library?q=${encodeURIComponent(search.value.trim())}&limit=60`)
                .catch((error) => {
                    if (!(error instanceof EngineError)) throw error;
                    about.textContent = error.message;
                });
            if (!library || asked !== this.#asked) return;
            about.textContent =
                library.places.length === 0 ? '' : library.ready ? `${library.total} songs` : 'reading …';
            about.title = library.places.join('\n');
            list.replaceChildren(...library.sets.map((set) => this.#librarySet(set)));
            if (library.places.length === 0)
                list.replaceChildren(
                    h('li', {class: 'empty'}, 'The game was not found on this computer: drop a map instead.'),
                );
            else if (library.sets.length === 0 && library.ready && library.problems.length === 0)
                list.replaceChildren(h('li', {class: 'empty'}, 'Nothing of that name.'));
            for (const problem of library.problems) list.prepend(h('li', {class: 'empty problem'}, problem));
            if (!library.ready && this.element.isConnected) setTimeout(find, 700);
        };
        search.addEventListener('input', afterPause(120, find));
        this.library.replaceChildren(
            h('div', {class: 'open-column-head'}, h('h2', {}, "The game's folder"), about),
            h('div', {class: 'search'}, icon('search'), search),
            list,
        );
        find();
    }

    /** @param {LibrarySet} set */
    #librarySet(set) {
        const open = async () => {
            const source = await this.#busy(this.engine.request('POST', 'library/open', {id: set.id}));
            if (source) this.#choose(source);
        };
        const count = set.maps.length;
        return h(
            'li',
            {class: 'row'},
            h(
                'button',
                {class: 'row-button', onclick: open},
                h('span', {class: 'row-name'}, set.title),
                h(
                    'span',
                    {class: 'row-about'},
                    [set.artist, set.creator, count === 1 ? set.maps[0].version : `${count} difficulties`]
                        .filter(Boolean)
                        .join(' · '),
                ),
            ),
        );
    }
}
