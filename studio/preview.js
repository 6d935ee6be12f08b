/**
 * A take while it is being denoised. Its shapes come about ten times a second; here they glide from one to
 * the next, so that one sees noise settle into a pattern.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").ShapeMap} ShapeMap
 * @typedef {import("./field.js").View} View
 */
import {FIELD_HEIGHT, FIELD_WIDTH} from './backdrop.js';
import {strokePlainBody} from './bodies.js';
import {clamp, easeOut, lerp, share} from './motion.js';
import {drawSprite} from './objects.js';
import {PREVIEW, tint} from './tints.js';

/** How long a glide takes, ms: a little more than the time between two previews. */
const GLIDE = 130;
/**
 * Objects within this many ms of now are joined by a line, so that the whole of a section is seen to move.
 */
const NEAR = 4000;
/** So far beyond the field's edge objects are seen at most, osu! px. */
const OUTSIDE = 50;

export class Preview {
    constructor() {
        /** @type {ShapeMap | null} */
        this.goal = null;
        /** @type {ShapeMap} */
        this.start = {};
        this.since = 0;
    }

    /**
     * @param {ShapeMap | null} shapes the newest; the same object until there are newer ones
     */
    update(shapes) {
        if (shapes === this.goal) return;
        // From where the last glide was bound for: of a whole map, only what is seen is worth working out.
        this.start = this.goal ?? {};
        this.goal = shapes;
        this.since = performance.now();
    }

    /** @param {number} index @returns {Shape | undefined} where it is in its glide */
    shape(index) {
        if (!this.goal?.[index]) return undefined;
        const goal = nearField(this.goal[index]);
        if (!this.start[index]) return goal;
        const start = nearField(this.start[index]);
        const at = easeOut(share(performance.now(), this.since, GLIDE));
        return at >= 1 ? goal : between(start, goal, at);
    }
}

/**
 * The first steps are noise, three fields wide; what lies outside is drawn in towards the edge, the more the farther.
 * @param {Shape} shape
 * @returns {Shape}
 */
function nearField(shape) {
    const dx = drawnIn(shape.x, FIELD_WIDTH) - shape.x;
    const dy = drawnIn(shape.y, FIELD_HEIGHT) - shape.y;
    if (dx === 0 && dy === 0) return shape;
    const path = shape.path?.map((value, i) => value + (i % 2 ? dy : dx));
    return {...shape, x: shape.x + dx, y: shape.y + dy, ...(path ? {path} : {})};
}

/** @param {number} value @param {number} size */
function drawnIn(value, size) {
    if (value < 0) return -OUTSIDE * (1 - Math.exp(value / (2 * OUTSIDE)));
    if (value > size) return size + OUTSIDE * (1 - Math.exp((size - value) / (2 * OUTSIDE)));
    return value;
}

/** @param {Shape} from @param {Shape} to @param {number} at @returns {Shape} */
function between(from, to, at) {
    /** @type {Shape} */
    const shape = {
        x: lerp(from.x, to.x, at),
        y: lerp(from.y, to.y, at),
        stack: [lerp(from.stack[0], to.stack[0], at), lerp(from.stack[1], to.stack[1], at)],
    };
    if (to.path) {
        const start = from.path,
            goal = to.path;
        // Two coarse paths rarely have the same points; the new one then moves as a whole.
        shape.path =
            start && start.length === goal.length
                ? goal.map((value, i) => lerp(start[i], value, at))
                : goal.map((value, i) => value + (i % 2 ? shape.y - to.y : shape.x - to.x));
    }
    return shape;
}

/**
 * The line through the heads of all objects near this time that are being placed, and a dot for each.
 * @param {View} view
 */
export function drawConstellation(view) {
    const {context, hair, index, preview} = view;
    const [first, last] = index.between(view.time - NEAR, view.time + NEAR);
    context.lineJoin = 'round';
    /** @type {[number, number, number][]} */
    const heads = [];
    for (let i = first; i < last; ++i) {
        const shape = preview.shape(i);
        if (shape) heads.push([shape.x, shape.y, 1 - Math.abs(index.times[i] - view.time) / NEAR]);
    }
    context.globalAlpha = 0.35;
    context.strokeStyle = PREVIEW;
    context.lineWidth = 1.2 * hair;
    context.beginPath();
    for (const [x, y] of heads) context.lineTo(x, y);
    context.stroke();
    context.fillStyle = '#fff';
    for (const [x, y, near] of heads) {
        context.globalAlpha = 0.15 + 0.5 * clamp(near);
        context.beginPath();
        context.arc(x, y, Math.max(2.2, 2 * hair), 0, 2 * Math.PI);
        context.fill();
    }
}

/**
 * An object of the take at its present place, without approach circle.
 * @param {View} view
 * @param {number} i
 * @param {Shape} shape
 * @param {number} progress of the denoising, 0..1
 */
export function drawPreviewObject(view, i, shape, progress) {
    const object = view.index.objects[i],
        colours = tint(PREVIEW);
    if (object.kind === 'spinner') return;
    const {context, radius} = view;
    const appeared =
        share(view.time, object.time - view.preempt, view.fadeIn) * (1 - share(view.time, object.end, 300));
    if (appeared <= 0) return;
    context.translate(...shape.stack);
    // Far from done: light without an edge. Nearly done: a circle.
    const alpha = appeared * (0.35 + 0.5 * progress);
    if (object.kind === 'slider') {
        context.globalAlpha = alpha * 0.6;
        strokePlainBody(context, shape, colours, radius, null);
    }
    context.globalCompositeOperation = 'lighter';
    drawSprite(view, view.sprites.glow(colours), shape.x, shape.y, appeared * (0.6 - 0.4 * progress), 1.1);
    context.globalCompositeOperation = 'source-over';
    drawSprite(view, view.sprites.circle(colours), shape.x, shape.y, alpha);
    drawSprite(view, view.sprites.number(object.number), shape.x, shape.y, alpha);
    context.translate(-shape.stack[0], -shape.stack[1]);
}
