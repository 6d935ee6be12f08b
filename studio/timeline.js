/**
 * The zoomed timeline, as in the editor: the playhead stands in the middle and the song runs past it, with the
 * ticks of the snap divisor and the objects, and how loud the song is behind them. Dragging selects a section, its ends are handles, the wheel goes from
 * tick to tick (with Alt it zooms, with Ctrl it changes the divisor, with Shift it moves the nearer end of the
 * section).
 *
 * @import { Bench } from "./bench.js"
 */
import {editorTime, snapped, tickFrom, ticksBetween} from './beats.js';
import {fitCanvas, h, textSize, themeColours} from './dom.js';
import {lowerBound, sceneIndex} from './scene.js';
import {Waveform} from './waveform.js';

/** The colours of ticks as the game has them: by the part of a beat that begins. @type {Record<number, string>} */
const tickColours = {
    1: 'tick-1',
    2: 'tick-2',
    3: 'tick-3',
    4: 'tick-4',
    6: 'tick-3',
    8: 'tick-8',
    12: 'tick-3',
    16: 'tick-16',
};

export class Timeline {
    #colour = themeColours();
    /** @type {"" | "from" | "to" | "new"} what is being dragged */
    #drag = '';
    #start = 0;
    #startX = 0;
    #moved = false;
    #pointerX = 0;
    #drawn = '';
    /** Asked for once a frame: the clock is not cheap, and everything in a frame is of one time. */
    #time = 0;
    #middle = 0;
    #drawnScale = 1;
    #text = textSize();
    /** Counts changes of the selection. */
    #selected = 0;

    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        this.waveform = new Waveform();
        this.canvas = h('canvas', {class: 'timeline-canvas'});
        this.element = h(
            'div',
            {
                class: 'timeline',
                tabindex: '0',
                role: 'slider',
                'aria-label': 'Timeline',
                'aria-valuemin': 0,
                'aria-valuenow': 0,
            },
            this.canvas,
        );
        bench.selection.addEventListener('change', () => this.#selected++);
        this.#listen();
    }

    /** Pixels of the style sheet a millisecond. */
    get #scale() {
        return ((this.bench.view.zoom / 1000) * this.#text) / 13;
    }

    /** @param {number} x from the canvas's left, px */
    #timeAt(x) {
        return this.bench.player.time + (x - this.canvas.clientWidth / 2) / this.#scale;
    }

    /** Where a time stands in what was drawn last. @param {number} time */
    #xOf(time) {
        return this.#middle + (time - this.#time) * this.#drawnScale;
    }

    /** The time there. @param {number} x */
    #seenAt(x) {
        return this.#time + (x - this.#middle) / this.#drawnScale;
    }

    /** Draws, where anything differs from what was drawn. */
    draw() {
        const {bench} = this;
        const {state} = bench.session;
        const {section} = bench.selection;
        const {time} = bench.player;
        const key = [
            time,
            bench.view.zoom,
            bench.view.divisor,
            state.revision,
            this.canvas.clientWidth,
            this.canvas.clientHeight,
            section,
            this.#selected,
            this.#colour('text'),
            this.waveform.levels.length,
        ].join();
        const resized = fitCanvas(this.canvas);
        if (!resized && key === this.#drawn) return;
        if (resized) this.#text = textSize();
        this.#drawn = '';
        this.#time = time;
        this.#middle = this.canvas.clientWidth / 2;
        this.#drawnScale = this.#scale;
        const context = this.canvas.getContext('2d');
        if (!context) return;
        const ratio = this.canvas.width / Math.max(1, this.canvas.clientWidth);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        const width = this.canvas.clientWidth;
        const height = this.canvas.clientHeight;
        context.clearRect(0, 0, width, height);
        context.globalAlpha = 1;
        this.#drawStretches(context, height);
        this.#drawWaveform(context, width, height);
        this.#drawTicks(context, width, height);
        if (section) this.#drawSection(context, section, height);
        this.#drawObjects(context, width, height);
        context.fillStyle = this.#colour('accent');
        context.fillRect(width / 2 - 1, 0, 2, height);
        context.beginPath();
        context.moveTo(width / 2 - 6, 0);
        context.lineTo(width / 2 + 6, 0);
        context.lineTo(width / 2, 7);
        context.fill();
        this.#drawn = key;
    }

    /** Kiai and breaks, behind everything. @param {CanvasRenderingContext2D} context @param {number} height */
    #drawStretches(context, height) {
        for (const [name, stretches] of /** @type {[string, [number, number][]][]} */ ([
            ['kiai-soft', this.bench.scene.kiai],
            ['break-soft', this.bench.scene.breaks],
        ]))
            for (const [from, to] of stretches) {
                context.fillStyle = this.#colour(name);
                context.fillRect(this.#xOf(from), 0, (to - from) * this.#drawnScale, height);
            }
        context.fillStyle = this.#colour('bookmark');
        for (const time of this.bench.scene.bookmarks) context.fillRect(this.#xOf(time) - 1, 0, 2, height);
    }

    /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
    #drawWaveform(context, width, height) {
        context.fillStyle = this.#colour('waveform');
        this.waveform.draw(context, {
            from: this.#seenAt(0),
            to: this.#seenAt(width),
            scale: this.#drawnScale,
            middle: height / 2 + 2,
            reach: height / 2 - 6,
        });
    }

    /** The song as it is played. Its loudness is looked at a little later: nothing waits for it. */
    songLoaded() {
        const {session, player} = this.bench;
        if (player.audible && this.waveform.levels.length === 0)
            this.waveform.load(() => session.bytes('audio'), player.duration);
    }

    /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
    #drawTicks(context, width, height) {
        context.font = `${this.#text * 0.84}px system-ui, sans-serif`;
        context.textAlign = 'left';
        let labelled = -Infinity;
        for (const tick of ticksBetween(
            this.bench.scene.timing,
            this.#seenAt(0),
            this.#seenAt(width),
            this.bench.view.divisor,
        )) {
            const x = this.#xOf(tick.time);
            const tall = tick.bar
                ? height
                : height * (tick.fraction === 1 ? 0.2 : tick.fraction === 2 ? 0.15 : 0.1);
            context.fillStyle = this.#colour(
                tick.bar ? 'tick-bar' : (tickColours[tick.fraction] ?? 'tick-16'),
            );
            context.fillRect(x - 0.5, tick.bar ? 0 : height - tall, 1, tall);
            if (tick.bar && x > labelled + 6 * this.#text) {
                context.fillStyle = this.#colour('muted');
                context.fillText(editorTime(tick.time), x + 5, this.#text * 0.9);
                labelled = x;
            }
        }
    }

    /** @param {CanvasRenderingContext2D} context @param {[number, number]} range @param {number} height */
    #drawSection(context, [from, to], height) {
        const left = this.#xOf(from);
        const right = this.#xOf(to);
        context.fillStyle = this.#colour('selected-soft');
        context.fillRect(left, 0, right - left, height);
        context.fillStyle = this.#colour('selected');
        for (const [x, side] of [
            [left, -1],
            [right, 1],
        ]) {
            context.fillRect(x - 1, 0, 2, height);
            context.beginPath();
            context.roundRect(x - 4 + side * 2, height / 2 - 14, 8, 28, 4);
            context.fill();
        }
    }

    /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
    #drawObjects(context, width, height) {
        const {scene, selection, session} = this.bench;
        const index = sceneIndex(scene);
        const first = lowerBound(index.latestEnds, this.#seenAt(-40));
        const last = lowerBound(index.times, this.#seenAt(width + 40));
        const middle = height / 2 + 2;
        const radius = Math.min(1.4 * this.#text, height * 0.24);
        const pinned = new Set(session.state.pinned);
        const changed = new Set(session.state.changed);
        context.textAlign = 'center';
        context.font = `600 ${Math.round(radius * 0.85)}px system-ui, sans-serif`;
        for (let at = last - 1; at >= first; at--) {
            const object = scene.objects[at];
            const x = this.#xOf(object.time);
            const end = this.#xOf(object.end);
            const chosen = selection.objects.has(at);
            context.fillStyle =
                object.kind === 'spinner'
                    ? this.#colour('spinner')
                    : scene.comboColours[object.colour % scene.comboColours.length];
            context.globalAlpha = 0.45;
            context.beginPath();
            context.roundRect(x - radius, middle - radius, end - x + 2 * radius, 2 * radius, radius);
            if (end - x > 1) context.fill();
            context.globalAlpha = 1;
            context.lineWidth = chosen ? 2.5 : 1.5;
            context.strokeStyle = this.#colour(chosen ? 'selected' : 'object-edge');
            if (end - x > 1) context.stroke();
            context.beginPath();
            context.arc(x, middle, radius, 0, 2 * Math.PI);
            context.fill();
            context.stroke();
            context.fillStyle = '#fff';
            context.fillText(String(object.number), x, middle + radius * 0.3);
            if (changed.has(at)) {
                context.fillStyle = this.#colour('changed');
                context.fillRect(x - radius * 0.7, middle + radius + 4, radius * 1.4, 3);
            }
            if (pinned.has(at)) {
                context.fillStyle = this.#colour('pinned');
                context.beginPath();
                context.arc(x + radius * 0.75, middle - radius * 0.8, 4, 0, 2 * Math.PI);
                context.fill();
            }
        }
    }

    #listen() {
        const {canvas} = this;
        canvas.addEventListener('pointerdown', (event) => this.#down(event));
        canvas.addEventListener('pointermove', (event) => this.#move(event));
        canvas.addEventListener('pointerup', (event) => this.#up(event));
        canvas.addEventListener('pointercancel', () => (this.#drag = ''));
        canvas.addEventListener('wheel', (event) => this.#wheel(event), {passive: false});
    }

    /** @param {PointerEvent} event */
    #down(event) {
        if (event.button !== 0) return;
        this.canvas.setPointerCapture(event.pointerId);
        this.#startX = this.#pointerX = event.offsetX;
        this.#moved = false;
        this.#start = this.#timeAt(event.offsetX);
        this.#drag = this.#handleAt(event.offsetX) || 'new';
    }

    /** @param {PointerEvent} event */
    #move(event) {
        this.#pointerX = event.offsetX;
        if (!this.#drag) {
            this.canvas.style.cursor = this.#handleAt(event.offsetX) ? 'ew-resize' : 'default';
            return;
        }
        if (!this.#moved && Math.abs(event.offsetX - this.#startX) < 4) return;
        if (!this.#moved) this.#scrollAtTheEdges();
        this.#moved = true;
        this.#dragTo(event.altKey);
    }

    /** @param {boolean} free not to the ticks */
    #dragTo(free) {
        const {scene, view, selection} = this.bench;
        const snap = (/** @type {number} */ time) =>
            free ? time : snapped(scene.timing, time, view.divisor);
        const time = snap(this.#timeAt(this.#pointerX));
        if (this.#drag === 'new') selection.between(snap(this.#start), time);
        else if (this.#drag) selection.moveEnd(this.#drag, time);
    }

    /** While a section is dragged past the edge of what is shown, the song follows. */
    #scrollAtTheEdges() {
        const follow = () => {
            if (!this.#drag) return;
            const beyond =
                this.#pointerX < 30
                    ? this.#pointerX - 30
                    : Math.max(0, this.#pointerX - this.canvas.clientWidth + 30);
            if (beyond !== 0 && !this.bench.player.playing) {
                this.bench.seek(
                    this.bench.player.time + (Math.max(-60, Math.min(60, beyond)) * 0.3) / this.#scale,
                );
                this.#dragTo(false);
            }
            requestAnimationFrame(follow);
        };
        requestAnimationFrame(follow);
    }

    /** @param {PointerEvent} event */
    #up(event) {
        if (this.#drag && !this.#moved) this.#click(event);
        this.#drag = '';
    }

    /** @param {PointerEvent} event */
    #click(event) {
        const {bench} = this;
        const time = this.#timeAt(event.offsetX);
        const slack = this.#text / this.#scale;
        const index = bench.scene.objects.findIndex(
            (object) => time >= object.time - slack && time <= object.end + slack,
        );
        if (index >= 0 && (event.ctrlKey || event.metaKey)) bench.selection.toggle(index);
        else if (index >= 0) bench.show([index], bench.scene.objects[index].time);
        else {
            bench.selection.clear();
            bench.seek(snapped(bench.scene.timing, time, bench.view.divisor));
        }
    }

    /** @param {number} x @returns {"" | "from" | "to"} */
    #handleAt(x) {
        const range = this.bench.selection.section;
        if (!range) return '';
        if (Math.abs(x - this.#xOf(range[1]) - 2) < 8) return 'to';
        return Math.abs(x - this.#xOf(range[0]) + 2) < 8 ? 'from' : '';
    }

    /** @param {WheelEvent} event */
    #wheel(event) {
        event.preventDefault();
        const {bench} = this;
        const direction = (event.deltaY || event.deltaX) > 0 ? 1 : -1;
        if (event.altKey) bench.zoom(direction > 0 ? 1 / 1.2 : 1.2);
        else if (event.ctrlKey) bench.nextDivisor(direction > 0 ? -1 : 1);
        else if (event.shiftKey) {
            const [from, to] = bench.selection.range ?? [bench.player.time, bench.player.time];
            const time = this.#timeAt(event.offsetX);
            const end = Math.abs(time - from) < Math.abs(time - to) ? 'from' : 'to';
            bench.selection.moveEnd(
                end,
                tickFrom(bench.scene.timing, end === 'from' ? from : to, bench.view.divisor, direction),
            );
        } else bench.seekTicks(direction);
    }
}
