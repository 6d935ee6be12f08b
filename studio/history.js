/**
 * The history as a list with pictures: a click goes to a step, forward or back. Steps behind the present one are
 * those that redo would take.
 *
 * @import { Bench } from "./bench.js"
 * @import { HistoryStep, ShapeMap } from "./types.js"
 */
import {shortTime} from './beats.js';
import {h, themeColours} from './dom.js';

/** Pictures are made for what is near the present step alone. */
const pictured = 60;

export class HistoryPanel {
    #colour = themeColours();
    #revision = -1;

    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        this.list = h('ol', {class: 'history'});
        this.element = h('div', {class: 'history-panel'}, this.list);
        bench.session.addEventListener('state', () => this.render());
    }

    /** Makes the list anew, where it is seen and something happened. */
    render() {
        const {state} = this.bench.session;
        if (this.element.offsetParent === null || this.#revision === state.revision) return;
        this.#revision = state.revision;
        const focused = this.list.contains(document.activeElement);
        this.list.replaceChildren(...state.steps.map((step) => this.#row(step)).reverse());
        const now = this.list.querySelector('[aria-current="step"]');
        now?.scrollIntoView({block: 'nearest'});
        if (focused && now instanceof HTMLElement) now.focus();
    }

    /** @param {HistoryStep} step */
    #row(step) {
        const {bench} = this;
        const now = bench.session.state.step;
        const canvas = h('canvas', {class: 'history-picture', width: 96, height: 72});
        if (Math.abs(step.index - now) < pictured) this.#picture(step, canvas);
        const about = step.objects > 0 ? `${shortTime(step.from)} – ${shortTime(step.to)}` : '';
        return h(
            'li',
            {class: step.index > now ? 'undone' : ''},
            h(
                'button',
                {
                    class: 'history-step',
                    'aria-current': step.index === now ? 'step' : undefined,
                    onclick: () => bench.step('go', {step: step.index}),
                },
                canvas,
                h(
                    'span',
                    {class: 'history-label'},
                    h('strong', {}, step.label),
                    h('span', {}, [about, whenText(step.when)].filter(Boolean).join(' · ')),
                ),
            ),
        );
    }

    /** @param {HistoryStep} step @param {HTMLCanvasElement} canvas */
    async #picture(step, canvas) {
        const context = canvas.getContext('2d');
        if (!context) return;
        const {session} = this.bench;
        /** @type {ShapeMap} */
        const shapes =
            step.objects > 0
                ? await session.picture(step.index)
                : Object.fromEntries(this.bench.scene.shapes.slice(0, 400).entries());
        context.scale(canvas.width / 552, canvas.height / 424);
        context.translate(20, 20);
        context.lineCap = context.lineJoin = 'round';
        const entries = Object.entries(shapes);
        context.globalAlpha = Math.max(0.15, Math.min(0.9, 12 / entries.length));
        for (const [index, shape] of entries) {
            const object = this.bench.scene.objects[Number(index)];
            context.fillStyle = context.strokeStyle =
                step.objects > 0
                    ? this.bench.scene.comboColours[object.colour % this.bench.scene.comboColours.length]
                    : this.#colour('muted');
            if (shape.path) {
                context.lineWidth = 22;
                context.beginPath();
                for (let at = 0; at < shape.path.length; at += 2)
                    context.lineTo(shape.path[at], shape.path[at + 1]);
                context.stroke();
            }
            context.beginPath();
            context.arc(shape.x, shape.y, 18, 0, 2 * Math.PI);
            context.fill();
        }
    }
}

/** @param {number} when seconds since 1970 */
export function whenText(when) {
    if (when <= 0) return '';
    const ago = Date.now() / 1000 - when;
    if (ago < 60) return 'just now';
    if (ago < 3600) return `${Math.floor(ago / 60)} min ago`;
    const date = new Date(when * 1000);
    if (ago < 20 * 3600) return date.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'});
    return date.toLocaleDateString([], {
        day: 'numeric',
        month: 'short',
        year: ago > 300 * 86400 ? 'numeric' : undefined,
    });
}
