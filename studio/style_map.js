/**
 * The map of styles as a picture: a point for each map that the model knows, near to those that it places alike.
 * The wheel zooms, dragging moves, a click chooses; what a search found is lit. (The same can be chosen from the
 * list beside it, which the keyboard reaches.)
 *
 * @import { StylePoints } from "./types.js"
 */
import {fitCanvas, h, themeColours} from './dom.js';

/** @typedef {StylePoints["points"][number]} StylePoint */

export class StyleMapPicture {
    #colour = themeColours();
    /** @type {StylePoint[]} */
    #points = [];
    #query = '';
    #zoom = 1;
    /** The middle of what is shown, in the points' own square of -1..1. */
    #centre = [0, 0];
    /** @type {{x: number, y: number, moved: boolean} | null} */
    #drag = null;
    /** @type {StylePoint | null} */
    #near = null;

    /** @param {(point: StylePoint) => void} choose */
    constructor(choose) {
        this.choose = choose;
        this.canvas = h('canvas', {
            class: 'style-map-canvas',
            role: 'img',
            'aria-label': 'The map of styles: every point a map, near to those alike',
        });
        this.tip = h('div', {class: 'style-map-tip', hidden: true});
        this.element = h(
            'div',
            {class: 'style-map'},
            this.canvas,
            this.tip,
            h(
                'p',
                {class: 'style-map-note'},
                'Every point is a map; near ones are placed alike. Scroll to zoom, drag to move, click to choose.',
            ),
        );
        this.canvas.addEventListener('wheel', (event) => this.#wheel(event), {passive: false});
        this.canvas.addEventListener('pointerdown', (event) => this.#down(event));
        this.canvas.addEventListener('pointermove', (event) => this.#move(event));
        this.canvas.addEventListener('pointerup', () => this.#up());
        this.canvas.addEventListener('pointerleave', () => this.#show(null));
        new ResizeObserver(() => this.draw()).observe(this.canvas);
    }

    /** @param {StylePoint[]} points in any units */
    setPoints(points) {
        // A few far points would press all others together: the square holds 98 of 100 on each axis.
        const fit = (/** @type {"x" | "y"} */ axis) => {
            const values = points.map((point) => point[axis]).sort((a, b) => a - b);
            const low = values[Math.floor(values.length * 0.01)] ?? 0;
            const high = values[Math.floor(values.length * 0.99)] ?? 1;
            return (/** @type {number} */ value) =>
                ((value - (low + high) / 2) / Math.max(1e-9, high - low)) * 1.8;
        };
        const [x, y] = [fit('x'), fit('y')];
        this.#points = points.map((point) => ({...point, x: x(point.x), y: y(point.y)}));
        this.draw();
    }

    /** @param {string} query lights the points of mappers and IDs that hold it */
    highlight(query) {
        this.#query = query.toLowerCase();
        this.draw();
    }

    get #scale() {
        return (Math.min(this.canvas.clientWidth, this.canvas.clientHeight) / 2) * this.#zoom;
    }

    /** @param {StylePoint} point @returns {[number, number]} */
    #place(point) {
        return [
            this.canvas.clientWidth / 2 + (point.x - this.#centre[0]) * this.#scale,
            this.canvas.clientHeight / 2 + (point.y - this.#centre[1]) * this.#scale,
        ];
    }

    draw() {
        fitCanvas(this.canvas);
        const context = this.canvas.getContext('2d');
        if (!context) return;
        const ratio = this.canvas.width / Math.max(1, this.canvas.clientWidth);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
        const radius = Math.min(6, 1.6 * Math.sqrt(this.#zoom) + 0.6);
        const lit = (/** @type {StylePoint} */ point) =>
            this.#query !== '' &&
            (point.mapper?.toLowerCase().includes(this.#query) || String(point.id) === this.#query);
        const shade = this.#colour('point');
        for (const pass of [false, true])
            for (const point of this.#points) {
                if (lit(point) !== pass) continue;
                const [x, y] = this.#place(point);
                context.globalAlpha = pass ? 1 : this.#query ? 0.25 : 0.7;
                context.fillStyle = pass ? this.#colour('accent') : `hsl(${hueOf(point.mapper)} ${shade})`;
                context.beginPath();
                context.arc(x, y, pass ? radius + 1.5 : radius, 0, 2 * Math.PI);
                context.fill();
            }
        context.globalAlpha = 1;
        if (!this.#near) return;
        const [x, y] = this.#place(this.#near);
        context.strokeStyle = this.#colour('text');
        context.lineWidth = 2;
        context.beginPath();
        context.arc(x, y, radius + 5, 0, 2 * Math.PI);
        context.stroke();
    }

    /** @param {WheelEvent} event */
    #wheel(event) {
        event.preventDefault();
        const before = this.#scale;
        const dx = event.offsetX - this.canvas.clientWidth / 2;
        const dy = event.offsetY - this.canvas.clientHeight / 2;
        this.#zoom = Math.max(1, Math.min(40, this.#zoom * (event.deltaY < 0 ? 1.25 : 0.8)));
        // What is under the pointer stays there.
        this.#centre = [
            this.#centre[0] + dx / before - dx / this.#scale,
            this.#centre[1] + dy / before - dy / this.#scale,
        ];
        this.draw();
    }

    /** @param {PointerEvent} event */
    #down(event) {
        this.canvas.setPointerCapture(event.pointerId);
        this.#drag = {x: event.offsetX, y: event.offsetY, moved: false};
    }

    /** @param {PointerEvent} event */
    #move(event) {
        if (this.#drag) {
            const {x, y} = this.#drag;
            if (!this.#drag.moved && Math.hypot(event.offsetX - x, event.offsetY - y) < 4) return;
            this.#centre = [
                this.#centre[0] - (event.offsetX - x) / this.#scale,
                this.#centre[1] - (event.offsetY - y) / this.#scale,
            ];
            this.#drag = {x: event.offsetX, y: event.offsetY, moved: true};
            this.draw();
            return;
        }
        let [nearest, distance] = [/** @type {StylePoint | null} */ (null), 14];
        for (const point of this.#points) {
            const [x, y] = this.#place(point);
            const away = Math.hypot(x - event.offsetX, y - event.offsetY);
            if (away < distance) [nearest, distance] = [point, away];
        }
        this.#show(nearest);
    }

    #up() {
        if (this.#drag && !this.#drag.moved && this.#near) this.choose(this.#near);
        this.#drag = null;
    }

    /** @param {StylePoint | null} point */
    #show(point) {
        if (point === this.#near) return;
        this.#near = point;
        this.tip.hidden = !point;
        if (point) {
            const [x, y] = this.#place(point);
            this.tip.textContent = [point.mapper, point.id].filter(Boolean).join(' · ');
            this.tip.style.left = `${Math.min(x + 14, this.canvas.clientWidth - 160)}px`;
            this.tip.style.top = `${Math.max(4, y - 34)}px`;
        }
        this.canvas.style.cursor = point ? 'pointer' : 'grab';
        this.draw();
    }
}

/** A hue of each mapper's own. @type {Map<string, number>} */
const hues = new Map();

/** @param {string} name */
function hueOf(name) {
    let hue = hues.get(name);
    if (hue === undefined) {
        let hash = 7;
        for (const letter of name ?? '') hash = (hash * 31 + letter.charCodeAt(0)) % 9973;
        hue = (hash * 137) % 360;
        hues.set(name, hue);
    }
    return hue;
}
