/**
 * Pictures of what is drawn again and again, painted once for a size and a colour: circles, numbers, glows.
 * Fields of one size share them (eight takes side by side paint each circle once).
 *
 * @typedef {import("./tints.js").Tint} Tint
 * @typedef {HTMLCanvasElement | ImageBitmap} Picture
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context
 */
import {drawNumber, numberWidth} from './numerals.js';
import {withAlpha} from './tints.js';

/** A sprite reaches this many radii from its centre: room for shadow and glow. */
export const REACH = 1.3;

/** How many a frame paints: a field that is shown for the first time wants a dozen at once. */
const A_FRAME = 3;

/** @type {Map<string, Sprites>} */
const shared = new Map();

/**
 * The sprites for circles of a radius in pixels of the canvas.
 * @param {number} radius
 * @param {boolean} plain without the fine rings, for circles of a few pixels
 */
export function spritesFor(radius, plain) {
    const key = `${Math.round(radius * 8)} ${plain}`;
    let found = shared.get(key);
    if (!found) {
        // A window that is dragged larger goes through many sizes; only the last few are worth their memory.
        if (shared.size >= 6) shared.delete(/** @type {string} */ (shared.keys().next().value));
        shared.set(key, (found = new Sprites(radius, plain)));
    }
    return found;
}

/**
 * All pictures are painted on one canvas, and taken off it: to make a canvas and its context takes longer than to paint a
 * circle. @type {{canvas: OffscreenCanvas, context: OffscreenCanvasRenderingContext2D} | null}
 */
let easel = null;

/**
 * @param {number} width
 * @param {number} height
 * @param {(context: Context) => void} paint
 * @returns {Picture}
 */
export function painted(width, height, paint) {
    const w = Math.max(1, Math.ceil(width)),
        h = Math.max(1, Math.ceil(height));
    if (typeof OffscreenCanvas !== 'function') {
        const canvas = document.createElement('canvas');
        canvas.width = w;
        canvas.height = h;
        paint(/** @type {Context} */ (canvas.getContext('2d')));
        return canvas;
    }
    if (!easel) {
        const canvas = new OffscreenCanvas(w, h);
        easel = {
            canvas,
            context: /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')),
        };
    }
    // Empty, with all of its context's state as at first.
    easel.canvas.width = w;
    easel.canvas.height = h;
    paint(easel.context);
    return easel.canvas.transferToImageBitmap();
}

export class Sprites {
    /** @param {number} radius @param {boolean} plain */
    constructor(radius, plain) {
        this.radius = radius;
        this.plain = plain;
        /** @type {Map<string, Picture>} */
        this.pictures = new Map();
        /** How many were painted in this frame. */
        this.painted = 0;
        /** Whether some were left for the next frame. */
        this.late = false;
    }

    beginFrame() {
        this.painted = 0;
        this.late = false;
    }

    /**
     * @param {string} key
     * @param {(context: Context) => void} paint in radii, around (0, 0)
     * @returns {Picture | null} null: this frame has painted enough, the next one has it
     */
    picture(key, paint) {
        const found = this.pictures.get(key);
        if (found) return found;
        if (this.painted >= A_FRAME) {
            this.late = true;
            return null;
        }
        this.painted++;
        const side = Math.ceil(2 * REACH * this.radius);
        const made = painted(side, side, (context) => {
            context.translate(side / 2, side / 2);
            context.scale(this.radius, this.radius);
            paint(context);
        });
        this.pictures.set(key, made);
        return made;
    }

    /** A circle without its number. @param {Tint} tint */
    circle(tint) {
        return this.picture(`circle ${tint.key}`, (context) => paintCircle(context, tint, this.plain));
    }

    /** @param {number} number in a combo */
    number(number) {
        return this.picture(`number ${number}`, (context) => {
            // Three digits shrink until they fit the circle's heart.
            const height = Math.min(this.plain ? 0.86 : 0.66, 1.06 / numberWidth(number));
            context.strokeStyle = 'rgba(0,0,0,0.35)';
            drawNumber(context, number, 0, 0.035, height);
            context.strokeStyle = '#fff';
            drawNumber(context, number, 0, 0, height);
        });
    }

    /** What lights up when a circle is hit: white in the middle, the colour around it. @param {Tint} tint */
    glow(tint) {
        return this.picture(`glow ${tint.key}`, (context) => {
            const light = context.createRadialGradient(0, 0, 0, 0, 0, REACH);
            light.addColorStop(0, 'rgba(255,255,255,0.85)');
            light.addColorStop(0.35, withAlpha(tint.light, 0.55));
            light.addColorStop(0.7, withAlpha(tint.base, 0.22));
            light.addColorStop(1, withAlpha(tint.base, 0));
            context.fillStyle = light;
            context.fillRect(-REACH, -REACH, 2 * REACH, 2 * REACH);
        });
    }

    /** The ball of a slider, its arrow towards +x. @param {Tint} tint */
    ball(tint) {
        return this.picture(`ball ${tint.key}`, (context) => paintBall(context, tint));
    }

    /** The arrow at the end of a slider that comes back, towards +x. @param {Tint} tint */
    arrow(tint) {
        return this.picture(`arrow ${tint.key}`, (context) => paintArrow(context, tint));
    }
}

/** @param {Context} context @param {number} radius */
function disc(context, radius) {
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.fill();
}

/**
 * @param {Context} context
 * @param {number} radius
 * @param {string} top
 * @param {string} bottom
 */
function shadedDisc(context, radius, top, bottom) {
    const fall = context.createLinearGradient(0, -radius, 0, radius);
    fall.addColorStop(0, top);
    fall.addColorStop(1, bottom);
    context.fillStyle = fall;
    disc(context, radius);
}

/** @param {Context} context @param {number} outer */
function shadow(context, outer) {
    const dark = context.createRadialGradient(0, 0, 0.86, 0, 0, outer);
    dark.addColorStop(0, 'rgba(0,0,0,0.5)');
    dark.addColorStop(1, 'rgba(0,0,0,0)');
    context.fillStyle = dark;
    disc(context, outer);
}

/**
 * A white rim, a bright ring, a darker one, and a heart that is nearly black, on which the number stands.
 * @param {Context} context
 * @param {Tint} tint
 * @param {boolean} plain
 */
function paintCircle(context, tint, plain) {
    if (plain) {
        context.fillStyle = '#fff';
        disc(context, 1);
        shadedDisc(context, 0.84, tint.base, tint.shade);
        return;
    }
    shadow(context, 1.2);
    shadedDisc(context, 1, '#ffffff', '#e4e6f0');
    shadedDisc(context, 0.93, tint.light, tint.base);
    shadedDisc(context, 0.905, tint.base, tint.shade);
    shadedDisc(context, 0.735, tint.mid, tint.midShade);
    shadedDisc(context, 0.635, tint.deep, tint.deep);
}

/**
 * @param {Context} context
 * @param {number} tip
 * @param {number} half
 * @param {number} at
 */
function chevron(context, tip, half, at) {
    context.beginPath();
    context.moveTo(at - tip, -half);
    context.lineTo(at, 0);
    context.lineTo(at - tip, half);
    context.stroke();
}

/** @param {Context} context @param {Tint} tint */
function paintBall(context, tint) {
    shadow(context, 1.12);
    context.fillStyle = '#fff';
    disc(context, 0.96);
    // Round, because the ball turns with its arrow.
    const light = context.createRadialGradient(0, 0, 0, 0, 0, 0.84);
    light.addColorStop(0, tint.base);
    light.addColorStop(1, tint.mid);
    context.fillStyle = light;
    disc(context, 0.84);
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = '#fff';
    context.lineWidth = 0.17;
    chevron(context, 0.34, 0.34, 0.24);
}

/** @param {Context} context @param {Tint} tint */
function paintArrow(context, tint) {
    context.fillStyle = withAlpha(tint.deep, 0.9);
    disc(context, 0.72);
    context.lineCap = context.lineJoin = 'round';
    context.lineWidth = 0.16;
    context.strokeStyle = tint.light;
    chevron(context, 0.27, 0.3, 0.02);
    context.strokeStyle = '#fff';
    chevron(context, 0.27, 0.3, 0.38);
}
