/**
 * Keeping what was made: written beside the source in the song's folder, or downloaded as an archive or as the map
 * alone, under a name of its own.
 *
 * @import { Bench } from "./bench.js"
 */
import {dialog} from './dialog.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {attempt, say} from './messages.js';

export class KeepDialog {
    /** @param {Bench} bench */
    constructor(bench) {
        this.bench = bench;
        this.name = h('input', {
            class: 'text-input',
            maxlength: 120,
            spellcheck: 'false',
            'aria-describedby': 'keep-note',
        });
        this.name.value = `${bench.scene.version} (Diffusion)`;
        const {folder} = bench.scene.source;
        const canSave = bench.about.can.saveBeside && Boolean(folder);
        this.result = h('div', {class: 'keep-result', role: 'status'});
        const card = (
            /** @type {import("./icons.js").IconName} */ name,
            /** @type {string} */ title,
            /** @type {string} */ about,
            /** @type {() => void} */ run,
        ) =>
            h(
                'button',
                {class: 'keep-card', onclick: run},
                icon(name),
                h('strong', {}, title),
                h('span', {}, about),
            );
        this.element = dialog(
            {class: 'keep-dialog', title: 'Keep the map'},
            h('label', {class: 'field-label'}, h('span', {}, 'Name of the difficulty'), this.name),
            h(
                'p',
                {class: 'muted', id: 'keep-note'},
                'It is added beside the others; the source stays as it is.',
            ),
            h(
                'div',
                {class: 'keep-cards'},
                canSave && card('save', "Save in the song's folder", folder ?? '', () => this.#save()),
                card('download', 'Download the .osz', 'the whole song with the new difficulty in it', () =>
                    this.#download('osz'),
                ),
                card('download', 'Download the .osu', 'the new difficulty alone', () =>
                    this.#download('osu'),
                ),
            ),
            this.result,
        );
    }

    open() {
        this.result.replaceChildren();
        this.element.showModal();
        this.name.select();
    }

    get #version() {
        return this.name.value.trim() || `${this.bench.scene.version} (Diffusion)`;
    }

    /** @param {"osu" | "osz"} kind */
    async #download(kind) {
        const path = `export.${kind}?version=${encodeURIComponent(this.#version)}`;
        const file = await attempt(this.bench.session.file(path));
        if (!file) return;
        const link = h('a', {href: file.url, download: file.name});
        document.body.append(link);
        link.click();
        link.remove();
        this.element.close();
        say(`The .${kind} is on its way`, {
            hint:
                kind === 'osz'
                    ? 'Open it with the game to add the difficulty.'
                    : "Put it into the song's folder, and press F5 in song selection.",
        });
    }

    async #save() {
        const saved = await attempt(this.bench.session.do('save', {version: this.#version}));
        if (saved)
            this.result.replaceChildren(
                icon('keep'),
                h('div', {}, h('strong', {}, saved.hint), h('code', {}, saved.path)),
            );
    }
}
