/**
 * The bar below the field: play, the time (where a timestamp of the editor can be pasted), the rate, the snap
 * divisor and the volumes.
 *
 * @import { Bench } from "./bench.js"
 */
import {editorTime, parseTime, timingAt} from './beats.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './messages.js';
import {slider} from './placing.js';
import {prefer, preferences} from './preferences.js';
import {divisors} from './view.js';

export class Transport {
    #shownSecond = NaN;

    /**
     * @param {Bench} bench
     * @param {(changed: Partial<import("./preferences.js").Preferences>) => void} setVolumes
     */
    constructor(bench, setVolumes) {
        this.bench = bench;
        const {player} = bench;
        this.playButton = h('button', {class: 'play-button', onclick: () => player.toggle()});
        this.time = h('input', {
            class: 'time-input',
            'aria-label': 'Time: type or paste a timestamp of the editor',
            spellcheck: 'false',
            autocomplete: 'off',
        });
        this.time.addEventListener('focus', () => this.time.select());
        this.time.addEventListener('keydown', (event) => this.#timeKey(event));
        this.time.addEventListener('blur', () => (this.#shownSecond = NaN));
        this.tempo = h('span', {class: 'tempo'});
        this.rate = slider(
            'Rate',
            {min: 25, max: 150, step: 5, value: 100},
            (value) => `${value} %`,
            '25 to 150 %; double click: 100 %',
        );
        this.rate.input.addEventListener('input', () => (player.rate = Number(this.rate.input.value) / 100));
        this.rate.input.addEventListener('dblclick', () => this.setRate(100));
        this.loop = h(
            'button',
            {
                class: 'icon-button',
                title: 'Play the section over and over (Shift+L)',
                'aria-label': 'Play the section over and over (Shift+L)',
                onclick: () => bench.view.set({loop: !preferences.loop}),
            },
            icon('loop'),
        );
        const showLoop = () => this.loop.setAttribute('aria-pressed', String(preferences.loop));
        bench.view.addEventListener('change', showLoop);
        showLoop();
        this.divisor = h(
            'select',
            {
                class: 'select',
                'aria-label': 'Snap divisor',
                title: 'Snap divisor (Ctrl+wheel over the timeline)',
            },
            ...divisors.map((divisor) => h('option', {value: divisor}, `1/${divisor}`)),
        );
        this.divisor.addEventListener('change', () => {
            bench.view.set({divisor: Number(this.divisor.value)});
            this.divisor.blur();
        });
        bench.view.addEventListener('change', () => (this.divisor.value = String(bench.view.divisor)));
        this.divisor.value = String(bench.view.divisor);
        this.element = h(
            'div',
            {class: 'transport', role: 'toolbar', 'aria-label': 'Playing'},
            this.playButton,
            this.loop,
            this.time,
            this.tempo,
            h('span', {class: 'grow'}),
            this.rate.element,
            this.divisor,
            this.#volumes(setVolumes),
        );
        for (const event of ['play', 'pause']) player.addEventListener(event, () => this.#showPlaying());
        this.#showPlaying();
    }

    /** @param {number} percent */
    setRate(percent) {
        this.rate.set(Math.max(25, Math.min(150, percent)));
        this.bench.player.rate = Number(this.rate.input.value) / 100;
    }

    /** @param {number} change percent */
    changeRate(change) {
        this.setRate(Number(this.rate.input.value) + change);
    }

    /** @param {(changed: Partial<import("./preferences.js").Preferences>) => void} setVolumes */
    #volumes(setVolumes) {
        /** @type {[string, "volume" | "musicVolume" | "effectVolume"][]} */
        const names = [
            ['All', 'volume'],
            ['Music', 'musicVolume'],
            ['Hit sounds', 'effectVolume'],
        ];
        const sliders = names.map(([label, name]) => {
            const made = slider(
                label,
                {min: 0, max: 100, step: 1, value: Math.round(preferences[name] * 100)},
                (value) => `${value} %`,
            );
            made.input.addEventListener('input', () => {
                prefer({[name]: Number(made.input.value) / 100});
                setVolumes({[name]: preferences[name]});
            });
            return made.element;
        });
        return h(
            'details',
            {class: 'popover'},
            h('summary', {class: 'icon-button', 'aria-label': 'Volumes', title: 'Volumes'}, icon('volume')),
            h('div', {class: 'popover-body above'}, ...sliders),
        );
    }

    #showPlaying() {
        const {playing} = this.bench.player;
        this.playButton.replaceChildren(icon(playing ? 'pause' : 'play'));
        this.playButton.setAttribute('aria-label', playing ? 'Pause (Space)' : 'Play (Space)');
        this.playButton.title = playing ? 'Pause (Space)' : 'Play (Space)';
    }

    /** @param {KeyboardEvent} event */
    #timeKey(event) {
        if (event.key === 'Escape') this.time.blur();
        if (event.key !== 'Enter') return;
        const typed = this.time.value.trim();
        if (typed !== '' && !this.bench.paste(typed)) {
            const found = parseTime(typed);
            if ('time' in found) this.bench.seek(found.time);
            else say(found.problem, {hint: found.hint, stays: 5000});
        }
        this.time.blur();
    }

    /** Once a frame. */
    draw() {
        const {player, scene} = this.bench;
        const time = Math.round(player.time);
        if (time === this.#shownSecond || document.activeElement === this.time) return;
        this.#shownSecond = time;
        this.time.value = editorTime(time);
        const {beatLength} = timingAt(scene.timing, time);
        const text = `${Math.round(60000 / beatLength)} bpm`;
        if (this.tempo.textContent !== text) this.tempo.textContent = text;
    }
}
