/**
 * What a mapper has set and wants to find again: kept in the browser. A browser that keeps nothing (a private
 * window) costs no more than that.
 */

const defaults = {
    musicVolume: 0.8,
    effectVolume: 0.6,
    volume: 1,
    divisor: 4,
    zoom: 200,
    grid: true,
    screen: true,
    watch: true,
    hoverPlays: true,
    settle: true,
    theme: /** @type {"auto" | "dark" | "light"} */ ('auto'),
    loop: false,
    count: 8,
    strength: /** @type {number | null} null: as the model suggests */ (null),
    fast: /** @type {boolean | null} null: where the model knows how */ (null),
    keepSpacing: true,
    keepStructure: true,
    graphics: false,
    styles: /** @type {Record<string, import("./styles.js").NamedStyle>} the chosen one, by session */ ({}),
    favourites: /** @type {import("./styles.js").NamedStyle[]} */ ([]),
};

/** @typedef {typeof defaults} Preferences */

const place = 'osu-diffusion studio';

/** @returns {Preferences} */
function read() {
    try {
        return {...defaults, ...JSON.parse(localStorage.getItem(place) ?? '{}')};
    } catch {
        return {...defaults};
    }
}

export const preferences = read();

/** @param {Partial<Preferences>} change */
export function prefer(change) {
    Object.assign(preferences, change);
    try {
        localStorage.setItem(place, JSON.stringify(preferences));
    } catch {
        // Full, or forbidden: then it holds until the page is closed.
    }
}
