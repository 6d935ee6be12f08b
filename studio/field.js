/**
 * A playfield on a canvas: draws a scene at a time as the game shows it, says what lies under the pointer.
 * The same class draws the workbench's large field and the small ones of takes ({small: true}); they share
 * sprites and the scene's index. The canvas is transparent where nothing is drawn; it wants a dark ground.
 *
 *     const field = new Field(canvas);
 *     field.setScene(scene);
 *     field.setShapes(state.shapes);
 *     field.draw(player.time, {selection, grid: 32});
 *
 * A frame's script takes less than 4 ms on a map of 3,000 objects; tests/studio/field.test.mjs measures it.
 *
 * @typedef {import("./types.js").Scene} Scene
 * @typedef {import("./types.js").Shape} Shape
 * @typedef {import("./types.js").ShapeMap} ShapeMap
 * @typedef {import("./tints.js").Tint} Tint
 */
import {FIELD_HEIGHT, FIELD_WIDTH} from './backdrop.js';
import {Bodies} from './bodies.js';
import {drawLayers} from './layers.js';
import {reducedMotion} from './motion.js';
import {distanceTo, pathTable} from './path.js';
import {Preview} from './preview.js';
import {FADE_OUT, sceneIndex} from './scene.js';
import {spritesFor} from './sprites.js';
import {tint} from './tints.js';

/**
 * @typedef {object} DrawOptions
 * @property {boolean} [hits] true: objects burst when their time comes, as in play; false: they fade slowly,
 * as in the editor
 * @property {boolean} [snaking] sliders grow out of their heads (default: in large fields)
 * @property {number} [grid] osu! px between lines; 0: none
 * @property {boolean} [screen] the edge of a 4:3 screen
 * @property {boolean} [ground] the field's own edge (default true)
 * @property {ReadonlySet<number>} [selection]
 * @property {ReadonlySet<number>} [pinned]
 * @property {number} [hover] the object under the pointer
 * @property {[number, number]} [range] ms; objects that begin outside of it are drawn faintly
 * @property {{shapes: Shape[], changed: ReadonlySet<number>}} [compare] the source, drawn with the present in
 * two colours
 * @property {{shapes: ShapeMap, progress: number} | null} [preview] a take that is being denoised
 * @property {{objects: ReadonlySet<number>, dx: number, dy: number}} [drag] objects that follow the pointer
 * @property {[number, number, number, number]} [marquee] a frame, osu! px
 */

/**
 * What the parts of the field draw with. The context's unit is the osu! pixel.
 * @typedef {object} View
 * @property {CanvasRenderingContext2D} context
 * @property {import("./scene.js").SceneIndex} index
 * @property {import("./sprites.js").Sprites} sprites
 * @property {Bodies} bodies
 * @property {number} time
 * @property {number} scale pixels of the canvas per osu! px
 * @property {number} hair osu! px of one pixel on the screen
 * @property {number} radius
 * @property {number} preempt
 * @property {number} fadeIn
 * @property {{number: number, progress: number, length: number, meter: number}} beat
 * @property {boolean} kiai
 * @property {boolean} hits
 * @property {boolean} snaking
 * @property {boolean} calm little motion is asked for
 * @property {boolean} plain a small field
 * @property {number} alpha of the object that is being drawn
 * @property {import("./bodies.js").Halo | null} halo of the object that is being drawn
 * @property {(index: number) => Shape} shape
 * @property {Tint[]} tints one an object
 * @property {Preview} preview
 */

/** Around the field, osu! px: left and right, top, bottom. The large one shows what a 4:3 screen does. */
const MARGINS = {
    large: [70, 62, 54],
    small: [34, 34, 34],
};
/** More pixels than a 1440p screen has are not worth their time. */
const MOST_PIXELS = 2560 * 1440;

export class Field {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {{small?: boolean}} [options]
     */
    constructor(canvas, {small = false} = {}) {
        this.canvas = canvas;
        this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
        this.small = small;
        /** @type {import("./scene.js").SceneIndex | null} */
        this.index = null;
        /** @type {Shape[]} */
        this.base = [];
        /** @type {ShapeMap} */
        this.overrides = {};
        /** @type {Tint[]} */
        this.tints = [];
        this.bodies = new Bodies();
        this.preview = new Preview();
        this.sprites = spritesFor(32, small);
        this.scale = 1;
        this.left = 0;
        this.top = 0;
        this.hair = 1;
        this.fit();
        this.last = {time: 0, options: /** @type {DrawOptions} */ ({})};
        // A canvas is empty once its size has changed, and whoever draws may see no reason to draw again.
        this.observer =
            typeof ResizeObserver === 'function'
                ? new ResizeObserver(() => this.fit() && this.draw(this.last.time, this.last.options))
                : null;
        this.observer?.observe(canvas);
    }

    /** Ends the watch on the canvas's size; for fields that go before the page does. */
    close() {
        this.observer?.disconnect();
        this.bodies.clear();
    }

    /** @param {Scene} scene shown with the shapes of the source until others are set */
    setScene(scene) {
        this.index = sceneIndex(scene);
        const colours = scene.comboColours.length ? scene.comboColours : ['#6ea8ff'];
        this.tints = scene.objects.map(({colour}) => tint(colours[colour % colours.length]));
        this.bodies.clear();
        this.setShapes(scene.shapes);
    }

    /**
     * @param {Shape[]} shapes one an object
     * @param {ShapeMap} [overrides] of a take, instead of some of them
     */
    setShapes(shapes, overrides = {}) {
        this.base = shapes;
        this.overrides = overrides;
    }

    /** @param {number} index @returns {Shape} */
    shape(index) {
        return this.overrides[index] ?? this.base[index];
    }

    /** Fits the canvas's pixels to its size on the page; whether they have changed. */
    fit() {
        const {canvas} = this,
            width = canvas.clientWidth,
            height = canvas.clientHeight;
        if (!width || !height) return false;
        const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (width * height)));
        const pixelsX = Math.round(width * ratio),
            pixelsY = Math.round(height * ratio);
        const changed = canvas.width !== pixelsX || canvas.height !== pixelsY;
        if (changed) {
            [canvas.width, canvas.height] = [pixelsX, pixelsY];
            // The browser makes its pixels now, not while the first frame is drawn.
            this.context.clearRect(0, 0, 1, 1);
        }
        const [side, above, below] = this.small ? MARGINS.small : MARGINS.large;
        const scale = Math.min(pixelsX / (FIELD_WIDTH + 2 * side), pixelsY / (FIELD_HEIGHT + above + below));
        if (scale !== this.scale) this.bodies.clear();
        this.scale = scale;
        this.left = (pixelsX - FIELD_WIDTH * this.scale) / 2;
        this.top = (pixelsY - (FIELD_HEIGHT + above + below) * this.scale) / 2 + above * this.scale;
        this.hair = ratio / this.scale;
        return changed;
    }

    /**
     * @param {number} time ms
     * @param {DrawOptions} [options]
     */
    draw(time, options = {}) {
        const {context, canvas} = this;
        this.last = {time, options};
        this.sprites = spritesFor((this.index?.scene.difficulty.radius ?? 32) * this.scale, this.small);
        this.sprites.beginFrame();
        this.bodies.beginFrame();
        this.preview.update(options.preview?.shapes ?? null);
        context.setTransform(1, 0, 0, 1, 0, 0);
        // A frame that ended with an error may have left these as they were in the middle of it.
        context.globalAlpha = 1;
        context.globalCompositeOperation = 'source-over';
        context.setLineDash([]);
        context.clearRect(0, 0, canvas.width, canvas.height);
        context.setTransform(this.scale, 0, 0, this.scale, this.left, this.top);
        if (this.index) drawLayers(this.view(time, options), options, this.edges());
    }

    /** Whether some of what was drawn wants another frame to be all there. */
    get late() {
        return this.bodies.late || this.sprites.late;
    }

    /** @param {number} time @param {DrawOptions} options @returns {View} */
    view(time, {hits = true, snaking = !this.small, compare}) {
        const index = /** @type {import("./scene.js").SceneIndex} */ (this.index);
        const {radius, preempt, fadeIn} = index.scene.difficulty,
            calm = reducedMotion.matches;
        return {
            context: this.context,
            index,
            time,
            radius,
            preempt,
            fadeIn,
            // Two versions are compared longer if they do not burst.
            hits: hits && !compare,
            calm,
            snaking: snaking && !calm,
            sprites: this.sprites,
            bodies: this.bodies,
            scale: this.scale,
            hair: this.hair,
            beat: index.beatAt(time),
            kiai: index.isKiai(time),
            plain: this.small,
            alpha: 1,
            halo: null,
            shape: (index) => this.shape(index),
            tints: this.tints,
            preview: this.preview,
        };
    }

    /** Left, top, right, bottom of the canvas, osu! px. @returns {[number, number, number, number]} */
    edges() {
        const {canvas, scale, left, top} = this;
        return [-left / scale, -top / scale, (canvas.width - left) / scale, (canvas.height - top) / scale];
    }

    /**
     * Where a pointer is, osu! px.
     * @param {{clientX: number, clientY: number}} pointer
     * @returns {[number, number]}
     */
    toField({clientX, clientY}) {
        const box = this.canvas.getBoundingClientRect(),
            ratio = this.canvas.width / Math.max(1, box.width);
        return [
            ((clientX - box.left) * ratio - this.left) / this.scale,
            ((clientY - box.top) * ratio - this.top) / this.scale,
        ];
    }

    /**
     * The object at a place that is seen at a time: the one on top, heads before bodies.
     * @param {number} x osu! px
     * @param {number} y
     * @param {number} time
     * @param {number} [after] how long behind its end an object can still be caught, ms
     * @returns {number} an index, or -1
     */
    objectAt(x, y, time, after = FADE_OUT.edit) {
        if (!this.index) return -1;
        const [first, last] = this.index.visible(time, after);
        const radius = this.index.scene.difficulty.radius;
        let onBody = -1,
            onSpinner = -1;
        for (let i = first; i < last; ++i) {
            const object = this.index.objects[i],
                shape = this.shape(i);
            if (object.end + after < time) continue;
            const px = x - shape.stack[0],
                py = y - shape.stack[1];
            if (object.kind === 'spinner') {
                if (Math.hypot(x - 256, y - 192) <= 125) onSpinner = i;
            } else if (Math.hypot(px - shape.x, py - shape.y) <= radius) {
                return i;
            } else if (
                object.kind === 'slider' &&
                onBody < 0 &&
                distanceTo(pathTable(shape), px, py) <= radius
            ) {
                onBody = i;
            }
        }
        return onBody >= 0 ? onBody : onSpinner;
    }

    /**
     * The objects seen at a time whose heads lie in a frame.
     * @param {[number, number, number, number]} corners x0, y0, x1, y1, osu! px
     * @param {number} time
     * @returns {number[]}
     */
    objectsIn([x0, y0, x1, y1], time) {
        if (!this.index) return [];
        const found = [],
            [first, last] = this.index.visible(time, FADE_OUT.edit);
        for (let i = first; i < last; ++i) {
            const {stack, ...head} = this.shape(i),
                x = head.x + stack[0],
                y = head.y + stack[1];
            const inside =
                x >= Math.min(x0, x1) &&
                x <= Math.max(x0, x1) &&
                y >= Math.min(y0, y1) &&
                y <= Math.max(y0, y1);
            if (inside && this.index.objects[i].end + FADE_OUT.edit >= time) found.push(i);
        }
        return found;
    }
}
