/**
 * The workbench: the field in the middle, what is asked of the model on its left, takes, remarks and history on its
 * right, the timeline below. Puts the parts together and draws what moves, once a frame.
 *
 * @import { Bench } from "./bench.js"
 */
import {AdvicePanel} from './advice.js';
import {editorTime} from './beats.js';
import {commands} from './commands.js';
import {Comparison} from './compare.js';
import {h} from './dom.js';
import {EngineError} from './engine.js';
import {Field} from './field.js';
import {FieldPointer} from './field_pointer.js';
import {everyFrame} from './frames.js';
import {HistoryPanel} from './history.js';
import {icon} from './icons.js';
import {KeepDialog} from './keep.js';
import {helpDialog, listenToKeys} from './keys.js';
import {say, sayError, whisper} from './messages.js';
import {Overview} from './overview.js';
import {PlacingPanel} from './placing.js';
import {preferences} from './preferences.js';
import {Stage} from './stage.js';
import {StyleDialog} from './styles.js';
import {TakesPanel} from './takes.js';
import {tabs} from './tabs.js';
import {themeButton} from './theme.js';
import {Timeline} from './timeline.js';
import {Tools} from './tools.js';
import {Transport} from './transport.js';

export class Workbench {
    /** @type {(() => void)[]} */
    #ends = [];
    connection = h('div', {class: 'connection', role: 'status', hidden: true});

    /**
     * @param {Bench} bench
     * @param {import("./sounds.js").Sounds} sounds
     * @param {() => void} leave
     */
    constructor(bench, sounds, leave) {
        this.bench = bench;
        this.leave = leave;
        this.canvas = h('canvas', {
            class: 'field-canvas',
            tabindex: '0',
            role: 'application',
            'aria-label': 'The playfield: press ? for its keys',
        });
        this.field = new Field(this.canvas);
        this.pointer = new FieldPointer(bench, this.field);
        this.stage = new Stage(bench, this.field, this.pointer);
        this.comparison = new Comparison(bench);
        this.placing = new PlacingPanel(bench, () => this.chooseStyle());
        this.takes = new TakesPanel(bench);
        this.historyPanel = new HistoryPanel(bench);
        this.transport = new Transport(bench, () => this.#setVolumes(sounds));
        this.timeline = new Timeline(bench);
        this.overview = new Overview(bench);
        this.styles = new StyleDialog(bench.engine, bench.session.id);
        this.keep = new KeepDialog(bench);
        this.side = tabs([
            {name: 'Takes', element: this.takes.element},
            {name: 'Remarks', element: h('div')},
            {name: 'History', element: this.historyPanel.element, shown: () => this.historyPanel.render()},
        ]);
        this.advice = new AdvicePanel(bench, (count) => this.side.badge('Remarks', count));
        this.side.fill('Remarks', this.advice.element, () => this.advice.refresh());
        const groups = commands(this);
        this.help = helpDialog(groups);
        this.#ends.push(listenToKeys(groups));
        this.element = this.#layout();
        this.#setVolumes(sounds);
        this.#listen();
        this.advice.refresh();
        this.#ends.push(
            everyFrame([
                () => this.stage.draw(),
                (now) => this.takes.draw(now),
                () => this.timeline.draw(),
                () => this.overview.draw(),
                () => this.transport.draw(),
            ]),
        );
    }

    /** Ends what would go on without the page's seeing it. */
    close() {
        for (const end of this.#ends) end();
        this.bench.player.pause();
        this.bench.player.loop = null;
        this.bench.session.close();
        this.field.close();
    }

    #layout() {
        const {scene} = this.bench;
        return h(
            'div',
            {class: 'workbench'},
            h(
                'header',
                {class: 'topbar'},
                h(
                    'button',
                    {
                        class: 'home',
                        onclick: () => this.leave(),
                        'aria-label': 'Open another map (Ctrl+O)',
                        title: 'Open another map (Ctrl+O)',
                    },
                    h('img', {src: 'icon.svg', alt: '', width: 28, height: 28}),
                ),
                h(
                    'div',
                    {class: 'song'},
                    h('strong', {}, scene.titleUnicode || scene.title),
                    h('span', {}, scene.artistUnicode || scene.artist),
                    h('span', {class: 'version'}, scene.version),
                ),
                h('span', {class: 'grow'}),
                this.connection,
                themeButton(),
                h(
                    'button',
                    {
                        class: 'icon-button',
                        title: 'Keys (?)',
                        'aria-label': 'Keys (?)',
                        onclick: () => this.help.showModal(),
                    },
                    icon('help'),
                ),
                h(
                    'button',
                    {class: 'keep-button', onclick: () => this.keep.open(), title: 'Save, download (Ctrl+S)'},
                    icon('download'),
                    'Keep',
                ),
            ),
            h(
                'aside',
                {class: 'panel left', 'aria-label': 'Placing'},
                this.placing.element,
                this.#difficulty(),
            ),
            h(
                'main',
                {class: 'middle'},
                new Tools(this.bench, this.comparison).element,
                h(
                    'div',
                    {class: 'stage'},
                    this.stage.background,
                    this.canvas,
                    this.comparison.legend,
                    this.stage.caption,
                ),
                this.transport.element,
            ),
            h('aside', {class: 'panel right', 'aria-label': 'Takes, remarks and history'}, this.side.element),
            h(
                'section',
                {class: 'bottom', 'aria-label': 'Timeline'},
                this.overview.element,
                this.timeline.element,
            ),
            this.styles.element,
            this.keep.element,
            this.help,
        );
    }

    #difficulty() {
        const {difficulty, objects, creator} = this.bench.scene;
        const facts = [
            ['CS', difficulty.cs],
            ['AR', difficulty.ar],
            ['OD', difficulty.od],
            ['HP', difficulty.hp],
            ['Objects', objects.length],
        ];
        return h(
            'div',
            {class: 'facts'},
            h('span', {class: 'facts-creator'}, `mapped by ${creator}`),
            h('dl', {}, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
        );
    }

    #listen() {
        const {session, player} = this.bench;
        session.addEventListener('failed', (event) => sayError(/** @type {CustomEvent} */ (event).detail));
        session.addEventListener('connection', (event) => {
            const problem = /** @type {CustomEvent} */ (event).detail;
            const shut = problem instanceof EngineError && problem.status === 403;
            this.connection.hidden = session.connected;
            this.connection.textContent = shut
                ? 'The studio was started anew: open the address that it printed'
                : 'The studio does not answer: start it again, nothing is lost';
        });
        session.addEventListener('jobs', () => session.busy || whisper('The takes are done'));
        const count = () =>
            this.side.badge(
                'Takes',
                session.sets.reduce((sum, set) => sum + set.takes.length, 0),
            );
        session.addEventListener('sets', count);
        count();
        const problem = (/** @type {Event} */ event) =>
            say('The song cannot be heard', {
                hint: String(/** @type {CustomEvent} */ (event).detail ?? ''),
                kind: 'error',
            });
        player.addEventListener('problem', problem);
        const loaded = () => this.timeline.songLoaded();
        player.addEventListener('load', loaded);
        const describe = () => this.#describe();
        for (const name of ['seek', 'pause', 'load']) player.addEventListener(name, describe);
        const paste = (/** @type {ClipboardEvent} */ event) => this.#paste(event);
        document.addEventListener('paste', paste);
        // A button that was clicked would take the next Space for itself, which is to play.
        const letGo = (/** @type {MouseEvent} */ event) => {
            const control =
                event.target instanceof Element &&
                event.target.closest('button, summary, input[type=range], input[type=checkbox]');
            if (event.detail > 0 && control instanceof HTMLElement && !control.closest('dialog'))
                control.blur();
        };
        document.addEventListener('click', letGo);
        this.#ends.push(() => {
            player.removeEventListener('problem', problem);
            player.removeEventListener('load', loaded);
            this.timeline.waveform.close();
            for (const name of ['seek', 'pause', 'load']) player.removeEventListener(name, describe);
            document.removeEventListener('paste', paste);
            document.removeEventListener('click', letGo);
        });
    }

    /** Tells a screen reader where the playhead stands. */
    #describe() {
        for (const {element} of [this.timeline, this.overview]) {
            element.setAttribute('aria-valuemax', String(Math.round(this.bench.end)));
            element.setAttribute('aria-valuenow', String(Math.round(this.bench.player.time)));
            element.setAttribute('aria-valuetext', editorTime(this.bench.player.time));
        }
    }

    /** @param {ClipboardEvent} event */
    #paste(event) {
        if (event.target instanceof HTMLInputElement || document.querySelector('dialog[open]')) return;
        const text = event.clipboardData?.getData('text/plain') ?? '';
        if (!this.bench.paste(text) && text !== '')
            say('No timestamp is in the clipboard', {hint: "The editor's are like 01:02:345 (1,2,3) - "});
    }

    /** @param {import("./sounds.js").Sounds} sounds */
    #setVolumes(sounds) {
        const {volume, musicVolume, effectVolume} = preferences;
        this.bench.player.volume = volume * musicVolume;
        sounds.volume = volume * effectVolume;
    }

    // What keys do that concerns more than one part

    chooseStyle() {
        this.styles.open((style) => this.placing.choose(style));
    }

    playFromStart() {
        const {player, selection} = this.bench;
        player.seek(selection.range ? selection.range[0] - 500 : player.begin);
        player.play();
    }

    /** @returns {boolean | void} false: text is selected, which the browser copies */
    copy() {
        if (document.getSelection()?.toString()) return false;
        this.bench.copy();
    }

    escape() {
        if (this.pointer.busy) this.pointer.stop();
        else if (this.bench.session.busy) this.bench.cancel();
        else if (document.activeElement instanceof HTMLElement && document.activeElement.closest('.take'))
            document.activeElement.blur();
        else if (this.bench.view.compare !== 'off') this.bench.view.compareWith('off');
        else this.bench.selection.clear();
    }

    /**
     * Tab goes from the field and the timeline to the takes; from everything else it goes on as everywhere.
     * @param {KeyboardEvent} event
     */
    tab(event) {
        const from = document.activeElement;
        const onStage =
            !from || from === document.body || from === this.canvas || this.timeline.element.contains(from);
        if (!onStage || !this.takes.list.querySelector('.take')) return false;
        this.side.select('Takes');
        return this.takes.step(null, event.shiftKey ? -1 : 1);
    }
}
