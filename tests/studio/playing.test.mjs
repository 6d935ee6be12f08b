/** The player's clock and the hit sounds. */
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {inventScene, openModules, skip} from './field_page.mjs';

/** Four seconds of silence as a WAV file. */
function silence() {
    const rate = 8000,
        data = Buffer.alloc(44 + 4 * rate, 128);
    data.write('RIFF', 0);
    data.writeUInt32LE(36 + 4 * rate, 4);
    data.write('WAVEfmt ', 8);
    data.writeUInt32LE(16, 16);
    data.writeUInt16LE(1, 20);
    data.writeUInt16LE(1, 22);
    data.writeUInt32LE(rate, 24);
    data.writeUInt32LE(rate, 28);
    data.writeUInt16LE(1, 32);
    data.writeUInt16LE(8, 34);
    data.write('data', 36);
    data.writeUInt32LE(4 * rate, 40);
    return data;
}

/** Of these four seconds the second and the fourth are heard, at half of what is possible. */
function beeps() {
    const data = silence();
    for (let at = 0; at < 32000; at++)
        if (Math.floor(at / 8000) % 2 === 1) data[44 + at] = 128 + Math.round(64 * Math.sin(at));
    return data;
}

describe('playing', {skip}, () => {
    let opened, page;
    before(async () => {
        opened = await openModules({
            'song.wav': silence(),
            'beeps.wav': beeps(),
            'broken.mp3': 'no song',
        });
        page = opened.page;
        await page.evaluate(async () => {
            const {Player} = await import('./player.js');
            window.player = new Player();
            window.told = [];
            for (const name of ['play', 'pause', 'ended', 'problem'])
                player.addEventListener(name, () => told.push(name));
            window.sleep = (ms) => new Promise((done) => setTimeout(done, ms));
        });
    });
    after(async () => {
        assert.deepEqual(opened.errors, []);
        await opened.close();
    });

    for (const url of [null, 'song.wav']) {
        it(`keeps time ${url ? 'with a song' : 'without one'}`, async () => {
            const seen = await page.evaluate(async (url) => {
                await player.load(url, 4000);
                told.length = 0;
                const result = {duration: player.duration, audible: player.audible, back: 0};
                player.seek(500);
                result.sought = player.time;
                player.rate = 1.5;
                await player.play();
                let last = player.time;
                const began = performance.now();
                while (performance.now() - began < 600) {
                    await new Promise((next) => requestAnimationFrame(next));
                    if (player.time < last) ++result.back;
                    last = player.time;
                }
                player.pause();
                result.played = player.time - 500;
                const still = player.time;
                await sleep(60);
                result.still = player.time === still;
                player.loop = [1000, 1200];
                player.seek(1000);
                await player.play();
                result.most = 0;
                for (let i = 0; i < 40; ++i) {
                    await sleep(10);
                    result.most = Math.max(result.most, player.time);
                }
                result.least = player.time;
                player.loop = null;
                player.seek(3900);
                await sleep(500);
                result.playing = player.playing;
                result.told = told.join(' ');
                return result;
            }, url);
            assert.ok(Math.abs(seen.duration - 4000) < 60);
            assert.equal(seen.audible, url !== null);
            assert.equal(seen.sought, 500);
            assert.equal(seen.back, 0, 'time never steps back');
            assert.ok(seen.played > 500 && seen.played < 1300, `${seen.played} ms of 900`);
            assert.ok(seen.still);
            assert.ok(seen.most <= 1200 && seen.least >= 1000 && seen.least < 1200, JSON.stringify(seen));
            assert.equal(seen.playing, false);
            assert.equal(seen.told, 'play pause play pause ended');
        });
    }

    it("goes on in silence behind the song's end, and back into the song", async () => {
        const seen = await page.evaluate(async () => {
            await player.load('song.wav', 6000);
            player.rate = 1;
            told.length = 0;
            const result = {duration: player.duration, back: 0};
            player.seek(5000);
            result.sought = player.time;
            player.seek(3800);
            await player.play();
            let last = player.time;
            const until = async (time, most = 4000) => {
                for (const began = performance.now(); performance.now() - began < most; ) {
                    await new Promise((next) => requestAnimationFrame(next));
                    if (player.time < last) ++result.back;
                    last = player.time;
                    if (last >= time) return;
                }
            };
            await until(4300);
            result.passed = player.time;
            result.playing = player.playing;
            player.seek(1000);
            await sleep(400);
            result.again = player.time;
            player.seek(5700);
            last = player.time;
            await until(6000);
            await sleep(100);
            return {...result, end: player.time, told: told.join(' '), still: !player.playing};
        });
        assert.ok(Math.abs(seen.duration - 6000) < 60);
        assert.equal(seen.sought, 5000);
        assert.ok(seen.passed >= 4300 && seen.passed < 4600 && seen.playing, JSON.stringify(seen));
        assert.ok(seen.again > 1000 && seen.again < 1700, `${seen.again}`);
        assert.equal(seen.back, 0, 'time never steps back');
        assert.ok(seen.end === 6000 && seen.still, JSON.stringify(seen));
        assert.equal(seen.told, 'play pause ended');
    });

    it('begins in silence before the song, which begins at 0', async () => {
        const seen = await page.evaluate(async () => {
            await player.load('song.wav', 4000, -700);
            told.length = 0;
            const result = {back: 0, early: 0, apart: 0};
            player.seek(-5000);
            result.sought = player.time;
            await player.play();
            let last = player.time;
            while (last < 500 && result.back === 0) {
                await new Promise((next) => requestAnimationFrame(next));
                const {song} = player.clock;
                const {time} = player;
                if (time < last) ++result.back;
                if (time < 0 && (song.playing || song.audio.currentTime > 0)) ++result.early;
                if (time > 200) result.apart = Math.max(result.apart, Math.abs(song.time - time));
                last = time;
            }
            player.seek(-300);
            result.again = player.time;
            result.quiet = player.clock.song.playing;
            await sleep(150);
            player.pause();
            result.paused = player.time;
            await sleep(60);
            return {...result, still: player.time === result.paused, told: told.join(' ')};
        });
        assert.equal(seen.sought, -700);
        assert.deepEqual([seen.back, seen.early], [0, 0], JSON.stringify(seen));
        assert.ok(seen.apart < 50, JSON.stringify(seen));
        assert.ok(seen.again >= -300 && seen.again < -200 && !seen.quiet, JSON.stringify(seen));
        assert.ok(seen.paused > -200 && seen.still, JSON.stringify(seen));
        assert.equal(seen.told, 'play pause');
    });

    it("plays a section that reaches behind the song's end over and over", async () => {
        const seen = await page.evaluate(async () => {
            await player.load('song.wav', 6000);
            player.loop = [3800, 4300];
            player.seek(3800);
            await player.play();
            const result = {most: 0, least: 9999, wraps: 0};
            for (let last = 0, i = 0; i < 120; ++i) {
                await sleep(10);
                const {time} = player;
                if (time < last) ++result.wraps;
                result.most = Math.max(result.most, time);
                result.least = Math.min(result.least, time);
                last = time;
            }
            player.pause();
            player.loop = null;
            return result;
        });
        assert.ok(
            seen.wraps >= 1 && seen.most > 4000 && seen.most <= 4300 && seen.least >= 3795,
            JSON.stringify(seen),
        );
    });

    it('plays a map in silence when its song is broken', async () => {
        const seen = await page.evaluate(async () => {
            told.length = 0;
            await player.load('broken.mp3', 7000);
            return {told: told.join(), audible: player.audible, duration: player.duration};
        });
        assert.deepEqual(seen, {told: 'problem', audible: false, duration: 7000});
    });

    it("chooses the map's samples, and the game's where the map has none", async () => {
        const [first, second] = inventScene(2).objects;
        const scene = {
            ...inventScene(2),
            samples: ['soft-hitclap2.wav', 'normal-hitnormal.ogg', 'voice.wav'],
            objects: [
                {...first, sounds: [{...first.sounds[0], clap: true, index: 2}]},
                {
                    ...second,
                    kind: 'slider',
                    end: second.time + 400,
                    sounds: [
                        {...second.sounds[0], index: 1},
                        {...second.sounds[0], time: second.time + 400, file: 'voice.wav'},
                    ],
                    tickSounds: [{...second.sounds[0], time: second.time + 200, tick: true}],
                    slide: {set: 'drum', whistle: true, index: 0, volume: 50},
                },
            ],
        };
        const cues = await page.evaluate(
            async (scene) => (await import('./sounds.js')).cuesOf(scene).map(({kind, own}) => [kind, own]),
            scene,
        );
        assert.deepEqual(cues, [
            ['hitnormal', ''],
            ['hitclap', 'soft-hitclap2.wav'],
            ['hitnormal', 'normal-hitnormal.ogg'],
            ['sliderslide', ''],
            ['sliderwhistle', ''],
            ['slidertick', ''],
            ['hitnormal', 'voice.wav'],
        ]);
    });

    it('measures how loud a song is, and draws it where it is', async () => {
        const seen = await page.evaluate(async () => {
            const {peaksOf, Waveform} = await import('./waveform.js');
            const bytes = await (await fetch('beeps.wav')).arrayBuffer();
            let pauses = 0;
            const peaks = await peaksOf(bytes.slice(0), async () => void ++pauses);
            const waveform = new Waveform();
            await waveform.load(async () => bytes, 4000);
            const context = document.createElement('canvas').getContext('2d');
            context.fillStyle = '#f00';
            // 100 px a second: 1.2 s, from 0.5 s on.
            waveform.draw(context, {from: 500, to: 1700, scale: 0.1, middle: 50, reach: 40});
            const tall = (x) => {
                const {data} = context.getImageData(x, 0, 1, 100);
                return data.filter((value, at) => at % 4 === 3 && value > 100).length;
            };
            const broken = new Waveform();
            await broken.load(async () => new ArrayBuffer(8), 4000);
            return {
                count: peaks.length,
                silent: Math.max(...peaks.slice(10, 190)),
                loud: Math.min(...peaks.slice(210, 390)),
                least: tall(20),
                most: tall(80),
                levels: waveform.levels.map((level) => level.length),
                broken: broken.levels.length,
            };
        });
        assert.equal(seen.count, 800);
        assert.ok(seen.silent < 0.02 && seen.loud > 0.4 && seen.loud < 0.6, JSON.stringify(seen));
        assert.ok(seen.least < 6 && seen.most > 34 && seen.most < 48, JSON.stringify(seen));
        assert.deepEqual(seen.levels, [800, 400, 200, 100, 50, 25]);
        assert.equal(seen.broken, 0);
    });

    it('synthesises every sound: heard, within bounds, silent at the end', async () => {
        const sounds = await page.evaluate(async () => {
            const {synthesise} = await import('./synth.js');
            const kinds = [
                'hitnormal',
                'hitwhistle',
                'hitfinish',
                'hitclap',
                'slidertick',
                'sliderslide',
                'sliderwhistle',
            ];
            return ['normal', 'soft', 'drum'].flatMap((set) =>
                kinds.map((kind) => {
                    const samples = synthesise(set, kind, 44100);
                    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
                    const seam = Math.abs(
                        samples[samples.length - 1] - (kind.startsWith('slider') ? samples[0] : 0),
                    );
                    return {name: `${set}-${kind}`, peak, seam, finite: samples.every(Number.isFinite)};
                }),
            );
        });
        for (const {name, peak, seam, finite} of sounds) {
            assert.ok(finite, name);
            assert.ok(peak > 0.08 && peak <= 1, `${name}: peak ${peak}`);
            assert.ok(seam < 0.12, `${name}: ends with a step of ${seam}`);
        }
    });

    it('gives sounds to the sound card on the beat', async () => {
        const scene = inventScene(40);
        const steps = await page.evaluate(async (scene) => {
            const {Sounds} = await import('./sounds.js');
            const given = [],
                start = AudioBufferSourceNode.prototype.start;
            AudioBufferSourceNode.prototype.start = function (when) {
                given.push({when, early: when - this.context.currentTime});
                return start.call(this, when);
            };
            await player.load(null, scene.length);
            player.rate = 1;
            const sounds = new Sounds(player, async () => new ArrayBuffer(0));
            sounds.setScene(scene);
            player.seek(900);
            await player.play();
            await sleep(1500);
            player.pause();
            AudioBufferSourceNode.prototype.start = start;
            return given;
        }, scene);
        assert.ok(steps.length >= 8, `${steps.length} sounds`);
        // Circles follow each other by 83.3 ms, sliders take four times that.
        const beat = 60 / 180 / 4;
        const off = [];
        for (let i = 1; i < steps.length; ++i) {
            const beats = (steps[i].when - steps[i - 1].when) / beat;
            off.push(1000 * beat * Math.abs(beats - Math.round(beats)));
        }
        off.sort((a, b) => a - b);
        // A browser on a busy machine knows its sound card's clock badly at first.
        assert.ok(
            off[off.length >> 1] < 3,
            `half of the sounds are off by more than ${off[off.length >> 1]} ms`,
        );
        assert.ok(off[off.length - 1] < 25, `a sound is off by ${off[off.length - 1]} ms`);
    });
});
