/**
 * The times of a scene, ready for questions that come sixty times a second: what is on the screen at a time,
 * which objects a span of time holds, where in its bar a moment lies, whether it is kiai or a break. Shapes
 * are not here: the same index serves the field, the timeline and every small field of a take.
 *
 * @typedef {import("./types.js").Scene} Scene
 * @typedef {import("./types.js").SceneObject} SceneObject
 * @typedef {import("./types.js").TimingPoint} TimingPoint
 */

/**
 * How long an object stays on the screen behind its end while it fades, ms: as a hit of the game, and as the
 * editor shows it.
 */
export const FADE_OUT = {
    hit: 400,
    edit: 700,
};

/** @type {WeakMap<Scene, SceneIndex>} */
const indexes = new WeakMap();

/**
 * The index of a scene, made once.
 * @param {Scene} scene
 */
export function sceneIndex(scene) {
    let index = indexes.get(scene);
    if (!index) indexes.set(scene, (index = new SceneIndex(scene)));
    return index;
}

export class SceneIndex {
    /** @param {Scene} scene */
    constructor(scene) {
        this.scene = scene;
        this.objects = scene.objects;
        const count = scene.objects.length;
        this.times = new Float64Array(count);
        /** The latest end of all objects up to each: a long spinner before many circles is still found. */
        this.latestEnds = new Float64Array(count);
        let latest = -Infinity;
        for (let i = 0; i < count; ++i) {
            this.times[i] = scene.objects[i].time;
            latest = Math.max(latest, scene.objects[i].end);
            this.latestEnds[i] = latest;
        }
    }

    get count() {
        return this.objects.length;
    }

    /**
     * Indices [first, last) among which all objects on the screen lie; some of them may be over already.
     * @param {number} time
     * @param {number} after how long an object stays behind its end, ms
     * @returns {[number, number]}
     */
    visible(time, after = FADE_OUT.hit) {
        return [
            lowerBound(this.latestEnds, time - after),
            lowerBound(this.times, time + this.scene.difficulty.preempt),
        ];
    }

    /**
     * Indices [first, last) of the objects that begin in [from, to].
     * @param {number} from
     * @param {number} to
     * @returns {[number, number]}
     */
    between(from, to) {
        return [lowerBound(this.times, from), lowerBound(this.times, to + 1e-6)];
    }

    /**
     * The timing point that counts at a time.
     * @param {number} time
     * @returns {TimingPoint | undefined}
     */
    timingAt(time) {
        const points = this.scene.timing;
        let found = points[0];
        for (const point of points) {
            if (point.time > time) break;
            found = point;
        }
        return found;
    }

    /**
     * The beat at a time: its number from the timing point on, how much of it has gone by (0..1), its length
     * and meter.
     * @param {number} time
     */
    beatAt(time) {
        const point = this.timingAt(time);
        if (!point || !(point.beatLength > 0)) return {number: 0, progress: 0, length: 1000, meter: 4};
        const beats = (time - point.time) / point.beatLength;
        const number = Math.floor(beats);
        return {number, progress: beats - number, length: point.beatLength, meter: point.meter};
    }

    /** @param {number} time */
    isKiai(time) {
        return spanAt(this.scene.kiai, time) !== undefined;
    }

    /** The break that a time lies in. @param {number} time */
    breakAt(time) {
        return spanAt(this.scene.breaks, time);
    }
}

/**
 * The index of the first value that is not below the bound, in ascending values.
 * @param {ArrayLike<number>} values
 * @param {number} bound
 */
export function lowerBound(values, bound) {
    let low = 0,
        high = values.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (values[middle] < bound) low = middle + 1;
        else high = middle;
    }
    return low;
}

/**
 * @param {[number, number][]} spans
 * @param {number} time
 */
function spanAt(spans, time) {
    return spans.find(([from, to]) => from <= time && time < to);
}
