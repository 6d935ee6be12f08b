/**
 * Choosing a style: favourites, a search by mapper, title, tag or beatmap ID, maps like the one at work, and the
 * map of styles as a picture (style_map.js).
 *
 * @import { Engine } from "./engine.js"
 * @import { Style, StyleMap, Styles, StylesLike } from "./types.js"
 */
import {dialog} from './dialog.js';
import {afterPause, h} from './dom.js';
import {icon} from './icons.js';
import {attempt} from './messages.js';
import {prefer, preferences} from './preferences.js';
import {StyleMapPicture} from './style_map.js';

/**
 * A style with what it is called.
 * @typedef {{kind: "mapper", name: string} | {kind: "map", id: number, name: string} | {kind: "session"}} NamedStyle
 */

/** @param {NamedStyle | null} style @returns {Style} */
export function styleOf(style) {
    if (!style) return null;
    if (style.kind === 'mapper') return {mapper: style.name};
    return style.kind === 'map' ? {id: style.id} : {session: true};
}

/** @param {NamedStyle | null} style */
export function styleName(style) {
    if (!style) return 'No style';
    return style.kind === 'session' ? 'Like this map' : style.name;
}

/**
 * Whether the model knows a style that was chosen some time ago, maybe of another model.
 * @param {Engine} engine
 * @param {NamedStyle} style
 * @returns {Promise<boolean>}
 */
export async function isKnown(engine, style) {
    if (style.kind === 'session') return true;
    const text = style.kind === 'mapper' ? style.name : String(style.id);
    /** @type {Styles} */
    const {mappers, maps} = await engine.request('GET', `styles?q=${encodeURIComponent(text)}&limit=1000`);
    return style.kind === 'mapper'
        ? mappers.some(({name}) => name === style.name)
        : maps.some(({id}) => id === style.id);
}

/** Of so many maps the chosen style is remembered. */
const mostRemembered = 100;

/** @param {string} session @param {NamedStyle | null} style */
export function rememberStyle(session, style) {
    const others = Object.entries(preferences.styles).filter(([id]) => id !== session);
    const all = style ? [...others, /** @type {[string, NamedStyle]} */ ([session, style])] : others;
    prefer({styles: Object.fromEntries(all.slice(-mostRemembered))});
}

/** @param {StyleMap} map @returns {NamedStyle} */
const styleOfMap = (map) => ({kind: 'map', id: map.id, name: `${map.title || map.id} [${map.version}]`});

/** @param {NamedStyle} a @param {NamedStyle} b */
const same = (a, b) => JSON.stringify(styleOf(a)) === JSON.stringify(styleOf(b));

export class StyleDialog {
    /** @type {(style: NamedStyle | null) => void} */
    #chosen = () => {};
    #asked = 0;
    #loaded = false;

    /**
     * @param {Engine} engine
     * @param {string} session
     */
    constructor(engine, session) {
        this.engine = engine;
        this.session = session;
        this.search = h('input', {
            class: 'search-input',
            type: 'search',
            placeholder: 'Mapper, title, tag or beatmap ID',
            'aria-label': 'Search styles',
            spellcheck: 'false',
            oninput: afterPause(120, () => this.#find()),
        });
        this.results = h('div', {class: 'style-results'});
        this.picture = new StyleMapPicture(({id, mapper}) => {
            // Some maps of the model's have no ID that is known: their mapper is what is left of them.
            const name = [mapper, id > 0 && id].filter(Boolean).join(', ');
            if (id > 0 || mapper)
                this.#choose(id > 0 ? {kind: 'map', id, name} : {kind: 'mapper', name: mapper});
        });
        this.element = dialog(
            {
                class: 'style-dialog',
                title: 'Style',
                label: 'Choose a style',
                beside: h('div', {class: 'search'}, icon('search'), this.search),
            },
            h('div', {class: 'style-columns'}, this.results, this.picture.element),
        );
    }

    /** @param {(style: NamedStyle | null) => void} chosen */
    open(chosen) {
        this.#chosen = chosen;
        this.element.showModal();
        this.search.select();
        this.#find();
        if (!this.#loaded) {
            this.#loaded = true;
            attempt(this.engine.request('GET', 'styles/points')).then((answer) =>
                this.picture.setPoints(answer?.points ?? []),
            );
        }
    }

    /** @param {NamedStyle | null} style */
    #choose(style) {
        this.element.close();
        this.#chosen(style);
    }

    async #find() {
        const query = this.search.value.trim();
        const asked = ++this.#asked;
        /** @type {[Styles | undefined, StylesLike | undefined]} */
        const [styles, like] = await Promise.all([
            attempt(this.engine.request('GET', `styles?q=${encodeURIComponent(query)}&limit=40`)),
            query === ''
                ? attempt(this.engine.request('GET', `styles/like?session=${this.session}`))
                : undefined,
        ]);
        if (asked !== this.#asked || !styles) return;
        this.picture.highlight(query);
        const sections = [];
        if (query === '') {
            sections.push(
                this.#section('', [
                    this.#row(null, 'No style', 'as the model sees fit'),
                    this.#row({kind: 'session'}, 'Like this map', 'what the model knows of its style'),
                ]),
            );
            if (preferences.favourites.length > 0)
                sections.push(
                    this.#section(
                        'Favourites',
                        preferences.favourites.map((style) =>
                            this.#row(style, styleName(style), style.kind === 'mapper' ? 'mapper' : 'map'),
                        ),
                    ),
                );
            if (like && like.maps.length > 0)
                sections.push(
                    this.#section(
                        like.known === false
                            ? 'Near to this map by what can be measured'
                            : 'Near to this map',
                        like.maps.slice(0, 6).map((map) => this.#mapRow(map)),
                    ),
                );
        }
        if (styles.mappers.length > 0)
            sections.push(
                this.#section(
                    'Mappers',
                    styles.mappers.map((mapper) =>
                        this.#row(
                            {kind: 'mapper', name: mapper.name},
                            mapper.name,
                            `${mapper.count} ${mapper.count === 1 ? 'map' : 'maps'}`,
                        ),
                    ),
                ),
            );
        if (styles.maps.length > 0)
            sections.push(
                this.#section(
                    'Maps',
                    styles.maps.map((map) => this.#mapRow(map)),
                ),
            );
        if (sections.length === 0)
            sections.push(h('p', {class: 'empty'}, 'The model knows no style of that name.'));
        this.results.replaceChildren(...sections);
    }

    /** @param {string} title @param {HTMLElement[]} rows */
    #section(title, rows) {
        return h('section', {}, title !== '' && h('h3', {}, title), h('ul', {class: 'rows'}, ...rows));
    }

    /** @param {StyleMap} map */
    #mapRow(map) {
        const about = [map.creator, map.artist, map.id].filter(Boolean).join(' · ');
        return this.#row(
            styleOfMap(map),
            map.title ? `${map.title} [${map.version}]` : String(map.id),
            about,
        );
    }

    /**
     * @param {NamedStyle | null} style
     * @param {string} name
     * @param {string} about
     */
    #row(style, name, about) {
        const row = h(
            'li',
            {class: 'row'},
            h(
                'button',
                {class: 'row-button', onclick: () => this.#choose(style)},
                h('span', {class: 'row-name'}, name),
                h('span', {class: 'row-about'}, about),
            ),
        );
        if (style && style.kind !== 'session') row.append(this.#starOf(style, name));
        return row;
    }

    /** @param {NamedStyle} style @param {string} name */
    #starOf(style, name) {
        const has = () => preferences.favourites.some((favourite) => same(favourite, style));
        const star = h(
            'button',
            {
                class: 'icon-button star',
                'aria-label': `${name} is a favourite`,
                'aria-pressed': String(has()),
            },
            icon('star'),
        );
        star.addEventListener('click', () => {
            const others = preferences.favourites.filter((favourite) => !same(favourite, style));
            prefer({favourites: has() ? others : [...others, style]});
            star.setAttribute('aria-pressed', String(has()));
        });
        return star;
    }
}
