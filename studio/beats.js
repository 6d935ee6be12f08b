/**
 * Times as mappers read them: the editor's timestamps `01:02:345 (1,2,3) - `, and beats with the ticks of the
 * snap divisor.
 *
 * @import { Scene, TimingPoint } from "./types.js"
 */

/** @param {number} value @param {number} digits */
const padded = (value, digits) => String(value).padStart(digits, '0');

/**
 * 01:02:345, as in the editor.
 * @param {number} time ms
 */
export function editorTime(time) {
    const ms = Math.round(Math.abs(time));
    const text = `${padded(Math.floor(ms / 60000), 2)}:${padded(Math.floor(ms / 1000) % 60, 2)}:${padded(ms % 1000, 3)}`;
    return time < 0 ? `-${text}` : text;
}

/**
 * 1:02.3, for a glance.
 * @param {number} time ms
 */
export function shortTime(time) {
    const tenths = Math.max(0, Math.floor(time / 100));
    return `${Math.floor(tenths / 600)}:${padded(Math.floor(tenths / 10) % 60, 2)}.${tenths % 10}`;
}

/**
 * What the editor puts in the clipboard for these objects.
 * @param {Scene} scene
 * @param {number[]} objects in order; none: the time alone
 * @param {number} time where there are none
 */
export function editorTimestamp(scene, objects, time) {
    if (objects.length === 0) return `${editorTime(time)} - `;
    const numbers = objects.map((index) => scene.objects[index].number);
    return `${editorTime(scene.objects[objects[0]].time)} (${numbers.join(',')}) - `;
}

/** Minutes, seconds, and ms behind a colon or a fraction behind a point; with nothing of the kind around it. */
const clock = /(?<![\d:.])(\d+):([0-5]?\d)(?::(\d{3})|\.(\d{1,3}))?(?![\d:.])/;

/** @param {RegExpExecArray} match of a clock; a sign counts where nothing else stands before it */
const clockTime = (match) =>
    (match.input.slice(0, match.index).trim() === '-' ? -1 : 1) *
    (Number(match[1]) * 60000 +
        Number(match[2]) * 1000 +
        Number(match[3] ?? (match[4] ?? '').padEnd(3, '0')));

/**
 * A time alone, as the command line takes it: 01:02:345, 1:02, 1:02.5, or ms.
 * @param {string} text
 * @returns {{time: number} | {problem: string, hint: string}}
 */
export function parseTime(text) {
    const known = 'ms (62345), or as in the editor: 01:02:345, 1:02';
    const match = clock.exec(text);
    if (match) return {time: clockTime(match)};
    const value = /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
    if (!Number.isFinite(value)) return {problem: 'That is no time', hint: known};
    // Nearly three hours: who types a fraction below that may mean seconds.
    if (text.includes('.') && Math.abs(value) < 10000)
        return {
            problem: `${text.trim()} could be ms or seconds`,
            hint: `As seconds it is ${editorTime(value * 1000)}.`,
        };
    return {time: value};
}

/**
 * A time, and the objects from there on with these combo numbers, in the order of the text.
 * @param {Scene} scene
 * @param {string} text
 * @returns {{time: number, objects: number[], problem?: string, hint?: string} | null} null where no timestamp
 *     stands in it; a problem where it is of another map
 */
export function parseTimestamp(scene, text) {
    const match = clock.exec(text);
    if (!match) return null;
    const time = clockTime(match);
    const list = /^\s*\(([\d\s,|]+)\)/.exec(text.slice(match.index + match[0].length));
    const numbers = list?.[1].match(/\d+/g) ?? [];
    /** @type {number[]} */
    const objects = [];
    if (numbers.length === 0) return {time, objects};
    const hint = 'Copy it from the editor of this very difficulty.';
    // The editor cuts fractions of a ms off.
    let index = scene.objects.findIndex((object) => object.time >= time - 1);
    if (index < 0 || scene.objects[index].time > time + 1)
        return {time, objects, problem: `There is no object at ${editorTime(time)}`, hint};
    for (const number of numbers) {
        while (index < scene.objects.length && scene.objects[index].number !== Number(number)) index++;
        if (index >= scene.objects.length)
            return {
                time,
                objects: [],
                problem: `There is no object ${number} of a combo from ${editorTime(time)} on`,
                hint,
            };
        objects.push(index++);
    }
    return {time, objects};
}

/**
 * The timing that holds at a time.
 * @param {TimingPoint[]} timing
 * @param {number} time
 * @returns {TimingPoint}
 */
export function timingAt(timing, time) {
    let found = timing[0] ?? {time: 0, beatLength: 500, meter: 4};
    for (const point of timing) {
        if (point.time > time + 0.5) break;
        found = point;
    }
    return found;
}

/**
 * The next tick before or behind a time.
 * @param {TimingPoint[]} timing
 * @param {number} time
 * @param {number} divisor ticks a beat
 * @param {number} steps how many ticks; negative: back
 */
export function tickFrom(timing, time, divisor, steps) {
    let at = time;
    for (let left = Math.abs(steps); left > 0; left--) {
        const point = timingAt(timing, steps > 0 ? at + 1 : at - 1);
        const length = point.beatLength / divisor;
        const ticks = (at - point.time) / length;
        const nearest = Math.round(ticks);
        // On a tick but for the rounding of times to milliseconds: from that tick.
        const from =
            Math.abs(ticks - nearest) * length < 1.5
                ? nearest
                : steps > 0
                  ? Math.floor(ticks)
                  : Math.ceil(ticks);
        at = point.time + (from + Math.sign(steps)) * length;
    }
    return at;
}

/**
 * @param {TimingPoint[]} timing
 * @param {number} time
 * @param {number} divisor
 */
export function snapped(timing, time, divisor) {
    const point = timingAt(timing, time);
    const length = point.beatLength / divisor;
    return point.time + Math.round((time - point.time) / length) * length;
}

/**
 * The ticks within a stretch of time: `fraction` is what part of a beat a tick begins (1: a beat, 2: a half …),
 * `bar` says whether a bar begins.
 * @param {TimingPoint[]} timing
 * @param {number} from
 * @param {number} to
 * @param {number} divisor
 * @returns {{time: number, fraction: number, bar: boolean}[]}
 */
export function ticksBetween(timing, from, to, divisor) {
    const ticks = [];
    for (let i = 0; i < timing.length; i++) {
        const point = timing[i];
        const end = Math.min(to, timing[i + 1]?.time ?? Infinity);
        const length = point.beatLength / divisor;
        // Before the first red line its beats run back, wherever it stands itself.
        if (!(length > 1) || (i > 0 && end <= point.time)) continue;
        const first = Math.max(i === 0 ? -Infinity : 0, Math.ceil((from - point.time) / length - 1e-6));
        for (let tick = first; point.time + tick * length < end && ticks.length < 2000; tick++) {
            const part = ((tick % divisor) + divisor) % divisor;
            const fraction = part === 0 ? 1 : divisor / commonDivisor(part, divisor);
            const beat = Math.round(tick / divisor);
            ticks.push({
                time: point.time + tick * length,
                fraction,
                bar: part === 0 && beat % (point.meter || 4) === 0,
            });
        }
    }
    return ticks;
}

/** @param {number} a @param {number} b @returns {number} */
const commonDivisor = (a, b) => (b === 0 ? a : commonDivisor(b, a % b));
