/**
 * The bodies of sliders. A body is translucent with an opaque border, so it cannot be stroked onto the field
 * layer by layer: it is painted as a picture of its own, kept as long as its shape and the scale stay, and
 * then costs one drawImage a frame. While a body snakes in, it is painted again each frame. A frame paints only
 * so much: what is left over is drawn as it was, or plainly, and painted in the next one (`late` tells).
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {import("./sprites.js").Picture} Picture
 */
import {pathBounds, pathTable, tracePath} from './path.js';
import {painted} from './sprites.js';
import {withAlpha} from './tints.js';

/**
 * @typedef {object} Body
 * @property {Picture | null} picture null: not painted yet
 * @property {number} left osu! px of its left edge, not stacked
 * @property {number} top
 * @property {number} width osu! px
 * @property {number} height
 * @property {number} pixels of the picture
 * @property {number} shown the share of the path on it
 *
 * @typedef {object} Look how a body is painted
 * @property {Tint} tint
 * @property {number} scale pixels of the canvas per osu! px
 * @property {number} radius osu! px
 * @property {Halo | null} halo
 *
 * @typedef {{colour: string, width: number}} Halo a band around an object, osu! px wide
 */

/**
 * Pictures are forgotten, the one that was drawn longest ago first, once they have this many pixels (64 MB).
 */
const POOL_PIXELS = 16e6;
/** Border and inside, as shares of the radius. */
const EDGE = 0.97,
    INSIDE = 0.85;
/** Steps of the gradient from the inside's edge to the middle, while a body grows (it is not seen well then) and later. */
const LAYERS = {growing: 2, whole: 7};
/**
 * What a frame may paint, in pixels times strokes: two large sliders, some 2 ms without a graphics card. The first of a
 * frame is painted however large it is.
 */
const WORK = 15e5;
/** How much of the combo's colour all of them together put into the middle. */
const GLOW = 0.2;
/** Bodies outside of this are not painted: a map may hold paths of thousands of pixels. */
const LIMITS = [-160, -130, 672, 514];

export class Bodies {
    constructor() {
        /** In the order of their last use. @type {Map<string, Body>} */
        this.pool = new Map();
        this.pixels = 0;
        /** @type {WeakMap<Shape, number>} */
        this.numbers = new WeakMap();
        this.count = 0;
        /** What was painted in this frame. */
        this.work = 0;
        /** Whether something was left for the next frame. */
        this.late = false;
    }

    beginFrame() {
        this.work = 0;
        this.late = false;
    }

    /**
     * @param {Shape} shape
     * @param {Look} look
     * @param {number} shown the share of the path that is seen, 0..1
     * @returns {Body | undefined} undefined: all of it is far outside
     */
    get(shape, look, shown = 1) {
        const key = this.key(shape, look);
        let body = this.pool.get(key);
        if (body) this.pool.delete(key);
        else if (!(body = layOut(shape, look))) return undefined;
        else this.pixels += body.pixels;
        if (body.shown !== shown) this.paint(body, shape, look, shown);
        this.pool.set(key, body);
        this.trim();
        return body;
    }

    /** @param {Body} body @param {Shape} shape @param {Look} look @param {number} shown */
    paint(body, shape, look, shown) {
        const layers = shown < 1 ? LAYERS.growing : LAYERS.whole;
        const work = body.pixels * (layers + 2);
        if (this.work > 0 && this.work + work > WORK) {
            this.late = true;
            return;
        }
        this.work += work;
        paintBody(body, shape, look, shown, layers);
    }

    clear() {
        for (const body of this.pool.values()) release(body);
        this.pool.clear();
        this.pixels = 0;
    }

    trim() {
        for (const [key, body] of this.pool) {
            if (this.pixels <= POOL_PIXELS || this.pool.size === 1) break;
            this.pool.delete(key);
            this.pixels -= body.pixels;
            release(body);
        }
    }

    /**
     * One shape may be on the field twice, as while it is dragged.
     * @param {Shape} shape
     * @param {Look} look
     */
    key(shape, {tint, scale, radius, halo}) {
        let number = this.numbers.get(shape);
        if (number === undefined) this.numbers.set(shape, (number = this.count++));
        return `${number} ${tint.key} ${scale} ${radius} ${halo ? halo.colour + halo.width : ''}`;
    }
}

/** Its memory, at once. @param {Body} body */
function release({picture}) {
    if (picture && 'close' in picture) picture.close();
}

/** @param {Shape} shape @param {Look} look @returns {Body | undefined} */
function layOut(shape, {scale, radius, halo}) {
    const bounds = pathBounds(pathTable(shape));
    const margin = radius + (halo ? halo.width : 0) + 2 / scale;
    const left = Math.max(bounds[0] - margin, LIMITS[0]),
        top = Math.max(bounds[1] - margin, LIMITS[1]);
    const right = Math.min(bounds[2] + margin, LIMITS[2]),
        bottom = Math.min(bounds[3] + margin, LIMITS[3]);
    if (!(right > left && bottom > top)) return undefined;
    const width = Math.max(1, Math.ceil((right - left) * scale)),
        height = Math.max(1, Math.ceil((bottom - top) * scale));
    return {
        picture: null,
        left,
        top,
        width: width / scale,
        height: height / scale,
        pixels: width * height,
        shown: -1,
    };
}

/**
 * @param {Body} body
 * @param {Shape} shape
 * @param {Look} look
 * @param {number} shown
 * @param {number} layers
 */
function paintBody(body, shape, look, shown, layers) {
    release(body);
    const {scale} = look;
    body.shown = shown;
    body.picture = painted(body.width * scale, body.height * scale, (context) => {
        context.setTransform(scale, 0, 0, scale, -body.left * scale, -body.top * scale);
        const line = new Path2D();
        tracePath(line, pathTable(shape), shown);
        strokeBody(context, line, look, layers);
    });
}

/**
 * Border, then everything within it erased, then the inside from its edge to the middle.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Path2D} line
 * @param {Look} look
 * @param {number} layers
 */
function strokeBody(context, line, {tint, radius, halo}, layers) {
    context.lineCap = context.lineJoin = 'round';
    if (halo) {
        context.strokeStyle = halo.colour;
        context.lineWidth = 2 * (radius * EDGE + halo.width);
        context.stroke(line);
    }
    context.strokeStyle = tint.base;
    context.lineWidth = 2 * radius * EDGE;
    context.stroke(line);
    context.globalCompositeOperation = 'destination-out';
    context.lineWidth = 2 * radius * INSIDE;
    context.stroke(line);
    context.globalCompositeOperation = 'source-over';
    context.strokeStyle = withAlpha(tint.deep, 0.78);
    context.stroke(line);
    context.strokeStyle = withAlpha(tint.base, GLOW / layers);
    for (let layer = 1; layer <= layers; ++layer) {
        context.lineWidth = 2 * radius * INSIDE * (1 - layer / (layers + 1));
        context.stroke(line);
    }
}

/**
 * A body without a canvas of its own, opaque: for small fields, and for shapes that change with every frame.
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} radius
 * @param {Halo | null} halo
 */
export function strokePlainBody(context, shape, tint, radius, halo) {
    const line = new Path2D();
    tracePath(line, pathTable(shape));
    context.lineCap = context.lineJoin = 'round';
    const stroke = (/** @type {string} */ colour, /** @type {number} */ half) => {
        context.strokeStyle = colour;
        context.lineWidth = 2 * half;
        context.stroke(line);
    };
    if (halo) stroke(halo.colour, radius * EDGE + halo.width);
    stroke(tint.base, radius * EDGE);
    stroke(tint.deep, radius * (INSIDE - 0.06));
}
