/**
 * The curves that things appear, move and vanish by. All take and give shares (0..1).
 */

/** @param {number} value */
export const clamp = (value) => (value < 0 ? 0 : value > 1 ? 1 : value);

/**
 * How much of [from, from + duration] has gone by.
 * @param {number} time
 * @param {number} from
 * @param {number} duration
 */
export const share = (time, from, duration) =>
    duration > 0 ? clamp((time - from) / duration) : time >= from ? 1 : 0;

/** @param {number} from @param {number} to @param {number} at */
export const lerp = (from, to, at) => from + (to - from) * at;

/** @param {number} at */
export const easeOut = (at) => 1 - (1 - at) * (1 - at);

/** @param {number} at */
export const easeOutStrong = (at) => 1 - (1 - at) ** 4;

/** @param {number} at */
export const easeIn = (at) => at * at;

/** Past the goal and back to it. @param {number} at */
export const easeOutBack = (at) => 1 + 2.4 * (at - 1) ** 3 + 1.4 * (at - 1) ** 2;

/**
 * The same number for the same seed, in [0, 1): particles fly alike however often one seeks.
 * @param {number} seed
 */
export function scatter(seed) {
    let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 4294967296;
}

/** Whether the system asks for little motion; looked at live. */
export const reducedMotion =
    typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : {matches: false};
