/**
 * The whole song in a strip: how dense it is, kiai, breaks, bookmarks, what was changed, the section, and where the
 * playhead stands. Clicking or dragging goes there; with Shift it selects.
 *
 * @import { Bench } from "./bench.js"
 */
import {fitCanvas, h, textSize, themeColours} from './dom.js';

export class Overview {
    #colour = themeColours();
    /** What does not move, drawn once: @type {HTMLCanvasElement} */
    #still = document.createElement('canvas');
    #stillOf = '';
    #from = 0;

    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        this.canvas = h('canvas', {class: 'overview-canvas'});
        this.element = h(
            'div',
            {
                class: 'overview',
                tabindex: '0',
                role: 'slider',
                'aria-label': 'The whole song',
                'aria-valuemin': 0,
            },
            this.canvas,
        );
        this.canvas.addEventListener('pointerdown', (event) => this.#down(event));
        this.canvas.addEventListener('pointermove', (event) => event.buttons === 1 && this.#to(event));
    }

    /** Objects begun in each of some 400 slices of the song, smoothed; at most 1. */
    #density() {
        const bars = new Float32Array(400);
        const {scene, end} = this.bench;
        for (const object of scene.objects) {
            const at = Math.min(bars.length - 1, Math.max(0, Math.floor((object.time / end) * bars.length)));
            for (let near = Math.max(0, at - 2); near <= Math.min(bars.length - 1, at + 2); near++)
                bars[near] += 3 - Math.abs(near - at);
        }
        const most = Math.max(...bars, 1);
        return bars.map((bar) => bar / most);
    }

    /** @param {number} time */
    #x(time) {
        return (Math.max(0, time) / this.bench.end) * this.canvas.clientWidth;
    }

    draw() {
        const {bench, canvas} = this;
        const {state} = bench.session;
        const resized = fitCanvas(canvas);
        const key = [
            canvas.width,
            canvas.height,
            bench.end,
            state.revision,
            this.#colour('text'),
            bench.session.sets.length,
        ].join();
        if (resized || key !== this.#stillOf) {
            this.#still.width = canvas.width;
            this.#still.height = canvas.height;
            this.#drawStill();
            this.#stillOf = key;
        }
        const context = canvas.getContext('2d');
        if (!context) return;
        context.setTransform(1, 0, 0, 1, 0, 0);
        context.clearRect(0, 0, canvas.width, canvas.height);
        context.drawImage(this.#still, 0, 0);
        const ratio = canvas.width / Math.max(1, canvas.clientWidth);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const height = canvas.clientHeight;
        const range = bench.selection.range;
        if (range) {
            const width = Math.max(2, this.#x(range[1]) - this.#x(range[0]));
            context.fillStyle = this.#colour('selected-soft');
            context.fillRect(this.#x(range[0]), 0, width, height);
            context.fillStyle = this.#colour('selected');
            context.fillRect(this.#x(range[0]), height - 2, width, 2);
        }
        context.fillStyle = this.#colour('accent');
        context.fillRect(this.#x(bench.player.time) - 1, 0, 2, height);
    }

    #drawStill() {
        const context = this.#still.getContext('2d');
        if (!context) return;
        const {scene, session, end} = this.bench;
        const ratio = this.canvas.width / Math.max(1, this.canvas.clientWidth);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const width = this.canvas.clientWidth;
        const height = this.canvas.clientHeight;
        const stretch = (
            /** @type {string} */ colour,
            /** @type {[number, number]} */ [from, to],
            y = 0,
            tall = height,
        ) => {
            context.fillStyle = this.#colour(colour);
            context.fillRect(this.#x(from), y, Math.max(1, this.#x(to) - this.#x(from)), tall);
        };
        for (const kiai of scene.kiai) stretch('kiai-soft', kiai);
        for (const pause of scene.breaks) stretch('break-soft', pause);
        const bars = this.#density();
        const slice = width / bars.length;
        // Marks grow with the page's text.
        const unit = textSize() / 13;
        const floor = height - 7 * unit;
        context.beginPath();
        context.moveTo(0, floor);
        bars.forEach((bar, index) => context.lineTo((index + 0.5) * slice, floor - bar * (floor - 5)));
        context.lineTo(width, floor);
        context.fillStyle = this.#colour('density');
        context.fill();
        for (const kiai of scene.kiai) stretch('kiai', kiai, 0, 2 * unit);
        // What was changed, in runs, so that a changed part reads as one mark.
        for (const index of session.state.changed) {
            const object = scene.objects[index];
            stretch(
                'changed',
                [object.time, Math.max(object.end, object.time + end / width)],
                floor + 2 * unit,
                4 * unit,
            );
        }
        context.fillStyle = this.#colour('bookmark');
        for (const time of scene.bookmarks) context.fillRect(this.#x(time) - 0.5, 0, 1.5, height * 0.4);
        if (scene.previewTime > 0) {
            context.fillStyle = this.#colour('preview');
            context.fillRect(this.#x(scene.previewTime) - 0.5, 0, 1.5, height * 0.4);
        }
    }

    /** @param {PointerEvent} event */
    #down(event) {
        if (event.button !== 0) return;
        this.canvas.setPointerCapture(event.pointerId);
        this.#from = this.#timeAt(event);
        this.#to(event);
    }

    /** @param {PointerEvent} event */
    #timeAt(event) {
        return Math.max(0, Math.min(1, event.offsetX / this.canvas.clientWidth)) * this.bench.end;
    }

    /** @param {PointerEvent} event */
    #to(event) {
        if (event.shiftKey) this.bench.selection.between(this.#from, this.#timeAt(event));
        else this.bench.seek(this.#timeAt(event));
    }
}
