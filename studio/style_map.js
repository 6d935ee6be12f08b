/**
 * The map of styles as a picture: a point for each map that the model knows, near to those that it places alike.
 * The wheel zooms, dragging moves, a click chooses; what a search found is lit. By keyboard, arrows go to the nearest
 * point in their direction, Enter chooses, + and - zoom.
 *
 * @import { StylePoints } from "./types.js"
 */
import {fitCanvas, h, textSize, themeColours} from './dom.js';

/** @typedef {StylePoints["points"][number]} StylePoint */

/** Where arrow keys lead. @type {Record<string, [number, number]>} */
const directions = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
/** The point in the middle of a picture keeps so far from its edge, px. */
const margin = 24;

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
            role: 'application',
            tabindex: '0',
            'aria-label':
                'The map of styles: every point a map, near to those alike. Arrows go from point to point, Enter chooses.',
            onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
            onblur: () => this.#show(null),
        });
        // The page's own is out of reach while a dialog is open.
        this.said = h('div', {class: 'visually-hidden', role: 'status'});
        this.tip = h('div', {class: 'style-map-tip', hidden: true});
        this.element = h(
            'div',
            {class: 'style-map'},
            this.canvas,
            this.tip,
            this.said,
            h(
                'p',
                {class: 'style-map-note'},
                'Near maps are placed alike. Scroll to zoom, drag to move; click, or arrows and Enter.',
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
        const radius = (Math.min(6, 1.6 * Math.sqrt(this.#zoom) + 0.6) * textSize()) / 13;
        const shade = this.#colour('point');
        for (const pass of [false, true])
            for (const point of this.#points) {
                if (this.#isLit(point) !== pass) continue;
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
        this.#zoomBy(event.deltaY < 0 ? 1.25 : 0.8);
        // What is under the pointer stays there.
        this.#centre = [
            this.#centre[0] + dx / before - dx / this.#scale,
            this.#centre[1] + dy / before - dy / this.#scale,
        ];
        this.draw();
    }

    /** @param {number} factor */
    #zoomBy(factor) {
        this.#zoom = Math.max(1, Math.min(40, this.#zoom * factor));
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const direction = directions[event.key];
        if (direction) this.#step(direction);
        else if ((event.key === 'Enter' || event.key === ' ') && this.#near) this.choose(this.#near);
        else if (event.key === '+' || event.key === '-') {
            if (this.#near) this.#centre = [this.#near.x, this.#near.y];
            this.#zoomBy(event.key === '+' ? 1.25 : 0.8);
            this.draw();
        } else return;
        event.preventDefault();
    }

    /** To the nearest point that lies in a direction, and into the picture with it. @param {[number, number]} direction */
    #step(direction) {
        const from = this.#near;
        const next = from ? this.#nextOf(from, direction) : this.#middle();
        if (!next) return;
        const [x, y] = this.#place(next);
        const {clientWidth, clientHeight} = this.canvas;
        const inside = x > margin && y > margin && x < clientWidth - margin && y < clientHeight - margin;
        if (!inside) this.#centre = [next.x, next.y];
        this.#show(next);
        this.said.textContent = [next.mapper || 'a mapper that is not known', next.id > 0 && `map ${next.id}`]
            .filter(Boolean)
            .join(', ');
    }

    /** @param {StylePoint} from @param {[number, number]} direction */
    #nextOf(from, [dx, dy]) {
        /** @type {StylePoint | null} */
        let best = null;
        let least = Infinity;
        for (const point of this.#points) {
            const along = (point.x - from.x) * dx + (point.y - from.y) * dy;
            const aside = Math.abs((point.x - from.x) * dy + (point.y - from.y) * dx);
            // What lies beside rather than ahead is another arrow's, unless nothing else is left.
            const away = Math.hypot(along, aside) * (aside > along ? 1e3 : 1);
            if (along <= 0 || away >= least || !canBeChosen(point)) continue;
            [best, least] = [point, away];
        }
        return best;
    }

    /** Where the arrows begin: the point in the middle of what is shown, of what is lit where something is. */
    #middle() {
        const lit = this.#points.filter((point) => this.#isLit(point));
        const points = (lit.length > 0 ? lit : this.#points).filter(canBeChosen);
        const away = (/** @type {StylePoint} */ {x, y}) =>
            Math.hypot(x - this.#centre[0], y - this.#centre[1]);
        return points.reduce(
            (best, point) => (!best || away(point) < away(best) ? point : best),
            /** @type {StylePoint | null} */ (null),
        );
    }

    /** @param {StylePoint} point */
    #isLit({mapper, id}) {
        return (
            this.#query !== '' && (mapper?.toLowerCase().includes(this.#query) || String(id) === this.#query)
        );
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

/** @param {StylePoint} point */
const canBeChosen = ({id, mapper}) => id > 0 || Boolean(mapper);

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
