/**
 * The colours of the field. Every combo colour gets a few relatives, worked out once, that circles, bodies
 * and bursts are painted with.
 *
 * @typedef {object} Tint
 * @property {string} key the colour itself, what caches are keyed by
 * @property {string} base
 * @property {string} light towards white: approach circles, bursts
 * @property {string} shade a little darker than base: the foot of gradients
 * @property {string} mid the ring around a circle's heart
 * @property {string} midShade
 * @property {string} deep nearly black: the heart of circles, the bodies of sliders
 */

/**
 * The colours that two versions of an object are told apart by, also by those who do not see red and green
 * apart.
 */
export const COMPARE = {
    source: '#ffb347',
    now: '#4cc9ff',
    same: '#7c849c',
};
/** Objects of a take that is being denoised. */
export const PREVIEW = '#c79bff';
export const ACCENT = '#ff66ab';
export const PIN = '#ffd166';

/** @type {Map<string, Tint>} */
const tints = new Map();

/** @param {string} colour "#rrggbb" @returns {Tint} */
export function tint(colour) {
    let found = tints.get(colour);
    if (!found) tints.set(colour, (found = makeTint(colour)));
    return found;
}

/** @param {string} colour @returns {Tint} */
function makeTint(colour) {
    // Combo colours may be black, which the game shows as it is; here every ring must be seen on the dark
    // field.
    const base = luminance(colour) < 0.16 ? mix(colour, '#ffffff', 0.28) : colour;
    return {
        key: colour,
        base,
        light: mix(base, '#ffffff', 0.45),
        shade: mix(base, '#000000', 0.22),
        mid: mix(base, '#05060c', 0.52),
        midShade: mix(base, '#05060c', 0.66),
        deep: mix(base, '#07080f', 0.84),
    };
}

/**
 * @param {string} from "#rrggbb"
 * @param {string} to "#rrggbb"
 * @param {number} share 0: from, 1: to
 */
export function mix(from, to, share) {
    const a = channels(from),
        b = channels(to);
    return (
        '#' +
        a
            .map((value, i) =>
                Math.round(value + (b[i] - value) * share)
                    .toString(16)
                    .padStart(2, '0'),
            )
            .join('')
    );
}

/**
 * @param {string} colour "#rrggbb"
 * @param {number} alpha
 */
export function withAlpha(colour, alpha) {
    return `rgba(${channels(colour).join(',')},${alpha})`;
}

/** @param {string} colour */
function luminance(colour) {
    const [red, green, blue] = channels(colour);
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** @param {string} colour */
function channels(colour) {
    return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) || 0);
}
