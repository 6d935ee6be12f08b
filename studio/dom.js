/**
 * Elements in a line: `h("button", {class: "quiet", onclick: go, "aria-label": "Go"}, icon("play"))`. Text is
 * always text, so nothing of a map (its title, its file names) can become markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties] functions become listeners, `dataset` data attributes, booleans
 * attributes that are there or not, the rest attributes
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null) continue;
        if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
        else if (name === 'dataset') Object.assign(element.dataset, value);
        else if (name === 'value') /** @type {any} */ (element).value = value;
        else if (typeof value === 'boolean' && !name.startsWith('aria-'))
            element.toggleAttribute(name, value);
        else element.setAttribute(name, String(value));
    }
    element.append(
        ...children
            .flat()
            .filter((child) => child || child === 0)
            .map(asNode),
    );
    return element;
}

/** @param {Child} child */
const asNode = (child) => (child instanceof Node ? child : String(child));

/**
 * The element of the page with this id, which must be there.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
    const element = document.getElementById(id);
    if (!element) throw new Error(`the page has no #${id}`);
    return element;
}

/**
 * Runs the last call alone, after a pause: for what is typed.
 * @template {any[]} A
 * @param {number} pause ms
 * @param {(...values: A) => void} run
 * @returns {(...values: A) => void}
 */
export function afterPause(pause, run) {
    let timer = 0;
    return (...values) => {
        clearTimeout(timer);
        timer = window.setTimeout(() => run(...values), pause);
    };
}

/** Whether the system asks for less motion. */
export const reducedMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/**
 * A canvas's pixels made those of the screen; true where its size changed.
 * @param {HTMLCanvasElement} canvas
 */
export function fitCanvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (canvas.width === width && canvas.height === height) return false;
    canvas.width = width;
    canvas.height = height;
    return true;
}

/** The size of the page's text, px: what is drawn on canvases grows with it. */
export const textSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 13;

/**
 * The colours of the style sheet for what is drawn on canvases: asked again when the theme changes.
 * @returns {(name: string) => string}
 */
export function themeColours() {
    /** @type {Map<string, string>} */
    const known = new Map();
    const forget = () => known.clear();
    new MutationObserver(forget).observe(document.documentElement, {attributeFilter: ['data-theme']});
    return (name) => {
        let colour = known.get(name);
        if (colour === undefined) {
            colour = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
            known.set(name, colour);
        }
        return colour;
    };
}
