/**
 * The bodies of sliders. A body is translucent with an opaque border, so it cannot be stroked onto the field
 * layer by layer: it is painted on a canvas of its own, kept as long as its shape and the scale stay, and
 * then costs one drawImage a frame. While a body snakes in, it is painted again each frame.
 *
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {import("./sprites.js").Picture} Picture
 */
import {pathBounds, pathTable, tracePath} from './path.js';
import {contextOf, makePicture} from './sprites.js';
import {withAlpha} from './tints.js';

/**
 * @typedef {object} Body
 * @property {Picture} picture
 * @property {number} left osu! px of its left edge, not stacked
 * @property {number} top
 * @property {number} width osu! px
 * @property {number} height
 * @property {string} key of colour and scale
 * @property {number} shown the share of the path on it
 */

/**
 * Pictures are forgotten, the one that was drawn longest ago first, once they have this many pixels together
 * (64 MB).
 */
const POOL_PIXELS = 16e6;
/** Border and inside, as shares of the radius. */
const EDGE = 0.97, INSIDE = 0.85;
/** Steps of the gradient from the inside's edge to the middle. */
const LAYERS = 5;
/** Bodies outside of this are not painted: a map may hold paths of thousands of pixels. */
const LIMITS = [-160, -130, 672, 514];

export class Bodies {
    constructor() {
        /** In the order of their last use. @type {Map<Shape, Body>} */
        this.pool = new Map();
        this.pixels = 0;
    }

    /**
     * Whether a body is ready as a whole. @param {Shape} shape @param {Tint} tint @param {number}
     * scale @param {number} radius
     */
    has(shape, tint, scale, radius) {
        const body = this.pool.get(shape);
        return body !== undefined && body.shown === 1 && body.key === bodyKey(tint, scale, radius);
    }

    /**
     * @param {Shape} shape
     * @param {Tint} tint
     * @param {number} scale pixels of the canvas per osu! px
     * @param {number} radius osu! px
     * @param {number} shown the share of the path that is seen, 0..1
     * @returns {Body | undefined} undefined: all of it is far outside
     */
    get(shape, tint, scale, radius, shown = 1) {
        const key = bodyKey(tint, scale, radius);
        let body = this.pool.get(shape);
        if (body && body.key !== key) {
            this.drop(shape, body);
            body = undefined;
        }
        if (!body)
            body = makeBody(shape, key, scale, radius);
        else
            this.pool.delete(shape);
        if (!body) return undefined;
        if (body.shown !== shown) {
            paintBody(body, shape, tint, radius, shown);
            body.shown = shown;
        }
        if (!this.pool.has(shape)) this.keep(shape, body);
        return body;
    }

    clear() {
        this.pool.clear();
        this.pixels = 0;
    }

    /** @param {Shape} shape @param {Body} body */
    keep(shape, body) {
        this.pool.set(shape, body);
        this.pixels = 0;
        for (const {picture} of this.pool.values()) this.pixels += picture.width * picture.height;
        for (const [oldest, old] of this.pool) {
            if (this.pixels <= POOL_PIXELS || oldest === shape) break;
            this.drop(oldest, old);
        }
    }

    /** @param {Shape} shape @param {Body} body */
    drop(shape, body) {
        this.pool.delete(shape);
        this.pixels -= body.picture.width * body.picture.height;
    }
}

/** @param {Tint} tint @param {number} scale @param {number} radius */
function bodyKey(tint, scale, radius) { return `${tint.key} ${scale.toFixed(4)} ${radius.toFixed(2)}`; }

/**
 * @param {Shape} shape
 * @param {string} key
 * @param {number} scale
 * @param {number} radius
 * @returns {Body | undefined}
 */
function makeBody(shape, key, scale, radius) {
    const bounds = pathBounds(pathTable(shape));
    const margin = radius + 2 / scale;
    const left = Math.max(bounds[0] - margin, LIMITS[0]), top = Math.max(bounds[1] - margin, LIMITS[1]);
    const right = Math.min(bounds[2] + margin, LIMITS[2]), bottom = Math.min(bounds[3] + margin, LIMITS[3]);
    if (!(right > left && bottom > top)) return undefined;
    const picture = makePicture((right - left) * scale, (bottom - top) * scale);
    return {picture, left, top, width: picture.width / scale, height: picture.height / scale, key, shown: 0};
}

/**
 * @param {Body} body
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} radius
 * @param {number} shown
 */
function paintBody(body, shape, tint, radius, shown) {
    const context = contextOf(body.picture);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, body.picture.width, body.picture.height);
    const scale = body.picture.width / body.width;
    context.setTransform(scale, 0, 0, scale, -body.left * scale, -body.top * scale);
    const line = new Path2D();
    tracePath(line, pathTable(shape), shown);
    strokeBody(context, line, tint, radius);
}

/**
 * Border, then everything within it erased, then the inside from its edge to the middle.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Path2D} line
 * @param {Tint} tint
 * @param {number} radius
 */
function strokeBody(context, line, tint, radius) {
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = tint.base;
    context.lineWidth = 2 * radius * EDGE;
    context.stroke(line);
    context.globalCompositeOperation = 'destination-out';
    context.lineWidth = 2 * radius * INSIDE;
    context.stroke(line);
    context.globalCompositeOperation = 'source-over';
    context.strokeStyle = withAlpha(tint.deep, 0.78);
    context.stroke(line);
    context.strokeStyle = withAlpha(tint.base, 0.042);
    for (let layer = 1; layer <= LAYERS; ++layer) {
        context.lineWidth = 2 * radius * INSIDE * (1 - layer / (LAYERS + 1));
        context.stroke(line);
    }
}

/**
 * A body without a canvas of its own, opaque: for small fields, and for shapes that change with every frame.
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {Tint} tint
 * @param {number} radius
 */
export function strokePlainBody(context, shape, tint, radius) {
    const line = new Path2D();
    tracePath(line, pathTable(shape));
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = tint.base;
    context.lineWidth = 2 * radius * EDGE;
    context.stroke(line);
    context.strokeStyle = tint.deep;
    context.lineWidth = 2 * radius * (INSIDE - 0.06);
    context.stroke(line);
}
