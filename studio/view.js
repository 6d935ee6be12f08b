/**
 * How the map is looked at: which take stands in it, what it is compared with, the snap divisor and the zoom.
 * Emits "change".
 */
import {prefer, preferences} from './preferences.js';

/** @typedef {"off" | "overlay" | "source"} Comparison */

export class View extends EventTarget {
    /** @type {string} the take that is looked at (pointed at, or in focus); "": none */
    take = '';
    /** @type {Comparison} */
    compare = 'off';

    get divisor() {
        return preferences.divisor;
    }

    /** Pixels a second on the timeline. */
    get zoom() {
        return preferences.zoom;
    }

    /** @param {string} take */
    look(take) {
        if (take === this.take) return;
        this.take = take;
        this.#changed();
    }

    /** @param {Comparison} compare */
    compareWith(compare) {
        this.compare = compare;
        this.#changed();
    }

    /** @param {Partial<import("./preferences.js").Preferences>} change */
    set(change) {
        prefer(change);
        this.#changed();
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }
}

export const divisors = [1, 2, 3, 4, 6, 8, 12, 16];
