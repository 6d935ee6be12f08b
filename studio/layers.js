/**
 * The order in which a field is drawn: ground, follow points, objects with the earliest on top, approach circles, a take that
 * is being denoised, and the marks of the workbench over all.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {import("./field.js").View} View
 * @typedef {import("./field.js").DrawOptions} DrawOptions
 * @typedef {[number, number]} Range indices [first, last)
 */
import {drawBreak, drawGround, drawKiai} from './backdrop.js';
import {drawFollowPoints} from './followpoints.js';
import {clamp} from './motion.js';
import {drawApproach, drawObject} from './objects.js';
import {drawGhost, drawMarquee, drawPin, drawWay} from './overlay.js';
import {drawConstellation, drawPreviewObject} from './preview.js';
import {FADE_OUT} from './scene.js';
import {ACCENT, COMPARE, tint} from './tints.js';

/** @type {ReadonlySet<number>} */
const NONE = new Set();
/** Selected objects that are not on the screen are outlined if there are no more than this. */
const GHOSTS = 12;
/** How much of objects outside of the range that is looked at is seen, and of a dragged one where it was. */
const FAINT = 0.22;

/**
 * @param {View} view
 * @param {DrawOptions} options
 * @param {[number, number, number, number]} edges of the canvas: left, top, right, bottom, osu! px
 */
export function drawLayers(view, options, edges) {
    drawKiai(view, ...edges);
    if (options.ground !== false) drawGround(view, options.grid ?? 0, options.screen ?? false);
    const pause = view.index.breakAt(view.time);
    if (pause) drawBreak(view, pause);
    const range = view.index.visible(view.time, view.hits ? FADE_OUT.hit : FADE_OUT.edit);
    if (!options.compare) drawWays(view, range, options);
    drawObjects(view, range, options);
    drawApproaches(view, range, options);
    view.alpha = 1;
    if (options.preview) drawPreview(view, range, options.preview.progress);
    drawMarks(view, range, options);
    if (options.marquee) drawMarquee(view, options.marquee);
}

/** @param {View} view @param {Range} range @param {DrawOptions} options */
function drawWays(view, [first, last], options) {
    for (let i = Math.max(0, first - 1); i < last && i + 1 < view.index.count; ++i) {
        if (isPlaced(view, i) || isPlaced(view, i + 1)) continue;
        view.alpha = strength(view, i + 1, options);
        drawFollowPoints(view, i, view.shape(i), view.shape(i + 1));
    }
}

/** @param {View} view @param {Range} range @param {DrawOptions} options */
function drawObjects(view, [first, last], options) {
    const {selection = NONE, compare, hover, drag} = options;
    for (let i = last - 1; i >= first; --i) {
        if (isPlaced(view, i)) continue;
        const colours = colourOf(view, i, options);
        view.alpha = strength(view, i, options);
        if (compare?.changed.has(i)) drawSource(view, i, compare.shapes[i]);
        if (drag?.objects.has(i)) {
            const seen = view.alpha;
            view.alpha = seen * FAINT;
            drawObject(view, i, view.shape(i), colours);
            view.alpha = seen;
        }
        view.halo = selection.has(i) ? halo(view, 1, 3) : hover === i ? halo(view, 0.4, 2) : null;
        displaced(view, i, options, () => drawObject(view, i, view.shape(i), colours));
        view.halo = null;
    }
}

/** @param {View} view @param {Range} range @param {DrawOptions} options */
function drawApproaches(view, [first, last], options) {
    for (let i = last - 1; i >= first; --i) {
        if (isPlaced(view, i)) continue;
        view.alpha = strength(view, i, options);
        displaced(view, i, options, () => drawApproach(view, i, view.shape(i), colourOf(view, i, options)));
    }
}

/**
 * Draws an object where the pointer has dragged it.
 * @param {View} view
 * @param {number} index
 * @param {DrawOptions} options
 * @param {() => void} draw
 */
function displaced(view, index, {drag}, draw) {
    const moved = drag?.objects.has(index) ? drag : null;
    if (moved) view.context.translate(moved.dx, moved.dy);
    draw();
    if (moved) view.context.translate(-moved.dx, -moved.dy);
}

/** @param {View} view @param {number} index @param {Shape} shape */
function drawSource(view, index, shape) {
    const seen = view.alpha;
    view.alpha = 0.75 * seen;
    drawObject(view, index, shape, tint(COMPARE.source));
    view.alpha = seen;
}

/** @param {View} view @param {Range} range @param {number} progress */
function drawPreview(view, [first, last], progress) {
    drawConstellation(view);
    for (let i = last - 1; i >= first; --i) {
        const shape = view.preview.shape(i);
        if (shape) drawPreviewObject(view, i, shape, progress);
    }
}

/** @param {View} view @param {Range} range @param {DrawOptions} options */
function drawMarks(view, [first, last], {selection = NONE, pinned = NONE, compare}) {
    const {objects} = view.index;
    for (let i = first; i < last; ++i) {
        const seen = clamp((view.time - objects[i].time + view.preempt) / view.fadeIn);
        if (compare?.changed.has(i)) drawWay(view, compare.shapes[i], view.shape(i), seen);
        if (pinned.has(i) && view.time < objects[i].end + 300) drawPin(view, view.shape(i), seen);
    }
    if (selection.size > GHOSTS) return;
    for (const i of selection) {
        if (i < first || i >= last) drawGhost(view, objects[i], view.shape(i), ACCENT);
    }
}

/** @param {View} view @param {number} index @param {DrawOptions} options @returns {Tint} */
function colourOf(view, index, {compare}) {
    if (!compare) return view.tints[index];
    return tint(compare.changed.has(index) ? COMPARE.now : COMPARE.same);
}

/** @param {View} view @param {number} index @param {DrawOptions} options */
function strength(view, index, {range}) {
    const time = view.index.times[index];
    return range && (time < range[0] - 1 || time > range[1] + 1) ? FAINT : 1;
}

/**
 * A band that is seen on small screens, too.
 * @param {View} view
 * @param {number} alpha
 * @param {number} width pixels of the screen
 * @returns {import("./bodies.js").Halo}
 */
function halo(view, alpha, width) {
    return {colour: `rgba(255,255,255,${alpha})`, width: width * view.hair + 1};
}

/** Objects that are being placed are drawn from the preview alone. @param {View} view @param {number} index */
function isPlaced(view, index) {
    return view.preview.goal?.[index] !== undefined;
}
