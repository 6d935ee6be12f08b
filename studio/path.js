/**
 * The line of a slider: its length, a place and a direction on it, the part of it that has snaked in, how far
 * a point is from it. Tables are made once a shape and kept as long as the shape lives.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").SceneObject} SceneObject
 */
import {lowerBound} from './scene.js';

/**
 * @typedef {object} PathTable
 * @property {number[]} points x0, y0, x1, y1, …
 * @property {Float32Array} lengths from the head to each point, px
 * @property {number} total px
 */

/** @type {WeakMap<Shape, PathTable>} */
const tables = new WeakMap();

/** @param {Shape} shape @returns {PathTable} */
export function pathTable(shape) {
    let table = tables.get(shape);
    if (!table) tables.set(shape, (table = measure(shape)));
    return table;
}

/** @param {Shape} shape @returns {PathTable} */
function measure(shape) {
    // A slider without a path (all anchors in one place) is a point with a length of nothing.
    const points = shape.path && shape.path.length >= 2 ? shape.path : [shape.x, shape.y];
    const lengths = new Float32Array(points.length / 2);
    for (let i = 1; i < lengths.length; ++i) {
        lengths[i] =
            lengths[i - 1] +
            Math.hypot(points[2 * i] - points[2 * i - 2], points[2 * i + 1] - points[2 * i - 1]);
    }
    return {points, lengths, total: lengths[lengths.length - 1]};
}

/**
 * The place at a share of the path's length (0: head, 1: end), not stacked.
 * @param {PathTable} table
 * @param {number} progress
 * @returns {[number, number]}
 */
export function pointAt({points, lengths, total}, progress) {
    const last = lengths.length - 1;
    if (last === 0 || progress <= 0) return [points[0], points[1]];
    if (progress >= 1) return [points[2 * last], points[2 * last + 1]];
    const length = progress * total;
    const next = Math.max(1, lowerBound(lengths, length));
    const step = lengths[next] - lengths[next - 1];
    const share = step > 0 ? (length - lengths[next - 1]) / step : 0;
    const i = 2 * next;
    return [
        points[i - 2] + (points[i] - points[i - 2]) * share,
        points[i - 1] + (points[i + 1] - points[i - 1]) * share,
    ];
}

/**
 * The direction at a share of the path, radians. Taken over a few pixels, so that the corner of a flattened
 * curve does not turn an arrow.
 * @param {PathTable} table
 * @param {number} progress
 */
export function directionAt(table, progress) {
    const reach = table.total > 0 ? Math.min(0.5, 4 / table.total) : 0;
    const from = pointAt(table, Math.max(0, progress - reach)),
        to = pointAt(table, Math.min(1, progress + reach));
    return Math.atan2(to[1] - from[1], to[0] - from[0]);
}

/**
 * How far along its path the ball is at a time: there and back for every two spans.
 * @param {SceneObject} slider
 * @param {number} time
 */
export function ballProgress(slider, time) {
    const spans = slider.spans ?? 1,
        duration = slider.spanDuration ?? slider.end - slider.time;
    if (!(duration > 0)) return spans % 2;
    const along = Math.min(spans, Math.max(0, (time - slider.time) / duration));
    const span = Math.min(spans - 1, Math.floor(along));
    return span % 2 === 0 ? along - span : 1 - (along - span);
}

/**
 * Where the cursor is when an object ends.
 * @param {SceneObject} object
 * @param {Shape} shape
 * @returns {[number, number]}
 */
export function endPoint(object, shape) {
    if (object.kind !== 'slider') return [shape.x + shape.stack[0], shape.y + shape.stack[1]];
    const [x, y] = (object.spans ?? 1) % 2 === 0 ? [shape.x, shape.y] : pointAt(pathTable(shape), 1);
    return [x + shape.stack[0], y + shape.stack[1]];
}

/**
 * The path's first share, as lines of a canvas's path.
 * @param {CanvasPath} target
 * @param {PathTable} table
 * @param {number} share
 */
export function tracePath(target, table, share = 1) {
    const {points, lengths} = table;
    target.moveTo(points[0], points[1]);
    const length = share * table.total;
    let i = 1;
    for (; i < lengths.length && (share >= 1 || lengths[i] < length); ++i) {
        target.lineTo(points[2 * i], points[2 * i + 1]);
    }
    // A line without length has no caps in a canvas's eyes; a hair makes it a dot.
    if (i === 1 && lengths.length === 1) target.lineTo(points[0] + 0.01, points[1]);
    if (share < 1) target.lineTo(...pointAt(table, Math.max(share, 1e-4)));
}

/**
 * The distance of a point from a path, px.
 * @param {PathTable} table
 * @param {number} x
 * @param {number} y
 */
export function distanceTo({points}, x, y) {
    let best = (x - points[0]) ** 2 + (y - points[1]) ** 2;
    for (let i = 2; i < points.length; i += 2) {
        const dx = points[i] - points[i - 2],
            dy = points[i + 1] - points[i - 1];
        const square = dx * dx + dy * dy;
        const along = square > 0 ? ((x - points[i - 2]) * dx + (y - points[i - 1]) * dy) / square : 0;
        const share = Math.min(1, Math.max(0, along));
        best = Math.min(best, (x - points[i - 2] - share * dx) ** 2 + (y - points[i - 1] - share * dy) ** 2);
    }
    return Math.sqrt(best);
}

/**
 * Left, top, right, bottom of a path.
 * @param {PathTable} table
 * @returns {[number, number, number, number]}
 */
export function pathBounds({points}) {
    let left = Infinity,
        top = Infinity,
        right = -Infinity,
        bottom = -Infinity;
    for (let i = 0; i < points.length; i += 2) {
        left = Math.min(left, points[i]);
        right = Math.max(right, points[i]);
        top = Math.min(top, points[i + 1]);
        bottom = Math.max(bottom, points[i + 1]);
    }
    return [left, top, right, bottom];
}
