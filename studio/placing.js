/**
 * What is asked of the model: the section, the style and how freely, with the one large button of the page.
 *
 * @import { Bench } from "./bench.js"
 * @import { PlaceRequest } from "./types.js"
 */
import {shortTime} from './beats.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './messages.js';
import {prefer, preferences} from './preferences.js';
import {isKnown, rememberStyle, styleName, styleOf} from './styles.js';

export class PlacingPanel {
    /** @type {import("./styles.js").NamedStyle | null} */
    style = null;
    /** The guidance, where it was moved; otherwise what suits the style. @type {number | null} */
    #guidance = null;

    /**
     * @param {Bench} bench
     * @param {() => void} chooseStyle
     */
    constructor(bench, chooseStyle) {
        this.bench = bench;
        const {defaults} = bench.about;
        this.target = h('div', {class: 'target', 'aria-live': 'polite'});
        this.styleButton = h('button', {
            class: 'style-button',
            onclick: chooseStyle,
            'aria-haspopup': 'dialog',
        });
        this.count = slider(
            'Takes',
            {min: 1, max: 16, step: 1, value: preferences.count},
            (value) => `${value}`,
        );
        this.strength = slider(
            'Strength',
            {min: 0.05, max: 1, step: 0.05, value: preferences.strength ?? defaults.strength},
            (value) => (value >= 1 ? 'anew' : `${Math.round(value * 100)} %`),
            'How far from what is there now: little varies it, all of it places anew',
        );
        this.guidance = slider(
            'Guidance',
            {min: 1, max: 12, step: 0.5, value: defaults.cfgScale.none},
            (value) => value.toFixed(1),
            'How strongly the style is followed',
        );
        this.spacing = toggle(
            'Hold the spacing',
            preferences.keepSpacing,
            'Distances between objects stay as the map has them',
        );
        this.structure = toggle(
            'Hold the structure',
            preferences.keepStructure,
            'What repeats in the map repeats in the take: stacks, symmetric parts',
        );
        this.fast = toggle('Fast', preferences.fast ?? bench.about.fast, 'The sampler of few steps');
        this.seed = h('input', {
            class: 'seed',
            type: 'text',
            inputmode: 'numeric',
            placeholder: 'by chance',
            maxlength: 10,
            spellcheck: 'false',
        });
        this.button = h('button', {class: 'primary place', onclick: () => this.place()});
        this.seed.addEventListener('input', () =>
            this.seed.setAttribute('aria-invalid', String(this.#seed() === null)),
        );
        this.element = h(
            'div',
            {class: 'placing'},
            this.target,
            h('div', {class: 'labelled'}, h('span', {class: 'label'}, 'Style'), this.styleButton),
            this.count.element,
            this.strength.element,
            this.guidance.element,
            this.spacing.element,
            this.structure.element,
            bench.about.fast && this.fast.element,
            h('label', {class: 'labelled'}, h('span', {class: 'label'}, 'Seed'), this.seed),
            h('div', {class: 'place-row'}, this.button),
        );
        this.guidance.input.addEventListener(
            'input',
            () => (this.#guidance = Number(this.guidance.input.value)),
        );
        this.count.input.addEventListener('input', () => prefer({count: Number(this.count.input.value)}));
        this.strength.input.addEventListener('input', () =>
            prefer({strength: Number(this.strength.input.value)}),
        );
        this.fast.input.addEventListener('change', () => prefer({fast: this.fast.input.checked}));
        this.spacing.input.addEventListener('change', () =>
            prefer({keepSpacing: this.spacing.input.checked}),
        );
        this.structure.input.addEventListener('change', () =>
            prefer({keepStructure: this.structure.input.checked}),
        );
        for (const event of ['jobs', 'preview', 'connection'])
            bench.session.addEventListener(event, () => this.#showButton());
        bench.selection.addEventListener('change', () => this.#showTarget());
        this.count.input.addEventListener('input', () => this.#showButton());
        this.#chooseAgain();
        this.#showTarget();
    }

    /** The style that was chosen for this map before; one that the model does not know is nothing to talk about. */
    async #chooseAgain() {
        const {engine, session} = this.bench;
        const style = preferences.styles[session.id] ?? null;
        this.#showStyle(style);
        if (!style) return;
        const known = await isKnown(engine, style).catch(() => true);
        if (!known && this.style === style) this.choose(null);
    }

    /** @param {import("./styles.js").NamedStyle | null} style */
    choose(style) {
        rememberStyle(this.bench.session.id, style);
        this.#showStyle(style);
    }

    /** @param {import("./styles.js").NamedStyle | null} style */
    #showStyle(style) {
        this.style = style;
        const {cfgScale} = this.bench.about.defaults;
        if (this.#guidance === null)
            this.guidance.set(
                !style ? cfgScale.none : style.kind === 'mapper' ? cfgScale.mapper : cfgScale.map,
            );
        this.guidance.input.disabled = !style;
        this.guidance.element.classList.toggle('disabled', !style);
        this.styleButton.replaceChildren(icon('style'), h('span', {}, styleName(style)));
    }

    /** Asks for takes; while some are at work: stops them. */
    place() {
        if (this.bench.session.busy) this.bench.cancel();
        else if (!this.bench.target())
            say('There are no objects in the section', {
                hint: 'Drag over some on the timeline; Esc: the whole map.',
            });
        else if (this.#seed() === null) {
            say('That is no seed', {
                hint: 'A whole number from 0 on, or nothing: then chance gives it.',
                kind: 'error',
            });
            this.seed.focus();
        } else this.bench.place(this.request());
    }

    /** Asks for takes, where none are at work. */
    placeOnce() {
        if (!this.bench.session.busy) this.place();
    }

    /** @returns {number | undefined | null} undefined: by chance; null: what stands there is none */
    #seed() {
        const typed = this.seed.value.trim();
        if (typed === '') return undefined;
        return /^\d+$/.test(typed) ? Number(typed) : null;
    }

    /** @returns {PlaceRequest} */
    request() {
        const seed = this.#seed();
        return {
            ...this.bench.target(),
            count: Number(this.count.input.value),
            style: styleOf(this.style),
            strength: Number(this.strength.input.value),
            keepSpacing: this.spacing.input.checked,
            keepStructure: this.structure.input.checked,
            ...(this.style ? {cfgScale: Number(this.guidance.input.value)} : {}),
            ...(typeof seed === 'number' ? {seed} : {}),
            ...(this.bench.about.fast ? {fast: this.fast.input.checked} : {}),
        };
    }

    #showTarget() {
        const {selection, scene} = this.bench;
        const {range} = selection;
        const count = selection.empty ? scene.objects.length : selection.objects.size;
        this.target.replaceChildren(
            h('strong', {}, selection.empty ? 'Whole map' : selection.section ? 'Section' : 'Selection'),
            h('span', {class: 'muted'}, `${count || 'no'} ${count === 1 ? 'object' : 'objects'}`),
            h(
                'span',
                {class: 'target-range'},
                range ? `${shortTime(range[0])} – ${shortTime(range[1])}` : shortTime(scene.length),
            ),
        );
        this.#showButton();
    }

    #showButton() {
        const {session} = this.bench;
        const job =
            [...session.jobs.values()].find((candidate) => candidate.started) ??
            [...session.jobs.values()][0];
        this.button.classList.toggle('busy', Boolean(job));
        this.button.disabled = !job && !this.bench.target();
        if (!job) {
            const count = Number(this.count.input.value);
            this.button.replaceChildren(
                icon('spark'),
                h('span', {}, count === 1 ? 'Place one take' : `Place ${count} takes`),
                h('kbd', {}, 'R'),
            );
            return;
        }
        const set = session.sets.find((candidate) => candidate.id === job.set);
        const takes = set?.takes.length ?? 1;
        const ready = set?.takes.filter((take) => take.state === 'done').length ?? 0;
        const text = job.started
            ? `${ready}/${takes}`
            : job.place > 0
              ? `Waiting: ${job.place} before`
              : 'Waiting';
        this.button.style.setProperty('--done', `${(100 * (ready + job.done / job.steps)) / takes}%`);
        this.button.replaceChildren(icon('close'), h('span', {}, `Cancel · ${text}`), h('kbd', {}, 'Esc'));
    }
}

/**
 * @param {string} label
 * @param {{min: number, max: number, step: number, value: number}} range
 * @param {(value: number) => string} say
 * @param {string} [title]
 */
export function slider(label, range, say, title) {
    const input = h('input', {type: 'range', min: range.min, max: range.max, step: range.step});
    const output = h('output', {class: 'value'});
    const show = () => {
        output.textContent = say(Number(input.value));
        input.style.setProperty(
            '--at',
            `${(100 * (Number(input.value) - range.min)) / (range.max - range.min)}%`,
        );
    };
    input.value = String(range.value);
    input.addEventListener('input', show);
    show();
    return {
        input,
        element: h('label', {class: 'slider', title}, h('span', {class: 'label'}, label), output, input),
        /** @param {number} value */
        set(value) {
            input.value = String(value);
            show();
        },
    };
}

/**
 * @param {string} label
 * @param {boolean} on
 * @param {string} [title]
 */
export function toggle(label, on, title) {
    const input = h('input', {type: 'checkbox', class: 'switch', role: 'switch', checked: on});
    return {input, element: h('label', {class: 'toggle', title}, h('span', {class: 'label'}, label), input)};
}
